/** Offices: a foreign town joins a real one, a real town joins a foreign one, and what registries may say. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { b64u, fingerprint, generateKey } from './peer/index.mjs';
import { World, alarms, befriend, digits, eventually, keyOf, nudge, peerOf, proposal, pulled, remove, tell, within } from './world.mjs';

let world, town, office;
before(async () => {
  world = await World.up();
  ({ town, office } = world);
});
after(() => world?.down());

const DAY = 86400;
const PAGES = '/federation/v1/pages?net=0.0';
const invite = async (label = 'Trier') => JSON.parse((await office.asAdmin('POST', '/invitations', { body: { label } })).invitation);
const members = (node, at = office) => node.received.get(at.authority).filter((r) => r.kind === 'entry' && r.type === 'member' && r.stream === 'net');
const stateOf = async (node) => (await town.call('GET', `/peers/${encodeURIComponent(node.authority)}`)).body?.state ?? null;
const becomes = (node, state) => within(15, `${node.authority} is ${state} here`, async () => (await stateOf(node)) === state);

/** A join as it goes over the wire, changed as a test likes. */
function post(node, body, { to = office, ...overrides } = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return node.request(to.authority, { method: 'POST', target: '/federation/v1/join', contentType: 'application/json', body: text }, overrides);
}

/** A foreign office that the real town has joined. */
async function foreignOffice(options = {}) {
  const bureau = await world.node({ role: 'office', name: 'Trierer Büro', areas: [], ...options });
  const joined = await town.asAdmin('POST', '/memberships', { body: { invitation: JSON.stringify(bureau.invite()) } });
  assert.equal(joined.authority, bureau.authority);
  await bureau.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
  return bureau;
}

/** The foreign office's registry names a town. */
async function enter(bureau, node, { state = 'active', key = node.key, id = randomUUID(), rev = 1, ...more } = {}) {
  await bureau.append('member', id, rev, { authority: node.authority, jwk: key.jwk, role: 'city', state, name: node.name, country: 'DE', ...more });
  await tell(bureau, town);
  return id;
}

test('a foreign town joins a real office by invitation, and is in its registry', async () => {
  const node = await world.node({ name: 'Trier' });
  const before = (await office.asAdmin('GET', '/members')).totals.nodes;
  const answer = await node.join(await invite());
  assert.deepEqual(answer, { authority: office.authority, state: 'active' });
  await pulled(node, office);
  await node.pull(office.authority);
  const own = members(node).filter((r) => r.entry.body.authority === node.authority);
  assert.equal(own.length, 1);
  assert.deepEqual(own[0].entry.body, { authority: node.authority, jwk: node.key.jwk, role: 'city', state: 'active', name: 'Trier', country: 'DE' });
  assert.ok(members(node).every((r) => r.fault === null));
  const listed = await eventually('it lives', async () => (await office.asAdmin('GET', '/members')).items.find((m) => m.authority === node.authority && m.living));
  assert.equal(listed.state, 'active');
  assert.equal((await office.asAdmin('GET', '/members')).totals.nodes, before + 1);
  assert.deepEqual(node.alarms, []);
});

test('through a real office a foreign town and a real one come to know each other', async () => {
  const node = await world.node();
  await node.join(await invite());
  await node.pull(office.authority);
  assert.equal(node.peerState(town.authority), 'active');
  await within(20, 'the town knows it', async () => (await stateOf(node)) === 'active');
  const { source, via } = await peerOf(town, node);
  assert.deepEqual([source, via.authority], ['registry', office.authority]);
  const id = randomUUID();
  await node.append('proposal', id, 1, proposal('Über das Büro'), { keepUntil: node.seconds() + DAY });
  await tell(node, town);
  await eventually('it is shown', () => town.reads(node, id));
  const own = await town.publish('Zurück über das Büro');
  await eventually('it is read', () => node.received.get(town.authority).some((r) => r.entry?.id === own));
  assert.deepEqual(node.alarms, []);
});

