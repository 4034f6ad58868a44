/** What an active peer can do to a node by saying too much, too early or too late: its words are well formed and signed. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buildPage, chainLink, chainStart, composeEntry, digestOf, epochBody, generateKey, headPayload, signHead } from './peer/index.mjs';
import { World, alarms, befriend, peerOf, eventually, keyOf, proposal, nudge, pulled, suspend, tell, within } from './world.mjs';

let world, town;
before(async () => {
  process.env.HF_FEDERATION_OFFICE_NAMES = '100'; // as it is unless set; a demo sets it
  world = await World.up();
  town = world.town;
});
after(() => world?.down());

const epochOf = async () => Number((await town.sql('SELECT epoch FROM node_state'))[0]);

const DAY = 86400;
const answer = (node, object, response, more = {}) => ({
  type: 'response', keepUntil: node.seconds() + DAY, body: { origin: town.authority, object, object_type: 'proposal', response, reason: 'Weil es so ist.', ...more },
});

/** A head in the real town's own name, under any of its keys. */
async function showOwnHead(node, key, epoch) {
  const body = await signHead(key, headPayload(town.authority, 'net', epoch, 5, Buffer.alloc(32, 1), node.seconds()));
  return (await node.request(town.authority, { method: 'POST', target: '/federation/v1/hint', body, contentType: 'application/jose' })).status;
}

test('a stolen key of ours cannot use up our epochs, and is worth nothing once it is replaced', async () => {
  const node = await world.friend();
  const stolen = await keyOf(town);
  const before = await epochOf();
  assert.equal(await showOwnHead(node, stolen, Number.MAX_SAFE_INTEGER), 204);
  assert.equal(await showOwnHead(node, stolen, node.seconds() + 90_000), 204);
  assert.equal(await epochOf(), before);
  await eventually('an alarm', async () => (await alarms(town, node, 'other')).length > 0);
  assert.equal(await showOwnHead(node, stolen, before + 3600), 204);
  const moved = await epochOf();
  assert.equal(moved, before + 3601);
  await town.publish('Weiter');
  await node.pull(town.authority);
  await pulled(node, town);

  await world.offline(town, () => town.command('key', 'replace'));
  town = world.town;
  const replaced = await epochOf();
  assert.equal(replaced, moved + 1);
  assert.equal(await showOwnHead(node, stolen, replaced + 5), 400);
  assert.equal(await epochOf(), replaced);
  assert.equal(await showOwnHead(node, await keyOf(town), replaced + 5), 204);
  assert.equal(await epochOf(), replaced + 6);
});

test('a case has at most 100 answers, whatever more are told', async () => {
  const node = await world.friend();
  const object = await town.publish('Ein Saal');
  const id = randomUUID();
  const to = `to/${town.authority}`;
  const answers = (from, count) => Array.from({ length: count }, (_, i) => ({ ...answer(node, object, 'taken_up', { reason: `Nummer ${from + i}.` }), id, rev: from + i }));
  await node.appendAll(to, answers(1, 99));
  await node.appendAll(to, answers(100, 21));
  await node.appendAll(to, [{ ...answer(node, object, 'declined'), id: randomUUID(), rev: 1 }]); // the same work under another name
  await tell(node, town);
  await pulled(node, town);
  const { items } = await town.ask('GET', `/proposals/${object}/cases`);
  assert.deepEqual([items.length, items[0].response, items[0].reason, items[0].history.length], [1, 'taken_up', 'Nummer 100.', 100]);
  const told = await town.ask('GET', `/proposals/${object}/history`);
  assert.equal(told.items.filter((event) => event.action === 'response').length, 100);
});

test('who forwards first is shown, whatever a clock says; all who forwarded before the answer hear it, nobody who came later', async () => {
  const [origin, first, second, late] = [await world.friend({ name: 'Ursprung' }), await world.friend({ name: 'Bona' }), await world.friend({ name: 'Zweite' }), await world.friend({ name: 'Nachher' })];
  const object = randomUUID();
  await origin.append('proposal', object, 1, proposal('Für andere'), { keepUntil: origin.seconds() + DAY });
  await tell(origin, town);
  await eventually('it is read', () => town.reads(origin, object));
  const forward = async (node, at = node.seconds()) => {
    const id = randomUUID();
    await node.append('forward', id, 1, { origin: origin.authority, object, object_type: 'proposal' }, { stream: `to/${town.authority}`, at, keepUntil: at + DAY });
    await tell(node, town);
    await pulled(node, town);
    return id;
  };
  const respond = (body) => town.ask('POST', `/network/proposals/${encodeURIComponent(origin.authority)}/${object}/responses`, { body });
  const heard = async (node) => {
    await node.pull(town.authority);
    return node.received.get(town.authority).filter((r) => r.type === 'response').map((r) => [r.entry.body.response, r.entry.body.forward]);
  };
  const asked = await forward(first);
  const again = await forward(second, second.seconds() + 3600);
  await forward(first, first.seconds() + 7200);
  assert.equal((await town.reads(origin, object)).forwarded_by.authority, first.authority);
  await respond({ response: 'taken_up' });
  await forward(late);
  await respond({ response: 'company_found' });
  for (const [node, id] of [[origin, asked], [first, asked], [second, again]]) assert.deepEqual(await heard(node), [['taken_up', id], ['company_found', id]], node.name);
  assert.deepEqual(await heard(late), []);
});

