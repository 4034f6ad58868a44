/**
 * Foreign nodes whose streams or answers are wrong: the real one stays healthy, changes nothing, says what it saw, and
 * goes on as soon as they behave.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  ForeignNode, b64u, buildPage, chainLink, chainStart, composeEntry, digestOf, epochBody, generateKey, headPayload, placeholder,
  sha256, signHead,
} from './peer/index.mjs';
import { World, alarms, nudge, peerOf, proposal, pulled, tell, within } from './world.mjs';
import { NONSENSE_BODIES, NONSENSE_ENVELOPES, UNUSUAL, WRONG_LINES } from './torture.mjs';

let world, town, shortLived, slowBody;
before(async () => {
  world = await World.up();
  town = world.town;
  // Two things that take about a minute begin here, and are looked at in the end.
  const node = await world.friend();
  shortLived = { node, id: await publish(node, 'Kurz', { keepUntil: node.seconds() + 2 }), begun: performance.now() };
  await tell(node, town);
  await within(10, 'it is shown', () => town.reads(node, shortLived.id));
  const signed = node.sign(town.authority, { method: 'POST', target: '/federation/v1/hint', body: 'xx', contentType: 'application/jose' });
  slowBody = node.sendBytes(town.authority, ForeignNode.wireText(town.authority, { ...signed, body: 'x' }));
  slowBody.catch(() => {});
});
after(() => world?.down());

const DAY = 86400;
async function publish(node, title, options = {}) {
  const id = randomUUID();
  await node.append('proposal', id, 1, proposal(title), { keepUntil: node.seconds() + DAY, ...options });
  return id;
}
const entry = (node, seq, title = 'Falsch') => composeEntry(seq, { type: 'proposal', id: randomUUID(), rev: 1, at: node.seconds(), keepUntil: node.seconds() + DAY, body: proposal(title) });

/**
 * A page of `net` after what the real town holds, with any lines, rightly chained and signed unless told otherwise.
 * @param {object} [wrong] key, iss, stream, epoch, seq, chain, of: parts of the head; opening, closing, origin, from
 */
