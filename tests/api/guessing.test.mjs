// Guessing passwords is braked, and locks nobody out. A file of its own, for each guess costs what a password costs.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { startTown } from "./lib/town.mjs";

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();
const right = "ein langes Kennwort";
const account = (name) => town.account(right, name);
const browser = (...request) => town.browse(...request);
const cookies = (answer) => Object.fromEntries(answer.headers["set-cookie"].map((line) => line.split(";")[0].split("=")));
const known = (answer) => Object.entries(cookies(answer)).find(([name]) => name.includes("hf_known_")).join("=");
const signIn = (email, password, { cookie, from } = {}) => town.signIn(email, password, cookie && { Cookie: cookie }, from);
// Another address for each; the whole of 127/8 is ours.
let hosts = 1;
const elsewhere = () => `127.${(hosts += 1) >> 8}.${hosts & 255}.7`;
async function guess(count, email, options, send = () => signIn(email, "falsch", options)) {
    const statuses = [];
    for (let i = 0; i < count; i++) statuses.push((await send(i)).status);
    return statuses;
}
const bucket = (text) => `bucket = sha256('${text}')`;
// A thousand tries at an account, without the time they take.
const besiege = async (email) => {
    await signIn(email, "falsch", { from: elsewhere() });
    assert.equal(sql(`UPDATE sign_in_attempts SET failures = 1000 WHERE ${bucket(`account  ${email}`)} RETURNING failures`), "1000");
};

test("guessing is braked, also for an account that does not exist, and tells nothing about which exist", async () => {
    const { email } = await account();
    for (const address of [email, "niemand@test.example"]) {
        const from = elsewhere();
        assert.deepEqual(await guess(11, address, { from }), [...Array(10).fill(401), 429]);
        const refused = await signIn(address, right, { from });
        assert.equal(refused.status, 429);
        assert.ok(Number(refused.headers["retry-after"]) > 0);
    }
});

test("many guesses at once are not more than one after the other", async () => {
    const { email } = await account();
    const from = elsewhere();
    const answers = await Promise.all(Array.from({ length: 40 }, () => signIn(email, "falsch", { from })));
    const count = (status) => answers.filter((answer) => answer.status === status).length;
    assert.equal(count(401) + count(429) + count(503), 40);
    assert.ok(count(401) <= 10, `${count(401)} guesses were heard`);
});

test("while somebody guesses at an account, the right password opens it from elsewhere", async () => {
    const { email } = await account();
    assert.equal((await guess(11, email, { from: elsewhere() })).at(-1), 429);
    assert.equal((await signIn(email, right, { from: elsewhere() })).status, 200);
});

test("a browser that signed in before is let in whatever others do, from their address too", async () => {
    const { email } = await account();
    const from = elsewhere();
    const cookie = known(await signIn(email, right, { from }));
    assert.equal((await guess(11, email, { from })).at(-1), 429);
    assert.equal((await signIn(email, right, { from })).status, 429);
    assert.equal((await signIn(email, right, { from, cookie })).status, 200);
    sql(`UPDATE sign_in_attempts SET failures = 100 WHERE ${bucket(`address ${from} `)}`);
    await besiege(email);
    assert.equal((await signIn(email, "falsch", { from, cookie })).status, 401);
    assert.equal((await signIn(email, right, { from, cookie })).status, 200);
});

test("who has the browser has ten guesses, and who has used them up is a stranger like any other", async () => {
    const { email } = await account();
    const from = elsewhere();
    const cookie = known(await signIn(email, right, { from }));
    assert.deepEqual(await guess(21, email, { from, cookie }), [...Array(20).fill(401), 429]);
    assert.equal((await signIn(email, right, { from: elsewhere(), cookie })).status, 200);
});

test("a browser is known to whom it signed in, and to nobody else", async () => {
    const [one, other] = [await account(), await account()];
    const from = elsewhere();
    const cookie = known(await signIn(one.email, right, { from }));
    await guess(10, other.email, { from });
    assert.equal((await signIn(other.email, right, { from, cookie })).status, 429);
    for (const nonsense of ["x", "..", cookie.split("=")[1].replace(/.$/, "!"), "%00", "a".repeat(4000)])
        assert.equal((await signIn(other.email, right, { from, cookie: `${cookie.split("=")[0]}=${nonsense}` })).status, 429, nonsense);
});

test("one browser is known to everybody who signed in with it, five at most", async () => {
    const people = [];
    let cookie;
    for (let i = 0; i < 6; i++) {
        people.push(await account());
        cookie = known(await signIn(people[i].email, right, { from: elsewhere(), cookie }));
    }
    assert.equal(cookie.split("=")[1].split(".").length, 5);
    const isKnown = async ({ email }) => {
        const from = elsewhere();
        await guess(10, email, { from });
        return (await signIn(email, right, { from, cookie })).status === 200;
    };
    assert.deepEqual([await isKnown(people[0]), await isKnown(people[1]), await isKnown(people[5])], [false, true, true]);
});

