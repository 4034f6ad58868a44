// Whatever comes in: a clear problem and an unchanged database, never a 500.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import net from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { assertProblem, startTown } from "./lib/town.mjs";

const run = promisify(execFile);
const postgres = fileURLToPath(new URL("../../ops/postgres", import.meta.url));

let town, organisation, proposal;
before(async () => {
    town = await startTown();
    organisation = await town.organisation();
    proposal = await town.move(await town.proposal({ organisation_id: organisation.id }), "submitted");
});
after(() => town?.stop());

// Everything a coordinator can read, to be the same before and after.
async function everything() {
    const all = {};
    for (const list of ["organisations", "proposals", "offers"]) all[list] = (await town.get(`/api/v1/${list}?limit=200`)).text;
    all.audit = (await town.get("/api/v1/audit?limit=200", { role: "admin" })).text;
    return all;
}

function unchanged(name, body) {
    test(name, async () => {
        const earlier = await everything();
        await body();
        assert.deepEqual(await everything(), earlier);
    });
}

const good = () => ({ organisation_id: organisation.id, title: "Titel", text: "Text", language: "de", help: [{ category: "goods" }], municipality: "Ort" });
const post = (body, options) => town.post("/api/v1/proposals", body, options);

unchanged("malformed JSON", async () => {
    const deep = "[".repeat(5000) + "]".repeat(5000);
    const bodies = [
        "", "{", "}", "null", "[]", '"text"', "7", "{}{}", '{"a":1,}', "{'a':1}", '{"a":01}', '{"a":1.5}', '{"a":1e3}', '{"a":NaN}', '{"title":"\\ud800"}',
        '{"a":99999999999999999999}', '{"title":"a","title":"b"}', '{"title":"a\\u0000b"}', '{"ti\\u0000tle":"a"}', '{"title":"a\u0000b"}', `{"a":${deep}}`, "\ufeff{}",
        Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]), Buffer.from('{"title":"\xc0\x80"}', "latin1"), Buffer.from('{"title":"\xed\xa0\x80"}', "latin1"),
        Buffer.from("{}", "utf16le"),
    ];
    for (const body of bodies) assertProblem(await post(body), 400, "malformed-json");
});

unchanged("every kind of wrong field, all named at once", async () => {
    const wrong = {
        organisation_id: "1", title: "", text: 5, language: "deutsch", help: [{ category: "money" }, { category: "goods", quantity: 0 }, { quantity: 1, colour: "red" }, 7],
        municipality: "x".repeat(121), needed_by: "2030-02-30", return_favour: [], note: "a\u0007", state: "completed", number: 7,
    };
    const answer = await post(wrong);
    assertProblem(answer, 422, "invalid-body");
    assert.deepEqual(Object.fromEntries(answer.body.errors.map((error) => [error.pointer, error.code])), {
        "/organisation_id": "malformed", "/title": "empty", "/text": "wrong_type", "/language": "malformed", "/help/0/category": "not_allowed", "/help/1/quantity": "too_small",
        "/help/2/category": "missing", "/help/2/colour": "unknown_key", "/help/3": "wrong_type", "/municipality": "too_long", "/needed_by": "malformed", "/return_favour": "wrong_type",
        "/note": "malformed", "/state": "unknown_key", "/number": "unknown_key",
    });
});

