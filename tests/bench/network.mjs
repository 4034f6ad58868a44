// How long until a published proposal can be read in all other towns, and what a node weighs when idle.
//
// Beside it, as the floor: one bare HTTPS request to every town, one after the other, from this process. A proposal
// needs at least that many exchanges (hint, pull, acknowledgement), each signed, verified and stored in a database.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const cities = Number(process.env.CITIES ?? 50);
const rounds = Number(process.env.ROUNDS ?? 10);
const directory = mkdtempSync(join(tmpdir(), 'hf-bench-'));
const demo = (...words) =>
  execFileSync('ops/demo', [...words, '--dir', directory], { encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] });

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
const sql = (node, text) => execFileSync('psql', ['-XAtq', node.database, '-c', text], { encoding: 'utf8' }).trim();

async function api(node, method, path, body) {
  const answer = await fetch(node.url.replace(/\/$/, '') + path, {
    method,
    headers: { authorization: `Bearer ${node.token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function until(what, seconds, condition) {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await pause(200);
  }
}

function residentMegabytes(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function bareRequest(node) {
  return new Promise((resolve, reject) => {
    https
      .get(new URL('/.well-known/herausforderung', node.https), { ca: readFileSync(node.ca), agent: false }, (answer) =>
        answer.resume().on('end', resolve))
      .on('error', reject);
  });
}

async function publishedEverywhere(author, readers, organisation, n) {
  const proposal = await api(author, 'POST', '/api/v1/proposals', {
    organisation_id: organisation.id, title: `Messung ${n}`, text: 'Ein Text, der niemanden nennt.', language: 'de',
    help: [{ category: 'goods', quantity: 3 }], municipality: 'Beispielstadt',
  });
  const path = `/api/v1/proposals/${proposal.id}`;
  await api(author, 'POST', `${path}/transitions`, { to: 'submitted' });
  const preview = await api(author, 'POST', `${path}/publication/preview`, {});
  const overrides = preview.findings.filter((f) => f.severity === 'block').map((f) => ({ fingerprint: f.fingerprint, reason: 'Messung' }));
  const before = Date.now();
  await api(author, 'PUT', `${path}/publication`, { digest: preview.digest, overrides });
  // Asked of the databases, so that measuring does not load the nodes; the moment is the one stored with the item.
  const missing = new Set(readers);
  const milliseconds = [];
  await until(`proposal ${n}`, 120, () => {
    for (const reader of missing) {
      const at = sql(reader, `SELECT floor(extract(epoch FROM received_at) * 1000) FROM network_items WHERE id = '${proposal.id}'`);
      if (!at) continue;
      milliseconds.push(Number(at) - before);
      missing.delete(reader);
    }
    return missing.size === 0;
  });
  return milliseconds;
}

try {
  const began = Date.now();
  demo('up', '--cities', String(cities), '--empty');
  const nodes = JSON.parse(demo('info'));
  const towns = nodes.filter((node) => node.node !== 'office');
  console.log(`started and joined                 ${((Date.now() - began) / 1000).toFixed(1)} s`);

  await until('everybody knows everybody', 180, () =>
    towns.every((town) => Number(sql(town, "SELECT count(*) FROM peers WHERE state = 'active'")) === towns.length));
  console.log(`everybody pulls everybody          ${((Date.now() - began) / 1000).toFixed(1)} s after the start`);

  await pause(10_000);
  const resident = nodes.map((node) => residentMegabytes(node.pid));
  console.log(`resident, idle (MB)                median ${quantile(resident, 0.5).toFixed(1)}, largest ${Math.max(...resident).toFixed(1)}`);

  const [author, ...readers] = towns;
  const organisation = await api(author, 'POST', '/api/v1/organisations', { name: 'Messverein', sector: 'civil_society' });
  const milliseconds = [];
  for (let n = 1; n <= rounds; n++) milliseconds.push(...(await publishedEverywhere(author, readers, organisation, n)));

  const floorBegan = performance.now();
  for (const reader of readers) await bareRequest(reader);
  const floor = performance.now() - floorBegan;
  const p95 = quantile(milliseconds, 0.95);
  console.log(`published → readable elsewhere (ms) median ${quantile(milliseconds, 0.5)}, 95 % ${p95}, most ${Math.max(...milliseconds)} (${milliseconds.length} readings)`);
  console.log(`one bare HTTPS request to each (ms) ${floor.toFixed(0)}; ratio of the 95 % to it ${(p95 / floor).toFixed(1)}`);
} finally {
  demo('down');
  rmSync(directory, { recursive: true, force: true });
}
