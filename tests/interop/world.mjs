/** A demo of real nodes, and foreign nodes beside it that hold certificates of the demo's own authority. */
import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Demo, alive, eventually, freePort } from '../network/support.mjs';
import { ForeignNode, fingerprint, headPayload, readHead, readJwk, signHead } from './peer/index.mjs';

export { eventually };
const run = promisify(execFile);

/** Makes a certificate signed by the demo's authority, or by itself. @param {Demo} demo @param {string} names subjectAltName */
async function makeCertificate(demo, names, signed = true) {
  const dir = await mkdtemp(path.join(tmpdir(), 'hf-interop-'));
  const file = (name) => path.join(dir, name);
  try {
    await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key'),
      '-out', file('cert'), ...(signed ? ['-CA', path.join(demo.directory, 'ca.pem'), '-CAkey', path.join(demo.directory, 'ca.key')] : []), '-days', '2',
      '-subj', '/CN=foreign node', '-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE',
      '-addext', 'keyUsage=critical,digitalSignature', '-addext', 'extendedKeyUsage=serverAuth']);
    const [cert, key, ca] = await Promise.all([file('cert'), file('key'), path.join(demo.directory, 'ca.pem')].map((f) => readFile(f, 'utf8')));
    return { cert, key, ca };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export class World {
  /** @type {ForeignNode[]} */
  foreign = [];

  /** @param {...string} options further words for `ops/demo up` */
  static async up(...options) {
    const world = new World();
    // Towns of `--cities` have no area, which section 4 allows offices alone (FINDINGS 1).
    process.env.HF_NODE_AREA ??= 'DE-AGS:10041100:2024-01-01,NUTS:DEC01:2024-01-01';
    world.demo = await Demo.up('--empty', ...(options.length ? options : ['--cities', '1']));
    try {
      const here = 'DNS:localhost,IP:127.0.0.1';
      [world.tls, world.wrongTls, world.selfSigned] = await Promise.all([
        makeCertificate(world.demo, here), makeCertificate(world.demo, 'DNS:elsewhere.example'), makeCertificate(world.demo, here, false)]);
      world.look();
    } catch (trouble) {
      await world.down();
      throw trouble;
    }
    return world;
  }

  look() {
    const nodes = Object.values(this.demo.towns);
    this.town = nodes.find((node) => node.role === 'city');
    this.office = nodes.find((node) => node.role === 'office');
  }

  /** A foreign node that listens. @param {object} [options] as for ForeignNode; `start: false` leaves it silent */
  async node({ start = true, ...options } = {}) {
    for (let attempt = 0; ; attempt++) {
      const port = await freePort();
      // An address of its own: the limit by address (5.3) is for all who share one.
      const localAddress = `127.77.${this.foreign.length >> 8}.${(this.foreign.length & 255) + 1}`;
      const node = await ForeignNode.create({ authority: `localhost:${port}`, name: 'Trier', tls: this.tls, port, localAddress, ...options });
      try {
        if (start) await node.start();
      } catch (error) {
        if (error.code === 'EADDRINUSE' && attempt < 5) continue;
        throw error;
      }
      this.foreign.push(node);
      return node;
    }
  }

  /** A foreign town that the real one knows by comparing fingerprints, and has pulled once. */
  async friend(options, town = this.town) {
    const node = await this.node(options);
    await befriend(town, node);
    await pulled(node, town);
    return node;
  }

  async down() {
    await Promise.all(this.foreign.map((node) => node.stop()));
    await this.demo.down();
    const errors = this.foreign.flatMap((node) => node.errors);
    if (errors.length > 0) throw errors[0];
  }

  /** Stops a node in order, does something, and starts it again. */
  async offline(town, work) {
    process.kill(town.pid, 'SIGTERM');
    await eventually(`${town.node} has ended`, () => !alive(town.pid));
    const result = await work();
    const admin = this.demo.towns[town.node].admin;
    await this.demo.restart();
    this.look();
    this.demo.towns[town.node].admin = admin;
    return result;
  }
}

/** As eventually, with a deadline of its own. @param {number} seconds @param {string} what @param {() => any} ask */
export async function within(seconds, what, ask) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((next) => { setTimeout(next, 50); });
  }
}

const peerPath = (node, rest = '') => `/peers/${encodeURIComponent(node.authority)}${rest}`;

/** Both administrations look each other up and compare fingerprints. */
export async function befriend(town, node) {
  const { keys } = await node.discover(town.authority);
  const seen = await town.asAdmin('POST', '/peers', { body: { authority: node.authority } });
  if (seen.state !== 'invited' || digits(seen.fingerprint) !== digits(node.fingerprint)) throw new Error(`not the same: ${JSON.stringify(seen)}`);
  if (digits(seen.our_fingerprint) !== digits(fingerprint(keys[0]))) throw new Error('our fingerprint differs');
  await node.addPeer({ authority: town.authority, jwk: keys[0].jwk, role: town.role });
  await town.asAdmin('POST', peerPath(node, '/confirm'), { body: { fingerprint: node.fingerprint } });
}

export const digits = (text) => text.replace(/\s/g, '');
export const peerOf = (town, node) => town.asAdmin('GET', peerPath(node));
export const suspend = (town, node, reason = 'Zur Klärung.') => town.asAdmin('POST', peerPath(node, '/suspend'), { body: { reason } });
export const resume = (town, node) => town.asAdmin('POST', peerPath(node, '/resume'));
export const remove = (town, node, reason = 'Ausgetreten.') => town.asAdmin('POST', peerPath(node, '/remove'), { body: { reason } });

/** Waits until a real node has pulled up to where a foreign node's streams end. */
export const pulled = (node, town) => within(20, `${town.node} has all of ${node.authority}`, () => {
  const end = (stream) => { const e = node.end(stream); return `${e.epoch}.${e.seq}`; };
  const { to, net: own } = node.peerCursor(town.authority);
  return to === end(`to/${town.authority}`) && own === end('net');
});

/** Open alarms of one kind about one node. */
export const alarms = async (town, node, kind) => (await town.asAdmin('GET', '/alarms')).items
  .filter((alarm) => alarm.peer?.authority === node.authority && (!kind || alarm.kind === kind));

/** The real node's signing key, as somebody would have it who broke in. */
export async function keyOf(town) {
  const privateKey = createPrivateKey(await readFile(town.key));
  const { crv, kty, x } = createPrivateKey(await readFile(town.key)).export({ format: 'jwk' });
  return { ...(await readJwk({ crv, kty, x })), privateKey };
}

/** The newest head that a foreign node holds of a real one. */
export const heldHead = (node, town, stream = 'net') => readHead(node.peers.stream(node.peers.need(town.authority), stream).confirmed.head.jws);

export const proposal = (title, more = {}) => ({
  title, text: 'Für 40 Menschen\nam Abend', language: 'de', help: [{ category: 'space', quantity: '1' }],
  municipality: { name: 'Trier', scheme: 'DE-AGS', code: '07211000' }, state: 'submitted', ...more,
});

/** Tells a real node that there is news. */
export const tell = (node, town) => node.hint(town.authority);

/**
 * Makes a real node pull although there is nothing new, by a hint with a head far ahead: of a caller's own head only the
 * form is looked at (10.3).
 */
export async function nudge(node, town) {
  const { epoch, seq, chain } = node.end();
  await node.hint(town.authority, { jws: await signHead(node.key, headPayload(node.authority, 'net', epoch, seq + 1000, chain, node.seconds())) });
}
