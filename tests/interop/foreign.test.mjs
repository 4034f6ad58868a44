/** A foreign town and a real one: they meet, read each other, forward, answer, erase, and part. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { parseAnswer } from './peer/index.mjs';
import {
  World, alarms, befriend, digits, eventually, peerOf, proposal, pulled, remove, resume, suspend, tell, within,
} from './world.mjs';

let world, town;
before(async () => {
  world = await World.up();
  town = world.town;
});
after(() => world?.down());

const DAY = 86400;
const PAGES = '/federation/v1/pages?net=0.0';

/** Publishes at a foreign town and tells the real one. @returns {Promise<{id: string, cursor: string}>} */
async function publish(node, body, { type = 'proposal', id = randomUUID(), rev = 1, ...options } = {}) {
  const appended = await node.append(type, id, rev, body, { keepUntil: node.seconds() + DAY, ...options });
  await tell(node, town);
  return { id, ...appended };
}

/** Waits until the real town shows something of a foreign one. */
const shown = (node, id, { kind = 'proposals', where = () => true, what = 'it' } = {}) => eventually(`${town.node} shows ${what}`, async () => {
  const read = await town.reads(node, id, kind);
  return read && where(read) && read;
});

/** Entries that a foreign town holds of the real one. */
const held = (node, stream = 'net', from = town) => node.received.get(from.authority).filter((r) => r.stream === stream && r.kind === 'entry');
const heldEntry = (node, id, stream, where = () => true) => eventually(`${node.authority} holds an entry about ${id}`,
  () => held(node, stream).findLast((r) => r.entry.id === id && where(r.entry.body)));

/** A real town's proposal that the foreign one has read. */
async function publishedHere(node, title, fields) {
  const id = await town.publish(title, fields);
  await heldEntry(node, id);
  return id;
}

const objectPath = (node, id, rest = '', kind = 'proposals') => `/network/${kind}/${encodeURIComponent(node.authority)}/${id}${rest}`;

test('the discovery documents of a real town and a real office are as section 4 says', async () => {
  const node = await world.node();
  for (const [real, role] of [[town, 'city'], [world.office, 'office']]) {
    const { document, keys } = await node.discover(real.authority);
    assert.equal(document.role, role);
    assert.equal(document.name, real.name);
    assert.equal(keys.length, 1);
    const members = ['authority', 'name', 'country', 'role', 'areas', 'latitude_e6', 'longitude_e6', 'versions', 'limits', 'jwks', 'mailbox'];
    assert.deepEqual(members.filter((name) => !Object.hasOwn(document, name)), []);
    assert.deepEqual(document.limits, { entry: 65536, answer: 1048576, body: 65536, hint: 1024 });
  }
});

test('two administrations compare fingerprints, and nothing flows before', async () => {
  const node = await world.node();
  const seen = await town.asAdmin('POST', '/peers', { body: { authority: node.authority } });
  assert.deepEqual([seen.state, seen.source, seen.name, digits(seen.fingerprint)], ['invited', 'manual', 'Trier', digits(node.fingerprint)]);
  const { keys } = await node.discover(town.authority);
  await node.addPeer({ authority: town.authority, jwk: keys[0].jwk });
  const early = await node.request(town.authority, { target: PAGES });
  assert.deepEqual([early.status, early.slug], [403, 'not-active']);
  await assert.rejects(node.hint(town.authority), { slug: 'not-active' });
  await assert.rejects(node.hint(town.authority, { jws: await node.own.head('net') }), { slug: 'not-active' });

  const confirm = (fingerprint) => town.call('POST', `/peers/${encodeURIComponent(node.authority)}/confirm`, { body: { fingerprint }, token: town.admin });
  const wrong = await confirm(node.fingerprint.replace(/./, (c) => String((Number(c) + 1) % 10)));
  assert.ok(wrong.status >= 400 && wrong.status < 500, `${wrong.status}`);
  assert.equal((await peerOf(town, node)).state, 'invited');
  assert.equal((await confirm(digits(node.fingerprint))).status, 200);
  await pulled(node, town);
  await node.pull(town.authority);
  assert.equal((await peerOf(town, node)).state, 'active');
});