test("known browsers are few, are kept as hashes, and are forgotten", async () => {
    const { email, id } = await account();
    const from = elsewhere();
    const cookie = known(await signIn(email, right, { from }));
    const token = cookie.split("=")[1];
    assert.equal(sql(`SELECT count(*) FROM known_browsers WHERE token_hash = sha256('${token}') AND user_id = '${id}'`), "1");
    await guess(10, email, { from });
    // Anew where the clock's job has thrown it away meanwhile.
    const old = (days) => sql(`INSERT INTO known_browsers (token_hash, user_id, seen_at) VALUES (sha256('${token}'), '${id}', now() - interval '${days} days')
        ON CONFLICT (token_hash) DO UPDATE SET seen_at = EXCLUDED.seen_at`);
    old(181);
    assert.equal((await signIn(email, right, { from, cookie })).status, 429);
    old(179);
    assert.equal((await signIn(email, right, { from, cookie })).status, 200);
    assert.equal(sql(`SELECT round(extract(epoch FROM now() - seen_at) / 86400) FROM known_browsers WHERE user_id = '${id}'`), "0", "it was there now");
    sql(`INSERT INTO known_browsers (token_hash, user_id, seen_at) SELECT sha256(n::text::bytea), '${id}', now() - n * interval '1 hour' FROM generate_series(1, 30) n`);
    await signIn(email, right, { from: elsewhere() });
    assert.equal(sql(`SELECT count(*) FROM known_browsers WHERE user_id = '${id}'`), "20");
    assert.equal(sql(`SELECT count(*) FROM known_browsers WHERE token_hash = sha256('${token}')`), "1", "the newest stay");
});

test("an account at which everybody guesses is open to the right password, and an address has one try at it", async () => {
    for (const [email, status] of [[(await account()).email, 200], ["auch-niemand@test.example", 401]]) {
        await besiege(email);
        assert.deepEqual(await guess(2, email, { from: elsewhere() }), [401, 429]);
        assert.equal((await signIn(email, right, { from: elsewhere() })).status, status);
    }
});

test("what is refused unheard does not count", async () => {
    const { email } = await account();
    const from = elsewhere();
    await guess(15, email, { from });
    const counted = (text) => sql(`SELECT failures FROM sign_in_attempts WHERE ${bucket(text)}`);
    assert.deepEqual([counted(`account  ${email}`), counted(`address ${from} `), counted(`pair ${from} ${email}`)], ["10", "10", "10"]);
});

test("the right password takes its own try back, everywhere", async () => {
    const { email } = await account();
    const from = elsewhere();
    await guess(3, email, { from });
    await signIn(email, right, { from });
    const counted = (text) => sql(`SELECT failures FROM sign_in_attempts WHERE ${bucket(text)}`);
    assert.deepEqual([counted(`account  ${email}`), counted(`address ${from} `), counted(`pair ${from} ${email}`)], ["3", "3", ""]);
});

// What the audit tells about sign-ins, oldest first: "action times".
async function told(object, after = "0") {
    const { items } = (await town.get("/api/v1/audit?limit=200", { role: "admin" })).body;
    const ours = items.filter((entry) => entry.object_type === "user" && entry.object_id === object && entry.id > after);
    return ours.reverse().map(({ action, times }) => [action, times].join(" ").trim()).filter((line) => !line.startsWith("created"));
}
const newest = async () => (await town.get("/api/v1/audit?limit=1", { role: "admin" })).body.items[0].id;

test("the audit tells sign-ins, failures and brakes, each at its first, tenth, hundredth time", async () => {
    const { email, id } = await account();
    const from = elsewhere();
    await guess(15, email, { from });
    assert.deepEqual(await told(id), ["sign_in_failed 1", "sign_in_failed 10", "sign_in_braked 1"]);
    await guess(15, email, { from: elsewhere() });
    assert.deepEqual((await told(id)).length, 3, "twenty failures and two brakes tell nothing new");
    await signIn(email, right, { from: elsewhere() });
    await town.command(["user", "unlock", email]);
    assert.deepEqual((await told(id)).slice(3), ["signed_in", "unlocked"]);
    const last = (await town.get("/api/v1/audit?limit=2", { role: "admin" })).body.items[1];
    assert.deepEqual([last.action, last.actor.name], ["signed_in", "Paula Probe"]);
});

test("guesses at accounts that do not exist are told together, without whom they meant", async () => {
    sql("DELETE FROM sign_in_attempts");
    const after = await newest();
    for (let i = 0; i < 12; i++) await signIn(`wer${i}@test.example`, "falsch", { from: elsewhere() });
    assert.deepEqual(await told("", after), ["sign_in_failed 1", "sign_in_failed 10"]);
});

test("a wrong password writes the same, whether there is such an account or not", async () => {
    // What was written and taken back, too: numbers are given once.
    const written = () => sql("SELECT nextval(pg_get_serial_sequence('events', 'id')), (SELECT count(*) FROM sign_in_attempts), (SELECT sum(failures) FROM sign_in_attempts)").split("|").map(Number);
    const writes = async (email) => {
        const before = written();
        await guess(3, email, { from: elsewhere() });
        return written().map((now, i) => now - before[i]);
    };
    const nobody = () => `wer${Math.random()}@test.example`;
    for (const email of [(await account()).email, nobody()]) await writes(email); // what all of them have in common is there then
    const one = await writes((await account()).email);
    assert.deepEqual(one, await writes(nobody()));
    assert.ok(one[0] >= 3);
});

