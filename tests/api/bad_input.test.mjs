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
        '{"a":99999999999999999999}', '{"title":"a","title":"b"}', '{"title":"a\\u0000b"}', '{"ti\\u0000tle":"a"}', '{"title":"a\u0000b"}', '{"a":1\u0000}', '{"a":[1\u0000]}', '{"a":1\u0000,"b":2}', '{}\u0000', `{"a":${deep}}`, "\ufeff{}",
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
    const id = "00000000-0000-0000-0000-00000000000f";
    const forged = {
        "-updated_at": [["2030-01-01 00:00:00+00"], ["2030-01-01 12:34:56.123456+00"], ["", "infinity", "2030-01-01", "2030-02-30 00:00:00+00", "2030-01-01 24:00:00+00", "2030-01-01 00:00:00", "2030-01-01 00:00:00.+00", "2030-01-01 00:00:00.1234567+00", "2030-01-01 00:00:00+01", "now"]],
        needed_by: [["2030-01-01", "infinity"], ["", "2030-02-30", "2030-1-1", "-infinity", "today", "2030-01-01 00:00:00+00"]],
        title: [["", "'", "zz", "%"], []],
    };
    for (const [sort, [...kinds]] of Object.entries(forged)) {
        const wrong = kinds.pop(), list = (key, at = id) => town.get(`/api/v1/proposals?sort=${sort}&cursor=${cursor([key, at])}`);
        for (const key of kinds.flat()) assert.equal((await list(key)).status, 200, `a forged place is just another place: ${key}`);
        for (const key of wrong) assertProblem(await list(key), 400, "invalid-query");
        for (const at of ["", "x", `${id}0`, id.slice(1), id.replaceAll("-", "0")]) assertProblem(await list(kinds.flat()[0], at), 400, "invalid-query");
    }
    // Places among what other towns have name a town as well; places among our own do not.
    const place = ["2030-01-01 00:00:00+00", id], far = [...place, "elsewhere.example"];
    for (const [list, parts] of [["proposals", far], ["network/proposals", place]])
        assertProblem(await town.get(`/api/v1/${list}?cursor=${cursor(parts)}`), 400, "invalid-query");
    assert.equal((await town.get(`/api/v1/network/proposals?cursor=${cursor(far)}`)).status, 200);
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

// Sends octets as they are and reads the answer, until it is whole or the node hangs up: {status, code, close}; status 0 when
// there was none.
async function raw(octets, address = town.node.url) {
    const { hostname, port } = new URL(address);
    return new Promise((resolve, reject) => {
        const socket = net.connect(Number(port), hostname, () => socket.write(octets));
        let answer = "";
        socket.setTimeout(90000, () => { socket.destroy(); reject(new Error(`no answer to ${octets.slice(0, 60)}`)); });
        socket.on("data", (data) => {
            answer += data.toString("latin1");
            const [head, body] = answer.split("\r\n\r\n");
            if (body?.length >= Number(/^content-length: (\d+)/im.exec(head)?.[1])) socket.destroy();
        });
        socket.on("error", () => {});
        socket.on("close", () => resolve({
            status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0),
            code: /"code": ?"([^"]+)"/.exec(answer)?.[1],
            close: !answer || /^connection: close\r$/im.test(answer),
        }));
    });
}

