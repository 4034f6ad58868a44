/** Heads of section 7: a compact JWS made and checked by `jose`. */
import { CompactSign, compactVerify } from 'jose';
import { b64u, isAuthority, isClosed, isInteger, unb64u } from './basics.mjs';
import { ProtocolError } from './errors.mjs';
import { parseProfile } from './json-profile.mjs';

export const MAX_HEAD = 1024;

/**
 * @typedef {object} Head
 * @property {string} jws
 * @property {string} kid
 * @property {{iss: string, stream: string, epoch: number, seq: number, chain: string, iat: number}} payload
 */

/**
 * @param {import('./keys.mjs').Key} key
 * @param {object} payload
 * @param {object} [header] members that replace those of the protected header (for misbehaving tests)
 */
export async function signHead(key, payload, header = {}) {
  const protectedHeader = { alg: 'Ed25519', kid: key.kid, typ: 'hf-head+jwt', ...header };
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader(protectedHeader)
    .sign(key.privateKey);
}

/** @param {unknown} name */
const isStreamName = (name) => name === 'net'
  || (typeof name === 'string' && name.startsWith('to/') && isAuthority(name.slice(3)));

/**
 * Looks at the form only, not at the signature.
 * @param {string} jws
 * @returns {Head}
 */
export function readHead(jws) {
  const refuse = (why) => { throw new ProtocolError('bad-head', why); };
  if (typeof jws !== 'string' || jws.length > MAX_HEAD) refuse('too long');
  const parts = jws.split('.');
  if (parts.length !== 3) refuse('not three parts');
  let header;
  let payload;
  try {
    header = parseProfile(unb64u(parts[0]));
    payload = parseProfile(unb64u(parts[1]));
    unb64u(parts[2], 64);
  } catch (error) {
    refuse(error.message);
  }
  if (!isClosed(header, ['alg', 'kid', 'typ'])) refuse('header members');
  if (header.alg !== 'Ed25519' || header.typ !== 'hf-head+jwt') refuse('header values');
  const { iss, stream, epoch, seq, chain, iat } = payload;
  try {
    unb64u(header.kid, 32);
    unb64u(chain, 32);
  } catch (error) {
    refuse(error.message);
  }
  if (!isAuthority(iss) || !isStreamName(stream)) refuse('iss or stream');
  if (!isInteger(epoch, 1) || !isInteger(seq, 1) || !isInteger(iat, 0)) refuse('epoch, seq or iat');
  return { jws, kid: header.kid, payload: { iss, stream, epoch, seq, chain, iat } };
}

/**
 * @param {Head} head
 * @param {import('./keys.mjs').Key} key
 */
export async function headVerifies(head, key) {
  if (head.kid !== key.kid) return false;
  try {
    await compactVerify(head.jws, key.publicKey, { algorithms: ['Ed25519'] });
    return true;
  } catch {
    return false;
  }
}

/** The payload for a head over a place in a stream. */
export const headPayload = (iss, stream, epoch, seq, chain, iat) => ({
  iss, stream, epoch, seq, chain: b64u(chain), iat,
});
