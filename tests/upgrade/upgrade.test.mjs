// A filled database of every release becomes one of this program: nothing is lost, and its streams go on.
//
// What a release answered is kept beside its dump, and this program must still say all of it. Before there is a
// release, and beside those there are, the same is done with what this program fills itself; there its peers live,
// and must follow it through the restored backup.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { chainLink, chainStart, digestOf } from "../interop/peer/chain.mjs";
import { checkout, Demo, eventually, freePort, Town } from "../network/support.mjs";
import { ask, assertSays } from "./answers.mjs";
import { dumpsDirectory, keep, keptNodes, restore } from "./dump.mjs";
import { fill, signIn } from "./fill.mjs";


let demo;
before(async () => {
    demo = await Demo.up("--empty");
});
after(() => demo?.down());

const keptAnswers = (dir, node) => JSON.parse(readFileSync(path.join(dir, `${node}.json`), "utf8"));

/** How many rows each table has. */
async function countRows(town) {
    const tables = await town.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace");
    return new Map(await Promise.all(tables.map(async (table) => [table, Number((await town.sql(`SELECT count(*) FROM "${table}"`))[0])])));
}

/** What a table that is still there had, it has. */
async function migrate(town) {
    const before = await countRows(town);
    const epoch = Number((await town.sql("SELECT epoch FROM node_state"))[0]);
        await town.command("migrate");
    // The dump may be older than a day: somebody says that the clock is right.
    await town.sql("UPDATE node_state SET clock_said = extract(epoch FROM now())");
    const now = await countRows(town);
    for (const [table, rows] of before) assert.ok(!now.has(table) || now.get(table) >= rows, `${table}: ${now.get(table)} of ${rows} rows`);
    assert.match(await town.command("check"), /^ok +authority, signing key and database belong together$/m);
    return epoch;
}

/** A line of another town, of a type that nobody knows, which 0.1.0 kept for ever; answers what sees that it has a term now. */
async function leaveOdd(town) {
    const odd = "FROM entries WHERE type = 'novelty'";
    await town.sql(`INSERT INTO entries (stream_id, seq, type, line, digest, chain, status) SELECT id, seq + 1000, 'novelty', 'x', chain, chain, 'held' FROM streams WHERE origin <> '${town.authority}' LIMIT 1`);
    return async () => {
        assert.deepEqual(await town.sql(`SELECT keep_until BETWEEN now() + interval '365 days' AND now() + interval '366 days' ${odd}`), ["t"]);
        await town.sql(`DELETE ${odd}`);
    };
}

async function readBack(town, then) {
    const now = await ask(town);
    for (const [target, answer] of Object.entries(then)) assertSays(now[target], answer, target);
}

/** The chain of each epoch of each of its streams, computed anew; each epoch goes on where the one before it ended. */
async function assertChains(town) {
    const rows = await town.sql(`SELECT json_build_object('name', s.name, 'epoch', s.epoch, 'seq', e.seq, 'digest', encode(e.digest, 'hex'), 'chain', encode(e.chain, 'hex'),
        'line', encode(e.line, 'base64')) FROM streams s JOIN entries e ON e.stream_id = s.id WHERE s.origin = '${town.authority}' ORDER BY s.name, s.epoch, e.seq`);
    let last = {};
    const epochs = {};
    for (const { name, epoch, seq, digest, chain, line } of rows.map((row) => JSON.parse(row))) {
        const where = `${name} ${epoch}.${seq}`;
        if (line) assert.equal(digestOf(Buffer.from(line, "base64")).toString("hex"), digest, where);
        const begins = last.name !== name || last.epoch !== epoch;
        const previous = begins ? chainStart(town.authority, name, epoch) : Buffer.from(last.chain, "hex");
        assert.equal(chainLink(previous, seq, Buffer.from(digest, "hex")).toString("hex"), chain, where);
        if (begins && last.name === name) {
            const said = JSON.parse(Buffer.from(line, "base64")).body.previous;
            assert.deepEqual(said, { epoch: last.epoch, seq: last.seq, chain: Buffer.from(last.chain, "hex").toString("base64url") }, where);
        }
        assert.equal(seq, begins ? 1 : last.seq + 1, where);
        epochs[name] = epoch;
        last = { name, epoch, seq, chain };
    }
    return epochs;
}

/** A restored database is another one (SPEC.md 6.5), so all streams go on in a new epoch. */
async function assertNewEpoch(town, old) {
    const epochs = await assertChains(town);
    const [now] = await town.sql("SELECT epoch FROM node_state");
    assert.ok(Number(now) > old, `epoch ${now} after ${old}`);
    for (const [name, epoch] of Object.entries(epochs)) assert.equal(epoch, Number(now), name);
}