test('peering on the command line works as well', async () => {
  const node = await world.node();
  const { keys } = await node.discover(town.authority);
  await node.addPeer({ authority: town.authority, jwk: keys[0].jwk });
  const printed = await town.command('peer', 'add', node.authority);
  assert.ok(printed.includes(node.fingerprint), printed);
  await town.command('peer', 'confirm', node.authority, '--fingerprint', node.fingerprint);
  await pulled(node, town);
  await node.pull(town.authority);
});

test('all that a real town published is pulled, verified and word for word what its API says', async () => {
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push(await town.publish(`Vorhaben ${i}`, { needed_by: i % 2 ? '2027-03-14' : null }));
  await town.asAdmin('POST', `/proposals/${ids[0]}/publication/erase`, { body: { reason: 'Erledigt.' } });
  const organisation = await town.ask('POST', '/organisations', { body: { name: 'Beispielbetrieb Süd', sector: 'company' } });
  const offer = await town.ask('POST', '/offers', { body: {
    organisation_id: organisation.id, title: 'Ein Lieferwagen', text: 'Samstags frei.', language: 'de', help: [{ category: 'transport', quantity: 2 }], municipality: town.name,
  } });
  await town.ask('POST', `/offers/${offer.id}/transitions`, { body: { to: 'available' } });
  const preview = await town.ask('POST', `/offers/${offer.id}/publication/preview`, { body: {} });
  await town.ask('PUT', `/offers/${offer.id}/publication`, { body: { digest: preview.digest } });

  const node = await world.friend();
  await node.pull(town.authority);
  const all = node.received.get(town.authority);
  assert.ok(all.length >= 8);
  assert.deepEqual(all.filter((r) => r.fault).map((r) => [r.line, r.fault]), []);
  for (const [kind, id] of [...ids.slice(1).map((id) => ['proposals', id]), ['offers', offer.id]]) {
    const { public: says } = await town.ask('GET', `/${kind}/${id}/publication`);
    const { body } = (await heldEntry(node, id)).entry;
    assert.deepEqual([body.title, body.text, body.language, body.state, body.month ?? null], [says.title, says.text, says.language, says.state, says.month]);
    assert.deepEqual(body.help.map((h) => [h.category, h.quantity ?? null]), says.help.map((h) => [h.category, h.quantity_band]));
    assert.deepEqual({ scheme: null, code: null, ...body.municipality }, says.municipality);
  }
  assert.ok(!held(node).some((r) => r.entry.id === ids[0]));
  assert.deepEqual(node.alarms, []);
});

test('a foreign proposal is shown in its own words, a later entry replaces it, and its history is kept', async () => {
  const node = await world.friend({ name: 'Trier an der Mosel' });
  const { id } = await publish(node, proposal('Ein Saal', {
    month: '2027-05', help: [{ category: 'space', quantity: '21-100' }, { category: 'telepathy' }, { category: 'hands', quantity: 'very many' }],
  }));
  const read = await shown(node, id);
  assert.deepEqual([read.title, read.text, read.language, read.month, read.state], ['Ein Saal', 'Für 40 Menschen\nam Abend', 'de', '2027-05', 'submitted']);
  assert.deepEqual(read.origin, { authority: node.authority, name: 'Trier an der Mosel', country: 'DE', mailbox: node.mailbox });
  assert.deepEqual(read.municipality, { name: 'Trier', scheme: 'DE-AGS', code: '07211000' });
  assert.deepEqual(read.help[0], { category: 'space', quantity_band: '21-100' });
  assert.deepEqual(read.help.map((h) => h.category), ['space', 'other', 'hands'], 'an unknown category is shown as other');
  assert.equal(read.distance_km > 0, true);

  await publish(node, proposal('Zwei Säle', { state: 'never_heard', municipality: { name: 'Mosel', scheme: 'NUTS', code: 'DEB2' } }), { id, rev: 2 });
  const changed = await shown(node, id, { where: (r) => r.title === 'Zwei Säle' });
  assert.deepEqual([changed.state, changed.municipality.scheme], ['other', 'NUTS']);
  assert.deepEqual(changed.history.map((h) => h.action), ['republished', 'published']);
  // stream order decides, not rev
  await publish(node, proposal('Drei Säle'), { id, rev: 1 });
  await shown(node, id, { where: (r) => r.title === 'Drei Säle' });
  const offered = await publish(node, proposal('Stühle', { state: 'available' }), { type: 'offer' });
  assert.equal((await shown(node, offered.id, { kind: 'offers' })).type, 'offer');
  const list = await town.ask('GET', `/network/proposals?origin=${encodeURIComponent(node.authority)}`);
  assert.deepEqual(list.items.map((item) => item.id), [id]);
  assert.deepEqual(await alarms(town, node), []);
});

