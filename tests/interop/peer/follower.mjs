/** Following a stream: position, keys, epochs, erasures, forks (sections 8.2, 9.2, 9.3, 9.5, 12). */
import { b64u, formatCursor, parseCursor, parseTime, unb64u } from './basics.mjs';
import { chainStart } from './chain.mjs';
import { PROTECTED_TYPES, entryFault } from './entries.mjs';
import { ProtocolError } from './errors.mjs';
import { headVerifies } from './heads.mjs';
import { readJwk } from './keys.mjs';

/**
 * @typedef {object} Received
 * @property {string} origin
 * @property {string} stream
 * @property {number} epoch
 * @property {number} seq
 * @property {string} cursor
 * @property {'entry'|'erased'|'withheld'|'expired'} kind
 * @property {string|null} line exact text, null when it is not (or no longer) held
 * @property {Record<string, any>|null} entry
 * @property {string} digest b64u
 * @property {string|null} fault why the entry is kept but not shown
 * @property {string|null} type
 */

/**
 * What is held of one stream. Two of them exist while lines are provisional (9.2): `confirmed` is what the trusted key
 * vouches for, `tentative` goes on from there under another key, and may be thrown away.
 * @typedef {object} StreamState
 * @property {number} epoch 0: nothing held
 * @property {number} seq
 * @property {Buffer|null} chain
 * @property {import('./heads.mjs').Head|null} head the newest that was verified
 * @property {Map<number, {records: Received[], chains: Buffer[], keys: {from: number, key: import('./keys.mjs').Key}[]}>} runs
 * @property {Set<string>} erased cursors that an `erase` named
 * @property {Set<string>} uncovered erased placeholders that no `erase` named yet
 * @property {Set<number>} frozen epochs
 * @property {Received[]} fresh applied since the last confirmation
 * @property {{key: import('./keys.mjs').Key, by: string}|null} next named by a `key` entry at the end, and by which key
 */
/**
 * @typedef {object} FollowedStream
 * @property {string} origin
 * @property {string} name
 * @property {StreamState} confirmed
 * @property {StreamState|null} tentative
 * @property {string|null} stopped cursor of an `erase` or `key` that cannot be applied
 * @property {Set<string>} missed placeholders that an alarm was raised about
 */

/** @returns {FollowedStream} */
export function emptyStream(origin, name) {
  return {
    origin, name, tentative: null, stopped: null, missed: new Set(),
    confirmed: {
      epoch: 0, seq: 0, chain: null, head: null, runs: new Map(), erased: new Set(), uncovered: new Set(),
      frozen: new Set(), fresh: [], next: null,
    },
  };
}

/** Records are never changed in place, so copying the lists is enough. @param {StreamState} state */
function copy(state) {
  return {
    ...state,
    runs: new Map([...state.runs].map(([epoch, run]) => [epoch, {
      records: [...run.records], chains: [...run.chains], keys: [...run.keys],
    }])),
    erased: new Set(state.erased), uncovered: new Set(state.uncovered), frozen: new Set(state.frozen), fresh: [...state.fresh],
  };
}

/** Where to go on reading. @param {FollowedStream} followed */
export function position(followed) {
  const { epoch, seq } = followed.tentative ?? followed.confirmed;
  return { epoch, seq };
}

/** The key in force for line `seq`. */
function keyAt(run, seq) {
  return run.keys.filter(({ from }) => from <= seq).at(-1)?.key;
}

export class Follower {
  /**
   * @param {object} options
   * @param {import('./peers.mjs').Peers} options.peers
   * @param {() => number} options.seconds
   * @param {(kind: string, detail: object) => void} options.alarm
   * @param {(proof: object) => void} options.fork
   */
  constructor({ peers, seconds, alarm, fork }) {
    Object.assign(this, { peers, seconds, alarm, fork });
    /** @type {import('./peers.mjs').Peers} */
    this.peers = peers;
  }

