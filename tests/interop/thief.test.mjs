/** Who has a key that was replaced, or one that nobody knows, and answers in a foreign node's name. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buildPage, chainLink, chainStart, composeEntry, digestOf, epochBody, generateKey, headPayload, signHead } from './peer/index.mjs';
import { World, alarms, eventually, peerOf, proposal, pulled, resume, suspend, tell, within } from './world.mjs';

const DAY = 86400;
const LAST_EPOCH = Number.MAX_SAFE_INTEGER;
let world, town;
before(async () => {
  world = await World.up();
  town = world.town;
});
after(() => world?.down());

async function publish(node, title) {
  const id = randomUUID();
  const { cursor } = await node.append('proposal', id, 1, proposal(title), { keepUntil: node.seconds() + DAY });
  await tell(node, town);
  return { id, cursor };
}
const shown = (node, id) => within(20, `${town.node} shows it`, () => town.reads(node, id));
const confirm = (node) => town.asAdmin('POST', `/peers/${encodeURIComponent(node.authority)}/confirm`, { body: { fingerprint: node.fingerprint } });
const cursorOf = ({ epoch, seq }) => `${epoch}.${seq}`;

/** A page of somebody's making after `at`; what it ends at is the next `at`. */
async function forge(node, key, stream, at, entries) {
  const lines = entries.map((entry, i) => composeEntry(at.seq + 1 + i, { rev: 1, at: node.seconds(), ...entry }));
  const chain = lines.reduce((link, line, i) => chainLink(link, at.seq + 1 + i, digestOf(line)), at.chain);
  const end = { epoch: at.epoch, seq: at.seq + lines.length, chain };
  const head = await signHead(key, headPayload(node.authority, stream, end.epoch, end.seq, chain, node.seconds()));
  return { end, text: buildPage({ origin: node.authority, stream, epoch: at.epoch, from: at.seq, chain: at.chain, lines, head }) };
}

/** An epoch that goes on from `at`, under any key. */
const forgeEpoch = (node, key, stream, at, epoch, entries = []) => forge(node, key, stream, { epoch, seq: 0, chain: chainStart(node.authority, stream, epoch) },
  [{ type: 'epoch', id: randomUUID(), body: epochBody(at, key) }, ...entries]);

/** Answers each cursor with the page that was made for it, and says nothing else: never which head is the newest. */
function play(node, pages) {
  node.hooks.pages = ({ asked }) => asked.map(({ stream, cursor }) => pages.get(`${stream} ${cursorOf(cursor)}`) ?? '').join('');
}

