/** Keys, epochs, cursors and forks between a foreign town and a real one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  buildPage, chainLink, composeEntry, digestOf, generateKey, headPayload, headVerifies, parseAnswer, readHead, sha256, signHead,
} from './peer/index.mjs';
import { checkout } from '../network/support.mjs';
import { World, alarms, befriend, eventually, heldHead, keyOf, nudge, peerOf, proposal, pulled, suspend, tell, within } from './world.mjs';

const run = promisify(execFile);
let world, town;
before(async () => {
  world = await World.up();
  town = world.town;
});
after(() => world?.down());

const DAY = 86400;
const PAGES = '/federation/v1/pages?net=0.0';

async function publish(node, title, options = {}) {
  const appended = await node.append('proposal', randomUUID(), 1, proposal(title), { keepUntil: node.seconds() + DAY, ...options });
  await tell(node, town);
  return { ...appended, id: JSON.parse(appended.line).id };
}
const shown = (node, id, why = '') => within(10, `${town.node} shows it ${why}`, () => town.reads(node, id));
const titles = (node) => node.received.get(town.authority).filter((r) => r.kind === 'entry' && r.type === 'proposal').map((r) => r.entry.body.title);

/** Pages of a stream that a real town serves. */
async function ask(node, query) {
  const { status, slug, answer } = await node.request(town.authority, { target: `/federation/v1/pages?${query}` });
  return { status, slug, pages: status === 200 ? parseAnswer(answer.body) : null };
}
const spans = async (node, query) => (await ask(node, query)).pages.map((p) => `${p.stream === 'net' ? '' : 'to '}${p.epoch}.${p.from}-${p.to}`);

/** Restarts the real town around some work. */
async function offline(work) {
  const result = await world.offline(town, work);
  town = world.town;
  return result;
}

