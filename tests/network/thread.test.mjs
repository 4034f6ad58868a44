// The way of a proposal from one town to another and back: record, publish, pull, read, answer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Demo, eventually } from "./support.mjs";

let demo, saarbruecken, arnhem, metz, office;

before(async () => {
    demo = await Demo.up("--empty");
    ({ saarbruecken, arnhem, metz, office } = demo.towns);
    const towns = [saarbruecken, arnhem, metz];
    await eventually("all towns reach each other", async () => {
        const lists = await Promise.all(towns.map((town) => town.ask("GET", "/peers")));
        return lists.every((list) => towns.filter((town) => list.items.some((peer) => peer.authority === town.authority && peer.health === "ok")).length === 2);
    });
});
after(() => demo?.down());

test("a published proposal is read in the other towns, in exactly its public words", async () => {
    const id = await saarbruecken.publish("Umzug eines Lagers");
    for (const town of [arnhem, metz]) {
        const read = await eventually(`${town.name} reads it`, () => town.reads(saarbruecken, id));
        assert.equal(read.title, "Umzug eines Lagers");
        assert.deepEqual(read.help, [{ category: "hands", quantity_band: "2-5" }]);
        assert.equal(read.origin.authority, saarbruecken.authority);
        assert.equal(read.state, "submitted");
        assert.ok(read.distance_km > 0);
        assert.equal(read.case, null);
        assert.deepEqual(read.history.map((entry) => entry.action), ["published"]);
    }
    const publication = await eventually("both have acknowledged", async () => {
        const now = await saarbruecken.ask("GET", `/proposals/${id}/publication`);
        return now.recipients.length === 3 && now.recipients.every((town) => town.delivered_at) && now;
    });
    assert.deepEqual(publication.recipients.map((town) => town.authority).sort(), [arnhem, metz, office].map((town) => town.authority).sort());
});

test("taking up, a company found and handing back are seen on both sides, with their history", async () => {
    const id = await saarbruecken.publish("Transport von Stühlen");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, id));
    const target = `/network/proposals/${encodeURIComponent(saarbruecken.authority)}/${id}/responses`;
    const first = ["taken_up", "declined", "company_found"].map((response) => ({ response, needs_reason: response === "declined" }));
    assert.deepEqual((await arnhem.reads(saarbruecken, id)).allowed_responses, first);
    assert.deepEqual((await arnhem.ask("GET", "/network/proposals")).items.find((item) => item.id === id).allowed_responses, first);
    const viewer = arnhem.users.find((user) => user.role === "viewer");
    const token = (await arnhem.command("user", "token", "--email", viewer.email, "--label", "test")).trim();
    assert.deepEqual((await arnhem.ask("GET", target.replace("/responses", ""), { token })).allowed_responses, []);
    const taken = await arnhem.ask("POST", target, { body: { response: "taken_up" } });
    assert.deepEqual((await arnhem.reads(saarbruecken, id)).allowed_responses, [
        { response: "company_found", needs_reason: false }, { response: "handed_back", needs_reason: true }, { response: "declined", needs_reason: true }]);
    assert.equal(taken.response, "taken_up");
    const cases = await eventually("Saarbrücken sees it", async () => {
        const list = await saarbruecken.ask("GET", `/proposals/${id}/cases`);
        return list.items.length === 1 && list.items[0];
    });
    assert.equal(cases.id, taken.id);
    assert.equal(cases.helper.authority, arnhem.authority);

    const bare = await arnhem.call("POST", target, { body: { response: "handed_back" } });
    assert.equal(bare.status, 422, "handing back needs a reason");
    await arnhem.ask("POST", target, { body: { response: "handed_back", reason: "Geen vrachtwagen beschikbaar." } });
    const back = await eventually("Saarbrücken sees it come back", async () => {
        const [now] = (await saarbruecken.ask("GET", `/proposals/${id}/cases`)).items;
        return now.response === "handed_back" && now;
    });
    assert.equal(back.reason, "Geen vrachtwagen beschikbaar.");
    assert.deepEqual(back.history.map((step) => [step.response, step.direction]), [["handed_back", "in"], ["taken_up", "in"]]);

    const waits = async () => ((await saarbruecken.ask("GET", "/today")).items.find((one) => one.kind === "response_received")?.objects ?? []).some((one) => one.id === id);
    assert.ok(await waits(), "Today lists the answer");
    const history = await saarbruecken.ask("GET", `/proposals/${id}/history`);
    const answers = history.items.filter((entry) => entry.action === "response");
    assert.deepEqual(answers.map((entry) => [entry.response, entry.peer.authority]), [["handed_back", arnhem.authority], ["taken_up", arnhem.authority]]);
    assert.ok(await waits(), "reading changes nothing");
    await saarbruecken.ask("POST", `/proposals/${id}/seen`);
    assert.ok(!(await waits()), "it was looked at");
    const theirs = await arnhem.reads(saarbruecken, id);
    assert.deepEqual(theirs.history.map((entry) => entry.action), ["response", "response", "published"]);
    assert.equal(theirs.history[0].actor.role, "coordinator");
});

