// What happens by the clock. The test moves the records' days, not the clock, and waits for the next round.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { hold, waitingForLocks } from "../network/support.mjs";
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
    const matched = await town.move(await town.proposal(), "submitted", "prechecked", "seeking", "matched");
    sql(`UPDATE listings SET day = current_date - 40 WHERE id = '${matched.id}'`);
    sql(`UPDATE listings SET day = current_date - 31 WHERE id = '${proposal.id}'`);
    sql(`UPDATE listings SET day = current_date - 29 WHERE id = '${other.id}'`);
    // More than goes in one transaction: what was done in part stays done.
    sql("INSERT INTO sessions (token_hash, user_id, expires_at) SELECT sha256(n::text::bytea), (SELECT id FROM users LIMIT 1), now() - interval '1 minute' FROM generate_series(1, 2500) n");
    sql("INSERT INTO sign_in_attempts (bucket, failures, since) SELECT sha256(n::text::bytea), 1, now() - n * interval '40 minutes' FROM generate_series(1, 2) n");
    sql("INSERT INTO known_browsers (token_hash, user_id, seen_at) SELECT sha256(n::text::bytea), (SELECT id FROM users LIMIT 1), now() - n * interval '100 days' FROM generate_series(1, 2) n");
    sql("INSERT INTO api_tokens (token_hash, user_id, label, expires_at) SELECT sha256(n::text::bytea), (SELECT id FROM users LIMIT 1), 'alt', now() - n * interval '20 days' FROM generate_series(1, 2) n");
    const [over, today] = [await town.offer(), await town.offer()];
    for (const offer of [over, today]) await town.post(`${town.path(offer)}/transitions`, { to: "available" });
    sql(`UPDATE listings SET day = current_date - 1 WHERE id = '${over.id}'`);
    sql(`UPDATE listings SET day = current_date WHERE id = '${today.id}'`);
    await until("expired", async () => (await town.get(town.path(proposal))).body.state === "expired" && (await town.get(town.path(over))).body.state === "expired");
    assert.equal((await town.get(town.path(today))).body.state, "available");
    const [newest] = (await town.get(`${town.path(proposal)}/history`)).body.items;
    assert.deepEqual([newest.action, newest.from, newest.to, newest.actor], ["transition", "submitted", "expired", null]);
    assert.equal((await town.get(town.path(other))).body.state, "submitted");
    assert.equal((await town.get(town.path(matched))).body.state, "matched", "what is under way is left to people");
    await until("tries that count no more are gone", () => sql("SELECT count(*) FROM sign_in_attempts") === "1");
    await until("browsers that did not come back are gone", () => sql("SELECT count(*) FROM known_browsers") === "1");
    await until("tokens that ended long ago are gone", () => sql("SELECT count(*) FROM api_tokens WHERE label = 'alt'") === "1");
    await until("old sessions are gone", () => sql("SELECT count(*) FROM sessions WHERE expires_at < now()") === "0");
    assert.equal(sql("SELECT failures FROM jobs WHERE name = 'forget what nobody needs' AND ended_at > now() - interval '1 minute'"), "0");
});

