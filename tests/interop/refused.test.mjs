/** What a real node answers to requests that are not as sections 5, 10 and 13 say, and which variants it must accept. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import https from 'node:https';
import { after, before, test } from 'node:test';
import {
  ForeignNode, PROBLEMS, PROBLEM_BASE, b64u, contentDigest, generateKey, headPayload, sha256, signHead,
} from './peer/index.mjs';
import { World, eventually, nudge, pulled, within } from './world.mjs';

const PAGES = '/federation/v1/pages?net=0.0&limit=0';
const HINT = { method: 'POST', target: '/federation/v1/hint', body: 'x', contentType: 'application/jose' };
let world, town, node;
before(async () => {
  // What section 13 names; a demo allows more, since all its towns share one address.
  Object.assign(process.env, { HF_FEDERATION_ADDRESS_RATE: '50', HF_FEDERATION_ADDRESS_BURST: '200', HF_FEDERATION_PEER_RATE: '10', HF_FEDERATION_PEER_BURST: '50' });
  world = await World.up();
  town = world.town;
});
after(() => world?.down());

/** Each test has a caller of its own, so that none uses up another's rate. */
const caller = async () => { node = await world.friend({ pullOnHint: false }); };

/** The answer must be a problem as section 13 says. */
function isProblem(answer, slug, what = '') {
  const [status] = PROBLEMS[slug];
  const text = answer.body.toString('utf8');
  assert.equal(answer.status, status, `${what}: ${answer.status} ${text.slice(0, 300)}`);
  assert.equal(answer.headers['content-type'], 'application/problem+json', what);
  const problem = JSON.parse(text);
  assert.equal(problem.type, PROBLEM_BASE + slug, what);
  assert.equal(problem.status, status, what);
  assert.ok(typeof problem.title === 'string' && problem.title.length > 0, what);
  return problem;
}
async function refused(slug, overrides = {}, request = { target: PAGES }) {
  const answer = await node.send(town.authority, node.sign(town.authority, request, overrides));
  return isProblem(answer, slug, JSON.stringify(overrides, (_, v) => (typeof v === 'function' ? String(v) : v)).slice(0, 300));
}
async function accepted(overrides, request = { target: PAGES }, status = 200) {
  const answer = await node.send(town.authority, node.sign(town.authority, request, overrides));
  const what = JSON.stringify(overrides, (_, v) => (typeof v === 'function' ? String(v) : v));
  assert.equal(answer.status, status, `${what} ${answer.body}`);
}
/** The status line and the rest of an answer to bytes. */
const bytes = (text) => node.sendBytes(town.authority, text);
const raw = (target, overrides) => bytes(ForeignNode.wireText(town.authority, node.sign(town.authority, { target }, overrides)));

test('signature-missing', async () => {
  await caller();
  await refused('signature-missing', { headers: { signature: undefined } });
  await refused('signature-missing', { headers: { 'signature-input': undefined } });
  await refused('signature-missing', { headers: { signature: undefined, 'signature-input': undefined } });
  await refused('signature-missing', { headers: { signature: undefined, 'signature-input': undefined } }, HINT);
});

test('signature-malformed: components', async () => {
  await caller();
  for (const overrides of [
    { omitComponents: ['@query'] }, { omitComponents: ['@method'] }, { components: [] }, { extraComponents: ['host'] },
    { extraComponents: ['@target-uri'] }, { extraComponents: ['content-type'], values: { 'content-type': 'x' } },
    { components: ['@method', '@authority', '@path', '@path'] }, { components: ['@method', '@authority', '@path', '@query', '@path'] },
    { inputText: (t) => t.replace('"@path"', '"@path";req') }, { inputText: (t) => t.replace('"@path"', '@path') },
    { inputText: (t) => t.replace('"@path"', '"@PATH"') },
  ]) await refused('signature-malformed', overrides);
  for (const overrides of [
    { omitComponents: ['content-digest'] }, { omitComponents: ['content-type'] }, { omitComponents: ['content-digest', 'content-type'] },
    { headers: { 'content-digest': undefined } },
  ]) await refused('signature-malformed', overrides, HINT);
});

