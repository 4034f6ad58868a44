// Writes protocol/vectors/*.json. Deterministic, and deliberately not made with our own C code: what both agree on is what
// SPEC.md says. Usage: node tests/unit/make_vectors.mjs [directory]
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2] ?? 'protocol/vectors';
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const b64u = (data) => Buffer.from(data).toString('base64url');
const hex = (data) => Buffer.from(data).toString('hex');
const json = JSON.stringify;
const bad = (name, fields) => ({ name, ...fields, valid: false });

function write(name, description, source, cases) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.json`), json({ description, source, cases }, null, 1) + '\n');
}

// Keys

function keyFromSeed(seed) {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const jwk = { crv: 'Ed25519', kty: 'OKP', x };
  return { seed, jwk, x, id: b64u(sha256(json(jwk))), sign: (message) => sign(null, Buffer.from(message), key) };
}

const ourKey = (label) => keyFromSeed(sha256('herausforderung vectors ' + label));
const key = ourKey('key 1');
const nextKey = ourKey('key 2');
const strangerKey = ourKey('stranger');
const rfc8037 = keyFromSeed(Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url'));
const rfc9421 = keyFromSeed(Buffer.from('n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU', 'base64url'));

function fingerprint(keyId) {
  const t = Buffer.from(keyId, 'base64url');
  const groups = [0, 1, 2, 3, 4, 5].map((i) => t.readUIntBE(5 * i, 5) % 100000);
  return groups.map((group) => String(group).padStart(5, '0')).join(' ');
}

// The curve itself (RFC 8032 section 5.1; x = X / Z, y = Y / Z)

const prime = 2n ** 255n - 19n;
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const modulo = (n, m = prime) => ((n % m) + m) % m;
const power = (base, exponent) => (exponent === 0n ? 1n : modulo(power(modulo(base * base), exponent / 2n) * (exponent & 1n ? base : 1n)));
const inverse = (n) => power(n, prime - 2n);
const curveD = modulo(-121665n * inverse(121666n));
const number = (octets) => BigInt('0x' + hex(Buffer.from(octets).reverse()));
const octets32 = (n) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse();
function addPoints([x1, y1, z1], [x2, y2, z2]) {
  const zz = modulo(z1 * z2), c = modulo(x1 * x2), d = modulo(y1 * y2), e = modulo(curveD * c * d), f = zz * zz - e, g = zz * zz + e;
  return [modulo(zz * f * (x1 * y2 + x2 * y1)), modulo(zz * g * (d + c)), modulo(f * g)];
}
const multiply = (n, point) => (n === 0n ? [0n, 1n, 1n] : addPoints(multiply(n / 2n, addPoints(point, point)), n & 1n ? point : [0n, 1n, 1n]));
function encodePoint([x, y, z]) {
  const raw = octets32(modulo(y * inverse(z)));
  raw[31] |= Number(modulo(x * inverse(z)) & 1n) << 7;
  return raw;
}
function decodePoint(raw) {
  const y = number(raw) & (2n ** 255n - 1n), square = modulo((y * y - 1n) * inverse(curveD * y * y + 1n));
  const root = power(square, (prime + 3n) / 8n), x = modulo(root * root) === square ? root : modulo(root * power(2n, (prime - 1n) / 4n));
  return [(x & 1n) === BigInt(raw[31] >> 7) ? x : modulo(-x), y, 1n];
}
// By Euler's criterion; a / b is a square exactly when a b is one.
function isPoint(raw) {
  const y = number(raw) & (2n ** 255n - 1n);
  return power((y * y - 1n) * (curveD * y * y + 1n), (prime - 1n) / 2n) !== prime - 1n;
}

// base64url

write('base64url', 'b64u of SPEC.md section 2: `text` stands for the octets `hex`.', 'ours; RFC 4648 section 10', [
  ...['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => ({
    name: `RFC 4648 section 10: "${text}"`, text: b64u(text), hex: hex(text),
  })),
  { name: 'both characters that differ from base64', text: '-_-_', hex: 'fbffbf' },
  { name: '32 zero octets', text: 'A'.repeat(43), hex: '00'.repeat(32) },
  { name: '32 octets of ones', text: '_'.repeat(42) + '8', hex: 'ff'.repeat(32) },
  bad('padding', { text: 'Zg==' }),
  bad('the alphabet of base64', { text: '+/+/' }),
  bad('a length that no octets have', { text: 'Zm9vY' }),
  bad('unused bits that are set, 4 of them', { text: 'Zh' }),
  bad('unused bits that are set, 2 of them', { text: 'Zm9' }),
  bad('white space', { text: 'Zm 9v' }),
  bad('a line break at the end', { text: 'Zm9v\n' }),
  bad('a letter beyond ASCII', { text: 'Zm9ä' }),
]);

// JSON profile

const nested = (depth) => '{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1);
write('json_profile', 'The JSON profile of SPEC.md section 2. The input is `text` (UTF-8), or `hex` where it is not text.', 'ours', [
  { name: 'an empty object', text: '{}' },
  { name: 'white space around', text: ' \t\r\n{ } \n' },
  { name: 'every kind of value', text: '{"a":[1,-1,"x",true,false,null,{}]}' },
  { name: 'the largest integer', text: '{"a":9007199254740991}' },
  { name: 'the smallest integer', text: '{"a":-9007199254740991}' },
  { name: 'a surrogate pair', text: '{"a":"\\ud83d\\ude00"}' },
  { name: 'every escape', text: '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u20AC"}' },
  { name: 'four octets of UTF-8', text: '{"a":"😀"}' },
  { name: 'depth 16', text: nested(16) },
  { name: 'depth 16 with an array', text: '{"a":'.repeat(15) + '[]' + '}'.repeat(15) },
  { name: 'brackets in a string are no depth', text: `{"a":"${'['.repeat(40)}\\"${'{'.repeat(40)}"}` },
  { name: 'the same name in different objects', text: '{"a":{"a":1},"b":{"a":1}}' },
  bad('nothing', { text: '' }),
  bad('an array at the top', { text: '[]' }),
  bad('a string at the top', { text: '"a"' }),
  bad('a number at the top', { text: '1' }),
  bad('null at the top', { text: 'null' }),
  bad('two objects', { text: '{}{}' }),
  bad('a trailing comma', { text: '{"a":1,}' }),
  bad('a name without quotes', { text: '{a:1}' }),
  bad('a comment', { text: '{}/**/' }),
  bad('an unfinished object', { text: '{"a":1' }),
  bad('an unfinished string', { text: '{"a":"x' }),
  bad('a duplicate name', { text: '{"a":1,"a":1}' }),
  bad('a duplicate name, written with an escape', { text: '{"a":1,"\\u0061":1}' }),
  bad('a duplicate name deep inside', { text: '{"x":[{"a":1,"a":2}]}' }),
  bad('a fraction', { text: '{"a":1.0}' }),
  bad('an exponent', { text: '{"a":1e2}' }),
  bad('a fraction deep inside', { text: '{"a":[[{"b":0.5}]]}' }),
  bad('an integer too large', { text: '{"a":9007199254740992}' }),
  bad('an integer too small', { text: '{"a":-9007199254740992}' }),
  bad('an integer beyond 64 bits', { text: '{"a":18446744073709551616}' }),
  bad('a leading zero', { text: '{"a":01}' }),
  bad('a minus sign alone', { text: '{"a":-}' }),
  bad('a plus sign', { text: '{"a":+1}' }),
  bad('NaN', { text: '{"a":NaN}' }),
  bad('U+0000 as an escape', { text: '{"a":"\\u0000"}' }),
  bad('U+0000 as an escape in a name', { text: '{"\\u0000":1}' }),
  bad('a zero octet in a string', { hex: hex('{"a":"\0"}') }),
  bad('a zero octet after the object', { hex: hex('{}\0') }),
  ...Object.entries({
    'before the object': '\0{}', 'after a number': '{"a":1\0}', 'after a number and before a comma': '{"a":1\0,"b":2}', 'after a number in an array': '{"a":[1\0]}',
    'after a negative number': '{"a":-1\0}', 'before a number': '{"a":\0' + '1}', 'in a number': '{"a":1\0' + '1}', 'after a word': '{"a":true\0}', 'after a string': '{"a":"x"\0}',
    'after an array': '{"a":[]\0}', 'after a name': '{"a"\0:1}', 'in a name': '{"a\0":1}', 'after a comma': '{"a":1,\0"b":2}', 'in an empty object': '{\0}',
  }).map(([name, text]) => bad(`a zero octet ${name}`, { hex: hex(text) })),
  bad('a lone high surrogate', { text: '{"a":"\\ud83d"}' }),
  bad('a lone low surrogate', { text: '{"a":"\\ude00"}' }),
  bad('a high surrogate before something else', { text: '{"a":"\\ud83d\\u0041"}' }),
  bad('a surrogate in UTF-8', { hex: hex('{"a":"') + 'eda080' + hex('"}') }),
  bad('an octet that UTF-8 never has', { hex: hex('{"a":"') + 'ff' + hex('"}') }),
  bad('an overlong encoding', { hex: hex('{"a":"') + 'c0af' + hex('"}') }),
  bad('an unfinished UTF-8 sequence', { hex: hex('{"a":"') + 'e282' + hex('"}') }),
  bad('beyond U+10FFFF', { hex: hex('{"a":"') + 'f4908080' + hex('"}') }),
  bad('a byte order mark', { hex: 'efbbbf' + hex('{}') }),
  bad('UTF-16', { hex: Buffer.from('{}', 'utf16le').toString('hex') }),
  bad('an escape that is none', { text: '{"a":"\\x41"}' }),
  bad('an escape of three digits', { text: '{"a":"\\u004"}' }),
  bad('a control character in a string', { text: '{"a":"\n"}' }),
  bad('depth 17', { text: nested(17) }),
  bad('depth 17 with an array', { text: '{"a":'.repeat(16) + '[]' + '}'.repeat(16) }),
  bad('depth 50', { hex: hex('['.repeat(50)) }),
]);

