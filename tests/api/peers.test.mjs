// What people here, and the clock, decide about other towns. The towns are rows only: what they say themselves is tested with
// living ones (tests/network, tests/interop).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { Signer } from "../network/signer.mjs";
import { eventually } from "../network/support.mjs";
import { assertProblem, startTown } from "./lib/town.mjs";

process.env.HF_SERVER_JOBS_SECONDS = "1"; // for the nodes that this test starts

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const sqlAt = (node, text) => execFileSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", node.database, "-c", text], { encoding: "utf8" }).trim();
const sql = (text) => sqlAt(town.node, text);
const quoted = (value) => (typeof value !== "string" || /^now\(|^'/.test(value) ? value : `'${value}'`);
const newKey = () => {
    const { jwk, id } = Signer.generate();
    return { id, hex: Buffer.from(jwk.x, "base64url").toString("hex") };
};
const octets = (key) => `'\\x${key.hex}'`;

// A town that is known here under a key of its own.
let count = 0;
function know(more = {}, { key = newKey(), node = town.node } = {}) {
    const authority = `stadt${(count += 1)}.example`;
    const row = { authority, name: `Stadt ${count}`, country: "DE", role: "city", key: octets(key), key_id: key.id, ...more };
    sqlAt(node, `INSERT INTO peers (${Object.keys(row)}) VALUES (${Object.values(row).map(quoted)})`);
    return { authority, key };
}

const at = ({ authority }, verb = "") => `/api/v1/peers/${authority}${verb && `/${verb}`}`;
const read = async (peer) => (await town.get(at(peer))).body;
const decide = (peer, verb, body, node = town.node) => town.call("POST", at(peer, verb), { role: "admin", body, node });
const told = (peer) => sql(`SELECT coalesce(string_agg(action, ' ' ORDER BY id), '') FROM events WHERE object_type = 'peer' AND object_id = '${peer.authority}'`);
const keyOf = (peer) => sql(`SELECT encode(key, 'hex') FROM peers WHERE authority = '${peer.authority}'`);
const conflicts = (peer) => Number(sql(`SELECT count(*) FROM alarms WHERE kind = 'key_conflict' AND peer = '${peer.authority}' AND acknowledged_at IS NULL`));

// An office has named another key, and the time to wait for its town's own word is over.
function named(more = {}) {
    const next = newKey();
    return { ...know({ other_key: octets(next), other_key_at: "now() - interval '1 minute'", other_key_by: town.office.authority, ...more }), next };
}
const looked = (peer) => eventually("the clock has seen to its key", () => sql(`SELECT other_key_at IS NULL FROM peers WHERE authority = '${peer.authority}'`) === "t");

test("a key that an office named counts when its time has come and nobody stands by the known one", async () => {
    const peer = named();
    await looked(peer);
    assert.equal(keyOf(peer), peer.next.hex);
    assert.equal(told(peer), "key_replaced");
    assert.equal(conflicts(peer), 0);
});

test("a compared fingerprint keeps it from counting: the town is frozen until people decide", async () => {
    const peer = named({ confirmed: true });
    await looked(peer);
    assert.equal(keyOf(peer), peer.key.hex);
    const { state, other_fingerprint } = await read(peer);
    assert.deepEqual([state, other_fingerprint !== null, told(peer), conflicts(peer)], ["suspended", true, "frozen", 1]);
});

test("so does another office that named the known one", async () => {
    const peer = named({ other_key_at: "'infinity'" });
    sql(`INSERT INTO registrations VALUES ('${peer.authority}', 'anderes-buero.example', 'active')`);
    sql(`UPDATE peers SET other_key_at = now() - interval '1 minute' WHERE authority = '${peer.authority}'`);
    await looked(peer);
    assert.deepEqual([keyOf(peer), (await read(peer)).state, conflicts(peer)], [peer.key.hex, "suspended", 1]);
});

test("each decision is taken once, tells its reason, and is in the audit", async () => {
    const peer = know({ confirmed: true });
    const reason = { reason: "Zur Klärung." };
    const suspended = await decide(peer, "suspend", reason);
    assert.deepEqual([suspended.body.state, suspended.body.suspended_reason], ["suspended", "Zur Klärung."]);
    assertProblem(await decide(peer, "suspend", reason), 409, "conflict");
    assert.deepEqual([(await decide(peer, "resume")).body.state, (await read(peer)).suspended_reason], ["active", null]);
    assertProblem(await decide(peer, "resume"), 409, "conflict");
    assert.equal((await decide(peer, "remove", reason)).body.state, "removed");
    for (const [verb, body] of [["resume"], ["suspend", reason], ["remove", reason]]) assertProblem(await decide(peer, verb, body), 409, "conflict");
    assert.equal((await read(peer)).state, "removed", "only compared fingerprints lead back");
    assert.equal((await decide(peer, "confirm", { fingerprint: (await read(peer)).fingerprint })).body.state, "active");
    assert.equal(told(peer), "suspended resumed removed confirmed");
    assertProblem(await decide({ authority: "nirgendwo.example" }, "suspend", reason), 404, "not-found");
});

test("of two keys the one whose fingerprint was compared counts, and settles the alarm", async () => {
    const next = newKey();
    const known = know({ frozen: true, other_key: octets(next) });
    sql(`INSERT INTO alarms (kind, peer, detail) VALUES ('key_conflict', '${known.authority}', 'Zwei Schlüssel')`);
    const before = await read(known);
    assertProblem(await decide(known, "confirm", { fingerprint: "12345 ".repeat(6).trim() }), 409, "fingerprint-mismatch");
    for (const fingerprint of [`${before.fingerprint} 1`, before.fingerprint.replace(/.$/, "x"), before.fingerprint.slice(1).padStart(30)])
        assertProblem(await decide(known, "confirm", { fingerprint }), 422, "invalid-body", "/fingerprint");
    assert.equal((await read(known)).state, "suspended");
    const after = (await decide(known, "confirm", { fingerprint: before.other_fingerprint })).body;
    assert.deepEqual([after.state, after.fingerprint, after.other_fingerprint], ["active", before.other_fingerprint, null]);
    assert.deepEqual([keyOf(known), conflicts(known)], [next.hex, 0]);
});

test("nobody is confirmed under the key of another, unless that one was removed", async () => {
    const other = know();
    const peer = know({ other_key: octets(other.key) });
    const { other_fingerprint: fingerprint } = await read(peer);
    assertProblem(await decide(peer, "confirm", { fingerprint }), 409, "key-conflict");
    assert.deepEqual([keyOf(peer), (await read(peer)).state], [peer.key.hex, "invited"]);
    await decide(other, "remove", { reason: "Ausgetreten." });
    assert.equal((await decide(peer, "confirm", { fingerprint })).body.state, "active");
    assert.equal(keyOf(peer), other.key.hex);
});

async function publish(title) {
    const proposal = await town.move(await town.proposal({ title }), "submitted");
    const { body } = await town.post(`${town.path(proposal)}/publication/preview`, {});
    const { body: said } = await town.call("PUT", `${town.path(proposal)}/publication`, { body: { digest: body.digest } });
    assert.equal(said.rev, 1);
    return { rev: async () => (await town.get(`${town.path(proposal)}/publication`)).body.rev, id: proposal.id };
}

test("who is back is told again what it may not have got, and it is kept no longer for that", async () => {
    const peer = know({ confirmed: true });
    const before = await publish("Davor");
    sql(`INSERT INTO peer_cursors (authority, stream, epoch, seq, created) SELECT '${peer.authority}', 'net', epoch, seq, 0 FROM streams WHERE origin = '${town.node.authority}' AND name = 'net'`);
    await decide(peer, "suspend", { reason: "Zur Klärung." });
    const meanwhile = await publish("Dazwischen");
    sql(`UPDATE entries SET keep_until = to_timestamp(extract(epoch FROM now())::bigint + 1000000) WHERE object_id = '${meanwhile.id}'`);
    // It goes on reading, but gets placeholders.
    sql(`UPDATE peer_cursors c SET seq = s.seq FROM streams s WHERE c.authority = '${peer.authority}' AND s.epoch = c.epoch AND s.origin = '${town.node.authority}' AND s.name = 'net'`);
    await decide(peer, "resume");
    assert.deepEqual([await before.rev(), await meanwhile.rev()], [1, 2]);
    assert.equal(sql(`SELECT count(DISTINCT keep_until) FROM entries WHERE object_id = '${meanwhile.id}'`), "1");
});

test("an office tells its members what became of one of them", async () => {
    const peer = know({ via: town.office.authority, registry_state: "active" }, { node: town.office });
    const said = () => sqlAt(town.office, `SELECT coalesce(string_agg(convert_from(line, 'UTF8')::jsonb->'body'->>'state', ' ' ORDER BY e.seq), '') FROM entries e
        WHERE type = 'member' AND convert_from(line, 'UTF8')::jsonb->'body'->>'authority' = '${peer.authority}'`);
    await decide(peer, "suspend", { reason: "Zur Klärung." }, town.office);
    await decide(peer, "resume", undefined, town.office);
    await decide(peer, "remove", { reason: "Ausgetreten." }, town.office);
    assert.equal(said(), "suspended active removed");
});

test("an office counts the members that are in, and of them those that live", async () => {
    const totals = async () => (await town.get("/api/v1/members", { node: town.office })).body.totals;
    const before = await totals();
    const member = (more) => know({ via: town.office.authority, registry_state: "active", ...more }, { node: town.office });
    member({ last_contact_at: "now()" });
    member({ last_contact_at: "now() - interval '1 hour'" });
    member({ last_contact_at: "now()", decision: "suspended" });
    const now = await totals();
    assert.deepEqual([now.nodes - before.nodes, now.living - before.living], [2, 1]);
});

test("an alarm is seen to once, with who did it and why, and the audit has it", async () => {
    const id = sql("INSERT INTO alarms (kind, peer, detail) VALUES ('other', 'stadt.example', 'Etwas') RETURNING id");
    const settle = (note) => town.post(`/api/v1/alarms/${id}/acknowledge`, { note }, { role: "admin" });
    const { body } = await settle("Telefoniert.");
    assert.deepEqual([body.note, body.acknowledged_by.name, body.acknowledged_at !== null], ["Telefoniert.", "Test admin", true]);
    assertProblem(await settle("Noch einmal."), 409, "conflict");
    assert.equal(sql(`SELECT note FROM alarms WHERE id = '${id}'`), "Telefoniert.");
    assert.equal(sql(`SELECT action || ' ' || reason FROM events WHERE object_id = '${id}'`), "acknowledged Telefoniert.");
    assertProblem(await town.post("/api/v1/alarms/00000000-0000-4000-8000-000000000000/acknowledge", {}, { role: "admin" }), 404, "not-found");
});