/** A page of an epoch that nobody expects, under a key that nobody knows, with as much in it as an answer holds. */
async function absurdPage(node, epoch) {
  const key = await generateKey();
  const of = (type, body) => ({ type, id: randomUUID(), rev: 1, at: node.seconds(), body });
  const lines = [of('epoch', epochBody(null, key)), ...Array.from({ length: 14 }, () => of('member', { x: 'z'.repeat(65000) }))]
    .map((entry, i) => composeEntry(i + 1, entry));
  const start = chainStart(node.authority, 'net', epoch);
  const chain = lines.reduce((link, line, i) => chainLink(link, i + 1, digestOf(line)), start);
  const head = await signHead(key, headPayload(node.authority, 'net', epoch, lines.length, chain, node.seconds()));
  return buildPage({ origin: node.authority, stream: 'net', epoch, from: 0, chain: start, lines, head });
}

test('bad pages are one alarm with one short proof, and hints do not hurry the next', async () => {
  const node = await world.friend();
  const served = [];
  node.hooks.pages = () => absurdPage(node, node.end().epoch + 1000 + served.push(performance.now()));
  await eventually('four bad pages', async () => {
    await nudge(node, town);
    return served.length >= 4;
  });
  // After the first, whose key is noted beside the known one, the peer is taken up anew.
  assert.ok(served[3] - served[2] >= 4000, `${served}`);
  const found = await eventually('the fourth', async () => {
    const list = await alarms(town, node, 'key_conflict');
    return list.some((alarm) => alarm.times >= 4) && list;
  });
  assert.equal(found.length, 1);
  const [octets] = await town.sql(`SELECT sum(length(proof)) FROM alarms WHERE peer = '${node.authority}'`);
  assert.ok(Number(octets) < 80_000, octets);
  node.hooks = {};
});

test('an office does not rewrite whom people know, nor anybody\'s role, and names no more towns than there is room for', async () => {
  const known = await world.friend({ name: 'Brave Stadt' });
  const office = await world.node({ name: 'Böses Büro', role: 'office' });
  await town.asAdmin('POST', '/memberships', { body: { invitation: JSON.stringify(office.invite()) } });
  const say = async (authority, jwk, more) => {
    await office.append('member', randomUUID(), 1, { authority, jwk, role: 'city', state: 'active', name: 'Neue Stadt', country: 'DE', ...more });
    await tell(office, town);
    await pulled(office, town);
  };
  const card = async (authority) => (({ name, country, role, state }) => [name, country, role, state])(await peerOf(town, { authority }));
  const before = await card(known.authority);
  await say(known.authority, known.key.jwk, { name: 'Umbenannt', country: 'FR', role: 'office', state: 'removed' });
  assert.deepEqual(await card(known.authority), before);

  const { jwk } = await generateKey();
  const member = 'neu.invalid';
  await say(member, jwk);
  await say(member, jwk, { name: 'Umbenannt', role: 'office' });
  assert.deepEqual(await card(member), ['Umbenannt', 'DE', 'city', 'active']);
  await say(member, jwk, { name: 'Verdreht \u202enetsivel' });
  assert.deepEqual(await card(member), ['Umbenannt', 'DE', 'city', 'active']);

  const fill = (count) => town.sql(`INSERT INTO peers (authority, name, country, role, key, key_id) SELECT lot || '.invalid', 'Voll', 'DE', 'city',
    sha256(lot::bytea), lot FROM (SELECT gen_random_uuid()::text AS lot FROM generate_series(1, ${count} - (SELECT count(*) FROM peers))) AS lots`);
  const empty = () => town.sql(`DELETE FROM peers WHERE name = 'Voll'`);
  try {
    await fill(900);
    await say('zuviel.invalid', (await generateKey()).jwk);
    assert.deepEqual(await town.sql(`SELECT 1 FROM peers WHERE authority = 'zuviel.invalid'`), []);
    assert.ok((await alarms(town, office, 'other'))[0].detail.includes('zuviel.invalid'));
    await befriend(town, await world.node());
    // Who was removed frees a place, but not for ever more who come back one after the other.
    await town.sql(`UPDATE peers SET decision = 'removed' WHERE authority IN (SELECT authority FROM peers WHERE name = 'Voll' LIMIT 2)`);
    const back = (await generateKey()).jwk;
    await say('zuviel.invalid', back);
    assert.deepEqual(await town.sql(`SELECT state FROM peers WHERE authority = 'zuviel.invalid'`), ['active'], 'said again, there is a place');
    await town.sql(`INSERT INTO peer_cursors (authority, stream, epoch, seq, created) VALUES ('zuviel.invalid', 'net', 1, 1, 1)`);
    await say('zuviel.invalid', back, { state: 'removed' });
    await fill(950);
    await say('zuviel.invalid', back);
    assert.deepEqual(await town.sql(`SELECT state FROM peers WHERE authority = 'zuviel.invalid'`), ['removed'], 'nor is there one to come back to');
    await town.sql(`UPDATE peers SET decision = 'removed' WHERE name = 'Voll'`);
    await fill(1800);
    await town.sql(`UPDATE peers SET decision = 'removed' WHERE name = 'Voll'`);
    await say('nochmehr.invalid', (await generateKey()).jwk);
    assert.deepEqual(await town.sql(`SELECT 1 FROM peers WHERE authority = 'nochmehr.invalid'`), []);
    await empty();
    await fill(1010);
    const more = await world.node();
    assert.equal((await town.call('POST', '/peers', { token: await town.adminToken(), body: { authority: more.authority } })).status, 409);
  } finally {
    await empty();
  }
  await say(member, jwk, { state: 'removed' });
});

