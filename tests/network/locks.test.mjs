// Who locks several things takes them in one order (node/db/locks.h), so that nobody waits for somebody who waits for him.
//
// PostgreSQL ends one of two who do, after a second, and we repeat it: nobody sees more than a pause. So its log is read.
// Each test holds with psql what the first of two needs, until both stand where they would meet.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { checkout, Demo, eventually, freePort, hold, Town, waitingForLocks } from "./support.mjs";

const jobsLock = Number(/DB_LOCK_PULL = (0x[0-9a-f]+)/.exec(readFileSync(path.join(checkout, "node/db/locks.h"), "utf8"))[1]) + 1;

let demo, saarbruecken, arnhem, metz;
before(async () => {
    demo = await Demo.up("--empty");
    ({ saarbruecken, arnhem, metz } = demo.towns);
    await eventually("all reach each other", async () => {
        const lists = await Promise.all([saarbruecken, arnhem, metz].map((town) => town.ask("GET", "/peers")));
        return lists.every((list) => list.items.filter((peer) => peer.role === "city" && peer.health === "ok").length === 2);
    });
});
after(() => demo?.down());

const at = (origin, id) => `/network/proposals/${encodeURIComponent(origin.authority)}/${id}`;

/** Holds at Saarbrücken what the query locks, until free() is called. */
const holdHere = (query) => hold(saarbruecken.database, query);

const waiting = (count) => eventually(`${count} wait for locks`, async () => (await waitingForLocks(saarbruecken.database)) >= count);

/** Both begin while `query` is held, the first before the second, and go on together. */
async function meet(query, first, second) {
    const before = demo.deadlocks().length;
    const free = await holdHere(query);
    let both;
    try {
        both = [first()];
        await waiting(1);
        both.push(second());
        await waiting(2);
    } finally {
        await free();
    }
    await Promise.all(both);
    assert.deepEqual(demo.deadlocks().slice(before), []);
}

test("answers to what two towns pointed each other's way go into the streams in one order", async () => {
    const theirs = await arnhem.publish("Planken voor een podium", { language: "nl", text: "Wij zoeken planken voor een podium." });
    const others = await metz.publish("Un grand écran", { language: "fr", text: "Il nous manque un écran." });
    await eventually("all of it is read", async () => (await metz.reads(arnhem, theirs)) && (await arnhem.reads(metz, others)) && (await saarbruecken.reads(arnhem, theirs)) && (await saarbruecken.reads(metz, others)));
    await metz.ask("POST", `${at(arnhem, theirs)}/forwards`, { body: { peer: saarbruecken.authority } });
    await arnhem.ask("POST", `${at(metz, others)}/forwards`, { body: { peer: saarbruecken.authority } });
    await eventually("the forwards have come", async () => (await saarbruecken.ask("GET", "/forwards?direction=in")).items.length === 2);

    const answer = (origin, id) => () => saarbruecken.ask("POST", `${at(origin, id)}/responses`, { body: { response: "taken_up" } });
    await meet(`SELECT 1 FROM streams WHERE name = 'to/${metz.authority}' AND origin = '${saarbruecken.authority}' FOR UPDATE`, answer(metz, others), answer(arnhem, theirs));
    for (const [origin, id] of [[arnhem, theirs], [metz, others]])
        await eventually(`${origin.name} has its answer`, async () => (await origin.ask("GET", `/proposals/${id}/cases`)).items.length === 1);
    for (const town of [arnhem, metz])
        await eventually(`${town.name} has the answer to its forward`, async () => (await town.ask("GET", "/forwards?direction=out")).items[0].answer);
});

test("two administrators who change each other's accounts, or their own, do not wait for each other", async () => {
    const make = (name) => saarbruecken.asAdmin("POST", "/users", { body: { email: `${name}@test.example`, name, role: "admin", language: "de", password: "ein langes Kennwort" } });
    const people = [await make("ute"), await make("udo")];
    const tokens = await Promise.all(people.map(({ email }) => saarbruecken.command("user", "token", "--email", email, "--label", "test")));
    // One process changes one account after the other; two do not.
    const port = await freePort(), second = demo.serve(saarbruecken, { HF_HTTPS_LISTEN: "", HF_HTTP_LISTEN: `127.0.0.1:${port}` });
    const there = Object.assign(new Town(saarbruecken), { url: `http://127.0.0.1:${port}` });
    const rename = (who, whom, at) => async () => {
        const { version } = await saarbruecken.asAdmin("GET", `/users/${people[whom].id}`);
        const headers = { "if-match": `"${version}"` };
        return at.ask("PATCH", `/users/${people[whom].id}`, { body: { language: "fr" }, token: tokens[who].trim(), headers });
    };
    try {
        await eventually("the second process answers", async () => (await there.call("GET", "/proposals").catch(() => ({}))).status === 200);
        for (const [one, other] of [[rename(0, 0, saarbruecken), rename(1, 1, there)], [rename(1, 0, saarbruecken), rename(0, 1, there)]])
            for (const held of people) await meet(`SELECT 1 FROM users WHERE id = '${held.id}' FOR UPDATE`, one, other);
    } finally {
        const ended = new Promise((resolve) => second.once("exit", resolve));
        second.kill("SIGTERM");
        assert.equal(await ended, 0);
    }
});

