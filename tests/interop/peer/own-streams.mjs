/** The streams that this node writes: appending, heads, epochs, erasure, serving (sections 6, 7, 8.3, 8.4, 12). */
import { randomUUID } from 'node:crypto';
import { Mutex, formatCursor, parseCursor, parseTime } from './basics.mjs';
import { chainLink, chainStart, digestOf } from './chain.mjs';
import { PROTECTED_TYPES, composeEntry, epochBody } from './entries.mjs';
import { ProtocolError } from './errors.mjs';
import { headPayload, headVerifies, signHead } from './heads.mjs';
import { publicPart } from './keys.mjs';
import { MAX_ANSWER, MAX_PAGE_LINES, buildPage, placeholder } from './pages.mjs';

export const MAX_APPEND_ENTRIES = 200;
export const MAX_APPEND_BYTES = 512 * 1024;
const HEAD_AGE = 15 * 60;
const OPEN_TO_SUSPENDED = PROTECTED_TYPES;

/**
 * @typedef {object} OwnRecord
 * @property {string|null} line null when erased
 * @property {Buffer} digest
 * @property {string} type
 * @property {number|null} keepUntil
 */
/**
 * One stream in one epoch.
 * @typedef {object} Run
 * @property {number} epoch
 * @property {OwnRecord[]} records
 * @property {Buffer[]} chains chain_0, chain_1, …
 * @property {{seq: number, jws: string, kid: string, iat: number}[]} heads ascending; at a rotation two at one number
 */

export class OwnStreams {
  /**
   * @param {{authority: string, key: import('./keys.mjs').Key, seconds: () => number}} options
   */
  constructor({ authority, key, seconds }) {
    this.authority = authority;
    this.key = key;
    /** @type {import('./keys.mjs').Key[]} newest first */
    this.retired = [];
    this.seconds = seconds;
    this.epoch = seconds();
    /** @type {Map<string, Run[]>} */
    this.streams = new Map();
    this.mutex = new Mutex();
  }

  /** Every stream in ascending order of names (6.4). */
  names() {
    return [...this.streams.keys()].sort();
  }

  /** The newest run of a stream. @param {string} name @returns {Run|undefined} */
  newest(name) {
    return this.streams.get(name)?.at(-1);
  }

  /** Makes a stream with its `epoch` entry if it is not there yet. @param {string} name */
  ensure(name) {
    return this.mutex.run(() => this.#ensure(name));
  }

  async #ensure(name) {
    if (this.streams.has(name)) return;
    this.streams.set(name, [this.#emptyRun(name, this.epoch)]);
    await this.#append(name, [{ type: 'epoch', id: randomUUID(), rev: 1, body: epochBody(null, this.key) }]);
  }

  /** @returns {Run} */
  #emptyRun(name, epoch) {
    return { epoch, records: [], chains: [chainStart(this.authority, name, epoch)], heads: [] };
  }

  /**
   * Appends entries under one head.
   * @param {string} name
   * @param {object[]} entries as composeEntry takes them; `at` defaults to now; `line(seq)` gives exact bytes instead
   */
  append(name, entries) {
    return this.mutex.run(async () => {
      await this.#ensure(name);
      return this.#append(name, entries);
    });
  }

  async #append(name, entries) {
    const run = this.newest(name);
    if (entries.length < 1 || entries.length > MAX_APPEND_ENTRIES) throw new ProtocolError('too-large', 'entries of one append');
    const records = [];
    const chains = [];
    let chain = run.chains.at(-1);
    let size = 0;
    for (const entry of entries) {
      const seq = run.records.length + records.length + 1;
      const line = entry.line ? entry.line(seq) : composeEntry(seq, { at: this.seconds(), ...entry });
      size += Buffer.byteLength(line) + 1;
      const digest = digestOf(line);
      chain = chainLink(chain, seq, digest);
      chains.push(chain);
      let { type, keepUntil = null } = entry;
      if (entry.line) {
        try {
          const value = JSON.parse(line);
          type = String(value.type);
          keepUntil = parseTime(value.keep_until);
        } catch {
          type = 'unreadable';
        }
      }
      records.push({ line, digest, type, keepUntil });
    }
    if (size > MAX_APPEND_BYTES) throw new ProtocolError('too-large', 'bytes of one append');
    const head = await this.#sign(name, run, run.records.length + records.length, chain);
    // Lines and head become visible together: nothing above this line has changed the stream.
    const first = run.records.length + 1;
    run.records.push(...records);
    run.chains.push(...chains);
    run.heads.push(head);
    return records.map((record, i) => ({
      stream: name, epoch: run.epoch, seq: first + i, cursor: `${run.epoch}.${first + i}`,
      line: record.line, digest: record.digest, head: head.jws,
    }));
  }

