// Whom a node believes: keys that change, offices that speak, fingerprints that differ, text whose time is over.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Demo, eventually } from "./support.mjs";

let demo, saarbruecken, arnhem, metz, office;

const look = () => ({ saarbruecken, arnhem, metz, office } = demo.towns);
const knows = async (town, other) => (await town.ask("GET", "/peers")).items.find((peer) => peer.authority === other.authority);
const at = (other, verb) => `/peers/${encodeURIComponent(other.authority)}/${verb}`;

before(async () => {
    demo = await Demo.up("--empty");
    look();
    for (const [town, other] of [[saarbruecken, arnhem], [arnhem, saarbruecken], [saarbruecken, metz], [metz, saarbruecken]])
        await eventually(`${town.name} reaches ${other.name}`, async () => (await knows(town, other))?.health === "ok");
});
after(() => demo?.down());

test("both sides show the same two fingerprints", async () => {
    const here = await knows(saarbruecken, metz);
    const there = await knows(metz, saarbruecken);
    assert.equal(here.fingerprint, there.our_fingerprint);
    assert.equal(here.our_fingerprint, there.fingerprint);
    assert.equal(here.source, "manual");
    assert.equal((await knows(saarbruecken, arnhem)).source, "registry");
    assert.equal((await knows(saarbruecken, arnhem)).via.authority, office.authority);
});

test("other digits confirm nobody", async () => {
    const before = await knows(saarbruecken, metz);
    const answer = await saarbruecken.call("POST", at(metz, "confirm"), { body: { fingerprint: "12345 ".repeat(6).trim() }, token: await saarbruecken.adminToken() });
    assert.equal(answer.body.code, "fingerprint-mismatch");
    assert.deepEqual((await knows(saarbruecken, metz)).version, before.version);
});

test("who may not administer may not trust", async () => {
    const answer = await saarbruecken.call("POST", at(metz, "suspend"), { body: { reason: "x" } });
    assert.equal(answer.status, 403);
});

test("an address as it stands in a browser, with capitals or an umlaut, is the node that it means", async () => {
    const token = await saarbruecken.adminToken();
    const add = (authority) => saarbruecken.call("POST", "/peers", { body: { authority }, token });
    const known = await add(metz.authority);
    assert.equal(known.status, 201, known.text);
    for (const authority of [` https://${metz.authority.toUpperCase()}/administration/peers?x#y\n`, `HTTPS://${metz.authority}`]) {
        const answer = await add(authority);
        assert.deepEqual([answer.status, answer.body.authority], [known.status, metz.authority], authority);
    }
    assert.match(await saarbruecken.command("peer", "add", `https://${metz.authority}/`), new RegExp(metz.authority));
    const umlaut = await add("https://Straße.invalid/");
    assert.deepEqual([umlaut.status, umlaut.body.code], [502, "peer-unreachable"]);
    assert.match(umlaut.body.detail, /xn--strae-oqa\.invalid/);
    for (const authority of ["0x7f000001:18999", "http://metz.example", "metz example", "/"]) {
        const answer = await add(authority);
        assert.deepEqual([answer.status, answer.body.errors?.[0].pointer], [422, "/authority"], authority);
    }
});

test("an address in a private range is not asked where the configuration forbids it", async () => {
    const allowed = process.env.HF_FEDERATION_PRIVATE_ADDRESSES;
    process.env.HF_FEDERATION_PRIVATE_ADDRESSES = "no";
    try {
        await assert.rejects(saarbruecken.command("peer", "add", office.authority), /address-not-allowed/);
    } finally {
        if (allowed === undefined) delete process.env.HF_FEDERATION_PRIVATE_ADDRESSES;
        else process.env.HF_FEDERATION_PRIVATE_ADDRESSES = allowed;
    }
});

