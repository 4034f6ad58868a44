// ops/postgres: a private cluster that starts whatever happened before, and ends nobody else's process.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../../ops/postgres", import.meta.url));
const run = promisify(execFile);
delete process.env.HF_POSTGRES_THROWAWAY; // that is said here where it is meant
const postgres = (...words) => run(script, words);

describe("a cluster in a long path with a space, below a directory that only its owner may enter", () => {
    const home = mkdtempSync(path.join(tmpdir(), "hf-ops-"));
    const dir = path.join(home, "a clone", "d".repeat(150));
    const data = path.join(dir, "postgres");
    const sql = async (text) =>
        (await run("psql", ["-X", "-At", `${(await postgres("conninfo", dir)).stdout.trim()} dbname=postgres`, "-c", text])).stdout.trim();
    const postmaster = () => Number(readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n")[0]);
    const status = () => postgres("status", dir).then(() => "runs", ({ code }) => (code === 3 ? "does not run" : "?"));

    before(async () => {
        chmodSync(home, 0o700);
        mkdirSync(path.join(dir, "postgres.new", "base"), { recursive: true }); // an initdb that was cut off
        await postgres("start", "--connections", "20", dir);
        await sql("CREATE TABLE kept AS SELECT 'still here' AS text");
    });
    after(async () => {
        await postgres("stop", dir);
        rmSync(home, { recursive: true, force: true });
    });

    test("runs with what it was asked for, without TCP", async () => {
        assert.equal(await status(), "runs");
        assert.equal(await sql("SHOW max_connections"), "20");
        assert.equal(await sql("SHOW listen_addresses"), "");
        assert.equal(await sql("SHOW data_checksums"), "on");
        assert.equal(await sql("SHOW fsync"), "on");
    });

    test("start changes nothing when it runs", async () => {
        const pid = postmaster();
        await postgres("start", dir);
        assert.equal(postmaster(), pid);
    });

    test("comes back with its data after the postmaster was killed, though a busy backend lives on", { timeout: 60_000 }, async () => {
        const busy = sql("SELECT count(*) FROM generate_series(1, 100000000000)").catch(() => "cut off");
        while ((await sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1,%' AND pid <> pg_backend_pid()")) === "0");
        process.kill(postmaster(), "SIGKILL");
        await postgres("start", dir);
        assert.equal(await busy, "cut off");
        assert.equal(await sql("SELECT text FROM kept"), "still here");
    });

    test("a pid file that names another process neither hinders the start nor harms that process", async () => {
        await postgres("stop", dir);
        assert.equal(await status(), "does not run");
        const other = spawn("sleep", ["600"]);
        writeFileSync(path.join(data, "postmaster.pid"), `${other.pid}\n${data}\n1\n5432\n/tmp\n\n1 1\nready   \n`);
        assert.equal(await status(), "does not run");
        await postgres("start", dir);
        assert.equal(await sql("SELECT text FROM kept"), "still here");
        assert.equal(other.exitCode, null);
        assert.equal(other.signalCode, null);
        other.kill();
    });

    test("waits for no disk when all may be thrown away, and only then", async () => {
        await postgres("stop", dir);
        await run(script, ["start", dir], { env: { ...process.env, HF_POSTGRES_THROWAWAY: "1" } });
        assert.equal(await sql("SHOW fsync"), "off");
        process.kill(postmaster(), "SIGKILL");
        await postgres("start", dir);
        assert.equal(await sql("SHOW fsync"), "on");
        assert.equal(await sql("SELECT text FROM kept"), "still here");
    });

    test("stop leaves no process and no socket, and may be repeated", async () => {
        const socket = (await postgres("conninfo", dir)).stdout.match(/host=(\S+)/)[1];
        const pid = postmaster();
        await postgres("stop", dir);
        await postgres("stop", dir);
        assert.equal(await status(), "does not run");
        assert.equal(existsSync(socket), false);
        assert.equal(existsSync(`/proc/${pid}/exe`), false);
    });
});

test("words it does not understand are refused with exit code 2", async () => {
    for (const words of [[], ["start"], ["fly", "/nowhere"], ["start", "--connections", "many", "/nowhere"], ["start", "--tcp", "/nowhere"]])
        await assert.rejects(postgres(...words), { code: 2 });
});
