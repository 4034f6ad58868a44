/**
 * Signed requests of section 5.1 and 5.2.
 *
 * The signature base comes from `http-message-signatures`. Its own verifyMessage cannot be used: it rebuilds @path and
 * @query through URL (normalised, not the raw bytes), takes the authority from the URL, accepts several labels and does
 * not see repeated parameters. So the fields are parsed with `structured-headers`, and what that parser hides
 * (repeated keys overwrite each other, 1.0 becomes 1) is looked up in the raw text by `rawParameters`.
 */
import { sign as signBytes, verify as verifyBytes } from 'node:crypto';
import signatureLibrary from 'http-message-signatures';
import { parseDictionary, serializeDictionary, serializeInnerList } from 'structured-headers';
import { isInteger, random16, sha256, unb64u } from './basics.mjs';
import { ProtocolError } from './errors.mjs';

const { createSignatureBase, formatSignatureBase } = signatureLibrary.httpbis;

export const TAG = 'herausforderung-v1';
export const LIFETIME = 60;
const BASIC = ['@method', '@authority', '@path', '@query'];
const WITH_BODY = [...BASIC, 'content-digest', 'content-type'];
const PARAMETERS = ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'];

/** Splits a request target as it stands on the wire. @param {string} target */
export function splitTarget(target) {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '?' } : { path: target.slice(0, mark), query: target.slice(mark) };
}

/** @param {Buffer} body */
export const contentDigest = (body) => `sha-256=:${sha256(body).toString('base64')}:`;

/**
 * The text that is signed.
 * @param {[any[], Map<string, any>]} innerList components and parameters
 * @param {(name: string) => string|undefined} valueOf
 */
function signatureBase(innerList, valueOf) {
  const fields = innerList[0].map(([name]) => `"${name}"`);
  const base = createSignatureBase({
    fields,
    componentParser: (name) => {
      const value = valueOf(name);
      if (value === undefined) throw new ProtocolError('signature-malformed', `no value for ${name}`);
      return [value];
    },
  }, { method: 'GET', url: 'https://unused.invalid/', headers: {} });
  base.push(['"@signature-params"', [serializeInnerList(innerList)]]);
  return formatSignatureBase(base);
}

/**
 * Signs a request. `overrides` lets a test misbehave in one point and stay right in all others.
 *
 * @param {object} request
 * @param {string} request.method
 * @param {string} request.authority the callee's authority
 * @param {string} request.target path and query as they go on the wire
 * @param {import('./keys.mjs').Key} request.key
 * @param {number} request.now seconds
 * @param {Buffer} [request.body]
 * @param {string} [request.contentType]
 * @param {object} [overrides]
 * @param {string[]} [overrides.components] exactly these, in this order
 * @param {string[]} [overrides.omitComponents]
 * @param {string[]} [overrides.extraComponents]
 * @param {Record<string, any>} [overrides.values] signed values of components, e.g. {'@authority': 'other.example'}
 * @param {Record<string, any>} [overrides.parameters] replaced or added parameters; undefined leaves one out
 * @param {string[]} [overrides.order] order of the parameters
 * @param {string} [overrides.label]
 * @param {(text: string) => string} [overrides.inputText] changes the Signature-Input field after signing
 * @param {(text: string) => string} [overrides.signatureText] changes the Signature field
 * @param {import('./keys.mjs').Key} [overrides.signWith] signs with another key than `keyid` says
 * @param {string} [overrides.contentDigest] another Content-Digest field, signed as it is
 * @param {Record<string, string|string[]|undefined>} [overrides.headers] set after signing; undefined removes
 * @returns {{method: string, target: string, headers: Record<string, string|string[]>, body?: Buffer}}
 */