const wrongs = [
    ["/title", { title: "x".repeat(201) }, "too_long"],
    ["/title", { title: " \n\t\u00a0" }, "empty"],
    ["/title", { title: "zwei\nZeilen" }, "malformed"],
    ["/title", { title: null }, "wrong_type"],
    ["/title", { title: true }, "wrong_type"],
    ["/text", { text: "x".repeat(4001) }, "too_long"],
    ["/text", { text: "\u001b[31m" }, "malformed"],
    ["/text", { text: "\u0085" }, "malformed"],
    ["/language", { language: "DE" }, "malformed"],
    ["/help", { help: [] }, "too_few"],
    ["/help", { help: Array(8).fill({ category: "goods" }) }, "too_many"],
    ["/help", { help: { category: "goods" } }, "wrong_type"],
    ["/help/1/category", { help: [{ category: "goods" }, { category: "goods" }] }, "duplicate"],
    ["/help/0/quantity", { help: [{ category: "goods", quantity: 1000001 }] }, "too_large"],
    ["/help/0/quantity", { help: [{ category: "goods", quantity: "3" }] }, "wrong_type"],
    ["/help/0/unit", { help: [{ category: "goods", unit: "" }] }, "empty"],
    ["/needed_by", { needed_by: "1.2.2030" }, "malformed"],
    ["/needed_by", { needed_by: 20300201 }, "wrong_type"],
    ["/contact_id", { contact_id: "../../etc/passwd" }, "malformed"],
    ["/organisation_id", { organisation_id: "A0000000-0000-4000-8000-000000000000" }, "malformed"],
    ["/a~1b~0c", { "a/b~c": 1 }, "unknown_key"],
];
for (const [pointer, more, code] of wrongs)
    unchanged(`${JSON.stringify(more).slice(0, 60)} is ${code}`, async () => assertProblem(await post({ ...good(), ...more }), 422, "invalid-body", pointer, code));

test("lengths count characters, not octets", async () => {
    assert.equal((await post({ ...good(), title: "ü".repeat(200), text: "🙂".repeat(4000) })).status, 201);
    assertProblem(await post({ ...good(), title: "ü".repeat(201) }), 422, "invalid-body", "/title", "too_long");
});

unchanged("ids that are none, or nobody's", async () => {
    for (const id of ["1", "x", "00000000-0000-4000-8000-00000000000", "A0000000-0000-4000-8000-000000000000", "%00", "%ff", "..%2f..", "'--", "00000000-0000-4000-8000-000000000000"])
        for (const path of [`/api/v1/proposals/${id}`, `/api/v1/offers/${id}/publication`, `/api/v1/organisations/${id}/contacts`]) {
            const answer = await town.get(path);
            assert.ok(answer.status === 404 || answer.status === 400, `${path}: ${answer.text}`);
        }
    assertProblem(await town.get(`/api/v1/offers/${proposal.id}`), 404, "not-found");
});

unchanged("queries that are not understood", async () => {
    const cursor = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const bad = [
        ["limit=0", "?limit", "too_small"], ["limit=201", "?limit", "too_large"], ["limit=ten", "?limit", "wrong_type"], ["limit=1&limit=2", "?limit", "duplicate"], ["limit=", "?limit", "wrong_type"],
        ["limit=99999999999999999999", "?limit", "wrong_type"], ["state=open", "?state/0", "not_allowed"], ["category=money", "?category/0", "not_allowed"], ["sort=price", "?sort", "not_allowed"],
        ["published=yes", "?published", "wrong_type"], ["organisation=1", "?organisation", "malformed"], ["colour=red", "?colour", "unknown_key"], ["q=", "?q", "empty"],
        [`q=${"x".repeat(201)}`, "?q", "too_long"], [Array(15).fill("state=draft").join("&"), "?state", "too_many"],
    ];
    for (const [query, pointer, code] of bad) assertProblem(await town.get(`/api/v1/proposals?${query}`), 400, "invalid-query", pointer, code);
    for (const value of ["x", "!!!", cursor(7), cursor([]), cursor([1, 2]), cursor(["a"]), cursor({}), "e30"])
        assertProblem(await town.get(`/api/v1/proposals?cursor=${encodeURIComponent(value)}`), 400, "invalid-query");
    for (const value of [cursor(["zz", "'"]), cursor(["", ""]), cursor(["2030-01-01", "x"])])
        assert.equal((await town.get(`/api/v1/proposals?cursor=${value}`)).status, 200, "a forged place is just another place");
    for (const query of ["q=%ff", "q=%00", "q=%", "%"]) assert.equal((await town.get(`/api/v1/proposals?${query}`)).status, 400, query);
});

