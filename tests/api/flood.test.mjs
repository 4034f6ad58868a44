// Nobody stops a node: with the settings that `hf-node serve --help` names, strangers can make themselves wait, and nobody else.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { after, before, test } from "node:test";

import { eventually } from "../network/support.mjs";
import { program, startTown } from "./lib/town.mjs";

// What ops/demo sets for its own nodes is put back.
const help = execFileSync(program, ["serve", "--help"], { encoding: "utf8" });
for (const [, name, value] of help.split("[server]")[1].split("[ui]")[0].matchAll(/^ {4}(\w+) .*\((\d+)\)$/gm))
    process.env[`HF_SERVER_${name.toUpperCase()}`] ??= value;

const SIGN_INS = 80;
const ABOUT_ONCE = 1000; // milliseconds in which whoever wants something else has it, on a busy machine too

let town, email;
before(async () => {
    town = await startTown();
    ({ email } = await town.account("ein langes Kennwort"));
});
after(() => town?.stop());

const port = () => Number(new URL(town.node.url).port);

/** One request on a connection of its own from an address of this machine; its status and how long it took. */
function ask(method, path, { from, body, headers = {} } = {}) {
    const own = `127.0.0.1:${port()}`;
    const sent = { Host: own, Origin: `http://${own}`, "X-Requested-With": "herausforderung", ...(body && { "Content-Type": "application/json" }), ...headers };
    const began = performance.now();
    return new Promise((resolve, reject) => {
        http.request({ host: "127.0.0.1", port: port(), localAddress: from, method, path, agent: false, headers: sent }, (answer) => {
            answer.resume().on("end", () => resolve({ status: answer.statusCode, took: performance.now() - began }));
        }).on("error", reject).end(body && JSON.stringify(body));
    });
}
const signIn = (from, name, password) => ask("POST", "/api/v1/session", { from, body: { email: name, password } });

/** All that a coordinator does meanwhile: nothing fails, and nothing waits. */
async function works(until) {
    const headers = { Authorization: `Bearer ${town.tokens.coordinator}` };
    let over = false, done = 0;
    until.finally(() => (over = true)).catch(() => {});
    while (!over || done === 0)
        for (const path of ["/api/v1/today", "/api/v1/proposals", "/healthz"]) {
            const { status, took } = await ask("GET", path, { headers });
            assert.equal(status, 200, `${path} meanwhile`);
            assert.ok(took < ABOUT_ONCE, `${path} took ${took} ms meanwhile`);
            done += 1;
        }
}

for (const [what, from] of [
    ["from two addresses", (i) => `127.0.0.${2 + (i % 2)}`],
    ["from as many addresses", (i) => `127.0.1.${i + 1}`],
])
    test(`${SIGN_INS} who sign in at once ${what} make signing in slow, and nothing else`, async () => {
        const all = Promise.all(Array.from({ length: SIGN_INS }, (_, i) => signIn(from(i), `niemand${i}${Math.random()}@test.example`, "falsch")));
        await works(all);
        assert.deepEqual([...new Set((await all).map(({ status }) => status))], [401]);
    });

test("who signs in from elsewhere waits for none of the many from one address", async () => {
    let open = 40;
    const many = Array.from({ length: open }, (_, i) => signIn("127.0.0.4", `niemand${i}${Math.random()}@test.example`, "falsch").finally(() => (open -= 1)));
    await eventually("the first of them was heard", async () => open < many.length);
    assert.equal((await signIn("127.0.0.5", email, "ein langes Kennwort")).status, 200);
    assert.ok(open > many.length / 2, `${open} of ${many.length} were still waiting`);
    await Promise.all(many);
});

test("as many large files at once as there are workers keep nobody else waiting", async () => {
    const row = (i) => `Bäckerei ${i},food,Brot ${i},"Brot vom Vortag, Nummer ${i}, wird jeden Abend gegen Äpfel, Birnen oder Hilfe beim Tragen abgegeben",goods,${i},kg,DE-07111,2027-03-01,,,,row-${i},de`;
    const file = `organisation,sector,title,text,category,quantity,unit,municipality,day,return_favour,note,state,external_id,language\n${Array.from({ length: 2500 }, (_, i) => row(i)).join("\n")}\n`;
    const all = Promise.all(Array.from({ length: Number(process.env.HF_SERVER_WORKERS) }, () => town.post("/api/v1/imports?kind=proposals", file, { type: "text/csv" })));
    await works(all);
    assert.deepEqual([...new Set((await all).map(({ status }) => status))], [201]);
});

/** All connections that the node has, from as few addresses as can have them; each sends this, and goes no further once the node
 * has said something about it. */
async function occupy(text, network, isAnswered) {
    const sockets = [];
    for (let i = 0; i < Number(process.env.HF_SERVER_CONNECTIONS); i++) {
        const socket = net.connect({ host: "127.0.0.1", port: port(), localAddress: `127.0.${network}.${1 + (i % 8)}` });
        socket.on("error", () => {}).on("connect", () => socket.write(text));
        sockets.push(socket);
        await new Promise((resolve) => socket.once(isAnswered ? "data" : "connect", resolve).once("close", resolve));
        socket.pause();
    }
    assert.equal(sockets.length, 256);
    return () => sockets.forEach((socket) => socket.destroy());
}

