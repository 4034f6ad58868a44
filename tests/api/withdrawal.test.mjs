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
    const psql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" });
    const count = (what) => Number(psql(`SELECT count(*) FROM entries WHERE ${what}`));
    await publish(proposal, { title: "Fassung 1" });
    // All but the first and the last are copies: publishing so often takes half a minute.
    psql(`INSERT INTO entries (stream_id, seq, type, object_id, rev, line, digest, chain, status, keep_until)
        SELECT stream_id, seq + n, type, object_id, rev + n, line, digest, chain, status, keep_until FROM entries, generate_series(1, ${lines - 2}) n WHERE object_id = '${proposal.id}';
        UPDATE streams SET seq = seq + ${lines - 2} WHERE name = 'net'`);
    await publish(proposal, { title: `Fassung ${lines}` });
    const before = [count("type = 'erase'"), count("status = 'erased'")];
    const answer = await town.post(`${town.path(proposal)}/publication/erase`, { reason: "zu oft" });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([count("type = 'erase'"), count("status = 'erased'")], [before[0] + 2, before[1] + lines]);
    assert.equal(count(`object_id = '${proposal.id}' AND line IS NOT NULL`), 0);
});