test('the same join again answers the present state; a token is good for one authority and key', async () => {
  const node = await world.node();
  const invitation = await invite();
  await node.join(invitation);
  assert.deepEqual(await node.join(invitation), { authority: office.authority, state: 'active' });
  await node.pull(office.authority);
  assert.equal(members(node).filter((r) => r.entry.body.authority === node.authority).length, 1, 'no second member entry');
  const other = await world.node();
  const used = await post(other, { authority: other.authority, jwk: other.key.jwk, token: invitation.token });
  assert.deepEqual([used.status, used.slug], [403, 'token-invalid']);
  const stranger = await generateKey();
  const rekeyed = await post(node, { authority: node.authority, jwk: stranger.jwk, token: invitation.token }, { parameters: { keyid: stranger.kid }, signWith: stranger });
  assert.deepEqual([rekeyed.status, rekeyed.slug], [403, 'token-invalid']);
});

/** Octets that no x on the curve belongs to: half of all are such. */
const noPoint = b64u(Buffer.from(`02${'00'.repeat(31)}`, 'hex'));

test('joins that are refused leave the token good', async () => {
  const node = await world.node();
  const { token } = await invite();
  const good = { authority: node.authority, jwk: node.key.jwk, token };
  const expect = async (status, slug, body, overrides) => {
    const got = await post(node, body, overrides);
    assert.deepEqual([got.status, got.slug], [status, slug], JSON.stringify(body).slice(0, 200));
  };
  for (const body of [
    '{', '[]', '', '{}', { ...good, more: 1 }, { authority: node.authority, jwk: node.key.jwk }, { ...good, authority: 'Upper.example' },
    { ...good, authority: 'a.example:443' }, { ...good, authority: `${'a'.repeat(63)}.`.repeat(4) }, { ...good, token: 'short' },
    { ...good, token: `${token}=` }, { ...good, token: 7 }, { ...good, jwk: { ...node.key.jwk, d: 'AA' } }, { ...good, jwk: { ...node.key.jwk, x: 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } },
    { ...good, jwk: { ...node.key.jwk, x: noPoint } }, JSON.stringify({ more: 1, ...good }).replace(':1,', ':1\0,'),
    `{"authority":"${node.authority}","authority":"${node.authority}","jwk":${JSON.stringify(node.key.jwk)},"token":"${token}"}`,
  ]) await expect(400, 'malformed-request', body);
  const stranger = await generateKey();
  await expect(401, 'unknown-key', { ...good, jwk: stranger.jwk });
  await expect(401, 'signature-invalid', good, { signWith: stranger });
  await expect(401, 'skew', good, { parameters: { created: node.seconds() - 500 } });
  await expect(403, 'token-invalid', { ...good, token: b64u(randomBytes(32)) });
  await expect(409, 'key-conflict', { ...good, authority: town.authority });
  await expect(422, 'discovery-failed', { ...good, authority: 'localhost:1' });
  await expect(422, 'discovery-failed', { ...good, jwk: stranger.jwk }, { parameters: { keyid: stranger.kid }, signWith: stranger });
  assert.deepEqual((await post(node, { ...good, jwk: { ...node.key.jwk, kid: 'x', use: 'sig', alg: 'EdDSA' } })).json, { authority: office.authority, state: 'active' });
});

