import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { assertProblem, startTown } from "./lib/town.mjs";

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();
const preview = (listing, wording) => town.preview(listing, wording);
const put = (listing, body) => town.call("PUT", `${town.path(listing)}/publication`, { body });
const read = async (listing) => (await town.get(`${town.path(listing)}/publication`)).body;
const submitted = async (more) => town.move(await town.proposal(more), "submitted");
const publish = (listing, wording) => town.publish(listing, wording);

test("the preview is exactly the line that would leave", async () => {
    const proposal = await submitted({
        title: "Bänke", text: "Gebraucht werden Bänke.\nGern gebraucht.", needed_by: "2030-05-17", note: "intern", return_favour: "Kuchen",
        help: [{ category: "goods", quantity: 30, unit: "Stück" }, { category: "transport" }],
    });
    const { body } = await preview(proposal);
    const line = JSON.parse(body.line);
    assert.deepEqual(Object.keys(line), ["seq", "type", "id", "rev", "at", "salt", "keep_until", "body"]);
    assert.equal(line.type, "proposal");
    assert.equal(line.id, proposal.id);
    assert.equal(line.rev, 1);
    assert.deepEqual(line.body, {
        title: "Bänke", text: "Gebraucht werden Bänke.\nGern gebraucht.", language: "de",
        help: [{ category: "goods", quantity: "21-100" }, { category: "transport" }],
        municipality: { name: "Musterstadt" }, month: "2030-05", state: "submitted",
    });
    assert.deepEqual(body.entry.help, [{ category: "goods", quantity_band: "21-100" }, { category: "transport", quantity_band: null }]);
    assert.equal(body.publishable, true);
    assert.deepEqual(body.recipients.map(({ authority, role }) => [authority, role]), [[town.office.authority, "office"]]);
    assert.equal((await read(proposal)).state, "none", "looking publishes nothing");
});

test("the own town goes with its code", async () => {
    const proposal = await submitted({ municipality: town.node.name });
    const { municipality } = (await preview(proposal)).body.entry;
    assert.equal(municipality.name, town.node.name);
    assert.equal(municipality.scheme === null, municipality.code === null);
});

test("a proposal is published, moves on with its state, and is current until its text changes", async () => {
    let proposal = await submitted();
    const publication = await publish(proposal);
    assert.equal(publication.state, "published");
    assert.equal(publication.rev, 1);
    assert.equal(publication.current, true);
    assert.deepEqual((await town.get("/api/v1/proposals?published=true")).body.items.map((item) => item.id).includes(proposal.id), true);

    proposal = await town.move(proposal, "prechecked");
    assert.equal(proposal.published.current, true);
    let now = await read(proposal);
    assert.equal(now.public.state, "prechecked");
    assert.equal(now.rev, 2);

    const changed = await town.call("PATCH", town.path(proposal), { body: { text: "Anders." }, version: proposal.version });
    assert.equal(changed.body.published.current, false);
    assert.equal((await read(proposal)).public.text, "Stühle werden gebraucht.");
    assert.equal((await publish(proposal)).public.text, "Anders.");

    proposal = await town.move(proposal, "withdrawn");
    now = await read(proposal);
    assert.equal(now.public.state, "withdrawn", "the others learn that it is over");
    const actions = (await town.get(`${town.path(proposal)}/history`)).body.items.map((entry) => entry.action);
    assert.equal(actions.filter((action) => action === "published").length, 1);
    assert.equal(actions.filter((action) => action === "republished").length, 3);
});

const waiting = async (listing) =>
    (await town.get("/api/v1/today")).body.items.find((item) => item.kind === "publication_held")?.objects.some(({ id }) => id === listing.id) ?? false;