test("a page that erases a text, and the clock here that does so too, do not wait for each other", async () => {
    const id = await arnhem.publish("Lampen voor een toneel", { language: "nl", text: "Wij zoeken lampen." });
    await eventually("it is read", () => saarbruecken.reads(arnhem, id));
    await demo.kill(saarbruecken);
    // The state is told anew, and of the line before the term is over, there and here: one page brings both.
    await arnhem.ask("POST", `/proposals/${id}/transitions`, { body: { to: "prechecked" } });
    const first = `UPDATE entries SET keep_until = now() - interval '1 minute' WHERE object_id = '${id}' AND rev = 1`;
    await arnhem.sql(first);
    await eventually("Arnhem has erased its line", async () => (await arnhem.sql("SELECT 1 FROM entries WHERE type = 'erase'")).length > 0);
    await saarbruecken.sql(first);

    const before = demo.deadlocks().length;
    const freeJobs = await holdHere(`SELECT pg_advisory_lock(${jobsLock}) IS NULL`);
    const freeItem = await holdHere(`SELECT 1 FROM network_items WHERE id = '${id}' FOR UPDATE`);
    try {
        await demo.restart();
        ({ saarbruecken, arnhem, metz } = demo.towns);
        await waiting(1);
        await freeJobs();
        await waiting(2);
    } finally {
        await freeJobs();
        await freeItem();
    }
    await eventually("the line is gone, and the new one counts", async () =>
        (await saarbruecken.sql(`SELECT state FROM network_items WHERE id = '${id}'`))[0] === "prechecked" &&
        (await saarbruecken.sql(`SELECT 1 FROM entries WHERE object_id = '${id}' AND rev = 1`)).length === 0);
    assert.deepEqual(demo.deadlocks().slice(before), []);
});

test("who waits to append while the key is changed does not sign with the old one", async () => {
    const id = await saarbruecken.publish("Eine Leiter");
    const lines = () => saarbruecken.sql("SELECT count(*) FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = (SELECT authority FROM node_state)");
    const [key] = await saarbruecken.sql("SELECT encode(key, 'hex') FROM node_state"), before = await lines();
    const { digest } = await saarbruecken.ask("POST", `/proposals/${id}/publication/preview`, { body: { title: "Zwei Leitern" } });
    const free = await hold(saarbruecken.database, "UPDATE node_state SET key = sha256('another one')");
    let answer;
    try {
        const publishing = saarbruecken.call("PUT", `/proposals/${id}/publication`, { body: { digest, title: "Zwei Leitern" } });
        await waiting(1);
        await free();
        answer = await publishing;
    } finally {
        await free();
        await saarbruecken.sql(`UPDATE node_state SET key = '\\x${key}'`);
    }
    assert.equal(answer.status, 409, answer.text);
    assert.deepEqual(await lines(), before);
});

test("publishing, withdrawing, answering and suspending at once", async () => {
    const theirs = await arnhem.publish("Kisten voor een markt", { language: "nl", text: "Wij zoeken kisten." });
    await eventually("it is read", () => saarbruecken.reads(arnhem, theirs));
    const ids = await Promise.all(["Bänke", "Tische", "Regale"].map((title) => saarbruecken.publish(`${title} streichen`)));
    const decide = (verb) => saarbruecken.asAdmin("POST", `/peers/${encodeURIComponent(metz.authority)}/${verb}`, verb === "suspend" ? { body: { reason: "Zur Klärung." } } : {});
    const move = (id, to) => saarbruecken.ask("POST", `/proposals/${id}/transitions`, { body: { to, reason: "So ist es." } });
    const before = demo.deadlocks().length;
    await saarbruecken.adminToken();
    for (const to of ["prechecked", "needs_information", "submitted", "prechecked", "seeking", "matched", "seeking"]) {
        await decide("suspend");
        await Promise.all([
            decide("resume"),
            ...ids.map((id) => move(id, to)),
            saarbruecken.publish(`Zaun streichen (${to})`),
            saarbruecken.call("POST", `${at(arnhem, theirs)}/responses`, { body: { response: to === "seeking" ? "handed_back" : "taken_up", reason: "So ist es." } }),
        ]);
    }
    await Promise.all([decide("suspend"), ...ids.map((id) => saarbruecken.ask("POST", `/proposals/${id}/publication/erase`, { body: { reason: "Erledigt." } }))]);
    assert.deepEqual(demo.deadlocks().slice(before), []);
});
