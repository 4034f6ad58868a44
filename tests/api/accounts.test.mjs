// Signing in, accounts, secrets, and what happens at most once.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import https from "node:https";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { assertProblem, program, startTown } from "./lib/town.mjs";

let town;
before(async () => {
    town = await startTown();
});
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();
const admin = { role: "admin" };

const browser = (...request) => town.browse(...request);
const account = (...words) => town.account(...words);
const signIn = (...words) => town.signIn(...words);

// Told to send it again in a moment; the screens then do, under the same key.
function assertUnderWay(answer) {
    assertProblem(answer, 503, "busy");
    assert.equal(answer.headers.get("retry-after"), "1");
}

test("right e-mail and password open a session, whose cookie is for this node and no script", async () => {
    const { email } = await account("ein langes Kennwort");
    const session = await signIn(email, "ein langes Kennwort");
    assert.equal(session.status, 200);
    const [cookie] = session.headers["set-cookie"];
    assert.match(cookie, /^hf_localhost_\d+=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const me = await browser("GET", "/api/v1/session", { headers: { Cookie: cookie.split(";")[0] } });
    assert.equal(me.body.user.email, email);
    const out = await browser("DELETE", "/api/v1/session", { headers: { Cookie: cookie.split(";")[0] } });
    assert.equal(out.status, 204);
    assert.equal((await browser("GET", "/api/v1/session", { headers: { Cookie: cookie.split(";")[0] } })).body.user, null);
});

// As a browser at the HTTPS listener.
function securely(method, target, { body, cookie } = {}) {
    const { https: origin, ca } = town.node;
    const headers = { Origin: origin, "X-Requested-With": "herausforderung", ...(body && { "Content-Type": "application/json" }), ...(cookie && { Cookie: cookie }) };
    return new Promise((resolve, reject) => {
        const request = https.request(`${origin}${target}`, { method, headers, ca: readFileSync(ca), agent: false, family: 4 }, (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (part) => { text += part; }).on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: text && JSON.parse(text) }));
        });
        request.on("error", reject).end(body && JSON.stringify(body));
    });
}

test("over TLS cookies are this host's alone, which no neighbour can set, and go nowhere else", async () => {
    const { email } = await account("ein langes Kennwort");
    const { headers } = await securely("POST", "/api/v1/session", { body: { email, password: "ein langes Kennwort" } });
    const [session, known] = headers["set-cookie"];
    assert.match(session, /^__Host-hf_localhost_\d+=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/);
    assert.match(known, /^__Host-hf_known_localhost_\d+=[\w-]{43}; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Strict; Secure$/);
    const pair = session.split(";")[0];
    const who = async (cookie) => (await securely("GET", "/api/v1/session", { cookie })).body.user?.email;
    assert.equal(await who(pair), email);
    assert.equal(await who(`a=b; ${pair}; c=d`), email);
    // Names that a neighbour's page can set.
    for (const other of [pair.slice("__Host-".length), pair.replace("__Host-", "__HOST-"), pair.replace("__Host-", "__Secure-"), `b${pair}`, pair.replace("=", " =")])
        assert.equal(await who(other), undefined, other);
    const plain = await browser("GET", "/api/v1/session", { headers: { Cookie: pair } });
    assert.equal(plain.body.user, null, "it is worth nothing at the other listener");
    const out = await securely("DELETE", "/api/v1/session", { cookie: pair });
    assert.deepEqual([out.status, out.headers["set-cookie"]], [204, [`${pair.split("=")[0]}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure`]]);
});

test("a browser is signed in to two nodes on one host at once", async () => {
    const { email } = await account("ein langes Kennwort");
    const made = await town.call("POST", "/api/v1/users", { role: "admin", node: town.office, body: { email, name: "Paula Probe", role: "viewer", language: "de", password: "ein langes Kennwort" } });
    assert.equal(made.status, 201, made.text);
    const jar = new Map();
    const at = async (node, method, body) => {
        const { host, origin } = new URL(node.url);
        const answer = await town.browse(method, "/api/v1/session", { body, node, headers: { Host: host, Origin: origin, Cookie: [...jar].map((pair) => pair.join("=")).join("; ") } });
        for (const line of answer.headers["set-cookie"] ?? []) jar.set(...line.split(";")[0].split("="));
        return answer.body;
    };
    for (const node of [town.node, town.office]) await at(node, "POST", { email, password: "ein langes Kennwort" });
    assert.equal(jar.size, 4);
    assert.deepEqual([(await at(town.node, "GET")).user.role, (await at(town.office, "GET")).user.role], ["coordinator", "viewer"]);
});

