// What one peer may take of the disk, and for how long.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { World, alarms, proposal, pulled, resume, suspend, tell, within } from "../interop/world.mjs";

let world, town;

before(async () => {
    Object.assign(process.env, { HF_FEDERATION_PEER_MEGABYTES: "2", HF_FEDERATION_POLL_SECONDS: "1" });
    world = await World.up();
    town = world.town;
});
after(() => world?.down());

const strange = () => ({ type: "novelty", id: randomUUID(), rev: 1, body: { much: "x".repeat(60_000) } });
const said = (node, title) => ({ type: "proposal", id: randomUUID(), rev: 1, keepUntil: node.seconds() + 86400, body: proposal(title) });

const taken = async (node) => Number((await town.sql(`SELECT coalesce(sum(octet_length(line)), 0) FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${node.authority}'`))[0]);

/** Appends until its share must be used up. */
async function fill(node, times = 10) {
    for (let i = 0; i < times; i++) await node.appendAll("net", Array.from({ length: 8 }, strange));
    await tell(node, town);
}
const closed = (node) => within(20, "an alarm", async () => (await alarms(town, node, "room"))[0]);

test("a peer has its share of the disk; then no more of it is kept until somebody allows it", async () => {
    const [node, other] = [await world.friend({ name: "Vielfraß" }), await world.friend({ name: "Ehrlich" })];
    await fill(node);
    const alarm = await closed(node);
    const before = await taken(node);
    assert.ok(before > 1_000_000 && before <= 2_000_000, `${before} octets`);
    const honest = said(other, "Ehrlich");
    await other.appendAll("net", [honest]);
    await tell(other, town);
    await within(10, "somebody else is heard", () => town.reads(other, honest.id));
    assert.equal(await taken(node), before);
    await town.asAdmin("POST", `/alarms/${alarm.id}/acknowledge`, { body: { note: "Erlaubt." } });
    await within(20, "it may take as much again", async () => (await taken(node)) > 3_000_000);
    await within(20, "and no more", async () => (await alarms(town, node, "room")).length === 2);
    assert.ok((await taken(node)) <= 4_000_000);
});

test("a text counts ten times, for what is shown of it and can be searched", async () => {
    const node = await world.friend({ name: "Wortreich" });
    const long = () => ({ ...said(node, "Lang"), body: proposal("Lang", { text: "Wort ".repeat(799) }) });
    for (let i = 0; i < 2; i++) await node.appendAll("net", Array.from({ length: 30 }, long));
    await tell(node, town);
    await closed(node);
    assert.ok((await taken(node)) <= 200_000);
});

test("who has used up its share is heard when it withdraws, and by that has room again and all it said", async () => {
    const node = await world.friend({ name: "Wieder leer" });
    const [first, last] = [said(node, "Vorher"), said(node, "Danach")];
    await node.appendAll("net", [first]);
    await tell(node, town);
    await within(10, "it is read", () => town.reads(node, first.id));
    const { epoch, seq } = node.end();
    await fill(node, 5);
    await closed(node);
    // More than is left of its share, even as mere digests.
    for (let i = 0; i < 9; i++) await node.appendAll("net", Array.from({ length: 200 }, () => ({ ...strange(), body: {} })));
    await node.appendAll("net", [last]);
    await node.erase("net", Array.from({ length: 41 }, (_, i) => `${epoch}.${seq + i}`));
    await within(40, "what it withdrew is gone", async () => (await town.reads(node, first.id)) === null);
    await within(10, "what it said meanwhile is there", () => town.reads(node, last.id));
    assert.equal((await alarms(town, node)).length, 1, "nothing but its room was ever complained of");
});

