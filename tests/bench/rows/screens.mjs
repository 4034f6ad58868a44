// What a coordinator does all day, in bare round trips: Today, a proposal to which 200 things have happened, and publishing in a
// town with ten peers: living ones, that are told and come to read it. The next is published when all have it.
import { until } from '../lib/children.mjs';
import { atMost, p95 } from '../lib/figures.mjs';

export const help = 'Today, one case with 200 events, publish in a town with 10 peers, p95 : bare round trip';
export const sizes = [200, 2000, 20000];
const PUBLICATIONS = 20, PUBLISHING_SECONDS = 10; // in each round, whichever is less

/** The requests of its screen, one after the other. */
async function caseOf(town) {
  const [{ id, events }] = town.sql("SELECT object_id AS id, count(*) AS events FROM events WHERE object_type = 'proposal' AND origin IS NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1");
  const path = `/api/v1/proposals/${id}`, { contact_id } = await town.get(path), { items } = await town.get(`${path}/history`);
  if (items.length < 200 || items.length !== events) throw new Error(`The long case has ${items.length} events, and ${events} in the database.`);
  return [path, `${path}/cases`, `${path}/history`, ...(contact_id ? [`/api/v1/contacts/${contact_id}`] : [])];
}

export async function prepare({ towns }) {
  return Promise.all(towns.map(async (town) => {
    const peers = town.sql("SELECT FROM peers WHERE state = 'active' AND role = 'city'").length;
    if (peers !== 10) throw new Error(`${town.node} has ${peers} peers.`);
    return { targets: await caseOf(town), proposals: town.sql("SELECT id FROM listings WHERE kind = 'proposal' AND state IN ('submitted', 'prechecked', 'accepted', 'seeking') ORDER BY id LIMIT 10") };
  }));
}

let edition = 0;

async function publish(town, client, id) {
  const path = `/api/v1/proposals/${id}/publication`;
  const wording = { title: `Gesucht, zum ${++edition}. Mal gesagt` };
  const preview = await town.ask('POST', `${path}/preview`, wording);
  const overrides = preview.findings.filter(({ severity }) => severity === 'block').map(({ fingerprint }) => ({ fingerprint, reason: 'Messung' }));
  const body = JSON.stringify({ ...wording, digest: preview.digest, overrides });
  const [milliseconds] = await client.take(path, { method: 'PUT', body, count: 1 });
  await until(`all peers of ${town.node} have read what it published`, 60, async () => (await town.get(path)).recipients.every(({ delivered_at }) => delivered_at));
  return milliseconds;
}

async function publishSome(town, client, proposals) {
  const samples = [];
  for (const end = Date.now() + PUBLISHING_SECONDS * 1000; samples.length < PUBLICATIONS && Date.now() < end; )
    samples.push(await publish(town, client, proposals[samples.length % proposals.length].id));
  return samples;
}

export async function round({ towns, seconds, note, withClient, bareRoundTrip }, prepared) {
  for (const [i, town] of towns.entries())
    await withClient(town, async (client) => {
      const { targets, proposals } = prepared[i], bare = await bareRoundTrip(town, client);
      const aim = town.size === sizes.at(-1) ? atMost(15) : undefined;
      const row = { size: town.size, clients: 1, unit: 'ms', other: bare, aim };
      const take = async (what) => p95(await client.take(what, { count: 500, milliseconds: seconds * 500 }));
      note({ ...row, what: 'Today : bare round trip', ours: await take('/api/v1/today'), grows: 'Today' });
      note({ ...row, what: `case with 200 events, ${targets.length} requests : bare round trip`, ours: await take(targets), grows: 'case with 200 events' });
      note({ ...row, what: `(case with 200 events, its history alone)`, aim: undefined, ours: await take(targets[2]) });
      note({ ...row, what: 'publish, 10 living peers : bare round trip', ours: p95(await publishSome(town, client, proposals)), grows: 'publish' });
    });
}
