// A health check over TLS, kept alive and on new connections, beside nginx and Node.js with the same certificate and the same
// answer, header by header; quiet, and while one process a core spins.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus } from 'node:os';
import path from 'node:path';

import { start, startServer, stop, until } from '../lib/children.mjs';
import { atLeast } from '../lib/figures.mjs';
import { wrk } from '../lib/load.mjs';

export const help = 'GET /healthz over TLS kept alive, and on new connections : nginx, : Node.js; quiet and busy';
export const sizes = [28];
const CLIENTS = 16, SPIN_SECONDS = 120;

// What each server says by itself.
const OWN = new Set(['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'server']);

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

async function startNginx(directory, { certificate, key, headers, body, type }) {
  const port = await freePort(), own = mkdtempSync(path.join(directory, 'nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${own}/${name};`).join(' ');
  writeFileSync(path.join(own, 'nginx.conf'), `
daemon off;
worker_processes auto;
pid ${own}/pid;
error_log ${own}/error.log;
events { worker_connections 1024; }
http {
  ${temporary}
  access_log off;
  server_tokens off;
  keepalive_requests 1000000000;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    default_type ${type};
    location = /healthz {
      ${Object.entries(headers).map(([name, value]) => `add_header ${name} "${value}";`).join('\n      ')}
      return 200 ${JSON.stringify(body)};
    }
  }
}
`);
  const child = start('/usr/sbin/nginx', ['-c', path.join(own, 'nginx.conf'), '-e', path.join(own, 'error.log')], { stdio: ['ignore', 'inherit', 'inherit'] });
  return { child, url: `https://localhost:${port}/healthz` };
}

export async function prepare({ towns: [town], directory, ca }) {
  const answer = await fetch(`${town.url}/healthz`), body = await answer.text();
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !OWN.has(name)));
  const type = answer.headers.get('content-type');
  const files = { certificate: path.join(town.directory, 'tls.pem'), key: path.join(town.directory, 'tls.key') };
  const nginx = await startNginx(directory, { ...files, headers, body, type });
  const { child, port } = await startServer(process.execPath, ['tests/bench/lib/https_server.mjs'],
    { env: { ...process.env, ANSWER: JSON.stringify({ ...files, body, headers: { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) } }) } });
  const servers = { ours: { url: `${town.https}/healthz` }, nginx, node: { child, url: `https://localhost:${port}/healthz` } };
  for (const { url } of Object.values(servers)) await until(`${url} answers`, 20, () => wrk(url, { clients: 1, seconds: 1 }).catch(() => false));
  return servers;
}

async function whileBusy(work) {
  const spinners = cpus().map(() => start(process.execPath, ['-e', `const end = Date.now() + ${SPIN_SECONDS * 1000}; while (Date.now() < end);`]));
  try {
    return await work();
  } finally {
    await Promise.all(spinners.map(stop));
  }
}

async function keptAlive({ seconds, note }, servers, when) {
  const { ours, nginx, node } = await each(servers, { clients: CLIENTS, seconds });
  const row = { clients: CLIENTS, ours };
  note({ ...row, what: `GET /healthz, TLS kept alive, ${when} : nginx`, other: nginx, aim: when === 'quiet' ? atLeast(0.75) : undefined });
  note({ ...row, what: `GET /healthz, TLS kept alive, ${when} : Node.js`, other: node, aim: atLeast(1.2) });
}

async function each(servers, options) {
  const rates = {};
  for (const [name, { url }] of Object.entries(servers)) rates[name] = (await wrk(url, options)).perSecond;
  return rates;
}

export async function round(world, servers) {
  await keptAlive(world, servers, 'quiet');
  await whileBusy(() => keptAlive(world, servers, 'busy'));
  const { ours, nginx, node } = await each(servers, { clients: CLIENTS, seconds: world.seconds, headers: ['Connection: close'] });
  world.note({ what: 'new TLS connections : nginx', clients: CLIENTS, ours, other: nginx, aim: atLeast(0.6) });
  world.note({ what: 'new TLS connections : Node.js', clients: CLIENTS, ours, other: node });
}

export const finish = (_, { nginx, node }) => Promise.all([stop(nginx.child), stop(node.child)]);