test('an entry longer than any other, with text at its limits, is read', async () => {
  const node = await world.friend();
  const { id, line } = await publish(node, proposal('😀'.repeat(200), { text: '𝔘'.repeat(4000), extra: 'x'.repeat(45000) }));
  assert.ok(Buffer.byteLength(line) > 60000);
  const read = await shown(node, id);
  assert.deepEqual([[...read.title].length, [...read.text].length], [200, 4000]);
});

test('much: hundreds of entries, more than one answer holds', async () => {
  const node = await world.friend();
  for (let i = 0; i < 6; i++) {
    await node.appendAll('net', Array.from({ length: 60 }, (_, k) => ({
      type: 'proposal', id: randomUUID(), rev: 1, keepUntil: node.seconds() + DAY, body: proposal(`${i} ${k}`, { text: 'ä'.repeat(2000) }),
    })));
  }
  await tell(node, town);
  await pulled(node, town);
  const list = await town.ask('GET', `/network/proposals?origin=${encodeURIComponent(node.authority)}&limit=1`);
  assert.equal(list.total, 360);
  assert.equal((await peerOf(town, node)).entries, 362);
});

test('a hint makes the real town pull within seconds, though it polls once a minute', async () => {
  const node = await world.friend();
  const before = performance.now();
  const { id } = await publish(node, proposal('Eilig'));
  await shown(node, id);
  assert.ok(performance.now() - before < 10_000);
});

test('a real town hints its peers, and shows as delivered what they acknowledged', async () => {
  const node = await world.friend({ pullOnHint: false });
  const id = await town.publish('Ein Regal');
  await eventually('a hint', () => node.hints.length > 0);
  const delivered = async () => (await town.ask('GET', `/proposals/${id}/publication`)).recipients.find((r) => r.authority === node.authority).delivered_at;
  assert.equal(await delivered(), null);
  const { lag } = await peerOf(town, node);
  assert.ok(lag > 0);
  await node.pull(town.authority);
  await eventually('delivered', delivered);
  assert.equal((await peerOf(town, node)).lag, 0);
});

test('a foreign town forwards, and the answers come to it with their history', async () => {
  const node = await world.friend();
  const { id } = await publish(node, proposal('Umzug'));
  const forward = randomUUID();
  await node.append('forward', forward, 1, { origin: node.authority, object: id, object_type: 'proposal', note: 'Könnt ihr?' },
    { stream: `to/${town.authority}`, keepUntil: node.seconds() + DAY });
  await tell(node, town);
  const read = await shown(node, id, { where: (r) => r.forwarded_by });
  assert.deepEqual([read.forwarded_by.authority, read.forwarded_by.note], [node.authority, 'Könnt ihr?']);

  const answer = (body) => town.ask('POST', objectPath(node, id, '/responses'), { body });
  const taken = await answer({ response: 'taken_up' });
  await answer({ response: 'company_found' });
  await answer({ response: 'handed_back', reason: 'Kein Wagen.' });
  const to = `to/${node.authority}`;
  await heldEntry(node, taken.id, to, (b) => b.response === 'handed_back');
  const steps = held(node, to).filter((r) => r.type === 'response');
  assert.deepEqual(steps.map((r) => r.entry.body.response), ['taken_up', 'company_found', 'handed_back']);
  assert.ok(steps.every((r) => r.fault === null && r.entry.id === taken.id && r.entry.body.origin === node.authority && r.entry.body.object === id));
  assert.equal(steps[0].entry.body.forward, forward);
  assert.equal(steps[2].entry.body.reason, 'Kein Wagen.');
  const { history } = await town.reads(node, id);
  assert.deepEqual(history.filter((h) => h.action === 'response').map((h) => h.response), ['handed_back', 'company_found', 'taken_up']);
});