// What each may be answered, 0 being no answer at all. Where the end of a message is in doubt, nothing after it is read: a second
// request may hide there.
unchanged("octets that are no HTTP, or not enough of it", async () => {
    const own = `Host: x\r\nAuthorization: Bearer ${town.tokens.coordinator}\r\nContent-Type: application/json\r\n`;
    const body = JSON.stringify({ name: "Verein Roh", sector: "civil_society" });
    const create = (fields, content = body) => `POST /api/v1/organisations HTTP/1.1\r\n${own}${fields}\r\n${content}`;
    const read = (fields) => `GET /api/v1/organisations HTTP/1.1\r\n${own}${fields}\r\n`;
    const sized = `Content-Length: ${body.length}\r\n`;
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const long = "a".repeat(100000);
    const cases = {
        "nothing but NULs": ["\0\0\0\0", [0, 400, 408]],
        "a line of NULs": ["\0\0\0\0\r\n\r\n", [0, 400, 408]],
        "half a line": ["GET /api/v1/organ", [0, 408]],
        "half a head": [read("").slice(0, -2), [0, 408]],
        "half a body": [create(`Content-Length: ${body.length + 1}\r\n`), [0, 408]],
        "TLS where there is none": ["\x16\x03\x01\0\xc8\x01\0\0\xc4\x03\x03\r\n\r\n", [0, 400, 408]],
        "a method alone": ["GET\r\n\r\n", [0, 400]],
        "no version": ["GET /api/v1/organisations\r\n\r\n", [0, 400]],
        "tabs for spaces": ["GET\t/api/v1/organisations\tHTTP/1.1\r\nHost: x\r\n\r\n", [0, 400]],
        "a version in small letters": ["GET / http/1.1\r\nHost: x\r\n\r\n", [0, 400, 505]],
        "a version there is not": ["GET / HTTP/9.9\r\n\r\n", [505]],
        "HTTP/2": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]],
        "no host": [read("").replace("Host: x\r\n", ""), [400], "malformed-request"],
        "two hosts": [read("Host: y\r\n"), [400], "malformed-request"],
        "a tunnel": ["CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", [400], "malformed-request"],
        "a method there is not": [`FLY /api/v1/organisations HTTP/1.1\r\n${own}\r\n`, [405], "method-not-allowed"],
        "an address without end": [`GET /${long} HTTP/1.1\r\n${own}\r\n`, [414]],
        "a field without end": [read(`A: ${long}\r\n`), [431]],
        "fields without end": [read("A: b\r\n".repeat(20000)), [431]],
        "a field without a colon": [read("nonsense\r\n"), [400]],
        "a name with a space": [read("Con tent: x\r\n"), [400], "malformed-request"],
        "a space before the colon": [create(`Content-Length : ${body.length}\r\n`), [400], "malformed-request"],
        "a folded field": [read("X-A: b\r\n c\r\n"), [400], "malformed-request"],
        "a folded length": [create(`Content-Length:\r\n ${body.length}\r\n`), [400], "malformed-request"],
        "a length folded in two": [create("Content-Length: 5\r\n 7\r\n"), [400], "malformed-request"],
        "no length": [create(""), [400], "malformed-json"],
        "an empty length": [create("Content-Length:\r\n"), [400]],
        "a negative length": [create("Content-Length: -1\r\n"), [400]],
        "a length in words": [create("Content-Length: ten\r\n"), [400]],
        "a length with a sign": [create(`Content-Length: +${body.length}\r\n`), [400]],
        "a length in hexadecimal": [create(`Content-Length: 0x${body.length.toString(16)}\r\n`), [400]],
        "a list of lengths": [create(`Content-Length: ${body.length}, ${body.length}\r\n`), [400]],
        "two lengths": [create(`${sized}${sized}`), [400], "malformed-request"],
        "a length beyond all": [create(`Content-Length: ${"9".repeat(30)}\r\n`), [400, 413]],
        "a length beyond the limit": [create("Content-Length: 9999999999\r\n"), [413], "too-large"],
        "chunks": [create("Transfer-Encoding: chunked\r\n", chunk), [411], "length-required"],
        "chunks and a length": [create(`${sized}Transfer-Encoding: chunked\r\n`, chunk), [411], "length-required"],
        "chunks that are none": [create("Transfer-Encoding: chunked\r\n", "zz\r\n"), [411], "length-required"],
        "another transfer coding": [create(`${sized}Transfer-Encoding: gzip\r\n`), [411], "length-required"],
        "no transfer coding, said so": [create(`${sized}Transfer-Encoding: identity\r\n`), [411], "length-required"],
        "a coded body": [create(`${sized}Content-Encoding: gzip\r\n`), [415], "unsupported-media-type"],
        "no coding, said so": [create(`${sized}Content-Encoding: identity\r\n`), [415], "unsupported-media-type"],
    };
    const inDoubt = /length|chunks|transfer coding|colon|folded|without|version/;
    const answers = await Promise.all(Object.values(cases).map(([octets]) => raw(Buffer.from(octets, "latin1"))));
    Object.entries(cases).forEach(([name, [, statuses, code]], i) => {
        const { status, close } = answers[i];
        assert.ok(statuses.includes(status), `${name}: ${status}`);
        if (code) assert.equal(answers[i].code, code, name);
        if (inDoubt.test(name) && name !== "no length") assert.ok(close, `${name}: the connection stays open`);
    });
    assert.equal((await raw("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", town.node.https)).status, 0, "no TLS where there should be");
    assert.equal((await raw(read(""))).status, 200, "the next good request is answered");
});

// Whatever is said about a body: it is never read as the next request. What really comes next may be answered, or the node hangs up.
unchanged("a request inside a body stays a body", async () => {
    const { hostname, port } = new URL(town.node.url);
    const body = JSON.stringify({ name: "Verein Versteck", sector: "civil_society" });
    const hidden = `POST /api/v1/organisations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${town.tokens.coordinator}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const [first, second] = [String(hidden.length).slice(0, 1), String(hidden.length).slice(1)];
    for (const [line, length, expected] of [
        ["GET /healthz", `Content-Length: ${hidden.length}`, 413],
        ["FLY /healthz", `Content-Length: ${hidden.length}`, 405],
        ["PUT /api/v1/organisations", `Content-Length: ${hidden.length}`, 405],
        ["POST /api/v1/nothing", `Content-Length: ${hidden.length}`, 404],
        ["POST /api/v1/session", `Content-Length: ${hidden.length}`, 415],
        ["POST /api/v1/session", `Content-Length:\r\n ${hidden.length}`, 400],
        ["POST /api/v1/session", `Content-Length: ${first}\r\n ${second}`, 400],
        ["POST /api/v1/session", "Transfer-Encoding: chunked", 411],
        ["POST /api/v1/session", `Content-Length: ${hidden.length}\r\nTransfer-Encoding: chunked`, 411],
    ]) {
        const socket = net.connect(Number(port), hostname);
        socket.write(`${line} HTTP/1.1\r\nHost: x\r\n${length}\r\n\r\n${hidden}${last}`);
        let text = "";
        await new Promise((resolve) => socket.on("data", (data) => (text += data.toString("latin1"))).on("error", () => {}).on("close", resolve));
        const answers = [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => Number(match[1]));
        assert.ok([`${expected}`, `${expected},200`].includes(String(answers)), `${line}, ${length}: ${answers}`);
    }
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