  /**
   * Applies one page of a peer.
   * @param {import('./peers.mjs').Peer} peer
   * @param {import('./pages.mjs').Page} page
   * @returns {Promise<{verdict: string, applied: number, confirmed: Received[]}>} verdict: `applied`, `empty` (the newest
   *   head, nothing new), `known`, `old-epoch`, `frozen`, `fork`, `stopped`, `untrusted`
   */
  async apply(peer, page) {
    const followed = this.peers.stream(peer, page.stream);
    const state = copy(followed.tentative ?? followed.confirmed);
    const result = await this.#page(peer, state, page, followed.confirmed);
    const nothing = { verdict: result.verdict, applied: 0, confirmed: [] };
    if (result.verdict === 'fork') {
      // Freezing must outlive whatever else happens to the tentative part.
      followed.confirmed.frozen.add(page.epoch);
      followed.tentative?.frozen.add(page.epoch);
      return nothing;
    }
    if (result.verdict === 'stopped') {
      const { cursor, why } = result;
      if (followed.stopped !== cursor) this.alarm('cannot-apply', { origin: page.origin, stream: page.stream, cursor, why });
      followed.stopped = cursor;
      return nothing;
    }
    if (!['applied', 'empty'].includes(result.verdict)) return nothing;

    const { pageKey, newKey } = result;
    // Named by the trusted key, and now it has signed: a name alone proves nothing (9.2).
    const { next } = followed.confirmed;
    const proven = !followed.tentative && next?.by === peer.trusted.kid && pageKey.kid === next.key.kid;
    if (proven) this.peers.rotated(peer, pageKey);
    if (pageKey.kid !== peer.trusted.kid) {
      if (result.verdict === 'empty') {
        this.dropTentative(peer);
        this.alarm('untrusted-key', { origin: page.origin, stream: page.stream, kid: pageKey.kid });
        return { ...nothing, verdict: 'untrusted' };
      }
      followed.tentative = state;
      return { verdict: result.verdict, applied: page.lines.length, confirmed: [] };
    }
    const confirmed = state.fresh;
    state.fresh = [];
    state.next = newKey && newKey.kid !== pageKey.kid ? { key: newKey, by: pageKey.kid } : null;
    followed.confirmed = state;
    followed.tentative = null;
    followed.stopped = null;
    if (result.verdict === 'empty') this.#missing(followed, page);
    return { verdict: result.verdict, applied: page.lines.length, confirmed, rotated: proven };
  }

  /**
   * Throws away what is provisional: whoever made it may have chosen positions from which the true streams can never be
   * reached.
   */
  dropTentative(peer) {
    for (const followed of peer.streams.values()) followed.tentative = null;
  }

