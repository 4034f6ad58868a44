import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { assertProblem, startTown } from "./lib/town.mjs";

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const titles = (answer) => answer.body.items.map((item) => item.title);

test("a proposal goes the whole way, and its history tells who moved it when and why", async () => {
    const proposal = await town.proposal({ title: "Der ganze Weg" });
    assert.equal(proposal.state, "draft");
    assert.deepEqual(proposal.allowed_transitions, [{ to: "submitted", needs_reason: false }]);

    const way = ["submitted", "needs_information", "submitted", "prechecked", "scheduled", "accepted", "seeking", "matched", "in_progress", "completed"];
    const done = await town.move(proposal, ...way);
    assert.equal(done.state, "completed");
    assert.deepEqual(done.allowed_transitions, []);

    const history = (await town.get(`${town.path(proposal)}/history`)).body.items;
    assert.deepEqual(history.filter((entry) => entry.action === "transition").map((entry) => entry.to).reverse(), way);
    assert.equal(history.at(-1).action, "created");
    assert.deepEqual(history[0].actor, { name: "Test coordinator", role: "coordinator" });
    assert.equal(history[0].from, "in_progress");
    assert.equal(history[0].reason, "so ist es");
});

test("steps that the workflow does not know are refused and change nothing", async () => {
    const proposal = await town.proposal();
    const step = (body) => town.post(`${town.path(proposal)}/transitions`, body);
    assertProblem(await step({ to: "seeking" }), 409, "transition-not-allowed");
    assertProblem(await step({ to: "available" }), 422, "invalid-body", "/to", "not_allowed");
    await town.move(proposal, "submitted");
    assertProblem(await step({ to: "withdrawn" }), 422, "invalid-body", "/reason", "missing");
    assertProblem(await step({ to: "withdrawn", reason: null }), 422, "invalid-body", "/reason", "missing");
    assert.equal((await town.get(town.path(proposal))).body.state, "submitted");
});

test("what is allowed next is what the person may do", async () => {
    const proposal = await town.proposal();
    assert.deepEqual((await town.get(town.path(proposal), { role: "viewer" })).body.allowed_transitions, []);
    assert.equal((await town.get(town.path(proposal), { role: "admin" })).body.allowed_transitions.length, 1);
});

test("an offer is taken, falls through and is withdrawn", async () => {
    const offer = await town.offer({ available_until: "2030-06-30" });
    assert.equal(offer.state, "draft");
    assert.equal(offer.available_until, "2030-06-30");
    assert.ok(!("return_favour" in offer));
    assert.equal((await town.move(offer, "available", "taken", "available", "withdrawn")).state, "withdrawn");
    assertProblem(await town.get(`/api/v1/proposals/${offer.id}`), 404, "not-found");
});

test("a change keeps what it does not name, and null takes away", async () => {
    const proposal = await town.proposal({ needed_by: "2030-01-31", return_favour: "Kuchen", note: "intern" });
    const changed = await town.call("PATCH", town.path(proposal), { body: { title: "Tische", needed_by: null }, version: 1 });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.body.title, "Tische");
    assert.equal(changed.body.needed_by, null);
    assert.equal(changed.body.return_favour, "Kuchen");
    assert.equal(changed.headers.get("etag"), '"2"');
    const stale = await town.call("PATCH", town.path(proposal), { body: { title: "Bänke" }, version: 1 });
    assertProblem(stale, 412, "stale-version");
    assert.equal(stale.body.current.title, "Tische");
    assertProblem(await town.call("PATCH", town.path(proposal), { body: { state: "completed" }, version: 2 }), 422, "invalid-body", "/state", "unknown_key");
    assertProblem(await town.call("PATCH", town.path(proposal), { body: {}, version: 2 }), 422, "invalid-body", "", "empty");
});

test("only drafts are deleted", async () => {
    const draft = await town.proposal();
    assert.equal((await town.call("DELETE", town.path(draft), { version: 1 })).status, 204);
    assertProblem(await town.get(town.path(draft)), 404, "not-found");
    const submitted = await town.move(await town.proposal(), "submitted");
    assertProblem(await town.call("DELETE", town.path(submitted), { version: submitted.version }), 409, "conflict");
});