test('a real town forwards, and shows the answers of a foreign one with their history', async () => {
  const node = await world.friend();
  const id = await publishedHere(node, 'Stühle holen');
  const sent = await town.ask('POST', `/proposals/${id}/forwards`, { body: { peer: node.authority, note: 'Habt ihr Stühle?' } });
  const forward = await heldEntry(node, sent.id, `to/${node.authority}`);
  assert.deepEqual(forward.entry.body, { origin: town.authority, object: id, object_type: 'proposal', note: 'Habt ihr Stühle?' });
  assert.equal(forward.fault, null);

  const caseId = randomUUID();
  const answer = async (rev, response, reason) => {
    await node.append('response', caseId, rev, {
      origin: town.authority, object: id, object_type: 'proposal', forward: sent.id, response, ...(reason ? { reason } : {}),
    }, { stream: `to/${town.authority}`, keepUntil: node.seconds() + DAY });
    await tell(node, town);
  };
  await answer(1, 'taken_up');
  await answer(2, 'company_found', 'Ein Möbelhaus.');
  await answer(3, 'handed_back', 'Doch nicht.');
  const found = await eventually('all three answers', async () => {
    const [first] = (await town.ask('GET', `/proposals/${id}/cases`)).items;
    return first?.response === 'handed_back' && first;
  });
  assert.deepEqual([found.id, found.helper.authority, found.reason], [caseId, node.authority, 'Doch nicht.']);
  assert.deepEqual(found.history.map((h) => [h.response, h.direction]), [['handed_back', 'in'], ['company_found', 'in'], ['taken_up', 'in']]);
  const out = (await town.ask('GET', '/forwards?direction=out')).items.find((f) => f.id === sent.id);
  assert.equal(out.answer.response, 'handed_back');
  assert.ok(out.delivered_at);
  assert.deepEqual(await alarms(town, node), []);
});

test('a forward to a third town: its answer goes to the origin and to the one that forwarded', async () => {
  const origin = await world.friend({ name: 'Ursprung' });
  const helper = await world.friend({ name: 'Hilfe' });
  const { id } = await publish(origin, proposal('Ein Klavier'));
  await shown(origin, id);
  const sent = await town.ask('POST', objectPath(origin, id, '/forwards'), { body: { peer: helper.authority } });
  const forward = await heldEntry(helper, sent.id, `to/${helper.authority}`);
  assert.deepEqual(forward.entry.body, { origin: origin.authority, object: id, object_type: 'proposal' });
  // and the other way round: a forward from a third town, answered here, is answered to both
  const asked = randomUUID();
  await helper.append('forward', asked, 1, { origin: origin.authority, object: id, object_type: 'proposal' }, { stream: `to/${town.authority}`, keepUntil: helper.seconds() + DAY });
  await tell(helper, town);
  await shown(origin, id, { where: (r) => r.forwarded_by?.authority === helper.authority });
  const made = await town.ask('POST', objectPath(origin, id, '/responses'), { body: { response: 'declined', reason: 'Zu schwer.' } });
  for (const node of [origin, helper]) {
    const response = await heldEntry(node, made.id, `to/${node.authority}`);
    assert.deepEqual([response.fault, response.entry.body.response, response.entry.body.origin, response.entry.body.forward], [null, 'declined', origin.authority, asked]);
  }
});