test("a published text that names somebody who was recorded since is not said again, waits on Today, and the preview shows why", async () => {
    const proposal = await submitted({ text: "Abzuholen bei der Tischlerei Birkenhain." });
    await publish(proposal);
    await town.organisation({ name: "Tischlerei Birkenhain", sector: "company" });

    const moved = await town.move(proposal, "prechecked");
    assert.equal(moved.published.current, false);
    let now = await read(proposal);
    assert.deepEqual([now.rev, now.public.state, now.current, now.held_at !== null], [1, "submitted", false, true]);
    assert.equal((await town.get(`${town.path(proposal)}/history`)).body.items[0].action, "held_back");
    assert.ok(await waiting(proposal));
    const looked = (await preview(proposal)).body;
    assert.equal(looked.publishable, false);
    assert.deepEqual(looked.findings.filter(({ severity }) => severity === "block").map(({ kind }) => kind), ["name"]);

    await publish(proposal, { text: "Abzuholen in einer Tischlerei." });
    now = await read(proposal);
    assert.deepEqual([now.rev, now.public.state, now.current, now.held_at], [2, "prechecked", true, null]);
    assert.equal(await waiting(proposal), false);
    await town.move(proposal, "seeking");
    assert.deepEqual([(await read(proposal)).rev, (await read(proposal)).public.state], [3, "seeking"]);
});

test("what somebody gave a reason for may go on being said", async () => {
    await town.organisation({ name: "Schmiede Ulmenhof", sector: "company" });
    const proposal = await submitted({ text: "Die Schmiede Ulmenhof ist einverstanden." });
    const looked = (await preview(proposal)).body;
    const overrides = looked.findings.filter(({ severity }) => severity === "block").map(({ fingerprint }) => ({ fingerprint, reason: "Sie hat zugestimmt." }));
    assert.equal((await put(proposal, { digest: looked.digest, overrides })).status, 200);
    await town.move(proposal, "prechecked");
    assert.equal((await read(proposal)).public.state, "prechecked");
    assert.equal((await read(proposal)).held_at, null);
});

test("that we asked back is nobody else's business", async () => {
    const proposal = await submitted();
    await publish(proposal);
    await town.move(proposal, "needs_information");
    const publication = await read(proposal);
    assert.equal(publication.public.state, "submitted");
    assert.equal(publication.rev, 1, "nothing was said");
});

test("what is published is kept for a year", async () => {
    const line = JSON.parse((await preview(await submitted())).body.line);
    assert.equal(Date.parse(line.keep_until) - Date.parse(line.at), 365 * 86400_000);
});

test("the name of a place may name somebody, too", async () => {
    await town.organisation({ name: "Hof Erlengrund" });
    const proposal = await submitted({ municipality: "Hof Erlengrund" });
    const { body } = await preview(proposal);
    const [finding] = body.findings.filter((one) => one.severity === "block");
    assert.deepEqual([finding?.field, finding?.kind, finding?.excerpt], ["municipality", "name", "Hof Erlengrund"]);
    assertProblem(await put(proposal, { digest: body.digest }), 422, "identifiers-found");
});

test("what somebody is just changing is waited for, and not published as it was", async () => {
    const proposal = await submitted();
    const { digest } = (await preview(proposal)).body;
    const answer = await town.meanwhile(`UPDATE listings SET title = 'Gerade anders' WHERE id = '${proposal.id}'`, () => put(proposal, { digest }));
    assertProblem(answer, 409, "preview-outdated");
    assert.equal((await read(proposal)).state, "none");
});

test("what is held back is said again once somebody gave a reason, though its words are the same", async () => {
    const proposal = await submitted({ text: "Abzuholen bei der Gärtnerei Lindenhof." });
    await publish(proposal);
    await town.organisation({ name: "Gärtnerei Lindenhof", sector: "company" });
    await town.move(proposal, "prechecked", "needs_information");
    const held = await read(proposal);
    assert.ok(held.held_at);
    const { body } = await preview(proposal);
    const overrides = body.findings.filter(({ severity }) => severity === "block").map(({ fingerprint }) => ({ fingerprint, reason: "Sie hat zugestimmt." }));
    assert.equal((await put(proposal, { digest: body.digest, overrides })).status, 200);
    const now = await read(proposal);
    assert.deepEqual([now.public, now.rev, now.held_at, now.current], [held.public, held.rev + 1, null, true]);
});