// Authorities

const longLabel = 'a'.repeat(63);
const octets200 = [longLabel, longLabel, longLabel, 'a'.repeat(8)].join('.');
write('authority', 'Authorities (SPEC.md section 3.1), with host and port.', 'ours', [
  { name: 'a DNS name', authority: 'saarbruecken.example', host: 'saarbruecken.example', port: 443 },
  { name: 'with a port', authority: 'localhost:8441', host: 'localhost', port: 8441 },
  { name: 'an A-label', authority: 'xn--saarbrcken-feb.example', host: 'xn--saarbrcken-feb.example', port: 443 },
  { name: 'an IPv4 address', authority: '127.0.0.1:8441', host: '127.0.0.1', port: 8441 },
  { name: 'digits in a label', authority: '3.example', host: '3.example', port: 443 },
  { name: 'a label that begins like a hexadecimal number', authority: '0xgemeinde.example', host: '0xgemeinde.example', port: 443 },
  { name: 'a hexadecimal number that is not the last label', authority: '0x7f.example', host: '0x7f.example', port: 443 },
  { name: 'a last label that only begins like a number', authority: 'a.0xg', host: 'a.0xg', port: 443 },
  { name: 'the first port', authority: 'a:1', host: 'a', port: 1 },
  { name: 'the last port', authority: 'a:65535', host: 'a', port: 65535 },
  { name: '200 octets', authority: octets200, host: octets200, port: 443 },
  ...Object.entries({
    nothing: '', 'an upper case letter': 'Saarbruecken.example', 'a trailing dot': 'saarbruecken.example.',
    'a leading dot': '.example', 'two dots': 'a..example', 'port 443': 'a.example:443', 'port 0': 'a.example:0',
    'a port with a leading zero': 'a.example:08441', 'a port too large': 'a.example:65536', 'no digits after the colon': 'a.example:',
    'a sign before the port': 'a.example:+1', 'user info': 'user@a.example', IPv6: '[::1]', 'IPv6 without brackets': '::1',
    'a scheme': 'https://a.example', 'a path': 'a.example/', 'a space': 'a example', 'a letter beyond ASCII': 'saarbrücken.example',
    'an underscore': 'a_b.example', 'a hyphen first': '-a.example', 'a hyphen last': 'a-.example',
    'a label of 64 octets': 'a'.repeat(64) + '.example', '201 octets': 'a.' + octets200.slice(0, 199),
    'an address with three parts': '127.0.1', 'an address out of range': '256.0.0.1', 'an address with a leading zero': '127.0.0.01',
    'a last label of digits alone': 'a.123', 'an address in hexadecimal': '0x7f000001:18999',
    'an address partly in hexadecimal': '127.0.0.0x1', 'a last label in hexadecimal': 'a.0xbeef', 'a last label 0x': 'a.0x', 'an address in octal': '017700000001',
    'one number': '2130706433', 'a line break': 'a.example\n',
  }).map(([name, authority]) => bad(name, { authority })),
]);

// Keys

