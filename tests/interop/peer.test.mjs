/** The foreign node against itself: what it says on the wire, it also understands, and what is wrong it refuses. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { before, describe, test } from 'node:test';
import {
  ForeignNode, Network, b64u, backoff, befriend, buildPage, chainLink, chainStart, composeEntry, contentDigest, digestOf,
  digestMatches, entryFault, epochBody, fingerprint, formatTime, generateKey, headPayload, headVerifies, isAuthority, makeClock, makeTls,
  parseAnswer, parseCursor, parseProfile, parseSignature, parseTime, placeholder, readHead, readJwk, sameFingerprint, sha256,
  signHead, signRequest, thumbprintByHand, u16, u64, unb64u, until,
} from './peer/index.mjs';

const HOSTS = ['arnhem.test', 'trier.test', 'metz.test', 'office.test', 'localhost', '127.0.0.1'];
let tls;
before(async () => {
  tls = await makeTls(HOSTS);
});

/** Runs with a network of its own that is gone afterwards, and in which nothing went wrong unseen. */
async function withNetwork(work) {
  const network = new Network(tls);
  try {
    await work(network);
    for (const node of network.nodes.values()) assert.deepEqual(node.errors, []);
  } finally {
    await network.stop();
  }
}

/** Two towns that know each other, on one standing clock. */
function withPair(work, options = {}) {
  return withNetwork(async (network) => {
    const clock = makeClock();
    const a = await network.add('arnhem.test', { clock, country: 'NL', ...options });
    const b = await network.add('trier.test', { clock, ...options });
    await befriend(a, b);
    await work({ a, b, clock, network });
  });
}

const proposal = (title = 'Ein Saal') => ({
  title, text: 'Für 40 Menschen\nam Abend', language: 'de', help: [{ category: 'space', quantity: '1' }],
  municipality: { name: 'Trier', scheme: 'DE-AGS', code: '07211000' }, state: 'submitted',
});

const propose = (node, title, options = {}) => node.append('proposal', randomUUID(), 1, proposal(title), {
  keepUntil: node.seconds() + 86400, ...options,
});

const titles = (node, origin) => (node.received.get(origin) ?? [])
  .filter((r) => r.kind === 'entry' && r.type === 'proposal').map((r) => r.entry.body.title);

const refuses = (fn, slug) => assert.throws(fn, (error) => error.slug === slug || assert.fail(`${error.slug ?? error} is not ${slug}`));
const PAGES = '/federation/v1/pages?net=0.0';

