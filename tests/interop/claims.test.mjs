/** What a foreign town claims that is not its to say, and what people here may not say either: it changes nothing. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { generateKey } from './peer/index.mjs';
import { World, alarms, befriend, eventually, proposal, pulled, resume, suspend, tell } from './world.mjs';

let world, town, node, other;
before(async () => {
  world = await World.up();
  town = world.town;
  [node, other] = [await world.friend(), await world.friend({ name: 'Kaiserslautern' })];
});
after(() => world?.down());

const DAY = 86400;
const ours = () => ({ stream: `to/${town.authority}`, keepUntil: node.seconds() + DAY });

/** Says something, and waits until the real town has it. */
async function say(speaker, type, body, { id = randomUUID(), ...options } = {}) {
  await speaker.append(type, id, 1, body, { keepUntil: speaker.seconds() + DAY, ...options });
  await tell(speaker, town);
  await pulled(speaker, town);
  return id;
}

/** What has become of the newest line of a stream. */
async function newest(speaker, stream) {
  const [row] = await town.sql(`SELECT coalesce(e.type, '') || ' ' || e.status FROM entries e JOIN streams s ON s.id = e.stream_id
    WHERE s.origin = '${speaker.authority}' AND s.name = '${stream}' ORDER BY s.epoch DESC, e.seq DESC LIMIT 1`);
  return row;
}

const at = (id, rest = '', kind = 'proposals') => `/network/${kind}/${encodeURIComponent(node.authority)}/${id}${rest}`;
const cases = async (id) => (await town.ask('GET', `/proposals/${id}/cases`)).items.map((one) => [one.id, one.helper.authority, one.response, one.history.length]);

test('a helper writes into no case that is not theirs, about the same thing or another', async () => {
  const [zaun, tor] = [await town.publish('Ein Zaun'), await town.publish('Ein Tor')];
  const answer = (object, response = 'taken_up') => ({ origin: town.authority, object, object_type: 'proposal', response });
  const id = await say(node, 'response', answer(zaun), ours());
  assert.deepEqual(await cases(zaun), [[id, node.authority, 'taken_up', 1]]);
  for (const [speaker, object] of [[other, zaun], [other, tor], [node, tor]]) {
    await say(speaker, 'response', answer(object, 'company_found'), { ...ours(), id });
    assert.equal(await newest(speaker, `to/${town.authority}`), 'response quarantined');
    assert.deepEqual([await cases(zaun), await cases(tor)], [[[id, node.authority, 'taken_up', 1]], []]);
  }
  await say(other, 'response', answer(zaun, 'company_found'), ours());
  assert.equal((await cases(zaun)).length, 2, 'each has a case of their own');
});

test('about what is not there nobody opens a case, and nobody points us to what is ours', async () => {
  const id = await town.publish('Ein Beet');
  await say(node, 'response', { origin: town.authority, object: randomUUID(), object_type: 'proposal', response: 'taken_up' }, ours());
  assert.equal(await newest(node, `to/${town.authority}`), 'response quarantined');
  const forward = await say(node, 'forward', { origin: town.authority, object: id, object_type: 'proposal' }, ours());
  assert.equal(await newest(node, `to/${town.authority}`), 'forward quarantined');
  assert.deepEqual(await town.sql(`SELECT 1 FROM forwards WHERE id = '${forward}'`), []);
});

test('the number of a forward is that of one forward', async () => {
  const [one, two] = [await say(node, 'proposal', proposal('Eins')), await say(node, 'proposal', proposal('Zwei'))];
  const id = await say(node, 'forward', { origin: node.authority, object: one, object_type: 'proposal', note: 'Könnt ihr?' }, ours());
  await say(other, 'forward', { origin: node.authority, object: two, object_type: 'proposal', note: 'Wir nicht.' }, { ...ours(), id });
  assert.equal(await newest(other, `to/${town.authority}`), 'forward quarantined');
  assert.equal((await town.reads(node, one)).forwarded_by.note, 'Könnt ihr?');
  assert.equal((await town.reads(node, two)).forwarded_by, null);
});

test('what stands in the wrong stream is nonsense', async () => {
  const id = await say(node, 'proposal', proposal('Unter uns'), ours());
  assert.equal(await newest(node, `to/${town.authority}`), 'proposal quarantined');
  assert.equal(await town.reads(node, id), null);
  await say(node, 'forward', { origin: node.authority, object: id, object_type: 'proposal' });
  assert.equal(await newest(node, 'net'), 'forward quarantined');
});

test('what a plain town says about members counts for nothing', async () => {
  const { jwk } = await generateKey();
  await say(node, 'member', { authority: 'neu.example', name: 'Neu', country: 'DE', role: 'city', state: 'active', jwk }, { keepUntil: undefined });
  assert.equal(await newest(node, 'net'), 'member held');
  assert.deepEqual(await town.sql("SELECT 1 FROM peers WHERE authority = 'neu.example'"), []);
});

test('a text whose time was over when it came is not shown', async () => {
  const now = node.seconds();
  const id = await say(node, 'proposal', proposal('Zu spät'), { at: now - 100, keepUntil: now - 50 });
  assert.equal(await town.reads(node, id), null);
});