async function page(node, at, lines, wrong = {}) {
  const { from, chain, epoch } = at;
  let end = chain;
  lines.forEach((line, i) => { end = chainLink(end, from + i + 1, digestOf(line)); });
  const payload = headPayload(node.authority, 'net', epoch, from + lines.length, end, node.seconds());
  const head = await signHead(wrong.key ?? node.key, { ...payload, ...wrong.payload }, wrong.header);
  const parts = { origin: node.authority, stream: 'net', epoch, from, chain, lines: [], head, ...wrong.parts };
  const [opening, closing] = buildPage(parts).trimEnd().split('\n');
  return Buffer.concat([opening, ...lines, closing].map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')])));
}

/** Changes the honest answer as text. */
const change = (edit) => (node) => { node.hooks.pages = async (ask) => edit(await node.honestAnswer(ask), node); };
/** Answers with a page made from the real town's own position. */
const forge = (make) => async (node, at) => {
  const answer = await make(node, at);
  node.hooks.pages = () => answer;
};
/** Answers requests for pages by hand. */
const raw = (answer) => (node) => {
  node.hooks.raw = (req, res) => {
    if (!req.url.startsWith('/federation/v1/pages')) return false;
    answer(req, res, node);
    return true;
  };
};
const ndjson = { 'content-type': 'application/x-ndjson' };
/** Right pages, under a status or a type that says that they are none. */
const honestAs = (status, headers) => raw(async (req, res, node) => {
  const asked = ['to', 'net'].map((kind) => {
    const [epoch, seq] = new URL(req.url, 'https://x').searchParams.get(kind).split('.').map(Number);
    return { stream: kind === 'to' ? `to/${town.authority}` : 'net', cursor: { epoch, seq } };
  });
  res.writeHead(status, headers).end(await node.honestAnswer({ asked }));
});

/** Each: what is wrong, and how. The honest stream holds one entry that the real town has not read. */
const WRONG = {
  // 8.1: the form
  'a changed entry': change((t) => t.replace('Ungelesen', 'Unge1esen')),
  'a missing line': change((t) => t.split('\n').filter((l) => !l.includes('Ungelesen')).join('\n')),
  'lines in another order': forge((node, at) => page(node, at, [entry(node, at.from + 2), entry(node, at.from + 1)])),
  'a repeated line': change((t) => t.replace(/^.*Ungelesen.*\n/m, '$&$&')),
  'no LF at the end': change((t) => t.slice(0, -1)),
  'CR LF': change((t) => t.replaceAll('\n', '\r\n')),
  'an empty line': change((t) => t.replace('\n', '\n\n')),
  'no closing': change((t) => `${t.trimEnd().split('\n').slice(0, -1).join('\n')}\n`),
  'no opening': change((t) => t.slice(t.indexOf('\n') + 1)),
  'an opening with more members': change((t) => t.replaceAll('{"page":1', '{"more":1,"page":1')),
  'another page version': change((t) => t.replaceAll('{"page":1', '{"page":2')),
  'a closing with more members': change((t) => t.replaceAll('{"head":', '{"more":1,"head":')),
  'a placeholder with more members': forge((node, at) => page(node, at, [`{"seq":${at.from + 1},"erased":"${b64u(sha256('x'))}","more":1}`])),
  'garbage': change(() => 'garbage\n'),
  'random octets': change(() => randomBytes(5000)),
  // where it belongs
  'a gap': forge((node, at) => page(node, { ...at, from: at.from + 1 }, [entry(node, at.from + 2)])),
  'an entry with another seq': forge((node, at) => page(node, at, [entry(node, at.from + 7)])),
  'an entry with a lower seq': forge((node, at) => page(node, at, [entry(node, at.from)])),
  'another origin': change((t) => t.replaceAll(/"origin":"[^"]*"/g, '"origin":"elsewhere.example"')),
  'another origin, signed': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { iss: 'elsewhere.example' }, parts: { origin: 'elsewhere.example' } })),
  'the real town\'s own stream': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { iss: town.authority }, parts: { origin: town.authority } })),
  'a stream that was not asked for': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { stream: 'to/elsewhere.example' }, parts: { stream: 'to/elsewhere.example' } })),
  'a head of another stream': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { stream: `to/${town.authority}` } })),
  'a head of another epoch': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { epoch: at.epoch + 1 } })),
  'a head of another number': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { seq: at.from + 2 } })),
  'a head over another chain': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { chain: b64u(sha256('x')) } })),
  'a false digest in a placeholder': change((t) => t.replace(/^.*Ungelesen.*$/m, (l) => placeholder(JSON.parse(l).seq, sha256('x'), 'erased'))),
  // the head's signature
  'a head by a stranger': forge(async (node, at) => page(node, at, [entry(node, at.from + 1)], { key: await generateKey() })),
  'a head by a stranger with our kid': forge(async (node, at) => page(node, at, [entry(node, at.from + 1)], { key: await generateKey(), header: { kid: node.key.kid } })),
  'a head with jwk in it': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { header: { jwk: node.key.jwk } })),
  'a head with alg EdDSA': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { header: { alg: 'EdDSA' } })),
  'a broken head': change((t) => t.replaceAll(/"head":"[^"]*"/g, '"head":"x"')),
  'a head beyond 1,024 octets': forge((node, at) => page(node, at, [entry(node, at.from + 1)], { payload: { more: 'x'.repeat(1000) } })),
  // keys and epochs
  'a key entry that is not the last line': forge(async (node, at) => page(node, at, [
    composeEntry(at.from + 1, { type: 'key', id: randomUUID(), rev: 1, at: node.seconds(), body: { jwk: (await generateKey()).jwk } }), entry(node, at.from + 2)])),
  'a later epoch that begins with no epoch entry': forge((node, at) => {
    const epoch = at.epoch + 5;
    return page(node, { epoch, from: 0, chain: chainStart(node.authority, 'net', epoch) }, [entry(node, 1)]);
  }),
  'a later epoch that begins with a placeholder': forge((node, at) => {
    const epoch = at.epoch + 5;
    return page(node, { epoch, from: 0, chain: chainStart(node.authority, 'net', epoch) }, [placeholder(1, sha256('x'), 'erased')]);
  }),
  'a later epoch with a nonsense epoch entry': forge((node, at) => {
    const epoch = at.epoch + 5;
    return page(node, { epoch, from: 0, chain: chainStart(node.authority, 'net', epoch) },
      [composeEntry(1, { type: 'epoch', id: randomUUID(), rev: 1, at: node.seconds(), body: { jwk: node.key.jwk } })]);
  }),
  'a later epoch with another chain at 0': forge((node, at) => page(node, { epoch: at.epoch + 5, from: 0, chain: sha256('x') },
    [composeEntry(1, { type: 'epoch', id: randomUUID(), rev: 1, at: node.seconds(), body: epochBody(null, node.key) })])),
  'a later epoch that names more lines of the old one than were sent': forge((node, at) => {
    const epoch = at.epoch + 5;
    return page(node, { epoch, from: 0, chain: chainStart(node.authority, 'net', epoch) }, [composeEntry(1, { type: 'epoch', id: randomUUID(), rev: 1,
      at: node.seconds(), body: epochBody({ epoch: at.epoch, seq: at.from + 9, chain: sha256('x') }, node.key) })]);
  }),
  // sizes
  'an entry of 65,537 octets': forge((node, at) => {
    const line = entry(node, at.from + 1);
    return page(node, at, [line.replace(/\}$/, `,"pad":"${'x'.repeat(65537 - line.length - 9)}"}`)]);
  }),
  'more than 1 MiB': change((t) => t + `${' '.repeat(1000)}\n`.repeat(1100)),
  'an answer without end': raw((req, res) => {
    res.writeHead(200, ndjson);
    let sent = 0;
    const more = () => { while (!res.destroyed && (sent += 65536) < 2 ** 28 && res.write(Buffer.alloc(65536, 'x'))); if (sent >= 2 ** 28) res.end(); };
    res.on('drain', more).on('error', () => {}).on('close', () => { assert.ok(sent < 2 ** 26, 'it reads on and on'); });
    more();
  }),
  'an answer without end on one line, compressed': raw((req, res) => res.writeHead(200, { ...ndjson, 'content-encoding': 'gzip' }).end(randomBytes(1000))),
  // HTTP and TLS
  'a redirect': raw((req, res) => res.writeHead(302, { location: req.url.replace('/v1/', '/v2/') }).end()),
  'a permanent redirect to another host': raw((req, res) => res.writeHead(308, { location: `https://127.0.0.1:1${req.url}` }).end()),
  'another media type': honestAs(200, { 'content-type': 'text/html' }),
  'status 500': raw((req, res) => res.writeHead(500).end('no')),
  'status 204': raw((req, res) => res.writeHead(204).end()),
  'status 206': honestAs(206, ndjson),
  'a problem that says we are removed': raw((req, res) => res.writeHead(403, { 'content-type': 'application/problem+json' })
    .end('{"type":"https://herausforderung.example/problems/not-active","title":"x","status":403,"state":"removed","jwk":{}}')),
  'a problem outside the JSON profile': raw((req, res) => res.writeHead(409, { 'content-type': 'application/problem+json' }).end('{"type":"x","type":1e999,"\\ud800":')),
  'a connection that is cut': raw((req, res) => { res.writeHead(200, { ...ndjson, 'content-length': 5000 }); res.write('{"page":1'); setTimeout(() => res.destroy(), 50); }),
  'no HTTP at all': raw((req, res) => { res.socket.write('SSH-2.0-OpenSSH\r\n'); res.socket.destroySoon(); }),
  'a certificate for another name': (node) => node.server.showCertificate(world.wrongTls),
  'a certificate that nobody vouches for': (node) => node.server.showCertificate(world.selfSigned),
};
for (const [name, line] of Object.entries(WRONG_LINES)) {
  WRONG[`an entry outside the profile: ${name}`] = forge((node, at) => page(node, at, [line(at.from + 1, node.seconds())]));
}