test("an answer that cannot follow the one before is refused and sends nothing", async () => {
    const id = await saarbruecken.publish("Streichen eines Zauns");
    await eventually("Metz reads it", () => metz.reads(saarbruecken, id));
    const target = `/network/proposals/${encodeURIComponent(saarbruecken.authority)}/${id}/responses`;
    const before = await metz.sql(`SELECT max(seq) FROM streams WHERE origin = '${metz.authority}' AND name = 'to/${saarbruecken.authority}'`);
    const refused = await metz.call("POST", target, { body: { response: "handed_back", reason: "Trop tard." } });
    assert.equal(refused.status, 409);
    assert.equal(refused.body.code, "transition-not-allowed");
    assert.deepEqual(await metz.sql(`SELECT max(seq) FROM streams WHERE origin = '${metz.authority}' AND name = 'to/${saarbruecken.authority}'`), before);
});

test("of several who answer at once, one is heard, and there is one case", async () => {
    const id = await saarbruecken.publish("Tische aufbauen");
    await eventually("Metz reads it", () => metz.reads(saarbruecken, id));
    const target = `/network/proposals/${encodeURIComponent(saarbruecken.authority)}/${id}/responses`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => metz.call("POST", target, { body: { response: "company_found" } })));
    assert.deepEqual(answers.map((answer) => answer.body.code ?? answer.body.response).sort(), ["company_found", ...Array(7).fill("transition-not-allowed")]);
    assert.deepEqual(await metz.sql(`SELECT count(*) FROM entries e JOIN cases c ON c.id = e.object_id WHERE c.object = '${id}'`), ["1"]);
    assert.deepEqual(await metz.sql(`SELECT count(*) FROM entries WHERE convert_from(line, 'UTF8') LIKE '%"object":"${id}"%'`), ["1"], "one entry, one case id");
});

test("a state that nobody knows is shown as other, also in the history", async () => {
    const id = await metz.publish("Une échelle", { language: "fr", text: "Il nous manque une échelle." });
    await eventually("Saarbrücken reads it", () => saarbruecken.reads(metz, id));
    // As a later edition, or somebody who wishes ill, may have signed it.
    await saarbruecken.sql(`UPDATE entries SET line = convert_to(replace(convert_from(line, 'UTF8'), '"submitted"', '"${"x".repeat(64)}"'), 'UTF8') WHERE object_id = '${id}'`);
    const read = await saarbruecken.reads(metz, id);
    assert.deepEqual(read.history.map((entry) => [entry.from, entry.to]), [[null, "other"]]);
});