test("the session tells what its user may do, by role", async () => {
    const reads = ["own_account", "read", "see_session"];
    const writes = [...reads, "answer", "expire", "import", "move", "publish", "write"];
    const decides = [...writes, "manage_peers", "manage_users", "read_audit", "settle_alarms"];
    for (const [role, may] of [["viewer", reads], ["match_group", reads], ["coordinator", writes], ["admin", decides]])
        assert.deepEqual([...(await town.get("/api/v1/session", { role })).body.user.may].sort(), [...may].sort(), role);
});

test("a new password ends all other sessions and is in the audit", async () => {
    const { email, id } = await account("ein langes Kennwort");
    const [one, other] = [await signIn(email, "ein langes Kennwort"), await signIn(email, "ein langes Kennwort")];
    const cookie = (session) => ({ Cookie: session.headers["set-cookie"][0].split(";")[0] });
    const changed = await browser("POST", "/api/v1/me/password", { headers: cookie(one), body: { current: "ein langes Kennwort", new: "noch ein Kennwort" } });
    assert.equal(changed.status, 204);
    assert.equal((await browser("GET", "/api/v1/session", { headers: cookie(one) })).body.user.email, email);
    assert.equal((await browser("GET", "/api/v1/session", { headers: cookie(other) })).body.user, null);
    assert.equal((await signIn(email, "ein langes Kennwort")).status, 401);
    assert.equal(sql(`SELECT count(*) FROM events WHERE action = 'password_changed' AND object_id = '${id}'`), "1");
});

test("a foreign page can use the session for nothing, nor can a foreign name that resolves here", async () => {
    const { email } = await account("ein langes Kennwort");
    const session = await signIn(email, "ein langes Kennwort");
    const cookie = { Cookie: session.headers["set-cookie"][0].split(";")[0] };
    const attempts = [
        { Origin: "http://elsewhere.example" },
        { "X-Requested-With": "other" },
        { Host: "rebound.example", Origin: "http://rebound.example" },
        { Origin: "null" },
    ];
    for (const headers of attempts) {
        const answer = await browser("PATCH", "/api/v1/me", { body: { name: "Übernommen" }, headers: { ...cookie, ...headers } });
        assert.equal(answer.status, 403, JSON.stringify(headers));
        assert.equal(answer.body.code, "csrf");
    }
});

test("a session ends when nobody used it for long, and after a week at the latest", async () => {
    const { email, id } = await account("ein langes Kennwort");
    const used = async (session) => (await browser("GET", "/api/v1/session", { headers: { Cookie: session.headers["set-cookie"][0].split(";")[0] } })).body.user !== null;
    const session = await signIn(email, "ein langes Kennwort");
    const left = () => sql(`SELECT round(extract(epoch FROM expires_at - now()) / 60) FROM sessions WHERE user_id = '${id}'`);
    const seen = (before, set = "") => sql(`UPDATE sessions SET seen_at = now() - interval '${before}', expires_at = now() + interval '1 hour'${set} WHERE user_id = '${id}'`);
    seen("11 hours");
    assert.equal(await used(session), true);
    assert.equal(left(), "720", "it was used: twelve hours more");
    seen("10 seconds");
    assert.equal(await used(session), true);
    assert.equal(left(), "60", "who reads does not write");
    seen("11 hours", ", created_at = now() - interval '6 days 23 hours 30 minutes'");
    assert.equal(await used(session), true);
    assert.equal(left(), "30");
    sql(`UPDATE sessions SET expires_at = now() WHERE user_id = '${id}'`);
    assert.equal(await used(session), false);
});

test("ten creations at once under one key create one object and give one answer, or ask to send it again", async () => {
    const create = () => town.post("/api/v1/organisations", { name: "Verein Gleichzeitig", sector: "civil_society" }, { headers: { "Idempotency-Key": "at-once" } });
    const answers = await Promise.all(Array.from({ length: 10 }, create));
    answers.push(await create());
    assert.equal(answers.at(-1).status, 201, answers.at(-1).text);
    for (const answer of answers)
        if (answer.status === 201) assert.equal(answer.body.id, answers.at(-1).body.id);
        else assertUnderWay(answer);
    assert.equal(sql("SELECT count(*) FROM organisations WHERE name = 'Verein Gleichzeitig'"), "1");
});