test('a response about an object that is not the real town\'s, or by one who has no part in it, changes nothing', async () => {
  const node = await world.friend();
  const id = await publishedHere(node, 'Ein Zaun');
  const say = (body) => node.append('response', randomUUID(), 1, { origin: town.authority, object: id, object_type: 'proposal', response: 'taken_up', ...body },
    { stream: `to/${town.authority}`, keepUntil: node.seconds() + DAY });
  await say({ object: randomUUID() });
  await say({ origin: 'elsewhere.example' });
  await say({ object_type: 'offer' });
  await say({ response: 'shrugged' });
  await say({ response: 'declined' });
  await tell(node, town);
  await pulled(node, town);
  assert.deepEqual((await town.ask('GET', `/proposals/${id}/cases`)).items, []);
});

test('an erase of a foreign town: its text vanishes here, and the entry before it does not come back', async () => {
  const node = await world.friend();
  const first = await publish(node, proposal('Geheim eins'));
  await publish(node, proposal('Geheim zwei'), { id: first.id, rev: 2 });
  const other = await publish(node, proposal('Bleibt'));
  const second = await shown(node, first.id, { where: (r) => r.title === 'Geheim zwei' });
  assert.equal(second.title, 'Geheim zwei');
  const { epoch } = node.end();
  await node.erase('net', [first.cursor, `${epoch}.${first.seq + 1}`]);
  await tell(node, town);
  await eventually('it is gone', async () => (await town.reads(node, first.id)) === null);
  await shown(node, other.id);
  assert.equal((await town.sql(`SELECT count(*) FROM entries WHERE line::text LIKE '%Geheim%'`))[0], '0');
  assert.deepEqual(await alarms(town, node), []);
});

test('an erase of a real town reaches the foreign one, and is shown as applied', async () => {
  const node = await world.friend({ pullOnHint: false });
  const id = await town.publish('Verraten');
  await node.pull(town.authority);
  const entry = await heldEntry(node, id);
  await town.ask('POST', `/proposals/${id}/publication/erase`, { body: { reason: 'Irrtum.' } });
  const applied = async () => (await town.ask('GET', `/proposals/${id}/publication`)).erase_recipients.find((r) => r.authority === node.authority)?.applied_at;
  assert.equal(await applied(), null);
  await node.pull(town.authority);
  assert.ok(!held(node).some((r) => r.entry.id === id));
  assert.equal(node.received.get(town.authority).find((r) => r.cursor === entry.cursor && r.stream === 'net').kind, 'erased');
  await eventually('applied', applied);
  // one who comes later sees the placeholder and the erase, and misses nothing
  const later = await world.friend();
  await later.pull(town.authority);
  assert.ok(!later.received.get(town.authority).some((r) => r.line?.includes('Verraten')));
  assert.deepEqual([...node.alarms, ...later.alarms], []);
});

test('what comes after its keep_until is not shown, and an erase of what is over is no error', async () => {
  const node = await world.friend();
  const { id } = await publish(node, proposal('Kurz'), { keepUntil: node.seconds() + 2 });
  const late = randomUUID();
  await node.append('proposal', late, 1, proposal('Zu spät'), { at: node.seconds() - 100, keepUntil: node.seconds() - 50 });
  await tell(node, town);
  await pulled(node, town);
  assert.equal(await town.reads(node, late), null);
  let erased = 0;
  await within(10, 'the origin erases both', async () => (erased += (await node.expire()).own) >= 2);
  await tell(node, town);
  await pulled(node, town);
  assert.equal(await town.reads(node, id), null);
  assert.deepEqual(await alarms(town, node), []);
});

