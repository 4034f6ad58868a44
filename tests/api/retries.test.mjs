// What PostgreSQL refuses because others were at it is done again by the node, and not by whoever asked.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { assertProblem, startTown } from "./lib/town.mjs";

let town;
before(async () => {
    town = await startTown();
    sql("CREATE SEQUENCE attempts");
});
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", town.node.database, "-c", text], { encoding: "utf8" }).trim();

// The first few attempts to record an organisation fail, at their end, for this reason. A sequence counts them: it knows no
// way back.
function refuse(attempts, sqlstate) {
    sql(`ALTER SEQUENCE attempts RESTART;
        CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('attempts') <= ${attempts} THEN RAISE EXCEPTION 'no' USING ERRCODE = '${sqlstate}'; END IF; RETURN NEW; END $$;
        CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.object_type = 'organisation') EXECUTE FUNCTION refuse()`);
}

const attempts = () => Number(sql("SELECT last_value FROM attempts"));
const record = (name, headers = {}) => town.post("/api/v1/organisations", { name, sector: "civil_society" }, { headers });
const recorded = (name) => sql(`SELECT count(*), (SELECT count(*) FROM events e WHERE e.object_id = min(o.id::text)) FROM organisations o WHERE name = '${name}'`);

for (const [what, sqlstate] of [["a serialization failure", "40001"], ["a deadlock", "40P01"]]) {
    test(`${what} is retried, three times, and nobody notices`, async () => {
        refuse(3, sqlstate);
        const made = await record(`Verein ${sqlstate}`, { "Idempotency-Key": sqlstate });
        assert.equal(made.status, 201, made.text);
        assert.equal(attempts(), 4);
        assert.equal(recorded(`Verein ${sqlstate}`), "1|1", "done once");
        assert.equal((await record(`Verein ${sqlstate}`, { "Idempotency-Key": sqlstate })).body.id, made.body.id);
    });

    test(`${what} without end is told, with nothing done`, async () => {
        refuse(1000, sqlstate);
        const answer = await record(`Umsonst ${sqlstate}`);
        assertProblem(answer, 503, "busy");
        assert.ok(Number(answer.headers.get("retry-after")) >= 1);
        assert.equal(attempts(), 4);
        assert.equal(recorded(`Umsonst ${sqlstate}`), "0|0");
    });
}

test("what would fail again is not tried again", async () => {
    refuse(1, "23514");
    assertProblem(await record("Verein Einmal"), 500, "internal");
    assert.equal(attempts(), 1);
    assert.equal(recorded("Verein Einmal"), "0|0");
});

test("what is refused by a rule of ours is not tried again", async () => {
    sql("UPDATE users SET disabled = true WHERE role = 'admin' AND email <> 'admin@test.example'");
    refuse(0, "40001");
    sql("CREATE TRIGGER count BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse()");
    const last = (await town.get("/api/v1/users", { role: "admin" })).body.items.find(({ email }) => email === "admin@test.example");
    assertProblem(await town.call("PATCH", `/api/v1/users/${last.id}`, { role: "admin", body: { role: "viewer" }, version: last.version }), 409, "conflict");
    assert.equal(attempts(), 1);
});
