// Text whose time is over leaves nothing behind, with whom it was written for and with whoever wrote it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Demo, eventually, hold } from "./support.mjs";

process.env.HF_SERVER_JOBS_SECONDS = "1"; // for the nodes that this test starts

let demo, saarbruecken, arnhem, metz;

before(async () => {
    demo = await Demo.up("--empty");
    ({ saarbruecken, arnhem, metz } = demo.towns);
    const towns = [saarbruecken, arnhem, metz];
    await eventually("all towns reach each other", async () => {
        const lists = await Promise.all(towns.map((town) => town.ask("GET", "/peers")));
        return lists.every((list) => towns.filter((town) => list.items.some((peer) => peer.authority === town.authority && peer.health === "ok")).length === 2);
    });
});
after(() => demo?.down());

/** A town's lines about an object, as it keeps them itself or as another town holds them. */
const lines = (town, id, holder = town) =>
    holder.sql(`SELECT s.name, e.seq FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${town.authority}' AND e.object_id = '${id}' AND e.line IS NOT NULL ORDER BY e.seq`);

/** The time of a town's own lines about an object is over: of the oldest of each stream, or of all. */
const expire = (town, id, which = "all") =>
    town.sql(
        `UPDATE entries e SET keep_until = now() - interval '1 minute' FROM streams s WHERE s.id = e.stream_id AND s.origin = '${town.authority}' AND e.object_id = '${id}' AND e.line IS NOT NULL` +
            (which === "oldest" ? ` AND e.seq = (SELECT min(seq) FROM entries o WHERE o.stream_id = e.stream_id AND o.object_id = e.object_id AND o.line IS NOT NULL)` : ""),
    );

/** A town finds itself in another database, and says in a new epoch again what it said. */
async function sayAgain(town, id, reader) {
    const before = (await lines(town, id, reader)).length;
    await town.sql("UPDATE node_state SET database_oid = 0");
    await eventually(`${reader.name} has it again`, async () => (await lines(town, id, reader)).length === 2 * before);
}

/** Where a word still stands in what a town keeps beside the streams. */
async function remains(town, word) {
    const rows = await town.sql(
        `SELECT 'cases' FROM cases WHERE reason LIKE '%${word}%' UNION ALL SELECT 'case_steps' FROM case_steps WHERE reason LIKE '%${word}%' UNION ALL ` +
            `SELECT 'events' FROM events WHERE reason LIKE '%${word}%' OR details::text LIKE '%${word}%' UNION ALL ` +
            `SELECT 'forwards' FROM forwards WHERE note LIKE '%${word}%' OR response_reason LIKE '%${word}%' UNION ALL ` +
            `SELECT 'entries' FROM entries WHERE convert_from(line, 'UTF8') LIKE '%${word}%'`,
    );
    return rows.sort();
}

