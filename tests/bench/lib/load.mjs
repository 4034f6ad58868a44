// What asks: many clients at once (wrk, pgbench) and one client (round_trip.c). Whatever is answered with anything but success
// ends the bench: an answer that refuses is quick, and would count as speed.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { run, start } from './children.mjs';

const PGBENCH = '/usr/lib/postgresql/15/bin/pgbench', ROUND_TRIP = 'build/release/bench/round_trip';
const threads = (clients) => String(Math.min(clients, availableParallelism?.() ?? 2));

/** Requests, a second and in all, at one address. */
export async function wrk(url, { clients, seconds, headers = [], script }) {
  const words = ['-t', threads(clients), '-c', String(clients), '-d', `${seconds}s`, '--timeout', '60s', ...(script ? ['-s', script] : []),
    ...headers.flatMap((header) => ['-H', header]), url];
  const text = await run('wrk', words);
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`${url}: not every request was answered well:\n${text}`);
  return { perSecond: Number(/^Requests\/sec:\s+([\d.]+)/m.exec(text)[1]), count: Number(/^\s+(\d+) requests in/m.exec(text)[1]) };
}

/** Transactions, a second and in all, of one statement, prepared, over the socket that the node uses too. */
export async function pgbench(database, directory, statement, { clients, seconds }) {
  const file = path.join(directory, 'pgbench.sql');
  writeFileSync(file, `${statement};\n`);
  const text = await run(PGBENCH, ['-n', '-M', 'prepared', '-f', file, '-c', String(clients), '-j', threads(clients), '-T', String(seconds), database]);
  if (!/^number of failed transactions: 0 /m.test(text)) throw new Error(`pgbench: not every transaction succeeded:\n${text}`);
  return { perSecond: Number(/^tps = ([\d.]+)/m.exec(text)[1]), count: Number(/^number of transactions actually processed: (\d+)/m.exec(text)[1]) };
}

/** One client on one connection that is kept alive. */
export class Client {
  constructor(url, ...headers) {
    const { hostname, port } = new URL(url);
    this.child = start(ROUND_TRIP, [hostname, port, ...headers], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdin.on('error', () => {}); // it says itself why it ended
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Milliseconds of each sample; a sample is all targets, one after the other. */
  async take(targets, { count = 1000, milliseconds = 1000, method = 'GET', body = '' } = {}) {
    this.child.stdin.write([count, milliseconds, method, body, ...[targets].flat()].join('\t') + '\n');
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${method} ${targets}: no good answer`);
    return value.split(' ').map((nanoseconds) => Number(nanoseconds) / 1e6);
  }

  close() {
    this.child.stdin.end();
    return this.child.ended;
  }
}

/** Resident and proportional memory of a process, in megabytes. */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1]) / 1024;
  return { rss: of('Rss'), pss: of('Pss') };
}