const memberOf = (authority, jwk, more) => ({ type: 'member', id: randomUUID(), rev: 1, body: { authority, jwk, role: 'city', state: 'active', name: 'Dorf', country: 'DE', ...more } });

async function join(name) {
  const office = await world.node({ name, role: 'office' });
  await town.asAdmin('POST', '/memberships', { body: { invitation: JSON.stringify(office.invite()) } });
  return office;
}

async function says(office, ...entries) {
  await office.appendAll('net', entries);
  await tell(office, town);
  await pulled(office, town);
}

test('an office brings a hundred new names an hour, the rest wait and are not lost; without it they take nobody\'s place', async () => {
  const [hasty, other] = [await join('Eiliges Büro'), await join('Anderes Büro')];
  const names = await Promise.all(Array.from({ length: 108 }, async (_, i) => memberOf(`${i}.eilig.invalid`, (await generateKey()).jwk)));
  const again = (i, state) => ({ ...names[i], rev: names[i].rev += 1, body: { ...names[i].body, state } });
  const known = async () => Number((await town.sql(`SELECT count(*) FROM peers WHERE via = '${hasty.authority}'`))[0]);
  const state = (authority) => town.sql(`SELECT state FROM peers WHERE authority = '${authority}'`);
  const aHundred = async () => [100, 101, 102].includes(await known()); // one more every 36 seconds
  await says(hasty, ...names);
  assert.ok(await aHundred(), await known());
  await says(hasty, again(107, 'removed'), again(106, 'suspended'), again(106, 'active'));
  assert.ok(await aHundred(), await known());
  await town.sql(`INSERT INTO peers (authority, name, country, role, key, key_id) SELECT lot || '.invalid', 'Voll', 'DE', 'city',
    sha256(lot::bytea), lot FROM (SELECT gen_random_uuid()::text AS lot FROM generate_series(1, 800)) AS lots`);
  await town.sql(`UPDATE office_pace SET until = until - interval '1 hour'`);
  for (let round = 0; round < 2; round++) {
    await town.sql("INSERT INTO nonces VALUES ('niemand', 'alt', 0)");
    await within(20, 'the clock has looked', async () => (await town.sql("SELECT 1 FROM nonces WHERE key_id = 'niemand'")).length === 0);
  }
  assert.ok(await aHundred(), 'while there is no place they wait');
  await town.sql("DELETE FROM peers WHERE name = 'Voll'");
  await within(20, 'those who waited are taken in', async () => await known() === 107);
  assert.deepEqual([await state('106.eilig.invalid'), await state('107.eilig.invalid')], [['active'], []]);
  const version = async () => (await peerOf(town, { authority: '1.eilig.invalid' })).version;
  const before = await version();
  await says(hasty, again(1, 'active'));
  assert.equal(await version(), before, 'said again, it is the same');
  await says(hasty, again(0, 'removed'));
  assert.deepEqual(await state('0.eilig.invalid'), [], 'of whom nothing is held nothing stays');
  assert.deepEqual(await town.sql(`SELECT 1 FROM streams WHERE name = 'to/0.eilig.invalid'`), [], 'nor the stream that was begun for it');

  await town.sql(`INSERT INTO peers (authority, name, country, role, key, key_id, via, registry_state) SELECT lot || '.invalid', 'Voll', 'DE', 'city',
    sha256(lot::bytea), lot, '${hasty.authority}', 'active' FROM (SELECT gen_random_uuid()::text AS lot FROM generate_series(1, 900)) AS lots`);
  const late = memberOf('spaet.invalid', (await generateKey()).jwk);
  try {
    await says(other, late);
    assert.deepEqual(await state('spaet.invalid'), []);
    await suspend(town, hasty);
    await says(other, { ...late, rev: 2 });
    assert.deepEqual(await state('spaet.invalid'), ['active']);
  } finally {
    await town.sql(`DELETE FROM peers WHERE name = 'Voll'`);
  }
});
