// Guessing passwords is braked. A file of its own, for each guess costs what a password costs.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { startTown } from "./lib/town.mjs";

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();
const account = (...words) => town.account(...words);
const signIn = (...words) => town.signIn(...words);
const browser = (...request) => town.browse(...request);

test("guessing is braked, also for an account that does not exist, and tells nothing about which exist", async () => {
    const { email } = await account("ein langes Kennwort");
    for (const address of [email, "niemand@test.example"]) {
        const statuses = [];
        for (let i = 0; i < 11; i++) statuses.push((await signIn(address, `falsch ${i}`)).status);
        assert.deepEqual(statuses, [...Array(10).fill(401), 429]);
    }
    const right = await signIn(email, "ein langes Kennwort");
    assert.equal(right.status, 429);
    assert.ok(Number(right.headers["retry-after"]) > 0);
});

test("an e-mail address in other letters is no fresh start for guessing", async () => {
    const { email } = await account("ein langes Kennwort", "kim");
    assert.match(email, /^kim/);
    const spellings = [email, email.toUpperCase(), email.replace("k", "\u212a"), email.replace("k", "\u212a").replace("m", "M")];
    assert.equal((await signIn(spellings[2], "ein langes Kennwort")).status, 200, "the database takes the Kelvin sign for a k");
    const statuses = [];
    for (let i = 0; i < 11; i++) statuses.push((await signIn(spellings[i % 4], `falsch ${i}`)).status);
    assert.deepEqual(statuses, [...Array(10).fill(401), 429]);
});

test("guessing the present password of a session is braked likewise", async () => {
    const { email } = await account("ein langes Kennwort");
    const session = await signIn(email, "ein langes Kennwort");
    const headers = { Cookie: session.headers["set-cookie"][0].split(";")[0] };
    const statuses = [];
    for (let i = 0; i < 11; i++)
        statuses.push((await browser("POST", "/api/v1/me/password", { headers, body: { current: `falsch ${i}`, new: "noch ein Kennwort" } })).status);
    assert.deepEqual(statuses, [...Array(10).fill(422), 429]);
});

test("signing in is a fresh start: what was mistyped before counts no more", async () => {
    const { email } = await account("ein langes Kennwort");
    const statuses = [];
    for (const password of [...Array(9).fill("falsch"), "ein langes Kennwort", "falsch", "falsch"]) statuses.push((await signIn(email, password)).status);
    assert.deepEqual(statuses, [...Array(9).fill(401), 200, 401, 401]);
});

test("from one address a hundred guesses are heard, about whomever", async () => {
    const guess = async () => (await signIn(`niemand${Math.random()}@test.example`, "falsch")).status;
    const here = "bucket = sha256('address 127.0.0.1')";
    await guess();
    assert.equal(sql(`UPDATE sign_in_attempts SET failures = 99 WHERE ${here} RETURNING failures`), "99");
    assert.deepEqual([await guess(), await guess()], [401, 429]);
    sql(`DELETE FROM sign_in_attempts WHERE ${here}`);
    assert.equal(await guess(), 401);
});
