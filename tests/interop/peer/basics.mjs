/** Notation of section 2 and names of section 3.1: small pure helpers. */
import { createHash, randomBytes } from 'node:crypto';
import { ProtocolError } from './errors.mjs';

export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
/** Two of them must fit into a head. */
export const MAX_AUTHORITY = 200;

/** @param {Buffer|string} data */
export const sha256 = (data) => createHash('sha256').update(data).digest();

/** @param {Uint8Array} bytes */
export const b64u = (bytes) => Buffer.from(bytes).toString('base64url');

/**
 * Strict base64url: decoding and encoding again must give the same text, which refuses padding, white space, foreign
 * characters and unused bits at once (Buffer itself ignores all of those).
 * @param {unknown} text
 * @param {number} [length] expected number of bytes
 */
export function unb64u(text, length) {
  if (typeof text !== 'string') throw new ProtocolError('bad-base64url', 'not a string');
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new ProtocolError('bad-base64url', text.slice(0, 60));
  if (length !== undefined && bytes.length !== length) throw new ProtocolError('bad-base64url', `not ${length} bytes`);
  return bytes;
}

/** @param {number} n */
export function u16(n) {
  const out = Buffer.alloc(2);
  out.writeUInt16BE(n);
  return out;
}

/** @param {number} n */
export function u64(n) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(n));
  return out;
}

/** @param {unknown} n @param {number} [min] */
export const isInteger = (n, min = 0) => Number.isSafeInteger(n) && /** @type {number} */ (n) >= min;

/** @param {unknown} value */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Exactly these members, no others. @param {object} value @param {string[]} names */
export function isClosed(value, names) {
  const have = Object.keys(value);
  return have.length === names.length && names.every((name) => Object.hasOwn(value, name));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** @param {unknown} value */
export const isUuid = (value) => typeof value === 'string' && UUID.test(value);

/** @param {number} seconds Unix seconds */
export const formatTime = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19) + 'Z';

/** Unix seconds of a *time*, or null. @param {unknown} text */
export function parseTime(text) {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return null;
  const ms = Date.parse(text);
  // Date.parse takes 24:00:00 and the like; the round trip does not.
  if (Number.isNaN(ms) || formatTime(ms / 1000) !== text) return null;
  return ms / 1000;
}

/** @param {unknown} value */
export const isMonth = (value) => typeof value === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(value);

/** @param {unknown} value @param {number} max @param {number} [min] */
export function isText(value, max, min = 1) {
  if (typeof value !== 'string') return false;
  const length = [...value].length;
  return length >= min && length <= max;
}

/** A fresh random value, b64u of 16 bytes: nonces and salts. */
export const random16 = () => b64u(randomBytes(16));

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * @param {unknown} text
 * @returns {{host: string, port: number}}
 */
export function parseAuthority(text) {
  const refuse = () => { throw new ProtocolError('bad-authority', String(text).slice(0, 80)); };
  if (typeof text !== 'string' || text.length === 0 || text.length > MAX_AUTHORITY) return refuse();
  const match = /^([a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?$/.exec(text);
  if (!match) return refuse();
  const [, host, portText] = match;
  const port = portText === undefined ? 443 : Number(portText);
  if (port > 65535 || portText === '443') return refuse();
  const labels = host.split('.');
  if (!labels.every((label) => LABEL.test(label))) return refuse();
  // A last label of digits only can be no top-level domain: then all of it must be a dotted IPv4 address.
  if (/^[0-9]+$/.test(labels[labels.length - 1])) {
    if (labels.length !== 4 || !labels.every((l) => /^(0|[1-9][0-9]{0,2})$/.test(l) && Number(l) <= 255)) return refuse();
  }
  return { host, port };
}

/** @param {unknown} text */
export function isAuthority(text) {
  try {
    parseAuthority(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {unknown} text
 * @returns {{epoch: number, seq: number}}
 */
export function parseCursor(text) {
  const match = typeof text === 'string' && /^(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})$/.exec(text);
  if (!match) throw new ProtocolError('malformed-request', 'not a cursor');
  const [epoch, seq] = [Number(match[1]), Number(match[2])];
  if (epoch > MAX_INTEGER || seq > MAX_INTEGER) throw new ProtocolError('malformed-request', 'cursor out of range');
  return { epoch, seq };
}

/** @param {{epoch: number, seq: number}} position */
export const formatCursor = ({ epoch, seq }) => `${epoch}.${seq}`;

/** Runs tasks one after another; a failed one does not stop the next. */
export class Mutex {
  #tail = Promise.resolve();

  /** @template T @param {() => Promise<T>} task @returns {Promise<T>} */
  run(task) {
    const result = this.#tail.then(task);
    this.#tail = result.then(() => {}, () => {});
    return result;
  }
}