describe('notation, names and keys', () => {
  test('base64url is strict', () => {
    for (const text of ['AA==', 'AB', 'A', 'A A', 'AA\n', '+/', 'AAA=']) refuses(() => unb64u(text), 'bad-base64url');
    assert.deepEqual([...unb64u('AA')], [0]);
    assert.equal(b64u(Buffer.from([255, 254])), '__4');
  });

  test('the JSON profile', () => {
    const good = { '{}': {}, ' {"a":[1,-0,{"b":null}]}\n': { a: [1, 0, { b: null }] }, '{"a":"\\ud83d\\ude00"}': { a: '😀' } };
    for (const [text, value] of Object.entries(good)) assert.deepEqual(parseProfile(text), value);
    const deep = (n) => `${'{"a":'.repeat(n - 1)}{}${'}'.repeat(n - 1)}`;
    assert.ok(parseProfile(deep(16)));
    const bad = ['[]', '1', '', '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"a":1.0}', '{"a":1e3}', '{"a":9007199254740992}', '{"a":01}',
      '{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":"\\ude00\\ud83d"}', deep(17), '{}{}', '{"a":1,}', '\uFEFF{}', '{"a":"\n"}', '{"a":"\\x"}',
      '{a:1}', '{"a":+1}', '{"a":NaN}', '{"a":[1,]}', '{"a"'];
    for (const text of bad) refuses(() => parseProfile(text), 'bad-json');
    refuses(() => parseProfile(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 'bad-json');
    const hostile = parseProfile('{"__proto__":{"x":1}}');
    assert.ok(Object.hasOwn(hostile, '__proto__'));
    assert.equal(hostile.x, undefined);
  });

  test('times and cursors', () => {
    assert.equal(parseTime('2026-02-28T23:59:59Z'), Date.UTC(2026, 1, 28, 23, 59, 59) / 1000);
    for (const text of ['2026-02-30T00:00:00Z', '2026-02-28T24:00:00Z', '2026-02-28T00:00:00.0Z', '2026-02-28T00:00:00+00:00']) {
      assert.equal(parseTime(text), null);
    }
    assert.deepEqual(parseCursor('1790000000.17'), { epoch: 1790000000, seq: 17 });
    for (const text of ['', '1', '01.2', '1.02', '1.2.3', '-1.2', '9999999999999999.1', '1.12345678901234567']) {
      refuses(() => parseCursor(text), 'malformed-request');
    }
  });

  test('authorities', () => {
    for (const good of [`${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(8), 'arnhem.example', 'a', 'xn--saarbrcken-feb.example:8443', '192.0.2.1', '192.0.2.1:1', 'a.b-c.d']) assert.ok(isAuthority(good), good);
    for (const bad of ['', 'A.example', 'a.example.', 'a.example:443', 'a.example:0', 'a.example:080', 'a.example:65536', 'u@a.example',
      '[::1]', '-a.example', 'a-.example', 'a..b', 'a_b.example', '1.2.3', '256.1.1.1', '01.2.3.4', `${'a'.repeat(64)}.example`, 'a b', 'a/',
      `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(9)]) {
      assert.ok(!isAuthority(bad), bad);
    }
  });

  test('keys: thumbprint of RFC 7638 and 8037, small order, foreign members', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    const key = await readJwk({ ...jwk, kid: 'whatever', alg: 'EdDSA', use: 'sig' });
    assert.equal(key.kid, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
    assert.equal(key.kid, thumbprintByHand(jwk.x));
    assert.deepEqual(key.jwk, jwk);
    for (const extra of [{ d: 'AA' }, { ext: true }, { alg: 'ES256' }, { use: 'enc' }]) await assert.rejects(readJwk({ ...jwk, ...extra }), /bad-jwk/);
    const small = ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`, `ed${'ff'.repeat(30)}7f`, `00${'00'.repeat(30)}80`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'];
    for (const hex of small) await assert.rejects(readJwk({ ...jwk, x: b64u(Buffer.from(hex, 'hex')) }), /bad-jwk/, hex);
    for (let i = 0; i < 3; i++) assert.ok(await generateKey());
  });

  test('fingerprints', async () => {
    const key = await generateKey();
    const text = fingerprint(key);
    assert.match(text, /^(\d{5} ){5}\d{5}$/);
    const t = unb64u(key.kid);
    assert.equal(text.slice(0, 5), String(Number(BigInt(`0x${t.subarray(0, 5).toString('hex')}`) % 100000n)).padStart(5, '0'));
    assert.ok(sameFingerprint(text, text.replaceAll(' ', '')));
  });

  test('the chain, by hand', () => {
    const start = sha256(Buffer.concat([Buffer.from('herausforderung/1 chain\0'), u16(1), Buffer.from('a'), u16(3), Buffer.from('net'), u64(7)]));
    assert.ok(start.equals(chainStart('a', 'net', 7)));
    const digest = digestOf('{}');
    assert.ok(chainLink(start, 1, digest).equals(sha256(Buffer.concat([Buffer.from('herausforderung/1 link\0'), start, u64(1), digest]))));
  });
});

describe('heads, entries, pages', () => {
  test('heads', async () => {
    const key = await generateKey();
    const payload = headPayload('arnhem.test', 'net', 1, 1, sha256('x'), 5);
    const jws = await signHead(key, { ...payload, more: true });
    const head = readHead(jws);
    assert.deepEqual(head.payload, payload);
    assert.ok(await headVerifies(head, key));
    assert.ok(!await headVerifies(head, await generateKey()));
    for (const header of [{ alg: 'EdDSA' }, { typ: 'JWT' }, { jwk: key.jwk }, { kid: 'x' }, { typ: undefined }]) {
      refuses(() => readHead(rewriteHeader(jws, header)), 'bad-head');
    }
    for (const change of [{ seq: 0 }, { epoch: '1' }, { chain: 'AA' }, { iss: 'X' }, { stream: 'to/' }, { iat: -1 }]) {
      const wrong = await signHead(key, { ...payload, ...change });
      refuses(() => readHead(wrong), 'bad-head');
    }
    refuses(() => readHead(`${jws}=`), 'bad-head');
    refuses(() => readHead(`${jws}.x`), 'bad-head');
    const [h, , s] = jws.split('.');
    assert.ok(!await headVerifies(readHead(`${h}.${b64u(Buffer.from(JSON.stringify({ ...payload, seq: 2 })))}.${s}`), key));
  });

  function rewriteHeader(jws, change) {
    const [header, ...rest] = jws.split('.');
    const value = { ...JSON.parse(Buffer.from(header, 'base64url')), ...change };
    return [b64u(Buffer.from(JSON.stringify(value))), ...rest].join('.');
  }

  test('entries: envelope and bodies', async () => {
    const at = 1_790_000_000;
    const make = (over) => ({ ...JSON.parse(composeEntry(1, { type: 'proposal', id: randomUUID(), rev: 1, at, keepUntil: at + 60, body: proposal() })), ...over });
    assert.equal(await entryFault(make({})), null);
    assert.equal(await entryFault(make({ more: 1 })), null);
    const faults = { rev: 0, id: 'x', at: 'now', salt: 'AA', keep_until: formatTime(at + 367 * 86400), type: 'Proposal', body: [] };
    for (const [member, value] of Object.entries(faults)) assert.equal(await entryFault(make({ [member]: value })), member);
    assert.equal(await entryFault(make({ keep_until: formatTime(at) })), 'keep_until');
    const body = async (change) => entryFault(make({ body: { ...proposal(), ...change } }));
    assert.equal(await body({ help: [{ category: 'moon' }], state: 'new-state', extra: 1 }), null);
    assert.equal(await body({ title: 'x'.repeat(201) }), 'title');
    assert.equal(await body({ title: '😀'.repeat(200) }), null);
    assert.equal(await body({ help: [{ category: 'space' }, { category: 'space' }] }), 'help');
    assert.equal(await body({ municipality: { name: 'x', code: '1' } }), 'municipality');
    assert.equal(await body({ month: '2026-13' }), 'month');
    assert.equal(await entryFault(make({ type: 'constructor', keep_until: undefined })), null);
    assert.equal(await entryFault(make({ type: 'material' })), null);
    assert.equal(await entryFault(make({ type: 'erase', body: { entries: ['1.2'] } })), 'keep_until');
    const without = async (type, b) => {
      const { keep_until: _, ...entry } = make({ type, body: b });
      return entryFault(entry);
    };
    assert.equal(await without('erase', { entries: ['1.2'] }), null);
    assert.equal(await without('erase', { entries: [] }), 'entries');
    assert.equal(await without('report', { period: '2026-Q1', cells: [{ category: null, state: null, measure: 'hours', value: null, status: 'A' }] }), null);
    assert.equal(await without('report', { period: '2026-Q5', cells: [] }), 'period');
    const response = { origin: 'a.test', object: randomUUID(), object_type: 'offer', response: 'declined' };
    assert.equal(await entryFault(make({ type: 'response', body: response })), 'reason');
    assert.equal(await entryFault(make({ type: 'response', body: { ...response, reason: 'weil' } })), null);
  });

  test('pages: form', async () => {
    const key = await generateKey();
    const chain0 = chainStart('a.test', 'net', 1);
    const line = composeEntry(1, { type: 'epoch', id: randomUUID(), rev: 1, at: 1, body: epochBody(null, key) });
    const chain1 = chainLink(chain0, 1, digestOf(line));
    const head = await signHead(key, headPayload('a.test', 'net', 1, 1, chain1, 1));
    const parts = { origin: 'a.test', stream: 'net', epoch: 1, from: 0, chain: chain0, lines: [line], head };
    const text = buildPage(parts);
    const [page] = parseAnswer(Buffer.from(text));
    assert.equal(page.to, 1);
    assert.equal(page.text, text);
    assert.equal(parseAnswer(Buffer.from(text + text)).length, 2);
    assert.deepEqual(parseAnswer(Buffer.alloc(0)), []);
    assert.equal(parseAnswer(Buffer.from(buildPage({ ...parts, lines: [placeholder(1, digestOf(line), 'erased')] })))[0].lines[0].kind, 'erased');
    const bad = [
      text.slice(0, -1), text.replace('\n', '\r\n'), text.split('\n').slice(0, 2).join('\n') + '\n', `x${text}`,
      buildPage({ ...parts, opening: { page: 2 } }), buildPage({ ...parts, opening: { more: 1 } }), buildPage({ ...parts, closing: { more: 1 } }),
      buildPage({ ...parts, from: 1 }), buildPage({ ...parts, epoch: 2 }), buildPage({ ...parts, lines: [] }), buildPage({ ...parts, lines: [line, line] }),
      buildPage({ ...parts, lines: [line.replace('"rev":1', '"rev":2')] }), buildPage({ ...parts, lines: [` ${line}`] }),
      buildPage({ ...parts, lines: [placeholder(1, sha256('y'), 'erased')] }), buildPage({ ...parts, lines: [line.replace('{', '{"erased":"x",')] }),
      buildPage({ ...parts, chain: sha256('x') }), buildPage({ ...parts, origin: 'b.test' }),
    ];
    for (const wrong of bad) refuses(() => parseAnswer(Buffer.from(wrong)), 'bad-page');
  });
});

describe('signed requests', () => {
  test('discovery is unsigned and complete', () => withPair(async ({ a, b }) => {
    const { document, keys } = await b.discover('arnhem.test');
    assert.deepEqual(Object.keys(document).sort(), ['areas', 'authority', 'country', 'jwks', 'latitude_e6', 'limits', 'longitude_e6',
      'mailbox', 'name', 'role', 'versions']);
    assert.equal(keys[0].kid, a.key.kid);
    assert.deepEqual(document.limits, { entry: 65536, answer: 1048576, body: 65536, hint: 1024 });
  }));

  test('a good request, in every serialisation', () => withPair(async ({ a, b }) => {
    const good = [
      {}, { label: 'sig-1.x*' }, { components: ['@query', '@path', '@authority', '@method'] },
      { order: ['tag', 'alg', 'keyid', 'nonce', 'expires', 'created'] },
      { inputText: (t) => t.replaceAll(';', ';  ') }, { inputText: (t) => `  ${t.replace('("', '(  "').replace('" "', '"   "')}  ` },
      { signatureText: (t) => ` ${t} ` }, { inputText: (t) => t.replace('created=', 'created=0') },
      { parameters: { expires: a.seconds() + 120 } }, { parameters: { created: a.seconds() + 60 } },
      { parameters: { created: a.seconds() - 180, expires: a.seconds() - 60 } },
      { headers: { host: 'elsewhere.example' } },
    ];
    for (const overrides of good) {
      const { status } = await b.request('arnhem.test', { target: PAGES }, overrides);
      assert.equal(status, 200, JSON.stringify(Object.keys(overrides)) + JSON.stringify(a.requests.at(-1)));
    }
    assert.deepEqual(a.requests.slice(-1).map((r) => [r.verdict, r.peer, r.method]), [['ok', 'trier.test', 'GET']]);
  }));

  test('signatures that are missing or malformed', () => withPair(async ({ a, b }) => {
    const expect = async (slug, overrides, request = { target: PAGES }) => {
      const { status, slug: got, json } = await b.request('arnhem.test', request, overrides);
      assert.equal(got, slug, JSON.stringify(Object.entries(overrides).map(String)));
      assert.equal(status, json.status);
      assert.equal(a.requests.at(-1).verdict, slug);
    };
    await expect('signature-missing', { headers: { signature: undefined } });
    await expect('signature-missing', { headers: { 'signature-input': undefined } });
    const malformed = [
      { omitComponents: ['@query'] }, { extraComponents: ['host'] }, { extraComponents: ['@target-uri'] },
      { components: ['@method', '@authority', '@path', '@path'] }, { components: ['@method', '@authority', '@path', '@query', '@path'] },
      { parameters: { tag: undefined } }, { parameters: { tag: 'other' } }, { parameters: { alg: 'rsa-v1_5-sha256' } }, { parameters: { more: 1 } },
      { parameters: { nonce: 'short' } }, { parameters: { nonce: 'AAECAwQFBgcICQoLDA0ODx' } }, { parameters: { keyid: 'x' } }, { parameters: { nonce: 7 } },
      { parameters: { created: '1790000000' } }, { parameters: { expires: undefined } }, { parameters: { expires: a.seconds() + 121 } },
      { parameters: { expires: a.seconds() } }, { inputText: (t) => t.replace(/created=(\d+)/, 'created=$1.0') },
      { inputText: (t) => t.replace(/;created=\d+/, '$&$&') }, { inputText: (t) => `${t}, other=("@method")` }, { inputText: (t) => t.replace('"@path"', '"@path";req') },
      { inputText: (t) => t.replace('hf=', 'fh=') }, { inputText: (t) => t.slice(0, -1) }, { inputText: () => 'hf=1' }, { inputText: () => '' },
      { signatureText: (t) => `${t}, x=:AA==:` }, { signatureText: (t) => `${t};a=1` }, { signatureText: () => 'hf=:AAAA:' }, { signatureText: () => 'hf="x"' },
    ];
    for (const overrides of malformed) await expect('signature-malformed', overrides);
    const raw = b.sign('arnhem.test', { target: PAGES });
    for (const name of ['signature', 'signature-input']) {
      const twice = { ...raw, headers: { ...raw.headers, [name]: [raw.headers[name], raw.headers[name]] } };
      assert.equal(JSON.parse((await b.send('arnhem.test', twice)).body).type.split('/').at(-1), 'signature-malformed');
    }
    // what is covered must fit whether there is a body
    const hint = { method: 'POST', target: '/federation/v1/hint', body: 'x', contentType: 'application/jose' };
    await expect('signature-malformed', { omitComponents: ['content-digest'] }, hint);
    await expect('signature-malformed', { omitComponents: ['content-type'] }, hint);
    await expect('signature-malformed', { headers: { 'content-digest': undefined } }, hint);
  }));

  test('keys, time, digest, signature, replay: each with its own answer, in order', () => withPair(async ({ a, b, clock }) => {
    const slug = async (overrides, request = { target: PAGES }) => (await b.request('arnhem.test', request, overrides)).slug;
    const stranger = await generateKey();
    assert.equal(await slug({ parameters: { keyid: stranger.kid } }), 'unknown-key');
    assert.equal(await slug({ parameters: { keyid: stranger.kid, created: 5 } }), 'unknown-key');
    for (const created of [clock.now + 61, clock.now - 121]) assert.equal(await slug({ parameters: { created } }), 'skew');
    const { json } = await b.request('arnhem.test', { target: PAGES }, { parameters: { created: 5 } });
    assert.equal(json.server_time, formatTime(clock.now));
    const hint = { method: 'POST', target: '/federation/v1/hint', body: 'x', contentType: 'application/jose' };
    assert.equal(await slug({ contentDigest: contentDigest(Buffer.from('y')) }, hint), 'digest-mismatch');
    assert.equal(await slug({ contentDigest: 'sha-512=:AA==:' }, hint), 'digest-mismatch');
    assert.equal(await slug({ contentDigest: contentDigest(Buffer.from('y')), signWith: stranger }, hint), 'digest-mismatch');
    assert.equal(await slug({ contentDigest: `sha-512=:AA==:, ${contentDigest(Buffer.from('x'))}` }, hint), 'malformed-request');
    const invalid = [{ signWith: stranger }, { values: { '@authority': 'metz.test' } }, { values: { '@path': '/federation/v1/Pages' } },
      { values: { '@query': '?net=1.1' } }, { values: { '@method': 'POST' } }];
    for (const overrides of invalid) assert.equal(await slug(overrides), 'signature-invalid');
    const nonce = 'AAECAwQFBgcICQoLDA0ODw';
    assert.equal(await slug({ parameters: { nonce }, signWith: stranger }), 'signature-invalid');
    assert.equal(await slug({ parameters: { nonce } }), null);
    assert.equal(await slug({ parameters: { nonce } }), 'replayed');
    clock.advance(119);
    assert.equal(await slug({ parameters: { nonce } }), 'replayed');
    clock.advance(2);
    assert.equal(await slug({ parameters: { nonce } }), null);
    assert.ok(digestMatches(['Content-Digest', contentDigest(Buffer.from('x'))], Buffer.from('x')));
    assert.ok(!digestMatches(['Content-Digest', `${contentDigest(Buffer.from('y'))}, ${contentDigest(Buffer.from('x'))}`], Buffer.from('x')));
  }));

  test('a caller signs anew once when its nonce was already seen', () => withPair(async ({ a, b }) => {
    const original = a.server.nonces.remember.bind(a.server.nonces);
    let refuseOnce = true;
    a.server.nonces.remember = (...args) => (refuseOnce ? (refuseOnce = false) : original(...args));
    await b.pull('arnhem.test');
    assert.deepEqual(a.requests.map((r) => r.verdict), ['replayed', 'ok', 'ok']);
  }));

  test('the example of the signature base', () => {
    const overrides = { order: ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'] };
    return generateKey().then((key) => {
      const raw = signRequest({ method: 'GET', authority: 'arnhem.example', target: '/federation/v1/pages?net=1790000000.17', key, now: 1790000100 }, overrides);
      assert.match(raw.headers['signature-input'], /^hf=\("@method" "@authority" "@path" "@query"\);created=1790000100;expires=1790000160;nonce="[\w-]{22}";keyid="[\w-]{43}";alg="ed25519";tag="herausforderung-v1"$/);
      const parsed = parseSignature(Object.entries(raw.headers).flat(), false);
      assert.equal(parsed.keyid, key.kid);
    });
  });

  test('paths, methods, queries, sizes, media types', () => withPair(async ({ a, b }) => {
    const get = async (target) => (await b.request('arnhem.test', { target })).slug;
    assert.equal(await get('/federation/v1/nothing'), 'not-found');
    assert.equal(await get('/federation/v1/join'), 'not-found');
    const wrongMethod = await b.request('arnhem.test', { method: 'DELETE', target: PAGES });
    assert.deepEqual([wrongMethod.slug, wrongMethod.answer.headers.allow], ['method-not-allowed', 'GET']);
    for (const query of ['', '?', '?x=1', '?limit=1', '?net=0.0&net=0.0', '?net=1', '?net=01.1', '?net=0.0&limit=-1', '?net=0.0&limit=01', '?net=0%2E0', '?net=0.0&', '?net=0.0&x=1']) {
      assert.equal(await get(`/federation/v1/pages${query}`), 'malformed-request', query);
    }
    const hint = (over) => b.request('arnhem.test', { method: 'POST', target: '/federation/v1/hint', body: 'x', contentType: 'application/jose', ...over });
    assert.equal((await hint({ body: 'x'.repeat(1025) })).slug, 'too-large');
    assert.equal((await hint({ contentType: 'application/json' })).slug, 'unsupported-media-type');
    assert.equal((await hint({})).slug, 'malformed-request');
    assert.equal((await hint({ contentType: 'Application/JOSE; charset=x' })).slug, 'malformed-request');
    const raw = b.sign('arnhem.test', { method: 'POST', target: '/federation/v1/hint', body: 'x', contentType: 'application/jose' },
      { headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } });
    assert.equal((await b.send('arnhem.test', raw)).status, 411);
    const theirs = await a.own.head('net');
    assert.equal((await hint({ body: theirs.replace(/.$/, (c) => (c === 'A' ? 'E' : 'A')) })).slug, 'malformed-request');
  }));

  test('a body that never comes is a slow request', () => withPair(async ({ a, b }) => {
    const raw = b.sign('arnhem.test', { method: 'POST', target: '/federation/v1/hint', body: 'xx', contentType: 'application/jose' });
    const answer = await b.sendBytes('arnhem.test', ForeignNode.wireText('arnhem.test', { ...raw, body: 'x' }));
    assert.match(answer, /^HTTP\/1\.1 408 [^]*slow-request/);
    assert.equal(a.requests.at(-1).verdict, 'slow-request');
  }, { bodyTimeout: 50 }));

  test('the target on the wire is what is signed', () => withPair(async ({ b }) => {
    const first = async (target, overrides) => {
      const raw = b.sign('arnhem.test', { target }, overrides);
      return (await b.sendBytes('arnhem.test', ForeignNode.wireText('arnhem.test', raw))).slice(9, 12);
    };
    assert.equal(await first(PAGES), '200');
    assert.equal(await first('https://arnhem.test/federation/v1/pages?net=0.0'), '400');
    assert.equal(await first('/federation/v1/../v1/pages?net=0.0'), '404');
    assert.equal(await first('/federation/v1/%70ages?net=0.0'), '404');
    assert.equal(await first('/federation/v1/pages?net=0.0&x=%41'), '400');
    assert.equal(await first('/federation/v1/pages?'), '400');
  }));

  test('limits by peer and by address, and a full queue', () => withNetwork(async (network) => {
    const a = await network.add('arnhem.test', { limits: { peer: { rate: 0.001, burst: 2 }, address: { rate: 0.001, burst: 6 } } });
    const b = await network.add('trier.test');
    await befriend(a, b);
    const slugs = [];
    for (let i = 0; i < 4; i++) slugs.push((await b.request('arnhem.test', { target: PAGES })).slug);
    assert.deepEqual(slugs, [null, null, 'rate-limited', 'rate-limited']);
    await b.discover('arnhem.test');
    await b.discover('arnhem.test');
    await assert.rejects(b.discover('arnhem.test'), (error) => error.slug === 'rate-limited' && error.retryAfter > 0);
    const busy = await network.add('metz.test', { maxWork: 0 });
    await assert.rejects(b.discover(busy.authority), (error) => error.slug === 'busy' && error.retryAfter === 1);
  }));

  test('the certificate must be for the host of the authority', () => withPair(async ({ b, network }) => {
    network.nodes.set('other.test', network.nodes.get('arnhem.test'));
    try {
      await assert.rejects(b.discover('other.test'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    } finally {
      network.nodes.delete('other.test');
    }
  }));

  test('without a resolver an authority with a port is where it says', async () => {
    const port = await new Promise((resolve) => {
      const probe = net.createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = probe.address();
        probe.close(() => resolve(free));
      });
    });
    const node = await ForeignNode.create({ authority: `127.0.0.1:${port}`, name: 'Hier', tls, port });
    await node.start();
    try {
      const { document } = await node.discover(node.authority);
      assert.equal(document.authority, `127.0.0.1:${port}`);
    } finally {
      await node.stop();
    }
  });
});

describe('following', () => {
  test('entries both ways, exact bytes, acknowledged by the cursor', () => withPair(async ({ a, b }) => {
    await propose(a, 'Eins');
    await propose(a, 'Zwei');
    await propose(b, 'Drei');
    const odd = await a.append('material', randomUUID(), 1, {}, { line: (seq) => `{ "type":"material","seq":${seq} , "rev":1,"id":"${randomUUID()}","at":"2026-09-21T00:00:00Z","salt":"AAECAwQFBgcICQoLDA0ODw","body":{"ö":"\\u00fc"}}` });
    await a.append('forward', randomUUID(), 1, { origin: 'trier.test', object: randomUUID(), object_type: 'proposal' }, { stream: 'to/trier.test', keepUntil: a.seconds() + 60 });
    await b.pull('arnhem.test');
    await a.pull('trier.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Eins', 'Zwei']);
    assert.deepEqual(titles(a, 'trier.test'), ['Drei']);
    const held = b.received.get('arnhem.test');
    assert.equal(held.find((r) => r.type === 'material').line, odd.line);
    assert.deepEqual(held.map((r) => r.stream).filter((s, i, all) => all.indexOf(s) === i), ['to/trier.test', 'net']);
    assert.ok(b.received.get('arnhem.test').every((r) => r.fault === null));
    const end = (n, s) => `${n.end(s).epoch}.${n.end(s).seq}`;
    assert.deepEqual(a.peerCursor('trier.test'), { to: end(a, 'to/trier.test'), net: end(a, 'net') });
    assert.equal(b.position('arnhem.test', 'net'), end(a, 'net'));
    const again = await b.pull('arnhem.test');
    assert.deepEqual(again, { requests: 1, applied: 0, verdicts: ['empty', 'empty'] });
    assert.deepEqual([...a.alarms, ...b.alarms], []);
  }));

  test('a third town does not see what goes to another', () => withPair(async ({ a, b, clock, network }) => {
    const c = await network.add('metz.test', { clock });
    await befriend(a, c);
    await a.append('forward', randomUUID(), 1, { origin: 'trier.test', object: randomUUID(), object_type: 'offer' }, { stream: 'to/trier.test', keepUntil: clock.now + 60 });
    await c.pull('arnhem.test');
    await b.pull('arnhem.test');
    assert.deepEqual(c.received.get('arnhem.test').map((r) => r.type), ['epoch', 'epoch']);
    assert.equal(b.received.get('arnhem.test').filter((r) => r.type === 'forward').length, 1);
  }));

  test('much: several answers, pages cut at heads, limit', () => withPair(async ({ a, b }) => {
    const big = (i) => ({ type: 'proposal', id: randomUUID(), rev: 1, keepUntil: a.seconds() + 60, body: { ...proposal(`T${i}`), text: 'ä'.repeat(4000) } });
    for (let i = 0; i < 8; i++) await a.appendAll('net', Array.from({ length: 50 }, (_, k) => big(50 * i + k)));
    const ask = async (query) => parseAnswer((await b.request('arnhem.test', { target: `/federation/v1/pages?${query}` })).answer.body);
    const limited = await ask('net=0.0&limit=60');
    assert.equal(limited.reduce((n, p) => n + p.lines.length, 0), 101);
    const head = await ask('net=0.0&limit=0');
    assert.deepEqual(head.map((p) => [p.from, p.to, p.lines.length]), [[401, 401, 0]]);
    const full = (await b.request('arnhem.test', { target: PAGES })).answer.body;
    assert.ok(full.length <= 1024 * 1024 && full.length > 700_000);
    const result = await b.pull('arnhem.test');
    assert.equal(result.applied, 402);
    assert.ok(result.requests >= 5);
    assert.equal(titles(b, 'arnhem.test').length, 400);
    await assert.rejects(a.appendAll('net', Array.from({ length: 201 }, () => big(0))), /too-large/);
  }));

  test('hints make a peer pull', () => withPair(async ({ a, b }) => {
    await propose(a, 'Neu');
    await until(() => titles(b, 'arnhem.test').includes('Neu'), 'the entry at the other town');
    assert.equal(b.hints[0].from, 'arnhem.test');
  }, { autoHint: true }));

  test('polling begins at once, and a request ends the waiting after failures', () => withNetwork(async (network) => {
    const a = await network.add('arnhem.test', { polling: true });
    const b = await network.add('trier.test');
    await propose(b, 'Alt');
    await a.addPeer({ authority: 'trier.test', jwk: b.key.jwk });
    await until(() => a.timers.get('trier.test')?.failures > 0, 'a failure, since the other does not know us');
    await b.addPeer({ authority: 'arnhem.test', jwk: a.key.jwk });
    await b.hint('arnhem.test');
    await until(() => titles(a, 'trier.test').includes('Alt'), 'the pull');
    assert.equal(backoff(1, 0, 1), 2);
    assert.equal(backoff(3, 0, 1), 8);
    assert.equal(backoff(30, 0, 1), 900);
    assert.equal(backoff(30, 90000, 1), 3600);
  }));

  test('nonsense is kept and marked; a nonsense erase stops', () => withPair(async ({ a, b }) => {
    await a.append('proposal', randomUUID(), 1, { title: 'nur das' }, { keepUntil: a.seconds() + 60 });
    await propose(a, 'Gut');
    await a.append('unheard_of', randomUUID(), 1, { x: 1 });
    await b.pull('arnhem.test');
    const held = b.received.get('arnhem.test').filter((r) => r.stream === 'net');
    assert.deepEqual(held.map((r) => r.fault), [null, 'text', null, null]);
    const place = a.end();
    await a.append('erase', randomUUID(), 1, { entries: [`${place.epoch}.1`] });
    await propose(a, 'Danach');
    await b.pull('arnhem.test');
    await b.pull('arnhem.test');
    assert.equal(b.position('arnhem.test'), `${place.epoch}.${place.seq}`);
    assert.deepEqual(b.alarms.map((x) => x.kind), ['cannot-apply']);
    assert.ok(!titles(b, 'arnhem.test').includes('Danach'));
  }));

  test('pages that were tampered with change nothing', () => withPair(async ({ a, b }) => {
    await propose(a, 'Echt');
    const tamper = [
      (t) => t.replace('Echt', 'Arg!'), (t) => t.replace('"epoch"', '"Epoch"'), (t) => t.slice(0, -2), (t) => t.replaceAll('arnhem.test', 'trier.test'),
      (t) => t.replace('"from":0', '"from":1'), (t) => t.replace('"stream":"net"', '"stream":"to/metz.test"'),
    ];
    for (const change of tamper) {
      a.hooks.pages = async (ask) => change(await a.honestAnswer(ask));
      await assert.rejects(b.pull('arnhem.test'), /bad-page/, String(change));
    }
    // another key, the right form
    const thief = await generateKey();
    a.hooks.pages = async (ask) => {
      const [page] = parseAnswer(Buffer.from(await a.honestAnswer({ ...ask, asked: [{ stream: 'net', cursor: { epoch: 0, seq: 0 } }] })));
      return buildPage({ ...page, lines: page.lines.map((l) => l.line), head: await signHead(thief, page.head.payload) });
    };
    await assert.rejects(b.pull('arnhem.test'), /bad-page/);
    assert.equal(titles(b, 'arnhem.test').length, 0);
    a.hooks = {};
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Echt']);
    // the same page again is known already
    const first = await a.honestAnswer({ asked: [{ stream: 'net', cursor: { epoch: 0, seq: 0 } }] });
    a.hooks.pages = () => first;
    assert.deepEqual((await b.pull('arnhem.test')).verdicts, ['known']);
  }));

  test('a whole stream under a key that is not trusted is never shown', () => withPair(async ({ a, b }) => {
    await propose(a, 'Fremd');
    const other = await ForeignNode.create({ authority: 'arnhem.test', name: 'x', tls, clock: a.clock });
    await other.own.append('net', [{ type: 'proposal', id: randomUUID(), rev: 1, body: proposal('Untergeschoben'), keepUntil: a.seconds() + 60 }]);
    a.hooks.pages = (ask) => other.honestAnswer(ask);
    await b.pull('arnhem.test');
    assert.deepEqual(b.received.get('arnhem.test'), []);
    assert.ok(b.alarms.every((x) => x.kind === 'untrusted-key') && b.alarms.length > 0);
    a.hooks = {};
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Fremd']);
  }));

  test('cursors of an epoch that is gone, or between, get what comes after', () => withPair(async ({ a, b, clock }) => {
    await propose(a, 'x');
    clock.advance(10);
    await a.openEpoch();
    const [first, second] = [clock.now - 10, clock.now];
    const ask = async (cursor) => parseAnswer((await b.request('arnhem.test', { target: `/federation/v1/pages?net=${cursor}` })).answer.body)
      .map((p) => `${p.epoch}.${p.from}-${p.to}`);
    assert.deepEqual(await ask('7.3'), [`${first}.0-2`, `${second}.0-1`]);
    assert.deepEqual(await ask(`${first}.1`), [`${first}.1-2`, `${second}.0-1`]);
    assert.deepEqual(await ask(`${first}.99`), [`${second}.0-1`]);
    assert.deepEqual(await ask(`${first + 1}.5`), [`${second}.0-1`]);
    assert.deepEqual(await ask(`${second}.1`), [`${second}.1-1`]);
    for (const cursor of [`${second}.2`, `${second + 1}.0`]) {
      assert.equal((await b.request('arnhem.test', { target: `/federation/v1/pages?net=${cursor}` })).slug, 'cursor-ahead');
    }
  }));

  test('a pull ends although the origin leaves a stream out, or everything', () => withPair(async ({ a, b }) => {
    await propose(a, 'Da');
    a.hooks.pages = (ask) => a.honestAnswer({ ...ask, asked: ask.asked.filter((s) => s.stream === 'net') });
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Da']);
    a.hooks.pages = () => '';
    assert.equal((await b.pull('arnhem.test')).requests, 1);
  }));

  test('a key entry that is not the last line of its page is refused', () => withPair(async ({ a, b }) => {
    await a.append('key', randomUUID(), 1, { jwk: (await generateKey()).jwk });
    await propose(a, 'Danach');
    a.hooks.pages = async (ask) => {
      const [first, second] = parseAnswer(Buffer.from(await a.honestAnswer({ ...ask, asked: [{ stream: 'net', cursor: { epoch: 0, seq: 0 } }] })));
      return buildPage({ ...first, lines: [...first.lines, ...second.lines].map((l) => l.line), head: second.head.jws });
    };
    await assert.rejects(b.pull('arnhem.test'), /a key entry that is not the last line/);
  }));

  test('a lower cursor counts only when its request is later', () => withPair(async ({ a, b, clock }) => {
    await propose(a, 'x');
    const { epoch } = a.end();
    const ask = (seq, created) => b.request('arnhem.test', { target: `/federation/v1/pages?net=${epoch}.${seq}` }, { parameters: { created } });
    await ask(2, clock.now);
    assert.equal(a.peerCursor('trier.test').net, `${epoch}.2`);
    await ask(1, clock.now - 5);
    assert.equal(a.peerCursor('trier.test').net, `${epoch}.2`);
    await ask(1, clock.now + 5);
    assert.equal(a.peerCursor('trier.test').net, `${epoch}.1`);
  }));

  test('an old head is signed afresh', () => withPair(async ({ a, b, clock }) => {
    await b.pull('arnhem.test');
    const iat = () => b.peers.need('arnhem.test').streams.get('net').confirmed.head.payload.iat;
    const first = iat();
    clock.advance(900);
    await b.pull('arnhem.test');
    assert.equal(iat(), first);
    clock.advance(1);
    await b.pull('arnhem.test');
    assert.equal(iat(), first + 901);
    assert.deepEqual(await b.probe('arnhem.test'), { 'to/trier.test': 'same', net: 'same' });
  }));
});

describe('keys and epochs', () => {
  test('a rotation is followed, also by one who joins later', () => withPair(async ({ a, b, clock, network }) => {
    await propose(a, 'Vorher');
    await b.pull('arnhem.test');
    const old = a.key.kid;
    await a.rotateKey();
    assert.equal((await a.request('trier.test', { target: PAGES })).slug, 'unknown-key');
    await propose(a, 'Nachher');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Vorher', 'Nachher']);
    assert.equal(b.peers.need('arnhem.test').trusted.kid, a.key.kid);
    assert.equal((await a.request('trier.test', { target: PAGES })).slug, null);
    assert.equal(b.peers.byKid(old), undefined);
    const { keys } = await b.discover('arnhem.test');
    assert.deepEqual(keys.map((k) => k.kid), [a.key.kid, old]);

    const c = await network.add('metz.test', { clock });
    await befriend(a, c);
    await c.pull('arnhem.test');
    assert.deepEqual(titles(c, 'arnhem.test'), ['Vorher', 'Nachher']);
    const d = await network.add('localhost', { clock });
    await a.addPeer({ authority: 'localhost', jwk: d.key.jwk });
    await d.addPeer({ authority: 'arnhem.test', jwk: (await readJwk(keys[1].jwk)).jwk });
    await d.pull('arnhem.test');
    assert.deepEqual(titles(d, 'arnhem.test'), ['Vorher', 'Nachher']);
    assert.equal(d.peers.need('arnhem.test').trusted.kid, a.key.kid);
    assert.deepEqual([...b.alarms, ...c.alarms, ...d.alarms], []);
  }));

  test('rotating twice between two pulls, and at rest', () => withPair(async ({ a, b }) => {
    await b.pull('arnhem.test');
    await a.rotateKey();
    await b.pull('arnhem.test');
    assert.deepEqual((await b.pull('arnhem.test')).verdicts, ['empty', 'empty']);
    await a.rotateKey();
    await a.rotateKey();
    await propose(a, 'Dann');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Dann']);
    assert.deepEqual(b.alarms, []);
  }));

  test('after a rotation the old key signs nothing more', () => withPair(async ({ a, b }) => {
    const oldKey = a.key;
    await a.rotateKey();
    await b.pull('arnhem.test');
    const { epoch, seq, chain } = a.end();
    const line = composeEntry(seq + 1, { type: 'proposal', id: randomUUID(), rev: 1, at: a.seconds(), keepUntil: a.seconds() + 60, body: proposal('Zu spät') });
    const head = await signHead(oldKey, headPayload('arnhem.test', 'net', epoch, seq + 1, chainLink(chain, seq + 1, digestOf(line)), a.seconds()));
    a.hooks.pages = () => buildPage({ origin: 'arnhem.test', stream: 'net', epoch, from: seq, chain, lines: [line], head });
    await assert.rejects(b.pull('arnhem.test'), /bad-page/);
  }));

  test('a new epoch is followed from 0', () => withPair(async ({ a, b, clock }) => {
    await propose(a, 'Alt');
    await b.pull('arnhem.test');
    clock.advance(10);
    const before = a.end();
    await propose(a, 'Noch alt');
    const epoch = await a.openEpoch();
    assert.equal(epoch, clock.now);
    await propose(a, 'Neu');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Alt', 'Noch alt', 'Neu']);
    assert.equal(b.position('arnhem.test'), `${epoch}.2`);
    assert.equal(b.received.get('arnhem.test').find((r) => r.epoch === epoch && r.stream === 'net').entry.body.previous.seq, before.seq + 1);
    assert.deepEqual(b.alarms, []);
    await a.openEpoch({ previous: false });
    await b.pull('arnhem.test');
    assert.equal(b.position('arnhem.test'), `${epoch + 1}.1`);
    assert.deepEqual(titles(b, 'arnhem.test'), ['Alt', 'Noch alt', 'Neu']);
    assert.deepEqual([b.alarms, b.forks], [[], []]);
  }));

  test('lines of the old epoch that are missing are asked for again before the new one counts', () => withPair(async ({ a, b }) => {
    await propose(a, 'Eins');
    await b.pull('arnhem.test');
    await propose(a, 'Zwei');
    const [old] = a.own.streams.get('net');
    await a.openEpoch();
    a.hooks.pages = (ask) => a.honestAnswer({ ...ask, asked: [{ stream: 'net', cursor: { epoch: old.epoch, seq: old.records.length } }] });
    await assert.rejects(b.pull('arnhem.test'), /lines of the previous epoch are missing/);
    a.hooks = {};
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Eins', 'Zwei']);
  }));

  test('a newcomer reads an epoch that names a previous one', () => withPair(async ({ a, b }) => {
    await a.openEpoch();
    a.own.streams.forEach((runs) => runs.shift());
    await propose(a, 'Da');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Da']);
  }));

  test('a page without entries after a key entry must be under the new key', () => withPair(async ({ a, b }) => {
    await b.pull('arnhem.test');
    await a.rotateKey();
    await b.pull('arnhem.test');
    const { heads } = a.own.newest('net');
    assert.equal(heads.at(-1).seq, heads.at(-2).seq);
    const place = { ...a.end(), origin: 'arnhem.test', stream: 'net' };
    a.hooks.pages = () => buildPage({ ...place, from: place.seq, lines: [], head: heads.at(-2).jws });
    await assert.rejects(b.pull('arnhem.test'), /bad-page/);
    a.hooks.pages = () => buildPage({ ...place, from: place.seq, lines: [], head: heads.at(-1).jws });
    assert.deepEqual((await b.pull('arnhem.test')).verdicts, ['empty']);
  }));

  test('a nonsense key stops, and its page is not applied', () => withPair(async ({ a, b }) => {
    await b.pull('arnhem.test');
    const before = b.position('arnhem.test');
    await propose(a, 'Davor');
    await a.append('key', randomUUID(), 1, { jwk: { ...a.key.jwk, d: 'AA' } });
    await b.pull('arnhem.test');
    assert.equal(b.position('arnhem.test'), before);
    assert.deepEqual(b.alarms.map((x) => x.kind), ['cannot-apply']);
  }));

  test('a restored backup: cursor ahead, the head is shown, a new epoch begins', () => withPair(async ({ a, b }) => {
    await propose(a, 'Eins');
    await propose(a, 'Zwei');
    await b.pull('arnhem.test');
    const lost = a.end();
    await a.rewind('net', 2);
    await b.pull('arnhem.test');
    assert.deepEqual(a.requests.filter((r) => r.verdict === 'cursor-ahead').length, 1);
    assert.deepEqual(a.hints.map((h) => [h.head.payload.stream, h.shown]), [['to/trier.test', 'known'], ['net', 'opened']]);
    assert.deepEqual(titles(b, 'arnhem.test'), ['Eins', 'Zwei']);
    assert.equal(b.position('arnhem.test'), `${lost.epoch + 1}.1`);
    // shown once more it is only old news
    await b.hint('arnhem.test', { jws: a.hints[1].head.jws });
    assert.equal(a.hints.at(-1).shown, 'known');
    assert.deepEqual([b.alarms, b.forks], [[], []]);
  }));

  test('a fork is proven, shown to its origin, and ended by a new epoch', () => withPair(async ({ a, b }) => {
    await propose(a, 'Eins');
    await propose(a, 'Zwei');
    await b.pull('arnhem.test');
    const held = a.end();
    await a.rewind('net', 2);
    await propose(a, 'Anders');
    await b.pull('arnhem.test');
    assert.equal(b.forks.length, 1);
    const proof = b.forks[0];
    assert.deepEqual([proof.origin, proof.stream, proof.epoch, proof.seq], ['arnhem.test', 'net', held.epoch, held.seq]);
    assert.notEqual(proof.held.chain, proof.shown.chain);
    for (const { head } of [proof.held, proof.shown]) assert.ok(await headVerifies(readHead(head), a.key));
    assert.equal(a.hints.at(-1).shown, 'opened');
    await propose(a, 'Danach');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Eins', 'Zwei', 'Danach']);
    assert.equal(b.forks.length, 1);
  }));

  test('a fork is found at the head alone', () => withPair(async ({ a, b }) => {
    await propose(a, 'Eins');
    await b.pull('arnhem.test');
    await a.rewind('net', 1);
    await propose(a, 'Andere Eins');
    assert.equal((await b.probe('arnhem.test')).net, 'fork');
    assert.equal(b.forks.length, 1);
  }));

  test('a head of ours that nobody of us signed changes nothing', () => withPair(async ({ a, b }) => {
    const { epoch } = a.end();
    const forged = await signHead(b.key, headPayload('arnhem.test', 'net', epoch, 99, sha256('x'), 1));
    await assert.rejects(b.hint('arnhem.test', { jws: forged }), (error) => error.slug === 'malformed-request');
    const foreign = await signHead(b.key, headPayload('metz.test', 'net', epoch, 99, sha256('x'), 1));
    await assert.rejects(b.hint('arnhem.test', { jws: foreign }), (error) => error.slug === 'malformed-request');
    assert.equal(a.end().epoch, epoch);
  }));

  test('a compromised key: a new epoch counts only once people confirmed the new key', () => withPair(async ({ a, b }) => {
    await propose(a, 'Alt');
    await b.pull('arnhem.test');
    const stolen = a.key;
    const before = b.position('arnhem.test');
    await a.openEpoch({ key: await generateKey() });
    await propose(a, 'Neu');
    await assert.rejects(b.pull('arnhem.test'), /trusted key/);
    assert.deepEqual([titles(b, 'arnhem.test'), b.position('arnhem.test')], [['Alt'], before]);
    assert.equal(b.alarms[0].kind, 'untrusted-key');
    await b.confirmKey('arnhem.test', a.key.jwk);
    // the thief still has the old key, and it is worth nothing
    const [old] = a.own.streams.get('net');
    const seq = old.records.length;
    const line = composeEntry(seq + 1, { type: 'proposal', id: randomUUID(), rev: 1, at: a.seconds(), keepUntil: a.seconds() + 60, body: proposal('Gestohlen') });
    const chain = old.chains[seq];
    const head = await signHead(stolen, headPayload('arnhem.test', 'net', old.epoch, seq + 1, chainLink(chain, seq + 1, digestOf(line)), a.seconds()));
    a.hooks.pages = () => buildPage({ origin: 'arnhem.test', stream: 'net', epoch: old.epoch, from: seq, chain, lines: [line], head });
    const epoch = Number.MAX_SAFE_INTEGER;
    const begun = chainStart('arnhem.test', 'net', epoch);
    const first = composeEntry(1, { type: 'epoch', id: randomUUID(), rev: 1, at: a.seconds(), body: epochBody({ epoch: old.epoch, seq: seq + 1, chain: chainLink(chain, seq + 1, digestOf(line)) }, stolen) });
    const carried = chainLink(begun, 1, digestOf(first));
    const further = await signHead(stolen, headPayload('arnhem.test', 'net', epoch, 1, carried, a.seconds()));
    const pages = [
      { origin: 'arnhem.test', stream: 'net', epoch: old.epoch, from: seq, chain, lines: [line], head },
      { origin: 'arnhem.test', stream: 'net', epoch, from: 0, chain: begun, lines: [first], head: further },
      { origin: 'arnhem.test', stream: 'net', epoch, from: 1, chain: carried, lines: [], head: further },
    ].map(buildPage);
    let next = 0;
    a.hooks.pages = () => pages[next++] ?? '';
    await b.pull('arnhem.test');
    assert.deepEqual([next, titles(b, 'arnhem.test')], [3, ['Alt']]);
    assert.equal(b.position('arnhem.test'), before, 'the newest head is not under the trusted key');
    a.hooks.pages = () => pages[0];
    await b.pull('arnhem.test');
    a.hooks = {};
    await assert.rejects(b.pull('arnhem.test'), /does not go on/);
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Alt', 'Neu']);
    assert.deepEqual(b.forks, []);
  }));
});

describe('erasure', () => {
  test('an erase reaches the other town and is acknowledged', () => withPair(async ({ a, b, clock, network }) => {
    const one = await propose(a, 'Geheim');
    await propose(a, 'Bleibt');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Geheim', 'Bleibt']);
    const erase = await a.erase('net', [one.cursor]);
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Bleibt']);
    const record = b.received.get('arnhem.test').find((r) => r.cursor === one.cursor && r.stream === 'net');
    assert.deepEqual([record.kind, record.line, record.digest], ['erased', null, b64u(one.digest)]);
    assert.equal(a.peerCursor('trier.test').net, erase.cursor);
    // a newcomer gets the placeholder first and the erase later
    const c = await network.add('metz.test', { clock });
    await befriend(a, c);
    await c.pull('arnhem.test');
    assert.deepEqual(titles(c, 'arnhem.test'), ['Bleibt']);
    assert.deepEqual([...b.alarms, ...c.alarms], []);
    await assert.rejects(a.erase('net', [erase.cursor]), /bad-erase/);
  }));

  test('an erase across epochs', () => withPair(async ({ a, b }) => {
    const one = await propose(a, 'Geheim');
    await b.pull('arnhem.test');
    await a.openEpoch();
    await a.erase('net', [one.cursor]);
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), []);
    assert.deepEqual(b.alarms, []);
  }));

  test('an erased placeholder without an erase is missing, but no reason to stop', () => withPair(async ({ a, b }) => {
    const one = await propose(a, 'Weg');
    await propose(a, 'Da');
    a.own.newest('net').records[one.seq - 1].line = null;
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Da']);
    assert.deepEqual(b.alarms, [{ kind: 'missing', origin: 'arnhem.test', stream: 'net', entries: [one.cursor] }]);
  }));

  test('a placeholder with another digest breaks the chain', () => withPair(async ({ a, b }) => {
    await propose(a, 'Weg');
    a.hooks.pages = async (ask) => {
      const text = await a.honestAnswer(ask);
      return text.replace(/^\{"seq":2.*$/m, placeholder(2, sha256('anything'), 'erased'));
    };
    await assert.rejects(b.pull('arnhem.test'), /bad-page/);
  }));

  test('keep_until: every holder deletes on its own; the later erase is no error', () => withPair(async ({ a, b, clock }) => {
    await propose(a, 'Frist');
    await b.pull('arnhem.test');
    clock.advance(86400);
    assert.deepEqual(await b.expire(), { own: 0, received: 1 });
    assert.deepEqual(titles(b, 'arnhem.test'), []);
    assert.deepEqual(await a.expire(), { own: 1, received: 0 });
    await b.pull('arnhem.test');
    assert.deepEqual(b.received.get('arnhem.test').filter((r) => r.stream === 'net').map((r) => r.kind), ['entry', 'erased', 'entry']);
    assert.deepEqual(b.alarms, []);
  }));
});

describe('states, offices, trust', () => {
  test('a suspended peer gets placeholders, but erasures reach it', () => withPair(async ({ a, b }) => {
    const one = await propose(a, 'Vorher');
    await b.pull('arnhem.test');
    a.setLocalState('trier.test', 'suspended');
    await propose(a, 'Verborgen');
    await a.erase('net', [one.cursor]);
    await a.rotateKey();
    await b.pull('arnhem.test');
    assert.deepEqual(b.received.get('arnhem.test').filter((r) => r.stream === 'net').map((r) => r.kind), ['entry', 'erased', 'withheld', 'entry', 'entry']);
    await assert.rejects(b.hint('arnhem.test'), (error) => error.slug === 'not-active' && error.status === 403);
    // our own head is taken in every state: it is how a restored node learns
    await b.hint('arnhem.test', { jws: await a.own.head('net') });
    a.setLocalState('trier.test', 'removed');
    await b.hint('arnhem.test', { jws: await a.own.head('net') });
    assert.equal((await b.request('arnhem.test', { target: PAGES })).status, 200);
    a.setLocalState('trier.test', null);
    await propose(a, 'Wieder da');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Wieder da']);
    await a.addPeer({ authority: 'trier.test', jwk: b.key.jwk, state: 'invited' });
    assert.equal((await b.request('arnhem.test', { target: PAGES })).slug, 'not-active');
    assert.deepEqual(b.alarms, []);
  }));

  /** An office and two towns that joined it. */
  const withOffice = (work) => withNetwork(async (network) => {
    const clock = makeClock();
    const office = await network.add('office.test', { role: 'office', clock });
    const a = await network.add('arnhem.test', { clock, country: 'NL' });
    const b = await network.add('trier.test', { clock });
    await work({ office, a, b, clock, network });
  });

  test('towns join an office and come to know each other through it', () => withOffice(async ({ office, a, b }) => {
    assert.deepEqual(await a.join(office.invite()), { authority: 'office.test', state: 'active' });
    await b.join(office.invite());
    await a.pull('office.test');
    await b.pull('office.test');
    assert.deepEqual([a.peerState('trier.test'), b.peerState('arnhem.test')], ['active', 'active']);
    await propose(a, 'Über das Amt bekannt');
    await b.pull('arnhem.test');
    await office.pull('arnhem.test');
    assert.deepEqual([titles(b, 'arnhem.test'), titles(office, 'arnhem.test')], [['Über das Amt bekannt'], ['Über das Amt bekannt']]);
    assert.equal(b.peers.need('arnhem.test').role, 'city');
    assert.deepEqual([...a.alarms, ...b.alarms, ...office.alarms], []);

    await office.publishMember('arnhem.test', 'suspended');
    await b.pull('office.test');
    assert.equal(b.peerState('arnhem.test'), 'suspended');
    assert.equal((await a.request('trier.test', { target: PAGES })).status, 200);
    assert.equal((await a.request('trier.test', { method: 'POST', target: '/federation/v1/hint', body: 'x', contentType: 'application/jose' })).slug, 'not-active');
    await office.publishMember('arnhem.test', 'active');
    await b.pull('office.test');
    assert.equal(b.peerState('arnhem.test'), 'active');
    b.setLocalState('arnhem.test', 'suspended');
    await office.publishMember('arnhem.test', 'active');
    await b.pull('office.test');
    assert.equal(b.peerState('arnhem.test'), 'suspended');
  }));

  test('an office passes on a rotated key', () => withOffice(async ({ office, a, b, clock, network }) => {
    await a.join(office.invite());
    await a.rotateKey();
    await office.pull('arnhem.test');
    await b.join(office.invite());
    await b.pull('office.test');
    assert.equal(b.peers.need('arnhem.test').trusted.kid, a.key.kid);
    await a.pull('office.test');
    assert.equal(a.peerState('trier.test'), 'active');
    await b.pull('arnhem.test');
    await network.add('metz.test', { clock });
    assert.deepEqual([...a.alarms, ...b.alarms], []);
  }));

  test('joining: what is refused', () => withOffice(async ({ office, a, b, clock }) => {
    const invitation = office.invite();
    await assert.rejects(a.join({ ...invitation, key: b.key.kid }), /bad-invitation/);
    await assert.rejects(a.join({ ...invitation, token: b64u(Buffer.alloc(32)) }), (e) => e.slug === 'token-invalid' && e.status === 403);
    await a.join(invitation);
    assert.deepEqual(await a.join(invitation), { authority: 'office.test', state: 'active' });
    assert.equal(office.own.newest('net').records.filter((r) => r.type === 'member').length, 1);
    await assert.rejects(b.join(invitation), /token-invalid/);

    const post = (node, body, overrides) => node.request('office.test', {
      method: 'POST', target: '/federation/v1/join', contentType: 'application/json', body: typeof body === 'string' ? body : JSON.stringify(body),
    }, overrides);
    const { token } = office.invite();
    const good = { authority: 'trier.test', jwk: b.key.jwk, token };
    assert.equal((await post(b, { ...good, more: 1 })).slug, 'malformed-request');
    assert.equal((await post(b, '{')).slug, 'malformed-request');
    assert.equal((await post(a, good)).slug, 'unknown-key');
    assert.equal((await post(b, good, { signWith: a.key })).slug, 'signature-invalid');
    assert.equal((await post(b, { ...good, authority: 'arnhem.test' })).slug, 'key-conflict');
    assert.equal((await post(b, { ...good, authority: 'metz.test' })).slug, 'discovery-failed');
    const other = await generateKey();
    const impostor = b.sign('office.test', { method: 'POST', target: '/federation/v1/join', contentType: 'application/json', body: JSON.stringify({ ...good, jwk: other.jwk }) },
      { parameters: { keyid: other.kid }, signWith: other });
    assert.equal((await b.send('office.test', impostor)).status, 422);
    clock.advance(14 * 86400 + 1);
    assert.equal((await post(b, good)).slug, 'token-invalid');
  }));

  test('a registry that replaces a key counts after 72 hours, or when people confirmed it', () => withOffice(async ({ office, a, b, clock }) => {
    await a.join(office.invite());
    await b.join(office.invite());
    await a.pull('office.test');
    await b.pull('office.test');
    const old = a.key.kid;
    await a.openEpoch({ key: await generateKey() });
    await office.confirmKey('arnhem.test', a.key.jwk);
    await office.publishMember('arnhem.test', 'active');
    await b.pull('office.test');
    assert.equal(b.peers.need('arnhem.test').trusted.kid, old);
    assert.equal(b.alarms[0].kind, 'key-replaced');
    clock.advance(72 * 3600 - 1);
    assert.equal(b.peers.need('arnhem.test').trusted.kid, old);
    clock.advance(1);
    assert.equal(b.peers.need('arnhem.test').trusted.kid, a.key.kid);
    await propose(a, 'Mit neuem Schlüssel');
    await b.pull('arnhem.test');
    assert.deepEqual(titles(b, 'arnhem.test'), ['Mit neuem Schlüssel']);
  }));

  test('two sources that name different keys freeze a peer until a person decides', () => withOffice(async ({ office, a, b }) => {
    await a.join(office.invite());
    await b.addPeer({ authority: 'arnhem.test', jwk: (await generateKey()).jwk });
    await b.join(office.invite());
    await b.pull('office.test');
    assert.equal(b.peerState('arnhem.test'), 'frozen');
    assert.deepEqual(b.alarms.map((x) => x.kind), ['key-conflict']);
    await assert.rejects(b.pull('arnhem.test'), /frozen/);
    await b.confirmKey('arnhem.test', a.key.jwk);
    assert.equal(b.peerState('arnhem.test'), 'active');
  }));

  test('a member entry about oneself that nobody asked for raises an alarm', () => withOffice(async ({ office, a, b }) => {
    await a.join(office.invite());
    const stranger = await generateKey();
    await office.append('member', randomUUID(), 1, { authority: 'arnhem.test', jwk: stranger.jwk, role: 'city', state: 'active', name: 'Arnhem', country: 'NL' });
    await a.pull('office.test');
    assert.equal(a.alarms[0].kind, 'member-about-self');
    assert.equal(b.alarms.length, 0);
  }));
});