test("repetitions of a creation that is still under way hold up nobody", async (t) => {
    const create = () => town.post("/api/v1/organisations", { name: "Verein Langsam", sector: "civil_society" }, { headers: { "Idempotency-Key": "slow" } });
    // Nobody can add an organisation as long as this transaction is open.
    const holder = spawn("psql", ["-XAtq", town.node.database], { stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => holder.stdin.end());
    holder.stdin.write("BEGIN; LOCK TABLE organisations IN SHARE MODE; SELECT 'held';\n");
    await once(holder.stdout, "data");
    const first = create();
    for (const deadline = Date.now() + 8_000; sql("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'organisations'::regclass") === "0"; await pause(50))
        assert.ok(Date.now() < deadline, "the first one waits");
    // More than there are workers.
    for (const answer of await Promise.all(Array.from({ length: 16 }, create))) assertUnderWay(answer);
    assert.equal((await town.get("/api/v1/session")).status, 200);
    holder.stdin.end("COMMIT;\n");
    const made = await first;
    assert.equal(made.status, 201, made.text);
    const again = await create();
    assert.deepEqual([again.status, again.body.id], [201, made.body.id]);
});

test("a refused creation leaves its key free for the mended one", async () => {
    const headers = { "Idempotency-Key": "mended" };
    assertProblem(await town.post("/api/v1/organisations", { name: "Verein Zweitversuch" }, { headers }), 422, "invalid-body");
    const mended = await town.post("/api/v1/organisations", { name: "Verein Zweitversuch", sector: "civil_society" }, { headers });
    assert.equal(mended.status, 201, mended.text);
});

test("a token is told once: neither kept in clear nor repeated", async () => {
    const { id } = await account("ein langes Kennwort");
    const options = { ...admin, headers: { "Idempotency-Key": "secret" } };
    const first = await town.post(`/api/v1/users/${id}/tokens`, { label: "Programm" }, options);
    assert.equal(first.status, 201, first.text);
    assertProblem(await town.post(`/api/v1/users/${id}/tokens`, { label: "Programm" }, options), 409, "conflict");
    for (const table of ["idempotency_keys", "api_tokens", "sessions", "events"])
        assert.equal(sql(`SELECT count(*) FROM ${table} AS t WHERE strpos(t::text, '${first.body.token}') > 0`), "0", table);
    assert.equal((await town.call("GET", `/api/v1/users/${id}/tokens`, admin)).body.items.length, 1);
});

const change = ({ id }, body, version = 1) => town.call("PATCH", `/api/v1/users/${id}`, { ...admin, body, version });
const cookieOf = (session) => ({ Cookie: session.headers["set-cookie"][0].split(";")[0] });
const userOf = async (session) => (await browser("GET", "/api/v1/session", { headers: cookieOf(session) })).body.user;
const told = (id) => sql(`SELECT string_agg(action, ' ' ORDER BY id) FROM events WHERE object_id = '${id}' AND action NOT LIKE 'sign%'`);

test("whoever is disabled is out at once, by every way in, and old sessions do not go on when they are enabled again", async () => {
    const user = await account("ein langes Kennwort");
    const session = await signIn(user.email, "ein langes Kennwort");
    const { token } = (await town.post(`/api/v1/users/${user.id}/tokens`, { label: "Programm" }, admin)).body;
    const byToken = async () => (await fetch(`${town.node.url}/api/v1/proposals`, { headers: { Authorization: `Bearer ${token}` } })).status;
    assert.equal((await userOf(session)).email, user.email);
    assert.equal(await byToken(), 200);

    assert.equal((await change(user, { disabled: true })).body.disabled, true);
    assert.equal(await userOf(session), null);
    assert.equal(await byToken(), 401);
    assert.equal((await signIn(user.email, "ein langes Kennwort")).status, 401);
    // Whose sign-in came in between has a session all the same: it opens nothing.
    const [, name, late] = /^(.*?)=(.*)$/.exec(cookieOf(session).Cookie);
    sql(`INSERT INTO sessions (token_hash, user_id, expires_at) VALUES (sha256('${late}'), '${user.id}', now() + interval '1 hour')`);
    assert.equal((await browser("GET", "/api/v1/session", { headers: { Cookie: `${name}=${late}` } })).body.user, null);
    sql(`DELETE FROM sessions WHERE user_id = '${user.id}'`);
    sql(`INSERT INTO api_tokens (token_hash, user_id, label, expires_at) VALUES (sha256('late'), '${user.id}', 'spät', now() + interval '1 hour')`);
    assert.equal((await fetch(`${town.node.url}/api/v1/proposals`, { headers: { Authorization: "Bearer late" } })).status, 401);

    assert.equal((await change(user, { disabled: false }, 2)).body.disabled, false);
    assert.equal(await userOf(session), null);
    assert.equal((await userOf(await signIn(user.email, "ein langes Kennwort"))).email, user.email);
    assert.equal(told(user.id), "created disabled edited");
});

test("a password that the administration sets ends the sessions of whoever had the old one", async () => {
    const user = await account("ein langes Kennwort");
    const session = await signIn(user.email, "ein langes Kennwort");
    assertProblem(await change(user, { password: "noch ein Kennwort" }, 7), 412, "stale-version");
    assert.equal((await userOf(session)).email, user.email);
    assert.equal((await change(user, { password: "noch ein Kennwort" })).status, 200);
    assert.equal(await userOf(session), null);
});

test("of two who change one password at once, one changes it, and the other is told that it is another one now", async () => {
    const { email } = await account("ein langes Kennwort");
    const headers = cookieOf(await signIn(email, "ein langes Kennwort"));
    const renew = (password) => browser("POST", "/api/v1/me/password", { headers, body: { current: "ein langes Kennwort", new: password } });
    const answers = await Promise.all([renew("noch ein Kennwort"), renew("wieder ein Kennwort")]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 422]);
    assert.equal(answers.find(({ status }) => status === 422).body.errors[0].code, "wrong_password");
});