export function signRequest({ method, authority, target, key, now, body, contentType }, overrides = {}) {
  /** @type {Record<string, any>} */
  const headers = {};
  if (body !== undefined) {
    headers['content-type'] = contentType;
    headers['content-digest'] = overrides.contentDigest ?? contentDigest(body);
    headers['content-length'] = String(body.length);
  }
  const { path, query } = splitTarget(target);
  const values = {
    '@method': method, '@authority': authority, '@path': path, '@query': query,
    '@target-uri': `https://${authority}${target}`, '@scheme': 'https', '@request-target': target,
    host: authority, ...headers, ...overrides.values,
  };
  let components = overrides.components ?? (body?.length ? WITH_BODY : BASIC);
  if (overrides.omitComponents) components = components.filter((name) => !overrides.omitComponents.includes(name));
  components = [...components, ...(overrides.extraComponents ?? [])];

  const created = overrides.parameters?.created ?? now;
  const wanted = {
    created, expires: created + LIFETIME, nonce: random16(), keyid: key.kid, alg: 'ed25519', tag: TAG,
    ...overrides.parameters,
  };
  const names = overrides.order ?? Object.keys(wanted);
  const parameters = new Map(names.filter((n) => wanted[n] !== undefined).map((n) => [n, wanted[n]]));

  const innerList = /** @type {[any[], Map<string, any>]} */ ([components.map((name) => [name, new Map()]), parameters]);
  const base = signatureBase(innerList, (name) => values[name]);
  const signature = signBytes(null, Buffer.from(base, 'latin1'), (overrides.signWith ?? key).privateKey);

  const label = overrides.label ?? 'hf';
  const input = `${label}=${serializeInnerList(innerList)}`;
  const output = serializeDictionary(new Map([[label, [toArrayBuffer(signature), new Map()]]]));
  headers['signature-input'] = overrides.inputText ? overrides.inputText(input) : input;
  headers.signature = overrides.signatureText ? overrides.signatureText(output) : output;
  for (const [name, value] of Object.entries(overrides.headers ?? {})) {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  return { method, target, headers, body };
}

const toArrayBuffer = (bytes) => Uint8Array.from(bytes).buffer;

/** All values of a field, in order, from Node's raw header list. @param {string[]} rawHeaders @param {string} name */
export function fieldValues(rawHeaders, name) {
  const out = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].toLowerCase() === name) out.push(rawHeaders[i + 1].trim());
  }
  return out;
}

/** Cuts a structured field at `;` and `,` outside strings and gives what stands after each `;`, and the commas' number. */
function rawParameters(text) {
  const parameters = [];
  let commas = 0;
  let current = null;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') {
        if (current !== null) current += char;
        i++;
      } else if (char === '"') quoted = false;
      if (current !== null) current += text[i];
      continue;
    }
    if (char === '"') quoted = true;
    if (char === ';' || char === ',') {
      if (current !== null) parameters.push(current);
      current = char === ';' ? '' : null;
      if (char === ',') commas++;
      continue;
    }
    if (current !== null) current += char;
  }
  if (current !== null) parameters.push(current);
  return { parameters: parameters.map((p) => p.trim()), commas };
}

/**
 * @typedef {object} ParsedSignature
 * @property {[any[], Map<string, any>]} innerList
 * @property {number} created
 * @property {number} expires
 * @property {string} nonce
 * @property {string} keyid
 * @property {Buffer} signature
 */

/**
 * Step 2 of 5.3: both fields are there and well formed.
 * @param {string[]} rawHeaders
 * @param {boolean} hasBody
 * @returns {ParsedSignature}
 */