for (const [who, text, network, isAnswered] of [
    ["are idle", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 2, true],
    ["never finish a request", "GET /healthz HTTP/1.1\r\nX: ", 3, false],
    ["never send their body", "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n", 4, true],
    ["do not read their answer", "GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(40), 5, true],
])
    test(`as many connections as there may be, whose owners ${who}, keep nobody out`, async () => {
        const leave = await occupy(text, network, isAnswered);
        for (let i = 0; i < 20; i++)
            for (const { status, took } of await Promise.all(Array.from({ length: 6 }, () => ask("GET", "/healthz")))) {
                assert.equal(status, 200);
                assert.ok(took < ABOUT_ONCE, `a newcomer waited ${took} ms`);
            }
        leave();
    });

const residentOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

test("strangers who send what only a user may send make the node keep none of it", async () => {
    const before = residentOf(town.node.pid);
    const size = 2 * 1024 * 1024;
    const piece = Buffer.alloc(size - 1, "x");
    const sockets = [];
    for (let i = 0; i < 150; i++) {
        const socket = net.connect({ host: "127.0.0.1", port: port(), localAddress: `127.0.6.${1 + (i % 8)}` });
        socket.on("error", () => {});
        await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
        socket.write(`POST /api/v1/imports?kind=proposals HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: ${size}\r\n\r\n`);
        socket.write(piece);
        sockets.push(socket);
    }
    await eventually("all was read", async () => sockets.every((socket) => socket.destroyed || socket.writableLength === 0));
    assert.ok(residentOf(town.node.pid) < before + 40, `${before} MB before, ${residentOf(town.node.pid)} MB now`);
    sockets.forEach((socket) => socket.destroy());
});

test("a head with a nameless line ends its connection", async () => {
    const socket = net.connect({ host: "127.0.0.1", port: port() });
    let said = "";
    const ended = new Promise((resolve) => socket.on("data", (data) => (said += data)).on("close", resolve).on("error", resolve));
    socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n: nameless\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await ended;
    assert.match(said, /^HTTP\/1\.1 400 /);
    assert.equal(said.match(/HTTP\/1\.1/g).length, 1, "nothing behind it is taken for a request");
});

test("a node may open as many files as it is allowed to, and check says when these are too few", async () => {
    const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${town.node.pid}/limits`, "utf8"));
    assert.equal(soft, hard);
    const check = (limit) => spawnSync("bash", ["-c", `ulimit -n ${limit} && exec "$0" check --config "$1"`, program, town.node.config], { encoding: "utf8" });
    assert.match(check(1200).stdout, /^MISTAKE open files: up to 1288 are needed, 1200 are allowed$/m);
    assert.match(check(1300).stdout, /^ok +open files: up to 1288 are needed, 1300 are allowed$/m);
});

test("told to stop, a node ends, although its database does not answer", async () => {
    const other = await startTown();
    const backends = execFileSync("psql", ["-XAtq", other.node.database, "-c", "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"], { encoding: "utf8" }).trim().split("\n").map(Number);
    try {
        backends.forEach((pid) => process.kill(pid, "SIGSTOP"));
        const asked = Array.from({ length: 8 }, () => fetch(`${other.node.url}/api/v1/today`, { headers: { Authorization: `Bearer ${other.tokens.coordinator}` } }).catch(() => {}));
        assert.equal((await fetch(`${other.node.url}/healthz`)).status, 200);
        process.kill(other.node.pid, "SIGTERM");
        await eventually("it has ended", async () => !existsSync(`/proc/${other.node.pid}`), 60);
        await Promise.all(asked);
    } finally {
        backends.forEach((pid) => process.kill(pid, "SIGCONT"));
        await other.stop();
    }
});

/** Seconds that the node's process has computed. */
const computed = (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\)/s, ")").split(" ").slice(12, 14).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);

const columns = ["organisation", "sector", "title", "text", "category", "quantity", "unit", "municipality", "day", "return_favour", "note", "state", "external_id", "language"];
const cell = 80000;
for (const [what, piece] of Object.entries({
    "separators +": "+", "separators ,": ",", "separators ;": ";", "separators /": "/", "separators |": "|", "separators &": "&", "lines": "\n", "pieces": "goods+",
    "letters": "a", "words": "ab ", "spaces": " ", "digits": "7", "dots": ".", "quotation marks": '""', "umlauts": "ü", "commas of thousands": "1,000.", "signs @": "a@",
}))
    test(`a file whose cells are nothing but ${what} costs no more than to read it`, async () => {
        const before = computed(town.node.pid);
        const text = piece.repeat(cell / piece.length);
        const file = `${columns.join(",")}\n${columns.map(() => `"${text}"`).join(",")}\n`;
        const { status } = await town.post("/api/v1/imports?kind=proposals", file, { type: "text/csv" });
        assert.ok(status < 500, `${status}`);
        const spent = computed(town.node.pid) - before;
        assert.ok(spent < 3, `${spent} s`);
    });