test("a token that is revoked ends at once, and the audit tells both", async () => {
    const { id } = await account("ein langes Kennwort");
    const made = (await town.post(`/api/v1/users/${id}/tokens`, { label: "Programm" }, admin)).body;
    const use = async () => (await fetch(`${town.node.url}/api/v1/proposals`, { headers: { Authorization: `Bearer ${made.token}` } })).status;
    assert.equal(await use(), 200);
    const revoke = () => town.call("DELETE", `/api/v1/tokens/${made.id}`, admin);
    assert.equal((await revoke()).status, 204);
    assert.equal(await use(), 401);
    assertProblem(await revoke(), 404, "not-found");
    assert.equal(told(made.id), "created removed");
});

const issue = (id, body = { label: "Programm" }) => town.post(`/api/v1/users/${id}/tokens`, body, admin);
const withToken = (token, method = "GET", target = "/api/v1/proposals") => fetch(`${town.node.url}${target}`, { method, headers: { Authorization: `Bearer ${token}` } });

test("what a password opened ends with it: sessions, tokens and what browsers are known by", async () => {
    const reset = (user) => change(user, { password: "noch ein Kennwort" });
    const disable = async (user) => { await change(user, { disabled: true }); return change(user, { disabled: false }, 2); };
    const byCommand = async ({ email }) => ({ status: (await town.command(["user", "disable", "--email", email])).code === 0 && sql(`UPDATE users SET disabled = false WHERE email = '${email}' RETURNING 200`) });
    const own = async ({ email, session }) => {
        const answer = await browser("POST", "/api/v1/me/password", { headers: cookieOf(session), body: { current: "ein langes Kennwort", new: "noch ein Kennwort" } });
        assert.equal(answer.status, 204, email);
        return { status: 200 };
    };
    for (const [end, browsers] of [[reset, "0"], [disable, "0"], [byCommand, "0"], [own, "0"]]) {
        const user = await account("ein langes Kennwort");
        user.session = await signIn(user.email, "ein langes Kennwort");
        await signIn(user.email, "ein langes Kennwort");
        const { body } = await issue(user.id);
        assert.equal((await withToken(body.token)).status, 200);
        assert.equal(String((await end(user)).status), "200", end.name);
        assert.equal((await withToken(body.token)).status, 401, end.name);
        assert.deepEqual((await town.call("GET", `/api/v1/users/${user.id}/tokens`, admin)).body.items, []);
        assert.equal(sql(`SELECT count(*) FROM known_browsers WHERE user_id = '${user.id}'`), browsers, end.name);
    }
});

