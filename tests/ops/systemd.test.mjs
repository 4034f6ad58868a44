// The unit of a real city: what it leaves open is little, and what it names is there.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const file = fileURLToPath(new URL("../../ops/systemd/herausforderung.service", import.meta.url));
const unit = new Map(readFileSync(file, "utf8").split("\n").filter((line) => /^\w+=/.test(line)).map((line) => line.split(/=(.*)/s)));

const analyze = await run("systemd-analyze", ["--version"]).then(() => true, () => false);

test("systemd finds the unit's exposure to be 2.0 at most", { skip: !analyze && "systemd-analyze is not installed" }, async () => {
    const { stdout } = await run("systemd-analyze", ["security", "--offline=yes", "--threshold=20", file]); // fails above
    const [, level] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout);
    assert.ok(Number(level) <= 2, `${level}\n${stdout}`);
});

test("the node is started anew when it fails or hangs, and has more time than it needs to say that it lives", () => {
    assert.equal(unit.get("Type"), "notify");
    assert.equal(unit.get("Restart"), "on-failure");
    const turn = Number(/SERVE_TURN_SECONDS = (\d+)/.exec(readFileSync(new URL("../../node/command/serve.c", import.meta.url), "utf8"))[1]);
    assert.ok(Number(unit.get("WatchdogSec")) >= 4 * turn);
    assert.equal(unit.get("TimeoutStartSec"), "infinity", "a migration of full tables must not be cut off");
});

test("secrets come as credentials, under the names that the node and libpq look for", () => {
    const loaded = readFileSync(file, "utf8").match(/^LoadCredential=.*$/gm).map((line) => /=(.*?):/.exec(line)[1]);
    assert.deepEqual(loaded, ["signing.pem", "pgpass"]);
    assert.equal(unit.get("Environment"), "HF_KEYS_SIGNING=%d/signing.pem PGPASSFILE=%d/pgpass");
});
