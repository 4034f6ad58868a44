// ops/run, which `make run` calls: the demo's life in the foreground, from the welcome to Ctrl-C and back.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const script = path.join(checkout, "ops/run");
const run = promisify(execFile);

const DEADLINE_MS = 60_000; // for anything that must come; never how long it takes

async function until(what, ask) {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
        const found = await ask();
        if (found) return found;
        if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS / 1000} s: ${what}`);
        await new Promise((next) => setTimeout(next, 10));
    }
}

// Somebody at a terminal who types `ops/run …`: what is shown there, and Ctrl-C.
class Terminal {
    static open = new Set();
    shown = "";

    constructor(...words) {
        Terminal.open.add(this);
        this.child = spawn(script, words, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
        for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding("utf8").on("data", (text) => (this.shown += text));
        this.child.on("close", (code, signal) => {
            this.ended = { code, signal };
            Terminal.open.delete(this);
        });
    }

    // The welcome, read as somebody would: [{url, users: [{role, email, password}]}].
    async welcome() {
        await until(`the welcome, after: ${this.shown}`, () => {
            assert.equal(this.ended, undefined, this.shown);
            return /Press Ctrl-C to stop/.test(this.shown);
        });
        const nodes = [];
        for (const line of this.shown.split("\n").filter((one) => one.includes("@"))) {
            const [password, email, role, url] = line.trim().split(/ {2,}/).reverse();
            if (url) nodes.push({ url, users: [] });
            nodes.at(-1).users.push({ role, email, password });
        }
        return nodes;
    }

    // A terminal tells all of its foreground processes: SIGINT is Ctrl-C, SIGHUP that it closes.
    async interrupt(signal = "SIGINT") {
        process.kill(-this.child.pid, signal);
        await until(`the end, after: ${this.shown}`, () => this.ended);
        assert.deepEqual(this.ended, { code: 0, signal: null }, this.shown);
    }
}

// Every process that works in the directory or was told of it.
function processesOf(dir) {
    const mine = (pid) => {
        try {
            return readlinkSync(`/proc/${pid}/cwd`).startsWith(dir) || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(dir);
        } catch {
            return false; // it ended while we looked
        }
    };
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && mine(name));
}

async function assertNothingLeft(dir) {
    assert.deepEqual(processesOf(dir), []);
    const { stdout } = await run(path.join(checkout, "ops/postgres"), ["conninfo", dir]);
    assert.equal(existsSync(/host=(\S+)/.exec(stdout)[1]), false, "the socket");
}

// What a browser on the node's own screens asks.
async function ask(node, method, where, { body, cookie } = {}) {
    const headers = { origin: new URL(node.url).origin, "x-requested-with": "herausforderung" };
    if (cookie) headers.cookie = cookie;
    if (body) headers["content-type"] = "application/json";
    const response = await fetch(new URL(where, node.url), { method, headers, body: body && JSON.stringify(body) });
    return { status: response.status, headers: response.headers, text: await response.text() };
}

async function signIn(node, { email, password }) {
    const answer = await ask(node, "POST", "/api/v1/session", { body: { email, password } });
    assert.equal(answer.status, 200, `${email}: ${answer.text}`);
    return answer.headers.get("set-cookie").split(";")[0];
}

const organisations = async (node, cookie) => JSON.parse((await ask(node, "GET", "/api/v1/organisations?q=Abendrot", { cookie })).text).items;

describe("the demo in the foreground", { timeout: 300_000 }, () => {
    const home = mkdtempSync(path.join(tmpdir(), "hf run-"));
    const dir = path.join(home, "demo");
    after(async () => {
        for (const terminal of Terminal.open) await terminal.interrupt().catch(() => {}); // its test has failed
        await run(path.join(checkout, "ops/demo"), ["down", "--dir", dir]);
        rmSync(home, { recursive: true, force: true });
    });

    let first;
    test("the welcome names addresses that answer and people who can sign in; Ctrl-C ends all of it", async () => {
        const terminal = new Terminal("--dir", dir);
        first = await terminal.welcome();
        assert.deepEqual(first.map(({ users }) => users.length), [4, 4, 4, 2]);
        for (const node of first) {
            const page = await ask(node, "GET", "/");
            assert.equal(page.status, 200);
            assert.match(page.text, /<html/);
            for (const user of node.users) {
                const cookie = await signIn(node, user);
                assert.equal(JSON.parse((await ask(node, "GET", "/api/v1/session", { cookie })).text).user.email, user.email);
            }
        }
        const [town] = first;
        const cookie = await signIn(town, town.users.find(({ role }) => role === "Koordination"));
        const made = await ask(town, "POST", "/api/v1/organisations", { cookie, body: { name: "Chor Abendrot", sector: "civil_society" } });
        assert.equal(made.status, 201, made.text);

        const running = processesOf(dir);
        assert.ok(running.length > first.length, "nodes and a database are found by their directory");
        await terminal.interrupt();
        assert.match(terminal.shown, /Beendet\. Die Daten liegen in /);
        for (const pid of running) assert.equal(existsSync(`/proc/${pid}/exe`), false, pid);
        await assertNothingLeft(dir);
    });

    test("the next one goes on with the same addresses, people and data", async () => {
        const terminal = new Terminal("--dir", dir);
        assert.deepEqual(await terminal.welcome(), first);
        const [town] = first;
        const found = await organisations(town, await signIn(town, town.users[0]));
        assert.deepEqual(found.map(({ name }) => name), ["Chor Abendrot"]);
        // Without warning: its nodes live on, for the next start to deal with.
        process.kill(-terminal.child.pid, "SIGKILL");
        await until("it is killed", () => terminal.ended);
        assert.ok(processesOf(dir).length > first.length);
    });

    // How far the start has come, told by what it has made or said; one after the other, on the way to a whole start.
    const moments = [
        ["the database is being made", ["--fresh"], () => existsSync(path.join(dir, "postgres.new"))],
        ["the database is starting", [], () => existsSync(path.join(dir, "postgres/postmaster.pid"))],
        ["the first node runs", [], (terminal) => /is ready on/.test(terminal.shown)],
    ];
    for (const [name, words, reached] of moments)
        test(`Ctrl-C while ${name} leaves nothing behind`, async () => {
            const terminal = new Terminal(...words, "--dir", dir);
            await until(name, () => reached(terminal));
            await terminal.interrupt();
            assert.doesNotMatch(terminal.shown, /Press Ctrl-C/);
            await assertNothingLeft(dir);
        });

    test("what was begun with --fresh is taken up by the next start, and holds nothing of before", async () => {
        const terminal = new Terminal("--dir", dir);
        const [town] = await terminal.welcome();
        assert.notEqual(town.users[0].password, first[0].users[0].password);
        assert.deepEqual(await organisations(town, await signIn(town, town.users[0])), []);
        await terminal.interrupt("SIGHUP");
        await assertNothingLeft(dir);
    });

    test("--fresh removes nothing but a demo", async () => {
        const other = path.join(home, "letters");
        mkdirSync(path.join(other, "kept"), { recursive: true });
        await assert.rejects(run(script, ["--fresh", "--dir", other]), { code: 1 });
        assert.ok(existsSync(path.join(other, "kept")));
    });
});

test("`make run FRESH=1` is ops/run --fresh", async () => {
    const last = async (...words) => (await run("make", ["-C", checkout, "--no-print-directory", "--dry-run", "run", ...words])).stdout.trim().split("\n").at(-1).trim();
    assert.equal(await last(), "ops/run");
    assert.equal(await last("FRESH=1"), "ops/run --fresh");
});

test("--help says how, and words it does not understand are refused with exit code 2", async () => {
    assert.match((await run(script, ["--help"])).stdout, /--fresh[^]*--dir DIR/);
    for (const words of [["fly"], ["--dir"], ["--dir", ""], ["--fast"]]) await assert.rejects(run(script, words), { code: 2 });
});
