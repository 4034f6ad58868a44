// What a node weighs: started anew, after people signed in, after many requests of many kinds. Once, after all rounds.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { until } from '../lib/children.mjs';
import { atMost } from '../lib/figures.mjs';
import { memoryOf, wrk } from '../lib/load.mjs';
import { LIST } from './list.mjs';

export const help = 'resident: idle, after 20 sign-ins, after 100,000 requests';
export const sizes = [20000];
const SIGN_INS = 20, TOGETHER = 4, REQUESTS = 100_000, SECONDS_AT_MOST = 120, CLIENTS = 8;

export const prepare = () => undefined;
export const round = () => undefined;

async function settled(pid) {
  let last = 0, since = Date.now();
  await until('the node has come to rest', 60, () => {
    const { rss } = memoryOf(pid);
    if (rss !== last) since = Date.now();
    last = rss;
    return Date.now() - since > 3000;
  });
  return memoryOf(pid);
}

async function signIn(town, { email, password }) {
  const answer = await fetch(`${town.url}/api/v1/session`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'x-requested-with': 'herausforderung', origin: town.url }, body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) throw new Error(`signing in: ${answer.status} ${await answer.text()}`);
}

// Mostly small answers, now and then a list, other towns' list and a search, as screens ask for them.
async function manyRequests({ directory }, town) {
  const [{ id }] = town.sql('SELECT id FROM organisations ORDER BY name LIMIT 1');
  const targets = [...Array(7).fill(`/api/v1/organisations/${id}`), LIST, '/api/v1/network/proposals?limit=50', `${LIST}&q=${encodeURIComponent('Stühle')}`];
  const script = path.join(directory, 'requests.lua');
  writeFileSync(script, `local n, targets = 0, {${targets.map((target) => `"${target}"`).join(', ')}}\nrequest = function() n = n + 1; return wrk.format("GET", targets[n % #targets + 1]) end\n`);
  let count = 0;
  for (const end = Date.now() + SECONDS_AT_MOST * 1000; count < REQUESTS && Date.now() < end; )
    count += (await wrk(town.url, { clients: CLIENTS, seconds: 5, headers: [town.authorization()], script })).count;
  await town.quiet();
  return count;
}

export async function finish(world) {
  const town = await world.network.restart(world.towns[0]);
  const tell = (when, { rss, pss }) => {
    const row = { size: town.size, unit: 'MB' };
    world.note({ ...row, what: `resident ${when}`, ours: rss, aim: atMost(16) });
    world.note({ ...row, what: `(resident ${when}, its proportional share)`, ours: pss });
    return rss;
  };
  const idle = tell('idle', await settled(town.pid));
  for (let n = 0; n < SIGN_INS; n += TOGETHER) await Promise.all(Array.from({ length: TOGETHER }, (_, i) => signIn(town, town.users[i % town.users.length])));
  tell(`after ${SIGN_INS} sign-ins`, await settled(town.pid));
  const count = await manyRequests(world, town);
  const end = tell(`after ${count} requests${count < REQUESTS ? ` (of ${REQUESTS}: time was over)` : ''}`, await settled(town.pid));
  world.note({ what: 'resident after all of it : idle', size: town.size, unit: 'MB', ours: end, other: idle, aim: atMost(1.1) });
}