test("the browser in which the password is changed stays known", async () => {
    const { email, id } = await account("ein langes Kennwort");
    const session = await signIn(email, "ein langes Kennwort");
    await signIn(email, "ein langes Kennwort");
    const headers = { Cookie: session.headers["set-cookie"].map((line) => line.split(";")[0]).join("; ") };
    assert.equal((await browser("POST", "/api/v1/me/password", { headers, body: { current: "ein langes Kennwort", new: "noch ein Kennwort" } })).status, 204);
    assert.equal(sql(`SELECT count(*) FROM known_browsers WHERE user_id = '${id}'`), "1");
});

test("who signs in with a password that is just being replaced is not let in", async () => {
    const user = await account("ein langes Kennwort");
    const answer = await town.meanwhile(`UPDATE users SET password_hash = 'another' WHERE id = '${user.id}'`, () => signIn(user.email, "ein langes Kennwort"));
    assert.equal(answer.status, 401);
    assert.equal(sql(`SELECT count(*) FROM sessions WHERE user_id = '${user.id}'`), "0");
});

test("a password that everybody guesses first is refused wherever one is set, with a word on what is a better one", async () => {
    const user = await account("ein langes Kennwort");
    const cookie = cookieOf(await signIn(user.email, "ein langes Kennwort"));
    const own = user.email.split("@")[0];
    const set = {
        made: (password) => town.post("/api/v1/users", { email: `${own}2@test.example`, name: "Quirin Quast", role: "viewer", language: "de", password }, admin),
        reset: (password) => change(user, { password }),
        own: (next) => browser("POST", "/api/v1/me/password", { headers: cookie, body: { current: "ein langes Kennwort", new: next } }),
    };
    for (const [way, password] of [["made", "quirinquast1"], ["made", `${own}2-${own}2`], ["reset", "paula-probe-1"], ["reset", `${own}-${own}`], ["own", "Passwort 2026"], ["own", "probe.paula.1"], ["own", "herausforderung"]]) {
        const answer = await set[way](password);
        assert.equal(answer.status, 422, `${way} ${password}`);
        assert.deepEqual(answer.body.errors.map(({ pointer, code }) => [pointer, code]), [[way === "own" ? "/new" : "/password", "common_password"]]);
        assert.match(answer.body.errors[0].detail, /Take four words/);
    }
    assert.equal((await userOf(await signIn(user.email, "ein langes Kennwort"))).email, user.email, "nothing was changed");
});

test("a token ends after its term: 90 days if nobody says otherwise, a year and a day at most", async () => {
    const { id, email } = await account("ein langes Kennwort");
    const days = (token) => sql(`SELECT round(extract(epoch FROM expires_at - now()) / 86400) FROM api_tokens WHERE id = '${token.id}'`);
    const made = (await issue(id)).body;
    assert.equal(days(made), "90");
    assert.equal(days((await issue(id, { label: "kurz", days: 1 })).body), "1");
    assert.equal(days((await issue(id, { label: "lang", days: 366 })).body), "366");
    assertProblem(await issue(id, { label: "länger", days: 367 }), 422, "invalid-body", "/days", "too_large");
    assertProblem(await issue(id, { label: "nie", days: 0 }), 422, "invalid-body", "/days", "too_small");
    sql(`UPDATE api_tokens SET expires_at = now() WHERE id = '${made.id}'`);
    assert.equal((await withToken(made.token)).status, 401);

    const week = await town.command(["user", "token", "--email", email, "--days", "7", "--label", "Woche"]);
    assert.equal(week.code, 0, week.stderr);
    assert.equal(sql(`SELECT round(extract(epoch FROM expires_at - now()) / 86400) FROM api_tokens WHERE label = 'Woche'`), "7");
    for (const wrong of ["0", "367", "7x", ""]) assert.equal((await town.command(["user", "token", "--email", email, "--days", wrong])).code, 3, wrong);
});

