// The list of 50 beside pgbench with the ideal statement and beside the same endpoint on Fastify.
import { startServer, stop } from '../lib/children.mjs';
import { atLeast } from '../lib/figures.mjs';
import { pgbench } from '../lib/load.mjs';

export const LIST = '/api/v1/proposals?limit=50';
const CLIENTS = [1, 8];

const IDEAL = `SELECT l.id, l.number, o.id, o.name, l.title, l.text, l.language, l.help, l.municipality, l.day, l.return_favour, l.note, l.state, l.state_since,
  l.created_at, l.updated_at, l.version, p.published_at FROM listings l JOIN organisations o ON o.id = l.organisation_id
  LEFT JOIN publications p ON p.listing_id = l.id WHERE l.kind = 'proposal' ORDER BY l.updated_at DESC, l.id DESC LIMIT 51`.replace(/\s+/g, ' ');

// The node's own index serves it, unless it has none.
function needIndex(town) {
  const found = town.sql(`SELECT FROM pg_indexes WHERE tablename = 'listings' AND indexdef ~ '\\(kind, updated_at( DESC)?, id( DESC)?\\)'`);
  if (found.length) return;
  town.sql('CREATE INDEX bench_ideal ON listings (kind, updated_at DESC, id DESC)');
  town.sql('ANALYZE listings');
}

// What both answer must be the same, or the comparison says nothing.
async function compare(town, server) {
  const [ours, theirs] = await Promise.all([town.url, server.url].map(async (url) => {
    const answer = await fetch(url + LIST, { headers: { authorization: `Bearer ${town.token}` } });
    if (!answer.ok) throw new Error(`${url}${LIST}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }));
  const shape = ({ items, ...rest }) => JSON.stringify([Object.keys(rest).sort(), items.map((item) => Object.entries(item).sort().map(([name, value]) => [name, name.endsWith('_at') || name === 'state_since' || name === 'published' ? typeof value : value]))]);
  const sorted = (value) => (Array.isArray(value) ? value.map(sorted) : value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).sort().map(([k, v]) => [k, sorted(v)])) : value);
  if (shape(sorted(ours)) !== shape(sorted(theirs)))
    throw new Error(`Fastify does not answer as the node does:\n${JSON.stringify(ours.items[0])}\n${JSON.stringify(theirs.items[0])}`);
}

export const help = 'the list of 50 : pgbench, : Fastify';
export const sizes = [28, 200, 2000, 20000];

export async function prepare({ towns, rateAt }) {
  const servers = [];
  for (const town of towns) {
    needIndex(town);
    const { child, port } = await startServer(process.execPath, ['tests/bench/fastify/server.mjs'], { env: { ...process.env, DATABASE: town.database } });
    const server = { child, url: `http://127.0.0.1:${port}` };
    servers.push(server);
    await compare(town, server);
    await rateAt(server.url, town, LIST, 8); // V8 has to see it before it compiles it
  }
  return servers;
}

export async function round({ towns, network, seconds, note, withCpu, rateAt, directory }, servers) {
  const postmaster = network.postmaster();
  for (const [i, town] of towns.entries())
    for (const clients of CLIENTS) {
      const ours = await withCpu([town.pid, postmaster], () => rateAt(town.url, town, LIST, clients));
      const postgres = await withCpu([postmaster], () => pgbench(town.database, directory, IDEAL, { clients, seconds }));
      const fastify = await withCpu([servers[i].child.pid, postmaster], () => rateAt(servers[i].url, town, LIST, clients));
      const row = { size: town.size, clients };
      note({ ...row, what: 'list of 50 : pgbench', ours: ours.perSecond, other: postgres.perSecond, aim: atLeast(0.6), grows: 'list of 50' });
      note({ ...row, what: 'list of 50 : Fastify', ours: ours.perSecond, other: fastify.perSecond, aim: atLeast(3.3) });
      note({ ...row, what: '(Fastify : pgbench)', ours: fastify.perSecond, other: postgres.perSecond });
      // No aims, but less skewed where others use the same machine.
      note({ ...row, what: '(list of 50 : pgbench, processor time)', unit: 'ms', ours: ours.cpu, other: postgres.cpu });
      note({ ...row, what: '(list of 50 : Fastify, processor time)', unit: 'ms', ours: ours.cpu, other: fastify.cpu });
    }
}

export const finish = (_, servers) => Promise.all(servers.map(({ child }) => stop(child)));
