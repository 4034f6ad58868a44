/** The calling side: HTTPS against the CA, one request at a time to one peer, problems as errors (5.4). */
import https from 'node:https';
import { checkServerIdentity, connect } from 'node:tls';
import { Mutex, parseAuthority } from './basics.mjs';
import { PROBLEM_BASE, ProtocolError } from './errors.mjs';
import { parseProfile } from './json-profile.mjs';
import { signRequest } from './signatures.mjs';

/** @typedef {{status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer}} Answer */

export class Client {
  /** @type {Map<string, Mutex>} */
  #turns = new Map();
  /** @type {Set<import('node:http').ClientRequest>} */
  #open = new Set();

  /**
   * @param {object} options
   * @param {string|Buffer} options.ca
   * @param {() => import('./keys.mjs').Key} options.key
   * @param {() => number} options.seconds
   * @param {(authority: string) => {host: string, port: number}} options.resolve where an authority listens
   * @param {number} options.timeout milliseconds
   * @param {string} [options.localAddress] where requests come from
   */
  constructor({ ca, key, seconds, resolve, timeout, localAddress }) {
    Object.assign(this, { key, seconds, resolve, timeout, localAddress });
    this.ca = ca;
    this.agent = new https.Agent({ ca, minVersion: 'TLSv1.2', keepAlive: false });
  }

  /** Ends what is still under way. */
  close() {
    for (const request of this.#open) request.destroy(new ProtocolError('closed'));
    this.agent.destroy();
  }

  /**
   * Sends a request as it is, signed or not, and without waiting for its turn: for tests that misbehave.
   * @param {string} authority
   * @param {{method: string, target: string, headers?: Record<string, any>, body?: Buffer}} raw
   * @param {number} [limit] octets of the answer
   * @returns {Promise<Answer>}
   */
  send(authority, { method, target, headers = {}, body }, limit = 2 * 1024 * 1024) {
    const { host } = parseAuthority(authority);
    const place = this.resolve(authority);
    return new Promise((resolve, reject) => {
      const request = https.request({
        agent: this.agent, host: place.host, port: place.port, localAddress: this.localAddress, family: 4, method, path: target,
        // The certificate is for the authority's host, wherever it really listens. SNI takes no IP addresses.
        servername: /^[0-9.]+$/.test(host) ? '' : host,
        checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
        headers: { host: authority, ...headers }, timeout: this.timeout,
      });
      this.#open.add(request);
      request.on('close', () => this.#open.delete(request));
      request.on('timeout', () => request.destroy(new ProtocolError('timeout', authority)));
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks = [];
        let size = 0;
        response.on('error', reject);
        response.on('data', (chunk) => {
          size += chunk.length;
          if (size > limit) request.destroy(new ProtocolError('too-large', 'answer'));
          else chunks.push(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
      });
      request.end(body);
    });
  }

  /**
   * Writes bytes to a peer's TLS port and gives everything that comes back until the peer closes: for requests that no
   * HTTP library would send. A complete request should carry `Connection: close`.
   * @param {string} authority @param {string|Buffer} bytes
   * @returns {Promise<string>}
   */
  sendBytes(authority, bytes) {
    const { host } = parseAuthority(authority);
    const place = this.resolve(authority);
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: place.host, port: place.port, localAddress: this.localAddress, family: 4, ca: this.ca, servername: /^[0-9.]+$/.test(host) ? '' : host,
        checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      }, () => socket.write(bytes));
      const chunks = [];
      socket.setTimeout(this.timeout, () => socket.destroy(new ProtocolError('timeout', authority)));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    });
  }

  /** Waits for its turn at a peer. @template T @param {string} authority @param {() => Promise<T>} task */
  inTurn(authority, task) {
    if (!this.#turns.has(authority)) this.#turns.set(authority, new Mutex());
    return this.#turns.get(authority).run(task);
  }

  /**
   * A signed request; an answer other than 2xx becomes a ProtocolError with the slug of its problem.
   * @param {string} authority
   * @param {{method: string, target: string, body?: Buffer, contentType?: string}} request
   * @param {{limit?: number}} [options]
   * @returns {Promise<Answer>}
   */
  signed(authority, request, { limit } = {}) {
    return this.inTurn(authority, async () => {
      for (let attempt = 0; ; attempt++) {
        const raw = signRequest({ ...request, authority, key: this.key(), now: this.seconds() });
        const answer = await this.send(authority, raw, limit);
        if (answer.status >= 200 && answer.status < 300) return answer;
        const problem = problemOf(answer);
        // Something on the way may have repeated the request; once anew is enough to know.
        if (problem.slug !== 'replayed' || attempt > 0) throw problem;
      }
    });
  }

  /** An unsigned GET of a JSON document. @param {string} authority @param {string} target @param {number} limit */
  async document(authority, target, limit) {
    const answer = await this.inTurn(authority, () => this.send(authority, { method: 'GET', target }, limit));
    if (answer.status !== 200) throw problemOf(answer);
    if (!(answer.headers['content-type'] ?? '').startsWith('application/json')) throw new ProtocolError('bad-answer', 'content type');
    return parseProfile(answer.body);
  }
}

/** @param {Answer} answer */
export function problemOf(answer) {
  let slug = `http-${answer.status}`;
  let detail;
  try {
    const problem = parseProfile(answer.body);
    if (typeof problem.type === 'string' && problem.type.startsWith(PROBLEM_BASE)) slug = problem.type.slice(PROBLEM_BASE.length);
    if (typeof problem.detail === 'string') detail = problem.detail;
  } catch {
    // A body that is no problem says no more than the status.
  }
  const error = new ProtocolError(slug, detail);
  error.status = answer.status;
  const retry = Number(answer.headers['retry-after']);
  if (Number.isFinite(retry)) error.retryAfter = Math.min(retry, 3600);
  return error;
}