test("organisation and contact must exist and belong together", async () => {
    const one = await town.organisation();
    const other = await town.organisation();
    const contact = await town.created(`/api/v1/organisations/${other.id}/contacts`, { name: "Carla Beispiel", source: "phone", purpose: "Fragen" });
    const nobody = "00000000-0000-4000-8000-000000000000";
    const fields = { title: "t", text: "t", language: "de", help: [{ category: "goods" }], municipality: "m" };
    const post = (more) => town.post("/api/v1/proposals", { ...fields, ...more });
    assertProblem(await post({ organisation_id: nobody }), 422, "invalid-body", "/organisation_id", "not_found");
    assertProblem(await post({ organisation_id: one.id, contact_id: contact.id }), 422, "invalid-body", "/contact_id", "not_found");
    const proposal = await town.proposal({ organisation_id: other.id, contact_id: contact.id });
    assertProblem(await town.call("PATCH", town.path(proposal), { body: { organisation_id: one.id }, version: 1 }), 422, "invalid-body", "/contact_id", "not_found");
});

test("numbers count up per kind", async () => {
    const first = await town.proposal();
    const second = await town.proposal();
    assert.equal(second.number, first.number + 1);
});

test("the list is filtered by state, category, organisation and publication", async () => {
    const organisation = await town.organisation();
    const a = await town.proposal({ organisation_id: organisation.id, title: "Filter a", help: [{ category: "space" }] });
    await town.proposal({ organisation_id: organisation.id, title: "Filter b", help: [{ category: "hands", quantity: 3 }, { category: "goods" }] });
    await town.move(a, "submitted");
    const list = (query) => town.get(`/api/v1/proposals?organisation=${organisation.id}&sort=title${query}`);
    assert.deepEqual(titles(await list("")), ["Filter a", "Filter b"]);
    assert.deepEqual(titles(await list("&state=submitted")), ["Filter a"]);
    assert.deepEqual(titles(await list("&state=submitted&state=draft")), ["Filter a", "Filter b"]);
    assert.deepEqual(titles(await list("&category=goods")), ["Filter b"]);
    assert.deepEqual(titles(await list("&category=space&category=hands")), ["Filter a", "Filter b"]);
    assert.deepEqual(titles(await list("&published=true")), []);
    assert.deepEqual(titles(await list("&published=false")), ["Filter a", "Filter b"]);
});

test("every order is read page by page without a gap or a repetition", async () => {
    const organisation = await town.organisation();
    const days = ["2030-03-01", null, "2030-01-01", "2030-01-01", "2030-02-01"];
    for (const [i, needed_by] of days.entries()) await town.proposal({ organisation_id: organisation.id, title: `"Ä" \\ ${5 - i}`, needed_by });
    for (const [sort, expected] of [["-updated_at", [1, 2, 3, 4, 5]], ["title", [1, 2, 3, 4, 5]]]) {
        const seen = [];
        let next = "";
        do {
            const page = await town.get(`/api/v1/proposals?organisation=${organisation.id}&sort=${sort}&limit=2${next}`);
            assert.equal(page.body.total, 5);
            seen.push(...titles(page).map((title) => Number(title.at(-1))));
            next = page.body.next ? `&cursor=${page.body.next}` : "";
        } while (next);
        assert.deepEqual(seen, expected, sort);
    }
    const byDay = await town.get(`/api/v1/proposals?organisation=${organisation.id}&sort=needed_by`);
    assert.deepEqual(byDay.body.items.map((item) => item.needed_by), ["2030-01-01", "2030-01-01", "2030-02-01", "2030-03-01", null]);
});

test("creating twice with one key creates once", async () => {
    const organisation = await town.organisation();
    const body = { organisation_id: organisation.id, title: "Einmal", text: "t", language: "de", help: [{ category: "goods" }], municipality: "m" };
    const headers = { "Idempotency-Key": "test-1" };
    const first = await town.post("/api/v1/proposals", body, { headers });
    const again = await town.post("/api/v1/proposals", body, { headers });
    assert.equal(first.status, 201, first.text);
    assert.equal(again.status, 201, again.text);
    assert.equal(again.body.id, first.body.id);
    assert.equal(again.headers.get("location"), first.headers.get("location"));
    assertProblem(await town.post("/api/v1/proposals", { ...body, title: "Zweimal" }, { headers }), 422, "idempotency-mismatch");
    assert.equal((await town.get(`/api/v1/proposals?organisation=${organisation.id}`)).body.total, 1);
});

test("a repeated creation is answered with what stands there now, and keeps nothing of what was deleted", async () => {
    const organisation = await town.organisation();
    const contacts = `/api/v1/organisations/${organisation.id}/contacts`;
    const create = (key) => town.post(contacts, { name: "Gesine Gelöscht", email: "gesine@test.example", source: "phone", purpose: "Rückfragen" }, { headers: { "Idempotency-Key": key } });
    const first = await create("contact-1");
    assert.equal(first.status, 201, first.text);
    const place = first.headers.get("location");
    await town.call("PATCH", place, { body: { role: "Vorstand" }, version: 1 });
    const again = await create("contact-1");
    assert.equal(again.status, 201, again.text);
    assert.deepEqual([again.body.id, again.body.role, again.headers.get("location")], [first.body.id, "Vorstand", place]);
    assert.equal((await town.call("DELETE", place, { version: 2 })).status, 204);
    assertProblem(await create("contact-1"), 409, "conflict");
    const kept = execFileSync("psql", ["-XAtq", town.node.database, "-c", "SELECT count(*) FROM idempotency_keys k WHERE k::text ILIKE '%gesine%'"], { encoding: "utf8" });
    assert.equal(kept.trim(), "0");
});