export function parseSignature(rawHeaders, hasBody) {
  const inputs = fieldValues(rawHeaders, 'signature-input');
  const signatures = fieldValues(rawHeaders, 'signature');
  if (inputs.length === 0 || signatures.length === 0) throw new ProtocolError('signature-missing');
  const refuse = (why) => { throw new ProtocolError('signature-malformed', why); };
  if (inputs.length > 1 || signatures.length > 1) refuse('a field occurs more than once');

  let inputMembers;
  let signatureMembers;
  try {
    inputMembers = parseDictionary(inputs[0]);
    signatureMembers = parseDictionary(signatures[0]);
  } catch (error) {
    refuse(error.message);
  }
  const rawInput = rawParameters(inputs[0]);
  const rawSignature = rawParameters(signatures[0]);
  if (inputMembers.size !== 1 || rawInput.commas !== 0) refuse('Signature-Input has not one member');
  if (signatureMembers.size !== 1 || rawSignature.commas !== 0) refuse('Signature has not one member');

  const [[label, innerList]] = [...inputMembers];
  const member = signatureMembers.get(label);
  if (!member) refuse('the labels differ');
  if (!(member[0] instanceof ArrayBuffer) || member[0].byteLength !== 64) refuse('no 64 bytes');
  if (rawSignature.parameters.length > 0) refuse('the signature has parameters');
  if (!Array.isArray(innerList[0])) refuse('no inner list');

  const names = innerList[0].map(([name, parameters]) => {
    if (typeof name !== 'string' || parameters.size > 0) refuse('a component is no plain string');
    return name;
  });
  const wanted = hasBody ? WITH_BODY : BASIC;
  if (names.length !== wanted.length || !wanted.every((name) => names.includes(name))) refuse('components');

  const parameters = innerList[1];
  // Counting the written ones finds a repeated parameter, of which the parsed Map only shows the last.
  if (parameters.size !== PARAMETERS.length || rawInput.parameters.length !== PARAMETERS.length) refuse('parameters');
  for (const name of PARAMETERS) if (!parameters.has(name)) refuse(`no ${name}`);
  for (const name of ['created', 'expires']) {
    const raw = rawInput.parameters.find((p) => p.startsWith(`${name}=`)) ?? '';
    if (!/^-?[0-9]+$/.test(raw.slice(name.length + 1)) || !isInteger(parameters.get(name))) refuse(`${name} is no integer`);
  }
  for (const name of ['nonce', 'keyid', 'alg', 'tag']) {
    if (typeof parameters.get(name) !== 'string') refuse(`${name} is no string`);
  }
  const [created, expires] = [parameters.get('created'), parameters.get('expires')];
  if (!(created < expires && expires <= created + 120)) refuse('created and expires');
  if (parameters.get('alg') !== 'ed25519') refuse('alg');
  if (parameters.get('tag') !== TAG) refuse('tag');
  try {
    unb64u(parameters.get('nonce'), 16);
    unb64u(parameters.get('keyid'), 32);
  } catch {
    refuse('nonce or keyid');
  }
  if (hasBody) {
    for (const name of ['content-digest', 'content-type']) {
      if (fieldValues(rawHeaders, name).length === 0) refuse(`no field ${name}`);
    }
  }
  return {
    innerList, created, expires, nonce: parameters.get('nonce'), keyid: parameters.get('keyid'),
    signature: Buffer.from(member[0]),
  };
}

/**
 * Step 4: time.
 * @param {ParsedSignature} parsed @param {number} now seconds
 */
export const inTime = (parsed, now) => parsed.created <= now + 60 && now <= parsed.expires + 60;

/** Step 5: the digest over the body bytes. @param {string[]} rawHeaders @param {Buffer} body */
export function digestMatches(rawHeaders, body) {
  const text = fieldValues(rawHeaders, 'content-digest').join(', ');
  try {
    // "once": the parser keeps only the last of two, so the keys are counted in the text as well
    if ((text.match(/(?:^|,)[ \t]*sha-256=/g) ?? []).length !== 1) return false;
    const value = parseDictionary(text).get('sha-256')?.[0];
    return value instanceof ArrayBuffer && Buffer.from(value).equals(sha256(body));
  } catch {
    return false;
  }
}

/**
 * Step 6: Ed25519 over the base, rebuilt from what arrived and from the callee's own authority.
 * @param {ParsedSignature} parsed
 * @param {{method: string, authority: string, target: string, rawHeaders: string[]}} request
 * @param {import('./keys.mjs').Key} key
 */
export function signatureVerifies(parsed, { method, authority, target, rawHeaders }, key) {
  const { path, query } = splitTarget(target);
  const derived = { '@method': method, '@authority': authority, '@path': path, '@query': query };
  const base = signatureBase(parsed.innerList, (name) => derived[name] ?? fieldValues(rawHeaders, name).join(', '));
  return verifyBytes(null, Buffer.from(base, 'latin1'), key.publicKey, parsed.signature);
}
