// Writes a corpus to begin with for every fuzz target, DIRECTORY/<target>/<number>, from protocol/vectors/.
// Usage, from the project's root: node tests/fuzz/make_seeds.mjs DIRECTORY
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
const textOrHex = (c) => (c.hex === undefined ? c.text : Buffer.from(c.hex, 'hex'));

// target: [vectors, what of a case is the input]
const targets = {
  authority: ['authority', (c) => c.authority],
  base64url: ['base64url', (c) => c.text],
  cursor: ['cursor', (c) => c.text],
  entry: ['entry', (c) => c.line],
  follower: ['entry', (c) => c.name], // any octets: they choose what happens
  head: ['head', (c) => c.jws],
  http_signature: ['http_signature', ({ request: r, ...c }) =>
    [r?.signature_input ?? c.signature_input, r?.signature ?? c.signature, r?.content_digest].map((f) => (f ?? '') + '\n').join('')],
  json_profile: ['json_profile', textOrHex],
  jwk: ['jwk', (c) => c.jwk && JSON.stringify(c.jwk)],
  page: ['page', (c) => c.page],
};

for (const [target, [vectors, input]] of Object.entries(targets)) {
  const { cases } = JSON.parse(readFileSync(join('protocol/vectors', `${vectors}.json`)));
  mkdirSync(join(directory, target), { recursive: true });
  // The longest ones only slow the search down.
  cases.map(input).filter((seed) => seed !== undefined && seed.length <= 8192)
    .forEach((seed, i) => writeFileSync(join(directory, target, String(i)), seed));
}