test('a discovery document that is not as section 4 says makes a join fail', async () => {
  const node = await world.node();
  // A fresh invitation each time: an office asks a town few times for one (10.4).
  const body = async () => ({ authority: node.authority, jwk: node.key.jwk, token: (await invite()).token });
  const honest = node.discovery.bind(node);
  const wrong = {
    'another authority': (d) => ({ ...d, authority: 'elsewhere.example' }), 'another role': (d) => ({ ...d, role: 'village' }),
    'no name': ({ name, ...d }) => d, 'a long name': (d) => ({ ...d, name: 'x'.repeat(81) }), 'no country': (d) => ({ ...d, country: 'Germany' }),
    'another version': (d) => ({ ...d, versions: [2] }), 'no keys': (d) => ({ ...d, jwks: { keys: [] } }),
    'a private key': (d) => ({ ...d, jwks: { keys: [{ ...node.key.jwk, d: 'AA' }] } }), 'limits missing': (d) => ({ ...d, limits: { entry: 1 } }),
    'too large': (d) => ({ ...d, padding: 'x'.repeat(16 * 1024) }), 'no coordinates': (d) => ({ ...d, latitude_e6: 49.2 }),
    'a key that is no point': (d) => ({ ...d, jwks: { keys: [{ ...node.key.jwk, x: noPoint }] } }),
  };
  for (const [what, change] of Object.entries(wrong)) {
    node.discovery = () => change(honest());
    const got = await post(node, await body());
    assert.deepEqual([got.status, got.slug], [422, 'discovery-failed'], what);
  }
  for (const [status, type] of [[203, 'application/json'], [503, 'application/json'], [200, 'text/html']]) {
    node.hooks.raw = (req, res) => {
      if (!req.url.startsWith('/.well-known/')) return false;
      res.writeHead(status, { 'content-type': type }).end(JSON.stringify(honest()));
      return true;
    };
    assert.equal((await post(node, await body())).slug, 'discovery-failed', `${status} ${type}`);
  }
  node.hooks.raw = undefined;
  const stranger = await generateKey();
  node.discovery = () => { const d = honest(); return { ...d, jwks: { keys: [stranger.jwk, node.key.jwk] } }; };
  assert.equal((await post(node, await body())).slug, 'discovery-failed', 'the key must be the first');
  node.discovery = () => { const d = honest(); return { ...d, unknown: 1, jwks: { keys: [{ ...node.key.jwk, kid: 'k', use: 'sig' }, stranger.jwk, { kty: 'RSA', n: 'AQAB' }, 7], more: 1 } }; };
  assert.equal((await post(node, await body())).status, 200);
});

test('a town is no office: join is not found there', async () => {
  const node = await world.node();
  const got = await post(node, { authority: node.authority, jwk: node.key.jwk, token: b64u(randomBytes(32)) }, { to: town });
  assert.deepEqual([got.status, got.slug], [404, 'not-found']);
});

test('a real office passes on the rotated key of a member', async () => {
  const node = await world.node();
  await node.join(await invite());
  await pulled(node, office);
  await node.pull(office.authority);
  const old = node.key;
  await node.rotateKey();
  const body = await node.own.head('net');
  const hint = node.sign(office.authority, { method: 'POST', target: '/federation/v1/hint', body, contentType: 'application/jose' }, { parameters: { keyid: old.kid }, signWith: old });
  assert.equal((await node.send(office.authority, hint)).status, 204);
  await within(15, 'a member entry with the new key', async () => {
    await node.pull(office.authority).catch(() => {});
    return members(node).some((r) => r.entry.body.authority === node.authority && r.entry.body.jwk.x === node.key.jwk.x);
  });
  const own = members(node).filter((r) => r.entry.body.authority === node.authority);
  assert.equal(new Set(own.map((r) => r.entry.id)).size, 1, 'its id is stable');
  assert.ok(own[1].entry.rev > own[0].entry.rev);
  assert.deepEqual(node.alarms, []);
});

test('a real town joins a foreign office, and meets the towns of its registry', async () => {
  const bureau = await foreignOffice();
  const node = await world.node({ name: 'Konz' });
  assert.equal((await peerOf(town, bureau)).role, 'office');
  assert.ok(bureau.members.has(town.authority));
  await pulled(bureau, town);
  await bureau.pull(town.authority);
  await enter(bureau, node);
  await becomes(node, 'active');
  const seen = await peerOf(town, node);
  assert.deepEqual([seen.source, seen.via.authority, seen.name], ['registry', bureau.authority, 'Konz']);
  await node.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
  const id = randomUUID();
  await node.append('proposal', id, 1, proposal('Aus Konz'), { keepUntil: node.seconds() + DAY });
  await tell(node, town);
  await eventually('it is shown', () => town.reads(node, id));
  assert.deepEqual([...await alarms(town, bureau), ...await alarms(town, node)], []);
});

