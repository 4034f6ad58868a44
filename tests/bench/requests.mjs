// How many requests a node answers, beside what this machine can do at most, measured in turn in one run:
// a health check over TLS beside Node.js's own server with the same certificate and the same answer; the coordinators'
// list of proposals beside the bare round trips of pgbench to the same database.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROUNDS = 3, SECONDS = 3, CONNECTIONS = 16, WORKERS = 4;
const directory = mkdtempSync(join(tmpdir(), 'hf-bench-'));
const run = (command, ...words) => execFileSync(command, words, { encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] });
const demo = (...words) => run('ops/demo', ...words, '--dir', directory);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// The peer answers in a process of its own, as the node does.
async function startPeer(node) {
  const config = readFileSync(node.config, 'utf8');
  const option = (name) => new RegExp(`^\\[https\\][^[]*^${name} *= *(.+)$`, 'm').exec(config)[1];
  const script = `require('https').createServer({ cert: fs.readFileSync(${JSON.stringify(option('certificate'))}), key: fs.readFileSync(${JSON.stringify(option('key'))}) },
    (request, answer) => { answer.setHeader('Content-Type', 'text/plain'); answer.end('ok\\n'); }).listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ['-e', script], { cwd: dirname(node.config), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => { throw new Error('the peer ended before it listened'); });
  const [port] = await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => {}); // later it is told to
  return { child, url: `https://localhost:${Number(port)}/healthz` };
}

function perSecond(url, ...headers) {
  const text = run('wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, ...headers.flatMap((header) => ['-H', header]), url);
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`${url}:\n${text}`);
  return Number(/^Requests\/sec:\s+([\d.]+)/m.exec(text)[1]);
}

function tripsPerSecond(node) {
  writeFileSync(join(directory, 'trip.sql'), 'SELECT 1;\n');
  const text = run('/usr/lib/postgresql/15/bin/pgbench', '-n', '-M', 'prepared', '-f', join(directory, 'trip.sql'), '-c', String(WORKERS), '-T', String(SECONDS), node.database);
  return Number(/^tps = ([\d.]+)/m.exec(text)[1]);
}

function compare(what, ours, peer, theirs) {
  const pairs = Array.from({ length: ROUNDS }, () => [ours(), theirs()]);
  const ratio = median(pairs.map(([a, b]) => a / b));
  const [a, b] = [0, 1].map((side) => median(pairs.map((pair) => pair[side])));
  console.log(`${what.padEnd(34)} ${a.toFixed(0).padStart(6)} /s; ${peer} ${b.toFixed(0)} /s; ratio ${ratio.toFixed(2)}`);
}

let peer;
try {
  demo('up');
  const node = JSON.parse(demo('info')).find((each) => each.node === 'saarbruecken');
  peer = await startPeer(node);
  compare('GET /healthz, TLS', () => perSecond(`${node.https.replace(/\/$/, '')}/healthz`), 'Node.js', () => perSecond(peer.url));
  compare('GET /api/v1/proposals', () => perSecond(`${node.url.replace(/\/$/, '')}/api/v1/proposals?limit=20`, `Authorization: Bearer ${node.token}`),
    'SELECT 1', () => tripsPerSecond(node));
} finally {
  peer?.child.kill();
  demo('down');
  rmSync(directory, { recursive: true, force: true });
}