test('signature-malformed: parameters', async () => {
  await caller();
  const now = node.seconds();
  for (const overrides of [
    ...['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'].map((name) => ({ parameters: { [name]: undefined } })),
    { parameters: { tag: 'other' } }, { parameters: { alg: 'rsa-v1_5-sha256' } }, { parameters: { alg: 'Ed25519' } }, { parameters: { more: 1 } },
    { parameters: { nonce: 'short' } }, { parameters: { nonce: 'AAECAwQFBgcICQoLDA0ODx' } }, { parameters: { nonce: 7 } },
    { parameters: { nonce: b64u(randomBytes(17)) } }, { parameters: { keyid: 'x' } }, { parameters: { created: String(now) } },
    { parameters: { created: now, expires: now + 121 } }, { parameters: { created: now, expires: now } }, { parameters: { expires: now - 1 } },
    { parameters: { created: -1, expires: 60 } },
    { inputText: (t) => t.replace(/created=(\d+)/, 'created=$1.0') }, { inputText: (t) => t.replace(/expires=(\d+)/, 'expires=$1.5') },
    { inputText: (t) => t.replace(/;created=\d+/, '$&$&') }, { inputText: (t) => t.replace(/;created=\d+/, ';created=1$&') },
    { inputText: (t) => t.replace(/;tag="[^"]*"/, '$&$&') }, { inputText: (t) => t.replace(/alg="ed25519"/, 'alg=ed25519') },
    { inputText: (t) => t.replace(/nonce="([^"]*)"/, 'nonce=:$1==:') }, { inputText: (t) => t.replace(/;created=\d+/, ';created') },
    { inputText: (t) => t.replace(/;created=(\d+)/, ';Created=$1') }, { inputText: (t) => t.replace(/created=\d+/, 'created=1234567890123456') },
  ]) await refused('signature-malformed', overrides);
});

test('signature-malformed: fields', async () => {
  await caller();
  for (const overrides of [
    { inputText: (t) => `${t}, other=("@method")` }, { inputText: (t) => `${t}, ${t}` }, { inputText: (t) => `${t},` },
    { inputText: (t) => t.replace('hf=', 'fh=') }, { inputText: (t) => t.replace('hf=', 'HF=') }, { inputText: (t) => t.slice(0, -1) },
    { inputText: () => 'hf=1' }, { inputText: () => 'hf' }, { inputText: () => ';' }, { inputText: (t) => t.replace('(', '((') },
    { inputText: (t) => `${t}\u00e9` }, { inputText: (t) => t.replace('hf=', 'hf =') }, { inputText: (t) => t.replace(';created', '\t;created') },
    { signatureText: (t) => `${t}, x=:AA==:` }, { signatureText: (t) => `${t};a=1` }, { signatureText: () => 'hf=:AAAA:' },
    { signatureText: () => 'hf="x"' }, { signatureText: () => 'hf=::' }, { signatureText: (t) => t.replace(/:$/, '') },
    { signatureText: (t) => t.replace('hf=:', 'hf=:!') }, { signatureText: (t) => t.replaceAll(':', '') }, { signatureText: (t) => `${t}, ${t}` },
    { signatureText: () => `hf=:${randomBytes(65).toString('base64')}:` },
  ]) await refused('signature-malformed', overrides);
  for (const name of ['signature', 'signature-input']) {
    const signed = node.sign(town.authority, { target: PAGES });
    signed.headers[name] = [signed.headers[name], signed.headers[name]];
    isProblem(await node.send(town.authority, signed), 'signature-malformed', `two fields ${name}`);
  }
});

test('every serialisation that RFC 8941 allows is accepted', async () => {
  await caller();
  const order = ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'];
  for (const overrides of [
    {}, { label: 'sig-1.x*' }, { label: '*a' }, { label: `l${'o'.repeat(60)}ng` },
    { components: ['@query', '@path', '@authority', '@method'] }, { components: ['@path', '@method', '@query', '@authority'] },
    { order: [...order].reverse() }, { order: [...order.slice(3), ...order.slice(0, 3)] },
    { inputText: (t) => t.replaceAll(';', ';  ') }, { inputText: (t) => `  ${t.replace('("', '(  "').replace('" "', '"   "').replace('")', '"  )')}  ` },
    { signatureText: (t) => `  ${t}   ` }, { signatureText: (t) => t.replace(/=+:$/, ':') }, { inputText: (t) => t.replace('created=', 'created=0') },
    { inputText: (t) => t.replace(/tag="herausforderung-v1"/, 'tag="herausforderung\\-v1"').replace('\\-', '-') },
    { parameters: { created: node.seconds(), expires: node.seconds() + 120 } }, { parameters: { created: node.seconds() + 50 } },
    { parameters: { created: node.seconds() - 170, expires: node.seconds() - 50 } }, { parameters: { created: node.seconds(), expires: node.seconds() + 1 } },
    { headers: { host: 'elsewhere.example' } },
  ]) await accepted(overrides);
  const head = await node.own.head('net');
  const hint = { ...HINT, body: head };
  for (const overrides of [
    {}, { components: ['content-type', 'content-digest', '@query', '@path', '@authority', '@method'] },
    { contentDigest: `sha-512=:AA==:, ${contentDigest(Buffer.from(head))}` }, { contentDigest: `${contentDigest(Buffer.from(head))},sha-512=:AA==:` },
    { contentDigest: `${contentDigest(Buffer.from(head))};x=1` }, { contentDigest: contentDigest(Buffer.from(head)).replace(/=+:$/, ':') },
  ]) await accepted(overrides, hint, 204);
  for (const contentType of ['application/jose;charset=utf-8', 'Application/JOSE', 'application/jose ; a="b;c"']) await accepted({}, { ...hint, contentType }, 204);
});

test('escapes in strings and upper case field names are the same signature', async () => {
  await caller();
  const signed = node.sign(town.authority, { target: PAGES });
  const upper = Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name.toUpperCase(), value]));
  assert.equal((await node.send(town.authority, { ...signed, headers: upper })).status, 200);
});

