// Found by attack, each refused or harmless since.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import http from "node:http";
import { after, before, test } from "node:test";

import { assertProblem, startTown } from "./lib/town.mjs";

let town;
before(async () => {
    town = await startTown();
});
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();

// Headers as given: an array is sent as several fields, a Buffer's octets as they are (latin1).
function raw(method, path, headers, body) {
    const { hostname, port } = new URL(town.node.url);
    return new Promise((resolve, reject) => {
        http.request({ hostname, port, method, path, agent: false, headers: { Authorization: `Bearer ${town.tokens.coordinator}`, ...headers } }, (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => resolve({ status: answer.statusCode, body: JSON.parse(text) }));
        }).on("error", reject).end(body);
    });
}

test("a name of nothing but legal forms harms nobody's preview", async () => {
    for (const name of ["GmbH", "e. V.", "der die das", "& Co. KG"]) {
        const made = await town.post("/api/v1/organisations", { name, sector: "company" });
        assert.equal(made.status, 201, made.text);
    }
    const proposal = await town.proposal();
    await town.post(`${town.path(proposal)}/transitions`, { to: "submitted" });
    const preview = await town.post(`${town.path(proposal)}/publication/preview`, {});
    assert.equal(preview.status, 200, preview.text);
});

test("publishing the same once more changes nothing", async () => {
    const proposal = await town.proposal();
    await town.post(`${town.path(proposal)}/transitions`, { to: "submitted" });
    const { body } = await town.post(`${town.path(proposal)}/publication/preview`, {});
    const overrides = body.findings.filter((finding) => finding.severity === "block").map((finding) => ({ fingerprint: finding.fingerprint, reason: "Kein Name" }));
    const put = () => town.call("PUT", `${town.path(proposal)}/publication`, { body: { digest: body.digest, overrides } });
    const answers = [await put(), ...(await Promise.all([put(), put(), put()]))];
    for (const answer of answers) assert.equal(answer.status, 200, answer.text);
    assert.equal(sql(`SELECT count(*) FROM entries WHERE object_id = '${proposal.id}'`), "1");
});

test("fields that decide something must come once, and be what they say", async () => {
    const json = { "Content-Type": "application/json" };
    const body = JSON.stringify({ name: "Verein Zweifach", sector: "civil_society" });
    for (const headers of [
        { "Idempotency-Key": ["a", "b"] },
        { "If-Match": ['"1"', '"2"'] },
        { Origin: ["http://a.example", "http://b.example"] },
        { Authorization: [`Bearer ${town.tokens.coordinator}`, "Bearer other"] },
    ]) {
        const answer = await raw("POST", "/api/v1/organisations", { ...json, ...headers }, body);
        assert.equal(answer.status, 400, JSON.stringify(headers));
        assert.equal(answer.body.code, "malformed-request");
    }
    for (const key of ["a b", "\u00ff\u00fe", "ä", "x".repeat(65)]) {
        const answer = await raw("POST", "/api/v1/organisations", { ...json, "Idempotency-Key": key }, body);
        assert.equal(answer.status, 422, key);
    }
    const { body: made } = await town.post("/api/v1/organisations", { name: "Verein Einfach", sector: "civil_society" });
    const change = async (version) => (await raw("PATCH", `/api/v1/organisations/${made.id}`, { ...json, "If-Match": version }, '{"note":"x"}')).status;
    for (const version of ['" 1"', '"+1"', 'W/"1"', "1", '"1', '"1x"']) assert.equal(await change(version), 412, version);
    assert.equal(await change('"1"'), 200);
    assert.equal(sql("SELECT count(*) FROM organisations WHERE name = 'Verein Zweifach'"), "0");
});

test("text that nobody can see is empty, and text that turns around is refused", async () => {
    for (const [name, code] of [["\u200b\ufeff", "empty"], ["Verein \u202e.V.e", "malformed"], ["a\uffff", "malformed"]]) {
        const answer = await town.post("/api/v1/organisations", { name, sector: "civil_society" });
        assertProblem(answer, 422, "invalid-body");
        assert.equal(answer.body.errors[0].code, code, JSON.stringify(name));
    }
});

test("a quantity is never guessed", async () => {
    const head = "Organisation;Titel;Beschreibung;Sprache;Kategorie;Menge;Einheit;Ort\n";
    for (const quantity of ["1e9", "2027-02-30", "3x4"]) {
        const answer = await town.call("POST", "/api/v1/imports?kind=proposals", { body: `${head}Verein Menge;Titel;Text;de;goods;${quantity};Stück;Ort\n`, type: "text/csv" });
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.body.counts.error, 1, quantity);
    }
});

test("an empty body is said to be empty", async () => {
    const answer = await raw("POST", "/api/v1/organisations", { "Content-Type": "application/json" });
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, /empty/);
});