describe('what is wrong is not applied, noted, and forgotten when the node behaves', { concurrency: 10 }, () => {
  for (const [name, misbehave] of Object.entries(WRONG)) {
    test(name, async () => {
      const node = await world.friend({ pullOnHint: false });
      const known = await publish(node, 'Gelesen');
      await tell(node, town);
      await pulled(node, town);
      const { entries } = await peerOf(town, node);
      const { epoch, seq: from, chain } = node.end();
      const unread = await publish(node, 'Ungelesen');

      await misbehave(node, { epoch, from, chain });
      await nudge(node, town);
      const seen = await within(20, 'an error is noted', async () => {
        const peer = await peerOf(town, node);
        return peer.last_error !== null && peer;
      });
      assert.deepEqual([seen.state, seen.entries], ['active', entries]);
      assert.match(seen.last_error, /^[a-z][a-z0-9-]*$/);
      assert.equal(await town.reads(node, unread), null);
      assert.equal((await town.reads(node, known)).title, 'Gelesen');
      const list = await town.ask('GET', `/network/proposals?origin=${encodeURIComponent(node.authority)}`);
      assert.deepEqual(list.items.map((item) => item.id), [known]);
      assert.ok(!node.requests.some((r) => r.target.includes('/v2/')), 'no redirect is followed');

      node.hooks = {};
      node.server.showCertificate(world.tls);
      await nudge(node, town);
      await within(20, 'it goes on', async () => (await town.reads(node, unread))?.title === 'Ungelesen');
      assert.equal((await peerOf(town, node)).last_error, null);
      assert.equal((await peerOf(town, node)).entries, entries + 1);
    });
  }
});

