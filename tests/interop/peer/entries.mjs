/** Entries of section 6.2 and bodies of section 11. */
import {
  b64u, formatTime, isAuthority, isInteger, isMonth, isObject, isText, isUuid, parseCursor, parseTime, random16, unb64u,
} from './basics.mjs';
import { ProtocolError } from './errors.mjs';
import { parseProfile } from './json-profile.mjs';
import { readJwk } from './keys.mjs';

export const MAX_ENTRY = 65536;
export const TEXT_TYPES = ['proposal', 'offer', 'forward', 'response'];
export const PROTECTED_TYPES = ['erase', 'key', 'member', 'epoch'];
const KEEP_LIMIT = 366 * 86400;

/**
 * Writes an entry; the bytes that come out are the entry from then on.
 * @param {number} seq
 * @param {{type: string, id: string, rev: number, body: object, at: number, keepUntil?: number, salt?: string,
 *   extra?: object}} entry times in seconds
 */
export function composeEntry(seq, { type, id, rev, body, at, keepUntil, salt, extra }) {
  const line = JSON.stringify({
    seq, type, id, rev, at: formatTime(at), salt: salt ?? random16(),
    ...(keepUntil === undefined ? {} : { keep_until: formatTime(keepUntil) }),
    body, ...extra,
  });
  if (Buffer.byteLength(line) > MAX_ENTRY) throw new ProtocolError('too-large', 'entry');
  return line;
}

/**
 * Reads the bytes of one line as JSON and refuses what may never stand in a stream.
 * @param {Buffer} bytes
 */
export function readLine(bytes) {
  if (bytes.length < 2 || bytes.length > MAX_ENTRY) throw new ProtocolError('bad-entry', 'length');
  if (bytes[0] !== 0x7b || bytes[bytes.length - 1] !== 0x7d) throw new ProtocolError('bad-entry', 'not from { to }');
  if (bytes.includes(0x0d) || bytes.includes(0x0a)) throw new ProtocolError('bad-entry', 'CR or LF');
  return parseProfile(bytes);
}

/**
 * Why the members around the body are not as 6.2 says, or null.
 * @param {Record<string, any>} entry
 */
export function envelopeFault(entry) {
  if (!isInteger(entry.seq, 1)) return 'seq';
  if (typeof entry.type !== 'string' || !/^[a-z0-9_]{1,32}$/.test(entry.type)) return 'type';
  if (!isUuid(entry.id)) return 'id';
  if (!isInteger(entry.rev, 1)) return 'rev';
  const at = parseTime(entry.at);
  if (at === null) return 'at';
  try {
    unb64u(entry.salt, 16);
  } catch {
    return 'salt';
  }
  if (TEXT_TYPES.includes(entry.type)) {
    const until = parseTime(entry.keep_until);
    if (until === null || until <= at || until > at + KEEP_LIMIT) return 'keep_until';
  } else if (entry.type in VALIDATORS && Object.hasOwn(entry, 'keep_until')) return 'keep_until';
  if (!isObject(entry.body)) return 'body';
  return null;
}

const isLanguage = (v) => typeof v === 'string' && /^[a-z]{2}$/.test(v);
const isScheme = (v) => typeof v === 'string' && /^[A-Z0-9-]{1,16}$/.test(v);
const isCountry = (v) => typeof v === 'string' && /^[A-Z]{2}$/.test(v);
const optional = (body, name, test) => !Object.hasOwn(body, name) || test(body[name]);
const isName = (v) => typeof v === 'string' && v.length > 0;

function isMunicipality(v) {
  if (!isObject(v) || !isText(v.name, 120)) return false;
  if (Object.hasOwn(v, 'scheme') !== Object.hasOwn(v, 'code')) return false;
  return optional(v, 'scheme', isScheme) && optional(v, 'code', isName);
}

function isHelp(v) {
  if (!Array.isArray(v) || v.length < 1 || v.length > 7) return false;
  // Unknown categories and bands are shown as «other», so only their form counts.
  if (!v.every((h) => isObject(h) && isName(h.category) && optional(h, 'quantity', isName))) return false;
  return new Set(v.map((h) => h.category)).size === v.length;
}