test('a suspended foreign town gets placeholders at once, erasures and its own heads are answered, hints are not', async () => {
  const node = await world.friend({ pullOnHint: false });
  const erased = await town.publish('Wird gelöscht');
  await node.pull(town.authority);
  await suspend(town, node);
  const hidden = await town.publish('Verborgen');
  await town.ask('POST', `/proposals/${erased}/publication/erase`, { body: { reason: 'Erledigt.' } });
  await node.pull(town.authority);
  const last = node.received.get(town.authority).filter((r) => r.stream === 'net').slice(-2);
  assert.deepEqual(last.map((r) => [r.kind, r.type]), [['withheld', null], ['entry', 'erase']]);
  assert.ok(!held(node).some((r) => [erased, hidden].includes(r.entry.id)));
  const theirs = await node.request(town.authority, { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' });
  assert.deepEqual([theirs.status, theirs.slug], [403, 'not-active']);
  const { jws } = node.peers.stream(node.peers.need(town.authority), 'net').confirmed.head;
  await node.hint(town.authority, { jws });

  await remove(town, node);
  assert.equal((await node.request(town.authority, { target: PAGES })).status, 200);
  await node.hint(town.authority, { jws });
  await assert.rejects(tell(node, town), { slug: 'not-active' });
  assert.deepEqual(node.alarms, []);
});

test('what a suspended town says is not kept, its erasures are obeyed, and once it is back all it says is read', async () => {
  const node = await world.friend();
  const before = await publish(node, proposal('Von vorher'));
  await shown(node, before.id);
  const ours = await publishedHere(node, 'Ein Zelt');
  await suspend(town, node);
  const during = randomUUID();
  await node.append('proposal', during, 1, proposal('Von dazwischen'), { keepUntil: node.seconds() + DAY });
  await node.append('response', randomUUID(), 1, { origin: town.authority, object: ours, object_type: 'proposal', response: 'taken_up' },
    { stream: `to/${town.authority}`, keepUntil: node.seconds() + DAY });
  await node.erase('net', [before.cursor]);
  // It is asked every ten minutes, whatever it hints and whatever changes about it, and after a start.
  await world.offline(town, () => {});
  ({ town } = world);
  const kept = (text) => town.sql(`SELECT count(*) FROM entries WHERE convert_from(line, 'UTF8') LIKE '%${text}%'`);
  await eventually('its erasure is obeyed', async () => (await kept('Von vorher'))[0] === '0');
  assert.deepEqual(await kept('Von dazwischen'), ['0']);
  const cases = async () => (await town.ask('GET', `/proposals/${ours}/cases`)).items;
  assert.equal(await town.reads(node, during), null);
  assert.deepEqual(await cases(), []);

  await resume(town, node);
  await shown(node, during);
  assert.equal(await town.reads(node, before.id), null);
  await eventually('its answer is shown', async () => (await cases()).length === 1);
});

test('a real town that is suspended reads placeholders without an alarm, and goes on after', async () => {
  const node = await world.friend();
  const kept = await publish(node, proposal('Vorher da'));
  await shown(node, kept.id);
  node.setLocalState(town.authority, 'suspended');
  const hidden = randomUUID();
  await node.append('proposal', hidden, 1, proposal('Nicht für euch'), { keepUntil: node.seconds() + DAY });
  await node.erase('net', [kept.cursor]);
  await tell(node, town);
  await pulled(node, town);
  assert.equal(await town.reads(node, kept.id), null);
  assert.equal(await town.reads(node, hidden), null);
  node.setLocalState(town.authority, null);
  const again = await publish(node, proposal('Wieder für euch'));
  await shown(node, again.id);
  assert.deepEqual(await alarms(town, node), []);
});

test('entries for one town are served to no other', async () => {
  const [one, two] = [await world.friend(), await world.friend()];
  const id = await publishedHere(one, 'Für eine allein');
  const sent = await town.ask('POST', `/proposals/${id}/forwards`, { body: { peer: one.authority } });
  await heldEntry(one, sent.id, `to/${one.authority}`);
  const answer = await two.request(town.authority, { target: '/federation/v1/pages?to=0.0&net=0.0' });
  assert.ok(!answer.answer.body.includes(sent.id));
  assert.deepEqual([...new Set(parseAnswer(answer.answer.body).map((p) => p.stream))], [`to/${two.authority}`, 'net']);
});