test('unknown-key', async () => {
  await caller();
  const stranger = await generateKey();
  await refused('unknown-key', { parameters: { keyid: stranger.kid }, signWith: stranger });
  await refused('unknown-key', { parameters: { keyid: stranger.kid, created: 5 } });
  await refused('unknown-key', { parameters: { keyid: stranger.kid } }, HINT);
});

test('skew, with the server\'s time', async () => {
  await caller();
  const now = node.seconds();
  for (const parameters of [{ created: now + 120 }, { created: now - 240, expires: now - 120 }, { created: 0, expires: 60 }, { created: 999999999999900, expires: 999999999999960 }]) {
    const { server_time: time } = await refused('skew', { parameters });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(Math.abs(Date.parse(time) / 1000 - now) < 60);
  }
  await refused('skew', { parameters: { created: 5, expires: 60 }, contentDigest: contentDigest(Buffer.from('y')) }, HINT);
});

test('digest-mismatch', async () => {
  await caller();
  const stranger = await generateKey();
  const right = contentDigest(Buffer.from('x'));
  const wrong = contentDigest(Buffer.from('y'));
  for (const digest of [wrong, 'sha-512=:AA==:', `${right}, ${right}`, `${wrong}, ${right}`, `${right}, ${wrong}`, 'sha-256', 'sha-256="x"', 'sha-256=:AAAA:', '!', right.replace('sha', 'SHA')]) {
    await refused('digest-mismatch', { contentDigest: digest }, HINT);
  }
  await refused('digest-mismatch', { contentDigest: wrong, signWith: stranger }, HINT);
});