  async #sign(name, run, seq, chain, key = this.key) {
    const iat = Math.max(this.seconds(), run.heads.at(-1)?.iat ?? 0);
    const jws = await signHead(key, headPayload(this.authority, name, run.epoch, seq, chain, iat));
    return { seq, jws, kid: key.kid, iat };
  }

  /** Signs a fresh head over the newest place when the newest head is older than a quarter of an hour. */
  async #refresh(name) {
    const run = this.newest(name);
    const last = run.heads.at(-1);
    if (this.seconds() - last.iat <= HEAD_AGE) return;
    const head = await this.#sign(name, run, last.seq, run.chains[last.seq]);
    // An older one by the same key over the same place says nothing more; one by an older key closes its page.
    if (last.kid === head.kid) run.heads.pop();
    run.heads.push(head);
  }

  /**
   * A new key for the node: a `key` entry at the end of every stream under a head of the old key, and at once a head of
   * the new key over the same place, for those who have read that far.
   * @param {import('./keys.mjs').Key} newKey
   */
  rotate(newKey) {
    return this.mutex.run(async () => {
      for (const name of this.names()) {
        await this.#append(name, [{ type: 'key', id: randomUUID(), rev: 1, body: { jwk: newKey.jwk } }]);
      }
      this.retired.unshift(publicPart(this.key));
      this.key = newKey;
      for (const name of this.names()) {
        const run = this.newest(name);
        run.heads.push(await this.#sign(name, run, run.records.length, run.chains.at(-1)));
      }
    });
  }

  /**
   * A new epoch in all streams at once.
   * @param {{atLeast?: number, key?: import('./keys.mjs').Key, previous?: boolean}} [options] a new key after a
   *   compromise; previous false: as if nothing of the past was known
   */
  openEpoch(options = {}) {
    return this.mutex.run(() => this.#openEpoch(options));
  }

  async #openEpoch({ atLeast = 0, key, previous = true }) {
    this.epoch = Math.max(this.epoch + 1, this.seconds(), atLeast);
    if (key) {
      this.retired.unshift(publicPart(this.key));
      this.key = key;
    }
    for (const name of this.names()) {
      const runs = this.streams.get(name);
      const last = runs.at(-1);
      const before = previous ? { epoch: last.epoch, seq: last.records.length, chain: last.chains.at(-1) } : null;
      if (!previous) runs.length = 0;
      runs.push(this.#emptyRun(name, this.epoch));
      await this.#append(name, [{ type: 'epoch', id: randomUUID(), rev: 1, body: epochBody(before, this.key) }]);
    }
    return this.epoch;
  }

  /**
   * Appends an `erase` and deletes the lines in one step.
   * @param {string} name @param {string[]} cursors
   */
  erase(name, cursors) {
    return this.mutex.run(() => this.#erase(name, cursors));
  }

  async #erase(name, cursors) {
    const records = cursors.map((cursor) => {
      const { epoch, seq } = parseCursor(cursor);
      const record = this.streams.get(name)?.find((run) => run.epoch === epoch)?.records[seq - 1];
      if (!record || PROTECTED_TYPES.includes(record.type)) throw new ProtocolError('bad-erase', cursor);
      return record;
    });
    const result = await this.#append(name, [{ type: 'erase', id: randomUUID(), rev: 1, body: { entries: cursors } }]);
    for (const record of records) record.line = null;
    return result[0];
  }

  /** Erases what has reached its `keep_until`. @returns {Promise<number>} how many lines */
  expire() {
    return this.mutex.run(async () => {
      let count = 0;
      for (const name of this.names()) {
        const due = [];
        for (const run of this.streams.get(name)) {
          run.records.forEach((record, i) => {
            if (record.line !== null && record.keepUntil !== null && record.keepUntil <= this.seconds()) {
              due.push(formatCursor({ epoch: run.epoch, seq: i + 1 }));
            }
          });
        }
        for (let i = 0; i < due.length; i += 1000) await this.#erase(name, due.slice(i, i + 1000));
        count += due.length;
      }
      return count;
    });
  }

  /**
   * For tests: goes back to `seq` in the newest epoch, as a restored backup does. Appending after it makes a fork.
   * @param {string} name @param {number} seq
   */
  rewind(name, seq) {
    return this.mutex.run(async () => {
      const run = this.newest(name);
      run.records.length = seq;
      run.chains.length = seq + 1;
      run.heads = run.heads.filter((head) => head.seq <= seq);
      if (run.heads.at(-1)?.seq !== seq) run.heads.push(await this.#sign(name, run, seq, run.chains[seq]));
    });
  }

  /** The newest head, fresh. @param {string} name @returns {Promise<string|null>} */
  head(name) {
    return this.mutex.run(async () => {
      if (!this.streams.has(name)) return null;
      await this.#refresh(name);
      return this.newest(name).heads.at(-1).jws;
    });
  }

  /**
   * Somebody shows a head of ours (6.5): when it is ahead, or of another chain, a new epoch begins.
   * @param {import('./heads.mjs').Head} head
   * @returns {Promise<'invalid'|'known'|'opened'>}
   */
  shown(head) {
    return this.mutex.run(async () => {
      const { stream, epoch, seq, chain } = head.payload;
      const ours = [];
      for (const key of [this.key, ...this.retired]) ours.push(await headVerifies(head, key));
      if (!ours.includes(true)) return 'invalid';
      await this.#ensure(stream);
      const run = this.newest(stream);
      // What lies in an older epoch was already answered by the epoch after it.
      if (epoch < run.epoch) return 'known';
      const same = epoch === run.epoch && seq < run.chains.length && run.chains[seq].toString('base64url') === chain;
      if (same) return 'known';
      await this.#openEpoch({ atLeast: epoch + 1 });
      return 'opened';
    });
  }

  /**
   * The answer to cursors (8.3), read in one snapshot.
   * @param {{stream: string, cursor: {epoch: number, seq: number}}[]} asked in the order of the answer
   * @param {{limit?: number, withhold?: boolean}} options
   * @returns {Promise<string>}
   */
  answer(asked, { limit, withhold = false } = {}) {
    return this.mutex.run(async () => {
      for (const { stream } of asked) {
        await this.#ensure(stream);
        await this.#refresh(stream);
      }
      let out = '';
      if (limit === 0) {
        for (const { stream } of asked) out += this.#headPage(stream, this.newest(stream));
        return out;
      }
      for (const { stream, cursor } of asked) {
        const run = this.newest(stream);
        if (cursor.epoch > run.epoch || (cursor.epoch === run.epoch && cursor.seq > run.records.length)) {
          throw new ProtocolError('cursor-ahead', stream);
        }
      }
      for (const { stream, cursor } of asked) out += this.#pages(stream, cursor, MAX_ANSWER - Buffer.byteLength(out), limit, withhold);
      return out;
    });
  }

  #headPage(stream, run) {
    const seq = run.records.length;
    return buildPage({
      origin: this.authority, stream, epoch: run.epoch, from: seq, chain: run.chains[seq], lines: [], head: run.heads.at(-1).jws,
    });
  }

  #pages(stream, cursor, room, limit, withhold) {
    let out = '';
    let entries = 0;
    for (const run of this.streams.get(stream)) {
      if (run.epoch < cursor.epoch) continue;
      let from = run.epoch === cursor.epoch ? cursor.seq : 0;
      while (from < run.records.length) {
        const left = limit === undefined ? Infinity : limit - entries;
        if (left <= 0) return out;
        const page = this.#page(stream, run, from, room - Buffer.byteLength(out), left, withhold);
        if (!page) return out;
        out += page.text;
        entries += page.to - from;
        from = page.to;
      }
    }
    const last = this.newest(stream);
    if (out === '' && cursor.epoch === last.epoch && cursor.seq === last.records.length) {
      const page = this.#headPage(stream, last);
      if (Buffer.byteLength(page) <= room) out = page;
    }
    return out;
  }

  /** The longest page from `from` that fits, ends at a head, and does not reach past a `key` entry. */
  #page(stream, run, from, room, left, withhold) {
    const place = { origin: this.authority, stream, epoch: run.epoch, from, chain: run.chains[from] };
    const lines = [];
    let size = 0;
    let best = null;
    let enough = false;
    for (let seq = from + 1; seq <= run.records.length && !enough; seq++) {
      const record = run.records[seq - 1];
      lines.push(this.#serve(record, seq, withhold));
      size += Buffer.byteLength(lines.at(-1)) + 1;
      if (size > MAX_PAGE_LINES) break;
      const closing = run.heads.filter((head) => head.seq === seq);
      if (closing.length === 0) continue;
      // At a `key` entry the old key closes the page, in all other places the newest head does.
      const head = record.type === 'key' ? closing[0] : closing.at(-1);
      const frame = buildPage({ ...place, lines: [], head: head.jws }).length;
      if (frame + size > room) break;
      best = { to: seq, head: head.jws, count: lines.length };
      enough = record.type === 'key' || lines.length >= left;
    }
    if (!best) return null;
    return { to: best.to, text: buildPage({ ...place, lines: lines.slice(0, best.count), head: best.head }) };
  }

  #serve(record, seq, withhold) {
    if (record.line === null) return placeholder(seq, record.digest, 'erased');
    if (withhold && !OPEN_TO_SUSPENDED.includes(record.type)) return placeholder(seq, record.digest, 'withheld');
    return record.line;
  }
}
