// make-dump.mjs: fills the nodes of a demo and keeps their databases as those of this release; ops/release calls it.
// Writes tests/upgrade/dumps/<version>/ and tests/upgrade/migrations.sha256. The program is what HF_NODE names.

import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Demo, program } from "../network/support.mjs";
import { dumpsDirectory, keep, migrationsFile, sqlDirectory } from "./dump.mjs";
import { fill } from "./fill.mjs";

const version = execFileSync(program, ["--version"], { encoding: "utf8" }).trim().split(" ")[1];
const dir = path.join(dumpsDirectory, version);
const demo = await Demo.up("--empty");
try {
    await fill(demo.towns);
    rmSync(dir, { recursive: true, force: true });
    await keep(demo, dir);
    writeFileSync(migrationsFile, execFileSync("sha256sum", readdirSync(sqlDirectory).sort(), { cwd: sqlDirectory }));
} finally {
    await demo.down();
}
