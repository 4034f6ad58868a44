// What an office can make of its word: many names at once, and what becomes of them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import net from "node:net";
import { after, before, test } from "node:test";

import { generateKey } from "../interop/peer/index.mjs";
import { World, peerOf, proposal, pulled, remove, resume, suspend, tell, within } from "../interop/world.mjs";

let world, town;

before(async () => {
    world = await World.up();
    town = world.town;
});
after(() => world?.down());

/** A foreign office that the real town has joined. */
async function office(name) {
    const bureau = await world.node({ role: "office", name, areas: [] });
    await town.asAdmin("POST", "/memberships", { body: { invitation: JSON.stringify(bureau.invite()) } });
    await bureau.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
    return bureau;
}

const member = (authority, key, more = {}) => ({
    type: "member", id: randomUUID(), rev: 1, body: { authority, jwk: key.jwk, role: "city", state: "active", name: "Dorf", country: "DE", ...more },
});

/** Counts who connects to a port, under whatever loopback address; nobody is answered. */
async function victim() {
    const server = net.createServer((socket) => {
        server.count++;
        socket.on("error", () => {}).destroy();
    });
    server.count = 0;
    await new Promise((resolve) => server.listen(0, "0.0.0.0", resolve));
    return server;
}

/** What another peer says meanwhile is read in time. */
async function heard(node, seconds) {
    const said = { type: "proposal", id: randomUUID(), rev: 1, keepUntil: node.seconds() + 86400, body: proposal("Ehrlich") };
    await node.appendAll("net", [said]);
    await tell(node, town);
    await within(seconds, "somebody else is heard", () => town.reads(node, said.id));
}

/** So many are dialled at once, and then four a second; a second more for whoever counts. */
const AT_ONCE = 32, A_SECOND = 4;
const most = (since) => AT_ONCE + A_SECOND * ((performance.now() - since) / 1000 + 1);

test("who waits behind names that nobody answers for has its turn, and once heard waits for none", async () => {
    const [bureau, last, dead] = [await office("Leere Namen"), await world.node({ name: "Zuletzt genannt" }), await victim()];
    try {
        const { port } = dead.address();
        const names = await Promise.all(Array.from({ length: 90 }, async (_, i) => member(`127.52.0.${i}:${port}`, await generateKey())));
        await bureau.appendAll("net", names);
        await bureau.appendAll("net", [member(last.authority, last.key)]);
        await last.addPeer({ authority: town.authority, jwk: bureau.peers.need(town.authority).trusted.jwk });
        await tell(bureau, town);
        const contacted = () => town.sql(`SELECT 1 FROM peers WHERE authority = '${last.authority}' AND last_contact_at IS NOT NULL`);
        await within(60, "it was asked in its turn", async () => (await contacted()).length > 0);
        const told = last.hints.length;
        await town.sql(`UPDATE peers SET version = version + 1 WHERE authority = '${last.authority}'`);
        await town.publish("Zwei Bänke");
        await within(5, "it is told of what is new", () => last.hints.length > told);
    } finally {
        dead.close();
        await remove(town, bureau);
    }
});

test("nine hundred names of an office keep nobody waiting, and nobody is stormed by them, nor after a restart", async () => {
    const [bureau, other, stormed] = [await office("Große Liste"), await world.friend({ name: "Ehrlich" }), await victim()];
    try {
        const { port } = stormed.address();
        const names = await Promise.all(Array.from({ length: 880 }, async (_, i) => member(`127.50.${i >> 8}.${i & 255}:${port}`, await generateKey())));
        for (let i = 0; i < names.length; i += 200) await bureau.appendAll("net", names.slice(i, i + 200));
        const begun = performance.now();
        await tell(bureau, town);
        for (let i = 0; i < 5; i++) await heard(other, 3); // a second on a machine that has nothing else to do
        const known = () => town.sql("SELECT count(*) FROM peers WHERE state = 'active' AND NOT confirmed");
        await within(300, "the list is read to its end", async () => (await known())[0] === "880");
        assert.ok(stormed.count > 0 && stormed.count <= most(begun), `${stormed.count} connections`);

        await world.offline(town, () => (stormed.count = 0));
        const again = performance.now() - 3000; // it began while it was waited for
        ({ town } = world);
        await heard(other, 10);
        assert.ok(stormed.count > 0 && stormed.count <= most(again), `${stormed.count} connections`);
    } finally {
        stormed.close();
    }
});

test("who is known through an office alone shares its fate, and comes back with it", async () => {
    const [first, second] = [await office("Erstes Büro"), await office("Zweites Büro")];
    const [alone, both, friend] = [await world.node({ name: "Nur dort" }), await world.node({ name: "Bei beiden" }), await world.friend({ name: "Auch so bekannt" })];
    const enter = async (bureau, node) => {
        await bureau.appendAll("net", [member(node.authority, node.key)]);
        await tell(bureau, town);
        await pulled(bureau, town);
    };
    for (const node of [alone, both, friend]) await enter(first, node);
    await enter(second, both);
    const states = async () => (await Promise.all([alone, both, friend].map((node) => peerOf(town, node)))).map((peer) => peer.state).join(" ");
    await within(10, "all are active", async () => (await states()) === "active active active");
    assert.equal((await peerOf(town, both)).via.authority, [first.authority, second.authority].sort()[0]);
    const late = member("127.51.0.2:9", await generateKey());
    const known = () => town.sql(`SELECT 1 FROM peers WHERE authority = '${late.body.authority}'`);
    await first.appendAll("net", [late]);
    for (const leave of [suspend, remove]) {
        await leave(town, first);
        assert.equal(await states(), "suspended active active");
        assert.equal((await peerOf(town, both)).via.authority, second.authority);
        assert.equal((await alone.request(town.authority, { method: "POST", target: "/federation/v1/hint", body: await alone.own.head("net"), contentType: "application/jose" })).slug, "not-active");
        if (leave === suspend) {
            await within(20, "what it says is read", async () => (await town.sql(`SELECT 1 FROM entries WHERE object_id = '${late.id}'`)).length > 0);
            assert.deepEqual(await known(), [], "and nothing comes of it");
            await resume(town, first);
            await within(20, "now it counts", async () => (await known()).length > 0);
            await within(20, "it is back", async () => (await states()) === "active active active");
        }
    }
});

test("an office that names and suspends somebody who is not there, again and again, makes us publish nothing anew", async () => {
    const bureau = await office("Hin und her");
    await town.publish("Ein Zelt");
    const end = () => town.sql("SELECT max(e.seq) FROM entries e JOIN streams s ON s.id = e.stream_id JOIN node_state n ON n.authority = s.origin WHERE s.name = 'net'");
    const before = await end();
    const absent = member("127.51.0.1:9", await generateKey());
    for (const state of ["active", "suspended", "active", "removed", "active"]) {
        await bureau.appendAll("net", [{ ...absent, body: { ...absent.body, state } }]);
        await tell(bureau, town);
        await pulled(bureau, town);
    }
    assert.equal((await peerOf(town, { authority: absent.body.authority })).state, "active");
    assert.deepEqual(await end(), before);
});