const rsa = {
  e: 'AQAB', kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
};
const smallOrder = {
  'order 1': '0100000000000000000000000000000000000000000000000000000000000000',
  'order 2': 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'order 4': '0000000000000000000000000000000000000000000000000000000000000000',
  'order 4, negative': '0000000000000000000000000000000000000000000000000000000000000080',
  'order 8, first': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'order 8, first, negative': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'order 8, second': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'order 8, second, negative': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'order 1, not canonical': 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'order 1, not canonical, negative': 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'order 1, negative': '0100000000000000000000000000000000000000000000000000000000000080',
  'order 2, negative': 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'order 4, not canonical': 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'order 4, not canonical, negative': 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
};
// Half of all octets are no point.
const offTheCurve = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'].map((lot) => sha256(`key by lot ${lot}`)).filter((raw) => !isPoint(raw)).slice(0, 4);
const goodJwk = (name, jwk, from, seed) => ({ name, jwk, x_hex: hex(Buffer.from(jwk.x, 'base64url')), key_id: from.id, ...seed });
const badJwk = (name, changes) => bad(name, { jwk: { ...key.jwk, ...changes } });
write('jwk',
  'JWKs of Ed25519 public keys and their key ids (SPEC.md section 3.2). `seed_hex`, where given, is the private key. Cases with `hashed_text` show the method of RFC 7638: `key_id` is b64u of SHA-256 of it.',
  'RFC 8037 appendix A.1 to A.4; RFC 7638 section 3.1; ours', [
  goodJwk('RFC 8037 A.2 and A.3', rfc8037.jwk, rfc8037, { seed_hex: hex(rfc8037.seed) }),
  { name: 'RFC 8037 A.3, hashed text', hashed_text: json(rfc8037.jwk), key_id: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k' },
  { name: 'RFC 7638 3.1, hashed text (an RSA key)', hashed_text: json(rsa), key_id: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' },
  { name: 'RFC 8037 A.4, a signature', jwk: rfc8037.jwk, x_hex: hex(Buffer.from(rfc8037.x, 'base64url')), key_id: rfc8037.id,
    signed_text: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
    signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg' },
  goodJwk('ours', key.jwk, key, { seed_hex: hex(key.seed) }),
  goodJwk('kid, alg and use are ignored', { ...key.jwk, kid: 'anything', alg: 'EdDSA', use: 'sig' }, key),
  goodJwk('alg as RFC 9864 names it', { ...key.jwk, alg: 'Ed25519' }, key),
  bad('an RSA key', { jwk: rsa }),
  badJwk('a private key', { d: b64u(key.seed) }),
  badJwk('another member', { key_ops: ['verify'] }),
  badJwk('another kty', { kty: 'EC' }), badJwk('another curve', { crv: 'X25519' }), badJwk('kty in lower case', { kty: 'okp' }),
  badJwk('x too short', { x: key.x.slice(0, 42) }), badJwk('x too long', { x: key.x + 'AA' }), badJwk('x with padding', { x: key.x + '=' }),
  badJwk('x no text', { x: 1 }), badJwk('another alg', { alg: 'ES256' }), badJwk('another use', { use: 'enc' }),
  badJwk('x with unused bits that are set', { x: key.x.slice(0, 42) + '_' }),
  bad('no kty', { jwk: { crv: 'Ed25519', x: key.x } }), bad('no x', { jwk: { crv: 'Ed25519', kty: 'OKP' } }),
  bad('no crv', { jwk: { kty: 'OKP', x: key.x } }),
  ...Object.entries(smallOrder).map(([name, raw]) => badJwk(`small order: ${name}`, { x: b64u(Buffer.from(raw, 'hex')) })),
  badJwk('no point of the curve', { x: b64u(Buffer.from('02' + '00'.repeat(31), 'hex')) }),
  badJwk('no point of the curve, negative', { x: b64u(Buffer.from('07' + '00'.repeat(30) + '80', 'hex')) }),
  ...offTheCurve.map((raw, i) => badJwk(`no point of the curve, by lot ${i + 1}`, { x: b64u(raw) })),
  badJwk('not canonical: p + 2', { x: b64u(Buffer.from('ef' + 'ff'.repeat(30) + '7f', 'hex')) }),
  badJwk('not canonical: p + 3, and 3 is a point', { x: b64u(Buffer.from('f0' + 'ff'.repeat(30) + '7f', 'hex')) }),
]);

write('fingerprint', 'Fingerprints (SPEC.md section 3.3). `typed` are forms that a person may type and that must be taken for the same.', 'ours',
  [rfc8037, key, nextKey, strangerKey].map((k, i) => {
    const digits = fingerprint(k.id);
    return { name: `key ${i + 1}`, x: k.x, key_id: k.id, fingerprint: digits,
      typed: [digits, digits.replaceAll(' ', ''), `  ${digits.replaceAll(' ', '\t')}\n`],
      refused: ['', digits.slice(0, -1), digits + '0', digits.replace(/\d/, (d) => String((+d + 1) % 10)), digits.replaceAll(' ', '-')] };
  }));

// Signatures: what a program that only signs never makes.

const basePoint = decodePoint(Buffer.from('58' + '66'.repeat(31), 'hex'));
const order8 = decodePoint(Buffer.from(smallOrder['order 8, first'], 'hex'));
const clamped = (seed) => {
  const half = createHash('sha512').update(seed).digest().subarray(0, 32);
  half[0] &= 248; half[31] = (half[31] & 127) | 64;
  return number(half);
};
const challenge = (r, a, message) => number(createHash('sha512').update(r).update(a).update(message).digest());
const secret = clamped(key.seed);
const oddKey = encodePoint(addPoints(multiply(secret, basePoint), order8));
const someR = number(sha256('a nonce of signature vectors')) % order;
// S for R, which `nonce` times the base point is but for its part of small order. `more`: times the order, added to S.
function forge(r, nonce, message, { a = Buffer.from(key.x, 'base64url'), more = 0n } = {}) {
  return Buffer.concat([r, octets32(modulo(nonce + challenge(r, a, message) * secret, order) + more * order)]);
}
const plainR = encodePoint(multiply(someR, basePoint));
const neutral = Buffer.from(smallOrder['order 1'], 'hex');
const signatureCase = (name, signature, message = 'message', a = Buffer.from(key.x, 'base64url')) => ({ name, x: b64u(a), message, signature: b64u(signature) });
const badSignature = (...from) => ({ ...signatureCase(...from), valid: false });
// A message for which the challenge, before and after it is reduced, leaves what is wanted when divided by 8.
function messageWhere(wanted) {
  for (let i = 0; ; i++) {
    const k = challenge(plainR, oddKey, `message ${i}`);
    if (wanted(k % 8n, (k % order) % 8n)) return `message ${i}`;
  }
}
const oddCase = (make, name, wanted) => { const m = messageWhere(wanted); return make(name, forge(plainR, someR, m, { a: oddKey }), m, oddKey); };

if (hex(encodePoint(multiply(secret, basePoint))) !== hex(Buffer.from(key.x, 'base64url'))) throw new Error('the curve is computed wrongly');
write('signature',
  'Which Ed25519 signatures (b64u) of `message` (UTF-8) verify under the key `x` (SPEC.md section 3.2): S below the order, and the encoding of [S]B - [k]A equal to R octet by octet, k being reduced modulo the order. Nothing is multiplied by the cofactor.',
  'ours', [
  signatureCase('as RFC 8032 signs', key.sign('message')),
  signatureCase('an empty message', key.sign(''), ''),
  signatureCase('another nonce', forge(plainR, someR, 'message')),
  signatureCase('R of small order, S fitting it', forge(neutral, 0n, 'message')),
  badSignature('another message', key.sign('message'), 'messagE'),
  badSignature('S and the order', forge(plainR, someR, 'message', { more: 1n })),
  badSignature('S and four times the order', forge(plainR, someR, 'message', { more: 4n })),
  badSignature('R of small order, not canonical', forge(Buffer.from(smallOrder['order 1, not canonical'], 'hex'), 0n, 'message')),
  badSignature('R of small order, with the sign of zero', forge(Buffer.from(smallOrder['order 1, negative'], 'hex'), 0n, 'message')),
  badSignature('R with a part of order 8: fits only if multiplied by the cofactor', forge(encodePoint(addPoints(multiply(someR, basePoint), order8)), someR, 'message')),
  badSignature('R that is no point', Buffer.concat([Buffer.from('02' + '00'.repeat(31), 'hex'), octets32(1n)])),
  badSignature('zeros', Buffer.alloc(64)),
  oddCase(signatureCase, 'a key with a part of order 8, the reduced k a multiple of 8', (whole, reduced) => reduced === 0n && whole !== 0n),
  oddCase(badSignature, 'a key with a part of order 8, only k before it is reduced a multiple of 8', (whole, reduced) => reduced !== 0n && whole === 0n),
  oddCase(badSignature, 'a key with a part of order 8: fits only if multiplied by the cofactor', (whole, reduced) => reduced !== 0n && whole !== 0n),
]);

// Signed requests

const contentDigest = (body) => `sha-256=:${sha256(body).toString('base64')}:`;
const nonce = b64u(sha256('nonce').subarray(0, 16));
const created = 1790000100;

function signatureBase(request, components, params) {
  const values = {
    '@method': request.method, '@authority': request.authority, '@path': request.path, '@query': '?' + (request.query ?? ''),
    'content-digest': request.content_digest, 'content-type': request.content_type,
  };
  return [...components.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${params}`].join('\n');
}

const withBody = (request) => request.body !== undefined;
const covered = (request) => ['@method', '@authority', '@path', '@query', ...(withBody(request) ? ['content-digest', 'content-type'] : [])];
const parameters = (change = {}) => ({
  created, expires: created + 60, nonce: `"${nonce}"`, keyid: `"${key.id}"`, alg: '"ed25519"', tag: '"herausforderung-v1"', ...change,
});
const parameterText = (params) => Object.entries(params).filter(([, v]) => v !== undefined).map(([k, v]) => `;${k}=${v}`).join('');
const listText = (components) => `(${components.map((name) => `"${name}"`).join(' ')})`;

// Signs the request as given; `written` is the Signature-Input's value if it is written otherwise than canonically.
function signed(request, { components = covered(request), params = parameters(), by = key, label = 'hf', canonical, written } = {}) {
  const text = canonical ?? listText(components) + parameterText(params);
  const base = signatureBase(request, components, text);
  return { ...request, signature_input: `${label}=${written ?? text}`, signature: `${label}=:${by.sign(base).toString('base64')}:`, base };
}

const get = { method: 'GET', authority: 'arnhem.example', path: '/federation/v1/pages', query: 'net=1790000000.17&to=1790000000.4' };
const body = '{"authority":"arnhem.example"}';
const post = { method: 'POST', authority: 'localhost:8441', path: '/federation/v1/join', body, content_type: 'application/json', content_digest: contentDigest(body) };

function request(name, made, more = {}) {
  const { base, ...fields } = made;
  return { name, x: key.x, now: created, request: fields, ...more, ...(more.valid === false ? {} : { base }) };
}
const refused = (name, made, error, more = {}) => request(name, made, { ...more, valid: false, error });
const shuffle = ['@query', '@path', '@method', '@authority'];
const getParams = parameterText(parameters());
const canonicalGet = listText(covered(get)) + getParams;
const changed = (change) => signed(get, { params: parameters(change) });
const inputAs = (name, written, error = 'signature-malformed') => refused(name, signed(get, { written }), error);
const goodGet = signed(get);
const goodPost = signed(post);

const rfcComponents = [
  ['date', 'Tue, 20 Apr 2021 02:07:55 GMT'], ['@method', 'POST'], ['@path', '/foo'], ['@authority', 'example.com'],
  ['content-type', 'application/json'], ['content-length', '18'],
];
const rfcInput = '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';

write('http_signature',
  'Signed requests (SPEC.md section 5). Cases with `components` are RFC 9421\'s own: they show the building of a base and the check of a signature, outside our profile. The others hold a `request` (no `query`: none; no `body`: none), the signer\'s public key `x`, the time `now` at the callee, and the signature base or the `error` of section 5.3. `sign`, where given, holds what the caller put in: with it a signer that writes as section 5.2 shows gets the same fields.',
  'RFC 9421 appendix B.1.4 and B.2.6; ours', [
  { name: 'RFC 9421 B.2.6', x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs', components: rfcComponents.map(([name, value]) => ({ name, value })),
    signature_input: `sig-b26=${rfcInput}`,
    signature: 'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
    base: [...rfcComponents.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${rfcInput}`].join('\n') },
  request('a GET', goodGet, { sign: { seed_hex: hex(key.seed), created, nonce } }),
  request('a GET without a query', signed({ ...get, query: undefined }), { sign: { seed_hex: hex(key.seed), created, nonce } }),
  request('a query that is only a question mark', signed({ ...get, query: '' })),
  request('a target that is not decoded', signed({ ...get, path: '/federation/v1/p%61ges', query: 'net=%31.0&&x=?' })),
  request('a POST', goodPost, { sign: { seed_hex: hex(key.seed), created, nonce } }),
  request('a POST with an empty body', signed({ ...post, body: '', content_digest: contentDigest('') })),
  request('another digest beside sha-256', signed({ ...post, content_digest: `sha-512=:AAAA:, ${contentDigest(body)}` })),
  request('components in another order', signed(get, { components: shuffle })),
  request('parameters in another order', signed(get, { params: Object.fromEntries(Object.entries(parameters()).reverse()) })),
  request('another label', signed(get, { label: 'sig1' })),
  request('spaces where RFC 8941 allows them', signed(get, {
    written: `( ${covered(get).map((name) => `"${name}"`).join('   ')} )${getParams.replaceAll(';', ';  ')}   `, canonical: canonicalGet })),
  request('an integer with leading zeros', signed(get, { written: canonicalGet.replace('created=', 'created=000'), canonical: canonicalGet })),
  request('a signature without padding', { ...goodGet, signature: goodGet.signature.replace('==:', ':') }),
  request('the longest life', changed({ expires: created + 120 })),
  request('a caller 60 s ahead', goodGet, { now: created - 60 }),
  request('60 s after it expired', goodGet, { now: created + 120 }),

  refused('no Signature-Input', { ...goodGet, signature_input: undefined }, 'signature-missing'),
  refused('no Signature', { ...goodGet, signature: undefined }, 'signature-missing'),
  ...covered(get).map((missing) => refused(`${missing} is not covered`, signed(get, { components: covered(get).filter((c) => c !== missing) }), 'signature-malformed')),
  inputAs('@method covered twice', canonicalGet.replace('"@path"', '"@method" "@path"')),
  inputAs('@method covered twice instead of @path', canonicalGet.replace('"@path"', '"@method"')),
  inputAs('another component covered', canonicalGet.replace('"@query"', '"@query" "date"')),
  inputAs('another component covered instead of @query', canonicalGet.replace('"@query"', '"date"')),
  inputAs('a component with a parameter', canonicalGet.replace('"@path"', '"@path";req')),
  inputAs('a component as a token', canonicalGet.replace('"@path"', 'path')),
  refused('content-digest covered without a body', signed({ ...get, content_digest: contentDigest('') }, { components: [...covered(get), 'content-digest'] }), 'signature-malformed'),
  refused('a body that is not covered', signed(post, { components: covered(get) }), 'signature-malformed'),
  refused('content-type not covered', signed(post, { components: [...covered(get), 'content-digest'] }), 'signature-malformed'),
  refused('a body without Content-Digest', { ...goodPost, content_digest: undefined }, 'signature-malformed'),
  ...Object.keys(parameters()).map((missing) => refused(`no ${missing}`, changed({ [missing]: undefined }), 'signature-malformed')),
  ...Object.keys(parameters()).map((twice) => inputAs(`${twice} twice`, `${canonicalGet};${twice}=${parameters()[twice]}`)),
  refused('another parameter', changed({ foo: 1 }), 'signature-malformed'),
  refused('a parameter without a value', signed(get, { canonical: canonicalGet + ';foo' }), 'signature-malformed'),
  refused('created as a string', changed({ created: `"${created}"` }), 'signature-malformed'),
  refused('created as a decimal', changed({ created: `${created}.0` }), 'signature-malformed'),
  refused('created negative', changed({ created: -1, expires: 60 }), 'signature-malformed'),
  refused('created of 16 digits', changed({ created: '1790000100000000', expires: '1790000100000060' }), 'signature-malformed'),
  refused('expires as created', changed({ expires: created }), 'signature-malformed'),
  refused('expires before created', changed({ expires: created - 1 }), 'signature-malformed'),
  refused('a life of 121 s', changed({ expires: created + 121 }), 'signature-malformed'),
  refused('a nonce too short', changed({ nonce: `"${nonce.slice(0, 20)}"` }), 'signature-malformed'),
  refused('a nonce too long', changed({ nonce: `"${nonce}AA"` }), 'signature-malformed'),
  refused('a nonce with unused bits that are set', changed({ nonce: `"${nonce.slice(0, 21)}_"` }), 'signature-malformed'),
  refused('a nonce as bytes', changed({ nonce: ':AAAAAAAAAAAAAAAAAAAAAA==:' }), 'signature-malformed'),
  refused('a keyid that is no key id', changed({ keyid: '"test-key"' }), 'signature-malformed'),
  refused('a keyid as a token', changed({ keyid: 'abc' }), 'signature-malformed'),
  refused('another alg', changed({ alg: '"hmac-sha256"' }), 'signature-malformed'),
  refused('another tag', changed({ tag: '"herausforderung-v2"' }), 'signature-malformed'),
  inputAs('an item instead of a list', `"@method"${getParams}`),
  inputAs('no value at all', ''),
  inputAs('a list without an end', canonicalGet.replace(')', '')),
  inputAs('components without a space between them', canonicalGet.replace('" "', '""')),
  inputAs('a tab in the list', canonicalGet.replace('" "', '"\t"')),
  inputAs('a space before ;', canonicalGet.replace(';', ' ;')),
  inputAs('a space around =', canonicalGet.replace('created=', 'created = ')),
  inputAs('a string without an end', canonicalGet.slice(0, -1)),
  inputAs('something after it', canonicalGet + ' x'),
  inputAs('a comma after it', canonicalGet + ','),
  inputAs('an escape that RFC 8941 does not know', canonicalGet.replace('"ed25519"', '"ed\\25519"')),
  refused('a second member in Signature-Input', { ...goodGet, signature_input: `${goodGet.signature_input}, b=${canonicalGet}` }, 'signature-malformed'),
  refused('the same label twice in Signature-Input', { ...goodGet, signature_input: `${goodGet.signature_input}, ${goodGet.signature_input}` }, 'signature-malformed'),
  refused('a label without a value', { ...goodGet, signature_input: 'hf' }, 'signature-malformed'),
  refused('a label in upper case', { ...goodGet, signature_input: goodGet.signature_input.replace('hf', 'HF') }, 'signature-malformed'),
  refused('an empty Signature-Input', { ...goodGet, signature_input: '' }, 'signature-malformed'),
  refused('an empty Signature', { ...goodGet, signature: '' }, 'signature-malformed'),
  refused('a second member in Signature', { ...goodGet, signature: `${goodGet.signature}, b=:AAAA:` }, 'signature-malformed'),
  refused('another label in Signature', { ...goodGet, signature: goodGet.signature.replace('hf', 'sig') }, 'signature-malformed'),
  refused('a signature as a string', { ...goodGet, signature: `hf="${'A'.repeat(88)}"` }, 'signature-malformed'),
  refused('a signature of 63 octets', { ...goodGet, signature: `hf=:${Buffer.alloc(63).toString('base64')}:` }, 'signature-malformed'),
  refused('a signature of 65 octets', { ...goodGet, signature: `hf=:${Buffer.alloc(65).toString('base64')}:` }, 'signature-malformed'),
  refused('a signature in base64url', { ...goodGet, signature: `hf=:${'-_'.repeat(43)}==:` }, 'signature-malformed'),
  refused('a signature with a parameter', { ...goodGet, signature: `${goodGet.signature};a=1` }, 'signature-malformed'),

  refused('a caller 61 s ahead', goodGet, 'skew', { now: created - 61 }),
  refused('61 s after it expired', goodGet, 'skew', { now: created + 121 }),
  refused('another body', { ...goodPost, body: body + ' ' }, 'digest-mismatch'),
  refused('a digest without sha-256', signed({ ...post, content_digest: 'sha-512=:AAAA:' }), 'digest-mismatch'),
  refused('sha-256 twice', signed({ ...post, content_digest: `${contentDigest(body)}, ${contentDigest(body)}` }), 'digest-mismatch'),
  refused('sha-256 as a string', signed({ ...post, content_digest: contentDigest(body).replaceAll(':', '"') }), 'digest-mismatch'),
  refused('sha-256 of 31 octets', signed({ ...post, content_digest: `sha-256=:${Buffer.alloc(31).toString('base64')}:` }), 'digest-mismatch'),
  refused('a digest that is no dictionary', signed({ ...post, content_digest: ':AAAA:' }), 'digest-mismatch'),
  refused('a digest with a parameter without a name', signed({ ...post, content_digest: contentDigest(body) + ';' }), 'digest-mismatch'),
  refused('a comma at the end of the digest', signed({ ...post, content_digest: contentDigest(body) + ',' }), 'digest-mismatch'),
  refused('another method', { ...goodGet, method: 'HEAD' }, 'signature-invalid'),
  refused('another callee', { ...goodGet, authority: 'metz.example' }, 'signature-invalid'),
  refused('another path', { ...goodGet, path: '/federation/v1/hint' }, 'signature-invalid'),
  refused('another query', { ...goodGet, query: get.query + '&limit=0' }, 'signature-invalid'),
  refused('another content type', { ...goodPost, content_type: 'text/plain' }, 'signature-invalid'),
  refused('the order of components changed afterwards', { ...goodGet, signature_input: `hf=${listText(shuffle)}${getParams}` }, 'signature-invalid'),
  refused('a life prolonged afterwards', { ...goodGet, signature_input: goodGet.signature_input.replace(`expires=${created + 60}`, `expires=${created + 61}`) }, 'signature-invalid'),
  refused('signed by another key', signed(get, { by: strangerKey }), 'signature-invalid'),
]);

// Streams

const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u64 = (n) => { const out = Buffer.alloc(8); out.writeBigUInt64BE(BigInt(n)); return out; };
const chainStart = (origin, stream, epoch) => sha256('herausforderung/1 chain\0', u16(origin.length), origin, u16(stream.length), stream, u64(epoch));
const chainLink = (chain, seq, digest) => sha256('herausforderung/1 link\0', chain, u64(seq), digest);

const origin = 'saarbruecken.example';
const epoch = 1790000000;
const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const salt = (n) => b64u(sha256('salt ' + n).subarray(0, 16));
function entry(seq, type, body, more = {}) {
  return { seq, type, id: uuid(seq), rev: 1, at: '2026-11-01T09:00:00Z', salt: salt(seq), ...more, body };
}
const keep = { keep_until: '2027-04-30T00:00:00Z' };
const proposal = {
  title: 'Umzug der Bibliothek', text: 'Gesucht: Menschen mit Kraft\nund ein Transporter.', language: 'de',
  help: [{ category: 'hands', quantity: '6-20' }, { category: 'transport' }],
  municipality: { name: 'Saarbrücken', scheme: 'DE-AGS', code: '10041100' }, month: '2027-03', state: 'accepted',
};
const epochEntry = (jwk = key.jwk, previous = null) => entry(1, 'epoch', { previous, jwk });

// Numbers lines and returns every chain on the way, the first one included.
function chainOf(lines, { stream = 'net', at = epoch } = {}) {
  return lines.reduce((chains, line, i) => [...chains, chainLink(chains[i], i + 1, sha256(line))], [chainStart(origin, stream, at)]);
}
const lines = [epochEntry(), entry(2, 'proposal', proposal, keep), entry(3, 'erase', { entries: [`${epoch}.2`] })].map((e) => json(e));

write('chain', 'Digests and chains (SPEC.md section 6.3): `chain_0`, and for each line its digest and the chain after it.', 'ours', [
  { name: 'no lines', origin, stream: 'net', epoch: 1, chain_0: b64u(chainStart(origin, 'net', 1)), lines: [] },
  { name: 'a to/ stream', origin: 'a', stream: 'to/localhost:8441', epoch: 9007199254740991, chain_0: b64u(chainStart('a', 'to/localhost:8441', 9007199254740991)), lines: [] },
  { name: 'origin and name do not run together', origin: 'an', stream: 'et', epoch: 1, chain_0: b64u(chainStart('an', 'et', 1)), lines: [] },
  { name: 'three lines', origin, stream: 'net', epoch, chain_0: b64u(chainOf([])[0]),
    lines: lines.map((line, i) => ({ line, digest: b64u(sha256(line)), chain: b64u(chainOf(lines)[i + 1]) })) },
]);

// Cursors

write('cursor', 'Cursors (SPEC.md sections 8.3 and 10.2).', 'ours', [
  { name: 'the beginning', text: '0.0', epoch: 0, seq: 0 },
  { name: 'somewhere', text: '1790000000.17', epoch: 1790000000, seq: 17 },
  { name: 'nothing of an epoch yet', text: '5.0', epoch: 5, seq: 0 },
  { name: 'the largest', text: '9007199254740991.9007199254740991', epoch: 9007199254740991, seq: 9007199254740991 },
  ...Object.entries({
    nothing: '', 'no dot': '1', 'no epoch': '.1', 'no number': '1.', 'two dots': '1.2.3', 'a leading zero': '01.1', 'a leading zero in the number': '1.01',
    'a sign': '-1.1', 'a plus': '1.+1', 'a space': '1. 1', 'a space before': ' 1.1', 'a space after': '1.1 ', 'a letter': '1.a', 'hexadecimal': '0x1.1',
    'seventeen digits': '10000000000000000.1', 'beyond 2^53 - 1': '9007199254740992.1', 'a number beyond 2^53 - 1': '1.9007199254740992',
    'a comma': '1,1', 'a zero twice': '00.0', 'a line break': '1.1\n', 'digits beyond ASCII': '١.١',
  }).map(([name, text]) => bad(name, { text })),
]);

// Heads

const headHeader = (by = key) => ({ alg: 'Ed25519', kid: by.id, typ: 'hf-head+jwt' });
const headPayload = (chain, seq, more = {}) => ({ iss: origin, stream: 'net', epoch, seq, chain: b64u(chain), iat: 1793523600, ...more });
function jws(header, payload, by = key) {
  const text = (value) => b64u(typeof value === 'string' ? value : json(value));
  const input = `${text(header)}.${text(payload)}`;
  return `${input}.${b64u(by.sign(input))}`;
}
const chain3 = chainOf(lines)[3];
const payload3 = headPayload(chain3, 3);
const goodHead = jws(headHeader(), payload3);
const headCase = (name, token, payload = payload3) => ({ name, x: key.x, jws: token, head: payload });
const badHead = (name, token, error = 'malformed-request') => bad(name, { x: key.x, jws: token, error });
const without = (object, name) => Object.fromEntries(Object.entries(object).filter(([k]) => k !== name));
const longAuthority = octets200.slice(0, 195) + ':8441';

write('head', 'Heads (SPEC.md section 7), signed by the key `x`. `error` is `malformed-request` or `signature-invalid`.', 'ours', [
  { ...headCase('as we write it', goodHead), seed_hex: hex(key.seed) },
  headCase('header members in another order', jws({ typ: 'hf-head+jwt', kid: key.id, alg: 'Ed25519' }, payload3)),
  headCase('white space in it', jws(json(headHeader(), null, 1), json(payload3, null, 1))),
  headCase('iat 0', jws(headHeader(), { ...payload3, iat: 0 }), { ...payload3, iat: 0 }),
  headCase('an unknown member in the payload', jws(headHeader(), { ...payload3, note: 'x' })),
  headCase('a to/ stream', jws(headHeader(), { ...payload3, stream: 'to/localhost:8441' }), { ...payload3, stream: 'to/localhost:8441' }),
  headCase('the longest authorities', jws(headHeader(), { ...payload3, iss: longAuthority, stream: `to/${longAuthority}`, epoch: 9007199254740991, seq: 9007199254740991 }),
    { ...payload3, iss: longAuthority, stream: `to/${longAuthority}`, epoch: 9007199254740991, seq: 9007199254740991 }),
  ...['jku', 'jwk', 'x5u', 'crit', 'cty', 'b64'].map((name) => badHead(`${name} in the header`, jws({ ...headHeader(), [name]: name === 'crit' ? ['b64'] : 'x' }, payload3))),
  ...['alg', 'kid', 'typ'].map((name) => badHead(`no ${name}`, jws(without(headHeader(), name), payload3))),
  badHead('alg none', `${b64u(json({ ...headHeader(), alg: 'none' }))}.${b64u(json(payload3))}.`),
  badHead('alg EdDSA', jws({ ...headHeader(), alg: 'EdDSA' }, payload3)),
  badHead('another typ', jws({ ...headHeader(), typ: 'JWT' }, payload3)),
  badHead('a kid that is no key id', jws({ ...headHeader(), kid: 'key-1' }, payload3)),
  badHead('a duplicate member in the header', jws(`{"alg":"Ed25519","alg":"Ed25519","kid":"${key.id}","typ":"hf-head+jwt"}`, payload3)),
  ...Object.keys(payload3).map((name) => badHead(`no ${name}`, jws(headHeader(), without(payload3, name)))),
  badHead('a duplicate member in the payload', jws(headHeader(), json(payload3).replace('{', '{"seq":3,'))),
  badHead('number 0', jws(headHeader(), { ...payload3, seq: 0 })),
  badHead('epoch 0', jws(headHeader(), { ...payload3, epoch: 0 })),
  badHead('a negative iat', jws(headHeader(), { ...payload3, iat: -1 })),
  badHead('iat as a text', jws(headHeader(), { ...payload3, iat: '1793523600' })),
  badHead('seq with a fraction', jws(headHeader(), json(payload3).replace('"seq":3', '"seq":3.0'))),
  badHead('a zero octet after a number', jws(headHeader(), json(payload3).replace('"seq":3', '"seq":3\0'))),
  badHead('a zero octet in the header', jws(json(headHeader()).replace('}', '\0}'), payload3)),
  badHead('another stream name', jws(headHeader(), { ...payload3, stream: 'other' })),
  badHead('to/ without an authority', jws(headHeader(), { ...payload3, stream: 'to/' })),
  badHead('iss no authority', jws(headHeader(), { ...payload3, iss: 'Saarbruecken.example' })),
  badHead('a chain of 31 octets', jws(headHeader(), { ...payload3, chain: b64u(chain3.subarray(1)) })),
  badHead('a payload that is no object', jws(headHeader(), '[]')),
  badHead('two parts', goodHead.split('.').slice(0, 2).join('.')),
  badHead('four parts', goodHead + '.AA'),
  badHead('padding', goodHead + '=='),
  badHead('a line break at the end', goodHead + '\n'),
  badHead('a signature of 63 octets', goodHead.replace(/[^.]*$/, b64u(Buffer.alloc(63)))),
  badHead('a header that is not base64url', '+' + goodHead),
  badHead('nothing', ''),
  badHead('more than 1024 octets', jws(headHeader(), { ...payload3, note: 'x'.repeat(700) })),
  badHead('another payload', [goodHead.split('.')[0], b64u(json(headPayload(chain3, 4))), goodHead.split('.')[2]].join('.'), 'signature-invalid'),
  badHead('signed by another key', jws(headHeader(), payload3, strangerKey), 'signature-invalid'),
  badHead('the kid of another key', jws(headHeader(strangerKey), payload3), 'signature-invalid'),
  badHead('another key and its kid', jws(headHeader(strangerKey), payload3, strangerKey), 'signature-invalid'),
  badHead('a signature of zeros', goodHead.replace(/[^.]*$/, b64u(Buffer.alloc(64))), 'signature-invalid'),
]);

// Pages

const opening = (from, chain, more = {}) => json({ page: 1, origin, stream: 'net', epoch, from, chain: b64u(chain), ...more });
const closing = (token) => json({ head: token });
const text = (...all) => all.map((line) => line + '\n').join('');
const placeholder = (seq, kind, line) => json({ seq, [kind]: b64u(sha256(line)) });
const chains = chainOf(lines);
const headAt = (seq, more = {}, by = key) => closing(jws(headHeader(by), headPayload(chains[seq], seq, more), by));
const close3 = headAt(3);
const open0 = opening(0, chains[0]);
const paddedLine = (line, size) => '{' + ' '.repeat(size - line.length) + line.slice(1);
const pageCase = (name, page, from, kinds, more = {}) => ({ name, x: key.x, page, from, last: from + kinds.length, kinds, ...more });
const badPage = (name, page, error = 'malformed-request') => bad(name, { x: key.x, page, error });
const keyLine = json(entry(3, 'key', { jwk: nextKey.jwk }));
const keyLines = [...lines.slice(0, 2), keyLine, json(entry(4, 'proposal', proposal, keep))];
const keyChains = chainOf(keyLines);
const keyHead = (seq, by) => closing(jws(headHeader(by), headPayload(keyChains[seq], seq), by));
const unknownLine = json({ ...entry(2, 'novelty', { anything: [1, { deep: true }] }), extra: 'kept' });
const unknownChains = chainOf([lines[0], unknownLine]);
const withLine = (line) => { const c = chainOf([lines[0], line]); return text(open0, lines[0], line, closing(jws(headHeader(), headPayload(c[2], 2)))); };
const envelope = entry(2, 'proposal', proposal, keep);

write('page', 'Pages (SPEC.md section 8), each line ended by LF, and the key `x` whose signature its head carries. `kinds` lists the lines; `nonsense` is an entry whose envelope cannot be read, which is kept and not shown (9.3). `error` is `malformed-request`, `too-large`, `chain-broken` (the chain does not lead to the head) or `signature-invalid`. `page_hex` stands for `page` where it is not text.', 'ours', [
  pageCase('a whole stream', text(open0, ...lines, close3), 0, ['entry', 'entry', 'entry']),
  pageCase('the end of a stream', text(opening(2, chains[2]), lines[2], close3), 2, ['entry']),
  pageCase('white space in opening and closing', text(json(JSON.parse(open0), null, 1).replaceAll('\n', ' '), ...lines, json(JSON.parse(close3), null, 2).replaceAll('\n', '\t')), 0, ['entry', 'entry', 'entry'], { rewritten: true }),
  pageCase('an opening of 65536 octets', text(paddedLine(open0, 65536), ...lines, close3), 0, ['entry', 'entry', 'entry'], { rewritten: true }),
  pageCase('nothing new', text(opening(3, chains[3]), close3), 3, []),
  pageCase('an erased line', text(open0, lines[0], placeholder(2, 'erased', lines[1]), lines[2], close3), 0, ['entry', 'erased', 'entry']),
  pageCase('a withheld line', text(open0, lines[0], placeholder(2, 'withheld', lines[1]), lines[2], close3), 0, ['entry', 'withheld', 'entry']),
  pageCase('an unknown type and member', text(open0, lines[0], unknownLine, closing(jws(headHeader(), headPayload(unknownChains[2], 2)))), 0, ['entry', 'entry']),
  pageCase('a line in other spacing', withLine(json(envelope, null, 1).replaceAll('\n', ' ')), 0, ['entry', 'entry']),
  pageCase('a body that is nonsense', withLine(json({ ...envelope, body: {} })), 0, ['entry', 'entry']),
  ...['type', 'id', 'rev', 'at', 'salt', 'body'].map((name) => pageCase(`an entry without ${name}`, withLine(json(without(envelope, name))), 0, ['entry', 'nonsense'])),
  ...Object.entries({ type: 'Novelty', id: 'x', rev: 0, at: 'today', salt: '', keep_until: null, body: [] })
    .map(([name, value]) => pageCase(`an entry with a nonsense ${name}`, withLine(json({ ...envelope, [name]: value })), 0, ['entry', 'nonsense'])),
  pageCase('a key entry at the end, under the old key', text(open0, ...keyLines.slice(0, 3), keyHead(3, key)), 0, ['entry', 'entry', 'entry'], { next_x: nextKey.x }),
  pageCase('after a key entry, under the new key', text(opening(3, keyChains[3]), keyLines[3], keyHead(4, nextKey)), 3, ['entry'], { x: nextKey.x }),
  pageCase('nothing new after a key entry, under the new key', text(opening(3, keyChains[3]), keyHead(3, nextKey)), 3, [], { x: nextKey.x }),
  pageCase('two pages, of which the first is read', text(open0, lines[0], headAt(1)) + text(opening(1, chains[1]), ...lines.slice(1), close3), 0, ['entry'], { more: true }),
  badPage('nothing', ''),
  badPage('no closing line', text(open0, ...lines)),
  badPage('no opening line', text(...lines, close3)),
  badPage('the last LF is missing', text(open0, ...lines, close3).slice(0, -1)),
  badPage('CR LF', text(open0, ...lines, close3).replaceAll('\n', '\r\n')),
  badPage('an empty line', text(open0, lines[0], '', ...lines.slice(1), close3)),
  badPage('white space before a line', text(open0, ' ' + lines[0], ...lines.slice(1), close3)),
  badPage('a key entry in the middle, under the new key', text(open0, ...keyLines, keyHead(4, nextKey))),
  badPage('a key entry in the middle, under the old key', text(open0, ...keyLines, keyHead(4, key))),
  badPage('page 2', text(opening(0, chains[0], { page: 2 }), ...lines, close3)),
  badPage('an unknown member in the opening', text(opening(0, chains[0], { note: 'x' }), ...lines, close3)),
  badPage('an unknown member in the closing', text(open0, ...lines, json({ head: goodHead, note: 'x' }))),
  badPage('an unknown member in a placeholder', text(open0, lines[0], json({ seq: 2, erased: b64u(sha256(lines[1])), note: 'x' }), lines[2], close3)),
  badPage('a placeholder that is both', text(open0, lines[0], json({ seq: 2, erased: b64u(sha256(lines[1])), withheld: b64u(sha256(lines[1])) }), lines[2], close3)),
  badPage('a placeholder without a digest', text(open0, lines[0], json({ seq: 2, erased: null }), lines[2], close3)),
  badPage('an entry with a member erased', withLine(json({ ...envelope, erased: b64u(sha256('x')) }))),
  badPage('CR in the opening', text(open0.replace(',', ',\r'), ...lines, close3)),
  badPage('CR in the closing', text(open0, ...lines, close3.replace(':', ':\r'))),
  badPage('white space before the opening', text(' ' + open0, ...lines, close3)),
  badPage('white space behind the closing', text(open0, ...lines, close3 + ' ')),
  badPage('an opening of 65537 octets', text(paddedLine(open0, 65537), ...lines, close3), 'too-large'),
  badPage('a closing of 65537 octets', text(open0, ...lines, paddedLine(close3, 65537)), 'too-large'),
  badPage('a number left out', text(open0, lines[0], lines[2], close3)),
  badPage('a number twice', text(open0, lines[0], lines[0], lines[1], lines[2], close3)),
  badPage('two lines in another order', text(open0, lines[0], lines[2], lines[1], close3)),
  badPage('an epoch without its epoch entry', (() => { const l = json(entry(1, 'proposal', proposal, keep)); return text(open0, l, closing(jws(headHeader(), headPayload(chainOf([l])[1], 1)))); })()),
  badPage('an erased epoch entry', text(open0, placeholder(1, 'erased', lines[0]), ...lines.slice(1), close3)),
  badPage('an empty page at number 0', text(open0, closing(jws(headHeader(), headPayload(chains[0], 0))))),
  badPage('the head of another number', text(open0, ...lines.slice(0, 2), close3)),
  badPage('the head of another stream', text(open0, ...lines, headAt(3, { stream: 'to/a.example' }))),
  badPage('the head of another epoch', text(open0, ...lines, headAt(3, { epoch: epoch + 1 }))),
  badPage('the head of another origin', text(open0, ...lines, headAt(3, { iss: 'metz.example' }))),
  badPage('an entry without seq', withLine(json(without(envelope, 'seq')))),
  badPage('an entry whose seq is a text', withLine(json({ ...envelope, seq: '2' }))),
  badPage('an epoch entry without a salt', (() => { const l = json(without(entry(1, 'epoch', {}), 'salt')); return text(open0, l, closing(jws(headHeader(), headPayload(chainOf([l])[1], 1)))); })()),
  badPage('a line of 65537 octets', withLine(json({ ...envelope, body: { text: 'x'.repeat(65537 - json({ ...envelope, body: { text: '' } }).length) } })), 'too-large'),
  badPage('another beginning', text(opening(0, chains[1]), ...lines, close3), 'chain-broken'),
  badPage('another chain in the middle', text(opening(2, chains[1]), lines[2], close3), 'chain-broken'),
  badPage('a changed line', text(open0, lines[0], lines[1].replace('Umzug', 'umzug'), lines[2], close3), 'chain-broken'),
  badPage('a line in which only a space was added', text(open0, lines[0], lines[1].replace('{', '{ '), lines[2], close3), 'chain-broken'),
  badPage('a placeholder with another digest', text(open0, lines[0], placeholder(2, 'erased', lines[2]), lines[2], close3), 'chain-broken'),
  badPage('nothing new, with another chain', text(opening(3, chains[2]), close3), 'chain-broken'),
  badPage('a head written with an escape', text(open0, ...lines, close3.replace('"ey', '"\\u0065y'))),
  ...Object.entries({
    'in the opening': text(open0.replace('"from":0', '"from":0\0'), ...lines, close3), 'in an entry': withLine(json(envelope).replace('"rev":1', '"rev":1\0')),
    'in a placeholder': text(open0, lines[0], placeholder(2, 'erased', lines[1]).replace('"seq":2', '"seq":2\0'), lines[2], close3),
    'in the closing': text(open0, ...lines, close3.replace('}', '\0}')),
  }).map(([name, page]) => bad(`a zero octet ${name}`, { x: key.x, page_hex: hex(page), error: 'malformed-request' })),
  badPage('signed by a stranger', text(open0, ...lines, headAt(3, {}, strangerKey)), 'signature-invalid'),
]);

// Entries

const good = (name, e) => ({ name, line: typeof e === 'string' ? e : json(e) });
const nonsense = (name, e) => ({ name, line: json(e), nonsense: true });
const badEntry = (name, line) => bad(name, { line: typeof line === 'string' ? line : json(line) });
const withBodyChange = (type, base, more) => (change) => entry(2, type, { ...base, ...change }, more);
const aProposal = withBodyChange('proposal', proposal, keep);
const forward = { origin: 'arnhem.example', object: uuid(9), object_type: 'proposal' };
const response = { ...forward, response: 'declined', reason: 'Kein Fahrzeug frei.' };
const aForward = withBodyChange('forward', { ...forward, note: 'Könnt ihr helfen?' }, keep);
const aResponse = withBodyChange('response', response, keep);
const cell = { category: 'goods', state: null, measure: 'matches', value: 12, status: 'F' };
const aReport = (change, cellChange = {}) => entry(2, 'report', { period: '2026-Q4', cells: [{ ...cell, ...cellChange }], ...change });
const member = { authority: 'arnhem.example', jwk: nextKey.jwk, role: 'city', state: 'active', name: 'Arnhem', country: 'NL' };
const aMember = withBodyChange('member', member);
const previous = { epoch: 1780000000, seq: 40, chain: b64u(sha256('previous')) };
const minimal = entry(1, 'novelty', {});
const padded = (size) => { const e = entry(1, 'novelty', { text: '' }); return json({ ...e, body: { text: 'x'.repeat(size - json(e).length) } }); };

write('entry', 'Entries (SPEC.md sections 6.2 and 11): `line` (`line_hex` where it is not text) is the exact line, without LF. `"valid": false`: not an entry. `"nonsense": true`: an entry whose body, or keep_until, is not as its type says: kept and not shown (9.3).', 'ours', [
  good('an unknown type', minimal),
  good('an unknown member', { ...minimal, note: [1, 2] }),
  good('an unknown member in a body', aProposal({ colour: 'blue' })),
  good('white space inside', json(minimal, null, 1).replaceAll('\n', ' ')),
  good('an unknown type with keep_until', { ...minimal, ...keep }),
  good('65536 octets', padded(65536)),
  good('a leap day', { ...minimal, at: '2028-02-29T23:59:59Z' }),
  good('the largest number', { ...minimal, seq: 9007199254740991 }),
  good('a proposal', aProposal({})),
  good('a proposal with nothing optional', aProposal({ month: undefined, help: [{ category: 'goods' }], municipality: { name: 'Metz' } })),
  good('a proposal in a coarser region', aProposal({ municipality: { name: 'Regionalverband Saarbrücken', scheme: 'NUTS', code: 'DEC01' } })),
  good('an unknown category, band and state', aProposal({ help: [{ category: 'time', quantity: 'lots' }], state: 'dreaming' })),
  good('a title of 200 characters beyond ASCII', aProposal({ title: 'ü'.repeat(200) })),
  good('a text of 4000 characters', aProposal({ text: '😀'.repeat(4000) })),
  good('a title with joiners that are not seen', aProposal({ title: 'Auf\u200clage \u{1f469}\u200d\u{1f527} \u200b' })),
  good('a title that is not normalised', aProposal({ title: 'Saarbru\u0308cken' })),
  good('an erase of numbers of another epoch, known or not', entry(2, 'erase', { entries: ['1789999999.9007199254740991'] })),
  good('an offer', entry(2, 'offer', { ...proposal, state: 'available' }, keep)),
  good('a forward', aForward({})),
  good('a forward without a note', aForward({ note: undefined })),
  good('a response', aResponse({})),
  good('a response without a reason', aResponse({ response: 'taken_up', reason: undefined, forward: uuid(8) })),
  good('a report', aReport({})),
  good('a suppressed cell', aReport({}, { value: null, status: 'A' })),
  good('a yearly report without cells', aReport({ period: '2026', cells: [] })),
  good('an erase', entry(2, 'erase', { entries: ['1.1', `${epoch}.2`] })),
  good('an erase of 1000', entry(2, 'erase', { entries: Array.from({ length: 1000 }, (_, i) => `1.${i + 1}`) })),
  good('a key', entry(2, 'key', { jwk: nextKey.jwk })),
  good('a member', aMember({})),
  good('the first epoch', epochEntry()),
  good('a later epoch', epochEntry(key.jwk, previous)),
  good('keep_until 366 days later', { ...aProposal({}), keep_until: '2027-11-02T09:00:00Z' }),

  badEntry('nothing', ''), badEntry('an array', '[]'), badEntry('an empty object', '{}'),
  badEntry('white space around', ` ${json(minimal)}`), badEntry('LF inside', json(minimal, null, 1)), badEntry('CR inside', json(minimal).replace(',', ',\r')),
  badEntry('65537 octets', padded(65537)),
  ...Object.keys(minimal).map((name) => badEntry(`no ${name}`, without(minimal, name))),
  badEntry('number 0', { ...minimal, seq: 0 }), badEntry('a number beyond 2^53 - 1', json(minimal).replace('"seq":1', '"seq":9007199254740992')),
  badEntry('a number as text', { ...minimal, seq: '1' }), badEntry('rev 0', { ...minimal, rev: 0 }),
  badEntry('an empty type', { ...minimal, type: '' }), badEntry('a type of 33 characters', { ...minimal, type: 'a'.repeat(33) }),
  badEntry('a type in upper case', { ...minimal, type: 'Novelty' }), badEntry('a type with a hyphen', { ...minimal, type: 'no-velty' }),
  badEntry('a UUID in upper case', { ...minimal, id: uuid(1).replaceAll('0', 'A').replace('-4AAA-8', '-4AAA-8') }),
  badEntry('a UUID of version 1', { ...minimal, id: '00000000-0000-1000-8000-000000000001' }),
  badEntry('a UUID of another variant', { ...minimal, id: '00000000-0000-4000-c000-000000000001' }),
  badEntry('a UUID without hyphens', { ...minimal, id: uuid(1).replaceAll('-', '') }),
  badEntry('a UUID in braces', { ...minimal, id: `{${uuid(1)}}` }),
  badEntry('a time with an offset', { ...minimal, at: '2026-11-01T09:00:00+01:00' }),
  badEntry('a time with a fraction', { ...minimal, at: '2026-11-01T09:00:00.0Z' }),
  badEntry('a time in lower case', { ...minimal, at: '2026-11-01t09:00:00z' }),
  badEntry('30 February', { ...minimal, at: '2026-02-30T09:00:00Z' }),
  badEntry('29 February of a common year', { ...minimal, at: '2026-02-29T09:00:00Z' }),
  badEntry('29 February 2100', { ...minimal, at: '2100-02-29T09:00:00Z' }),
  badEntry('month 13', { ...minimal, at: '2026-13-01T09:00:00Z' }), badEntry('hour 24', { ...minimal, at: '2026-11-01T24:00:00Z' }),
  badEntry('a leap second', { ...minimal, at: '2016-12-31T23:59:60Z' }), badEntry('before 1970', { ...minimal, at: '1969-12-31T23:59:59Z' }),
  badEntry('a salt of 15 octets', { ...minimal, salt: b64u(Buffer.alloc(15)) }), badEntry('a salt with padding', { ...minimal, salt: salt(1) + '==' }),
  badEntry('a body that is no object', { ...minimal, body: [] }), badEntry('a body that is null', { ...minimal, body: null }),
  badEntry('keep_until that is no time', { ...minimal, keep_until: '2027' }), badEntry('keep_until null', { ...minimal, keep_until: null }),
  badEntry('a member erased', { ...minimal, erased: 'x' }), badEntry('a member withheld', { ...minimal, withheld: null }),
  badEntry('a fraction in the body', json(minimal).replace('"body":{}', '"body":{"a":1.5}')),
  bad('a zero octet after a number', { line_hex: hex(json(minimal).replace('"rev":1', '"rev":1\0')) }),
  bad('a zero octet after a number in the body', { line_hex: hex(json(minimal).replace('"body":{}', '"body":{"a":1\0}')) }),
  badEntry('a duplicate member', json(minimal).replace('{', '{"seq":1,')),

  nonsense('a proposal without keep_until', without(aProposal({}), 'keep_until')),
  nonsense('an erase with keep_until', { ...entry(2, 'erase', { entries: ['1.1'] }), ...keep }),
  nonsense('keep_until 366 days and a second later', { ...aProposal({}), keep_until: '2027-11-02T09:00:01Z' }),
  nonsense('keep_until before at', { ...aProposal({}), keep_until: '2026-11-01T08:59:59Z' }),
  ...['title', 'text', 'language', 'help', 'municipality', 'state'].map((name) => nonsense(`a proposal without ${name}`, aProposal({ [name]: undefined }))),
  nonsense('an empty title', aProposal({ title: '' })), nonsense('a title of 201 characters', aProposal({ title: 'ü'.repeat(201) })),
  nonsense('a text of 4001 characters', aProposal({ text: 'x'.repeat(4001) })), nonsense('a title that is no text', aProposal({ title: 1 })),
  nonsense('a language in upper case', aProposal({ language: 'DE' })), nonsense('a language of three letters', aProposal({ language: 'deu' })),
  nonsense('no help', aProposal({ help: [] })), nonsense('eight kinds of help', aProposal({ help: Array.from({ length: 8 }, (_, i) => ({ category: `c${i}` })) })),
  nonsense('a category twice', aProposal({ help: [{ category: 'goods' }, { category: 'goods', quantity: '1' }] })),
  nonsense('help without a category', aProposal({ help: [{ quantity: '1' }] })), nonsense('help that is no object', aProposal({ help: ['goods'] })),
  nonsense('a quantity as a number', aProposal({ help: [{ category: 'goods', quantity: 1 }] })),
  nonsense('a code without a scheme', aProposal({ municipality: { name: 'Metz', code: '57463' } })),
  nonsense('a scheme without a code', aProposal({ municipality: { name: 'Metz', scheme: 'FR-INSEE' } })),
  nonsense('a scheme in lower case', aProposal({ municipality: { name: 'Metz', scheme: 'fr-insee', code: '57463' } })),
  nonsense('a scheme of 17 characters', aProposal({ municipality: { name: 'Metz', scheme: 'A'.repeat(17), code: '57463' } })),
  nonsense('a municipality of 121 characters', aProposal({ municipality: { name: 'x'.repeat(121) } })),
  nonsense('month 00', aProposal({ month: '2027-00' })), nonsense('a month with a day', aProposal({ month: '2027-03-01' })), nonsense('month null', aProposal({ month: null })),
  nonsense('a forward of something else', aForward({ object_type: 'match' })), nonsense('a forward of no UUID', aForward({ object: 'x' })),
  nonsense('a forward from no authority', aForward({ origin: 'Arnhem' })), nonsense('an empty note', aForward({ note: '' })), nonsense('an isolate in a note', aForward({ note: '\u2067x\u2069' })),
  nonsense('a note of 1001 characters', aForward({ note: 'x'.repeat(1001) })),
  nonsense('declined without a reason', aResponse({ reason: undefined })), nonsense('handed back without a reason', aResponse({ response: 'handed_back', reason: undefined })),
  nonsense('an unknown response', aResponse({ response: 'maybe' })), nonsense('a response to no UUID', aResponse({ forward: 'x' })),
  nonsense('a suppressed cell with a value', aReport({}, { status: 'A' })), nonsense('a free cell without a value', aReport({}, { value: null })),
  nonsense('a negative value', aReport({}, { value: -1 })), nonsense('an unknown measure', aReport({}, { measure: 'smiles' })), nonsense('an unknown status', aReport({}, { status: 'X', value: null })),
  nonsense('quarter 5', aReport({ period: '2026-Q5' })), nonsense('a month as the period', aReport({ period: '2026-11' })),
  nonsense('501 cells', aReport({ cells: Array.from({ length: 501 }, () => cell) })), nonsense('a cell without a category', aReport({ cells: [without(cell, 'category')] })),
  nonsense('an erase of nothing', entry(2, 'erase', { entries: [] })), nonsense('an erase of 1001', entry(2, 'erase', { entries: Array.from({ length: 1001 }, (_, i) => `1.${i + 1}`) })),
  nonsense('an erase of no cursor', entry(2, 'erase', { entries: ['1'] })), nonsense('an erase of a number', entry(2, 'erase', { entries: [1] })), nonsense('an erase of number 0', entry(2, 'erase', { entries: ['1.0'] })),
  nonsense('an erase in epoch 0', entry(2, 'erase', { entries: ['0.1'] })),
  ...offTheCurve.slice(0, 1).map((raw) => ({ crv: 'Ed25519', kty: 'OKP', x: b64u(raw) })).flatMap((jwk) => [
    nonsense('a key that is no point', entry(2, 'key', { jwk })), nonsense('a member whose key is no point', aMember({ jwk })), nonsense('an epoch whose key is no point', epochEntry(jwk)),
  ]),
  nonsense('a key that is private', entry(2, 'key', { jwk: { ...nextKey.jwk, d: b64u(nextKey.seed) } })), nonsense('no key', entry(2, 'key', {})),
  nonsense('a member of an unknown role', aMember({ role: 'village' })), nonsense('a member in an unknown state', aMember({ state: 'asleep' })),
  nonsense('a country in lower case', aMember({ country: 'nl' })), nonsense('a name of 81 characters', aMember({ name: 'x'.repeat(81) })), nonsense('a name that turns direction', aMember({ name: 'Arnhem \u202e' })), nonsense('a member without a key', aMember({ jwk: undefined })),
  nonsense('an epoch without previous', entry(1, 'epoch', { jwk: key.jwk })), nonsense('previous without a chain', epochEntry(key.jwk, without(previous, 'chain'))),
  nonsense('previous epoch 0', epochEntry(key.jwk, { ...previous, epoch: 0 })), nonsense('an epoch without a key', entry(1, 'epoch', { previous: null })),
]);

// What the RFCs print must be what this script computes; else nothing it writes is worth anything.
const facts = [
  [rfc8037.x, '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'], [rfc8037.id, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'],
  [b64u(sha256(json(rsa))), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'], [rfc9421.x, 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs'],
];
for (const [computed, printed] of facts) {
  if (computed !== printed) throw new Error(`an RFC says ${printed}, computed is ${computed}`);
}