test("answers and a forward leave nothing of their text: with the origin, the one who forwarded, and the helper, also after a new epoch", async () => {
    const id = await metz.publish("Prêt d'une scène", { language: "fr", text: "Il nous manque une scène." });
    await eventually("the others read it", async () => (await saarbruecken.reads(metz, id)) && (await arnhem.reads(metz, id)));
    const object = `/network/proposals/${encodeURIComponent(metz.authority)}/${id}`;
    const forward = await saarbruecken.ask("POST", `${object}/forwards`, { body: { peer: arnhem.authority, note: "Vielleicht die Kulisse?" } });
    await eventually("Arnhem has the forward", async () => (await arnhem.reads(metz, id)).forwarded_by);
    const taken = await arnhem.ask("POST", `${object}/responses`, { body: { response: "taken_up", reason: "Wij hebben een podium." } });
    await arnhem.ask("POST", `${object}/responses`, { body: { response: "handed_back", reason: "Toch te zwaar." } });
    const answer = async () => (await saarbruecken.ask("GET", "/forwards?direction=out")).items.find((one) => one.id === forward.id)?.answer;
    const cases = async () => (await metz.ask("GET", `/proposals/${id}/cases`)).items;
    await eventually("Metz has both answers", async () => (await cases())[0]?.history.length === 2);
    await eventually("Saarbrücken has the newer answer", async () => (await answer())?.reason === "Toch te zwaar.");

    await expire(arnhem, taken.id, "oldest");
    for (const town of [arnhem, saarbruecken, metz])
        await eventually(`nothing of the older answer is left at ${town.name}`, async () => (await remains(town, "podium")).length === 0);
    assert.equal((await answer()).reason, "Toch te zwaar.", "the newer one stands where it was forwarded");
    assert.deepEqual((await cases()).map((one) => [one.response, one.history.length]), [["handed_back", 1]]);

    await sayAgain(arnhem, taken.id, metz);
    const delivered = async () => (await saarbruecken.ask("GET", "/forwards?direction=out")).items.find((one) => one.id === forward.id).delivered_at;
    await eventually("the forward is delivered", delivered);
    const [old] = await saarbruecken.sql("SELECT epoch FROM node_state");
    const release = await hold(saarbruecken.database, "SELECT FROM forwards FOR UPDATE");
    const saidAgain = sayAgain(saarbruecken, forward.id, arnhem);
    try {
        const follows = `SELECT 1 FROM node_state n JOIN peer_cursors c ON (n.epoch, c.seq) = (c.epoch, c.asked_seq) AND c.epoch = c.asked_epoch WHERE n.epoch > ${old} AND c.authority = '${arnhem.authority}' AND c.stream = 'to'`;
        await eventually("Arnhem follows the new epoch", async () => (await saarbruecken.sql(follows)).length);
        assert.equal(await delivered(), null, "not in the epoch in which it is still to be said");
    } finally {
        await release();
    }
    await saidAgain;
    await eventually("now it is", delivered);
    assert.deepEqual((await cases()).map((one) => [one.response, one.history.length]), [["handed_back", 1]], "no further step");

    await expire(arnhem, taken.id);
    await expire(saarbruecken, forward.id);
    for (const town of [arnhem, saarbruecken, metz])
        for (const word of ["zwaar", "Kulisse"])
            await eventually(`nothing with «${word}» is left at ${town.name}`, async () => (await remains(town, word)).length === 0);
    assert.deepEqual(await cases(), []);
    assert.equal((await arnhem.reads(metz, id)).case, null, "both sides forget the case");
});

test("an answer to a forward of a third town's object can be erased alone", async () => {
    const id = await metz.publish("Prêt d'un rideau", { language: "fr", text: "Il nous manque un rideau." });
    await eventually("the others read it", async () => (await saarbruecken.reads(metz, id)) && (await arnhem.reads(metz, id)));
    const object = `/network/proposals/${encodeURIComponent(metz.authority)}/${id}`;
    await saarbruecken.ask("POST", `${object}/forwards`, { body: { peer: arnhem.authority } });
    await eventually("Arnhem has the forward", async () => (await arnhem.reads(metz, id)).forwarded_by);
    const declined = await arnhem.ask("POST", `${object}/responses`, { body: { response: "declined", reason: "Wij hebben geen gordijn." } });
    await eventually("Saarbrücken has the answer", async () => (await remains(saarbruecken, "gordijn")).length > 0);
    await expire(arnhem, declined.id);
    await eventually("nothing of it is left", async () => (await remains(saarbruecken, "gordijn")).length === 0);
    assert.deepEqual(await saarbruecken.sql(`SELECT response IS NULL, response_at IS NULL FROM forwards WHERE object = '${id}'`), ["t|t"]);
});

