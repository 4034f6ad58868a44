// What waits: each kind by its own row, the oldest first, counted no further than anybody reads.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { startTown } from "./lib/town.mjs";

let town;
before(async () => {
    town = await startTown();
});
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", town.node.database, "-c", text], { encoding: "utf8" }).trim();
const today = async (role = "coordinator") => new Map((await town.get("/api/v1/today", { role })).body.items.map((item) => [item.kind, item]));
const waiting = async (role = "coordinator") => (await town.get("/api/v1/session", { role })).body.today_count;

// Proposals in a state since so many hours ago, the first one the longest.
function record(count, { state, day = "NULL", hours = "n" }) {
    sql(`WITH o AS (INSERT INTO organisations (name, sector) VALUES ('Verein ' || gen_random_uuid(), 'civil_society') RETURNING id)
        INSERT INTO listings (kind, number, organisation_id, title, text, language, help, municipality, day, state, state_since)
        SELECT 'proposal', nextval('proposal_number'), o.id, '${state} ' || n, 'Text', 'de', '[{"category":"goods"}]', 'Musterstadt', ${day}, '${state}',
            now() - interval '1 hour' * (${count} - ${hours} + 1) FROM o, generate_series(1, ${count}) n`);
}

test("of each kind the ten oldest are told, and the session counts all of them", async () => {
    const before = await waiting();
    record(12, { state: "submitted" });
    record(3, { state: "needs_information" });
    record(2, { state: "seeking", day: "current_date + 14" });
    record(2, { state: "seeking", day: "current_date + 15" });
    record(2, { state: "completed", day: "current_date - 15" });
    const items = await today();
    const told = (kind) => [items.get(kind)?.count, items.get(kind)?.objects.map(({ title }) => title)];
    assert.deepEqual(told("submitted_proposals"), [12, Array.from({ length: 10 }, (_, i) => `submitted ${i + 1}`)]);
    assert.equal(items.get("submitted_proposals").oldest_at, items.get("submitted_proposals").objects[0].at);
    assert.deepEqual(told("needs_information"), [3, ["needs_information 1", "needs_information 2", "needs_information 3"]]);
    assert.deepEqual(told("due_soon"), [2, ["seeking 1", "seeking 2"]]);
    assert.equal(await waiting(), before + 17);
});

test("the kind that waits longest comes first", async () => {
    record(1, { state: "needs_information", hours: "-9000" });
    const kinds = [...(await today()).values()];
    assert.equal(kinds[0].kind, "needs_information");
    assert.deepEqual(kinds.map((item) => item.oldest_at), kinds.map((item) => item.oldest_at).sort());
});

test("an alarm waits for the administration alone, on the list and in the count", async () => {
    const [before, beforeAdmin] = [await waiting(), await waiting("admin")];
    sql("INSERT INTO alarms (kind, peer, detail) VALUES ('key_conflict', 'metz.example', 'Zwei Schlüssel')");
    assert.equal((await today()).get("key_alarm"), undefined);
    const { objects, ...item } = (await today("admin")).get("key_alarm");
    assert.deepEqual([item.count, objects[0].type, objects[0].title, objects[0].peer], [1, "alarm", "key_conflict", { authority: "metz.example", name: "metz.example" }]);
    assert.deepEqual([await waiting(), await waiting("admin")], [before, beforeAdmin + 1]);
});

test("a forward to us waits, and an answer to us until somebody looked", async () => {
    const listing = await town.proposal();
    const [before, origin, object] = [await waiting(), town.office.authority, "0b0e5a3c-54d9-4d1c-8a41-0e6f0e0c2a11"];
    sql(`INSERT INTO forwards (id, direction, peer, origin, object, object_type, at, epoch, seq, unanswered)
        VALUES (gen_random_uuid(), 'in', '${origin}', '${origin}', '${object}', 'proposal', now(), 1, 1, true)`);
    sql(`INSERT INTO cases (id, origin, object, object_type, helper, response, at, heard_at)
        VALUES (gen_random_uuid(), '${town.node.authority}', '${listing.id}', 'proposal', '${origin}', 'taken_up', now(), now())`);
    const items = await today();
    assert.deepEqual(items.get("forward_received").objects.map(({ id, peer }) => [id, peer.authority]), [[object, origin]]);
    assert.deepEqual(items.get("response_received").objects.map(({ id, response }) => [id, response]), [[listing.id, "taken_up"]]);
    assert.equal(await waiting(), before + 2);
    assert.equal((await town.post(`${town.path(listing)}/seen`)).status, 204);
    assert.equal((await today()).get("response_received"), undefined);
    assert.equal(await waiting(), before + 1);
});

test("what waits is counted up to a thousand, and said to be more", async () => {
    record(1001, { state: "submitted" });
    const item = (await today()).get("submitted_proposals");
    assert.deepEqual([item.count, item.count_is_bound, item.objects.length], [1000, true, 10]);
    const others = [...(await today()).values()].filter((one) => one.kind !== item.kind);
    assert.ok(others.every((one) => one.count_is_bound === false));
    assert.equal(await waiting(), 1000 + others.reduce((sum, one) => sum + one.count, 0));
});