test("a forward points a town to an object, and its answer comes back to both", async () => {
    const id = await metz.publish("Table de réunion", { text: "Il nous manque une grande table.", language: "fr" });
    await eventually("Saarbrücken and Arnhem read it", async () => (await saarbruecken.reads(metz, id)) && (await arnhem.reads(metz, id)));
    const object = `/network/proposals/${encodeURIComponent(metz.authority)}/${id}`;
    const forward = await saarbruecken.ask("POST", `${object}/forwards`, { body: { peer: arnhem.authority, note: "Vielleicht bei euch?" } });
    assert.equal(forward.to.authority, arnhem.authority);
    const received = await eventually("Arnhem sees the forward", async () => {
        const read = await arnhem.reads(metz, id);
        return read.forwarded_by && read;
    });
    assert.equal(received.forwarded_by.authority, saarbruecken.authority);
    assert.equal(received.forwarded_by.note, "Vielleicht bei euch?");
    assert.equal((await arnhem.ask("GET", "/network/proposals?forwarded=true")).items.length, 1);
    const waits = async () => (await arnhem.ask("GET", "/today")).items.find((one) => one.kind === "forward_received")?.objects.some((one) => one.id === id) ?? false;
    assert.equal(await waits(), true);
    await arnhem.ask("POST", `${object}/responses`, { body: { response: "taken_up" } });
    assert.equal(await waits(), false);
    await eventually("Metz has the case", async () => (await metz.ask("GET", `/proposals/${id}/cases`)).items.length === 1);
    const out = await eventually("Saarbrücken has the answer to its forward", async () => {
        const [first] = (await saarbruecken.ask("GET", "/forwards?direction=out")).items;
        return first.answer && first;
    });
    assert.equal(out.answer.response, "taken_up");
    assert.ok(out.delivered_at);
});

test("withdrawing erases the text everywhere, and shows who has applied it", async () => {
    const id = await saarbruecken.publish("Regal für eine Bücherei");
    await eventually("both read it", async () => (await arnhem.reads(saarbruecken, id)) && (await metz.reads(saarbruecken, id)));
    const [line] = await saarbruecken.sql(`SELECT '(' || epoch || ',' || seq || ')' FROM publications WHERE listing_id = '${id}'`);
    const erased = await saarbruecken.ask("POST", `/proposals/${id}/publication/erase`, { body: { reason: "Hat sich erledigt." } });
    assert.equal(erased.state, "erased");
    for (const town of [arnhem, metz]) {
        await eventually(`${town.name} has erased it`, async () => (await town.reads(saarbruecken, id)) === null);
        const lines = await town.sql(`SELECT e.status, e.line, e.type, e.object_id, e.rev FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${saarbruecken.authority}' AND s.name = 'net' AND (s.epoch, e.seq) = ${line}`);
        assert.deepEqual(lines, ["erased||||"], "number, digest and chain stay, nothing else");
    }
    await eventually("all have acknowledged", async () => {
        const now = await saarbruecken.ask("GET", `/proposals/${id}/publication`);
        return now.erase_recipients.length >= 2 && now.erase_recipients.every((town) => town.applied_at);
    });
    assert.deepEqual(await arnhem.sql("SELECT kind FROM alarms"), []);
});