  /** The newest head is reached: what was taken out without an `erase` is missing. */
  #missing(followed, page) {
    const entries = [...followed.confirmed.uncovered].filter((cursor) => !followed.missed.has(cursor));
    if (entries.length === 0) return;
    for (const cursor of entries) followed.missed.add(cursor);
    this.alarm('missing', { origin: page.origin, stream: page.stream, entries });
  }

  /**
   * @param {import('./peers.mjs').Peer} peer @param {StreamState} state @param {import('./pages.mjs').Page} page
   * @param {StreamState} confirmed as far as the trusted key vouches
   */
  async #page(peer, state, page, confirmed) {
    if (page.epoch < state.epoch) return { verdict: 'old-epoch' };
    if (state.frozen.has(page.epoch)) return { verdict: 'frozen' };
    if (page.epoch > state.epoch) return this.#laterEpoch(peer, state, page, confirmed);

    const run = state.runs.get(page.epoch);
    if (page.from > state.seq) throw new ProtocolError('bad-page', `starts at ${page.from}, held is ${state.seq}`);
    // Under the key at the last line; a page without entries already under the key that a `key` entry there names.
    const pageKey = await this.#verifyingKey(page, keyAt(run, page.lines.length > 0 ? page.to : page.to + 1));
    const fork = this.#differs(state, run, page);
    const proven = pageKey.kid === peer.trusted.kid && page.epoch === confirmed.epoch && fork <= confirmed.seq;
    if (fork !== null && !proven) {
      if (page.from < state.seq) return { verdict: 'known' };
      throw new ProtocolError('bad-page', 'another history of lines that nobody vouches for');
    }
    if (fork !== null) {
      this.#reportFork(state, page, fork, run.chains[fork]);
      return { verdict: 'fork' };
    }
    if (page.from < state.seq) return { verdict: 'known' };
    if (page.lines.length === 0) {
      if (page.head.payload.iat >= state.head.payload.iat) state.head = page.head;
      return { verdict: 'empty', pageKey };
    }
    return this.#lines(state, run, page, pageKey);
  }

  async #laterEpoch(peer, state, page, confirmed) {
    const refuse = (why) => { throw new ProtocolError('bad-page', why); };
    if (page.from !== 0) refuse('a later epoch starts at 0');
    const entry = page.lines[0]?.entry;
    if (entry?.type !== 'epoch' || await entryFault(entry)) refuse('no epoch entry at the start');
    const start = chainStart(page.origin, page.stream, page.epoch);
    if (!page.chain.equals(start)) refuse('chain_0');
    const { previous, jwk } = entry.body;
    const key = await readJwk(jwk);
    const pageKey = await this.#verifyingKey(page, key);
    const counts = state.epoch > 0 ? keyAt(state.runs.get(state.epoch), state.seq + 1).kid : null;
    if (confirmed.epoch > 0 && key.kid !== peer.trusted.kid && key.kid !== counts) {
      this.alarm('untrusted-key', { origin: page.origin, stream: page.stream, kid: key.kid });
      refuse('a later epoch that does not begin under the trusted key');
    }
    const provisional = state.epoch > confirmed.epoch || state.seq > confirmed.seq;
    if (provisional) {
      const held = previous && previous.epoch === state.epoch ? state.runs.get(state.epoch).chains[previous.seq] : null;
      const goesOn = held && previous.seq === state.seq && b64u(held) === previous.chain;
      if (!goesOn && previous && previous.epoch <= state.epoch) refuse('it does not go on from what is provisional here');
      if (!goesOn) Object.assign(state, copy(confirmed));
    }
    if (previous && previous.epoch === state.epoch) {
      if (previous.seq > state.seq && !state.frozen.has(state.epoch)) refuse('lines of the previous epoch are missing');
      const held = state.runs.get(previous.epoch).chains[previous.seq];
      // Another past than the one that was shown here is a fork of that epoch; the stream goes on in this one (9.5).
      if (held && b64u(held) !== previous.chain && !state.frozen.has(previous.epoch)) {
        this.#reportFork(state, page, previous.seq, held, previous.epoch, previous.chain);
        state.frozen.add(previous.epoch);
      }
    }
    const run = { records: [], chains: [start], keys: [{ from: 1, key }] };
    const fresh = { ...state, runs: new Map(state.runs).set(page.epoch, run), epoch: page.epoch, seq: 0, chain: start };
    const result = await this.#lines(fresh, run, page, pageKey);
    if (result.verdict === 'applied') Object.assign(state, fresh);
    return result;
  }

  async #verifyingKey(page, key) {
    if (await headVerifies(page.head, key)) return key;
    throw new ProtocolError('bad-page', 'the head does not verify under the key that counts');
  }

  /** The first number at which a verified page and what is held name different chains, or null. */
  #differs(state, run, page) {
    for (let n = page.from; n <= Math.min(page.to, state.seq); n++) {
      const shown = n === page.from ? page.chain : page.chains[n - page.from - 1];
      if (!shown.equals(run.chains[n])) return n;
    }
    return null;
  }

  #reportFork(state, page, seq, held, epoch = page.epoch, shownChain = undefined) {
    const shown = shownChain ?? b64u(seq === page.from ? page.chain : page.chains[seq - page.from - 1]);
    this.fork({
      origin: page.origin, stream: page.stream, epoch, seq,
      held: { chain: b64u(held), head: state.head?.jws ?? null },
      shown: { chain: shown, head: page.head.jws, page: page.text },
    });
  }

  async #lines(state, run, page, pageKey) {
    let newKey = null;
    const faults = [];
    for (const [i, line] of page.lines.entries()) {
      const fault = line.entry ? await entryFault(line.entry) : null;
      faults.push(fault);
      const type = line.entry?.type;
      if (type !== 'key' && type !== 'erase') continue;
      const cursor = formatCursor({ epoch: page.epoch, seq: line.seq });
      const why = fault ?? (type === 'erase' ? this.#cannotErase(state, page, line) : null);
      if (why) return { verdict: 'stopped', cursor, why };
      if (type === 'key') {
        if (i !== page.lines.length - 1) throw new ProtocolError('bad-page', 'a key entry that is not the last line');
        newKey = await readJwk(line.entry.body.jwk);
      }
    }
    for (const [i, line] of page.lines.entries()) {
      const cursor = formatCursor({ epoch: page.epoch, seq: line.seq });
      if (line.entry?.type === 'erase') this.#erase(state, line.entry.body.entries);
      const record = this.#record(state, page, line, cursor, faults[i]);
      run.records.push(record);
      run.chains.push(page.chains[i]);
      state.fresh.push(record);
      state.seq = line.seq;
      state.chain = page.chains[i];
    }
    if (newKey) run.keys.push({ from: page.to + 1, key: newKey });
    state.head = page.head;
    return { verdict: 'applied', pageKey, newKey };
  }

  /** @returns {Received} */
  #record(state, page, line, cursor, fault) {
    const base = {
      origin: page.origin, stream: page.stream, epoch: page.epoch, seq: line.seq, cursor,
      digest: b64u(line.digest), type: line.entry?.type ?? null, fault,
    };
    if (line.kind !== 'entry') {
      if (line.kind === 'erased' && !state.erased.has(cursor)) state.uncovered.add(cursor);
      return { ...base, kind: line.kind, line: null, entry: null };
    }
    if (state.erased.has(cursor)) return { ...base, kind: 'erased', line: null, entry: null };
    const until = parseTime(line.entry.keep_until);
    if (until !== null && until <= this.seconds()) return { ...base, kind: 'expired', line: null, entry: null };
    return { ...base, kind: 'entry', line: line.line, entry: line.entry };
  }

  /** Why an `erase` is nonsense as a whole (12), or null. */
  #cannotErase(state, page, line) {
    for (const cursor of line.entry.body.entries) {
      const at = parseCursor(cursor);
      if (at.seq === 1) return `${cursor} is an epoch entry`;
      if (at.epoch > page.epoch || (at.epoch === page.epoch && at.seq >= line.seq)) return `${cursor} is not yet reached`;
      const inPage = at.epoch === page.epoch && at.seq > page.from ? page.lines[at.seq - page.from - 1].entry : null;
      const type = inPage?.type ?? state.runs.get(at.epoch)?.records[at.seq - 1]?.type;
      if (type && PROTECTED_TYPES.includes(type)) return `${cursor} is a ${type}`;
    }
    return null;
  }

  #erase(state, cursors) {
    for (const cursor of cursors) {
      state.erased.add(cursor);
      state.uncovered.delete(cursor);
      const at = parseCursor(cursor);
      const records = state.runs.get(at.epoch)?.records;
      const record = records?.[at.seq - 1];
      if (record) records[at.seq - 1] = { ...record, kind: 'erased', line: null, entry: null };
      state.fresh = state.fresh.map((r) => (r === record ? records[at.seq - 1] : r));
    }
  }

  /** Deletes what reached its `keep_until`, unasked (12). @returns {number} how many */
  expire() {
    let count = 0;
    const now = this.seconds();
    for (const peer of this.peers.all()) {
      for (const followed of peer.streams.values()) {
        for (const state of [followed.confirmed, followed.tentative].filter(Boolean)) {
          for (const { records } of state.runs.values()) {
            records.forEach((record, i) => {
              const until = parseTime(record.entry?.keep_until);
              if (until === null || until > now) return;
              records[i] = { ...record, kind: 'expired', line: null, entry: null };
              count++;
            });
          }
        }
      }
    }
    return count;
  }

  /** All that is confirmed of a peer, in order, `to/…` before `net`. @returns {Received[]} */
  received(peer) {
    const out = [];
    for (const name of [...peer.streams.keys()].sort().reverse()) {
      const { runs } = peer.streams.get(name).confirmed;
      for (const epoch of [...runs.keys()].sort((a, b) => a - b)) out.push(...runs.get(epoch).records);
    }
    return out;
  }

  /**
   * Looks at a page of `limit=0`: a head alone, which may be of any place.
   * @returns {Promise<'same'|'ahead'|'behind'|'fork'|'unverified'>}
   */
  async probe(peer, page) {
    const followed = this.peers.stream(peer, page.stream);
    const state = followed.confirmed;
    const { epoch, seq, chain } = page.head.payload;
    if (epoch !== state.epoch) return epoch > state.epoch ? 'ahead' : 'behind';
    const run = state.runs.get(epoch);
    // A head of the newest place is under the key that counts for the next line; an older one may be under the one before.
    let verified = false;
    for (const key of [keyAt(run, seq + 1), keyAt(run, seq)]) verified ||= await headVerifies(page.head, key);
    if (!verified) return seq > state.seq ? 'ahead' : 'unverified';
    if (seq > state.seq) return 'ahead';
    if (!run.chains[seq].equals(unb64u(chain, 32))) {
      this.#reportFork(state, page, seq, run.chains[seq]);
      followed.confirmed.frozen.add(epoch);
      followed.tentative?.frozen.add(epoch);
      return 'fork';
    }
    return seq === state.seq ? 'same' : 'behind';
  }
}