test("drafts stay at home", async () => {
    const proposal = await town.proposal();
    assertProblem(await preview(proposal), 409, "conflict");
    assertProblem(await put(proposal, { digest: "A".repeat(43) }), 409, "conflict");
});

test("direct identifiers and the names this node knows block", async () => {
    const organisation = await town.organisation({ name: "Wärmestube Rosengarten e. V." });
    await town.organisation({ name: "Holzwerk Hagenau GmbH", sector: "company" });
    await town.created(`/api/v1/organisations/${organisation.id}/contacts`, { name: "Adelheid Kronwetter", source: "phone", purpose: "Fragen" });
    const cases = [
        ["Bitte an hilfe@verein.example schreiben.", "email", "hilfe@verein.example"],
        ["Telefon 0681 123456-7, ab acht Uhr.", "phone", "0681 123456-7"],
        ["Auf das Konto DE89 3704 0044 0532 0130 00.", "iban", "DE89 3704 0044 0532 0130 00"],
        ["Mehr unter www.verein.example/hilfe dazu.", "url", "www.verein.example/hilfe"],
        ["Abzugeben in der Rosenstraße 12, im Hof.", "address", "Rosenstraße 12"],
        ["Die Wärmestube Rosengarten braucht Decken.", "name", "Wärmestube Rosengarten"],
        ["Die Waermestube Rosengarten braucht Decken.", "name", "Waermestube Rosengarten"],
        ["Das Holzwerk Hagenau hilft schon.", "name", "Holzwerk Hagenau"],
        ["Frau Kronwetter weiß mehr.", "name", "Kronwetter"],
    ];
    const proposal = await submitted();
    for (const [text, kind, excerpt] of cases) {
        const { body } = await preview(proposal, { text });
        const finding = body.findings.find((one) => one.severity === "block" && one.field === "text" && one.kind === kind);
        assert.ok(finding, `${text} ${JSON.stringify(body.findings)}`);
        assert.ok(finding.excerpt.includes(excerpt) || excerpt.includes(finding.excerpt), `${finding.excerpt} in ${text}`);
        assert.equal([...text].slice(finding.start, finding.end).join(""), finding.excerpt, "the place is counted in code points");
        assert.equal(body.publishable, false);
        assertProblem(await put(proposal, { text, digest: body.digest }), 422, "identifiers-found");
    }
    assert.equal((await read(proposal)).state, "none", "nothing was published");
});

test("a name blocks from the moment it is recorded, and no longer when it is gone", async () => {
    const proposal = await submitted({ text: "Der Förderkreis Ziegelhütte sammelt Bücher." });
    const blocked = async () => (await preview(proposal)).body.findings.some((one) => one.kind === "name" && one.severity === "block");
    assert.equal(await blocked(), false);
    const organisation = await town.organisation({ name: "Förderkreis Ziegelhütte" });
    assert.equal(await blocked(), true);
    const renamed = await town.call("PATCH", `/api/v1/organisations/${organisation.id}`, { body: { name: "Lesekreis Kastanie" }, version: 1 });
    assert.equal(await blocked(), false);
    await town.call("PATCH", `/api/v1/organisations/${organisation.id}`, { body: { name: "Förderkreis Ziegelhütte" }, version: renamed.body.version });
    assert.equal(await blocked(), true);
    assert.equal((await town.call("DELETE", `/api/v1/organisations/${organisation.id}`, { version: 3 })).status, 204);
    assert.equal(await blocked(), false);
});