test("the office's health page counts living nodes and what stands published, and shows no proposal", async () => {
    const page = await eventually("both members live", async () => {
        const members = await office.asAdmin("GET", "/members");
        return members.totals.living === 2 && members;
    });
    assert.equal(page.totals.nodes, 2);

    const published = async (town) =>
        Number((await town.sql(`SELECT count(*) FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.origin = '${town.authority}' AND s.name = 'net' AND e.type IN ('proposal', 'offer') AND e.line IS NOT NULL`))[0]);
    const counted = async () => {
        const { items, totals } = await office.asAdmin("GET", "/members");
        return { total: totals.entries, ...Object.fromEntries(items.map(({ authority, entries }) => [authority, entries])) };
    };
    const before = { [saarbruecken.authority]: await published(saarbruecken), [arnhem.authority]: await published(arnhem) };
    before.total = before[saarbruecken.authority] + before[arnhem.authority];
    await eventually("the office has what stands published, and no more", async () => (await counted()).total === before.total);
    assert.deepEqual(await counted(), before);
    const ids = [];
    for (const title of ["Wände streichen", "Beete anlegen", "Räder flicken"]) ids.push(await saarbruecken.publish(title));
    await saarbruecken.ask("POST", `/proposals/${ids[0]}/transitions`, { body: { to: "prechecked" } }); // of a change the office cannot tell what it changes
    await eventually("the office counts four more", async () => (await counted()).total >= before.total + 4);
    assert.deepEqual(await counted(), { ...before, [saarbruecken.authority]: before[saarbruecken.authority] + 4, total: before.total + 4 });
    assert.deepEqual(await office.sql(`SELECT DISTINCT type FROM entries WHERE line IS NOT NULL AND type IN ('proposal', 'offer') OR convert_from(line, 'UTF8') ~ 'streichen|anlegen|flicken'`), []);
    for (const id of ids) await saarbruecken.ask("POST", `/proposals/${id}/publication/erase`, { body: { reason: "Nur gezählt." } });
    await eventually("the office counts them no more", async () => (await counted()).total === before.total);
    assert.deepEqual(await office.sql("SELECT count(*) FROM network_items"), ["0"]);
    const refused = await office.call("GET", "/network/proposals", { token: await office.adminToken() });
    assert.equal(refused.status, 404);
});

test("a suspended peer gets no more text, at once, but erasures still reach it", async () => {
    const kept = await saarbruecken.publish("Stoffreste zum Nähen");
    const known = await saarbruecken.publish("Nähmaschine reparieren");
    const toArnhem = async (id) => (await saarbruecken.ask("GET", `/proposals/${id}/publication`)).recipients.find((town) => town.authority === arnhem.authority)?.delivered_at;
    await eventually("Arnhem has acknowledged both", () => toArnhem(known));
    assert.ok(await arnhem.reads(saarbruecken, kept));
    await saarbruecken.asAdmin("POST", `/peers/${encodeURIComponent(arnhem.authority)}/suspend`, { body: { reason: "Zur Klärung." } });
    const withheld = await saarbruecken.publish("Farbe für ein Klassenzimmer");
    await saarbruecken.ask("POST", `/proposals/${kept}/publication/erase`, { body: { reason: "Erledigt." } });
    await eventually("Metz reads the new one", () => metz.reads(saarbruecken, withheld));
    await eventually("Arnhem has applied the erasure", async () => (await arnhem.reads(saarbruecken, kept)) === null);
    assert.equal(await arnhem.reads(saarbruecken, withheld), null);
    assert.deepEqual(await arnhem.sql(`SELECT DISTINCT status FROM entries WHERE status = 'withheld'`), ["withheld"]);
    await saarbruecken.asAdmin("POST", `/peers/${encodeURIComponent(arnhem.authority)}/resume`);
    await eventually("Arnhem reads what was withheld", () => arnhem.reads(saarbruecken, withheld));
    await eventually("and has acknowledged it", () => toArnhem(withheld));
    assert.deepEqual((await metz.reads(saarbruecken, withheld)).title, "Farbe für ein Klassenzimmer");
    assert.equal((await saarbruecken.ask("GET", `/proposals/${withheld}/publication`)).rev, 2, "published anew, once");
    assert.equal((await saarbruecken.ask("GET", `/proposals/${known}/publication`)).rev, 1, "what it had read is not");
    assert.equal(await arnhem.reads(saarbruecken, kept), null);
    const again = await saarbruecken.publish("Hilfe beim Aufräumen");
    await eventually("Arnhem reads what comes after", () => arnhem.reads(saarbruecken, again));
    assert.deepEqual(await arnhem.sql("SELECT kind FROM alarms"), []);
});