const isObjectRef = (b) => isAuthority(b.origin) && isUuid(b.object) && ['proposal', 'offer'].includes(b.object_type);

const proposalOrOffer = (b) => (!isText(b.title, 200) ? 'title'
  : !isText(b.text, 4000) ? 'text'
    : !isLanguage(b.language) ? 'language'
      : !isHelp(b.help) ? 'help'
        : !isMunicipality(b.municipality) ? 'municipality'
          : !optional(b, 'month', isMonth) ? 'month'
            : !isName(b.state) ? 'state' : null);

function isCell(c) {
  const labels = ['category', 'state'].every((n) => Object.hasOwn(c, n) && (c[n] === null || isName(c[n])));
  const measures = ['proposals', 'offers', 'matches', 'organisations', 'companies', 'hours', 'euros'];
  if (!labels || !measures.includes(c.measure) || !['F', 'A', 'O', 'T', 'D'].includes(c.status)) return false;
  return c.status === 'F' ? isInteger(c.value, 0) : c.value === null;
}

/** Per type: why the body is nonsense, or null. */
const VALIDATORS = {
  __proto__: null, // so that a type named `constructor` finds nothing
  proposal: proposalOrOffer,
  offer: proposalOrOffer,
  forward: (b) => (isObjectRef(b) && optional(b, 'note', (v) => isText(v, 1000)) ? null : 'forward'),
  response: (b) => {
    if (!isObjectRef(b) || !optional(b, 'forward', isUuid)) return 'object';
    if (!['taken_up', 'declined', 'company_found', 'handed_back'].includes(b.response)) return 'response';
    if (['declined', 'handed_back'].includes(b.response) && !Object.hasOwn(b, 'reason')) return 'reason';
    return optional(b, 'reason', (v) => isText(v, 1000)) ? null : 'reason';
  },
  report: (b) => {
    if (typeof b.period !== 'string' || !/^\d{4}(-Q[1-4])?$/.test(b.period)) return 'period';
    return Array.isArray(b.cells) && b.cells.length <= 500 && b.cells.every((c) => isObject(c) && isCell(c)) ? null : 'cells';
  },
  erase: (b) => {
    if (!Array.isArray(b.entries) || b.entries.length < 1 || b.entries.length > 1000) return 'entries';
    try {
      return b.entries.every((c) => { const p = parseCursor(c); return p.epoch >= 1 && p.seq >= 1; }) ? null : 'entries';
    } catch {
      return 'entries';
    }
  },
  key: async (b) => jwkFault(b.jwk),
  member: async (b) => {
    if (!isAuthority(b.authority)) return 'authority';
    if (!['city', 'office'].includes(b.role)) return 'role';
    if (!['invited', 'active', 'suspended', 'removed'].includes(b.state)) return 'state';
    if (!isText(b.name, 80) || !isCountry(b.country)) return 'name or country';
    return jwkFault(b.jwk);
  },
  epoch: async (b) => {
    if (!Object.hasOwn(b, 'previous')) return 'previous';
    if (b.previous !== null) {
      const p = b.previous;
      if (!isObject(p) || !isInteger(p.epoch, 1) || !isInteger(p.seq, 1)) return 'previous';
      try {
        unb64u(p.chain, 32);
      } catch {
        return 'previous';
      }
    }
    return jwkFault(b.jwk);
  },
};

async function jwkFault(jwk) {
  try {
    await readJwk(jwk);
    return null;
  } catch {
    return 'jwk';
  }
}

/**
 * Why an entry is nonsense (kept, marked, not shown), or null. Unknown and reserved types are fine.
 * @param {Record<string, any>} entry
 */
export async function entryFault(entry) {
  const fault = envelopeFault(entry);
  if (fault) return fault;
  return (await VALIDATORS[entry.type]?.(entry.body)) ?? null;
}

/** The body of an `epoch` entry. */
export const epochBody = (previous, key) => ({
  previous: previous ? { epoch: previous.epoch, seq: previous.seq, chain: b64u(previous.chain) } : null,
  jwk: key.jwk,
});