test('signature-invalid', async () => {
  await caller();
  const stranger = await generateKey();
  for (const overrides of [
    { signWith: stranger }, { values: { '@authority': 'metz.test' } }, { values: { '@authority': town.authority.toUpperCase() } },
    { values: { '@path': '/federation/v1/Pages' } }, { values: { '@query': '?net=1.1' } }, { values: { '@query': '' } }, { values: { '@method': 'POST' } },
    { values: { '@method': 'get' } },
  ]) await refused('signature-invalid', overrides);
  await refused('signature-invalid', { values: { 'content-type': 'application/json' } }, HINT);
  // the order of parameters and components is signed
  await refused('signature-invalid', { inputText: (t) => t.replace('"@path" "@query"', '"@query" "@path"') });
  await refused('signature-invalid', { inputText: (t) => t.replace(/(;created=\d+)(;expires=\d+)/, '$2$1') });
});

test('replayed, only after the signature is good', async () => {
  await caller();
  const nonce = b64u(randomBytes(16));
  await refused('signature-invalid', { parameters: { nonce }, signWith: await generateKey() });
  await accepted({ parameters: { nonce } });
  await refused('replayed', { parameters: { nonce } });
  const hint = { ...HINT, body: await node.own.head('net') };
  await refused('replayed', { parameters: { nonce } }, hint);
});

test('malformed-request: queries, after the signature', async () => {
  await caller();
  for (const query of ['', '?', '?x=1', '?limit=1', '?net', '?net=', '?=0.0', '?net=0.0&net=0.0', '?net=1', '?net=01.1', '?net=1.01', '?net=-1.1', '?net=1.1.1',
    '?net=0.0&limit=-1', '?net=0.0&limit=01', '?net=0.0&limit=', '?net=0.0&limit=1234567890', '?net=0.0&limit=1&limit=1', '?net=0%2E0', '?ne%74=0.0',
    '?net=0.0&', '?&net=0.0', '?net=0.0&x=1', '?net=0.0&&to=0.0', '?NET=0.0', '?net=0.0+', '?net=9007199254740992.0', '?net=0.9007199254740992',
    '?net=00000000000000000.1', '?net=0.0?', '?net=0.0;to=0.0', '?to=0.0&to=0.0', '?net=0,0', `?net=${'1'.repeat(3000)}.1`]) {
    const target = `/federation/v1/pages${query}`;
    isProblem(await node.send(town.authority, node.sign(town.authority, { target })), 'malformed-request', query.slice(0, 80));
  }
  await refused('signature-invalid', { signWith: await generateKey() }, { target: '/federation/v1/pages?x' });
});

