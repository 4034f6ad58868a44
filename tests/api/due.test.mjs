// What happens by the clock. The test moves the records' days, not the clock, and waits for the next round.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { startTown } from "./lib/town.mjs";

process.env.HF_SERVER_JOBS_SECONDS = "1"; // for the nodes that this test starts

let town;
before(async () => {
    town = await startTown();
});
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();

async function until(what, condition) {
    const deadline = Date.now() + 90_000;
    while (!(await condition())) {
        assert.ok(Date.now() < deadline, what);
        await pause(500);
    }
}

test("a listing whose day is long over expires by itself, with its reason to be found in the history", async () => {
    const proposal = await town.proposal();
    const other = await town.proposal();
    await town.post(`${town.path(proposal)}/transitions`, { to: "submitted" });
    await town.post(`${town.path(other)}/transitions`, { to: "submitted" });
    sql(`UPDATE listings SET day = current_date - 31 WHERE id = '${proposal.id}'`);
    sql(`UPDATE listings SET day = current_date - 29 WHERE id = '${other.id}'`);
    sql("INSERT INTO sessions (token_hash, user_id, expires_at) SELECT '\\x00', id, now() - interval '1 minute' FROM users LIMIT 1");
    await until("expired", async () => (await town.get(town.path(proposal))).body.state === "expired");
    const [newest] = (await town.get(`${town.path(proposal)}/history`)).body.items;
    assert.deepEqual([newest.action, newest.from, newest.to, newest.actor], ["transition", "submitted", "expired", null]);
    assert.equal((await town.get(town.path(other))).body.state, "submitted");
    await until("old sessions are gone", () => sql("SELECT count(*) FROM sessions WHERE expires_at < now()") === "0");
});