test("an unreachable node, and an invitation that is none, change nothing", async () => {
    const peers = (await saarbruecken.ask("GET", "/peers")).items.length;
    const add = await saarbruecken.call("POST", "/peers", { body: { authority: "localhost:1" }, token: await saarbruecken.adminToken() });
    assert.equal(add.status, 502);
    assert.equal(add.body.code, "peer-unreachable");
    const token = await metz.adminToken();
    const join = (invitation) => metz.call("POST", "/memberships", { body: { invitation }, token });
    assert.equal((await join("{}")).body.code, "invalid-body");
    const real = JSON.parse((await office.asAdmin("POST", "/invitations", { body: { label: "Metz" } })).invitation);
    assert.equal((await join(JSON.stringify({ ...real, key: "A".repeat(43) }))).body.code, "invitation-refused");
    const used = await join(JSON.stringify({ ...real, token: "A".repeat(43) }));
    assert.equal(used.body.code, "invitation-refused");
    assert.equal((await knows(metz, office)).state, "invited", "the office was looked up, and is not trusted");
    assert.equal((await saarbruecken.ask("GET", "/peers")).items.length, peers);
});

test("an office that suspends a member stops it everywhere, at once, and it reads so", async () => {
    await office.asAdmin("POST", at(arnhem, "suspend"), { body: { reason: "Zur Klärung." } });
    await eventually("Saarbrücken has heard it", async () => (await knows(saarbruecken, arnhem)).state === "suspended");
    assert.equal((await knows(saarbruecken, arnhem)).suspended_reason, null, "the reason stays with the office");
    await eventually("Arnhem has an alarm", async () => (await arnhem.asAdmin("GET", "/alarms")).items.some((alarm) => alarm.kind === "member_unasked"));
    await office.asAdmin("POST", at(arnhem, "resume"));
    await eventually("Saarbrücken has heard that too", async () => (await knows(saarbruecken, arnhem)).state === "active");
    const alarms = (await arnhem.asAdmin("GET", "/alarms")).items;
    const seen = await arnhem.asAdmin("POST", `/alarms/${alarms[0].id}/acknowledge`, { body: { note: "Geregeld." } });
    assert.ok(seen.acknowledged_at);
    const again = await arnhem.call("POST", `/alarms/${alarms[0].id}/acknowledge`, { body: {}, token: await arnhem.adminToken() });
    assert.equal(again.status, 409);
});

test("what a suspended peer said meanwhile is read when it is back", async () => {
    const french = { language: "fr", text: "Il nous manque un chariot." };
    const known = await metz.publish("Petit chariot", french);
    for (const title of ["Kruiwagen", "Steekwagen"]) await arnhem.publish(title, { language: "nl", text: "Wij zoeken een kar." });
    const total = async () => (await saarbruecken.ask("GET", "/network/proposals?limit=1")).total;
    await eventually("Saarbrücken reads all of them", async () => (await saarbruecken.reads(metz, known)) && (await total()) === 3);
    await saarbruecken.asAdmin("POST", at(metz, "suspend"), { body: { reason: "Zur Klärung." } });
    assert.equal(await saarbruecken.reads(metz, known), null, "what it had said before is not shown either");
    assert.equal(await total(), 2, "nor counted");
    const target = await metz.publish("Chariot de transport", french);
    await eventually("Arnhem reads it", () => arnhem.reads(metz, target));
    assert.equal(await saarbruecken.reads(metz, target), null);
    await saarbruecken.asAdmin("POST", at(metz, "resume"));
    await eventually("Saarbrücken reads it now", () => saarbruecken.reads(metz, target));
    assert.ok(await saarbruecken.reads(metz, known));
});

