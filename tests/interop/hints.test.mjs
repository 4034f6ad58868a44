/** When a real town tells others that it has news (10.3), and whom it asks what. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { World, eventually, peerOf, proposal, pulled, suspend, tell, within } from './world.mjs';

let world, town, witness;
before(async () => {
  world = await World.up();
  town = world.town;
  witness = await world.friend({ name: 'Zeuge' });
});
after(() => world?.down());

/** The town looks around: whoever is to be told something is told now. */
async function looksAround() {
  const id = randomUUID();
  await witness.append('proposal', id, 1, proposal('Etwas anderes'), { keepUntil: witness.seconds() + 86400 });
  await tell(witness, town);
  await eventually('the witness is heard', () => town.reads(witness, id));
}

const hinted = (node, seq) => eventually(`${node.authority} is told of ${seq}`, () => node.hints.some(({ head }) => head.payload.stream === 'net' && head.payload.seq === seq));
const end = async () => Number((await town.sql(`SELECT max(seq) FROM streams WHERE origin = '${town.authority}' AND name = 'net'`))[0]);
const caughtUp = (node) => eventually('it has all', async () => (await peerOf(town, node)).lag === 0);

/** One that has read all there is, and reads nothing unasked. */
async function reader() {
  const node = await world.friend({ pullOnHint: false });
  await node.pull(town.authority);
  await caughtUp(node);
  return node;
}

test('who lags is told once of each that is new, and then left in peace for a while', async () => {
  const node = await reader();
  await town.publish('Das eine');
  const first = await end();
  await hinted(node, first);
  for (let i = 0; i < 4; i++) await looksAround();
  await town.publish('Das andere');
  await hinted(node, first + 1);
  assert.deepEqual(node.hints.map(({ head }) => head.payload).filter(({ stream, seq }) => stream === 'net' && seq >= first).map(({ seq }) => seq), [first, first + 1]);
});

test('a hint that was not heard is said again', async () => {
  const node = await reader();
  let unheard = 0;
  node.hooks.raw = (req, res) => {
    if (!req.url.startsWith('/federation/v1/hint')) return false;
    unheard++;
    res.writeHead(503).end();
    return true;
  };
  await town.publish('Ungehört');
  await eventually('it was told', () => unheard > 0);
  node.hooks.raw = undefined;
  const seq = await end();
  await within(20, 'it is told again', async () => {
    await looksAround();
    return node.hints.some(({ head }) => head.payload.seq === seq);
  });
});

test('a maintenance page that says an hour mutes nobody who speaks again by himself', async () => {
  for (const speak of [(node) => tell(node, town), (node) => node.pull(town.authority)]) {
    const node = await world.friend();
    let refused = 0;
    node.hooks.raw = (req, res) => {
      refused++;
      res.writeHead(503, { 'content-type': 'text/html', 'retry-after': '3600' }).end('<h1>Wartung</h1>');
      return true;
    };
    await node.append('proposal', randomUUID(), 1, proposal('Nach der Wartung'), { keepUntil: node.seconds() + 86400 });
    await tell(node, town);
    await eventually('it is refused', async () => refused > 0 && (await peerOf(town, node)).last_error);
    node.hooks.raw = undefined;
    await speak(node);
    await pulled(node, town);
  }
});

test('who has all is told nothing, and who is suspended neither', async () => {
  const [node, apart] = [await world.friend(), await reader()];
  await suspend(town, apart);
  const before = apart.hints.length;
  await town.publish('Für alle anderen');
  await hinted(node, await end());
  await caughtUp(node);
  const told = node.hints.length;
  for (let i = 0; i < 4; i++) await looksAround();
  assert.equal(node.hints.length, told);
  assert.equal(apart.hints.length, before);
});

test('a town of which nobody said where it is is asked itself', async () => {
  const node = await world.friend({ name: 'Konz' });
  const { name, distance_km: distance } = await peerOf(town, node);
  // As a registry's entry leaves it.
  await town.sql(`UPDATE peers SET role = 'office', latitude_e6 = NULL, longitude_e6 = NULL, version = version + 1 WHERE authority = '${node.authority}'; SELECT pg_notify('hf_wake', '')`);
  const now = await within(20, 'it is known', async () => {
    const peer = await peerOf(town, node);
    return peer.distance_km !== null && peer;
  });
  assert.deepEqual([now.name, now.distance_km, now.role], [name, distance, 'office'], 'what it is to us is not its own to say');
});

test('who is suspended is asked seldom, however often its row changes', async () => {
  const node = await world.friend({ name: 'Pausiert' });
  await pulled(node, town);
  const asked = () => node.requests.filter(({ target }) => target.startsWith('/federation/v1/pages')).length;
  const before = asked();
  await suspend(town, node);
  await eventually('it is asked once more', () => asked() > before);
  for (let i = 0; i < 3; i++) {
    await town.sql(`UPDATE peers SET version = version + 1 WHERE authority = '${node.authority}'; SELECT pg_notify('hf_wake', '')`);
    await looksAround();
  }
  assert.equal(asked(), before + 1);
});

test('who is only invited, or frozen, is asked nothing', async () => {
  const [invited, frozen] = [await world.node({ name: 'Eingeladen' }), await world.friend({ name: 'Gesperrt' })];
  await town.asAdmin('POST', '/peers', { body: { authority: invited.authority } });
  await town.sql(`UPDATE peers SET frozen = true, version = version + 1 WHERE authority = '${frozen.authority}'; SELECT pg_notify('hf_wake', '')`);
  await looksAround();
  const asked = () => [invited, frozen].map((node) => node.requests.filter(({ target }) => target.startsWith('/federation/')).length);
  const before = asked();
  for (let i = 0; i < 3; i++) {
    await town.sql(`INSERT INTO wakes VALUES ('${invited.authority}', true), ('${frozen.authority}', true) ON CONFLICT DO NOTHING`);
    await looksAround();
  }
  assert.deepEqual(asked(), before);
  assert.equal(before[0], 0);
});
