/** Whom to believe, section 9.1: peers, the sources that name them, and the key that is trusted. */
import { ProtocolError } from './errors.mjs';
import { emptyStream } from './follower.mjs';

const PENDING_SECONDS = 72 * 3600;

/**
 * @typedef {object} Peer
 * @property {string} authority
 * @property {string} role
 * @property {Map<string, {key: import('./keys.mjs').Key, state: string}>} sources by name: `manual` or an office
 * @property {'suspended'|'removed'|null} local a local decision always wins
 * @property {boolean} frozen the sources name different keys
 * @property {boolean} registry whether its `member` entries count
 * @property {import('./keys.mjs').Key} trusted
 * @property {Map<string, string>} rotations key ids that signed their successor
 * @property {{key: import('./keys.mjs').Key, source: string, since: number}|null} pending
 * @property {Map<string, import('./follower.mjs').FollowedStream>} streams
 * @property {Map<string, {epoch: number, seq: number, created: number}>} acknowledged our streams, by name
 */

export class Peers {
  /** @type {Map<string, Peer>} */
  #peers = new Map();

  /** @param {{seconds: () => number, alarm: (kind: string, detail: object) => void}} options */
  constructor({ seconds, alarm }) {
    this.seconds = seconds;
    this.alarm = alarm;
  }

  /** @param {string} authority @returns {Peer|undefined} */
  get(authority) {
    const peer = this.#peers.get(authority);
    if (peer) this.#settle(peer);
    return peer;
  }

  /** @param {string} authority @returns {Peer} */
  need(authority) {
    const peer = this.get(authority);
    if (!peer) throw new ProtocolError('unknown-peer', authority);
    return peer;
  }

  all() {
    return [...this.#peers.keys()].map((authority) => this.need(authority));
  }

  /** @param {string} kid the peer whose current key this is */
  byKid(kid) {
    return this.all().find((peer) => peer.trusted.kid === kid);
  }

  /** @param {Peer} peer */
  state(peer) {
    if (peer.local) return peer.local;
    if (peer.frozen) return 'frozen';
    const states = [...peer.sources.values()].map((source) => source.state);
    return ['active', 'suspended', 'invited', 'removed'].find((state) => states.includes(state)) ?? 'removed';
  }

  /**
   * A source says something about an authority.
   * @param {string} source `manual` or the office's authority
   * @param {{authority: string, key: import('./keys.mjs').Key, state: string, role?: string, registry?: boolean,
   *   confirmed?: boolean}} says confirmed: people compared the fingerprint of this key
   * @returns {Peer}
   */
  learn(source, { authority, key, state, role = 'city', registry, confirmed = false }) {
    let peer = this.#peers.get(authority);
    if (!peer) {
      peer = {
        authority, role, sources: new Map(), local: null, frozen: false, registry: registry ?? false, trusted: key,
        rotations: new Map(), pending: null, streams: new Map(), acknowledged: new Map(),
      };
      this.#peers.set(authority, peer);
    }
    this.#settle(peer);
    if (registry !== undefined) peer.registry = registry;
    peer.role = role;
    const before = peer.sources.get(source);
    const replaces = before && before.key.kid !== key.kid;
    const signedAway = peer.trusted.kid === key.kid || this.#leadsTo(peer, key.kid, peer.trusted.kid);
    if (confirmed) {
      // A person decided: this is the key, whatever anybody else says.
      for (const other of peer.sources.values()) other.key = key;
      peer.sources.set(source, { key, state });
      peer.trusted = key;
      peer.pending = null;
      peer.frozen = false;
      return peer;
    }
    if (replaces && !signedAway) {
      before.state = state;
      if (peer.pending?.key.kid !== key.kid) {
        peer.pending = { key, source, since: this.seconds() };
        this.alarm('key-replaced', { authority, source, kid: key.kid });
      }
      return peer;
    }
    // A key that was already signed away is only old news.
    peer.sources.set(source, { key: signedAway ? peer.trusted : key, state });
    this.#checkConflict(peer);
    return peer;
  }

  /** Whether signed rotations lead from one key to another. */
  #leadsTo(peer, from, to) {
    for (let kid = from, steps = 0; kid && steps < 100; kid = peer.rotations.get(kid), steps++) if (kid === to) return true;
    return false;
  }

  /** The trusted key signed its successor (11.7). @param {Peer} peer @param {import('./keys.mjs').Key} next */
  rotated(peer, next) {
    const old = peer.trusted.kid;
    peer.rotations.set(old, next.kid);
    for (const source of peer.sources.values()) if (source.key.kid === old) source.key = next;
    peer.trusted = next;
    if (peer.pending?.key.kid === next.kid) {
      peer.sources.get(peer.pending.source).key = next;
      peer.pending = null;
    }
    this.#checkConflict(peer);
  }

  /** A key that an office replaced counts after 72 hours. */
  #settle(peer) {
    const { pending } = peer;
    if (!pending || this.seconds() < pending.since + PENDING_SECONDS) return;
    peer.pending = null;
    peer.sources.get(pending.source).key = pending.key;
    if (new Set([...peer.sources.values()].map((s) => s.key.kid)).size === 1) peer.trusted = pending.key;
    this.#checkConflict(peer);
  }

  #checkConflict(peer) {
    const kids = new Set([...peer.sources.values()].map((source) => source.key.kid));
    const frozen = kids.size > 1;
    if (frozen && !peer.frozen) this.alarm('key-conflict', { authority: peer.authority, kids: [...kids] });
    peer.frozen = frozen;
  }

  /** What is held of a peer's stream. @param {Peer} peer @param {string} name */
  stream(peer, name) {
    if (!peer.streams.has(name)) peer.streams.set(name, emptyStream(peer.authority, name));
    return peer.streams.get(name);
  }

  /** Forgets all that was followed, after people agreed to begin anew. @param {string} authority */
  forget(authority) {
    this.need(authority).streams.clear();
  }

  /** Keeps the latest cursor as acknowledgement (10.2). */
  acknowledge(peer, stream, { epoch, seq }, created) {
    const held = peer.acknowledged.get(stream);
    const lower = held && (epoch < held.epoch || (epoch === held.epoch && seq < held.seq));
    if (lower && created <= held.created) return;
    peer.acknowledged.set(stream, { epoch, seq, created: Math.max(created, held?.created ?? 0) });
  }
}