/** A foreign town that says something which needs a person. */
async function alarming(kind, say) {
  const node = await world.friend({ pullOnHint: false });
  const known = await publish(node, 'Gelesen');
  await tell(node, town);
  await pulled(node, town);
  const place = node.end();
  await say(node, place);
  await nudge(node, town);
  await within(20, 'an alarm', async () => (await alarms(town, node)).length > 0);
  const raised = await alarms(town, node);
  assert.equal(raised.length, 1, 'one, not one for each time it asked');
  if (kind) assert.equal(raised[0].kind, kind);
  return { node, known, place };
}

describe('what needs a person raises an alarm', { concurrency: 6 }, () => {
  const nonsense = {
    'an epoch entry': (at) => [`${at.epoch}.1`], 'a number not yet reached': (at) => [`${at.epoch}.${at.seq + 5}`],
    'itself': (at) => [`${at.epoch}.${at.seq + 1}`], 'a later epoch': (at) => [`${at.epoch + 1}.2`], 'nothing': () => [],
    'no cursor': () => ['1'], 'a number of octets': () => 'x', 'one good and one wrong': (at) => [`${at.epoch}.2`, `${at.epoch}.1`],
  };
  for (const [name, entries] of Object.entries(nonsense)) {
    test(`an erase that names ${name}: its page is not applied`, async () => {
      const { node, known, place } = await alarming('erase_refused', async (n, at) => {
        await n.append('erase', randomUUID(), 1, { entries: entries(at) });
        await publish(n, 'Danach');
      });
      assert.ok(await town.reads(node, known), 'nothing is erased');
      assert.equal(node.peerCursor(town.authority).net, `${place.epoch}.${place.seq}`);
      await node.rewind('net', place.seq);
      const good = await publish(node, 'Besser');
      await nudge(node, town);
      await within(20, 'it goes on', () => town.reads(node, good));
    });
  }
  for (const [name, body] of Object.entries({
    'with a private key': async () => { const k = await generateKey(); return { jwk: k.privateKey.export({ format: 'jwk' }) }; },
    'of small order': () => ({ jwk: { crv: 'Ed25519', kty: 'OKP', x: b64u(Buffer.alloc(32)) } }), 'without a key': () => ({}),
  })) {
    test(`a key entry ${name}: its page is not applied`, async () => {
      const { node, place } = await alarming(null, async (n) => n.append('key', randomUUID(), 1, await body()));
      assert.equal(node.peerCursor(town.authority).net, `${place.epoch}.${place.seq}`);
      await node.rewind('net', place.seq);
      const good = await publish(node, 'Besser');
      await nudge(node, town);
      await within(20, 'it goes on', () => town.reads(node, good));
    });
  }
  test('an erased placeholder that no erase covers is missing, and no reason to stop', async () => {
    const { node } = await alarming('missing', async (n) => {
      await publish(n, 'Verschwunden');
      await publish(n, 'Danach');
      n.own.newest('net').records[2].line = null;
    });
    await pulled(node, town);
    const list = await town.ask('GET', `/network/proposals?origin=${encodeURIComponent(node.authority)}`);
    assert.deepEqual(list.items.map((item) => item.title).sort(), ['Danach', 'Gelesen']);
  });
  test('a page that goes on from another chain is a fork', async () => {
    await alarming('fork', async (n, at) => {
      const answer = await page(n, { epoch: at.epoch, from: at.seq, chain: sha256('x') }, [entry(n, at.seq + 1)]);
      n.hooks.pages = () => answer;
    });
  });
  test('a fork that is shown only by a head without entries', async () => {
    await alarming('fork', async (n, at) => {
      await n.rewind('net', at.seq - 1);
      await publish(n, 'Anders');
      const head = await n.own.head('net');
      n.hooks.pages = () => buildPage({ origin: n.authority, stream: 'net', epoch: at.epoch, from: at.seq, chain: n.end().chain, lines: [], head });
    });
  });
});

test('a withheld placeholder is accepted as it is, a withheld epoch entry is not needed', async () => {
  const node = await world.friend({ pullOnHint: false });
  const { epoch, seq: from, chain } = node.end();
  await publish(node, 'Zurückgehalten');
  node.hooks.pages = async (ask) => (await node.honestAnswer(ask)).replace(/^.*Zurückgehalten.*$/m, (l) => placeholder(from + 1, digestOf(l), 'withheld'));
  await tell(node, town);
  await within(15, 'it moves on', () => node.peerCursor(town.authority).net === `${epoch}.${from + 1}`);
  assert.deepEqual(await alarms(town, node), []);
  assert.ok(chain);
});