test('a foreign town rotates its key: the real one follows, and answers to the new key alone', async () => {
  const node = await world.friend();
  const before = await publish(node, 'Unter dem alten');
  await pulled(node, town);
  const old = node.key;
  await node.rotateKey();
  // the hint is signed with the new key, which the other side does not know before its next poll
  const refused = await node.request(town.authority, { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' });
  assert.deepEqual([refused.status, refused.slug], [401, 'unknown-key']);
  const hint = node.sign(town.authority, { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' },
    { parameters: { keyid: old.kid }, signWith: old });
  assert.equal((await node.send(town.authority, hint)).status, 204, 'the old key counts until then');
  await pulled(node, town);
  assert.equal((await node.request(town.authority, { target: PAGES }, { parameters: { keyid: old.kid }, signWith: old })).slug, 'unknown-key');
  const later = await publish(node, 'Unter dem neuen');
  await shown(node, later.id);
  await shown(node, before.id);
  assert.equal((await peerOf(town, node)).fingerprint, node.fingerprint);
  await node.pull(town.authority);
  assert.deepEqual(await alarms(town, node), []);
});

test('two rotations between two pulls, with news between them, and a newcomer who trusts the newest', async () => {
  const node = await world.node();
  await publish0(node, 'Erster');
  await node.rotateKey();
  await publish0(node, 'Zweiter');
  await node.rotateKey();
  const { id } = await publish0(node, 'Dritter');
  await befriend(town, node);
  await pulled(node, town);
  await shown(node, id);
  const list = await town.ask('GET', `/network/proposals?origin=${encodeURIComponent(node.authority)}`);
  assert.equal(list.items.length, 3);
  assert.deepEqual(await alarms(town, node), []);

  const old = node.key;
  await node.rotateKey();
  await node.rotateKey();
  const last = await publish0(node, 'Vierter');
  const hint = node.sign(town.authority, { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' },
    { parameters: { keyid: old.kid }, signWith: old });
  assert.equal((await node.send(town.authority, hint)).status, 204);
  await pulled(node, town);
  await shown(node, last.id);
  assert.deepEqual(await alarms(town, node), []);
});

/** Publishes without telling anybody. */
async function publish0(node, title) {
  const id = randomUUID();
  await node.append('proposal', id, 1, proposal(title), { keepUntil: node.seconds() + DAY });
  return { id };
}

test('after a rotation nothing under the old key is taken', async () => {
  const node = await world.friend();
  const old = node.key;
  await node.rotateKey();
  const hint = node.sign(town.authority, { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' },
    { parameters: { keyid: old.kid }, signWith: old });
  await node.send(town.authority, hint);
  await pulled(node, town);
  const { epoch, seq, chain } = node.end();
  const id = randomUUID();
  const line = composeEntry(seq + 1, { type: 'proposal', id, rev: 1, at: node.seconds(), keepUntil: node.seconds() + DAY, body: proposal('Gestohlen') });
  const head = await signHead(old, headPayload(node.authority, 'net', epoch, seq + 1, chainLink(chain, seq + 1, digestOf(line)), node.seconds()));
  node.hooks.pages = () => buildPage({ origin: node.authority, stream: 'net', epoch, from: seq, chain, lines: [line], head });
  await nudge(node, town);
  await eventually('an error is noted', async () => (await peerOf(town, node)).last_error);
  assert.equal(await town.reads(node, id), null);
  node.hooks = {};
  const good = await publish(node, 'Recht');
  await shown(node, good.id);
});

test('a foreign town opens a new epoch: what was read stays, what is new comes, erasures reach back', async () => {
  const node = await world.friend();
  const old = await publish(node, 'Aus der alten');
  const kept = await publish(node, 'Bleibt');
  await pulled(node, town);
  await publish0(node, 'Noch nicht gelesen');
  await node.openEpoch();
  const fresh = await publish(node, 'Aus der neuen');
  await shown(node, fresh.id);
  await pulled(node, town);
  await shown(node, old.id);
  await node.erase('net', [old.cursor]);
  await tell(node, town);
  await eventually('it is gone', async () => (await town.reads(node, old.id)) === null);
  await shown(node, kept.id);
  assert.deepEqual(await alarms(town, node), []);
});

test('an epoch that names no previous one is accepted under the trusted key, and what was said before is lost', async () => {
  const node = await world.friend();
  const old = await publish(node, 'Aus der verlorenen');
  await pulled(node, town);
  await node.openEpoch({ previous: false });
  const fresh = await publish(node, 'Danach');
  await shown(node, fresh.id);
  await eventually('what it does not know any more is not shown', async () => (await town.reads(node, old.id)) === null);
  assert.deepEqual(await town.sql(`SELECT 1 FROM entries WHERE object_id = '${old.id}' AND line IS NOT NULL`), []);
});

test('an epoch under another key is refused with an alarm, until people compare fingerprints', async () => {
  const node = await world.friend();
  const before = await publish(node, 'Unter dem echten');
  await pulled(node, town);
  const entries = (await peerOf(town, node)).entries;
  const real = node.key;
  await node.openEpoch({ key: await generateKey() });
  const fresh = await publish0(node, 'Unter einem anderen');
  const hint = node.sign(town.authority, { method: 'POST', target: '/federation/v1/hint', body: await node.own.head('net'), contentType: 'application/jose' },
    { parameters: { keyid: real.kid }, signWith: real });
  assert.equal((await node.send(town.authority, hint)).status, 204);
  await eventually('an alarm', async () => (await alarms(town, node)).length > 0);
  assert.equal(await town.reads(node, fresh.id), null);
  assert.equal((await peerOf(town, node)).entries, entries);
  await shown(node, before.id);
  await town.asAdmin('POST', `/peers/${encodeURIComponent(node.authority)}/confirm`, { body: { fingerprint: node.fingerprint } });
  await tell(node, town);
  await shown(node, fresh.id);
  await shown(node, before.id);
});

test('a whole first sync that does not end under the confirmed key is thrown away with an alarm', async () => {
  const node = await world.node();
  const stranger = await generateKey();
  await publish0(node, 'Echt');
  const other = await world.node({ start: false, authority: node.authority, port: node.port, key: stranger });
  const { id } = await publish0(other, 'Untergeschoben');
  node.hooks.pages = async (asked) => {
    for (const { stream } of asked.asked) await other.own.ensure(stream);
    return other.honestAnswer(asked);
  };
  await befriend(town, node);
  await eventually('an alarm', async () => (await alarms(town, node)).length > 0);
  assert.equal(await town.reads(node, id), null);
  node.hooks = {};
  const good = await publish(node, 'Wirklich echt');
  await shown(node, good.id, 'although its first sync was poisoned');
  assert.equal(await town.reads(node, id), null);
});

test('a restored foreign town is shown its own head by the real one, and both go on in a new epoch', async () => {
  const node = await world.friend();
  await publish(node, 'Gesichert');
  const lost = await publish(node, 'Nicht gesichert');
  await shown(node, lost.id);
  await pulled(node, town);
  const { epoch } = node.end();
  await node.rewind('net', 2);
  await nudge(node, town);
  await eventually('a new epoch here', () => node.hints.some((h) => h.shown === 'opened'));
  assert.ok(node.end().epoch > epoch);
  const fresh = await publish(node, 'Danach');
  await shown(node, fresh.id);
  await pulled(node, town);
  await eventually('what it does not know any more is not shown', async () => (await town.reads(node, lost.id)) === null);
  assert.deepEqual(await alarms(town, node), []);
});

test('a hint makes a real town pull whatever head it carries: also one that is behind, or of another chain', async () => {
  const node = await world.friend();
  await publish0(node, 'Eins');
  await publish0(node, 'Zwei');
  await tell(node, town);
  await pulled(node, town);
  const pulls = () => node.requests.filter((r) => r.peer === town.authority && r.target.includes('/pages')).length;
  for (const change of [() => node.rewind('net', 2), () => publish0(node, 'Andere Zwei'), () => {}]) {
    await change();
    const before = pulls();
    await tell(node, town);
    await within(10, 'a pull', () => pulls() > before);
  }
});

test('a fork is an alarm, its origin is shown the head, and the next epoch is followed', async () => {
  const node = await world.friend();
  await publish(node, 'Gemeinsam');
  const one = await publish(node, 'Die eine Geschichte');
  await pulled(node, town);
  const { epoch } = node.end();
  await node.rewind('net', 2);
  const two = await publish0(node, 'Die andere Geschichte');
  await nudge(node, town);
  await eventually('a fork', async () => (await alarms(town, node, 'fork')).length > 0);
    assert.equal(await town.reads(node, two.id), null);
  await eventually('its head is shown, a new epoch begins', () => node.end().epoch > epoch);
  await eventually('nothing of the frozen one is shown beyond the last common head', async () => (await town.reads(node, one.id)) === null);
  const fresh = await publish(node, 'Nach der Gabelung');
  await shown(node, fresh.id);
  assert.equal((await alarms(town, node, 'fork')).length, 1);
});

test('the answers to cursors of section 8.3', async () => {
  const node = await world.friend();
  await town.publish('Ein Eintrag');
  await node.pull(town.authority);
  const { payload } = heldHead(node, town);
  const { epoch, seq } = payload;
  const at = (cursor, more = '') => spans(node, `net=${cursor}${more}`);
  assert.deepEqual(await at(`${epoch}.${seq}`), [`${epoch}.${seq}-${seq}`]);
  assert.equal((await at(`${epoch}.${seq - 1}`)).at(-1), `${epoch}.${seq - 1}-${seq}`);
  for (const old of ['0.0', '1.0', '1.9', `${epoch - 1}.3`, '0.7']) assert.equal((await at(old))[0].split('-')[0], `${epoch}.0`, old);
    assert.equal((await at(`${epoch}.0`))[0].split('-')[0], `${epoch}.0`);
  // of epochs that it does not know it has erased what we said we hold (6.5)
  await node.pull(town.authority);
  const { seq: last } = heldHead(node, town).payload;
  assert.ok(last > seq);
  for (const ahead of [`${epoch}.${last + 1}`, `${epoch + 1}.0`, `${epoch + 1}.1`, '9007199254740991.9007199254740991']) {
    const { status, slug } = await ask(node, `net=${ahead}`);
    assert.deepEqual([status, slug], [409, 'cursor-ahead'], ahead);
    assert.equal((await ask(node, `to=0.0&net=${ahead}`)).status, 409, 'for the whole request');
        assert.deepEqual(await at(ahead, '&limit=0'), [`${epoch}.${last}-${last}`]);
  }
    // the last of these counts, and it is ahead of all others: only what is signed later says more
  const later = { parameters: { created: node.seconds() + 5 } };
  const again = await node.request(town.authority, { target: `/federation/v1/pages?net=${epoch}.${last}` }, later);
  assert.equal(again.slug, 'cursor-ahead', 'no answer has led it there since it was elsewhere');
  const shown = { method: 'POST', target: '/federation/v1/hint', contentType: 'application/jose', body: node.peers.stream(node.peers.need(town.authority), 'net').confirmed.head.jws };
  assert.equal((await node.request(town.authority, shown, later)).status, 204);
  assert.deepEqual(await at(`${epoch}.${last}`), [`${epoch}.${last}-${last}`], 'its head has told that it follows');
  assert.deepEqual(await at('0.0', '&limit=0'), [`${epoch}.${last}-${last}`]);
  const [first] = await at('0.0', '&limit=1');
  assert.match(first, new RegExp(`^${epoch}\\.0-`));
  const both = await spans(node, 'net=0.0&to=0.0');
  assert.match(both[0], /^to /, 'to comes before net, whatever the order of the question');
  // a page without entries has a fresh head, signed by the town's key
    const { pages } = await ask(node, `net=${epoch}.${last}`);
  const key = await keyOf(town);
  assert.ok(await headVerifies(pages[0].head, key));
  assert.ok(Math.abs(pages[0].head.payload.iat - node.seconds()) < 15 * 60 + 60);
});

test('of an older epoch that somebody says it holds at most a thousand numbers are erased, and none for who is suspended', async () => {
  const node = await world.friend({ pullOnHint: false });
  const end = async () => Number((await ask(node, 'net=0.0&limit=0')).pages[0].to);
  const first = await end();
  const ends = [];
  for (const seq of ['5', '9007199254740991', '9007199254740991', '9007199254740990']) {
    assert.equal((await ask(node, `net=2.${seq}`)).status, 200);
    ends.push(await end());
  }
  assert.deepEqual(ends, [first + 1, first + 2, first + 2, first + 2]);
  const [named] = await town.sql(`SELECT sum(json_array_length(convert_from(e.line, 'UTF8')::json->'body'->'entries')) FROM entries e
    JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${town.authority}' AND s.name = 'net' AND e.type = 'erase' AND e.seq > ${first}`);
  assert.equal(named, '999', 'all but number 1');
  await suspend(town, node);
  const before = await end();
  assert.equal((await ask(node, 'net=3.9')).status, 200);
  assert.equal(await end(), before);
});

test('a lower cursor counts as acknowledgement only when its request is later', async () => {
  const node = await world.friend({ pullOnHint: false });
  const id = await town.publish('Quittung');
  await node.pull(town.authority);
  const { epoch, seq } = heldHead(node, town).payload;
  const delivered = async () => (await town.ask('GET', `/proposals/${id}/publication`)).recipients.find((r) => r.authority === node.authority).delivered_at !== null;
  await eventually('delivered', delivered);
  const now = node.seconds();
  const say = (cursor, created) => node.request(town.authority, { target: `/federation/v1/pages?net=${cursor}` }, { parameters: { created } });
  assert.equal((await say(`${epoch}.${seq - 1}`, now - 30)).status, 200);
  assert.equal((await peerOf(town, node)).lag, 0, 'an older request says nothing');
  assert.equal((await say(`${epoch}.${seq - 1}`, now + 30)).status, 200);
  await eventually('a later one does', async () => (await peerOf(town, node)).lag === 1);
});

test('a head of its own that is ahead makes a real town open an epoch above it', async () => {
  const node = await world.friend();
  const kept = await town.publish('Vor dem Schnitt');
  await node.pull(town.authority);
  const key = await keyOf(town);
    const first = heldHead(node, town).payload;
  const { epoch } = first;
  const show = async (payload, by = key) => node.request(town.authority, {
    method: 'POST', target: '/federation/v1/hint', contentType: 'application/jose', body: await signHead(by, payload),
  });
  const own = (e, s, c) => headPayload(town.authority, 'net', e, s, c, node.seconds());
    assert.equal((await show(own(epoch, first.seq, Buffer.from(first.chain, 'base64url')))).status, 204, 'what it has');
  assert.equal((await show(own(epoch - 1, 999, sha256('x')))).status, 204, 'an older epoch');
    assert.equal((await show(own(epoch, first.seq + 5, sha256('x')), await generateKey())).slug, 'malformed-request');
  assert.equal((await show({ ...own(epoch, first.seq + 5, sha256('x')), stream: 'to/elsewhere.example' })).slug, 'malformed-request');
  await node.pull(town.authority);
  const { seq, chain, ...held } = heldHead(node, town).payload;
  assert.equal(held.epoch, epoch, 'none of these opens an epoch');
  assert.equal(seq, first.seq + 1, 'what it lost of the older one is erased');

  const far = epoch + 50_000;
  assert.equal((await show(own(far, 7, sha256('x')))).status, 204);
  await eventually('a new epoch', async () => {
    await node.pull(town.authority);
    return heldHead(node, town).payload.epoch > far;
  });
  const after = heldHead(node, town).payload;
  assert.equal((await show(own(after.epoch, after.seq, sha256('another chain')))).status, 204);
  await eventually('and another', async () => {
    await node.pull(town.authority);
    return heldHead(node, town).payload.epoch > after.epoch;
  });
  const net = node.received.get(town.authority).filter((r) => r.stream === 'net');
  const epochs = [...new Set(net.map((r) => r.epoch))];
  assert.equal(epochs.length, 3);
  assert.deepEqual(net.find((r) => r.epoch === epochs[1]).entry.body.previous, { epoch, seq, chain });
  assert.ok(titles(node).includes('Vor dem Schnitt'));
  const next = await town.publish('Nach dem Schnitt');
  await eventually('it goes on', () => titles(node).includes('Nach dem Schnitt'));
  await town.ask('POST', `/proposals/${kept}/publication/erase`, { body: { reason: 'Alt.' } });
  await eventually('an erase reaches back', () => !titles(node).includes('Vor dem Schnitt'));
  assert.ok(next);
  assert.deepEqual([node.alarms, node.forks], [[], []]);
  // 8.3 with several epochs
  const [e1, e2, e3] = epochs;
  const starts = async (cursor) => (await spans(node, `net=${cursor}`)).map((s) => s.split('-')[0]);
  assert.deepEqual((await starts(`${e1}.${seq}`)).slice(0, 2), [`${e2}.0`, `${e3}.0`]);
  assert.deepEqual((await starts(`${e1}.${seq + 100}`)).slice(0, 2), [`${e2}.0`, `${e3}.0`], 'beyond the end of an older epoch');
  assert.deepEqual((await starts(`${e2 - 1}.4`)).slice(0, 2), [`${e2}.0`, `${e3}.0`], 'an epoch between');
  assert.deepEqual((await starts('0.0')).slice(0, 1), [`${e1}.0`]);
});

test('a real town rotates its key: the foreign one follows, one that joins later as well', async () => {
  const node = await world.friend({ pullOnHint: false }); // two pulls at once would read a page twice
  await town.publish('Vor dem Wechsel');
  await node.pull(town.authority);
  const { kid: old, jwk: oldJwk } = await keyOf(town);
  await offline(() => town.command('key', 'rotate'));
  const key = await keyOf(town);
  assert.notEqual(key.kid, old);
  await town.publish('Nach dem Wechsel');
  await node.pull(town.authority);
  assert.deepEqual(titles(node).slice(-2), ['Vor dem Wechsel', 'Nach dem Wechsel']);
  assert.equal(node.peers.need(town.authority).trusted.kid, key.kid);
  await eventually('it asks under the new key', () => node.requests.some((r) => r.keyid === key.kid && r.verdict === 'ok'));
  const { keys } = await node.discover(town.authority);
  assert.equal(keys[0].kid, key.kid);
  // two heads: pages are cut after the key entry, under the old key, and go on under the new one
  const { pages } = await ask(node, 'net=0.0');
  const cut = pages.find((p) => p.lines.at(-1)?.entry?.type === 'key');
  assert.equal(cut.head.kid, old);
  const [empty] = (await ask(node, `net=${cut.epoch}.${cut.to}&limit=0`)).pages;
  assert.equal(empty.head.kid, key.kid);

  const late = await world.node();
  await late.addPeer({ authority: town.authority, jwk: oldJwk });
  await town.asAdmin('POST', '/peers', { body: { authority: late.authority } });
  await town.asAdmin('POST', `/peers/${encodeURIComponent(late.authority)}/confirm`, { body: { fingerprint: late.fingerprint } });
  await late.pull(town.authority);
  assert.equal(late.peers.need(town.authority).trusted.kid, key.kid);
  assert.ok(titles(late).includes('Nach dem Wechsel'));
  // a retired key still proves that a head is its own
  assert.equal((await node.request(town.authority, { method: 'POST', target: '/federation/v1/hint', body: cut.head.jws, contentType: 'application/jose' })).status, 204);
  assert.deepEqual([...node.alarms, ...late.alarms], []);
});

test('a real town restored from a backup opens a new epoch at once, and foreign towns follow', async () => {
  const node = await world.friend();
  await town.publish('Im Backup');
  await node.pull(town.authority);
  const script = path.join(checkout, 'ops/postgres');
  const admin = (await run(script, ['conninfo', world.demo.directory])).stdout.trim();
  const name = /dbname=(\S+)/.exec(town.database)[1];
  const sql = (text) => run('psql', [`${admin} dbname=postgres`, '-AtqX', '-v', 'ON_ERROR_STOP=1', '-c', text]);
  await offline(() => sql(`CREATE DATABASE ${name}_backup TEMPLATE ${name} OWNER herausforderung`));
  await town.publish('Nach dem Backup');
  await node.pull(town.authority);
  const before = heldHead(node, town).payload;
  await offline(async () => {
    await sql(`ALTER DATABASE ${name} RENAME TO ${name}_lost`);
    await sql(`ALTER DATABASE ${name}_backup RENAME TO ${name}`);
  });
  await town.publish('Nach der Rückkehr');
  await eventually('a new epoch', async () => {
    await node.pull(town.authority);
    return heldHead(node, town).payload.epoch > before.epoch && titles(node).includes('Nach der Rückkehr');
  });
  const all = node.received.get(town.authority).filter((r) => r.stream === 'net');
  const { previous } = all.findLast((r) => r.type === 'epoch').entry.body;
  assert.equal(previous.epoch, before.epoch);
  assert.ok(previous.seq < before.seq);
    await eventually('what it does not know any more is erased', async () => {
    await node.pull(town.authority);
    return !titles(node).includes('Nach dem Backup');
  });
  assert.ok(titles(node).includes('Im Backup'));
  assert.deepEqual([node.forks, node.alarms], [[], []]);
  assert.ok((await town.asAdmin('GET', '/alarms')).items.some((a) => a.kind === 'new_epoch'));
});

test('in a new epoch an erasure counts as applied when what was erased before has been read there', async () => {
  const node = await world.friend({ pullOnHint: false });
  const id = await town.publish('Verraten');
  await node.pull(town.authority);
  await town.ask('POST', `/proposals/${id}/publication/erase`, { body: { reason: 'Irrtum.' } });
  await town.sql('UPDATE node_state SET database_oid = 0');
  await town.publish('Später');
  const applied = async () => (await town.ask('GET', `/proposals/${id}/publication`)).erase_recipients.find((peer) => peer.authority === node.authority).applied_at !== null;
  const [begun] = await town.sql(`SELECT s.epoch || '.' || s.begun_seq FROM streams s JOIN node_state n ON (n.authority, n.epoch) = (s.origin, s.epoch) WHERE s.name = 'net'`);
  const [epoch, last] = begun.split('.').map(Number);
  assert.ok(last > 1, 'it is said again behind the line that opens the epoch');
  const told = [];
  const net = node.position(town.authority);
  for (let [at, before] = [net, null]; at !== before;) {
    const page = (await ask(node, `net=${at}&limit=1`)).pages.find(({ stream }) => stream === 'net');
    told.push([at, await applied()]);
    [before, at] = [at, page ? `${page.epoch}.${page.to}` : at];
  }
  const [erased] = await town.sql(`SELECT erase_epoch || '.' || erase_seq FROM publications WHERE listing_id = '${id}'`);
  const isRead = (at) => at === erased || (at.startsWith(`${epoch}.`) && Number(at.split('.')[1]) >= last);
  assert.ok(told.some(([at]) => at === `${epoch}.1`), told.join(' '));
  assert.deepEqual(told, told.map(([at]) => [at, isRead(at)]));
});