test("a publication stands while its newest line stands, and an expired one is not published again unasked", async () => {
    const id = await saarbruecken.publish("Podeste verleihen");
    await saarbruecken.ask("POST", `/proposals/${id}/transitions`, { body: { to: "prechecked" } });
    const publication = () => saarbruecken.ask("GET", `/proposals/${id}/publication`);
    assert.equal((await lines(saarbruecken, id)).length, 2);
    await eventually("Arnhem reads it", async () => (await arnhem.reads(saarbruecken, id))?.state === "prechecked");

    await expire(saarbruecken, id, "oldest");
    for (const holder of [saarbruecken, arnhem])
        await eventually(`the older line is gone at ${holder.name}`, async () => (await lines(saarbruecken, id, holder)).length === 1);
    assert.equal((await publication()).state, "published");
    assert.equal((await arnhem.reads(saarbruecken, id)).title, "Podeste verleihen");

    await expire(saarbruecken, id);
    await eventually("all lines are gone", async () => (await lines(saarbruecken, id)).length === 0);
    const now = await publication();
    assert.deepEqual([now.state, now.public], ["erased", null]);
    await eventually("Arnhem has erased it", async () => (await arnhem.reads(saarbruecken, id)) === null);
    await saarbruecken.ask("POST", `/proposals/${id}/transitions`, { body: { to: "scheduled" } });
    assert.deepEqual(await lines(saarbruecken, id), []);
    assert.equal((await publication()).state, "erased");
});

test("what another town withdraws is gone, what we answered stays, and today says so until somebody looked", async () => {
    const id = await saarbruecken.publish("Ein Zelt aufbauen");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, id));
    const object = `/network/proposals/${encodeURIComponent(saarbruecken.authority)}/${id}`;
    assert.equal((await arnhem.call("GET", `${object}/case`)).status, 404, "nothing answered yet");
    await arnhem.ask("POST", `${object}/responses`, { body: { response: "taken_up", reason: "Wij hebben tijd." } });
    const [theirs] = await eventually("the answer arrived", async () => {
        const { items } = await saarbruecken.ask("GET", `/proposals/${id}/cases`);
        return items.length > 0 && items;
    });
    assert.match(theirs.helper.mailbox, /@/, "the mailbox of the other town's coordination");
    assert.equal((await arnhem.reads(saarbruecken, id)).origin.mailbox, (await arnhem.ask("GET", `${object}/case`)).origin.mailbox);

    await saarbruecken.ask("POST", `/proposals/${id}/publication/erase`, { body: { reason: "Es hat sich erledigt." } });
    await eventually("Arnhem has erased it", async () => (await arnhem.reads(saarbruecken, id)) === null);
    assert.deepEqual(await remains(arnhem, "Zelt"), []);
    const own = await arnhem.ask("GET", `${object}/case`);
    assert.ok(own.withdrawn_at);
    assert.deepEqual(own.history.map(({ response, reason }) => [response, reason]), [["taken_up", "Wij hebben tijd."]]);
    const withdrawn = async () => (await arnhem.ask("GET", "/today")).items.find((item) => item.kind === "case_withdrawn");
    assert.deepEqual((await withdrawn()).objects.map((one) => [one.id, one.title, one.peer.name]), [[id, "", "Saarbrücken"]]);
    assert.equal((await arnhem.call("POST", `${object}/seen`)).status, 204);
    assert.equal(await withdrawn(), undefined);

    await saarbruecken.republish(id);
    await eventually("Arnhem reads it again", () => arnhem.reads(saarbruecken, id));
    assert.equal((await arnhem.ask("GET", `${object}/case`)).withdrawn_at, null);
});

test("a note that names somebody is not sent, and every such place is told", async () => {
    const id = await saarbruecken.publish("Kuchen für das Sommerfest");
    const refused = await saarbruecken.call("POST", `/proposals/${id}/forwards`, { body: { peer: arnhem.authority, note: "Rückruf unter 0681 5550142 oder hallo@verein.example." } });
    assert.deepEqual([refused.status, refused.body.code], [422, "identifiers-found"]);
    assert.deepEqual(refused.body.errors.map(({ pointer, code, subject }) => [pointer, code, subject]), [["/note", "identifier", "0681 5550142"], ["/note", "identifier", "hallo@verein.example"]]);
});
