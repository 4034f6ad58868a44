/** The HTTPS side of a node: endpoints of section 10 with the checks of 5.3 and the problems of 13. */
import https from 'node:https';
import { isAuthority, isClosed, parseCursor, formatTime, unb64u } from './basics.mjs';
import { ProtocolError } from './errors.mjs';
import { MAX_HEAD, readHead } from './heads.mjs';
import { parseProfile } from './json-profile.mjs';
import { readJwk } from './keys.mjs';
import { Buckets, Nonces } from './limits.mjs';
import { digestMatches, fieldValues, inTime, parseSignature, signatureVerifies, splitTarget } from './signatures.mjs';

export const MAX_BODY = 64 * 1024;

const ROUTES = {
  '/.well-known/herausforderung': { method: 'GET' },
  '/federation/v1/pages': { method: 'GET' },
  '/federation/v1/hint': { method: 'POST', type: 'application/jose', limit: MAX_HEAD },
  '/federation/v1/join': { method: 'POST', type: 'application/json', limit: MAX_BODY },
};

/**
 * @typedef {object} Exchange one request, as kept in node.requests
 * @property {number} at milliseconds
 * @property {string} method
 * @property {string} target
 * @property {string|null} keyid
 * @property {string|null} peer authority of the caller, once its signature was checked
 * @property {string} verdict `ok` or the slug of the problem
 * @property {number} status
 * @property {string|null} detail
 */

export class Server {
  /**
   * @param {import('./foreign-node.mjs').ForeignNode} node
   * @param {{tls: object, limits: object, bodyTimeout: number, maxWork: number}} options
   */
  constructor(node, { tls, limits, bodyTimeout, maxWork }) {
    this.node = node;
    this.tls = tls;
    this.bodyTimeout = bodyTimeout;
    this.maxWork = maxWork;
    this.working = 0;
    this.addresses = new Buckets(limits.address);
    this.perPeer = new Buckets(limits.peer);
    this.nonces = new Nonces();
    /** @type {Exchange[]} */
    this.requests = [];
    this.server = null;
  }