test('an invitation with another key, or one that the office refuses, makes no peer', async () => {
  const bureau = await world.node({ role: 'office', areas: [] });
  const join = (invitation) => town.call('POST', '/memberships', { body: { invitation: typeof invitation === 'string' ? invitation : JSON.stringify(invitation) }, token: town.admin });
  await town.adminToken();
  const good = bureau.invite();
  for (const bad of [{ ...good, key: (await generateKey()).kid }, { ...good, token: b64u(randomBytes(32)) }, { ...good, office: 'localhost:1' }, '{}', 'x', { ...good, more: 1 }]) {
    const got = await join(bad);
    assert.ok(got.status >= 400 && got.status < 600 && got.status !== 500, `${got.status} ${JSON.stringify(got.body)}`);
  }
  assert.ok(!bureau.requests.some((r) => r.verdict === 'ok' && r.target.endsWith('/join')));
  const city = await world.node({ role: 'city' });
  assert.ok((await join({ ...city.invite(), office: city.authority })).status >= 400, 'a town is no office');
  assert.ok(!city.requests.some((r) => r.target.endsWith('/join')), 'and is not asked as if it were');
  assert.equal((await join(good)).status, 201);
});

test('a join that something on the way sent twice is sent once more, signed anew', async () => {
  const bureau = await world.node({ role: 'office', name: 'Zweimal', areas: [] });
  const signatures = [];
  bureau.hooks.raw = (req, res) => {
    if (!req.url.endsWith('/join') || signatures.push(req.headers.signature) > 1) return false;
    req.resume().on('end', () => res.writeHead(401, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ type: 'https://herausforderung.example/problems/replayed', title: 'Replayed', status: 401 })));
    return true;
  };
  const joined = await town.asAdmin('POST', '/memberships', { body: { invitation: JSON.stringify(bureau.invite()) } });
  assert.equal(joined.state, 'active');
  assert.equal(new Set(signatures).size, 2);
});

