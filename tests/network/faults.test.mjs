// What happens when processes die, databases go away or come back older: nothing is lost, nothing is done twice.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Signer, signed } from "./signer.mjs";
import { Demo, checkout, eventually, freePort } from "./support.mjs";

const run = promisify(execFile);
const postgres = path.join(checkout, "ops/postgres");

let demo, saarbruecken, arnhem, metz;

const look = () => ({ saarbruecken, arnhem, metz } = demo.towns);

async function allReach() {
    const towns = [saarbruecken, arnhem, metz];
    await eventually("all towns reach each other", async () => {
        const lists = await Promise.all(towns.map((town) => town.ask("GET", "/peers")));
        return lists.every((list) => towns.filter((town) => list.items.some((peer) => peer.authority === town.authority && peer.health === "ok")).length === 2);
    });
}

before(async () => {
    demo = await Demo.up("--empty");
    look();
    await allReach();
});
after(() => demo?.down());

test("a node that was killed reads, after its restart, what it missed, and once", async () => {
    await demo.kill(arnhem);
    const id = await saarbruecken.publish("Bücherkisten tragen");
    await eventually("Metz reads it meanwhile", () => metz.reads(saarbruecken, id));
    await demo.restart();
    look();
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, id));
    assert.deepEqual(await arnhem.sql(`SELECT count(*) FROM entries WHERE object_id = '${id}'`), ["1"]);
});

test("a second process of a town takes over when the first one dies", async () => {
    const second = demo.serveToo(arnhem, await freePort());
    const log = `${arnhem.log}.second`;
    try {
        await eventually("the second one is ready", () => existsSync(log) && readFileSync(log, "utf8").includes("ready"));
        const both = await saarbruecken.publish("Zaun reparieren");
        await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, both));
        assert.ok(!readFileSync(log, "utf8").includes("this process pulls"), "one pulls, not both");
        await demo.kill(arnhem);
        const id = await saarbruecken.publish("Sandkasten füllen");
        await eventually("the second process has pulled it", async () => (await arnhem.sql(`SELECT 1 FROM network_items WHERE id = '${id}'`)).length === 1);
        assert.deepEqual(await arnhem.sql(`SELECT count(*) FROM entries WHERE object_id = '${id}'`), ["1"]);
    } finally {
        const ended = new Promise((resolve) => second.once("exit", resolve));
        second.kill("SIGTERM");
        assert.equal(await ended, 0, "it ends cleanly when told to");
    }
    await demo.restart();
    look();
});

test("a database that goes away gives 503, and everything goes on when it is back", async () => {
    await run(postgres, ["stop", demo.directory]);
    try {
        const answer = await saarbruecken.call("GET", "/proposals");
        assert.equal(answer.status, 503);
        assert.equal(answer.body.code, "database-unavailable");
        assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    } finally {
        await run(postgres, ["start", demo.directory]);
    }
    await eventually("the API is back", async () => (await saarbruecken.call("GET", "/proposals")).status === 200);
    await eventually("Arnhem's API is back", async () => (await arnhem.call("GET", "/proposals")).status === 200);
    const id = await saarbruecken.publish("Aushang gestalten");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, id));
    await eventually("Metz reads it", () => metz.reads(saarbruecken, id));
});

test("a restored backup opens a new epoch by itself, and the towns go on reading", async () => {
    const dump = path.join(demo.directory, "backup");
    const changed = await saarbruecken.publish("Tische tragen");
    await demo.backUp(saarbruecken, dump);
    const { version } = await saarbruecken.ask("GET", `/proposals/${changed}`);
    await saarbruecken.ask("PATCH", `/proposals/${changed}`, { body: { title: "Bänke tragen" }, headers: { "if-match": `"${version}"` } });
    await saarbruecken.republish(changed);
    const lost = await saarbruecken.publish("Theke ausleihen");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, lost));
    const [before] = await saarbruecken.sql("SELECT epoch FROM node_state");
    await demo.kill(saarbruecken);
    await demo.putBack(saarbruecken, dump, { sameDatabase: false });
    await demo.restart();
    look();
    const [after] = await saarbruecken.sql("SELECT epoch FROM node_state");
    assert.ok(BigInt(after) > BigInt(before), "another database, another epoch");
    const id = await saarbruecken.publish("Bühne aufbauen");
    await eventually("Arnhem reads what comes after", () => arnhem.reads(saarbruecken, id));
    await eventually("Metz reads what comes after", () => metz.reads(saarbruecken, id));
    assert.equal(await arnhem.reads(saarbruecken, lost), null, "what Saarbrücken does not know any more is not shown");
    assert.equal((await arnhem.reads(saarbruecken, changed)).title, "Tische tragen", "what it knows in older words is shown in these");
    await eventually("nor kept", async () => (await arnhem.sql(`SELECT 1 FROM entries WHERE object_id = '${lost}' AND line IS NOT NULL`)).length === 0);
});

