// What one peer may cost: pages made to be dear. Nobody else waits for them, and neither does an administrator.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { buildPage, chainLink, chainStart, composeEntry, digestOf, epochBody, headPayload, signHead } from "../interop/peer/index.mjs";
import { World, alarms, befriend, peerOf, proposal, pulled, remove, suspend, tell, within } from "../interop/world.mjs";
import { alive } from "./support.mjs";

let world, town;

before(async () => {
    world = await World.up();
    town = world.town;
});
after(() => world?.down());

const item = (node, title) => ({ type: "proposal", id: randomUUID(), rev: 1, keepUntil: node.seconds() + 86400, body: proposal(title) });

/** What another peer says meanwhile is read in time. */
async function heard(node, seconds) {
    const said = item(node, "Ehrlich");
    await node.appendAll("net", [said]);
    await tell(node, town);
    await within(seconds, "somebody else is heard", () => town.reads(node, said.id));
}

test("an erasure costs what it names, however often, and nobody waits for it", async () => {
    const [node, other] = [await world.friend(), await world.friend({ name: "Ehrlich" })];
    const said = item(node, "Bald fort");
    await node.appendAll("net", [said]);
    await tell(node, town);
    await pulled(node, town);
    const { epoch, seq } = node.end();
    for (let i = 0; i < 150; i++) await node.append("erase", randomUUID(), 1, { entries: Array(1000).fill(`${epoch}.${seq}`) });
    await tell(node, town);
    await heard(other, 10);
    const begun = performance.now();
    await suspend(town, node);
    assert.ok(performance.now() - begun < 3000, "suspended at once");
    await within(20, "it is erased", async () => (await town.reads(node, said.id)) === null);
});

/** Epochs of one line each, all of which go back to the same end: all but the first give up what came since. */
async function storm(node, count) {
    const previous = node.end();
    let pages = "";
    for (let epoch = previous.epoch + 1; epoch <= previous.epoch + count; epoch++) {
        const line = composeEntry(1, { type: "epoch", id: randomUUID(), rev: 1, at: node.seconds(), body: epochBody(previous, node.key) });
        const start = chainStart(node.authority, "net", epoch);
        const end = chainLink(start, 1, digestOf(line));
        const head = await signHead(node.key, headPayload(node.authority, "net", epoch, 1, end, node.seconds()));
        pages += buildPage({ origin: node.authority, stream: "net", epoch, from: 0, chain: start, lines: [line], head });
    }
    return pages;
}

test("a thousand epochs that take back what was said keep nobody waiting, nor the node from ending", async () => {
    const [node, other] = [await world.friend({ name: "Sturm" }), await world.friend({ name: "Ehrlich" })];
    const said = Array.from({ length: 1000 }, (_, i) => item(node, `Nummer ${i}`));
    for (let i = 0; i < said.length; i += 200) await node.appendAll("net", said.slice(i, i + 200));
    await tell(node, town);
    await pulled(node, town);
    const pages = await storm(node, 1000);
    let asked = 0;
    node.hooks.pages = () => (asked++, pages);
    await tell(node, town);
    await within(20, "it was asked", () => asked > 0);
    await heard(other, 10);
    await within(20, "it is put off", async () => (await peerOf(town, node)).last_error === "too-many-epochs");
    assert.ok(await town.reads(node, said[0].id), "what it said before is still shown");
    const begun = performance.now();
    await suspend(town, node);
    assert.ok(performance.now() - begun < 3000, "suspended at once");
    process.kill(town.pid, "SIGTERM");
    await within(5, "the node has ended", () => !alive(town.pid));
    await world.demo.restart();
    const { admin } = town;
    world.look();
    town = Object.assign(world.town, { admin });
    await heard(other, 20);
});