test("what cannot be done stops nothing else: each listing and each line is a transaction of its own", async () => {
    const publish = async (listing) => town.publish(await town.move(listing, "submitted"));
    const [stuck, due] = [await town.proposal(), await town.proposal()];
    for (const listing of [stuck, due]) await publish(listing);
    // The database refuses every change of one of them.
    for (const [table, column] of [["listings", "id"], ["publications", "listing_id"]])
        sql(`CREATE FUNCTION refuse_${table}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
             CREATE TRIGGER refuse BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (OLD.${column} = '${stuck.id}') EXECUTE FUNCTION refuse_${table}()`);
    const held = (listing) => sql(`SELECT count(*) FROM entries WHERE object_id = '${listing.id}' AND line IS NOT NULL`);

    sql(`UPDATE entries SET keep_until = now() - interval '2 minutes' WHERE object_id = '${stuck.id}'`);
    sql(`UPDATE entries SET keep_until = now() - interval '1 minute' WHERE object_id = '${due.id}'`);
    await until("the other text is erased", () => held(due) === "0");
    assert.equal(held(stuck), "1", "its publication could not be marked as erased, so the line stays");
    await until("the job is known to fail", async () => {
        const { stdout } = await town.command(["check"]);
        return /note +the job «erase text of ours whose time is over» failed/.test(stdout);
    });

    sql("ALTER TABLE listings DISABLE TRIGGER refuse");
    sql(`UPDATE listings SET day = current_date - 40 WHERE id = '${stuck.id}'`);
    sql("ALTER TABLE listings ENABLE TRIGGER refuse");
    sql(`UPDATE listings SET day = current_date - 35 WHERE id = '${due.id}'`);
    await until("the other has expired", async () => (await town.get(town.path(due))).body.state === "expired");
    assert.equal((await town.get(town.path(stuck))).body.state, "submitted");
});

test("words that no text has any more are forgotten, and those that texts have are known once", async () => {
    const proposal = await town.proposal({ title: "Xylophonschlägel" });
    const known = (word) => Number(sql(`SELECT count(*) FROM search_words WHERE word = '${word}'`));
    assert.equal(known("xylophonschlagel"), 1);
    sql("INSERT INTO search_words VALUES ('xylophonschlagel'), ('verschollenes')");
    await until("what no text has is forgotten", () => known("verschollenes") === 0);
    assert.equal(known("xylophonschlagel"), 1);
    sql("DELETE FROM search_words");
    await until("what a change missed is learnt", () => known("xylophonschlagel") === 1);
    const answer = await town.get("/api/v1/proposals?q=Xylofonschl%C3%A4gel");
    assert.deepEqual(answer.body.items.map(({ id }) => id), [proposal.id]);
});

// Through the database's own clock: as if it were so many days later.
const age = (table, where, days) => sql(`UPDATE ${table} SET created_at = now() - interval '${days} days' WHERE ${where}`);

test("what was uploaded is kept for thirty days, what was created under which key for one", async () => {
    const upload = async (n) => (await town.post("/api/v1/imports?kind=proposals", `organisation,title,text,category\nVerein,Titel ${n},Text,goods\n`, { type: "text/csv" })).body.id;
    const [old, young] = [await upload(1), await upload(2)];
    for (const key of ["gestern", "vorgestern"])
        await town.post("/api/v1/organisations", { name: `Verein ${key}`, sector: "civil_society" }, { headers: { "Idempotency-Key": key } });
    age("imports", `id = '${young}'`, 29);
    age("imports", `id = '${old}'`, 31);
    age("idempotency_keys", "key = 'gestern'", 0.9);
    age("idempotency_keys", "key = 'vorgestern'", 1.1);
    await until("they are gone", () => sql(`SELECT count(*) FROM imports WHERE id = '${old}'`) === "0" && sql("SELECT count(*) FROM idempotency_keys WHERE key = 'vorgestern'") === "0");
    assert.equal(sql(`SELECT count(*) FROM imports WHERE id = '${young}'`), "1");
    assert.equal(sql("SELECT count(*) FROM idempotency_keys WHERE key = 'gestern'"), "1");
    assert.equal((await town.get(`/api/v1/imports/${old}`)).status, 404);
});

const waiting = async () => (await waitingForLocks(town.node.database)) > 0;

test("a day that is put off at the last moment counts", async () => {
    const listing = await town.move(await town.proposal(), "submitted");
    const setDay = (ago) => hold(town.node.database, `UPDATE listings SET day = current_date - ${ago} WHERE id = '${listing.id}'`);
    const over = await setDay(40);
    const putOff = setDay(-40); // stands next in line, before the clock can come by
    await until("it waits for the first one", waiting);
    await over();
    const free = await putOff;
    await until("the clock has found it, and waits", waiting);
    await free();
    const ended = () => sql("SELECT ended_at FROM jobs WHERE name = 'expire listings'");
    const before = ended();
    await until("the clock has been by", () => ended() !== before);
    assert.equal((await town.get(town.path(listing))).body.state, "submitted");
});