test("an older state that the database cannot tell from its own is told by the peers", async () => {
    const dump = path.join(demo.directory, "snapshot");
    await demo.backUp(saarbruecken, dump);
    const lost = await saarbruecken.publish("Beamer leihen");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, lost));
    const [before] = await saarbruecken.sql("SELECT epoch FROM node_state");
    await demo.kill(saarbruecken);
    await demo.putBack(saarbruecken, dump, { sameDatabase: true });
    await demo.restart();
    look();
    await eventually("a peer has shown it the head it lost", async () => {
        const [now] = await saarbruecken.sql("SELECT epoch FROM node_state");
        return BigInt(now) > BigInt(before);
    });
    const alarms = await saarbruecken.asAdmin("GET", "/alarms");
    assert.ok(alarms.items.some((alarm) => alarm.kind === "new_epoch"));
    const id = await saarbruecken.publish("Plakate kleben");
    await eventually("Arnhem reads what comes after", () => arnhem.reads(saarbruecken, id));
});

test("what was written before the peers could tell is a fork: proved, frozen, and read on in the next epoch", async () => {
    const dump = path.join(demo.directory, "fork");
    await demo.backUp(metz, dump);
    const one = await metz.publish("Prêt de chaises", { language: "fr", text: "Il nous manque des chaises." });
    await eventually("Arnhem reads it", () => arnhem.reads(metz, one));
    for (const town of [metz, arnhem, saarbruecken]) await demo.kill(town);
    await demo.putBack(metz, dump, { sameDatabase: true });
    // Alone, nobody can tell Metz: it says something else at a number that it has used.
    const alone = demo.serve(metz);
    await eventually("Metz answers", async () => (await metz.call("GET", "/proposals").catch(() => ({}))).status === 200);
    await metz.publish("Prêt de bancs", { language: "fr", text: "Il nous manque des bancs." });
    const ended = new Promise((resolve) => alone.once("exit", resolve));
    alone.kill("SIGTERM");
    assert.equal(await ended, 0);
    await demo.restart();
    look();
    await eventually("Arnhem has the proof", async () => (await arnhem.sql("SELECT 1 FROM alarms WHERE kind = 'fork' AND proof IS NOT NULL")).length > 0);
    await eventually("Metz has opened a new epoch", async () => {
        const [epochs] = await metz.sql(`SELECT count(*) FROM streams WHERE origin = '${metz.authority}' AND name = 'net'`);
        return Number(epochs) > 1;
    });
    const two = await metz.publish("Prêt de tables", { language: "fr", text: "Il nous manque des tables." });
    await eventually("Arnhem reads what comes after", () => arnhem.reads(metz, two));
    await eventually("Saarbrücken reads what comes after", () => saarbruecken.reads(metz, two));
});

test("a process that slept through a change of the key signs nothing more", async () => {
    const pages = `/federation/v1/pages?net=0.0&limit=0`;
    const signer = Signer.of(saarbruecken);
    const ask = () => signed(arnhem, signer, "GET", pages);
    assert.equal((await ask()).status, 200);
    // `key rotate` wants all processes stopped; this one only sleeps, and has lost its connections.
    process.kill(arnhem.pid, "SIGSTOP");
    try {
        await arnhem.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        await eventually("the lock is free", async () => (await arnhem.sql("SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() AND l.locktype = 'advisory'")).length === 0);
        await arnhem.command("key", "rotate");
    } finally {
        process.kill(arnhem.pid, "SIGCONT");
    }
    const heads = () => arnhem.sql(`SELECT name, head, issued_at, encode(key, 'hex') FROM streams WHERE origin = '${arnhem.authority}' ORDER BY name, epoch`);
    const before = await heads();
    const answer = await eventually("the database is back", async () => {
        const found = await ask();
        return found.body?.type?.endsWith("/database-unavailable") ? null : found;
    });
    assert.equal(answer.status, 503, answer.text);
    assert.match(answer.body.type, /\/busy$/);
    assert.ok(Number(answer.headers["retry-after"]) >= 1);
    assert.deepEqual(await heads(), before);
    await demo.kill(arnhem);
    await demo.restart();
    look();
    assert.equal((await signed(arnhem, signer, "GET", pages)).status, 200);
});
