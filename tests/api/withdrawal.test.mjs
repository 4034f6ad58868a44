// A withdrawal of very much: a file of its own, for it takes its time.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { startTown } from "./lib/town.mjs";

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();
const submitted = async (more) => town.move(await town.proposal(more), "submitted");
const publish = (listing, wording) => town.publish(listing, wording);

test("however often something was published, all of it can be withdrawn", async () => {
    const proposal = await submitted(), lines = 1001; // one `erase` entry names 1000 at most
    for (let n = 1; n <= lines; n++) await publish(proposal, { title: `Fassung ${n}` });
    const count = (what) => Number(execFileSync("psql", ["-XAtq", town.node.database, "-c", `SELECT count(*) FROM entries WHERE ${what}`], { encoding: "utf8" }));
    const before = [count("type = 'erase'"), count("status = 'erased'")];
    const answer = await town.post(`${town.path(proposal)}/publication/erase`, { reason: "zu oft" });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([count("type = 'erase'"), count("status = 'erased'")], [before[0] + 2, before[1] + lines]);
    assert.equal(count(`object_id = '${proposal.id}' AND line IS NOT NULL`), 0);
});