/** The node's key is stolen; its people begin anew under another one, and the administrator over there compares it. */
async function replaceKey(node, thief) {
  const old = node.key;
  await node.openEpoch({ key: await generateKey() });
  const hint = { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' };
  assert.equal((await node.send(town.authority, node.sign(town.authority, hint, { parameters: { keyid: old.kid }, signWith: old }))).status, 204);
  const waiting = await within(20, 'the other key is known', async () => {
    const peer = await peerOf(town, node);
    return peer.other_fingerprint && peer;
  });
  assert.equal(waiting.other_fingerprint.replace(/\s/g, ''), node.fingerprint.replace(/\s/g, ''));
  play(node, thief);
  await confirm(node);
  await tell(node, town);
}

const reached = (node, stream, at) => within(20, `${town.node} holds ${cursorOf(at)}`, () => node.peerCursor(town.authority)[stream] === cursorOf(at));
const stolenLines = () => town.sql(`SELECT convert_from(line, 'UTF8') FROM entries WHERE convert_from(line, 'UTF8') LIKE '%Gestohlen%'`);

for (const further of [false, true]) {
  test(`the holder of a replaced key is believed in nothing, ${further ? 'in an epoch of its own' : 'in the epoch that was'}`, async () => {
    const node = await world.friend();
    const to = `to/${town.authority}`;
    const kept = await publish(node, 'Vorher');
    const ours = await town.publish('Unser eigener');
    await shown(node, kept.id);
    await pulled(node, town);
    const [net, letters] = [node.end('net'), node.end(to)];
    const keepUntil = node.seconds() + DAY;
    const taken = { type: 'proposal', id: randomUUID(), keepUntil, body: proposal('Gestohlen') };
    const old = node.key;
    const netTail = await forge(node, old, 'net', net, [taken, { ...taken, id: kept.id, rev: 2 }, { type: 'erase', id: randomUUID(), body: { entries: [kept.cursor] } }]);
    const toTail = await forge(node, old, to, letters, [
      { type: 'response', id: randomUUID(), keepUntil, body: { origin: town.authority, object: ours, object_type: 'proposal', response: 'taken_up', reason: 'Gestohlen' } },
      { type: 'forward', id: randomUUID(), keepUntil, body: { origin: node.authority, object: kept.id, object_type: 'proposal', note: 'Gestohlen' } },
    ]);
    const pages = new Map([[`net ${cursorOf(net)}`, netTail.text], [`${to} ${cursorOf(letters)}`, toTail.text]]);
    let end = netTail.end;
    if (further) {
      const later = await forgeEpoch(node, old, 'net', end, node.seconds() + DAY / 2, [{ ...taken, id: randomUUID() }]);
      pages.set(`net ${cursorOf(end)}`, later.text);
      end = later.end;
    }
    await replaceKey(node, pages);
    await reached(node, 'net', end);
    await reached(node, 'to', toTail.end);
    const untouched = async () => {
      assert.equal(await town.reads(node, taken.id), null);
      const item = await shown(node, kept.id);
      assert.deepEqual([item.title, item.forwarded_by, item.history.length], ['Vorher', null, 1]);
      assert.deepEqual((await town.ask('GET', `/proposals/${ours}/cases`)).items, []);
    };
    await untouched();

    node.hooks = {};
    const fresh = await publish(node, 'Danach');
    await shown(node, fresh.id);
    await untouched();
    assert.deepEqual(await stolenLines(), []);
    assert.deepEqual(await alarms(town, node, 'fork'), []);
    await suspend(town, node);
    await resume(town, node);
    await shown(node, (await publish(node, 'Und weiter')).id);
    await untouched();

    // The old key begins nothing any more, not even for a while.
    const again = await forgeEpoch(node, old, 'net', node.end('net'), LAST_EPOCH, [taken]);
    play(node, new Map([[`net ${cursorOf(node.end('net'))}`, again.text]]));
    await tell(node, town);
    await eventually('an alarm', async () => (await alarms(town, node, 'key_conflict')).length > 0);
    node.hooks = {};
    await shown(node, (await publish(node, 'Zuletzt')).id);
    await untouched();
  });
}

test('what a thief adds is thrown away when no trusted head follows, and lines of the owner come in its place', async () => {
  const node = await world.friend();
  const kept = await publish(node, 'Vorher');
  await pulled(node, town);
  const net = node.end('net');
  const old = node.key;
  const missed = randomUUID();
  await node.append('proposal', missed, 1, proposal('Nicht mehr gelesen'), { keepUntil: node.seconds() + DAY });
  const tail = await forge(node, old, 'net', net, [{ type: 'proposal', id: randomUUID(), keepUntil: node.seconds() + DAY, body: proposal('Gestohlen') }]);
  const newest = await forge(node, old, 'net', tail.end, []);
  await replaceKey(node, new Map([[`net ${cursorOf(net)}`, tail.text], [`net ${cursorOf(tail.end)}`, newest.text]]));
  await eventually('an alarm', async () => (await alarms(town, node, 'key_conflict')).length > 0);
  await eventually('nothing of it is left', async () => (await stolenLines()).length === 0);
  node.hooks = {};
  await tell(node, town);
  await shown(node, missed);
  await shown(node, kept.id);
});

test('a rotation that was not read before people compared the new key is followed all the same', async () => {
  const node = await world.friend();
  const kept = await publish(node, 'Vorher');
  await pulled(node, town);
  const old = node.key;
  await node.openEpoch({ atLeast: node.end().epoch + 10 });
  await node.rotateKey();
  // The new key is seen first in an epoch of somebody who answers for this name; people find that it is the node's.
  const false1 = await forgeEpoch(node, node.key, 'net', null, node.end('net').epoch - 1);
  node.hooks.pages = () => false1.text;
  const hint = { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' };
  await node.send(town.authority, node.sign(town.authority, hint, { parameters: { keyid: old.kid }, signWith: old }));
  await within(20, 'the other key is known', async () => (await peerOf(town, node)).other_fingerprint);
  node.hooks = {};
  await confirm(node);
  const fresh = await publish(node, 'Danach');
  await shown(node, fresh.id);
  await shown(node, kept.id);
});

test('the last epoch of all is refused, even under the key that is trusted: the owner can still open the next one', async () => {
  const node = await world.friend();
  const kept = await publish(node, 'Vorher');
  await shown(node, kept.id);
  await pulled(node, town);
  const net = node.end('net');
  const page = await forgeEpoch(node, node.key, 'net', net, LAST_EPOCH, [{ type: 'proposal', id: randomUUID(), keepUntil: node.seconds() + DAY, body: proposal('Gestohlen') }]);
  play(node, new Map([[`net ${cursorOf(net)}`, page.text]]));
  await tell(node, town);
  await eventually('an alarm', async () => (await alarms(town, node)).some(({ detail }) => /a day ahead/.test(detail)));
  assert.deepEqual(await stolenLines(), []);
  node.hooks = {};
  await shown(node, (await publish(node, 'Danach')).id);
  await shown(node, kept.id);
});

test('an unknown key carries nothing away from a peer that was suspended and is resumed', async () => {
  const node = await world.friend();
  const kept = await publish(node, 'Vorher');
  await shown(node, kept.id);
  await pulled(node, town);
  const net = node.end('net');
  const stranger = await generateKey();
  const page = await forgeEpoch(node, stranger, 'net', net, LAST_EPOCH, [{ type: 'proposal', id: randomUUID(), keepUntil: node.seconds() + DAY, body: proposal('Gestohlen') }]);
  await suspend(town, node);
  play(node, new Map([[`net ${cursorOf(net)}`, page.text]]));
  await resume(town, node);
  await eventually('an alarm', async () => (await alarms(town, node, 'key_conflict')).length > 0);
  assert.deepEqual(await stolenLines(), []);
  node.hooks = {};
  const fresh = await publish(node, 'Danach');
  await shown(node, fresh.id);
  await shown(node, kept.id);
});

test('who has the replaced key of an office names nobody to its members', async () => {
  const bureau = await world.node({ role: 'office', name: 'Trierer Büro', areas: [] });
  await town.asAdmin('POST', '/memberships', { body: { invitation: JSON.stringify(bureau.invite()) } });
  await bureau.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
  await tell(bureau, town);
  await pulled(bureau, town);
  const net = bureau.end('net');
  const member = async (authority) => ({ type: 'member', id: randomUUID(), rev: 1, body: { authority, jwk: (await generateKey()).jwk, role: 'city', state: 'active', name: 'Gestohlen', country: 'DE' } });
  const tail = await forge(bureau, bureau.key, 'net', net, [await member('stolen.example')]);
  await replaceKey(bureau, new Map([[`net ${cursorOf(net)}`, tail.text]]));
  await reached(bureau, 'net', tail.end);
  bureau.hooks = {};
  await bureau.appendAll('net', [await member('honest.example')]);
  await tell(bureau, town);
  const names = async () => (await town.asAdmin('GET', '/peers')).items.map((peer) => peer.authority);
  await eventually('the honest word is heard', async () => (await names()).includes('honest.example'));
  assert.ok(!(await names()).includes('stolen.example'));
});