test("those whom only an office names share what they may take, and its alarm is one", async () => {
    const office = await world.node({ name: "Viele Namen", role: "office" });
    await town.asAdmin("POST", "/memberships", { body: { invitation: JSON.stringify(office.invite()) } });
    const [one, other, small, earlier] = await Promise.all(["Dorf", "Weiler", "Hof", "Mühle"].map((name) => world.friend({ name })));
    await town.sql(`UPDATE peers SET confirmed = false, registry_state = 'active', via = '${office.authority}' WHERE authority IN (${[one, other, small, earlier].map((node) => `'${node.authority}'`)})`);
    // Eight shares together, a hundredth for each at least.
    await town.sql(`INSERT INTO peers (authority, name, country, role, key, key_id, via, registry_state) SELECT lot || '.invalid', 'Viele', 'DE', 'city',
        sha256(lot::bytea), lot, '${office.authority}', 'active' FROM (SELECT gen_random_uuid()::text AS lot FROM generate_series(1, 96)) AS lots`);
    const takes = (octets) => town.sql(`UPDATE streams SET octets = octets + ${octets} WHERE origin = '${one.authority}' AND name = 'net'`);
    await fill(earlier, 1);
    await within(20, "it has more than its part while others do not need it", async () => (await taken(earlier)) > 400_000);
    // What it said stays for its time, also when its office removes it.
    await takes(16_100_000);
    await town.sql(`UPDATE peers SET decision = 'removed' WHERE authority = '${one.authority}'`);
    await fill(other, 1);
    const alarm = await closed(office);
    assert.deepEqual(await alarms(town, other), []);
    const held = await taken(other);
    const modest = said(small, "Klein");
    await small.appendAll("net", [modest]);
    await tell(small, town);
    await within(20, "who takes less than its equal part is heard", () => town.reads(small, modest.id));
    await town.asAdmin("POST", `/alarms/${alarm.id}/acknowledge`, { body: { note: "Erlaubt." } });
    await within(20, "what was not kept is there", async () => (await taken(other)) > held + 400_000);
    await takes(-16_100_000);
    await town.sql("DELETE FROM peers WHERE name = 'Viele'");
});

test("what nobody here understands is kept for a year at most", async () => {
    const node = await world.friend({ name: "Künftig" });
    await node.append("novelty", randomUUID(), 1, { a: 1 });
    await tell(node, town);
    await pulled(node, town);
    const days = await town.sql(`SELECT round(extract(epoch FROM e.keep_until - e.received_at) / 86400) FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${node.authority}' AND e.type = 'novelty'`);
    assert.deepEqual(days, ["366"]);
});

/** It was asked once more, and what it said was not kept. */
const dropped = (node) => within(20, "a text is dropped", async () => (await town.sql(`SELECT count(*) FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${node.authority}' AND dropped`))[0] === "1");

test("of a suspended peer no text is kept and it is seldom asked; once resumed, all it said is there", async () => {
    const node = await world.friend({ name: "Gesperrt" });
    const [first, second, third] = [said(node, "Vorher"), said(node, "Währenddessen"), said(node, "Auch")];
    await node.appendAll("net", [first]);
    await tell(node, town);
    await within(10, "it is read", () => town.reads(node, first.id));
    const before = await taken(node);
    await suspend(town, node);
    await node.appendAll("net", [second]);
    await dropped(node);
    assert.equal(await taken(node), before);
    await node.appendAll("net", [third]);
    await node.erase("net", [`${node.end().epoch}.2`]);
    await node.pull(town.authority);
    await resume(town, node);
    await within(20, "all is read", async () => (await town.reads(node, second.id)) && (await town.reads(node, third.id)));
    assert.equal(await town.reads(node, first.id), null, "its erasure arrived");
    assert.deepEqual(await alarms(town, node), []);
});

test("who says something else once it is resumed than while it was suspended has forked", async () => {
    const node = await world.friend({ name: "Zweierlei" });
    const at = node.end().seq;
    await suspend(town, node);
    await node.appendAll("net", [said(node, "So")]);
    await dropped(node);
    await node.rewind("net", at);
    const other = said(node, "Anders");
    await node.appendAll("net", [other]);
    await resume(town, node);
    await within(20, "an alarm", async () => (await alarms(town, node, "fork")).length > 0);
    assert.equal(await town.reads(node, other.id), null);
});