test("what a first sync brought is shown bit by bit, and in the end all of it", async () => {
    const node = await world.node({ name: "Nachzügler" });
    const said = Array.from({ length: 600 }, (_, i) => item(node, `Nummer ${i}`));
    for (let i = 0; i < said.length; i += 200) await node.appendAll("net", said.slice(i, i + 200));
    await node.appendAll("net", [{ ...said[0], rev: 2, body: proposal("Neu gefasst") }]);
    await node.erase("net", [`${node.end().epoch}.3`]);
    await node.rotateKey();
    await befriend(town, node);
    const total = async () => (await town.ask("GET", `/network/proposals?origin=${encodeURIComponent(node.authority)}&limit=1`)).total;
    await within(20, "all is shown", async () => (await town.reads(node, said[599].id)) && (await total()) === 599);
    assert.equal((await town.reads(node, said[0].id)).title, "Neu gefasst");
    assert.equal(await town.reads(node, said[1].id), null);
});

test("an epoch that goes back shows again what was said before, of all that it takes back", async () => {
    const node = await world.friend({ name: "Zurück" });
    const [changed, added, kept] = [item(node, "Alt"), item(node, "Neu dazu"), item(node, "Bleibt")];
    await node.appendAll("net", [changed, kept]);
    const previous = node.end();
    await node.appendAll("net", [{ ...changed, rev: 2, body: proposal("Neu") }, added]);
    await tell(node, town);
    await pulled(node, town);
    assert.equal((await town.reads(node, changed.id)).title, "Neu");
    await node.rewind("net", previous.seq);
    await node.openEpoch();
    await tell(node, town);
    await pulled(node, town);
    assert.equal((await town.reads(node, changed.id)).title, "Alt");
    assert.equal(await town.reads(node, added.id), null);
    assert.ok(await town.reads(node, kept.id));
});

/** One page behind what the node has said, as large as an answer may be, of what a function makes of each number. */
async function fullPage(node, line) {
    const { epoch, seq: from, chain: start } = node.end();
    const lines = [];
    let chain = start, seq = from;
    for (let octets = 2000; ;) {
        const next = line(seq + 1);
        octets += Buffer.byteLength(next) + 1;
        if (octets > 1024 * 1024) break;
        chain = chainLink(chain, ++seq, digestOf(next));
        lines.push(next);
    }
    const head = await signHead(node.key, headPayload(node.authority, "net", epoch, seq, chain, node.seconds()));
    return buildPage({ origin: node.authority, stream: "net", epoch, from, chain: start, lines, head });
}

/** Serves that page whenever it is asked; resolves when it was asked first. */
async function serve(node, page) {
    let asked = 0;
    node.hooks.pages = () => (asked++, page);
    await tell(node, town);
    await within(20, "it was asked", () => asked > 0);
}

const fills = {
    "seventy thousand lines that say nothing": (seq) => `{"seq":${seq}}`,
    "fifteen thousand placeholders": (seq) => JSON.stringify({ seq, withheld: "A".repeat(43) }),
    "proposals, as many as an answer holds": (seq) => composeEntry(seq, { type: "proposal", id: randomUUID(), rev: 1, at: Math.floor(Date.now() / 1000), keepUntil: Math.floor(Date.now() / 1000) + 86400, body: proposal("x") }),
};

for (const [what, line] of Object.entries(fills))
    test(`one page of ${what} keeps nobody waiting`, async () => {
        const [node, other] = [await world.friend({ name: "Staub" }), await world.friend({ name: "Ehrlich" })];
        await serve(node, await fullPage(node, line));
        for (let i = 0; i < 5; i++) await heard(other, 3); // a second on a machine that has nothing else to do
        await remove(town, node);
    });

/** Names a key as its next in all its streams, as anybody can who has read it in a discovery document. */
async function nameKey(node, key) {
    for (const name of node.own.names()) await node.append("key", randomUUID(), 1, { jwk: key.jwk }, { stream: name });
    await tell(node, town);
    await pulled(node, town);
}
const publish = async (node, title, told = tell) => {
    const said = item(node, title);
    await node.appendAll("net", [said]);
    await told(node, town);
    return said.id;
};
const read = (node, id) => within(10, "it is read", () => town.reads(node, id));
/** Told under the key that the real node still trusts. */
const hintUnder = (old) => async (node) => {
    const hint = { method: "POST", target: "/federation/v1/hint", body: await node.own.head("net"), contentType: "application/jose" };
    assert.equal((await node.send(town.authority, node.sign(town.authority, hint, { parameters: { keyid: old.kid }, signWith: old }))).status, 204);
};

