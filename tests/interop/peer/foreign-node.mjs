/** A whole node: its streams, its peers, both sides of the wire, and what tests want to see of it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { b64u, formatCursor, isAuthority, isClosed, parseAuthority, unb64u } from './basics.mjs';
import { Client } from './client.mjs';
import { MAX_DISCOVERY, discoveryOf, readDiscovery } from './discovery.mjs';
import { ProtocolError } from './errors.mjs';
import { Follower, position } from './follower.mjs';
import { fingerprint, generateKey, publicPart, readJwk } from './keys.mjs';
import { OwnStreams } from './own-streams.mjs';
import { MAX_ANSWER, parseAnswer } from './pages.mjs';
import { Peers } from './peers.mjs';
import { Server } from './server.mjs';
import { signRequest } from './signatures.mjs';

export const LIMITS = { peer: { rate: 10, burst: 50 }, address: { rate: 50, burst: 200 } };
const POLL_SECONDS = 60;
const INVITATION_SECONDS = 14 * 86400;

/**
 * How long to wait after failures (9.4), in seconds.
 * @param {number} failures in a row, at least 1
 * @param {number} failingFor seconds since the first of them
 * @param {number} random 0 … 1: full jitter
 */
export function backoff(failures, failingFor, random) {
  const most = failingFor >= 86400 ? 3600 : 900;
  return Math.min(2 ** Math.min(failures, 20), most) * random;
}

export class ForeignNode {
  /**
   * @param {object} options
   * @param {string} options.authority
   * @param {string} options.name
   * @param {string} [options.country]
   * @param {'city'|'office'} [options.role]
   * @param {import('./keys.mjs').Key} options.key from generateKey()
   * @param {{cert: string, key: string, ca: string}} options.tls
   * @param {number} [options.port] 0: any free one, see `port` after start()
   * @param {() => number} [options.clock] milliseconds, as Date.now
   * @param {(authority: string) => {host: string, port: number}} [options.resolve] where authorities listen
   * @param {boolean} [options.pullOnHint] default true
   * @param {boolean} [options.autoHint] hint all active peers after each append; default false
   * @param {boolean} [options.polling] default false
   * @param {object} [options.limits] {peer, address}, each {rate, burst}
   * @param {object[]} [options.areas]
   * @param {number} [options.bodyTimeout] milliseconds
   * @param {number} [options.maxWork] requests at once
   * @param {number} [options.timeout] milliseconds for a request of our own
   * @param {string} [options.localAddress] where requests of our own come from
   */
  constructor(options) {
    const { authority, name, country = 'DE', role = 'city', key, tls, port = 0, clock = Date.now } = options;
    parseAuthority(authority);
    Object.assign(this, { authority, name, country, role });
    this.areas = options.areas ?? (role === 'city' ? [{ scheme: 'NUTS', code: 'DEC01', valid_on: '2024-01-01' }] : []);
    this.latitude = 49234000;
    this.longitude = 6996000;
    this.mailbox = `herausforderung@${parseAuthority(authority).host}`;
    this.port = port;
    this.clock = clock;
    this.options = { pullOnHint: true, autoHint: false, polling: false, ...options };

    /** @type {{kind: string, [name: string]: any}[]} what a person should look at */
    this.alarms = [];
    /** @type {object[]} proofs of forking */
    this.forks = [];
    /** @type {object[]} hints received */
    this.hints = [];
    /** @type {unknown[]} errors that should not have happened */
    this.errors = [];
    /**
     * Lets a test answer in our place: the pages alone, or all of a request.
     * @type {{pages?: (ask: object) => Promise<string|Buffer|undefined>|string|Buffer|undefined,
     *   raw?: (req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => boolean|Promise<boolean>}}
     */
    this.hooks = {};

    const seconds = () => this.seconds();
    const alarm = (kind, detail) => this.alarms.push({ kind, ...detail });
    this.own = new OwnStreams({ authority, key, seconds });
    this.peers = new Peers({ seconds, alarm });
    this.follower = new Follower({ peers: this.peers, seconds, alarm, fork: (proof) => this.forks.push(proof) });
    this.server = new Server(this, {
      tls, limits: { ...LIMITS, ...options.limits }, bodyTimeout: options.bodyTimeout ?? 10_000, maxWork: options.maxWork ?? 64,
    });
    this.client = new Client({
      ca: tls.ca, key: () => this.own.key, seconds,
      resolve: options.resolve ?? parseAuthority, timeout: options.timeout ?? 30_000,
      localAddress: options.localAddress,
    });
    this.running = false;
    /** @type {Map<string, {expires: number, usedBy: {authority: string, kid: string}|null}>} */
    this.invitations = new Map();
    /** @type {Map<string, {id: string, rev: number, kid: string, state: string, info: object}>} an office's registry */
    this.members = new Map();
    /** @type {Set<string>} offices that we asked to be admitted by */
    this.joined = new Set();
    this.timers = new Map();
    this.background = new Set();
    this.pulling = new Map();
    this.waiting = new Set();
  }