test('malformed-request: hints', async () => {
  await caller();
  const other = await generateKey();
  const { epoch, seq, chain } = node.end();
  const payload = headPayload(node.authority, 'net', epoch, seq, chain, node.seconds());
  const good = await signHead(node.key, payload);
  const [header, body, signature] = good.split('.');
  const enc = (value) => b64u(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  const withHeader = (value) => `${enc(value)}.${body}.${signature}`;
  const base = { alg: 'Ed25519', kid: node.key.kid, typ: 'hf-head+jwt' };
  const bad = [
    'x', '..', `${good}.`, `${good}=`, `${good}\n`, ` ${good}`, `${header}.${body}`, `${header}..${signature}`, `{"head":"${good}"}`,
    withHeader({ ...base, alg: 'EdDSA' }), withHeader({ ...base, alg: 'none' }), withHeader({ ...base, typ: 'JWT' }), withHeader({ ...base, crit: [] }),
    withHeader({ ...base, jku: 'https://x.example' }), withHeader({ ...base, kid: 'x' }), withHeader({ alg: 'Ed25519', typ: 'hf-head+jwt' }),
    withHeader('{"alg":"Ed25519","alg":"Ed25519","kid":"k","typ":"hf-head+jwt"}'), withHeader('[]'),
  ];
  for (const change of [{ seq: 0 }, { seq: 1.5 }, { epoch: '1' }, { epoch: 0 }, { chain: 'AA' }, { iss: 'X' }, { iss: 'metz.test' }, { stream: 'to/' },
    { stream: 'to/metz.test' }, { stream: 'other' }, { iat: -1 }, { iat: null }, { seq: 2 ** 53 }]) bad.push(await signHead(node.key, { ...payload, ...change }));
  for (const text of bad) await refused('malformed-request', {}, { ...HINT, body: text });
  const own = headPayload(town.authority, 'net', epoch + 99, 5, sha256('x'), 1);
  await refused('malformed-request', {}, { ...HINT, body: await signHead(node.key, own) });
  await refused('malformed-request', {}, { ...HINT, body: await signHead(other, own) });
  await accepted({}, { ...HINT, body: await signHead(node.key, { ...payload, more: { deep: [1] } }) }, 204);
});

test('not-found and method-not-allowed', async () => {
  await caller();
  for (const target of ['/federation/v1/nothing', '/federation/v1/', '/federation/v1', '/federation/v2/pages?net=0.0', '/federation/v1/join', '/federation/v1/pages/?net=0.0',
    '/federation/v1/Pages?net=0.0', '/federation/v1/%70ages?net=0.0', '/federation/v1//pages?net=0.0', '/.well-known/other']) {
    isProblem(await node.send(town.authority, node.sign(town.authority, { target })), 'not-found', target);
  }
  for (const [method, target, allow] of [['DELETE', PAGES, 'GET'], ['PUT', PAGES, 'GET'], ['POST', '/.well-known/herausforderung', 'GET'], ['GET', '/federation/v1/hint', 'POST'],
    ['PATCH', '/federation/v1/hint', 'POST']]) {
    const body = method === 'GET' ? undefined : 'x';
    const answer = await node.send(town.authority, node.sign(town.authority, { method, target, body, contentType: 'application/jose' }));
    isProblem(answer, 'method-not-allowed', `${method} ${target}`);
    assert.ok(answer.headers.allow.split(/,\s*/).includes(allow), `${method} ${target}: Allow ${answer.headers.allow}`);
  }
  const wrong = await node.send(world.office.authority, node.sign(world.office.authority, { target: '/federation/v1/join' }));
  isProblem(wrong, 'method-not-allowed', 'join at an office');
});

test('the target on the wire is what counts, and nothing is normalised', async () => {
  await caller();
  const status = async (target, overrides) => Number((await raw(target, overrides)).slice(9, 12));
  assert.equal(await status(PAGES), 200);
  assert.equal(await status('/federation/v1/../v1/pages?net=0.0'), 404);
  assert.equal(await status('/federation/v1/./pages?net=0.0'), 404);
  assert.ok([400, 401, 404].includes(await status(`https://${town.authority}/federation/v1/pages?net=0.0`)));
  assert.ok([400, 404].includes(await status('pages')));
  assert.ok([400, 404].includes(await status('*')));
});

test('too-large, length-required, unsupported-media-type', async () => {
  await caller();
  const post = async (slug, request, overrides) => isProblem(await node.send(request.to ?? town.authority, node.sign(request.to ?? town.authority, { ...HINT, ...request }, overrides)), slug, slug);
  await post('too-large', { body: 'x'.repeat(1025) });
  await post('too-large', { to: world.office.authority, target: '/federation/v1/join', contentType: 'application/json', body: 'x'.repeat(64 * 1024 + 1) });
  await post('unsupported-media-type', { contentType: 'application/json' });
  await post('unsupported-media-type', { contentType: 'application/josex' });
  await post('unsupported-media-type', { to: world.office.authority, target: '/federation/v1/join', contentType: 'text/json' });
  await post('length-required', {}, { headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } });
  const claimed = await bytes(`POST /federation/v1/hint HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n`);
  assert.match(claimed, /^HTTP\/1\.1 413 /);
});