test("when the term of what is published is over, its listing is waited for before our stream, and nothing of its words is left", async () => {
    const [listing, other] = await Promise.all(["Laternen", "Lampions"].map(async (title) => town.move(await town.proposal({ title }), "submitted")));
    const publish = async (one) => {
        const { body } = await town.post(`${town.path(one)}/publication/preview`, {});
        return (await town.call("PUT", `${town.path(one)}/publication`, { body: { digest: body.digest } })).status;
    };
    assert.equal(await publish(listing), 200);
    const held = () => sql(`SELECT count(*) FROM entries WHERE object_id = '${listing.id}' AND line IS NOT NULL`);

    const free = await hold(town.node.database, `SELECT FROM listings WHERE id = '${listing.id}' FOR UPDATE`);
    try {
        sql(`UPDATE entries SET keep_until = now() - interval '1 minute' WHERE object_id = '${listing.id}'`);
        await until("the clock waits, or has been by", async () => (await waiting()) || held() === "0");
        assert.equal(held(), "1");
        let answered = false;
        const published = publish(other).finally(() => (answered = true));
        await until("somebody else has published, or waits as well", async () => answered || (await waitingForLocks(town.node.database)) > 1);
        assert.ok(answered, "the stream is free meanwhile");
        assert.equal(await published, 200);
    } finally {
        await free();
    }
    await until("it is gone", () => held() === "0");
    const publication = (await town.get(`${town.path(listing)}/publication`)).body;
    assert.deepEqual([publication.state, publication.public], ["erased", null]);
    assert.equal(sql(`SELECT body, wording, accepted FROM publications WHERE listing_id = '${listing.id}'`), "{}|{}|[]");
});

// All that was said of the time lies so far back: by its newest heads, by its peers, and by the node itself.
const silent = (days, believed) =>
    sql(`BEGIN; UPDATE streams SET issued_at = issued_at - ${days * 86400}; UPDATE peers SET heard_at = 0; UPDATE node_state SET clock_said = ${believed}; COMMIT`);
const now = "extract(epoch FROM pg_catalog.now())::bigint";

test("a node that runs, says nothing for days and reaches nobody does not come to doubt its clock", async () => {
    const listing = await town.move(await town.proposal(), "submitted");
    silent(3, `${now} - 7200`);
    await until("it notes that its clock is right", () => sql(`SELECT ${now} - clock_said < 3600 FROM node_state`) === "t");
    silent(3, "clock_said");
    await town.publish(listing);
    assert.equal(sql("SELECT count(*) FROM alarms WHERE kind = 'clock'"), "0");
});

test("an epoch that a wrong clock opened is an alarm of its own, and check says what to do", async () => {
    const open = async () => (await town.get("/api/v1/alarms", { role: "admin" })).body.items.filter(({ kind }) => kind === "epoch_ahead");
    assert.match((await town.command(["check"])).stdout, /ok +this node's epoch/);
    sql(`BEGIN; UPDATE streams s SET epoch = s.epoch + 400 * 86400 FROM node_state n WHERE s.epoch = n.epoch AND s.origin = n.authority;
        UPDATE node_state SET epoch = epoch + 400 * 86400; COMMIT`);
    await until("an alarm", async () => (await open()).length > 0);
    const [alarm] = await open();
    assert.match(alarm.detail, /until 20\d\d-\d\d-\d\d/);
    const { code, stdout } = await town.command(["check"]);
    assert.equal(code, 1);
    assert.match(stdout, /MISTAKE this node's epoch .*\n +→ .*backup/);
    await town.post(`/api/v1/alarms/${alarm.id}/acknowledge`, {}, { role: "admin" });
    const looked = () => sql("SELECT ended_at FROM jobs WHERE name = 'watch the clock'");
    const before = looked();
    await until("the clock was looked at again", () => looked() !== before);
    assert.equal((await open()).length, 1, "who has seen it is not told again");
});