test("who names a newcomer's key as its own next one has not got it, and keeps nobody out", async () => {
    const [squatter, newcomer] = [await world.friend({ name: "Besetzer" }), await world.node({ name: "Neu" })];
    await nameKey(squatter, newcomer.key);
    assert.equal((await newcomer.request(town.authority, { target: "/federation/v1/pages?net=0.0" })).slug, "unknown-key");
    await befriend(town, newcomer);
    await read(newcomer, await publish(newcomer, "Auch da"));
    assert.equal((await peerOf(town, squatter)).fingerprint, squatter.fingerprint);
});

test("who is faster in naming the key to which another rotates gains nothing by it", async () => {
    const [squatter, victim] = [await world.friend({ name: "Schneller" }), await world.friend({ name: "Opfer" })];
    const old = victim.key;
    const next = await victim.rotateKey();
    await nameKey(squatter, next);
    await read(victim, await publish(victim, "Nach dem Wechsel", hintUnder(old)));
    await within(10, "the new key is trusted", async () => (await peerOf(town, victim)).fingerprint === victim.fingerprint);
    assert.deepEqual(await alarms(town, victim), []);
    await read(victim, await publish(victim, "Und unter dem neuen gemeldet"));
});

test("who has another's key and goes over to it is frozen, and the other is not", async () => {
    const [thief, victim] = [await world.friend({ name: "Dieb" }), await world.friend({ name: "Bestohlen" })];
    const old = thief.key;
    await thief.rotateKey(victim.key);
    await hintUnder(old)(thief);
    const [alarm] = await within(10, "an alarm", async () => {
        const found = await alarms(town, thief, "key_conflict");
        return found.length > 0 && found;
    });
    assert.match(alarm.detail, new RegExp(victim.authority));
    assert.notEqual((await peerOf(town, thief)).frozen, null);
    await read(victim, await publish(victim, "Wie immer"));
    assert.equal((await peerOf(town, victim)).frozen, null);
    assert.deepEqual(await alarms(town, victim), []);
});

test("a node that is added twice under one Idempotency-Key is added once, and told of twice", async () => {
    const node = await world.node({ name: "Doppelt" });
    const add = () => town.call("POST", "/peers", { body: { authority: node.authority }, token: town.admin, headers: { "Idempotency-Key": "doppelt" } });
    for (const answer of [await add(), await add()]) {
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        assert.equal(answer.body.authority, node.authority);
        assert.equal(answer.headers.get("location"), `/api/v1/peers/${node.authority}`);
    }
    assert.deepEqual(await town.sql(`SELECT count(*) FROM events WHERE object_type = 'peer' AND object_id = '${node.authority}'`), ["1"]);
});

test("a key is one peer's: the second hears whose it is, until the first was removed and gave it up", async () => {
    const first = await world.friend({ name: "Zuerst" });
    const second = await world.node({ name: "Danach", key: first.key });
    const add = () => town.call("POST", "/peers", { body: { authority: second.authority }, token: town.admin });
    const refused = await add();
    assert.equal(refused.status, 409);
    assert.match(refused.body.type, /key-conflict$/);
    assert.match(refused.body.detail, new RegExp(first.authority));
    await remove(town, first);
    await befriend(town, second);
    await read(second, await publish(second, "Jetzt hier"));
    const back = await town.call("POST", `/peers/${encodeURIComponent(first.authority)}/confirm`, { body: { fingerprint: first.fingerprint }, token: town.admin });
    assert.equal(back.status, 409);
    assert.match(back.body.detail, new RegExp(second.authority));
});