test("a name that was changed is the new one, and a place that is new makes a name of its own tell less", async () => {
    const proposal = await submitted({ text: "Am Quellrosenhag, in der Bachtalaue und bei Wendelgrün wird geholfen, auch in Kleinmoosen." });
    const named = async () => (await preview(proposal)).body.findings.filter((finding) => finding.kind === "name").map((finding) => finding.excerpt);
    assert.deepEqual(await named(), []);
    const organisation = await town.organisation({ name: "Quellrosenhag e.V." });
    await town.organisation({ name: "Tierschutz Kleinmoosen" });
    const contact = await town.created(`/api/v1/organisations/${organisation.id}/contacts`, { name: "Ute Sommerlatte", source: "phone", purpose: "Rückfragen" });
    assert.deepEqual(await named(), ["Quellrosenhag", "Kleinmoosen"]);
    assert.equal((await town.call("PATCH", `/api/v1/organisations/${organisation.id}`, { body: { name: "Bachtalaue e.V." }, version: organisation.version })).status, 200);
    assert.equal((await town.call("PATCH", `/api/v1/contacts/${contact.id}`, { body: { name: "Ute Wendelgrün" }, version: contact.version })).status, 200);
    assert.deepEqual(await named(), ["Bachtalaue", "Wendelgrün", "Kleinmoosen"]);
    await town.organisation({ municipality: "Kleinmoosen" });
    assert.deepEqual(await named(), ["Bachtalaue", "Wendelgrün"]);
});

test("who overrides a finding gives a reason, and it is kept", async () => {
    const proposal = await submitted({ text: "Rückfragen an stadt@verwaltung.example bitte." });
    const { body } = await preview(proposal);
    const overrides = body.findings.filter((one) => one.severity === "block").map((one) => ({ fingerprint: one.fingerprint, reason: "Das ist eine Sammeladresse." }));
    assert.equal(overrides.length, 1);
    assertProblem(await put(proposal, { digest: body.digest, overrides: [{ ...overrides[0], reason: " " }] }), 422, "invalid-body", "/overrides/0/reason", "empty");
    assertProblem(await put(proposal, { digest: body.digest, overrides: [{ fingerprint: "A".repeat(43), reason: "x" }] }), 422, "identifiers-found");
    assert.equal((await put(proposal, { digest: body.digest, overrides })).status, 200);
    const entry = (await town.get(`${town.path(proposal)}/history`)).body.items.find((one) => one.action === "override");
    assert.equal(entry.reason, "Das ist eine Sammeladresse.");
    assert.equal(entry.actor.role, "coordinator");
});

test("a reason is for the words at one place, not for the same ones elsewhere", async () => {
    const said = "stadt@verwaltung.example";
    const proposal = await submitted({ title: `Fragen an ${said}`, text: `Rückfragen an ${said} bitte.` });
    const { body } = await preview(proposal);
    const blocking = body.findings.filter(({ severity }) => severity === "block");
    assert.deepEqual(blocking.map(({ field, excerpt }) => [field, excerpt]), [["title", said], ["text", said]]);
    const give = (findings) => put(proposal, { digest: body.digest, overrides: findings.map(({ fingerprint }) => ({ fingerprint, reason: "Sammeladresse" })) });
    assertProblem(await give(blocking.slice(1)), 422, "identifiers-found");
    assert.equal((await give(blocking)).status, 200);
});

test("what changed since the preview is not published", async () => {
    const proposal = await submitted();
    const { digest } = (await preview(proposal)).body;
    await town.call("PATCH", town.path(proposal), { body: { title: "Anderes" }, version: proposal.version });
    assertProblem(await put(proposal, { digest }), 409, "preview-outdated");
    assertProblem(await put(proposal, { digest, title: "Stühle und mehr" }), 409, "preview-outdated");
    assert.equal((await read(proposal)).state, "none");
});

test("the public wording stands beside the internal one", async () => {
    const organisation = await town.organisation({ name: "Tierhilfe Espenau" });
    const proposal = await submitted({ organisation_id: organisation.id, text: "Die Tierhilfe Espenau braucht Decken." });
    const publication = await publish(proposal, { text: "Eine Einrichtung braucht Decken." });
    assert.equal(publication.public.text, "Eine Einrichtung braucht Decken.");
    assert.equal(publication.current, true);
    assert.equal((await town.get(town.path(proposal))).body.text, "Die Tierhilfe Espenau braucht Decken.");
    const { body } = await preview(proposal);
    assert.equal(body.entry.text, "Eine Einrichtung braucht Decken.", "and is offered again");
    assert.equal(JSON.parse(body.line).rev, 2);
});