test("everybody sees their own tokens with their last use, and ends them; nobody else's", async () => {
    const [one, other] = [await account("ein langes Kennwort"), await account("ein langes Kennwort")];
    const [mine, theirs] = [(await issue(one.id)).body, (await issue(other.id)).body];
    const listed = async () => (await (await withToken(mine.token, "GET", "/api/v1/me/tokens")).json()).items;
    const [shown, ...more] = await listed();
    assert.deepEqual([shown.id, shown.label, shown.expires_at, more.length], [mine.id, "Programm", mine.expires_at, 0]);
    assert.ok(Math.abs(new Date(shown.last_used_at) - Date.now()) < 60_000, shown.last_used_at);
    assert.equal((await withToken(mine.token, "DELETE", `/api/v1/me/tokens/${theirs.id}`)).status, 404);
    assert.equal((await withToken(theirs.token)).status, 200);
    assert.equal((await withToken(mine.token, "DELETE", `/api/v1/me/tokens/${mine.id}`)).status, 204);
    assert.equal((await withToken(mine.token)).status, 401);
    assert.equal(told(mine.id), "created removed");
});

// What the command is given on standard input; it must not wait for more.
function typed(words, input) {
    const child = spawn(program, [...words, "--config", town.node.config], { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (part) => { stderr += part; });
    child.stdin.end(input);
    return once(child, "close").then(([code]) => ({ code, stderr }));
}

test("the command line refuses it too", async () => {
    const { email } = await account("ein langes Kennwort");
    for (const words of [["user", "password", "--email", email], ["user", "add", "--email", "neu@test.example", "--name", "Paula Probe", "--role", "viewer"]]) {
        const answer = await typed([...words, "--password-stdin"], "paulaprobe2026\n");
        assert.equal(answer.code, 3, answer.stderr);
        assert.match(answer.stderr, /among the first that are tried/);
    }
    assert.equal((await typed(["user", "password", "--email", email, "--password-stdin"], "noch ein Kennwort\n")).code, 0);
    assert.equal((await signIn(email, "noch ein Kennwort")).status, 200);
});

// With nobody else to administer the node, for as long as that takes.
async function alone(user, work) {
    const others = sql(`UPDATE users SET disabled = true WHERE role = 'admin' AND NOT disabled AND id <> '${user.id}' RETURNING id`).split("\n");
    try {
        await work();
    } finally {
        sql(`UPDATE users SET disabled = false WHERE id IN (${others.map((id) => `'${id}'`)})`);
    }
}

test("the last administrator can neither be disabled nor become something else", async () => {
    const user = (await town.call("GET", "/api/v1/users", admin)).body.items.find(({ email }) => email === "admin@test.example");
    await alone(user, async () => {
        for (const body of [{ disabled: true }, { role: "viewer" }, { role: "coordinator", disabled: false }])
            assertProblem(await change(user, body, user.version), 409, "conflict");
        assert.equal((await change(user, { language: "fr" }, user.version)).body.language, "fr");
    });
    assert.equal(sql(`SELECT role, disabled FROM users WHERE id = '${user.id}'`), "admin|f");
});

test("an administrator who is just becoming something else is waited for, and counted as gone", async () => {
    const made = await town.post("/api/v1/users", { email: "letzte@test.example", name: "Lea", role: "admin", language: "de", password: "ein langes Kennwort" }, admin);
    const others = "role = 'admin' AND NOT disabled AND email <> 'letzte@test.example'";
    const ids = sql(`SELECT string_agg(quote_literal(id), ',') FROM users WHERE ${others}`);
    const answer = await town.meanwhile(`UPDATE users SET role = 'viewer' WHERE ${others}`, () => change(made.body, { role: "viewer" }));
    sql(`UPDATE users SET role = 'admin' WHERE id IN (${ids})`);
    assertProblem(answer, 409, "conflict");
});

test("two administrators cannot remove each other at once", async () => {
    const everyone = (await town.call("GET", "/api/v1/users", admin)).body.items.filter((user) => user.role === "admin" && !user.disabled);
    const answers = await Promise.all(everyone.map((user) =>
        town.call("PATCH", `/api/v1/users/${user.id}`, { ...admin, body: { role: "viewer" }, version: user.version })));
    assert.ok(answers.some((answer) => answer.status !== 200));
    assert.notEqual(sql("SELECT count(*) FROM users WHERE role = 'admin' AND NOT disabled"), "0");
});

test("the signing key is not changed under a running node", async () => {
    for (const verb of ["rotate", "replace"]) {
        const answer = await town.command(["key", verb]);
        assert.equal(answer.code, 1);
        assert.match(answer.stderr, /is running/);
    }
});
