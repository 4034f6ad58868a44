// A database that comes late, or lets nobody write, or stores text in another way; ports that are taken; codes that lost
// a zero: the node waits, or says what is wrong, before anything is lost.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readFileSync } from "node:fs";

import { eventually, hold, waitingForLocks } from "../network/support.mjs";
import { assertProblem, program, startTown } from "./lib/town.mjs";

const run = promisify(execFile);
const postgres = fileURLToPath(new URL("../../ops/postgres", import.meta.url));

let town, superuser;
const started = [];
before(async () => {
    town = await startTown();
    superuser = (await run(postgres, ["conninfo", town.dir])).stdout.trim();
});
after(async () => {
    for (const server of started) server.kill("SIGKILL");
    await town?.stop();
});

const listening = (port = 0) =>
    new Promise((resolve, reject) => {
        const server = net.createServer().once("error", reject);
        server.listen(port, "127.0.0.1", () => resolve(server));
    });
async function freePort() {
    const server = await listening();
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

// Another process of the town. said(): its log so far; ended: its exit code.
async function serve(environment = {}) {
    const port = await freePort();
    const server = spawn(program, ["serve", "--config", town.node.config], {
        env: { ...process.env, HF_HTTPS_LISTEN: "127.0.0.1:0", HF_HTTP_LISTEN: `127.0.0.1:${port}`, ...environment },
        stdio: ["ignore", "ignore", "pipe"],
    });
    started.push(server);
    let text = "";
    server.stderr.on("data", (part) => (text += part));
    const ended = new Promise((resolve) => server.once("exit", resolve));
    const get = (target, headers = {}) => fetch(`http://127.0.0.1:${port}${target}`, { headers }).catch(() => ({ status: 0 }));
    return { get, ended, said: () => text, reload: () => server.kill("SIGHUP"), stop: () => (server.kill("SIGTERM"), ended) };
}
const count = (text, words) => text.split(words).length - 1;
const bearer = () => ({ authorization: `Bearer ${town.tokens.coordinator}` });

test("serve waits for a database that comes later, says so once and on /healthz, and ends when it is told to", async () => {
    await run(postgres, ["stop", town.dir]);
    let late, impatient;
    try {
        [late, impatient] = [await serve(), await serve()];
        for (const server of [late, impatient]) await eventually("it waits", async () => server.said().includes("waiting for the database"));
        assert.match(await (await late.get("/healthz")).text(), /waiting for the database/);
        const own = await eventually("who was there before says so, too", async () => {
            const { status, text } = await town.get("/healthz", { role: null });
            return text.includes("waiting for the database") && status;
        });
        assert.equal(own, 200, "the process itself is well");
        for (const target of ["/readyz", "/api/v1/proposals"]) {
            const answer = await late.get(target, bearer());
            assert.equal(answer.status, 503);
            assert.equal((await answer.json()).code, "database-unavailable");
            assert.equal(answer.headers.get("retry-after"), "2");
        }
        assert.equal((await late.get("/")).status, 200, "the screens are there, and can say what is missing");
        const read = count(late.said(), "certificate");
        late.reload();
        await eventually("it reads its certificate again though it waits", () => count(late.said(), "certificate") > read);
        assert.equal(await impatient.stop(), 0);
    } finally {
        await run(postgres, ["start", "--connections", "60", town.dir]);
    }
    await eventually("it is ready", async () => (await late.get("/readyz")).status === 200);
    assert.equal(await (await late.get("/healthz")).text(), "ok\n");
    assert.equal((await late.get("/api/v1/proposals", bearer())).status, 200);
    assert.equal(count(late.said(), "waiting for the database"), 1);
    assert.equal(count(late.said(), "warning database: "), 1, late.said());
    assert.equal(await late.stop(), 0);
    await eventually("the node that was there before works again", async () => (await town.get("/readyz", { role: null })).status === 200);
    await eventually("and says so", async () => (await town.get("/healthz", { role: null })).text === "ok\n");
});

test("a start that waits within the database ends at once when it is told to", async () => {
    const locks = readFileSync(fileURLToPath(new URL("../../node/db/locks.h", import.meta.url)), "utf8");
    const names = locks.slice(locks.indexOf("DB_LOCK_PULL")).match(/DB_LOCK_\w+/g);
    const key = Number(/DB_LOCK_PULL = (0x[0-9a-f]+)/.exec(locks)[1]) + [...new Set(names)].indexOf("DB_LOCK_MIGRATIONS");
    const release = await hold(town.node.database, `SELECT pg_advisory_xact_lock(${key})`);
    try {
        const late = await serve();
        await eventually("it waits", async () => (await waitingForLocks(town.node.database)) > 0);
        const tooLate = new Promise((resolve) => setTimeout(resolve, 10_000, "it did not end").unref());
        assert.equal(await Promise.race([late.stop(), tooLate]), 0);
    } finally {
        await release();
    }
});

test("a read-only database is read, is not ready, and is told once a minute", async () => {
    const email = await town.account("ein langes Kennwort 4711");
    const signedIn = await town.signIn(email.email, "ein langes Kennwort 4711");
    const cookie = signedIn.headers["set-cookie"][0].split(";")[0];
    const name = /dbname=(\S+)/.exec(town.node.database)[1];
    const sql = (text) => run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", `${superuser} dbname=postgres`, "-c", text]);
    const everybodyOut = () => sql(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${name}'`);
    // As if the session and the token had been used long ago, so that their use is to be noted.
    await run("psql", ["-XqAt", town.node.database, "-c", "UPDATE sessions SET seen_at = now() - interval '1 hour'; UPDATE api_tokens SET last_used_at = now() - interval '2 days'"]);
    await sql(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await everybodyOut();
    let late;
    try {
        late = await serve();
        await eventually("it serves", async () => (await late.get("/api/v1/proposals", bearer())).status === 200);
        assert.equal((await late.get("/readyz")).status, 503);
        const log = () => readFileSync(town.node.log, "utf8");
        const before = count(log(), "read-only");
        assertProblem(await town.get("/readyz", { role: null }), 503, "database-unavailable");
        for (let i = 0; i < 3; i++) {
            assert.equal((await town.get("/api/v1/proposals")).status, 200);
            assert.equal((await town.browse("GET", "/api/v1/today", { headers: { Cookie: cookie } })).status, 200);
            assertProblem(await town.post("/api/v1/organisations", { name: `Nein ${i}`, sector: "civil_society" }), 503, "database-unavailable");
        }
        assert.ok(count(log(), "it is read-only") - before <= 1, "not once for each");
        assert.ok(count(log(), "it is read-only") >= 1);
    } finally {
        await sql(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
        await everybodyOut();
    }
    await eventually("it is ready again", async () => (await town.get("/readyz", { role: null })).status === 200);
    await town.organisation();
    assert.equal(await late.stop(), 0);
});

test("init and check refuse a database in another encoding, and nothing is made in it", async () => {
    await run("psql", ["-XqAt", `${superuser} dbname=postgres`, "-c", "CREATE DATABASE hf_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 OWNER herausforderung"]);
    const { env } = await town.bareTown();
    env.HF_DATABASE_CONNINFO = town.node.database.replace(/dbname=\S+/, "dbname=hf_latin");
    for (const command of ["init", "check"]) {
        const refused = await run(program, [command], { env }).then(() => ({ code: 0 }), (error) => error);
        assert.equal(refused.code, 1);
        assert.match(refused.stdout + refused.stderr, /database encoding is UTF8, not LATIN1.*\n?.*ENCODING 'UTF8'/);
    }
    const { stdout } = await run("psql", ["-XqAt", env.HF_DATABASE_CONNINFO, "-c", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"]);
    assert.equal(stdout.trim(), "0");
});

test("init and check tell of an order of text that the system changed, with the cure", async () => {
    await run("psql", ["-XqAt", `${superuser} dbname=postgres`,
        "-c", "CREATE DATABASE hf_order LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C.UTF-8' ENCODING 'UTF8' TEMPLATE template0 OWNER herausforderung",
        "-c", "UPDATE pg_database SET datcollversion = '1.2.3' WHERE datname = 'hf_order'"]);
    const { env } = await town.bareTown();
    env.HF_DATABASE_CONNINFO = town.node.database.replace(/dbname=\S+/, "dbname=hf_order");
    for (const command of ["init", "check"]) {
        const { stdout, stderr } = await run(program, [command], { env });
        assert.match(stdout + stderr, /REINDEX DATABASE "hf_order"; ALTER DATABASE "hf_order" REFRESH COLLATION VERSION;/);
    }
    await run("psql", ["-XqAt", `${superuser} dbname=hf_order`, "-c", "ALTER DATABASE hf_order REFRESH COLLATION VERSION"]);
    assert.doesNotMatch((await run(program, ["check"], { env })).stdout, /REFRESH/);
});

async function check(environment) {
    const { code, stdout } = await run(program, ["check", "--config", town.node.config], { env: { ...process.env, ...environment } }).then((out) => ({ code: 0, ...out }), (error) => error);
    return { code, text: stdout };
}

test("check and init tell of ports that cannot be had", async () => {
    const taken = await listening();
    const mine = `127.0.0.1:${taken.address().port}`;
    try {
        const { code, text } = await check({ HF_HTTPS_LISTEN: mine, HF_HTTP_LISTEN: `127.0.0.1:${await freePort()}` });
        assert.equal(code, 0, "perhaps it is the node itself");
        assert.match(text, new RegExp(`note +\\[https\\] listen ${mine}\n.*somebody listens there`));
        assert.match(text, /ok +\[http\] listen/);
        const { env } = await town.bareTown();
        assert.match((await run(program, ["init"], { env: { ...env, HF_HTTPS_LISTEN: mine } })).stderr, /somebody listens there/);
    } finally {
        taken.close();
    }
    // systemd makes the socket's directory with the service, and takes it away with it.
    const later = await check({ HF_HTTP_LISTEN: path.join(town.dir, "not-yet", "http.sock") });
    assert.equal(later.code, 0, later.text);
    assert.match(later.text, /note +\[http\] listen .*\n.*its directory is not there/);
    const file = await check({ HF_HTTP_LISTEN: town.node.config });
    assert.equal(file.code, 1);
    assert.match(file.text, /MISTAKE \[http\] listen .*\n.*Cannot listen on/);
    const elsewhere = await check({ HF_HTTPS_LISTEN: "192.0.2.1:8443" });
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.text, /MISTAKE \[https\] listen 192.0.2.1:8443\n.*Cannot listen on 192.0.2.1:8443: Cannot assign/);
});

test("check and init tell of a code that lost a zero, and of no other", async () => {
    for (const [area, told] of [["DE-AGS:1001000", true], ["DE-AGS:01001000", false], ["NL-CBS:GM202", true], ["NL-CBS:0202", true], ["NL-CBS:GM0202", false],
        ["FR-INSEE:1004", true], ["FR-INSEE:01004", false], ["FR-INSEE:2A004", false], ["NUTS:DEC01", false], ["X-OWN:1", false]]) {
        const environment = { HF_NODE_AREA: `${area}:2024-01-01` };
        const { code, text } = await check(environment);
        assert.equal(code, 0, text);
        assert.equal(/a leading zero get lost/.test(text), told, `${area}\n${text}`);
    }
    const { env } = await town.bareTown();
    const { stderr } = await run(program, ["init"], { env: { ...env, HF_NODE_AREA: "FR-INSEE:1004:2024-01-01" } });
    assert.match(stderr, /FR-INSEE:1004: a code of FR-INSEE has 5 characters: did a leading zero get lost\?/);
});
