/** Keys of section 3.2 and fingerprints of 3.3. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { b64u, isObject, sha256, unb64u } from './basics.mjs';
import { ProtocolError } from './errors.mjs';

/**
 * @typedef {object} Key
 * @property {{crv: string, kty: string, x: string}} jwk
 * @property {string} kid
 * @property {import('node:crypto').KeyObject} publicKey
 * @property {import('node:crypto').KeyObject} [privateKey]
 */

const P = 2n ** 255n - 19n;
const mod = (a) => ((a % P) + P) % P;
function power(base, exponent) {
  let [result, factor] = [1n, mod(base)];
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = mod(result * factor);
    factor = mod(factor * factor);
  }
  return result;
}
const inverse = (a) => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** The affine point of 32 bytes (RFC 8032 section 5.1.3), or null. */
function decodePoint(bytes) {
  const little = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const sign = little >> 255n;
  const y = little & ((1n << 255n) - 1n);
  if (y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
  if (mod(v * x * x) !== u) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(v * x * x) !== u) return null;
  if (x === 0n && sign === 1n) return null;
  if ((x & 1n) !== sign) x = mod(-x);
  return [x, y];
}

function double([x, y]) {
  const t = mod(D * x * x * y * y);
  return [mod(2n * x * y * inverse(1n + t)), mod((y * y + x * x) * inverse(1n - t))];
}

/** Small order: eight times the point is the neutral element. Such a key verifies nearly anything. */
function isSmallOrder(point) {
  const [x, y] = double(double(double(point)));
  return x === 0n && y === 1n;
}

/**
 * Reads a public JWK as strictly as 3.2 says.
 * @param {unknown} value
 * @returns {Promise<Key>}
 */
export async function readJwk(value) {
  const refuse = (why) => { throw new ProtocolError('bad-jwk', why); };
  if (!isObject(value)) refuse('not an object');
  const jwk = /** @type {any} */ (value);
  for (const name of Object.keys(jwk)) {
    if (!['kty', 'crv', 'x', 'kid', 'alg', 'use'].includes(name)) refuse(`member ${name}`);
  }
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') refuse('not Ed25519');
  if (Object.hasOwn(jwk, 'alg') && !['Ed25519', 'EdDSA'].includes(jwk.alg)) refuse('alg');
  if (Object.hasOwn(jwk, 'use') && jwk.use !== 'sig') refuse('use');
  if (Object.hasOwn(jwk, 'kid') && typeof jwk.kid !== 'string') refuse('kid');
  const point = decodePoint(unb64u(jwk.x, 32));
  if (!point) refuse('not a point');
  if (isSmallOrder(point)) refuse('small order');
  const clean = { crv: 'Ed25519', kty: 'OKP', x: jwk.x };
  return {
    jwk: clean,
    kid: await calculateJwkThumbprint(clean, 'sha256'),
    publicKey: createPublicKey({ key: clean, format: 'jwk' }),
  };
}

/** A fresh key pair. @returns {Promise<Key & {privateKey: import('node:crypto').KeyObject}>} */
export async function generateKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return { ...(await readJwk({ crv: 'Ed25519', kty: 'OKP', x })), privateKey };
}

/** The key without its private half, for handing to others. @param {Key} key @returns {Key} */
export const publicPart = ({ jwk, kid, publicKey }) => ({ jwk, kid, publicKey });

/** The 30 digits that two people compare by telephone. @param {Key} key */
export function fingerprint(key) {
  const thumbprint = unb64u(key.kid, 32);
  const groups = [];
  for (let i = 0; i < 6; i++) groups.push(String(thumbprint.readUIntBE(5 * i, 5) % 100000).padStart(5, '0'));
  return groups.join(' ');
}

/** @param {string} a @param {string} b */
export const sameFingerprint = (a, b) => a.replace(/\s/g, '') === b.replace(/\s/g, '');

/** What is hashed for the key id, for tests that want to check the library. @param {string} x */
export const thumbprintByHand = (x) => b64u(sha256(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`));
