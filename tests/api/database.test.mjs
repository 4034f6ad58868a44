// What PostgreSQL may do to a transaction: refuse it, end it, close the connection. What asks to be repeated is, and the
// rest is told in words that help.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

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
        // More than there are workers, so that each has been at it.
        for (let i = 0; i < 20; i++) assert.equal((await record(`Danach ${i}`)).status, 201);
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
