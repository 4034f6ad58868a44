// What an office may say of others: it may err and take it back, but it stops nobody and gives nobody another's key.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";

import { Demo, eventually } from "./support.mjs";
import { Signer } from "./signer.mjs";

process.env.HF_SERVER_JOBS_SECONDS = "1"; // for the nodes that this test starts

let demo, saarbruecken, arnhem, metz, office;

before(async () => {
    demo = await Demo.up("--empty");
    ({ saarbruecken, arnhem, metz, office } = demo.towns);
    await eventually("Saarbrücken knows Arnhem", async () => (await state(arnhem.authority)) === "active");
});
after(() => demo?.down());

const state = async (authority) => (await saarbruecken.ask("GET", "/peers")).items.find((peer) => peer.authority === authority)?.state;
const open = async (kind, peer) =>
    (await saarbruecken.asAdmin("GET", "/alarms")).items.filter((alarm) => alarm.kind === kind && alarm.peer?.authority === peer && !alarm.acknowledged_at);

function freshKey() {
    const { jwk, id } = new Signer(generateKeyPairSync("ed25519").privateKey);
    return { hex: Buffer.from(jwk.x, "base64url").toString("hex"), id };
}

const keyOf = async (town, authority) => {
    const [row] = await town.sql(`SELECT encode(key, 'hex'), key_id FROM peers WHERE authority = '${authority}'`);
    const [hex, id] = row.split("|");
    return { hex, id };
};

/** The office appends entries about a node, with whatever key it has in its books; until Saarbrücken has applied them. */
async function says(authority, key) {
    if (key) await office.sql(`UPDATE peers SET key = '\\x${key.hex}', key_id = '${key.id}' WHERE authority = '${authority}'`);
    for (const verb of ["suspend", "resume"])
        await office.asAdmin("POST", `/peers/${encodeURIComponent(authority)}/${verb}`, { body: verb === "suspend" ? { reason: "Zur Klärung." } : undefined });
    const newest = async (town) => (await town.sql(`SELECT epoch, seq FROM streams WHERE origin = '${office.authority}' AND name = 'net' ORDER BY epoch DESC LIMIT 1`))[0];
    const told = await newest(office);
    await eventually("Saarbrücken has applied it", async () => (await newest(saarbruecken)) === told);
}

test("a new key that the old one did not sign waits 72 hours from its first naming, and may be taken back", async () => {
    const waiting = async () => (await saarbruecken.sql(`SELECT encode(other_key, 'hex'), other_key_at FROM peers WHERE authority = '${arnhem.authority}' AND other_key IS NOT NULL`))[0];
    const real = await keyOf(office, arnhem.authority);
    const other = freshKey();
    await says(arnhem.authority, other);
    assert.ok((await waiting()).startsWith(other.hex));
    assert.equal((await open("key_replaced", arnhem.authority)).length, 1);

    await saarbruecken.sql(`UPDATE peers SET other_key_at = other_key_at - interval '1 hour' WHERE authority = '${arnhem.authority}'`);
    const first = await waiting();
    await says(arnhem.authority);
    assert.equal(await waiting(), first, "said again, it waits no longer");
    const third = freshKey();
    await says(arnhem.authority, third);
    assert.ok((await waiting()).startsWith(third.hex), "yet another key waits anew");
    assert.notEqual((await waiting()).split("|")[1], first.split("|")[1]);

    await says(arnhem.authority, real);
    assert.equal(await waiting(), undefined);
    assert.deepEqual(await open("key_replaced", arnhem.authority), []);
    assert.deepEqual(await keyOf(saarbruecken, arnhem.authority), real);
    assert.equal(await state(arnhem.authority), "active");
});

test("an entry that gives a node the key of another is kept, marked and skipped, with an alarm", async () => {
    const ours = Signer.of(saarbruecken);
    const stolen = { "doppel.example": await keyOf(office, arnhem.authority), "spiegel.example": { hex: Buffer.from(ours.jwk.x, "base64url").toString("hex"), id: ours.id } };
    await office.sql("DROP INDEX peers_key_id");
    for (const [authority, key] of Object.entries(stolen)) {
        await office.sql(`INSERT INTO peers (authority, name, country, role, key, key_id, via, registry_state) VALUES ('${authority}', 'Doppelgänger', 'DE', 'city', '\\x${key.hex}', '${key.id}', '${office.authority}', 'active')`);
        await says(authority);
        assert.deepEqual(await saarbruecken.sql(`SELECT 1 FROM peers WHERE authority = '${authority}'`), []);
    }
    const marked = await saarbruecken.sql(`SELECT count(*) FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${office.authority}' AND e.type = 'member' AND e.status = 'quarantined'`);
    assert.deepEqual(marked, ["4"]);
    const alarms = (await open("key_conflict", office.authority)).map((alarm) => alarm.detail);
    assert.ok(alarms.some((detail) => detail.includes("doppel.example") && detail.includes(arnhem.authority)));
    assert.ok(alarms.some((detail) => detail.includes("spiegel.example") && detail.includes(saarbruecken.authority)));
    await says(arnhem.authority);
    assert.equal(await state(arnhem.authority), "active", "the registry goes on");
});