test("twenty people changing one proposal at once: one succeeds, the others are told", async () => {
    const proposal = await town.proposal();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => town.call("PATCH", town.path(proposal), { body: { title: `Fassung ${i}` }, version: 1 })));
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
    assert.equal(answers.filter((answer) => answer.status === 412 || answer.status === 503).length, 19);
    assert.equal((await town.get(town.path(proposal))).body.version, 2);
});

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();

test("the audit says which fields were changed, and what was deleted, and none of their words", async () => {
    const draft = await town.proposal({ title: "Geheimnis" });
    await town.call("PATCH", town.path(draft), { body: { note: "Auch geheim", title: "Kein Geheimnis" }, version: 1 });
    const [edited] = (await town.get(`${town.path(draft)}/history`)).body.items;
    assert.deepEqual([edited.action, edited.actor.role], ["edited", "coordinator"]);
    await town.call("DELETE", town.path(draft), { version: 2 });
    assert.equal(sql(`SELECT string_agg(action, ' ' ORDER BY id) FROM events WHERE object_id = '${draft.id}'`), "created edited deleted");
    assert.deepEqual(JSON.parse(sql(`SELECT details FROM events WHERE object_id = '${draft.id}' AND action = 'edited'`)), { fields: ["note", "title"] });
    assert.equal(sql(`SELECT count(*) FROM events e WHERE object_id = '${draft.id}' AND e::text ILIKE '%geheim%'`), "0");
});

test("of two who move a proposal at once, the second is told where the first has moved it", async () => {
    const proposal = await town.move(await town.proposal(), "submitted");
    const answer = await town.meanwhile(`UPDATE listings SET state = 'withdrawn' WHERE id = '${proposal.id}'`, () =>
        town.post(`${town.path(proposal)}/transitions`, { to: "prechecked" }));
    assertProblem(answer, 409, "transition-not-allowed");
    assert.equal((await town.get(town.path(proposal))).body.state, "withdrawn");
});

test("an offer is none of the proposals", async () => {
    const offer = await town.offer();
    for (const [method, rest] of [["GET", ""], ["GET", "/history"], ["POST", "/seen"], ["GET", "/cases"]])
        assertProblem(await town.call(method, `/api/v1/proposals/${offer.id}${rest}`), 404, "not-found");
});

test("today tells what waits", async () => {
    const soon = new Date(Date.now() + 5 * 86400000).toISOString().slice(0, 10);
    const proposal = await town.proposal({ title: "Wartet", needed_by: soon });
    const kinds = async () => new Map((await town.get("/api/v1/today")).body.items.map((item) => [item.kind, item]));
    assert.ok(![...(await kinds()).values()].some((item) => item.objects.some((object) => object.id === proposal.id)), "a draft waits for nobody");
    await town.move(proposal, "submitted");
    const submitted = (await kinds()).get("submitted_proposals");
    assert.ok(submitted.objects.some((object) => object.id === proposal.id && object.title === "Wartet"));
    assert.ok((await kinds()).get("due_soon").objects.some((object) => object.id === proposal.id));
    await town.move(proposal, "needs_information");
    assert.ok((await kinds()).get("needs_information").objects.some((object) => object.id === proposal.id));
    await town.move(proposal, "withdrawn");
    assert.ok(![...(await kinds()).values()].some((item) => item.objects.some((object) => object.id === proposal.id)));
});

test("the audit shows everything, newest first, to the administration", async () => {
    const proposal = await town.proposal();
    const organisation = await town.organisation();
    const audit = await town.get("/api/v1/audit?limit=2", { role: "admin" });
    assert.equal(audit.status, 200, audit.text);
    assert.equal(audit.body.items[0].object_id, organisation.id);
    assert.equal(audit.body.items[0].action, "created");
    assert.equal(audit.body.items[0].object_number, null);
    assert.equal(audit.body.items[1].object_id, proposal.id);
    assert.equal(audit.body.items[1].object_number, proposal.number);
    const next = await town.get(`/api/v1/audit?limit=2&cursor=${audit.body.next}`, { role: "admin" });
    assert.notEqual(next.body.items[0].id, audit.body.items[1].id);
    assertProblem(await town.get("/api/v1/audit"), 403, "forbidden");
});
