// What PostgreSQL may do to a transaction: refuse it, end it, close the connection. What asks to be repeated is, and the
// rest is told in words that help.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { assertProblem, startTown } from "./lib/town.mjs";

let town;
before(async () => {
    town = await startTown();
});
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", town.node.database, "-c", text], { encoding: "utf8" }).trim();

/** The first `count` organisations that somebody records fail so; gives back how often it was tried. */
async function refusing(sqlstate, count, work) {
    sql(`CREATE SEQUENCE tries;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('tries') <= ${count} THEN RAISE EXCEPTION 'made up' USING ERRCODE = '${sqlstate}'; END IF;
             RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON organisations FOR EACH ROW EXECUTE FUNCTION refuse()`);
    try {
        await work();
        return Number(sql("SELECT last_value FROM tries"));
    } finally {
        sql("DROP TRIGGER refuse ON organisations; DROP FUNCTION refuse; DROP SEQUENCE tries");
    }
}

const record = (name) => town.post("/api/v1/organisations", { name, sector: "civil_society" });
const recorded = (name) => sql(`SELECT count(*) FROM organisations WHERE name = '${name}'`);
const told = (id) => sql(`SELECT count(*) FROM events WHERE object_id = '${id}'`);

for (const [what, sqlstate] of [["a serialization failure", "40001"], ["a deadlock", "40P01"]]) {
    test(`${what} is repeated, and what was done in the end was done once`, async () => {
        let answer;
        const tries = await refusing(sqlstate, 3, async () => (answer = await record(`Dreimal ${sqlstate}`)));
        assert.equal(answer.status, 201, answer.text);
        assert.equal(tries, 4);
        assert.deepEqual([recorded(`Dreimal ${sqlstate}`), told(answer.body.id)], ["1", "1"]);
    });

    test(`${what} that comes again and again is told as busy, and leaves nothing`, async () => {
        let answer;
        const tries = await refusing(sqlstate, 4, async () => (answer = await record(`Viermal ${sqlstate}`)));
        assertProblem(answer, 503, "busy");
        assert.equal(answer.headers.get("retry-after"), "2");
        assert.equal(tries, 4);
        assert.equal(recorded(`Viermal ${sqlstate}`), "0");
    });
}

test("what would fail again is not tried again", async () => {
    for (const [sqlstate, status, code] of [["23505", 409, "conflict"], ["23503", 409, "conflict"], ["55P03", 503, "busy"], ["57014", 503, "busy"],
        ["53100", 503, "database-unavailable"], ["25006", 503, "database-unavailable"], ["22012", 500, "internal"]]) {
        let answer;
        const tries = await refusing(sqlstate, 1, async () => (answer = await record(`Einmal ${sqlstate}`)));
        assertProblem(answer, status, code);
        assert.equal(answer.headers.get("retry-after"), status === 503 ? "2" : null, sqlstate);
        assert.equal(tries, 1, sqlstate);
        assert.doesNotMatch(answer.text, /made up/, "what the database says stays here");
    }
});

test("a refused transaction leaves its connection fit for the next", async () => {
    await refusing("22012", 1, async () => {
        await record("Fällt durch");
        // More at once than there are workers, so that each is at it.
        const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => record(`Danach ${i}`)));
        assert.deepEqual(answers.map(({ status }) => status), Array(16).fill(201));
    });
    assert.equal(recorded("Fällt durch"), "0");
});

test("a connection that the server closed meanwhile is made anew before anybody notices", async () => {
    const workers = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hf-node'";
    const read = () => Promise.all(Array.from({ length: 16 }, () => town.get("/api/v1/organisations")));
    await read();
    const before = sql(`SELECT string_agg(pid::text, ',') ${workers}`);
    sql(`SELECT pg_terminate_backend(pid, 5000) ${workers}`);
    assert.equal(sql(`SELECT count(*) ${workers} AND pid IN (${before})`), "0");
    for (const answer of await read()) assert.equal(answer.status, 200, answer.text);
});

for (const [what, offset] of [["pulls from others", 0], ["does what the clock asks", 1]]) {
    test(`one process ${what}: it holds the lock for that, and takes it anew when its connection was closed`, async () => {
        const locks = readFileSync(new URL("../../node/db/locks.h", import.meta.url), "utf8");
        const key = Number(/DB_LOCK_PULL = (0x[0-9a-f]+)/.exec(locks)[1]) + offset;
        const holder = () => sql(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = ${key} AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
        const another = async (than) => {
            for (const deadline = Date.now() + 60_000; [than, ""].includes(holder()); await pause(50)) assert.ok(Date.now() < deadline, "somebody has the lock");
            return holder();
        };
        const first = await another("");
        sql(`SELECT pg_terminate_backend(${first}, 5000)`);
        await another(first);
    });
}