test("a new key that the old one signed is followed by everybody, without anybody's doing", async () => {
    const before = await knows(saarbruecken, arnhem);
    await demo.kill(arnhem);
    await arnhem.command("key", "rotate");
    await demo.restart();
    look();
    const id = await arnhem.publish("Verhuizen van boeken", { language: "nl", text: "Wij zoeken sterke handen." });
    await eventually("Saarbrücken reads what the new key signed", () => saarbruecken.reads(arnhem, id));
    await eventually("Metz reads what the new key signed", () => metz.reads(arnhem, id));
    assert.notEqual((await knows(saarbruecken, arnhem)).fingerprint, before.fingerprint);
    const there = await saarbruecken.publish("Kisten packen");
    await eventually("Arnhem is let in under its new key", () => arnhem.reads(saarbruecken, there));
    const open = (await saarbruecken.asAdmin("GET", "/alarms")).items.filter((alarm) => alarm.kind.startsWith("key_") && !alarm.acknowledged_at);
    assert.deepEqual(open, []);
    await eventually("the office tells its members", async () => {
        const [key] = await office.sql(`SELECT encode(key, 'hex') FROM peers WHERE authority = '${arnhem.authority}'`);
        const [told] = await office.sql(`SELECT convert_from(line, 'UTF8')::json->'body'->'jwk'->>'x' FROM entries WHERE type = 'member' ORDER BY stream_id, seq DESC LIMIT 1`);
        return Buffer.from(told, "base64url").toString("hex") === key;
    });
});

test("text whose time is over is erased everywhere, unasked", async () => {
    const id = await saarbruecken.publish("Alte Liste");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, id));
    await eventually("Metz reads it", () => metz.reads(saarbruecken, id));
    for (const town of [saarbruecken, arnhem]) {
        await demo.kill(town);
        await town.sql(`UPDATE entries SET keep_until = now() - interval '1 minute' WHERE object_id = '${id}'`);
    }
    await demo.restart();
    look();
    await eventually("Arnhem has deleted it", async () => (await arnhem.reads(saarbruecken, id)) === null);
    await eventually("Metz has applied the erasure", async () => (await metz.reads(saarbruecken, id)) === null);
    for (const town of [saarbruecken, arnhem, metz]) {
        await eventually(`no text is left at ${town.name}`, async () => (await town.sql(`SELECT 1 FROM entries WHERE object_id = '${id}' AND line IS NOT NULL`)).length === 0);
    }
    const publication = await saarbruecken.ask("GET", `/proposals/${id}/publication`);
    assert.equal(publication.state, "erased");
    assert.deepEqual(await arnhem.sql("SELECT kind FROM alarms WHERE kind IN ('missing', 'erase_refused')"), []);
});

test("an answer and a forward whose time is over leave nothing of their text with whom they went to", async () => {
    const id = await saarbruecken.publish("Leitern ausleihen");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, id));
    await eventually("Metz reads it", () => metz.reads(saarbruecken, id));
    const object = `/network/proposals/${encodeURIComponent(saarbruecken.authority)}/${id}`;
    await arnhem.ask("POST", `${object}/responses`, { body: { response: "declined", reason: "Wij hebben geen ladders." } });
    await saarbruecken.ask("POST", `/proposals/${id}/forwards`, { body: { peer: metz.authority, note: "Vielleicht gibt es bei euch welche?" } });
    await eventually("Saarbrücken has the answer", async () => (await saarbruecken.ask("GET", `/proposals/${id}/cases`)).items[0]?.reason);
    await eventually("Metz has the forward", async () => (await metz.reads(saarbruecken, id)).forwarded_by?.note);
    for (const [town, type] of [[arnhem, "response"], [saarbruecken, "forward"]]) {
        await demo.kill(town);
        await town.sql(`UPDATE entries SET keep_until = now() - interval '1 minute' FROM streams s WHERE s.id = stream_id AND s.origin = '${town.authority}' AND type = '${type}'`);
    }
    await demo.restart();
    look();
    await eventually("the case is gone", async () => (await saarbruecken.ask("GET", `/proposals/${id}/cases`)).items.length === 0);
    await eventually("the forward is gone", async () => (await metz.reads(saarbruecken, id)).forwarded_by === null);
    const text = await saarbruecken.sql(`SELECT count(*) FROM events WHERE reason LIKE '%ladders%'`);
    assert.deepEqual(text, ["0"]);
});