  /** With a fresh key. @param {object} options as for the constructor, `key` optional */
  static async create(options) {
    return new ForeignNode({ ...options, key: options.key ?? await generateKey() });
  }

  get key() {
    return this.own.key;
  }

  get fingerprint() {
    return fingerprint(this.key);
  }

  seconds() {
    return Math.floor(this.clock() / 1000);
  }

  discovery() {
    return discoveryOf(this);
  }

  async start() {
    await this.own.ensure('net');
    this.port = await this.server.start(this.port);
    this.running = true;
    if (this.options.polling) for (const peer of this.peers.all()) this.#plan(peer, 0);
    return this;
  }

  async stop() {
    this.running = false;
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.client.close();
    await this.server.stop();
    await Promise.allSettled([...this.background]);
  }

  // --- own streams -------------------------------------------------------------------------------------------------

  /**
   * @param {string} type @param {string} id UUID @param {number} rev @param {object} body
   * @param {{stream?: string, keepUntil?: number, at?: number, salt?: string, extra?: object,
   *   line?: (seq: number) => string}} [options] stream `net` or `to/<authority>`; times in seconds; `line` gives the
   *   exact bytes, whatever they are
   */
  async append(type, id, rev, body, { stream = 'net', ...rest } = {}) {
    const [appended] = await this.appendAll(stream, [{ type, id, rev, body, ...rest }]);
    return appended;
  }

  /** Several entries under one head. @param {string} stream @param {object[]} entries */
  async appendAll(stream, entries) {
    const appended = await this.own.append(stream, entries);
    this.#announce();
    return appended;
  }

  /** @param {string} stream @param {string[]} cursors */
  async erase(stream, cursors) {
    const appended = await this.own.erase(stream, cursors);
    this.#announce();
    return appended;
  }

  /** Deletes everywhere here what reached its `keep_until`. */
  async expire() {
    return { own: await this.own.expire(), received: this.follower.expire() };
  }

  /** @param {import('./keys.mjs').Key} [key] */
  async rotateKey(key) {
    await this.own.rotate(key ?? await generateKey());
    this.#announce();
    return this.key;
  }

  /** @param {{atLeast?: number, key?: import('./keys.mjs').Key, previous?: boolean}} [options] */
  async openEpoch(options) {
    const epoch = await this.own.openEpoch(options);
    this.#announce();
    return epoch;
  }

  /** As a restored backup: forgets what stands after `seq` in the newest epoch. Append afterwards, and it is a fork. */
  rewind(stream, seq) {
    return this.own.rewind(stream, seq);
  }

  /** Where one of our streams ends. @param {string} [stream] @returns {{epoch: number, seq: number, chain: Buffer}|null} */
  end(stream = 'net') {
    const run = this.own.newest(stream);
    return run ? { epoch: run.epoch, seq: run.records.length, chain: run.chains.at(-1) } : null;
  }