for (const [what, lines] of Object.entries({ 'nonsense bodies are': NONSENSE_BODIES, 'nonsense envelopes are': NONSENSE_ENVELOPES, 'what is only unusual is shown, and nothing is': UNUSUAL })) {
  test(`${what} kept and marked, and the stream moves on`, async () => {
    const node = await world.friend({ pullOnHint: false });
    const names = new Map();
    for (const [name, make] of Object.entries(lines)) {
      await node.append('x', randomUUID(), 1, {}, { line: (seq) => {
        const line = make(seq, node.seconds());
        names.set(JSON.parse(line).id, name);
        return line;
      } });
    }
    const good = await publish(node, 'Nach allem');
    await tell(node, town);
    await within(15, `${good} is shown`, () => town.reads(node, good));
    await pulled(node, town);
    const shown = [];
    for (const kind of ['proposals', 'offers']) {
      const { items } = await town.ask('GET', `/network/${kind}?origin=${encodeURIComponent(node.authority)}&limit=100`);
      shown.push(...items.filter((item) => item.id !== good).map((item) => names.get(item.id)));
    }
    assert.deepEqual(shown.sort(), lines === UNUSUAL ? Object.keys(lines).sort() : []);
    assert.equal((await peerOf(town, node)).last_error, null);
    assert.deepEqual((await alarms(town, node)).map((alarm) => alarm.kind), lines === UNUSUAL ? [] : ['unreadable']);
  });
}

test('no text is kept for longer than 366 days after it came, whatever it says', async () => {
  const node = await world.friend({ pullOnHint: false });
  const far = Date.UTC(9999, 11, 31) / 1000;
  const ids = [];
  for (const at of [node.seconds(), far - 100 * DAY]) {
    ids.push(randomUUID());
    await node.append('proposal', ids.at(-1), 1, proposal('Für immer'), { at, keepUntil: far });
  }
  ids.push(randomUUID(), await publish(node, 'Einen Tag'));
  await node.append('offer', ids.at(-2), 1, proposal('Ohne Frist', { state: 'available' }));
  await tell(node, town);
  await pulled(node, town);
  const kept = await town.sql(`SELECT ceil(extract(epoch FROM keep_until - now()) / ${DAY}) FROM entries WHERE object_id IN (${ids.map((id) => `'${id}'`)}) ORDER BY seq`);
  assert.deepEqual(kept, ['366', '366', '1', '366']);
});

test('while one peer answers slowly, the others are served and pulled', { timeout: 60_000 }, async () => {
  const slow = await world.friend({ pullOnHint: false });
  const other = await world.friend();
  const unread = await publish(slow, 'Langsam');
  const dripping = new Set();
  slow.hooks.raw = (req, res) => {
    if (!req.url.startsWith('/federation/v1/pages')) return false;
    res.writeHead(200, ndjson);
    const timer = setInterval(() => res.write('{'), 200);
    dripping.add(res);
    res.on('close', () => clearInterval(timer)).on('error', () => {});
    return true;
  };
  await nudge(slow, town);
  await within(10, 'it asks', () => dripping.size > 0);
  const id = await publish(other, 'Schnell');
  await tell(other, town);
  await within(10, 'the other is read', () => town.reads(other, id));
  const own = await town.publish('Auch schnell');
  await within(10, 'the other reads', () => other.received.get(town.authority).some((r) => r.entry?.id === own));
  assert.equal((await fetch(`${town.url}/readyz`)).status, 200);
  slow.hooks = {};
  for (const res of dripping) res.destroy();
  await nudge(slow, town);
  await within(20, 'it goes on', () => town.reads(slow, unread));
});

test('a request body that never comes is a slow request', { timeout: 90_000 }, async () => {
  assert.match(await slowBody, /^HTTP\/1\.1 408 [^]*slow-request/);
});

test('at keep_until a text is deleted unasked, and its origin\'s later erase is no error', { timeout: 120_000 }, async () => {
  const { node, id } = shortLived;
  await within(75, 'its time is over', async () => (await town.reads(node, id)) === null);
  assert.ok((await node.expire()).own >= 1);
  await tell(node, town);
  await pulled(node, town);
  assert.deepEqual(await alarms(town, node), []);
});

test('after all this the real node is healthy and its log holds no sanitizer\'s words', async () => {
  assert.equal((await fetch(`${town.url}/readyz`)).status, 200);
  assert.equal(process.kill(town.pid, 0), true);
});
