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

const pointTo = (id) => origin.ask("POST", `/proposals/${id}/forwards`, { body: { peer: follower.authority, note: "Könnt ihr helfen?" } });
const forwards = async (town, direction) => (await town.ask("GET", `/forwards?direction=${direction}&limit=100`)).items;
const sent = async (id) => (await forwards(origin, "out")).find((forward) => forward.id === id);

/** How often the follower was pointed there. In this order: what was delivered has arrived. */
async function arrivals(id) {
    const delivered = (await sent(id)).delivered_at;
    const arrived = (await forwards(follower, "in")).filter((forward) => forward.id === id).length;
    assert.ok(arrived > 0 || !delivered, "nothing is called delivered that did not arrive");
    return arrived;
}

const help = (id) => origin.ask("POST", `/network/proposals/${encodeURIComponent(follower.authority)}/${id}/responses`, { body: { response: "taken_up" } });
const answers = async (id) => (await follower.ask("GET", `/proposals/${id}/cases`)).items.map(({ history }) => history.map(({ response }) => response));

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
    const helped = await follower.publish("Half schon jemand");
    const theirs = await follower.publish("Hilft noch niemand");
    for (const id of [helped, theirs]) await eventually("the origin reads it", () => origin.reads(follower, id));
    await help(helped);
    await eventually("its help arrives", async () => (await answers(helped)).length === 1);
    const dump = path.join(demo.directory, "snapshot");
    await eventually("the follower reads it", () => reads(kept));
    await demo.backUp(origin, dump);
    const ghosts = [];
    for (let i = 0; i < lost; i++) ghosts.push(await origin.publish(`Ging verloren ${i}`));
    for (const id of ghosts) await eventually("the follower reads it", () => reads(id));
    const ghost = await pointTo(ghosts[0]);
    await eventually("it is pointed there", () => arrivals(ghost.id));
    const old = await epoch();
    for (const town of Object.values(demo.towns)) await demo.kill(town); // the office too: it follows both
    await demo.putBack(origin, dump, { sameDatabase: true });
    const alone = demo.serve(origin);
    await eventually("the origin answers", async () => (await origin.call("GET", "/proposals").catch(() => ({}))).status === 200);
    const news = [];
    for (let i = 0; i < said; i++) news.push(await origin.publish(`Allein gesagt ${i}`));
    await between(kept);
    const letter = said > 0 && (await pointTo(kept)).id;
    if (said > 0) await help(theirs);
    const ended = new Promise((resolve) => alone.once("exit", resolve));
    alone.kill("SIGTERM");
    assert.equal(await ended, 0);
    assert.equal(await epoch(), old, "nobody has told it yet");
    await demo.restart();
    look();
    await eventually("the origin was told", async () => (await epoch()) > old);
    return { kept, ghosts, news, letter, helped, theirs };
}

/** What was said to one town on the branch that it did not follow arrives there, and what it has it takes no second time. */
async function lettersArrive({ kept, letter, helped, theirs }) {
    await eventually("it was pointed there", () => arrivals(letter));
    await follower.ask("POST", `/network/proposals/${encodeURIComponent(origin.authority)}/${kept}/responses`, { body: { response: "company_found" } });
    await eventually("the answer is back", async () => (await sent(letter)).answer?.response === "company_found");
    await eventually("it is called delivered", async () => (await sent(letter)).delivered_at);
    await eventually("the help arrives", async () => (await answers(theirs)).length === 1);
    await eventually("all was said again", async () => (await origin.sql(`SELECT 1 FROM node_state n JOIN case_steps s ON s.epoch = n.epoch JOIN cases c ON c.id = s.case_id WHERE c.object = '${helped}'`)).length);
    const end = `SELECT epoch, seq FROM streams WHERE origin = '${origin.authority}' AND name = 'to/${follower.authority}' ORDER BY epoch DESC LIMIT 1`;
    await eventually("and read", async () => (await follower.sql(end))[0] === (await origin.sql(end))[0]);
    assert.deepEqual([await answers(helped), await answers(theirs), await arrivals(letter)], [[["taken_up"]], [["taken_up"]], 1]);
    assert.equal((await follower.sql(`SELECT id FROM events WHERE action = 'response' AND object_id = '${helped}'`)).length, 1);
}

async function inTheEnd({ kept, ghosts, news, ...letters }) {
    const later = await origin.publish("Danach");
    for (const id of [kept, ...news, later]) await eventually(`${id} is read`, () => reads(id));
    for (const id of ghosts) {
        await eventually("what the origin does not know any more is not shown", async () => (await reads(id)) === null);
        await eventually("nor kept", async () => (await copies(id)) === 0);
    }
    for (const id of [kept, ...news, later]) await eventually(`${id} is delivered`, () => delivered(id));
    assert.deepEqual(await shown(), await stands(), "all that stands published, and nothing else");
    if (letters.letter) await lettersArrive({ kept, ...letters });
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
    test(`a fork in which the origin ${what} ends: all that stands is shown, letters included, and no ghost`, async () => {
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