  // --- peers -------------------------------------------------------------------------------------------------------

  /**
   * Manual peering: somebody compared the fingerprint.
   * @param {{authority: string, jwk: object, state?: string, role?: string, registry?: boolean, confirmed?: boolean}} peer
   */
  async addPeer({ authority, jwk, state = 'active', role = 'city', registry = false, confirmed = false }) {
    const peer = this.peers.learn('manual', { authority, key: await readJwk(jwk), state, role, registry, confirmed });
    await this.own.ensure(`to/${authority}`);
    if (this.options.polling && this.running) this.#plan(peer, 0);
    return peer;
  }

  /** A person decides which key of a peer is right. */
  confirmKey(authority, jwk) {
    const { role, registry } = this.peers.need(authority);
    return this.addPeer({ authority, jwk, role, registry, confirmed: true });
  }

  /** A local decision, which wins over every registry; null takes it back. */
  setLocalState(authority, state) {
    this.peers.need(authority).local = state;
  }

  /** @param {string} authority */
  peerState(authority) {
    const peer = this.peers.get(authority);
    return peer ? this.peers.state(peer) : null;
  }

  /** The cursors that a peer last acknowledged of our streams. @param {string} authority */
  peerCursor(authority) {
    const held = this.peers.get(authority)?.acknowledged;
    const cursor = (name) => (held?.has(name) ? formatCursor(held.get(name)) : null);
    return { to: cursor(`to/${authority}`), net: cursor('net') };
  }

  /** How far we have read a peer's stream. @param {string} authority @param {'to'|'net'} [which] */
  position(authority, which = 'net') {
    const peer = this.peers.need(authority);
    return formatCursor(position(this.peers.stream(peer, which === 'to' ? `to/${this.authority}` : 'net')));
  }

  /** All that is confirmed, per origin. @returns {Map<string, import('./follower.mjs').Received[]>} */
  get received() {
    return new Map(this.peers.all().map((peer) => [peer.authority, this.follower.received(peer)]));
  }

  /** Requests that arrived, with verdicts. @returns {import('./server.mjs').Exchange[]} */
  get requests() {
    return this.server.requests;
  }

  // --- pulling -----------------------------------------------------------------------------------------------------

  /**
   * Pulls until nothing is new. Two pulls of one peer go one after the other.
   * @param {string} authority
   * @param {{limit?: number}} [options]
   * @returns {Promise<{requests: number, applied: number, verdicts: string[]}>}
   */
  pull(authority, options = {}) {
    const before = this.pulling.get(authority) ?? Promise.resolve();
    const run = before.catch(() => {}).then(() => this.#pull(authority, options));
    this.pulling.set(authority, run);
    run.catch(() => {});
    return run;
  }

  async #pull(authority, { limit }) {
    const peer = this.peers.need(authority);
    if (peer.frozen) throw new ProtocolError('frozen', authority);
    // In the first sync of a registry only the last word about each authority counts (9.1).
    const members = this.peers.stream(peer, 'net').confirmed.epoch === 0 ? new Map() : null;
    try {
      return await this.#rounds(peer, limit, members);
    } catch (error) {
      if (error.slug === 'bad-page' || error.slug === 'cursor-ahead') this.follower.dropTentative(peer);
      throw error;
    } finally {
      for (const body of members?.values() ?? []) await this.#member(authority, body);
    }
  }