test("the network is searched and filtered, in any language and with typing errors", async () => {
    const id = await metz.publish("Déménagement d'une bibliothèque", { language: "fr", text: "Des cartons à porter au rez-de-chaussée." });
    const offer = await metz.ask("POST", "/organisations", { body: { name: `Beispielfirma ${id.slice(0, 8)}`, sector: "company" } });
    assert.ok(offer.id);
    await eventually("Saarbrücken reads it", () => saarbruecken.reads(metz, id));
    const found = async (query) => (await saarbruecken.ask("GET", `/network/proposals?${query}`)).items.some((item) => item.id === id);
    assert.ok(await found("q=bibliotheque"));
    assert.ok(await found("q=biblioteque"), "a typing error");
    assert.ok(await found("q=d%C3%A9m%C3%A9nagement"));
    assert.ok(!(await found("q=Schwimmbad")));
    assert.ok(await found("category=hands&category=goods"));
    assert.ok(!(await found("category=goods")));
    assert.ok(await found(`origin=${encodeURIComponent(metz.authority)}`));
    assert.ok(await found("country=FR&state=submitted"));
    assert.ok(!(await found("country=NL")));
    assert.ok(await found("max_km=100"));
    assert.ok(!(await found("max_km=10")));
    assert.ok(!(await found("mine=true")));
    for (const sort of ["distance", "-published_at", "month"]) assert.ok(await found(`sort=${sort}`));

    const pages = [];
    let cursor = "";
    do {
        const page = await saarbruecken.ask("GET", `/network/proposals?limit=1&sort=distance${cursor}`);
        pages.push(...page.items.map((item) => item.id));
        cursor = page.next && `&cursor=${page.next}`;
        assert.ok(page.total >= pages.length);
    } while (cursor);
    assert.equal(new Set(pages).size, pages.length, "each item once");
    assert.ok(pages.includes(id));
    const wrong = await saarbruecken.call("GET", "/network/proposals?colour=red");
    assert.equal(wrong.status, 400);
    assert.equal(wrong.body.code, "invalid-query");
});

test("what does not exist is not found, and a bad answer changes nothing", async () => {
    const nothing = "00000000-0000-4000-8000-000000000000";
    for (const [method, target, body] of [
        ["GET", `/network/proposals/${encodeURIComponent(metz.authority)}/${nothing}`],
        ["GET", `/network/offers/nowhere.example/${nothing}`],
        ["GET", "/network/proposals/nowhere.example/not-a-uuid"],
        ["POST", `/network/proposals/${encodeURIComponent(metz.authority)}/${nothing}/responses`, { response: "taken_up" }],
        ["POST", `/network/offers/${encodeURIComponent(metz.authority)}/${nothing}/forwards`, { peer: arnhem.authority }],
        ["GET", `/proposals/${nothing}/cases`],
        ["GET", "/peers/nowhere.example"],
    ])
        assert.equal((await saarbruecken.call(method, target, { body })).status, 404, `${method} ${target}`);
    const id = await metz.publish("Peinture d'un mur", { language: "fr", text: "Un mur à peindre." });
    await eventually("Saarbrücken reads it", () => saarbruecken.reads(metz, id));
    const object = `/network/proposals/${encodeURIComponent(metz.authority)}/${id}`;
    for (const [target, body, code] of [
        ["/responses", { response: "maybe" }, "invalid-body"],
        ["/responses", { response: "taken_up", more: 1 }, "invalid-body"],
        ["/responses", { response: "declined", reason: "Fragen Sie 0681 123456." }, "identifiers-found"],
        ["/forwards", { peer: "nowhere.example" }, "invalid-body"],
        ["/forwards", { peer: metz.authority }, "conflict"],
    ]) {
        const answer = await saarbruecken.call("POST", object + target, { body });
        assert.equal(answer.body.code, code, JSON.stringify(answer.body));
    }
    assert.deepEqual(await saarbruecken.sql(`SELECT count(*) FROM cases WHERE object = '${id}'`), ["0"]);
});
