// What one peer may cost: pages made to be dear. Nobody else waits for them, and neither does an administrator.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { buildPage, chainLink, chainStart, composeEntry, digestOf, epochBody, headPayload, signHead } from "../interop/peer/index.mjs";
import { World, befriend, peerOf, proposal, pulled, suspend, tell, within } from "../interop/world.mjs";
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
    await pulled(node, town);
    assert.equal(await town.reads(node, said.id), null);
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
