// A town that was put back to an older state without knowing it, and went on speaking: whoever followed it before has
// another history of the same numbers. However the two branches lie, in the end everybody shows what stands published.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";

import { Demo, eventually } from "./support.mjs";

let demo, origin, follower;

function look() {
    [origin, follower] = Object.values(demo.towns).filter((town) => town.role === "city");
}

const reads = (id) => follower.reads(origin, id);
const copies = async (id) => Number((await follower.sql(`SELECT count(*) FROM entries WHERE object_id = '${id}' AND line IS NOT NULL`))[0]);
const epoch = async () => BigInt((await origin.sql("SELECT epoch FROM node_state"))[0]);
const publication = (id) => origin.ask("GET", `/proposals/${id}/publication`);

async function delivered(id) {
    const { recipients } = await publication(id);
    return recipients.find(({ authority }) => authority === follower.authority).delivered_at !== null;
}

/** What the follower shows of the origin, by id. */
const shown = () => follower.sql(`SELECT id FROM network_items WHERE origin = '${origin.authority}' ORDER BY id`);
/** What stands published there. */
const stands = () => origin.sql("SELECT listing_id FROM publications WHERE erased_at IS NULL ORDER BY listing_id");

/**
 * The origin is put back by `lost` entries and says `said` new ones before anybody can tell it; then they meet.
 * between: what else it does alone.
 */
async function fork(lost, said, between = async () => {}) {
    const kept = await origin.publish("Bleibt");
    const dump = path.join(demo.directory, "snapshot");
    await eventually("the follower reads it", () => reads(kept));
    await demo.backUp(origin, dump);
    const ghosts = [];
    for (let i = 0; i < lost; i++) ghosts.push(await origin.publish(`Ging verloren ${i}`));
    for (const id of ghosts) await eventually("the follower reads it", () => reads(id));
    const old = await epoch();
    for (const town of Object.values(demo.towns)) await demo.kill(town); // the office too: it follows both
    await demo.putBack(origin, dump, { sameDatabase: true });
    const alone = demo.serve(origin);
    await eventually("the origin answers", async () => (await origin.call("GET", "/proposals").catch(() => ({}))).status === 200);
    const news = [];
    for (let i = 0; i < said; i++) news.push(await origin.publish(`Allein gesagt ${i}`));
    await between(kept);
    const ended = new Promise((resolve) => alone.once("exit", resolve));
    alone.kill("SIGTERM");
    assert.equal(await ended, 0);
    assert.equal(await epoch(), old, "nobody has told it yet");
    await demo.restart();
    look();
    await eventually("the origin was told", async () => (await epoch()) > old);
    return { kept, ghosts, news, old };
}

async function inTheEnd({ kept, ghosts, news }) {
    const later = await origin.publish("Danach");
    for (const id of [kept, ...news, later]) await eventually(`${id} is read`, () => reads(id));
    for (const id of ghosts) {
        await eventually("what the origin does not know any more is not shown", async () => (await reads(id)) === null);
        await eventually("nor kept", async () => (await copies(id)) === 0);
    }
    for (const id of [kept, ...news, later]) await eventually(`${id} is delivered`, () => delivered(id));
    assert.deepEqual(await shown(), await stands(), "all that stands published, and nothing else");
    await origin.ask("POST", `/proposals/${kept}/publication/erase`, { body: { reason: "Erledigt." } });
    await eventually("an erasure arrives", async () => (await copies(kept)) === 0 && (await reads(kept)) === null);
}

before(async () => {
    demo = await Demo.up("--empty", "--cities", "2");
    look();
    await eventually("they reach each other", async () => (await origin.ask("GET", "/peers")).items.some((peer) => peer.authority === follower.authority && peer.health === "ok"));
});
after(() => demo?.down());

for (const [what, lost, said] of [["is ahead", 1, 3], ["is as far", 2, 2], ["is behind", 2, 1], ["says nothing", 2, 0]])
    test(`a fork in which the origin ${what} ends: all that stands published is shown, and no ghost`, async () => {
        await inTheEnd(await fork(lost, said));
    });

test("a suspension that an office spoke on the other branch arrives", async () => {
    const office = () => Object.values(demo.towns).find(({ role }) => role === "office");
    const dump = path.join(demo.directory, "office.snapshot");
    const says = (verb) => office().asAdmin("POST", `/peers/${encodeURIComponent(follower.authority)}/${verb}`, { body: verb === "suspend" ? { reason: "Zur Klärung." } : undefined });
    const end = async (town) => (await town.sql(`SELECT epoch, seq FROM streams WHERE origin = '${office().authority}' AND name = 'net' ORDER BY epoch DESC LIMIT 1`))[0];
    const state = async () => (await origin.ask("GET", "/peers")).items.find(({ authority }) => authority === follower.authority).state;
    const token = await office().adminToken();
    await demo.backUp(office(), dump);
    await says("suspend");
    await says("resume");
    await eventually("the town has read it", async () => (await end(origin)) === (await end(office())));
    for (const town of Object.values(demo.towns)) await demo.kill(town);
    await demo.putBack(office(), dump, { sameDatabase: true });
    const alone = demo.serve(office());
    await eventually("the office answers", async () => (await office().call("GET", "/peers", { token }).catch(() => ({}))).status === 200);
    await says("suspend");
    const ended = new Promise((resolve) => alone.once("exit", resolve));
    alone.kill("SIGTERM");
    assert.equal(await ended, 0);
    await demo.restart();
    look();
    await eventually("it is suspended", async () => (await state()) === "suspended");
    Object.assign(office(), { admin: token });
    await says("resume");
    await eventually("and active again", async () => (await state()) === "active");
});

test("what was erased on the one branch is erased for those who followed the other", async () => {
    const withdrawn = await origin.publish("Wird zurückgezogen");
    await eventually("the follower reads it", () => reads(withdrawn));
    const met = await fork(1, 3, () => origin.ask("POST", `/proposals/${withdrawn}/publication/erase`, { body: { reason: "Erledigt." } }));
    await eventually("it is gone", async () => (await reads(withdrawn)) === null && (await copies(withdrawn)) === 0);
    await inTheEnd(met);
});
