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
        env: { ...process.env, HF_SERVER_JOBS_SECONDS: "2", HF_HTTPS_LISTEN: "127.0.0.1:0", HF_HTTP_LISTEN: "", ...environment },
        stdio: ["ignore", "ignore", "pipe"],
    });
    started.push(server);
    let text = "";
    server.stderr.on("data", (part) => (text += part));
    return { server, said: () => text, ready: () => eventually("it is ready", () => / ready: /.test(text)), ended: new Promise((resolve) => server.once("exit", (code, signal) => resolve(signal ?? code))) };
}

/** PostgreSQL through a port that can be made to pass nothing on, as a network that swallows packets does. */
async function swallowing() {
    const [, host] = /host=(\S+)/.exec(town.node.database), [, port] = /port=(\S+)/.exec(town.node.database) ?? [, "5432"];
    const sockets = [];
    const server = net.createServer((client) => {
        const behind = net.connect(path.join(host, `.s.PGSQL.${port}`));
        sockets.push(client, behind);
        for (const socket of [client, behind]) socket.on("error", () => {});
        client.pipe(behind);
        behind.pipe(client);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const swallow = () => sockets.forEach((socket) => socket.unpipe() && socket.pause());
    const end = () => { server.close(); sockets.forEach((socket) => socket.destroy()); };
    return { conninfo: town.node.database.replace(/host=\S+/, "host=127.0.0.1").replace(/port=\S+/, "") + ` port=${server.address().port}`, swallow, end };
}

const locks = readFileSync(fileURLToPath(new URL("../../node/db/locks.h", import.meta.url)), "utf8");
const key = Number(/DB_LOCK_PULL = (0x[0-9a-f]+)/.exec(locks)[1]) + 1; // the one of the jobs
async function leader() {
    const { stdout } = await run("psql", ["-XAtq", town.node.database, "-c", `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`]);
    return stdout.trim();
}
const another = (than) => eventually("another one leads", async () => { const now = await leader(); return now !== "" && now !== than && now; });

test("a process that leads the jobs and whose database answers no more is replaced, ends and says why", async () => {
    const network = await swallowing();
    const first = await another("");
    const hanging = serve({ HF_DATABASE_CONNINFO: network.conninfo });
    await hanging.ready();
    process.kill(town.node.pid, "SIGKILL");
    const second = await another(first);
    const standby = serve();
    await standby.ready();
    network.swallow();
    await another(second);
    const ended = await Promise.race([hanging.ended, new Promise((resolve) => setTimeout(resolve, 150_000, "it did not end").unref())]);
    network.end();
    assert.equal(ended, 1);
    assert.match(hanging.said(), /makes no progress any more: this process ends/);
    assert.equal(standby.server.exitCode, null);

    // Stopped as a whole, it can say nothing and end nothing; its lock goes all the same.
    const third = await leader();
    const next = serve();
    await next.ready();
    standby.server.kill("SIGSTOP");
    await another(third);
    standby.server.kill("SIGCONT");
    await eventually("who was stopped only stands by, and lives", async () => (await leader()) !== "" && standby.server.exitCode === null);
    next.server.kill("SIGTERM");
    assert.equal(await next.ended, 0);
});

test("whoever manages the services hears when the node is ready, that it lives, and that it ends", async () => {
    const socket = path.join(town.dir, "notify.sock");
    // Node.js has no sockets of that kind; perl-base is on every Debian.
    const manager = spawn("perl", ["-MIO::Socket::UNIX", "-MSocket", "-e",
        '$| = 1; $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die; print "here\\n"; while (defined $s->recv($m, 4096)) { print "$m\\n"; }', socket],
        { stdio: ["ignore", "pipe", "inherit"] });
    started.push(manager);
    let heard = "";
    manager.stdout.on("data", (part) => (heard += part));
    await eventually("the manager listens", () => heard.includes("here"));
    const lost = serve({ NOTIFY_SOCKET: socket, HF_DATABASE_CONNINFO: town.node.database.replace(/dbname=\S+/, "dbname=nowhere") });
    await eventually("it says what it waits for", () => /STATUS=Waiting for the database: .*"nowhere" does not exist/.test(heard));
    lost.server.kill("SIGTERM");
    assert.equal(await lost.ended, 0);
    const node = serve({ NOTIFY_SOCKET: socket });
    await eventually("it is ready", () => heard.includes("READY=1"));
    const before = heard.length;
    await eventually("it says that it lives", () => heard.slice(before).includes("WATCHDOG=1"));
    node.server.kill("SIGTERM");
    await eventually("it says that it ends", () => heard.includes("STOPPING=1"));
    assert.equal(await node.ended, 0);
    manager.kill();
});