  async #rounds(peer, limit, members) {
    const { authority } = peer;
    const names = [`to/${this.authority}`, 'net'];
    const where = () => names.map((name) => formatCursor(position(this.peers.stream(peer, name))));
    const result = { requests: 0, applied: 0, verdicts: [] };
    let shownAhead = false;
    for (;;) {
      const before = where();
      const target = `/federation/v1/pages?to=${before[0]}&net=${before[1]}${limit === undefined ? '' : `&limit=${limit}`}`;
      let answer;
      result.requests++;
      try {
        answer = await this.client.signed(authority, { method: 'GET', target }, { limit: MAX_ANSWER });
      } catch (error) {
        if (error.slug !== 'cursor-ahead' || shownAhead) throw error;
        shownAhead = true;
        this.follower.dropTentative(peer); // no head is shown that nobody vouched for
        for (const name of names) await this.#showHead(peer, name);
        continue;
      }
      const pages = this.#readPages(peer, answer, names);
      let stop = false;
      const empty = new Set();
      let entries = 0;
      for (const page of pages) {
        const { verdict, applied, confirmed, rotated } = await this.follower.apply(peer, page);
        result.verdicts.push(verdict);
        result.applied += applied;
        entries += page.lines.length;
        if (page.lines.length === 0) empty.add(page.stream);
        await this.#effects(peer, page.stream, confirmed, members, rotated);
        if (verdict === 'fork') await this.#showHead(peer, page.stream);
        if (verdict === 'untrusted') {
          stop = true;
          break; // the positions that the other pages go on from are gone
        }
      }
      if (stop || (entries === 0 && empty.size === names.length)) return result;
      // Nothing moved: a frozen or stopped stream, or one that the origin does not send.
      if (where().join() === before.join()) return result;
    }
  }

  #readPages(peer, answer, names) {
    if (answer.status !== 200 || (answer.headers['content-type'] ?? '').split(';')[0].trim() !== 'application/x-ndjson') {
      throw new ProtocolError('bad-page', 'status or content type');
    }
    const pages = parseAnswer(answer.body);
    for (const page of pages) {
      if (page.origin !== peer.authority || !names.includes(page.stream)) throw new ProtocolError('bad-page', 'another stream');
    }
    return pages;
  }

  /** Shows a peer the newest head that we hold of its own stream (6.5, 8.3). */
  async #showHead(peer, name) {
    const { head } = this.peers.stream(peer, name).confirmed;
    if (head) await this.hint(peer.authority, { jws: head.jws });
  }

  /** Looks at the heads of a peer's streams without reading on (`limit=0`). */
  async probe(authority) {
    const peer = this.peers.need(authority);
    const names = [`to/${this.authority}`, 'net'];
    const cursors = names.map((name) => formatCursor(position(this.peers.stream(peer, name))));
    const target = `/federation/v1/pages?to=${cursors[0]}&net=${cursors[1]}&limit=0`;
    const pages = this.#readPages(peer, await this.client.signed(authority, { method: 'GET', target }), names);
    const out = {};
    for (const page of pages) out[page.stream] = await this.follower.probe(peer, page);
    return out;
  }

  /** What entries do beyond being kept: a registry's members, and an office's news of a rotated key. */
  async #effects(peer, stream, records, first, rotated) {
    const members = first ?? new Map();
    for (const record of records) {
      if (record.kind !== 'entry' || record.fault) continue;
      if (record.type === 'member' && stream === 'net' && peer.registry) members.set(record.entry.body.authority, record.entry.body);
    }
    if (!first) for (const body of members.values()) await this.#member(peer.authority, body);
    const member = this.members.get(peer.authority);
    if (rotated && member && member.kid !== peer.trusted.kid) await this.publishMember(peer.authority, member.state);
  }

  async #member(office, { authority, jwk, role, state }) {
    const key = await readJwk(jwk);
    if (authority === this.authority) {
      const ours = [this.key, ...this.own.retired].some(({ kid }) => kid === key.kid);
      if (!this.joined.has(office) || !ours) this.alarms.push({ kind: 'member-about-self', office, kid: key.kid, state });
      return;
    }
    const peer = this.peers.learn(office, { authority, key, state, role });
    await this.own.ensure(`to/${authority}`);
    if (this.options.polling && this.running) this.#plan(peer, 0);
  }

  // --- hints and polling -------------------------------------------------------------------------------------------

  /**
   * @param {string} authority
   * @param {{stream?: string, jws?: string}} [options] jws: exactly this head
   */
  async hint(authority, { stream, jws } = {}) {
    const to = `to/${authority}`;
    const end = this.end(to);
    const name = stream ?? (end && end.seq > 1 && this.peerCursor(authority).to !== formatCursor(end) ? to : 'net');
    const head = jws ?? await this.own.head(name);
    const body = Buffer.from(head);
    await this.client.signed(authority, { method: 'POST', target: '/federation/v1/hint', body, contentType: 'application/jose' });
  }

  /** A hint arrived. @param {import('./peers.mjs').Peer} peer */
  hinted(peer) {
    // Hints are coalesced: one pull that has not begun yet will see everything.
    if (!this.options.pullOnHint || this.waiting.has(peer.authority)) return;
    this.waiting.add(peer.authority);
    const before = this.pulling.get(peer.authority) ?? Promise.resolve();
    this.#behind(before.catch(() => {}).then(() => {
      this.waiting.delete(peer.authority);
      return this.pull(peer.authority);
    }));
  }

  /** An authenticated request arrived: whoever waits for this peer after a failure need not. */
  heardFrom(peer) {
    const plan = this.timers.get(peer.authority);
    if (plan && plan.failures > 0) this.#plan(peer, 0);
  }

  #announce() {
    if (!this.options.autoHint || !this.running) return;
    for (const peer of this.peers.all()) {
      if (this.peers.state(peer) === 'active') this.#behind(this.hint(peer.authority));
    }
  }

  /** Work that nobody waits for, except stop(). A peer that cannot be reached is no error. */
  #behind(promise) {
    const done = promise.catch((error) => {
      if (!(error instanceof ProtocolError) && !error.code) this.errors.push(error);
    }).finally(() => this.background.delete(done));
    this.background.add(done);
  }

  #plan(peer, seconds, failures = 0, since = null) {
    clearTimeout(this.timers.get(peer.authority)?.timer);
    const timer = setTimeout(() => this.#behind(this.#poll(peer, failures, since)), seconds * 1000);
    timer.unref();
    this.timers.set(peer.authority, { timer, failures });
  }

  async #poll(peer, failures, since) {
    if (!this.running) return;
    try {
      if (!['frozen', 'invited'].includes(this.peers.state(peer))) await this.pull(peer.authority);
      if (this.running) this.#plan(peer, POLL_SECONDS * (0.75 + Math.random() / 2));
    } catch (error) {
      const first = since ?? this.seconds();
      const wait = Math.max(error.retryAfter ?? 0, backoff(failures + 1, this.seconds() - first, Math.random()));
      if (this.running) this.#plan(peer, wait, failures + 1, first);
    }
  }

  // --- joining -----------------------------------------------------------------------------------------------------

  /** @param {string} authority */
  async discover(authority) {
    return readDiscovery(await this.client.document(authority, '/.well-known/herausforderung', MAX_DISCOVERY), authority);
  }

  /** At an office: an invitation, to be handed over out of band. */
  invite() {
    const token = b64u(randomBytes(32));
    this.invitations.set(token, { expires: this.seconds() + INVITATION_SECONDS, usedBy: null });
    return { office: this.authority, key: this.key.kid, token };
  }

  /**
   * At a town: compares the office's key with the invitation, follows it, and asks to be admitted.
   * @param {{office: string, key: string, token: string}} invitation
   */
  async join(invitation) {
    if (!isClosed(invitation, ['office', 'key', 'token']) || !isAuthority(invitation.office)) throw new ProtocolError('bad-invitation');
    unb64u(invitation.token, 32);
    const { document, keys } = await this.discover(invitation.office);
    if (document.role !== 'office' || keys[0].kid !== invitation.key) throw new ProtocolError('bad-invitation', 'another key');
    // The office is a peer before it is asked: it may pull as soon as it has admitted us.
    await this.addPeer({ authority: invitation.office, jwk: keys[0].jwk, role: 'office', registry: true });
    this.joined.add(invitation.office);
    const body = Buffer.from(JSON.stringify({ authority: this.authority, jwk: this.key.jwk, token: invitation.token }));
    const answer = await this.client.signed(invitation.office, {
      method: 'POST', target: '/federation/v1/join', body, contentType: 'application/json',
    });
    return JSON.parse(answer.body.toString('utf8'));
  }

  /** At an office: decides about a join whose signature is good (10.4). */
  async admit(authority, key, token) {
    const invitation = this.invitations.get(token);
    if (!invitation) throw new ProtocolError('token-invalid');
    const answer = () => ({ authority: this.authority, state: this.peerState(authority) });
    if (invitation.usedBy) {
      if (invitation.usedBy.authority === authority && invitation.usedBy.kid === key.kid) return answer();
      throw new ProtocolError('token-invalid');
    }
    if (invitation.expires < this.seconds()) throw new ProtocolError('token-invalid');
    const known = this.peers.get(authority);
    if (known && known.trusted.kid !== key.kid) throw new ProtocolError('key-conflict');
    let found;
    try {
      found = await this.discover(authority);
    } catch (error) {
      throw new ProtocolError('discovery-failed', error.message);
    }
    if (found.keys[0].kid !== key.kid) throw new ProtocolError('discovery-failed', 'the document begins with another key');
    // While the document was fetched, the same token may have been used by another request.
    if (invitation.usedBy && invitation.usedBy.authority !== authority) throw new ProtocolError('token-invalid');
    invitation.usedBy = { authority, kid: key.kid };
    const { name, country, role } = found.document;
    this.peers.learn('manual', { authority, key: publicPart(key), state: 'active', role });
    await this.own.ensure(`to/${authority}`);
    this.members.set(authority, { id: randomUUID(), rev: 0, kid: key.kid, state: 'active', info: { name, country, role } });
    await this.publishMember(authority, 'active');
    return answer();
  }

  /** At an office: writes a town's state into the registry. */
  async publishMember(authority, state) {
    const member = this.members.get(authority);
    const peer = this.peers.need(authority);
    Object.assign(member, { rev: member.rev + 1, state, kid: peer.trusted.kid });
    const own = peer.sources.get('manual');
    if (own) own.state = state;
    return this.append('member', member.id, member.rev, { authority, jwk: peer.trusted.jwk, state, ...member.info });
  }

  // --- for tests that misbehave ------------------------------------------------------------------------------------

  /**
   * A signed request as it would go out, changed in any point; see signRequest for the overrides.
   * @param {string} authority the callee
   * @param {{method?: string, target: string, body?: Buffer|string, contentType?: string}} request
   * @param {object} [overrides]
   */
  sign(authority, { method = 'GET', target, body, contentType }, overrides) {
    return signRequest({
      method, target, contentType, authority, key: this.key, now: this.seconds(),
      body: body === undefined ? undefined : Buffer.from(body),
    }, overrides);
  }

  /** Sends what sign() made, or anything else, and gives the bare answer. */
  send(authority, raw) {
    return this.client.send(authority, raw);
  }

  /** Bytes as they are, see Client.sendBytes. */
  sendBytes(authority, bytes) {
    return this.client.sendBytes(authority, bytes);
  }

  /** A request from sign() as the text of HTTP/1.1. */
  static wireText(authority, { method, target, headers, body }) {
    const fields = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((v) => `${name}: ${v}\r\n`));
    return `${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n${fields.join('')}\r\n${body ?? ''}`;
  }

  /** Both at once. @returns {Promise<{status: number, slug: string|null, json: any, answer: object}>} */
  async request(authority, request, overrides) {
    const answer = await this.send(authority, this.sign(authority, request, overrides));
    let json = null;
    try {
      json = JSON.parse(answer.body.toString('utf8'));
    } catch {
      // no JSON: then there is none
    }
    return { status: answer.status, slug: json?.type?.split('/').at(-1) ?? null, json, answer };
  }

  /** The honest answer to a peer's cursors, as text, for tampering. @param {object} ask as hooks.pages gets it */
  honestAnswer(ask) {
    return this.own.answer(ask.asked, ask);
  }
}

