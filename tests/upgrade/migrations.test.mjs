// A migration that ran is never edited: what made a database's tables is known by its checksum.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { program, startTown } from "../api/lib/town.mjs";

const run = promisify(execFile);
const checkout = fileURLToPath(new URL("../..", import.meta.url));
const sqlDirectory = path.join(checkout, "node/sql");
const files = readdirSync(sqlDirectory).sort();
const checksum = (file) => createHash("sha256").update(readFileSync(path.join(sqlDirectory, file))).digest("hex");

let town;
before(async () => {
    town = await startTown();
});
after(() => town?.stop());

// Never throws; who should be refused and serves instead is ended.
const hfNode = (words, env) =>
    run(program, words, { env, timeout: 60_000 }).then((out) => ({ code: 0, ...out }), ({ code, stdout, stderr }) => ({ code, stdout, stderr }));

async function preparedTown() {
    const bare = await town.bareTown();
    const { code, stderr } = await hfNode(["init"], bare.env);
    assert.equal(code, 0, stderr);
    return bare;
}

// Without \restrict, which carries a random word.
const schema = async ({ database }) => (await run("pg_dump", ["--schema-only", database])).stdout.replace(/^\\(un)?restrict .*$/gm, "");

describe("the tables of a database that this program's migrations did not make are refused", () => {
    const first = path.parse(files[0]).name;
    const last = path.parse(files.at(-1)).name;
    const edited = `UPDATE migrations SET checksum = repeat('0', 64) WHERE name = '${first}'`;
    const cases = [
        ["a migration was edited after it ran", edited, new RegExp(`${first} was edited after it ran`)],
        ["one was edited, and another one waits to be applied", `${edited}; DELETE FROM migrations WHERE name = '${last}'`, new RegExp(`${first} was edited after it ran`)],
        ["a development version made them, which kept no checksums", "ALTER TABLE migrations DROP COLUMN checksum", new RegExp(`${first} was edited after it ran`)],
        ["a newer version added one", "INSERT INTO migrations (name, checksum) VALUES ('9999_later', repeat('0', 64))", /another version of hf-node \(9999_later\)/],
        ["one in the middle is missing", `DELETE FROM migrations WHERE name = '${first}'`, new RegExp(`another version of hf-node \\(${path.parse(files[1]).name}\\)`)],
    ];
    for (const [what, change, told] of cases)
        test(`${what}`, async () => {
            const other = await preparedTown();
            await other.sql(change);
            const before = [await schema(other), await other.sql("SELECT * FROM migrations ORDER BY name")];
            for (const command of ["migrate", "init", "serve"]) {
                const { code, stderr } = await hfNode([command], other.env);
                assert.equal(code, 1, `${command}: ${stderr}`);
                assert.match(stderr, told, command);
                assert.match(stderr, /Nothing was changed\./, command);
            }
            const { code, stdout } = await hfNode(["check"], other.env);
            assert.equal(code, 1, stdout);
            assert.match(stdout, new RegExp(`^MISTAKE database tables\\n +→ .*${told.source}`, "m"));
            assert.deepEqual([await schema(other), await other.sql("SELECT * FROM migrations ORDER BY name")], before);
        });
});

test("the checksum of a migration is that of its file, octet by octet", async () => {
    const { sql } = await preparedTown();
    assert.deepEqual(await sql("SELECT name, checksum FROM migrations ORDER BY name"), files.map((file) => `${path.parse(file).name}|${checksum(file)}`));
});

test("a migration with carriage returns is not built in: a checkout must not change what a checksum says", async () => {
    const dir = mkdtempSync(path.join(tmpdir(), "hf-migrations-"));
    try {
        const file = path.join(dir, "0001_dos.sql");
        writeFileSync(file, "SELECT 1;\r\nSELECT 2;\r\n");
        const { code, stderr } = await run("awk", ["-f", path.join(checkout, "ops/lib/embed-sql.awk"), file]).catch((error) => error);
        assert.equal(code, 1, stderr);
        assert.match(stderr, /0001_dos\.sql:1: .*carriage return/);
    } finally {
        rmSync(dir, { recursive: true, force: true });
    }
});

// Requests end after 15 seconds and wait 10 for others. A migration of a full database may take longer, and so may others' of it.
test("a migration takes the time it needs, and who starts meanwhile waits for it", async () => {
    const { env, database, sql } = await preparedTown();
    const holder = spawn("psql", ["-XqAt", database], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise((resolve) => holder.once("exit", resolve));
    try {
        holder.stdin.write("BEGIN;\nLOCK TABLE migrations;\nSELECT 'held';\n");
        await new Promise((resolve) => holder.stdout.once("data", resolve));
        const migrating = hfNode(["migrate"], env);
        let over = false;
        migrating.then(() => (over = true));
        const deadline = Date.now() + 40_000;
        while ((await sql("SELECT count(*) FROM pg_locks WHERE NOT granted AND waitstart < now() - interval '16 seconds'"))[0] !== "1") {
            assert.ok(!over, JSON.stringify(over && (await migrating)));
            assert.ok(Date.now() < deadline, "nobody waits");
            await new Promise((resolve) => setTimeout(resolve, 250));
        }
        holder.stdin.end("COMMIT;\n");
        const { code, stderr } = await migrating;
        assert.equal(code, 0, stderr);
    } finally {
        holder.stdin.end();
        await ended;
    }
});