unchanged("wrong methods, paths, types and sizes", async () => {
    const answer = await town.call("PUT", "/api/v1/proposals", { body: good() });
    assertProblem(answer, 405, "method-not-allowed");
    assert.match(answer.headers.get("allow"), /GET.*POST/);
    for (const unknown of ["/api/v1/", "/api/v1/nothing", "/api/v2/proposals", "/api/v1/proposals/", "/api/v1//proposals", `/api/v1/proposals/${proposal.id}/nothing`])
        assertProblem(await town.get(unknown), 404, "not-found");
    assertProblem(await post(JSON.stringify(good()), { type: "text/plain" }), 415, "unsupported-media-type");
    assertProblem(await post(JSON.stringify({ ...good(), note: "x".repeat(70000) })), 413, "too-large");
    assertProblem(await town.call("POST", "/api/v1/proposals", { body: good(), headers: { "Idempotency-Key": "x".repeat(65) } }), 422, "invalid-body");
});

unchanged("If-Match that is none", async () => {
    for (const value of ['"0"', '"-1"', "1", '"99999999999999999999"', '"x"', '""', 'W/"1"', '"1", "2"']) {
        const answer = await town.call("PATCH", town.path(proposal), { body: { title: "Neu" }, headers: { "If-Match": value } });
        assertProblem(answer, 412, "stale-version");
    }
});

unchanged("without a token, with a wrong one, or from a foreign page", async () => {
    assertProblem(await town.get("/api/v1/proposals", { role: null }), 401, "unauthenticated");
    assertProblem(await town.get("/api/v1/proposals", { role: null, headers: { Authorization: "Bearer AAAA" } }), 401, "unauthenticated");
    assertProblem(await town.post("/api/v1/proposals", good(), { role: null }), 403, "csrf");
});

// Sends octets as they are and reads the status of the answer; 0 when the node hangs up.
async function raw(octets) {
    const { hostname, port } = new URL(town.node.url);
    return new Promise((resolve, reject) => {
        const socket = net.connect(Number(port), hostname, () => socket.write(octets));
        let answer = "";
        socket.setTimeout(90000, () => { socket.destroy(); reject(new Error("no answer")); });
        socket.on("data", (data) => { answer += data.toString("latin1"); if (answer.includes("\r\n\r\n")) socket.destroy(); });
        socket.on("error", () => {});
        socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)));
    });
}

unchanged("octets that are no HTTP", async () => {
    for (const octets of ["\0\0\0\0", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /api/v1/proposals HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n" + "A".repeat(100000) + "\r\n\r\n"]) {
        const status = await raw(octets);
        assert.ok(status === 0 || (status >= 400 && status !== 500), `${octets.slice(0, 30)}: ${status}`);
    }
});

unchanged("a body that never comes is given up", async () => {
    const status = await raw(`POST /api/v1/proposals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${town.tokens.coordinator}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"title":`);
    assert.ok(status === 408 || status === 0, String(status));
});

test("text that looks like SQL, HTML or a path is just text", async () => {
    for (const title of ["'; DROP TABLE listings; --", "<script>alert(1)</script>", "../../etc/passwd", "${7*7}", "%s%n", "\\x00", "$1"]) {
        const made = await post({ ...good(), title });
        assert.equal(made.status, 201, made.text);
        assert.equal((await town.get(town.path(made.body))).body.title, title);
    }
});

test("a database that goes away gives 503, and the node comes back by itself", async () => {
    await run(postgres, ["stop", town.dir]);
    try {
        const answer = await town.get("/api/v1/proposals");
        assertProblem(answer, 503, "database-unavailable");
        assert.ok(Number(answer.headers.get("retry-after")) > 0);
        assert.equal((await town.get("/healthz", { role: null })).status, 200);
        assert.equal((await town.get("/readyz", { role: null })).status, 503);
    } finally {
        await run(postgres, ["start", town.dir]);
    }
    const end = Date.now() + 30000;
    let status;
    while ((status = (await town.get("/api/v1/proposals")).status) !== 200) {
        assert.ok(Date.now() < end, `still ${status}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
});
