// A clock that leaps: what is done by it cannot be taken back, so nothing is, until it is right again or somebody says so.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Demo, eventually } from "./support.mjs";

const LEAP_SECONDS = 400 * 86400;

let demo, town, other;

const look = () => ([town, other] = Object.values(demo.towns).filter(({ role }) => role === "city"));
const open = async () => (await town.asAdmin("GET", "/alarms")).items.find(({ kind, acknowledged_at }) => kind === "clock" && acknowledged_at === null);
const held = async (id) => (await town.sql(`SELECT 1 FROM entries WHERE object_id = '${id}' AND line IS NOT NULL`)).length > 0;
const jobsEnded = (since) => town.sql(`SELECT 1 FROM jobs WHERE name LIKE 'erase text of ours%' AND ended_at > '${since}'`);

/** The jobs were at work after this, and looked at everything that is due. */
async function jobsLooked() {
    const [since] = await town.sql("SELECT pg_catalog.clock_timestamp()");
    await eventually("the jobs looked at what is due", async () => (await jobsEnded(since)).length > 0);
}

before(async () => {
    demo = await Demo.up("--empty", "--cities", "2");
    look();
    // The tests' own tokens outlive every leap.
    for (const one of [town, other]) await one.sql("UPDATE api_tokens SET expires_at = expires_at + interval '3 years'");
    await eventually("they reach each other", async () => (await town.ask("GET", "/peers")).items.some((peer) => peer.authority === other.authority && peer.health === "ok"));
});
after(() => demo?.down());

test("a database whose clock leaps erases nothing, and says so until it is right again", async () => {
    const id = await town.publish("Bleibt stehen");
    await eventually("it is read", () => other.reads(town, id));
    const name = /dbname=(\S+)/.exec(town.database)[1];
    const reconnect = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    await town.sql(`CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT pg_catalog.now() + interval ''${LEAP_SECONDS} seconds'''`);
    await town.sql(`ALTER DATABASE "${name}" SET search_path = public, pg_catalog`);
    await town.sql(reconnect);
    await eventually("an alarm", () => open().catch(() => null));
    await assert.rejects(town.publish("Jetzt nicht"), /503/);
    assert.ok(await held(id), "its term is not over");
    await town.sql(`ALTER DATABASE "${name}" RESET search_path`);
    await town.sql("DROP FUNCTION public.now()");
    await town.sql(reconnect);
    await eventually("it is over by itself", async () => (await open().catch(() => true)) === undefined);
    assert.ok(await held(id));
    assert.ok(await other.reads(town, id), "nobody was told to erase it");
    const later = await town.publish("Danach");
    await eventually("what comes after is read", () => other.reads(town, later));
});

/** All that this town knows of the time lies so far back, as if its clock had leapt, and it begins alone. */
async function leapAlone(id) {
    for (const one of Object.values(demo.towns)) await demo.kill(one);
    await town.sql(`UPDATE streams SET issued_at = issued_at - ${LEAP_SECONDS} WHERE origin = '${town.authority}'`);
    await town.sql(`UPDATE peers SET heard_at = heard_at - ${LEAP_SECONDS}`);
    await town.sql("UPDATE node_state SET clock_said = 0");
    await town.sql(`UPDATE entries SET keep_until = now() - interval '1 day' WHERE object_id = '${id}'`);
    const alone = demo.serve(town);
    await eventually("an alarm", () => open().catch(() => null));
    await jobsLooked();
    assert.ok(await held(id), "by this clock nothing is erased");
    assert.equal((await town.call("POST", `/proposals/${id}/publication/erase`, { body: { reason: "Erledigt." } })).status, 503, "nor signed");
    return alone;
}

async function together(alone) {
    const ended = new Promise((resolve) => alone.once("exit", resolve));
    alone.kill("SIGTERM");
    assert.equal(await ended, 0);
    await demo.restart();
    look();
}

test("a clock that nobody vouches for expires nothing until a peer says what time it is", async () => {
    const id = await town.publish("Läuft ab");
    await eventually("it is read", () => other.reads(town, id));
    await together(await leapAlone(id));
    await eventually("it is over by itself", async () => (await open()) === undefined);
    await eventually("what is due is done", async () => !(await held(id)));
    await eventually("everywhere", async () => (await other.reads(town, id)) === null);
});

test("or until a person says that it is right", async () => {
    const id = await town.publish("Läuft auch ab");
    const alone = await leapAlone(id);
    const alarm = await open();
    await town.asAdmin("POST", `/alarms/${alarm.id}/acknowledge`, { body: { note: "Das Rathaus war zu." } });
    await eventually("what is due is done", async () => !(await held(id)));
    assert.equal(await open(), undefined);
    await together(alone);
});
