import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { assertProblem, startTown } from "./lib/town.mjs";

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const path = (organisation) => `/api/v1/organisations/${organisation.id}`;

test("an organisation is added, read, changed and deleted", async () => {
    const made = await town.post("/api/v1/organisations", { name: "Tafel Nord", sector: "civil_society", kind: "Tafel", note: "zwei\nZeilen" });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.headers.get("location"), path(made.body));
    assert.equal(made.headers.get("etag"), '"1"');

    const changed = await town.call("PATCH", path(made.body), { body: { kind: null, website: "https://tafel.example" }, version: 1 });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(changed.body.kind, null);
    assert.equal(changed.body.note, "zwei\nZeilen", "what was not sent stays");
    assert.equal(changed.headers.get("etag"), '"2"');
    assert.deepEqual((await town.get(path(made.body))).body, changed.body);

    assert.equal((await town.call("DELETE", path(made.body), { version: 2 })).status, 204);
    assertProblem(await town.get(path(made.body)), 404, "not-found");
});

test("nobody overwrites what somebody else changed", async () => {
    const organisation = await town.organisation();
    await town.call("PATCH", path(organisation), { body: { note: "neu" }, version: 1 });
    const stale = await town.call("PATCH", path(organisation), { body: { note: "neuer" }, version: 1 });
    assertProblem(stale, 412, "stale-version");
    assert.equal(stale.body.current.note, "neu");
    assertProblem(await town.call("PATCH", path(organisation), { body: { note: "x" } }), 428, "precondition-required");
    assertProblem(await town.call("DELETE", path(organisation), {}), 428, "precondition-required");
    assertProblem(await town.call("DELETE", path(organisation), { version: 1 }), 412, "stale-version");
    assertProblem(await town.call("PATCH", path(organisation), { body: { note: "x" }, headers: { "If-Match": "*" } }), 412, "stale-version");
});

test("a name stands once in a sector, however it is spelled", async () => {
    await town.organisation({ name: "Bücherstube Süd" });
    const taken = await town.post("/api/v1/organisations", { name: "BUECHERSTUBE SUED", sector: "civil_society" });
    assertProblem(taken, 409, "conflict");
    assert.match(taken.body.detail, /already an organisation of this name in this sector/);
    await town.organisation({ name: "Bücherstube Süd", sector: "company" });
    const other = await town.organisation();
    assertProblem(await town.call("PATCH", path(other), { body: { name: "bucherstube sud" }, version: 1 }), 409, "conflict");
    assert.equal((await town.get(path(other))).body.version, 1, "nothing was changed");
});

test("an organisation that is still needed is not deleted", async () => {
    const proposal = await town.proposal();
    for (const { organisation } of [proposal, await town.offer()]) {
        const refused = await town.call("DELETE", path(organisation), { version: 1 });
        assertProblem(refused, 409, "conflict");
        assert.match(refused.body.detail, /This organisation has proposals or offers/);
    }
    const now = (await town.get(path(proposal.organisation))).body;
    assert.equal(now.proposals_count, 1);
});

test("the list is filtered, searched and read page by page", async () => {
    for (let i = 0; i < 7; i++) await town.organisation({ name: `Seite ${i}`, sector: "public_administration" });
    const seen = [];
    let next = "";
    do {
        const page = await town.get(`/api/v1/organisations?sector=public_administration&limit=3${next}`);
        assert.equal(page.body.total, 7);
        assert.ok(page.body.items.length <= 3);
        seen.push(...page.body.items.map((item) => item.name));
        next = page.body.next ? `&cursor=${page.body.next}` : "";
    } while (next);
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6].map((i) => `Seite ${i}`));

    await town.organisation({ name: "Wärmestube am Fluß", kind: "Tagesaufenthalt" });
    for (const q of ["Wärmestube", "waermestube", "warmestube", "Wämestube", "tagesaufenthalt", "Fluss"]) {
        const found = await town.get(`/api/v1/organisations?q=${encodeURIComponent(q)}`);
        assert.ok(found.body.items.some((item) => item.name.startsWith("Wärmestube")), q);
    }
    assert.equal((await town.get("/api/v1/organisations?q=Zeppelinhalle")).body.total, 0);
    for (const cursor of ["bm9uZQ", Buffer.from('["a"]').toString("base64url"), Buffer.from('["a","b","c","d"]').toString("base64url")])
        assertProblem(await town.get(`/api/v1/organisations?cursor=${cursor}`), 400, "invalid-query");
});

test("nobody overwrites or deletes a contact that somebody else has changed, and the audit tells what became of it", async () => {
    const organisation = await town.organisation();
    const made = await town.post(`${path(organisation)}/contacts`, { name: "Cora Beispiel", source: "phone", purpose: "Rückfragen" });
    const one = made.headers.get("location");
    assert.equal((await town.call("PATCH", one, { body: { role: "Vorstand" }, version: 1 })).status, 200);
    assertProblem(await town.call("PATCH", one, { body: { role: "Kasse" }, version: 1 }), 412, "stale-version");
    assertProblem(await town.call("DELETE", one, { version: 1 }), 412, "stale-version");
    assertProblem(await town.call("DELETE", one), 428, "precondition-required");
    assert.equal((await town.get(one)).body.role, "Vorstand");
    assert.equal((await town.call("DELETE", one, { version: 2 })).status, 204);
    const told = execFileSync("psql", ["-XAtq", town.node.database, "-c", `SELECT string_agg(action, ' ' ORDER BY id) FROM events WHERE object_id = '${made.body.id}'`], { encoding: "utf8" });
    assert.equal(told.trim(), "created edited deleted");
});

test("contacts belong to their organisation", async () => {
    const organisation = await town.organisation();
    const fields = { name: "Berta Beispiel", email: "berta@verein.example", source: "phone", purpose: "Rückfragen zum Vorschlag" };
    const made = await town.post(`${path(organisation)}/contacts`, fields);
    assert.equal(made.status, 201, made.text);
    const one = made.headers.get("location");
    assert.equal((await town.get(`${path(organisation)}/contacts`)).body.items.length, 1);
    const changed = await town.call("PATCH", one, { body: { email: null, phone: "0681 5550" }, version: 1 });
    assert.equal(changed.body.email, null);
    assertProblem(await town.post(`${path(organisation)}/contacts`, { name: "Ohne Zweck" }), 422, "invalid-body", "/purpose", "missing");
    for (const email of ["keine mail", "berta", "@verein.example", "berta@", "berta@verein@example", "berta @verein.example"])
        assertProblem(await town.call("PATCH", one, { body: { email }, version: 2 }), 422, "invalid-body", "/email", "malformed");

    const proposal = await town.proposal({ organisation_id: organisation.id, contact_id: made.body.id });
    assert.equal((await town.call("DELETE", one, { version: 2 })).status, 204);
    assert.equal((await town.get(town.path(proposal))).body.contact_id, null, "the proposal goes on without");
    assertProblem(await town.get("/api/v1/organisations/00000000-0000-4000-8000-000000000000/contacts"), 404, "not-found");
});