test('of what a suspended town says no text is kept and nothing is made of it; once it is back it is asked again', async () => {
  const ofOurs = await town.publish('Ein Zelt');
  await suspend(town, other);
  const id = randomUUID();
  await other.append('proposal', id, 1, proposal('Von dazwischen'), { keepUntil: other.seconds() + DAY });
  await other.append('response', randomUUID(), 1, { origin: town.authority, object: ofOurs, object_type: 'proposal', response: 'taken_up' }, ours());
  // It is asked every ten minutes, whatever it hints and whatever changes about it, and after a start.
  await world.offline(town, () => {});
  ({ town } = world);
  await eventually('no text is kept', async () => (await newest(other, 'net')) === 'withheld' && (await newest(other, `to/${town.authority}`)) === 'withheld');
  assert.equal(await town.reads(other, id), null);
  assert.deepEqual(await town.sql(`SELECT 1 FROM network_items WHERE id = '${id}'`), []);
  assert.deepEqual(await cases(ofOurs), []);
  await resume(town, other);
  await eventually('it is shown', () => town.reads(other, id));
  await eventually('it is answered', async () => (await cases(ofOurs)).length === 1);
});

test('nobody answers a forward but whom it was made to', async () => {
  const id = await town.publish('Eine Bühne');
  const forward = await town.ask('POST', `/proposals/${id}/forwards`, { body: { peer: node.authority } });
  const answer = async () => (await town.ask('GET', '/forwards?direction=out')).items.find((one) => one.id === forward.id).answer;
  const response = { origin: town.authority, object: id, object_type: 'proposal', response: 'taken_up', forward: forward.id };
  await say(other, 'response', response, ours());
  await eventually('their case is here', async () => (await cases(id)).length === 1);
  assert.equal(await answer(), null);
  await say(node, 'response', response, ours());
  await eventually('it is answered', answer);
});

test('our own answers follow one another, with a reason where the other town needs one', async () => {
  const id = await say(node, 'proposal', proposal('Ein Saal'));
  const answer = async (response, reason) => {
    const { status, body } = await town.call('POST', at(id, '/responses'), { body: { response, ...(reason && { reason }) } });
    return status === 201 ? body.response : [status, body.code];
  };
  assert.deepEqual(await answer('handed_back', 'Zu groß.'), [409, 'transition-not-allowed']);
  assert.deepEqual(await answer('declined'), [422, 'invalid-body']);
  assert.equal(await answer('taken_up'), 'taken_up');
  assert.deepEqual(await answer('declined'), [422, 'invalid-body']);
  assert.equal(await answer('declined', 'Zu groß.'), 'declined');
  assert.deepEqual(await answer('company_found'), [409, 'transition-not-allowed']);
});

test('nothing is forwarded that others cannot read, and to nobody who is not active', async () => {
  const organisation = await town.ask('POST', '/organisations', { body: { name: 'Beispielhaus', sector: 'civil_society' } });
  const draft = await town.ask('POST', '/proposals', { body: {
    organisation_id: organisation.id, title: 'Noch im Haus', text: 'Ein Entwurf.', language: 'de', help: [{ category: 'goods' }], municipality: town.name,
  } });
  const forward = async (id, peer) => {
    const { status, body } = await town.call('POST', `/proposals/${id}/forwards`, { body: { peer: peer.authority } });
    return [status, body.code ?? body.to.authority];
  };
  assert.deepEqual(await forward(draft.id, node), [409, 'conflict']);
  const id = await town.publish('Ein Steg');
  await suspend(town, other);
  assert.deepEqual(await forward(id, other), [422, 'invalid-body']);
  assert.deepEqual(await forward(id, world.office), [422, 'invalid-body']);
  await resume(town, other);
  assert.deepEqual(await forward(id, other), [201, other.authority]);
});

test('an erasure that names what comes after it is refused, also where all of it is there already; an epoch that begins before it gets past it', async () => {
  const liar = await world.node();
  const { epoch, seq } = liar.end();
  await liar.append('erase', randomUUID(), 1, { entries: [`${epoch}.${seq + 2}`] });
  await liar.append('proposal', randomUUID(), 1, proposal('Danach'), { keepUntil: liar.seconds() + DAY });
  await befriend(town, liar);
  await eventually('an alarm', async () => (await alarms(town, liar, 'erase_refused')).length > 0);
  await liar.rewind('net', seq);
  await liar.openEpoch();
  const id = randomUUID();
  await liar.append('proposal', id, 1, proposal('Noch einmal'), { keepUntil: liar.seconds() + DAY });
  await tell(liar, town);
  await eventually('it is heard again', () => town.reads(liar, id));
});

test('what is refused of one stream keeps nothing of the other one away', async () => {
  const half = await world.friend({ name: 'Halb falsch' });
  const said = await half.append('proposal', randomUUID(), 1, proposal('Bald fort'), { keepUntil: half.seconds() + DAY });
  const id = JSON.parse(said.line).id;
  await tell(half, town);
  await eventually('it is shown', () => town.reads(half, id));
  const { epoch } = half.end();
  await half.append('erase', randomUUID(), 1, { entries: [`${epoch}.1000`] }, { stream: `to/${town.authority}` });
  await half.erase('net', [said.cursor]);
  await tell(half, town);
  await eventually('its erasure has arrived', async () => (await town.reads(half, id)) === null);
  await eventually('an alarm', async () => (await alarms(town, half, 'erase_refused')).length > 0);
});