test('an office suspends, removes and readmits: the real town obeys', async () => {
  const bureau = await foreignOffice();
  const node = await world.node();
  const id = await enter(bureau, node);
  await becomes(node, 'active');
  await node.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
  const hint = async () => (await node.request(town.authority, { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' })).slug;
  assert.equal(await hint(), null);
  for (const state of ['suspended', 'removed']) {
    await enter(bureau, node, { state, id, rev: 2 });
    await becomes(node, state);
    assert.equal(await hint(), 'not-active');
    assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
  }
  await enter(bureau, node, { state: 'invited', id, rev: 4 });
  await becomes(node, 'invited');
  assert.equal((await node.request(town.authority, { target: PAGES })).slug, 'not-active');
  await enter(bureau, node, { id, rev: 5 });
  await becomes(node, 'active');
  assert.equal(await hint(), null);
  // a second office that says active is enough
  const second = await foreignOffice({ name: 'Zweites Büro' });
  await enter(second, node);
  await pulled(second, town);
  await enter(bureau, node, { state: 'suspended', id, rev: 6 });
  await pulled(bureau, town);
  assert.equal(await stateOf(node), 'active');
  // and a local suspension always wins
  await town.asAdmin('POST', `/peers/${encodeURIComponent(node.authority)}/suspend`, { body: { reason: 'Nein.' } });
  await enter(bureau, node, { id, rev: 7 });
  await pulled(bureau, town);
  assert.equal(await stateOf(node), 'suspended');
  assert.equal(await hint(), 'not-active');
});

test('a registry that replaces a key nobody signed away: an alarm, and the old key counts on', async () => {
  const bureau = await foreignOffice();
  const node = await world.node();
  const id = await enter(bureau, node);
  await becomes(node, 'active');
  await node.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
  await pulled(node, town);
  const stranger = await generateKey();
  await enter(bureau, node, { key: stranger, id, rev: 2 });
  await eventually('an alarm', async () => (await alarms(town, node, 'key_replaced')).length > 0);
  const waiting = await peerOf(town, node);
  assert.deepEqual([waiting.state, waiting.frozen, digits(waiting.other_fingerprint)], ['active', null, digits(fingerprint(stranger))]);
  assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
  assert.equal((await node.request(town.authority, { target: PAGES }, { parameters: { keyid: stranger.kid }, signWith: stranger })).slug, 'unknown-key');
  // people compare the fingerprint of the new key: then it counts at once, and the old one is worthless
  const old = node.key;
  await node.openEpoch({ key: stranger });
  await town.asAdmin('POST', `/peers/${encodeURIComponent(node.authority)}/confirm`, { body: { fingerprint: node.fingerprint } });
  assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
  assert.equal((await node.request(town.authority, { target: PAGES }, { parameters: { keyid: old.kid }, signWith: old })).slug, 'unknown-key');
  const proposed = randomUUID();
  await node.append('proposal', proposed, 1, proposal('Mit neuem Schlüssel'), { keepUntil: node.seconds() + DAY });
  await tell(node, town);
  await within(15, 'it is shown', () => town.reads(node, proposed));
});

test('what an office tells late of two rotations in a row is no alarm, whose they may be', async () => {
  const bureau = await foreignOffice();
  const node = await world.node();
  const id = await enter(bureau, node);
  await becomes(node, 'active');
  await node.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
  await node.rotateKey();
  const between = node.key;
  await node.rotateKey();
  await pulled(node, town);
  await enter(bureau, node, { key: between, id, rev: 2 });
  await pulled(bureau, town);
  const { other_fingerprint: other, fingerprint: known } = await peerOf(town, node);
  assert.deepEqual([other, digits(known), await alarms(town, node)], [null, digits(node.fingerprint), []]);

  const ours = await world.offline(town, async () => {
    await town.command('key', 'rotate');
    const first = await keyOf(town);
    await town.command('key', 'rotate');
    return first;
  });
  ({ town, office } = world);
  await bureau.pull(town.authority);
  for (const key of [ours, await keyOf(town)]) await enter(bureau, town, { key });
  await pulled(bureau, town);
  assert.deepEqual(await alarms(town, bureau), []);
});

test('two offices that name different keys freeze a peer until a person decides', async () => {
  const [one, two] = [await foreignOffice(), await foreignOffice({ name: 'Zweites Büro' })];
  const node = await world.node();
  await enter(one, node);
  await becomes(node, 'active');
  await node.addPeer({ authority: town.authority, jwk: one.peers.need(town.authority).trusted.jwk });
  assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
  const stranger = await generateKey();
  await enter(two, node, { key: stranger });
  await within(15, 'an alarm', async () => (await alarms(town, node, 'key_conflict')).length > 0);
  assert.equal((await node.request(town.authority, { target: PAGES })).slug, 'not-active');
  const other = await node.request(town.authority, { target: PAGES }, { parameters: { keyid: stranger.kid }, signWith: stranger });
  assert.ok([401, 403].includes(other.status), `${other.status}`);
  const frozen = await peerOf(town, node);
  assert.equal(frozen.frozen, `${two.authority} names another key for ${node.authority} than the one known here. Nothing is exchanged with it until fingerprints were compared.`);
  assert.deepEqual([digits(frozen.fingerprint), digits(frozen.other_fingerprint)], [digits(node.fingerprint), digits(fingerprint(stranger))]);
  assert.deepEqual((await town.asAdmin('GET', '/peers')).items.find((peer) => peer.authority === node.authority), frozen);
  const said = await town.command('peer', 'list');
  assert.ok(said.includes(frozen.frozen) && said.includes(frozen.other_fingerprint), said);
  const asked = node.requests.length;
  const decided = await town.asAdmin('POST', `/peers/${encodeURIComponent(node.authority)}/confirm`, { body: { fingerprint: node.fingerprint } });
  assert.deepEqual([decided.state, decided.frozen, decided.other_fingerprint], ['active', null, null]);
  assert.deepEqual((await alarms(town, node)).filter((alarm) => !alarm.acknowledged_at), []);
  assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
  await nudge(node, town);
  await within(60, 'it is asked again', () => node.requests.slice(asked).some((r) => r.peer === town.authority));
});

test('of two keys the other one can be decided for as well', async () => {
  const [one, two] = [await foreignOffice(), await foreignOffice({ name: 'Zweites Büro' })];
  const node = await world.node();
  await enter(one, node, { key: await generateKey() });
  await becomes(node, 'active');
  await enter(two, node);
  await within(15, 'it is frozen', async () => (await peerOf(town, node)).frozen);
  await town.command('peer', 'confirm', node.authority, '--fingerprint', digits(node.fingerprint));
  const decided = await peerOf(town, node);
  assert.deepEqual([decided.state, decided.frozen, decided.other_fingerprint, digits(decided.fingerprint)], ['active', null, null, digits(node.fingerprint)]);
  await node.addPeer({ authority: town.authority, jwk: one.peers.need(town.authority).trusted.jwk });
  assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
});

test('a key that has become another peer\'s meanwhile cannot be decided for', async () => {
  const bureau = await foreignOffice();
  const node = await world.node();
  const thirds = await world.node();
  const id = await enter(bureau, node);
  await becomes(node, 'active');
  await enter(bureau, node, { key: thirds.key, id, rev: 2 });
  await within(15, 'it waits', async () => (await peerOf(town, node)).other_fingerprint);
  await befriend(town, thirds);
  const before = await peerOf(town, node);
  const answer = await town.call('POST', `/peers/${encodeURIComponent(node.authority)}/confirm`, { body: { fingerprint: thirds.fingerprint }, token: town.admin });
  assert.deepEqual([answer.status, answer.body.code], [409, 'key-conflict']);
  assert.deepEqual(await peerOf(town, node), before);
});

test('who was removed and comes with a new key is taken back under it, once people compared it', async () => {
  const node = await world.friend();
  await remove(town, node);
  const old = node.fingerprint;
  await node.openEpoch({ key: await generateKey() });
  const found = await town.asAdmin('POST', '/peers', { body: { authority: node.authority } });
  assert.deepEqual([found.state, digits(found.fingerprint), digits(found.other_fingerprint)], ['removed', digits(old), digits(node.fingerprint)]);
  await town.asAdmin('POST', `/peers/${encodeURIComponent(node.authority)}/confirm`, { body: { fingerprint: node.fingerprint } });
  await becomes(node, 'active');
  const id = randomUUID();
  await node.append('proposal', id, 1, proposal('Wieder da'), { keepUntil: node.seconds() + DAY });
  await tell(node, town);
  await within(15, 'it is read again', () => town.reads(node, id));
});

test('a member entry about the real town that it did not ask for raises an alarm', async () => {
  const bureau = await foreignOffice();
  await pulled(bureau, town);
  const stranger = await generateKey();
  await bureau.append('member', randomUUID(), 1, { authority: town.authority, jwk: stranger.jwk, role: 'city', state: 'active', name: town.name, country: 'DE' });
  await tell(bureau, town);
  await within(15, 'an alarm', async () => (await alarms(town, bureau, 'member_unasked')).length > 0);
  assert.equal((await fetch(`${town.url}/readyz`)).status, 200);
});

test('what a plain town says about members counts for nothing', async () => {
  const liar = await world.friend();
  const node = await world.node();
  await enter(liar, node);
  await pulled(liar, town);
  assert.equal(await stateOf(node), null);
});

test('an office gets of proposals and offers only that they are there', async () => {
  const bureau = await foreignOffice();
  const node = await world.friend();
  await town.publish('Nicht für das Büro');
  for (const reader of [bureau, node]) await within(15, 'it has come', async () => (await reader.pull(town.authority), reader.end && reader.received.get(town.authority)?.some((r) => r.stream === 'net' && (r.kind === 'withheld' || r.entry?.body?.title === 'Nicht für das Büro'))));
  const [seen, read] = [bureau, node].map((reader) => reader.received.get(town.authority).filter((r) => r.stream === 'net'));
  assert.deepEqual([...new Set(seen.filter((r) => r.kind === 'entry').map((r) => r.type))].filter((type) => ['proposal', 'offer'].includes(type)), []);
  assert.ok(seen.some((r) => r.kind === 'withheld') && seen.some((r) => r.kind === 'entry' && r.type === 'epoch'));
  assert.ok(read.some((r) => r.entry?.body?.title === 'Nicht für das Büro') && !read.some((r) => r.kind === 'withheld'));
  assert.deepEqual([...bureau.alarms], []);
});

test('an office keeps no text of proposals and offers, also of who sends it, nor what an older edition kept', async () => {
  const node = await world.node();
  await node.join(await invite());
  const ids = [randomUUID(), randomUUID(), randomUUID()];
  for (const [i, type] of ['proposal', 'offer'].entries()) await node.append(type, ids[i], 1, proposal('Geheim', type === 'offer' ? { state: 'available' } : {}), { keepUntil: node.seconds() + DAY });
  await node.append('proposal', ids[2], 1, {}, { line: (seq) => JSON.stringify({ seq, type: 'proposal', id: 'unsinn', body: { title: 'Geheim' } }) });
  await node.append('material', randomUUID(), 1, { title: 'Offen' });
  await tell(node, office);
  await pulled(node, office);
  const held = () => office.sql(`SELECT e.status, coalesce(e.type, '-') FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${node.authority}' AND s.name = 'net' AND e.seq > 1 ORDER BY s.epoch, e.seq`);
  assert.deepEqual(await held(), ['withheld|-', 'withheld|-', 'withheld|-', 'held|material']);
  assert.deepEqual(await office.sql(`SELECT 1 FROM entries WHERE convert_from(line, 'UTF8') ~ 'Geheim'`), []);
  assert.deepEqual(await alarms(office, node), []);

  await office.sql(`UPDATE entries e SET line = 'Geheim', type = CASE e.seq WHEN 2 THEN 'proposal' END, status = CASE e.seq WHEN 2 THEN 'held' ELSE 'quarantined' END
    FROM streams s WHERE s.id = e.stream_id AND s.origin = '${node.authority}' AND s.name = 'net' AND e.seq IN (2, 4)`);
  await within(30, 'it is forgotten, also what could not be read', async () => (await held()).slice(0, 3).every((line) => line === 'withheld|-'));
  assert.deepEqual(await office.sql(`SELECT 1 FROM entries WHERE convert_from(line, 'UTF8') ~ 'Geheim'`), []);

  const { epoch, seq } = node.end();
  await node.append('erase', randomUUID(), 1, { entries: [`${epoch}.${seq - 3}`] });
  await tell(node, office);
  await pulled(node, office);
  assert.equal((await held())[0], 'erased|-', 'what is erased is counted no more');
});

test('in the first sync of a registry only the last word about each town counts', async () => {
  const bureau = await world.node({ role: 'office', areas: [] });
  const node = await world.node();
  const id = randomUUID();
  const say = (key, state, rev) => bureau.append('member', id, rev, { authority: node.authority, jwk: key.jwk, role: 'city', state, name: node.name, country: 'DE' });
  await say(await generateKey(), 'active', 1);
  await say(await generateKey(), 'suspended', 2);
  await say(node.key, 'active', 3);
  await town.asAdmin('POST', '/memberships', { body: { invitation: JSON.stringify(bureau.invite()) } });
  await becomes(node, 'active');
  await node.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
  assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
  await pulled(node, town);
  assert.deepEqual(await alarms(town, node), []);
});
