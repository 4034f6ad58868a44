/** For tests: certificates, a small network of nodes on free ports, waiting with a deadline. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAuthority } from './basics.mjs';
import { ForeignNode } from './foreign-node.mjs';

const run = promisify(execFile);

/**
 * A CA and one certificate for all hosts, made by openssl; nothing stays on disk.
 * @param {string[]} hosts DNS names or IPv4 addresses
 * @returns {Promise<{cert: string, key: string, ca: string}>}
 */
export async function makeTls(hosts) {
  const dir = await mkdtemp(join(tmpdir(), 'interop-'));
  const file = (name) => join(dir, name);
  const names = hosts.map((host) => (/^[0-9.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`)).join(',');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    await run('openssl', ['req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-days', '2',
      '-subj', '/CN=Interop test CA', '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']);
    await run('openssl', ['req', ...newKey, '-keyout', file('node.key'), '-out', file('node.csr'), '-subj', '/CN=interop node']);
    await writeFile(file('ext'), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`);
    await run('openssl', ['x509', '-req', '-in', file('node.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'),
      '-CAcreateserial', '-days', '2', '-extfile', file('ext'), '-out', file('node.pem')]);
    const [cert, key, ca] = await Promise.all(['node.pem', 'node.key', 'ca.pem'].map((name) => readFile(file(name), 'utf8')));
    return { cert, key, ca };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A clock that stands until it is moved. @param {number} [seconds] */
export function makeClock(seconds = 1_790_000_000) {
  const clock = () => clock.now * 1000;
  clock.now = seconds;
  /** @param {number} by seconds */
  clock.advance = (by) => { clock.now += by; };
  return clock;
}

/** Nodes that find each other by name, each on a free port. */
export class Network {
  /** @type {Map<string, ForeignNode>} */
  nodes = new Map();

  /** @param {{cert: string, key: string, ca: string}} tls */
  constructor(tls) {
    this.tls = tls;
  }

  resolve = (authority) => {
    const node = this.nodes.get(authority);
    return node ? { host: '127.0.0.1', port: node.port } : parseAuthority(authority);
  };

  /** @param {string} authority @param {object} [options] as for ForeignNode */
  async add(authority, options = {}) {
    const node = await ForeignNode.create({ authority, name: authority, tls: this.tls, resolve: this.resolve, ...options });
    this.nodes.set(authority, node);
    return node.start();
  }

  async stop() {
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
  }
}

/** Two nodes know each other. @param {ForeignNode} a @param {ForeignNode} b */
export async function befriend(a, b) {
  await a.addPeer({ authority: b.authority, jwk: b.key.jwk, role: b.role });
  await b.addPeer({ authority: a.authority, jwk: a.key.jwk, role: a.role });
}

/**
 * Waits until something is true.
 * @param {() => any} condition @param {string} what @param {number} [milliseconds]
 */
export async function until(condition, what, milliseconds = 5000) {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}