test("a removed node whose key another has by now comes back under the key that is named, and holds up nobody", async () => {
    const [old, next] = [freshKey(), freshKey()];
    const authority = "wieder.example";
    await office.sql(`INSERT INTO peers (authority, name, country, role, key, key_id, via, registry_state) VALUES ('${authority}', 'Wieder', 'DE', 'city', '\\x${old.hex}', '${old.id}', '${office.authority}', 'active')`);
    await says(authority);
    assert.equal(await state(authority), "active");
    await saarbruecken.sql(`INSERT INTO peer_cursors (authority, stream, epoch, seq, created) VALUES ('${authority}', 'net', 1, 1, 1)`); // it stays known
    await office.asAdmin("POST", `/peers/${authority}/remove`, { body: { reason: "Zieht um." } });
    await eventually("it is removed", async () => (await state(authority)) === "removed");
    await saarbruecken.sql(`INSERT INTO peers (authority, name, country, role, key, key_id, confirmed) VALUES ('erbe.example', 'Erbe', 'DE', 'city', '\\x${old.hex}', '${old.id}', true)`);
    await office.sql(`UPDATE peers SET decision = NULL, registry_state = 'active' WHERE authority = '${authority}'`);
    await says(authority, next);
    assert.equal(await state(authority), "active");
    assert.deepEqual(await keyOf(saarbruecken, authority), next);
    assert.deepEqual(await keyOf(saarbruecken, "erbe.example"), old);
});

test("a waiting key that is another's by now is dropped with an alarm, and holds up no other", async () => {
    const taken = await keyOf(saarbruecken, arnhem.authority);
    const [known, other, next] = [freshKey(), freshKey(), freshKey()];
    const wait = (authority, key, waiting) =>
        `('${authority}', 'Wartend', 'DE', 'city', '\\x${key.hex}', '${key.id}', '\\x${waiting.hex}', now() - interval '1 minute', '${office.authority}')`;
    await saarbruecken.sql(
        `INSERT INTO peers (authority, name, country, role, key, key_id, other_key, other_key_at, other_key_by) VALUES ${wait("a.example", known, taken)}, ${wait("b.example", other, next)}`,
    );
    await eventually("the one key counts", async () => (await keyOf(saarbruecken, "b.example")).hex === next.hex);
    await eventually("the other was dropped", async () => (await saarbruecken.sql("SELECT 1 FROM peers WHERE other_key IS NOT NULL")).length === 0);
    assert.deepEqual(await keyOf(saarbruecken, "a.example"), known);
    assert.equal((await saarbruecken.peer({ authority: "a.example" })).distance_km, null, "nobody knows where it is");
    assert.equal((await open("key_conflict", "a.example")).length, 1);
});

test("comparing fingerprints settles what was said about that peer's keys, and nothing else", async () => {
    const key = freshKey();
    await saarbruecken.sql(`INSERT INTO peers (authority, name, country, role, key, key_id) VALUES ('c.example', 'Verglichen', 'DE', 'city', '\\x${key.hex}', '${key.id}')`);
    const alarms = [["key_conflict", "c.example"], ["key_replaced", "c.example"], ["other", "c.example"], ["key_conflict", metz.authority]];
    for (const [kind, peer] of alarms) await saarbruecken.sql(`INSERT INTO alarms (kind, peer, detail) VALUES ('${kind}', '${peer}', 'Erfunden')`);
    const { fingerprint } = await saarbruecken.peer({ authority: "c.example" });
    await saarbruecken.asAdmin("POST", "/peers/c.example/confirm", { body: { fingerprint } });
    assert.deepEqual(await Promise.all(alarms.map(async ([kind, peer]) => (await open(kind, peer)).length)), [0, 0, 1, 1]);
});
