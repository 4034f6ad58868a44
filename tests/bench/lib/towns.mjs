// The towns that are measured: real nodes with real databases, each filled to its size, in one network of eleven with an office.
// So each has ten peers that are alive, read what it publishes, and are the origins of what it reads of others.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { fillTown } from '../town.mjs';
import { atTheEnd, run, until } from './children.mjs';
import { query } from './database.mjs';

export const SIZES = [28, 200, 2000, 20000];
const CITIES = 11, CONNECTIONS = 250;

/** One node: what `ops/demo info` tells of it, its size, and its API as its coordinator. */
export class Town {
  constructor(info, size) {
    Object.assign(this, info, { size });
    this.directory = path.dirname(info.config);
  }

  authorization = () => `Authorization: Bearer ${this.token}`;

  async ask(method, target, body) {
    const answer = await fetch(this.url + target, {
      method, headers: { authorization: `Bearer ${this.token}`, ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }

  get = (target) => this.ask('GET', target);
  sql = (text) => query(this.database, text);

  /** What was asked before and given up may still be worked on. */
  quiet = () => until(`the database of ${this.node} is idle`, 60, () => {
    const [{ busy }] = this.sql("SELECT count(*) AS busy FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()");
    return busy === 0;
  });
}

// Each must have heard the others before its history is put behind what they follow.
async function acquainted(town) {
  const [{ heard, told }] = town.sql(`SELECT count(*) FILTER (WHERE s.seq > 0) AS heard, count(c.authority) AS told FROM peers p
    LEFT JOIN streams s ON s.origin = p.authority AND s.name = 'net' LEFT JOIN peer_cursors c ON c.authority = p.authority AND c.stream = 'net'
    WHERE p.state = 'active'`);
  return heard === CITIES && told === CITIES; // ten towns and the office
}

export class Towns {
  constructor(directory, keep) {
    this.directory = directory ?? mkdtempSync(path.join(tmpdir(), 'hf-bench-'));
    atTheEnd(() => {
      execFileSync('ops/demo', ['down', '--dir', this.directory], { stdio: ['ignore', 'ignore', 'ignore'] });
      if (!keep) rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** Starts everything and fills the towns of these sizes where they are not filled yet. */
  async up(sizes, say) {
    if (!existsSync(path.join(this.directory, 'demo.json'))) say('starting eleven towns, an office and a PostgreSQL');
    await run('ops/postgres', ['start', '--connections', String(CONNECTIONS), this.directory]);
    await run('ops/demo', ['up', '--cities', String(CITIES), '--empty', '--dir', this.directory]);
    await this.look();
    for (const size of sizes) {
      const town = this.of(size);
      if (town.sql('SELECT FROM listings LIMIT 1').length) continue;
      await until(`${town.node} knows its peers`, 180, () => acquainted(town));
      const began = Date.now();
      await fillTown(town.database, { proposals: size });
      say(`filled ${town.node} with ${size} proposals in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    }
    query((await run('ops/postgres', ['conninfo', this.directory])).trim(), 'CHECKPOINT'); // so that none falls into what is measured
  }

  async look() {
    const nodes = JSON.parse(await run('ops/demo', ['info', '--dir', this.directory]));
    this.towns = SIZES.map((size, i) => new Town(nodes[i], size));
  }

  postmaster = () => Number(readFileSync(path.join(this.directory, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

  of = (size) => this.towns.find((town) => town.size === size);

  /** Ends a node in order and starts it anew. */
  async restart(town) {
    process.kill(town.pid, 'SIGTERM');
    await until(`${town.node} has ended`, 60, () => !existsSync(`/proc/${town.pid}`));
    await run('ops/demo', ['up', '--dir', this.directory]);
    await this.look();
    return this.of(town.size);
  }
}
