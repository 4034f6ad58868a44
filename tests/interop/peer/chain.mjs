/** Digests and the chain of section 6.3. */
import { sha256, u16, u64 } from './basics.mjs';

const CHAIN_TAG = Buffer.from('herausforderung/1 chain\0', 'latin1');
const LINK_TAG = Buffer.from('herausforderung/1 link\0', 'latin1');

/** @param {Buffer|string} line the exact bytes, without the LF */
export const digestOf = (line) => sha256(Buffer.from(line));

/** chain_0 @param {string} origin @param {string} name @param {number} epoch */
export function chainStart(origin, name, epoch) {
  const [o, n] = [Buffer.from(origin, 'ascii'), Buffer.from(name, 'ascii')];
  return sha256(Buffer.concat([CHAIN_TAG, u16(o.length), o, u16(n.length), n, u64(epoch)]));
}

/** chain_n @param {Buffer} previous chain_{n-1} @param {number} n @param {Buffer} digest */
export const chainLink = (previous, n, digest) => sha256(Buffer.concat([LINK_TAG, previous, u64(n), digest]));
