// What a node makes of a stream that another program writes, right or wrong: kept, marked, refused, proved.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Signer } from "./signer.mjs";
import { parseAnswer, readHead } from "../interop/peer/index.mjs";
import { World, alarms, befriend, eventually, nudge, peerOf, proposal, pulled, tell } from "../interop/world.mjs";

let world, town;

before(async () => {
    world = await World.up();
    town = world.town;
});
after(() => world?.down());

/** A proposal in a foreign town's stream, told to the real one. */
async function publish(node, title) {
    const id = randomUUID();
    await node.append("proposal", id, 1, proposal(title), { keepUntil: node.seconds() + 86400 });
    await tell(node, town);
    return id;
}

/** A line as no honest node writes it. */
const forged = (node, type, change) =>
    node.append(type, randomUUID(), 1, {}, {
        line: (seq) => JSON.stringify({ seq, type, id: randomUUID(), rev: 1, at: "2026-11-01T09:00:00Z", salt: "A".repeat(22), body: {}, ...change }),
    });

const lines = (node, where) =>
    town.sql(`SELECT e.seq, coalesce(e.type, '-'), coalesce(e.object_id::text, '-'), e.status FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${node.authority}' AND s.name = 'net' AND ${where} ORDER BY s.epoch, e.seq`);

test("an entry whose envelope is nonsense is kept, marked and not shown, and the stream goes on", async () => {
    const node = await world.friend();
    await forged(node, "proposal", { salt: "short" });
    await forged(node, "Proposal", { id: 7, at: "soon" });
    const id = await publish(node, "Danach");
    await eventually("what comes after is shown", () => town.reads(node, id));
    assert.deepEqual(await lines(node, "e.status = 'quarantined'"), ["2|-|-|quarantined", "3|-|-|quarantined"]);
    assert.deepEqual(await town.sql(`SELECT count(*) FROM entries WHERE status = 'quarantined' AND keep_until BETWEEN now() + interval '365 days' AND now() + interval '366 days'`), ["2"]);
    assert.deepEqual((await alarms(town, node)).map(({ kind, detail }) => [kind, / 2 \(its form/.test(detail) || / 3 \(its form/.test(detail)]), [["unreadable", true]]);
});

test("a later edition's entry is kept, not shown, and told, once for each page", async () => {
    const node = await world.friend();
    const later = { ...proposal("Achte Art"), help: Array.from({ length: 8 }, (_, i) => ({ category: `kind${i}` })) };
    await node.appendAll("net", Array.from({ length: 20 }, () => ({ type: "proposal", id: randomUUID(), rev: 1, keepUntil: node.seconds() + 86400, body: later })));
    const id = await publish(node, "Danach");
    await eventually("what comes after is shown", () => town.reads(node, id));
    const [alarm, ...more] = await alarms(town, node);
    assert.deepEqual([alarm.kind, more], ["unreadable", []]);
    assert.match(alarm.detail, /as number 2 \(.*help/);
    assert.ok(alarm.times <= 3, `${alarm.times}`);
});

test("a text from the day after tomorrow is nonsense, and no nonsense is kept for more than 366 days", async () => {
    const node = await world.friend();
    const say = (title, hours) => {
        const at = node.seconds() + hours * 3600;
        return node.append("proposal", randomUUID(), 1, proposal(title), { at, keepUntil: at + 86400 });
    };
    await say("Vorgehende Uhr", 12);
    await say("Übermorgen", 49);
    await node.append("report", randomUUID(), 1, { period: "never" });
    const id = await publish(node, "Danach");
    await eventually("what comes after is shown", () => town.reads(node, id));
    assert.deepEqual((await lines(node, "e.status = 'quarantined'")).map((line) => line.split("|")[1]), ["proposal", "report"]);
    assert.deepEqual(await town.sql(`SELECT count(*) FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${node.authority}' AND e.status = 'quarantined' AND e.keep_until <= now() + interval '366 days'`), ["2"]);
    assert.deepEqual((await alarms(town, node)).map(({ kind }) => kind), ["unreadable"]);
});

test("what a later edition alone can read is kept for a year, and what it says to be kept for less is", async () => {
    const node = await world.friend();
    const until = node.seconds() + 86400;
    for (const [type, more] of [["novelty", {}], ["material", {}], ["novelty", { keepUntil: until }], ["novelty", { keepUntil: until + 400 * 86400 }], ["report", {}]])
        await node.append(type, randomUUID(), 1, type === "report" ? { period: "2026", cells: [] } : { any: "thing" }, more);
    await tell(node, town);
    await pulled(node, town);
    const days = await town.sql(`SELECT e.type, coalesce(round(extract(epoch FROM e.keep_until - now()) / 86400)::text, 'for ever') FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${node.authority}' AND s.name = 'net' AND e.seq > 1 ORDER BY e.seq`);
    assert.deepEqual(days, ["novelty|366", "material|366", "novelty|1", "novelty|366", "report|for ever"]);
});

test("the same in a first sync", async () => {
    const node = await world.node();
    await forged(node, "proposal", { body: [] });
    await befriend(town, node);
    await pulled(node, town);
    assert.deepEqual(await lines(node, "e.type IS NULL"), ["2|-|-|quarantined"]);
    assert.deepEqual((await alarms(town, node)).map(({ kind }) => kind), ["unreadable"]);
});

test("a zero octet after a number makes a page bad: nothing of it is stored, and nothing that is read fails", async () => {
    const node = await world.friend();
    const id = randomUUID();
    await node.append("proposal", id, 1, {}, {
        line: (seq) =>
            JSON.stringify({ seq, type: "proposal", id, rev: 1, at: "2026-11-01T09:00:00Z", salt: "A".repeat(22), keep_until: "2027-11-01T09:00:00Z", body: proposal("Null") }).replace('"rev":1', '"rev":1\0'),
    });
    await tell(node, town);
    await eventually("the page is refused", async () => (await peerOf(town, node)).last_error === "malformed-request");
    assert.deepEqual(await lines(node, "e.seq > 1"), []);
    assert.equal(await town.reads(node, id), null);
});

test("a registry names no node by octets that are no key", async () => {
    const office = await world.node({ role: "office" });
    await town.asAdmin("POST", "/memberships", { body: { invitation: JSON.stringify(office.invite()) } });
    const jwk = { crv: "Ed25519", kty: "OKP", x: Buffer.from(`02${"00".repeat(31)}`, "hex").toString("base64url") };
    await office.append("member", randomUUID(), 1, { authority: "neu.invalid", jwk, role: "city", state: "active", name: "Neu", country: "DE" });
    await tell(office, town);
    await pulled(office, town);
    assert.deepEqual(await town.sql("SELECT 1 FROM peers WHERE authority = 'neu.invalid'"), []);
    assert.deepEqual((await lines(office, "e.status = 'quarantined'")).map((line) => line.split("|")[1]), ["member"]);
});

test("an erasure whose envelope is nonsense is not skipped: an alarm, and the stream stands still", async () => {
    const node = await world.friend();
    const id = await publish(node, "Davor");
    await eventually("it is shown", () => town.reads(node, id));
    await forged(node, "erase", { rev: 0 });
    await tell(node, town);
    await eventually("an alarm", async () => (await alarms(town, node, "erase_refused")).length > 0);
    assert.deepEqual(await lines(node, "e.seq > 2"), []);
});

test("the proof of a fork can be had by the administration: both heads, and no text", async () => {
    const node = await world.friend();
    const id = await publish(node, "Die eine Geschichte");
    await eventually("it is shown", () => town.reads(node, id));
    await node.rewind("net", 1);
    await node.append("proposal", randomUUID(), 1, proposal("Die andere Geschichte"), { keepUntil: node.seconds() + 86400 });
    await nudge(node, town);
    const [alarm] = await eventually("a fork", async () => {
        const found = await alarms(town, node, "fork");
        return found.length > 0 && found;
    });
    const proof = (token, name = alarm.id) => fetch(new URL(`/api/v1/alarms/${name}/proof`, town.url), { headers: { authorization: `Bearer ${token}` } });
    const answer = await proof(await town.adminToken());
    const text = await answer.text();
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "application/x-ndjson"], text);
    assert.doesNotMatch(text, /Geschichte/);
    const pages = parseAnswer(Buffer.from(text));
    assert.equal(pages.length, 2);
    const [held, shown] = text.split("\n").filter((line) => line.startsWith('{"head":')).map((line) => readHead(JSON.parse(line).head).payload);
    for (const head of [held, shown]) assert.deepEqual([head.iss, head.stream, head.seq], [node.authority, "net", 2]);
    assert.notDeepEqual(held.chain, shown.chain);
    assert.equal((await proof(town.token)).status, 403, "a coordinator may not have it");
    assert.equal((await proof(await town.adminToken(), randomUUID())).status, 404);
});

test("what was once shown is not thrown away with what an old key says", async () => {
    const node = await world.friend();
    const id = await publish(node, "Unter dem alten Schlüssel");
    await eventually("it is shown", () => town.reads(node, id));
    const held = await lines(node, "true");
    // As if people had compared the fingerprint of another key.
    const { jwk } = Signer.generate();
    const [key, keyId] = [Buffer.from(jwk.x, "base64url").toString("hex"), Signer.idOf(jwk)];
    await node.append("proposal", randomUUID(), 1, proposal("Vom Dieb"), { keepUntil: node.seconds() + 86400 });
    await town.sql(`UPDATE peers SET key = '\\x${key}', key_id = '${keyId}', version = version + 1 WHERE authority = '${node.authority}'`);
    await town.sql("SELECT pg_notify('hf_wake', '')");
    await eventually("an alarm", async () => (await alarms(town, node, "key_conflict")).length > 0);
    assert.deepEqual((await lines(node, "true")).slice(0, held.length), held);
    assert.ok(await town.reads(node, id), "what the right key said is still shown");
});
