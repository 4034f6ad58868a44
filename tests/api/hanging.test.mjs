// Who leads and hangs is replaced: its lock goes to another process of the town, and it ends, so that whoever manages the
// services starts it anew. It says meanwhile that it lives.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { eventually } from "../network/support.mjs";
import { program, startTown } from "./lib/town.mjs";

const run = promisify(execFile);

process.env.HF_SERVER_JOBS_SECONDS = "1"; // for the nodes that this test starts: what leads and hangs is found out the sooner
let town;
const started = [];
before(async () => {
    town = await startTown();
});
after(async () => {
    for (const one of started) one.kill("SIGKILL");
    await town?.stop();
});

function serve(environment = {}) {
    const server = spawn(program, ["serve", "--config", town.node.config], {
        env: { ...process.env, HF_HTTPS_LISTEN: "127.0.0.1:0", HF_HTTP_LISTEN: "", ...environment },
        stdio: ["ignore", "ignore", "pipe"],
    });
    started.push(server);
    let text = "";
    server.stderr.on("data", (part) => (text += part));
    return { server, said: () => text, ready: () => eventually("it is ready", () => / ready: /.test(text)), ended: new Promise((resolve) => server.once("exit", (code, signal) => resolve(signal ?? code))) };
}

/** PostgreSQL through a port that can be made to pass nothing on, as a network that swallows packets does: from where a connection
 *  is between two transactions, since what hangs within one is ended by the server's own clock. */
async function swallowing() {
    const [, host] = /host=(\S+)/.exec(town.node.database), [, port] = /port=(\S+)/.exec(town.node.database) ?? [, "5432"];
    const idle = Buffer.from("Z\0\0\0\x05I", "latin1"); // ReadyForQuery, outside a transaction
    const pairs = [];
    let swallows = false;
    const swallowIfIdle = (pair) => swallows && pair.idle && [pair.client, pair.behind].forEach((socket) => socket.removeAllListeners("data").pause());
    const server = net.createServer((client) => {
        const pair = { client, behind: net.connect(path.join(host, `.s.PGSQL.${port}`)), idle: false };
        pairs.push(pair);
        for (const socket of [client, pair.behind]) socket.on("error", () => {});
        client.on("data", (part) => { pair.idle = false; pair.behind.write(part); });
        pair.behind.on("data", (part) => { pair.idle = part.subarray(-idle.length).equals(idle); client.write(part); swallowIfIdle(pair); });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const swallow = () => { swallows = true; pairs.forEach(swallowIfIdle); };
    const end = () => { server.close(); pairs.forEach(({ client, behind }) => { client.destroy(); behind.destroy(); }); };
    return { conninfo: town.node.database.replace(/host=\S+/, "host=127.0.0.1").replace(/port=\S+/, "") + ` port=${server.address().port}`, swallow, end };
}

const locks = readFileSync(fileURLToPath(new URL("../../node/db/locks.h", import.meta.url)), "utf8");
const key = Number(/DB_LOCK_PULL = (0x[0-9a-f]+)/.exec(locks)[1]) + 1; // the one of the jobs
async function leader() {
    const { stdout } = await run("psql", ["-XAtq", town.node.database, "-c", `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`]);
    return stdout.trim();
}
const another = (than) => eventually("another one leads", async () => { const now = await leader(); return now !== "" && now !== than && now; });

// What a process tells whoever manages the services. Node.js has no sockets of that kind; perl-base is on every Debian.
async function manager(name) {
    const socket = path.join(town.dir, name);
    const listener = spawn("perl", ["-MIO::Socket::UNIX", "-MSocket", "-e",
        '$| = 1; $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die; print "here\\n"; while (defined $s->recv($m, 4096)) { print "$m\\n"; }', socket],
        { stdio: ["ignore", "pipe", "inherit"] });
    started.push(listener);
    let heard = "";
    listener.stdout.on("data", (part) => (heard += part));
    await eventually("the manager listens", () => heard.includes("here"));
    return { env: { NOTIFY_SOCKET: socket }, heard: () => heard, lives: () => heard.split("WATCHDOG=1").length - 1 };
}

test("who leads the jobs and stands still is replaced: stopped as a whole it lives on as one that stands by, and hanging it ends and says why", async () => {
    const [network, told, first] = [await swallowing(), await manager("stopped.sock"), await another("")];
    const stopped = serve(told.env);
    await stopped.ready();
    process.kill(town.node.pid, "SIGKILL");
    const second = await another(first);
    const hanging = serve({ HF_DATABASE_CONNINFO: network.conninfo });
    await hanging.ready();
    // It can say nothing and end nothing; its lock goes all the same.
    stopped.server.kill("SIGSTOP");
    const third = await another(second);
    const standby = serve();
    await standby.ready();
    network.swallow();
    const fourth = await another(third);
    assert.equal(await hanging.ended, 1);
    network.end();
    assert.match(hanging.said(), /makes no progress any more: this process ends/);

    // By now it was stopped for longer than who hangs may take, and looks at itself again.
    const lived = told.lives();
    stopped.server.kill("SIGCONT");
    await eventually("it looks thrice, and finds nothing that hangs", () => told.lives() >= lived + 3 || stopped.server.exitCode !== null);
    assert.equal(stopped.server.exitCode, null, stopped.said());
    assert.equal(await leader(), fourth);
    stopped.server.kill("SIGTERM");
    assert.equal(await stopped.ended, 0);
    assert.equal(standby.server.exitCode, null);
});

test("whoever manages the services hears what a node waits for, when it is ready, that it lives, and that it ends", async () => {
    const { env, heard } = await manager("notify.sock");
    const lost = serve({ ...env, HF_DATABASE_CONNINFO: town.node.database.replace(/dbname=\S+/, "dbname=nowhere") });
    await eventually("it says what it waits for", () => /STATUS=Waiting for the database: .*"nowhere" does not exist/.test(heard()));
    lost.server.kill("SIGTERM");
    assert.equal(await lost.ended, 0);
    const node = serve(env);
    await eventually("it is ready", () => heard().includes("READY=1"));
    const before = heard().length;
    await eventually("it says that it lives", () => heard().slice(before).includes("WATCHDOG=1"));
    node.server.kill("SIGTERM");
    await eventually("it says that it ends", () => heard().includes("STOPPING=1"));
    assert.equal(await node.ended, 0);
});