test("few organisations of a kind warn, but do not block", async () => {
    const organisation = await town.organisation({ name: "Haus am See", kind: "Hospiz", municipality: "Kleinhausen" });
    const proposal = await submitted({ organisation_id: organisation.id, municipality: "Kleinhausen" });
    const { body } = await preview(proposal);
    const finding = body.findings.find((one) => one.kind === "small_group");
    assert.equal(finding.severity, "warn");
    assert.equal(finding.field, "municipality");
    assert.equal(finding.excerpt, "Kleinhausen");
    assert.equal(body.publishable, true);
});

test("two of a kind in one place are few, three are not", async () => {
    const municipality = "Dreihausen", make = (name, kind) => town.organisation({ name, kind, municipality });
    const organisation = await make("Haus Morgenrot", "Hospiz");
    for (const [name, kind] of [["Haus Abendrot", "Hospiz"], ["Singkreis Mittag", "Chor"], ["Singkreis Abend", "Chor"], ["Singkreis Nacht", "Chor"]]) await make(name, kind);
    const proposal = await submitted({ organisation_id: organisation.id, municipality });
    const warns = async () => (await preview(proposal)).body.findings.some(({ kind }) => kind === "small_group");
    assert.equal(await warns(), true);
    await make("Haus Sonnenschein", "Hospiz");
    assert.equal(await warns(), false);
});

test("a withdrawn publication is gone here, and everybody is told", async () => {
    const proposal = await submitted();
    await publish(proposal, { title: "Sitzgelegenheiten" });
    const erase = (body) => town.post(`${town.path(proposal)}/publication/erase`, body);
    assertProblem(await erase({}), 422, "invalid-body", "/reason", "missing");
    const erased = await erase({ reason: "Die Einrichtung bat darum." });
    assert.equal(erased.status, 200, erased.text);
    assert.equal(erased.body.state, "erased");
    assert.equal(erased.body.public, null);
    assert.deepEqual(erased.body.erase_recipients.map(({ authority, role }) => [authority, role]), [[town.office.authority, "office"]]);
    assert.equal((await town.get(town.path(proposal))).body.published, null);
    assertProblem(await erase({ reason: "noch einmal" }), 409, "conflict");
    assert.equal(sql(`SELECT body, wording, accepted FROM publications WHERE listing_id = '${proposal.id}'`), "{}|{}|[]", "nothing of its words is left");
    const entry = (await town.get(`${town.path(proposal)}/history`)).body.items[0];
    assert.equal(entry.action, "erased");
    assert.equal(entry.reason, "Die Einrichtung bat darum.");

    await town.move(proposal, "prechecked");
    assert.equal((await read(proposal)).state, "erased", "a step publishes nothing that was withdrawn");
    const again = await publish(proposal);
    assert.equal(again.state, "published");
    assert.ok(again.rev > 1);
    assert.deepEqual(again.erase_recipients, []);
});

test("offers are published alike", async () => {
    const offer = await town.move(await town.offer({ available_until: "2030-12-01" }), "available");
    const publication = await publish(offer);
    assert.equal(publication.public.state, "available");
    assert.equal(publication.public.month, "2030-12");
    assert.equal((await town.move(offer, "taken")).published.current, true);
    assert.equal((await read(offer)).public.state, "taken");
});

test("an office is no city that has it", async () => {
    const proposal = await submitted();
    await publish(proposal);
    const { published } = (await town.get(town.path(proposal))).body;
    assert.deepEqual([published.delivered, published.of], [0, 0]);
});

test("the other node acknowledges what it got and what it erased", async () => {
    const proposal = await submitted();
    await publish(proposal);
    const until = async (what, condition) => {
        const end = Date.now() + 30000;
        for (;;) {
            const now = await read(proposal);
            if (condition(now)) return;
            assert.ok(Date.now() < end, `${what}: ${JSON.stringify(now)}`);
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    };
    await until("delivered", (now) => now.recipients.every((peer) => peer.delivered_at));
    await town.post(`${town.path(proposal)}/publication/erase`, { reason: "Schluss" });
    await until("erased", (now) => now.erase_recipients.every((peer) => peer.applied_at));
});
