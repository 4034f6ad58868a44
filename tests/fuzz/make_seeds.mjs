// Writes a corpus to begin with for every fuzz target, DIRECTORY/<target>/<number>, most from protocol/vectors/.
// Usage, from the project's root: node tests/fuzz/make_seeds.mjs DIRECTORY
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
const textOrHex = (text, hex) => (c) => (c[hex] === undefined ? c[text] : Buffer.from(c[hex], 'hex'));

// target: [vectors, what of a case is the input]
const targets = {
  authority: ['authority', (c) => c.authority],
  base64url: ['base64url', (c) => c.text],
  cursor: ['cursor', (c) => c.text],
  entry: ['entry', textOrHex('line', 'line_hex')],
  follower: ['entry', (c) => c.name], // any octets: they choose what happens
  head: ['head', (c) => c.jws],
  http_signature: ['http_signature', ({ request: r, ...c }) =>
    [r?.signature_input ?? c.signature_input, r?.signature ?? c.signature, r?.content_digest].map((f) => (f ?? '') + '\n').join('')],
  json_profile: ['json_profile', textOrHex('text', 'hex')],
  jwk: ['jwk', (c) => c.jwk && JSON.stringify(c.jwk)],
  page: ['page', textOrHex('page', 'page_hex')],
  reader: ['page', textOrHex('page', 'page_hex')], // likewise, and longer
};

// What has no vectors: the example of SPEC.md section 4 with a real key, and request targets.
const casesOf = (vectors) => JSON.parse(readFileSync(join('protocol/vectors', `${vectors}.json`))).cases;
const { jwk } = casesOf('jwk').find((c) => c.valid !== false);
const document = JSON.parse(readFileSync('SPEC.md', 'utf8').match(/## 4 Discovery[^]*?```json\n([^]*?)```/)[1]);
const others = {
  anonymity: [
    'Die Lese-\nbrücke sucht mit Lange und Söhne 20 Stühle, Tel. 0681/123456, Am Alten Hof 3.',
    'klimroosjes en bakkerij de groot, Lange Voorhout 12-A, NL91 ABNA 0417 1643 00',
    'RIVIERE & FILS : 25, rte du Vieux-Moulin, www.exemple.example, jean (at) exemple.example',
    'We open in May; call May.',
  ],
  discovery: [
    JSON.stringify({ ...document, jwks: { keys: [jwk] } }),
    JSON.stringify({ ...document, jwks: { keys: [jwk, jwk] }, role: 'office', areas: [], versions: [1, 2], more: {} }),
  ],
  target: [
    '/', '/federation/v1/pages?to=1.2&net=0.0&limit=0', '/api/v1/network/proposals/metz.example%3A8441/x', 'https://a.example?q=b',
    '/api/v1/search?q=M%C3%BCll+und%20mehr&category=goods&category=space&&=&a', '/%00', '/%c3%28?%zz=%2', '/a/../b;c=d?x=%F0%9F%98%80',
  ],
};

function write(target, seeds) {
  mkdirSync(join(directory, target), { recursive: true });
  // The longest ones only slow the search down.
  seeds.filter((seed) => seed !== undefined && seed.length <= 8192)
    .forEach((seed, i) => writeFileSync(join(directory, target, String(i)), seed));
}

for (const [target, [vectors, input]] of Object.entries(targets)) write(target, casesOf(vectors).map(input));
for (const [target, seeds] of Object.entries(others)) write(target, seeds);