test('bytes that are no request harm nobody', { timeout: 60_000 }, async () => {
  await caller();
  for (const junk of ['\r\n\r\n', 'GET\r\n\r\n', `GET ${PAGES} HTTP/9.9\r\n\r\n`, 'x'.repeat(100_000), `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(5000)}\r\n`, '\0'.repeat(100),
    `GET ${PAGES} HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\nConnection: close\r\n\r\n`, `GET ${PAGES} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`]) {
    const end = await Promise.race([bytes(junk).catch((error) => error.code ?? 'closed'), new Promise((r) => { setTimeout(r, 500, 'open').unref(); })]);
    assert.ok(!/^HTTP\/1\.1 (2|50[0-4])/.test(end), String(end).slice(0, 200));
  }
  await accepted({});
});

test('no federation route answers on the loopback listener', async () => {
  for (const [method, path] of [['GET', PAGES], ['GET', '/.well-known/herausforderung'], ['POST', '/federation/v1/hint'], ['POST', '/federation/v1/join'], ['GET', '/federation/v1/hint']]) {
    const body = method === 'POST' ? 'x' : undefined;
    assert.equal((await fetch(new URL(path, town.url), { method, body })).status, 404, path);
  }
});

test('rate-limited by peer, with Retry-After; another peer is served', { timeout: 60_000 }, async () => {
  const other = await world.friend();
  await caller();
  const agent = new https.Agent({ ca: world.tls.ca, keepAlive: true, maxSockets: 8, localAddress: '127.78.0.1', family: 4 });
  const shoot = (by) => new Promise((resolve, reject) => {
    const { method, target, headers } = by.sign(town.authority, { target: PAGES });
    https.request(`https://${town.authority}${target}`, { method, headers, agent }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
    }).on('error', reject).end();
  });
  try {
    const answers = await Promise.all(Array.from({ length: 90 }, () => shoot(node)));
    const limited = answers.filter((a) => a.status !== 200);
    assert.ok(answers.length - limited.length >= 50, 'a burst of 50 passes');
    assert.ok(limited.length > 0);
    for (const answer of limited) {
      isProblem(answer, 'rate-limited');
      assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
    }
    assert.equal((await shoot(other)).status, 200);
    // the node itself is not stopped from asking us, and it takes us back
    await within(15, 'served again', async () => (await shoot(node)).status === 200);
  } finally {
    agent.destroy();
  }
});

test('rate-limited by address, also without a signature', { timeout: 60_000 }, async () => {
  const agent = new https.Agent({ ca: world.tls.ca, keepAlive: true, maxSockets: 16, localAddress: '127.78.0.2', family: 4 });
  const shoot = () => new Promise((resolve, reject) => {
    https.get(`https://${town.authority}${PAGES}`, { agent }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode, retry: response.headers['retry-after'] }));
    }).on('error', reject);
  });
  try {
    const seen = [];
    for (let i = 0; i < 12 && !seen.some((a) => a.status === 429); i++) seen.push(...await Promise.all(Array.from({ length: 100 }, shoot)));
    assert.ok(seen.filter((a) => a.status === 401).length >= 200);
    assert.ok(seen.some((a) => a.status === 429 && Number(a.retry) >= 1));
    await within(20, 'taken back', async () => (await shoot()).status === 401);
  } finally {
    agent.destroy();
  }
});

test('after all this the real node is healthy and the peers go on', async () => {
  await eventually('room in the rate', async () => (await fetch(`${town.url}/readyz`)).status === 200);
  await caller();
  await nudge(node, town);
  await pulled(node, town);
  await node.pull(town.authority);
  assert.deepEqual((await town.asAdmin('GET', '/alarms')).items, []);
});

// Last, since it ended the process (FINDINGS 9).
test('a signed hint without a body is malformed', async () => {
  await caller();
  const none = await bytes(ForeignNode.wireText(town.authority, node.sign(town.authority, { ...HINT, body: undefined })));
  assert.match(none, /^HTTP\/1\.1 4(00|11) /);
  const empty = await bytes(ForeignNode.wireText(town.authority, node.sign(town.authority, { ...HINT, body: '' })));
  assert.match(empty, /^HTTP\/1\.1 400 [^]*malformed-request/);
  assert.equal((await fetch(`${town.url}/readyz`)).status, 200);
});
