// The database of a node as a file that can be read and restored, and beside it the key it signs with and what it answered.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { checkout } from "../network/support.mjs";
import { ask } from "./answers.mjs";

const run = promisify(execFile);

export const sqlDirectory = path.join(checkout, "node/sql");
export const dumpsDirectory = path.join(checkout, "tests/upgrade/dumps");
export const migrationsFile = path.join(checkout, "tests/upgrade/migrations.sha256");

/** The nodes whose databases are kept: one of each role. */
export const keptNodes = ["saarbruecken", "office"];

/** Of a filled demo: DIR/<node>.sql, .json and .pem for each. Its nodes are stopped afterwards. */
export async function keep(demo, dir) {
    const towns = keptNodes.map((name) => demo.towns[name]);
    mkdirSync(dir, { recursive: true });
    for (const town of towns) {
        const lines = Object.entries(await ask(town)).map(([target, answer]) => `${JSON.stringify(target)}: ${JSON.stringify(answer)}`);
        writeFileSync(path.join(dir, `${town.node}.json`), `{\n${lines.join(",\n")}\n}\n`);
    }
    for (const town of towns) await demo.kill(town);
    for (const town of towns) {
        // Unlogged tables are lost in every crash; \restrict is not known to every psql, and carries a random word.
        const { stdout } = await run("pg_dump", ["--no-owner", "--no-privileges", "--no-unlogged-table-data", town.database], { maxBuffer: 1 << 26 });
        writeFileSync(path.join(dir, `${town.node}.sql`), stdout.replace(/^\\(un)?restrict .*\n/gm, ""));
        const key = readFileSync(town.key, "utf8");
        writeFileSync(path.join(dir, `${town.node}.pem`), `The key of an invented town: it signs nothing but what is in the dump beside it.\n${key}`);
    }
    await assertNoneEmpty(towns);
}

// Names that wait until an office may bring them: no story of an honest office leaves one.
const WAITING = "waiting_names";

// Each kind of node leaves some tables to the other.
async function assertNoneEmpty(towns) {
    const filled = new Set(), tables = new Set();
    for (const town of towns)
        for (const table of await town.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace")) {
            tables.add(table);
            if ((await town.sql(`SELECT 1 FROM "${table}" LIMIT 1`)).length > 0) filled.add(table);
        }
    const empty = [...tables].filter((table) => !filled.has(table) && table !== WAITING);
    if (empty.length > 0) throw new Error(`tests/upgrade/fill.mjs leaves no row in: ${empty.join(", ")}`);
}

/** A new database with what DIR has of the node; conninfo names it, and a role that may sign in. */
export async function restore(demo, dir, node, conninfo) {
    const name = /dbname=(\S+)/.exec(conninfo)[1];
    const owner = /user=(\S+)/.exec(conninfo)[1];
    const administrator = (await run(path.join(checkout, "ops/postgres"), ["conninfo", demo.directory])).stdout.trim();
    for (const text of [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `CREATE DATABASE ${name} OWNER ${owner}`])
        await run("psql", ["-XqAt", `${administrator} dbname=postgres`, "-v", "ON_ERROR_STOP=1", "-c", text]);
    await run("psql", ["-XqAt", conninfo, "-v", "ON_ERROR_STOP=1", "-f", path.join(dir, `${node}.sql`)]);
}