  /** @param {number} port @returns {Promise<number>} the port it listens on */
  start(port) {
    this.server = https.createServer({ cert: this.tls.cert, key: this.tls.key, minVersion: 'TLSv1.2' }, (req, res) => {
      this.#handle(req, res);
    });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => resolve(this.server.address().port));
    });
  }

  /** @param {{cert: string, key: string}} tls */
  showCertificate({ cert, key }) {
    this.server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    this.server.closeAllConnections(); // those that are open showed another one
  }

  stop() {
    const { server } = this;
    if (!server) return Promise.resolve();
    this.server = null;
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #handle(req, res) {
    const exchange = { at: Date.now(), method: req.method, target: req.url, keyid: null, peer: null, verdict: 'ok', status: 0, detail: null };
    if (await this.node.hooks.raw?.(req, res)) return;
    let answer;
    this.working++;
    try {
      if (this.working > this.maxWork) throw retryLater(new ProtocolError('busy'), 1);
      answer = await this.#answer(req, exchange);
    } catch (error) {
      const problem = error instanceof ProtocolError && error.status ? error : null;
      if (!problem) this.node.errors.push(error);
      exchange.verdict = problem?.slug ?? 'internal';
      exchange.detail = error.message;
      const body = problem?.toProblem() ?? { type: 'about:blank', title: 'Internal error', status: 500 };
      answer = {
        status: body.status, headers: { 'content-type': 'application/problem+json', ...problem?.headers }, body: JSON.stringify(body),
      };
    } finally {
      this.working--;
    }
    exchange.status = answer.status;
    this.requests.push(exchange);
    if (res.destroyed) return;
    const body = Buffer.from(answer.body ?? '');
    // A body that was not read to its end leaves the connection in an unknown place.
    if (!req.complete) res.setHeader('connection', 'close');
    res.writeHead(answer.status, answer.status === 204 ? answer.headers : { ...answer.headers, 'content-length': body.length });
    res.end(body);
    if (!req.complete) req.resume();
  }

  async #answer(req, exchange) {
    if (!req.url.startsWith('/')) throw new ProtocolError('malformed-request', 'the target is not in origin form');
    const { path } = splitTarget(req.url);
    const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : null;
    if (!route || (path.endsWith('/join') && this.node.role !== 'office')) throw new ProtocolError('not-found');
    if (req.method !== route.method) {
      const error = new ProtocolError('method-not-allowed');
      error.headers.allow = route.method;
      throw error;
    }
    this.#limit(this.addresses, req.socket.remoteAddress ?? '?'); // step 1
    if (path.startsWith('/.well-known/')) return json(this.node.discovery());

    // Parameters of media types are ignored (13).
    const [type] = (fieldValues(req.rawHeaders, 'content-type')[0] ?? '').split(';');
    if (route.type && type.trim().toLowerCase() !== route.type) {
      throw new ProtocolError('unsupported-media-type', route.type);
    }
    const body = await this.#body(req, route.limit ?? MAX_BODY);
    if (path.endsWith('/join')) return this.#join(req, body, exchange);
    const caller = await this.#authenticate(req, body, exchange, path.endsWith('/pages') || this.#isOwnHead(body));
    return path.endsWith('/pages') ? this.#pages(req, body, caller) : this.#hint(body, caller);
  }

  #limit(buckets, name) {
    const wait = buckets.take(name);
    if (wait > 0) throw retryLater(new ProtocolError('rate-limited'), wait);
  }

  /** @param {import('node:http').IncomingMessage} req @param {number} limit @returns {Promise<Buffer>} */
  #body(req, limit) {
    const length = req.headers['content-length'];
    if (req.headers['transfer-encoding'] || (length === undefined && req.method === 'POST')) throw new ProtocolError('length-required');
    if (length !== undefined && Number(length) > limit) throw new ProtocolError('too-large');
    return new Promise((resolve, reject) => {
      const chunks = [];
      const timer = setTimeout(() => reject(new ProtocolError('slow-request')), this.bodyTimeout);
      req.on('data', (chunk) => chunks.push(chunk));
      req.on('end', () => { clearTimeout(timer); resolve(Buffer.concat(chunks)); });
      // Also comes after `end`, when the promise is settled already.
      req.on('close', () => { clearTimeout(timer); reject(new ProtocolError('malformed-request', 'the body broke off')); });
      req.on('error', () => {});
    });
  }

  /** Whether a hint shows a head of ours, which also suspended and removed peers may show. */
  #isOwnHead(body) {
    try {
      return readHead(body.toString('latin1')).payload.iss === this.node.authority;
    } catch {
      return false;
    }
  }

  /**
   * Steps 2 to 8 of 5.3 for a caller that is a peer; forAll: what suspended and removed peers may ask as well.
   */
  async #authenticate(req, body, exchange, forAll) {
    const parsed = parseSignature(req.rawHeaders, body.length > 0);
    exchange.keyid = parsed.keyid;
    const peer = this.node.peers.byKid(parsed.keyid);
    if (!peer) throw new ProtocolError('unknown-key');
    const state = this.node.peers.state(peer);
    if (state !== 'active' && !(forAll && ['suspended', 'removed'].includes(state))) throw new ProtocolError('not-active', state);
    this.#verify(req, body, parsed, peer.trusted);
    exchange.peer = peer.authority;
    this.#limit(this.perPeer, peer.authority);
    this.node.heardFrom(peer);
    return { peer, state, created: parsed.created };
  }

  /** Steps 4 to 7. */
  #verify(req, body, parsed, key) {
    const now = this.node.seconds();
    if (!inTime(parsed, now)) throw new ProtocolError('skew', undefined, { server_time: formatTime(now) });
    if (body.length > 0 && !digestMatches(req.rawHeaders, body)) throw new ProtocolError('digest-mismatch');
    const request = { method: req.method, authority: this.node.authority, target: req.url, rawHeaders: req.rawHeaders };
    if (!signatureVerifies(parsed, request, key)) throw new ProtocolError('signature-invalid');
    if (!this.nonces.remember(parsed.keyid, parsed.nonce, parsed.expires, now)) throw new ProtocolError('replayed');
  }

  async #pages(req, body, { peer, state, created }) {
    if (body.length > 0) throw new ProtocolError('malformed-request', 'a body');
    const query = readPagesQuery(splitTarget(req.url).query);
    const names = { to: `to/${peer.authority}`, net: 'net' };
    const asked = ['to', 'net'].filter((name) => query[name]).map((name) => ({ stream: names[name], cursor: query[name] }));
    const options = { limit: query.limit, withhold: state !== 'active' };
    const custom = await this.node.hooks.pages?.({ peer, asked, ...options });
    const text = custom ?? await this.node.own.answer(asked, options);
    for (const { stream, cursor } of asked) this.node.peers.acknowledge(peer, stream, cursor, created);
    return { status: 200, headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }, body: text };
  }

  async #hint(body, { peer }) {
    let head;
    try {
      head = readHead(body.toString('latin1'));
    } catch (error) {
      throw new ProtocolError('malformed-request', error.message);
    }
    const { iss, stream } = head.payload;
    if (iss === this.node.authority) {
      if (stream !== 'net' && stream !== `to/${peer.authority}`) throw new ProtocolError('malformed-request', 'stream');
      const shown = await this.node.own.shown(head);
      if (shown === 'invalid') throw new ProtocolError('malformed-request', 'not a head of this node');
      this.node.hints.push({ from: peer.authority, head, shown });
    } else if (iss === peer.authority) {
      if (stream !== 'net' && stream !== `to/${this.node.authority}`) throw new ProtocolError('malformed-request', 'stream');
      this.node.hints.push({ from: peer.authority, head, shown: null });
      this.node.hinted(peer);
    } else throw new ProtocolError('malformed-request', 'iss');
    return { status: 204, headers: {} };
  }

  /** 10.4 at the office. The key comes from the body, so the body is read before the signature can be checked. */
  async #join(req, body, exchange) {
    const parsed = parseSignature(req.rawHeaders, body.length > 0);
    exchange.keyid = parsed.keyid;
    let request;
    let key;
    try {
      request = parseProfile(body);
      if (!isClosed(request, ['authority', 'jwk', 'token']) || !isAuthority(request.authority)) throw new Error('members');
      unb64u(request.token, 32);
      key = await readJwk(request.jwk);
    } catch (error) {
      throw new ProtocolError('malformed-request', error.message);
    }
    if (parsed.keyid !== key.kid) throw new ProtocolError('unknown-key', 'keyid is not the thumbprint of jwk');
    this.#verify(req, body, parsed, key);
    exchange.peer = request.authority;
    this.#limit(this.perPeer, request.authority);
    return json(await this.node.admit(request.authority, key, request.token));
  }
}

function retryLater(error, seconds) {
  error.headers['retry-after'] = String(seconds);
  return error;
}

const json = (value) => ({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });

/** `?to=E.S&net=E.S[&limit=k]`, taken literally: nothing is decoded. @param {string} query */
export function readPagesQuery(query) {
  const refuse = (why) => { throw new ProtocolError('malformed-request', why); };
  /** @type {{to?: {epoch: number, seq: number}, net?: {epoch: number, seq: number}, limit?: number}} */
  const out = {};
  for (const part of query.slice(1).split('&')) {
    const [name, ...rest] = part.split('=');
    const value = rest.join('=');
    if (!['to', 'net', 'limit'].includes(name) || out[name] !== undefined) refuse(`query ${name}`);
    if (name !== 'limit') out[name] = parseCursor(value);
    else if (/^(0|[1-9][0-9]{0,8})$/.test(value)) out.limit = Number(value);
    else refuse('limit');
  }
  if (!out.to && !out.net) refuse('neither to nor net');
  return out;
}