describe("what this program wrote, restored from a backup among living peers", () => {
    let dir;
    const epochs = {};
    before(async () => {
        dir = mkdtempSync(path.join(os.tmpdir(), "hf-upgrade-"));
        await fill(demo.towns);
        await keep(demo, dir);
        for (const node of keptNodes) {
            await restore(demo, dir, node, demo.towns[node].database);
            epochs[node] = await migrate(demo.towns[node]);
        }
        await demo.restart();
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    for (const node of keptNodes)
        test(`${node} answers what it answered, and goes on in a new epoch`, async () => {
            await readBack(demo.towns[node], keptAnswers(dir, node));
            await assertNewEpoch(demo.towns[node], epochs[node]);
        });

    test("its peers follow it there, and those who worked here still can", async () => {
        const { saarbruecken, arnhem, metz } = demo.towns;
        assert.equal((await signIn(saarbruecken)).language, "nl");
        const id = await saarbruecken.publish("Leitern für ein Dach");
        for (const town of [arnhem, metz]) await eventually(`${town.name} reads it`, () => town.reads(saarbruecken, id));
        await assertChains(saarbruecken);
        assert.deepEqual(await arnhem.sql(`SELECT kind FROM alarms WHERE peer = '${saarbruecken.authority}'`), []);
    });
});

// -------- the releases

/** The node of the dump, with everything else as it is in the demo's node of that name; not started. */
async function restoreRelease(dir, version, node) {
    const model = demo.towns[node];
    const name = `release_${version.replaceAll(".", "_")}_${node}`;
    const file = (end) => path.join(path.dirname(model.config), `${name}.${end}`);
    const database = model.database.replace(/dbname=\S+/, `dbname=${name}`);
    await restore(demo, dir, node, database);
    copyFileSync(path.join(dir, `${node}.pem`), file("pem"));
    chmodSync(file("pem"), 0o600);

    const town = new Town({ ...model, database, config: file("ini"), log: file("log"), admin: undefined, url: `http://127.0.0.1:${await freePort()}` });
    [town.authority] = await town.sql("SELECT authority FROM node_state");
    const options = { authority: town.authority, conninfo: database, signing: `${name}.pem` };
    let text = readFileSync(model.config, "utf8");
    for (const [option, value] of Object.entries(options)) text = text.replace(new RegExp(`^${option} = .*$`, "m"), `${option} = ${value}`);
    text = text.replace(/^(\[https\]\nlisten = ).*$/m, `$1127.0.0.1:${await freePort()}`).replace(/^(\[http\]\nlisten = ).*$/m, `$1${new URL(town.url).host}`);
    writeFileSync(town.config, text);
    return town;
}

// As another process of the town would: while this one has the locks, nobody does what the clock asks or calls peers. So
// it does not matter how long ago the dump was made.
async function holdLocks(town) {
    const first = Number(/DB_LOCK_PULL = (0x[0-9a-f]+)/.exec(readFileSync(path.join(checkout, "node/db/locks.h"), "utf8"))[1]);
    const holder = spawn("psql", ["-XqAt", town.database], { stdio: ["pipe", "pipe", "inherit"] });
    holder.stdin.write(`SELECT bool_and(pg_try_advisory_lock(n)) FROM generate_series(${first}, ${first + 1}) AS n;\n`);
    assert.equal(String(await new Promise((resolve) => holder.stdout.once("data", resolve))), "t\n");
    return () => holder.stdin.end();
}

async function whileServing(town, work) {
    const release = await holdLocks(town);
    const server = demo.serve(town);
    const ended = new Promise((resolve) => server.once("exit", resolve));
    try {
        const ready = () => fetch(new URL("/readyz", town.url)).then((answer) => answer.ok, () => server.exitCode !== null && assert.fail(`it ended; see ${town.log}`));
        await eventually(`${town.authority} is ready`, ready);
        await work();
    } finally {
        server.kill("SIGTERM");
        release();
        assert.equal(await ended, 0);
    }
}

for (const version of existsSync(dumpsDirectory) ? readdirSync(dumpsDirectory).sort() : [])
    for (const node of keptNodes)
        test(`${node} of release ${version} answers what it answered, and its streams go on`, async () => {
            const dir = path.join(dumpsDirectory, version);
            const town = await restoreRelease(dir, version, node);
            const tidied = version === "0.1.0" ? await leaveOdd(town) : null;
            const epoch = await migrate(town);
            await tidied?.();
            const user = town.users.find((one) => one.role !== "admin");
            town.token = (await town.command("user", "token", "--email", user.email, "--label", "test")).trim();
            await whileServing(town, async () => {
                await readBack(town, keptAnswers(dir, node));
                await assertNewEpoch(town, epoch);
                if (town.role !== "city") return;
                assert.equal((await signIn(town)).language, "nl");
                const id = await town.publish("Leitern für ein Dach");
                assert.equal((await town.ask("GET", `/proposals/${id}/publication`)).state, "published");
                await assertNewEpoch(town, epoch);
            });
        });