test("an account is unlocked on the command line", async () => {
    const { email } = await account();
    const from = elsewhere();
    await guess(10, email, { from });
    await besiege(email);
    assert.equal((await signIn(email, right, { from })).status, 429);
    const unlocked = await town.command(["user", "unlock", email.toUpperCase()]);
    assert.equal(unlocked.code, 0, unlocked.stderr);
    assert.match(unlocked.stdout, new RegExp(email));
    assert.deepEqual(await guess(11, email, { from }), [...Array(10).fill(401), 429]);
    const nobody = await town.command(["user", "unlock", "--email", "niemand@test.example"]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /no enabled account/);
});

test("A to Z are one letter in either case, and no other two are: one account, one bucket, whatever the locale", async () => {
    const { email } = await account("kim");
    const from = elsewhere();
    assert.deepEqual(await guess(11, email, { from }, (i) => signIn(i % 2 ? email.toUpperCase() : email, "falsch", { from })), [...Array(10).fill(401), 429]);
    assert.equal((await signIn(email.toUpperCase(), right, { from: elsewhere() })).status, 200);
    // The Kelvin sign and the dotted I, which locales fold to k and to i: nobody, with the brakes of nobody.
    for (const spelling of [email.replace("k", "\u212a"), email.replace("i", "\u0130")]) {
        assert.equal((await signIn(spelling, right, { from: elsewhere() })).status, 401);
        assert.deepEqual(await guess(11, spelling, { from: elsewhere() }), Array(11).fill(401).fill(429, 10));
    }
    const made = await town.post("/api/v1/users", { email: email.replace("k", "K"), name: "Zweit", role: "viewer", language: "de", password: right }, { role: "admin" });
    assert.equal(made.status, 409, made.text);
    const other = await town.post("/api/v1/users", { email: email.replace("i", "\u0130"), name: "Andere", role: "viewer", language: "de", password: right }, { role: "admin" });
    assert.equal(other.status, 201, other.text);
    assert.equal((await signIn(email.replace("i", "\u0130"), right, { from: elsewhere() })).status, 200);
    assert.equal((await signIn(email, right, { from: elsewhere() })).body.user.email, email);
});

test("guessing the present password of a session is braked likewise", async () => {
    const { email } = await account();
    const headers = { Cookie: Object.entries(cookies(await signIn(email, right))).map((pair) => pair.join("=")).find((line) => !line.includes("known")) };
    const change = (current, next) => browser("POST", "/api/v1/me/password", { headers, body: { current, new: next } });
    assert.deepEqual(await guess(11, email, {}, () => change(right, "kurz")), Array(11).fill(422), "a bad new password is no guess");
    assert.deepEqual(await guess(11, email, {}, (i) => change(`falsch ${i}`, "noch ein Kennwort")), [...Array(10).fill(422), 429]);
});

test("signing in is a fresh start: what was mistyped before counts no more", async () => {
    const { email } = await account();
    const from = elsewhere();
    const statuses = [];
    for (const password of [...Array(9).fill("falsch"), right, "falsch", "falsch"]) statuses.push((await signIn(email, password, { from })).status);
    assert.deepEqual(statuses, [...Array(9).fill(401), 200, 401, 401]);
});

test("from one address a hundred guesses are heard, about whomever", async () => {
    const from = elsewhere();
    const one = async () => (await signIn(`niemand${Math.random()}@test.example`, "falsch", { from })).status;
    await one();
    assert.equal(sql(`UPDATE sign_in_attempts SET failures = 99 WHERE ${bucket(`address ${from} `)} RETURNING failures`), "99");
    assert.deepEqual([await one(), await one()], [401, 429]);
    // A town hall has one address: who is at the desk need not wait for who guessed there.
    const unlocked = await town.command(["user", "unlock", "--address", from]);
    assert.equal(unlocked.code, 0, unlocked.stderr);
    assert.equal(await one(), 401);
    assert.equal(sql("SELECT action FROM events ORDER BY id DESC LIMIT 2").split("\n").includes("unlocked"), true);
    assert.equal((await town.command(["user", "unlock", "--address", "town hall"])).code, 3);
    assert.equal((await town.command(["user", "unlock"])).code, 2);
    assert.equal((await town.command(["user", "disable", "--address", from])).code, 2);
});

test("tries are forgotten once they count no more, and no e-mail is kept", async () => {
    const email = `vertippt${Math.random()}@test.example`;
    await signIn(email, "falsch", { from: elsewhere() });
    for (const table of ["sign_in_attempts", "events", "known_browsers"])
        assert.equal(sql(`SELECT count(*) FROM ${table} AS t WHERE strpos(t::text, '${email}') > 0`), "0", table);
    const name = createHash("sha256").update(`account  ${email}`).digest("hex");
    assert.equal(sql(`SELECT failures FROM sign_in_attempts WHERE bucket = '\\x${name}'`), "1");
});
