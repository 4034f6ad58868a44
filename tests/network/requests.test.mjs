// What a stranger, a careless or a malicious peer gets for its requests.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { sign } from "node:crypto";
import net from "node:net";
import { after, before, test } from "node:test";

import { Demo, eventually, freePort } from "./support.mjs";
import { Signer, send, signed } from "./signer.mjs";

const PAGES = "/federation/v1/pages?to=0.0&net=0.0";
const HINT = "/federation/v1/hint";

process.env.HF_SERVER_JOBS_SECONDS = "1"; // for the nodes that this test starts

let demo, saarbruecken, arnhem, metz, office, peer, stranger;

before(async () => {
    demo = await Demo.up("--empty");
    ({ saarbruecken, arnhem, metz, office } = demo.towns);
    await eventually("Saarbrücken knows Arnhem", async () => (await saarbruecken.ask("GET", "/peers")).items.some((one) => one.authority === arnhem.authority));
    peer = Signer.of(arnhem);
    stranger = Signer.generate();
});
after(() => demo?.down());

const refused = (answer, status, code) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers["content-type"], "application/problem+json");
    assert.equal(answer.body.type, `https://herausforderung.example/problems/${code}`);
    return answer.body;
};

const hint = (signer, body, { type = "application/jose", target = HINT } = {}) => signed(saarbruecken, signer, "POST", target, { body, type });

/** A head as SPEC.md section 7 says, signed or (by: another signer) only as if. */
function head(signer, { stream = "net", ...payload }, by = signer) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: "Ed25519", kid: signer.id, typ: "hf-head+jwt" })}.${part({ iss: arnhem.authority, stream, epoch: 1, seq: 1, chain: "A".repeat(43), iat: 1, ...payload })}`;
    return `${text}.${sign(null, Buffer.from(text), by.key).toString("base64url")}`;
}

/** A town that nobody can reach, but whose key Saarbrücken knows. state: columns of `peers` */
async function unreachable(authority, state) {
    const signer = Signer.generate();
    const columns = Object.entries({ authority, name: "Anderswo", country: "DE", role: "city", key: `\\x${Buffer.from(signer.jwk.x, "base64url").toString("hex")}`, key_id: signer.id, ...state });
    await saarbruecken.sql(`INSERT INTO peers (${columns.map(([name]) => name)}) VALUES (${columns.map(([, value]) => `'${value}'`)})`);
    return signer;
}

/** What a caller is answered to a query: the lines between the pages' frames, and the frames. */
async function pages(signer, query) {
    const answer = await signed(saarbruecken, signer, "GET", `/federation/v1/pages?${query}`);
    assert.equal(answer.status, 200, answer.text);
    const lines = answer.text.trimEnd().split("\n").map((line) => JSON.parse(line));
    return { frames: lines.filter((line) => line.page || line.head), entries: lines.filter((line) => !line.page && !line.head) };
}

const newest = async () => {
    const [epoch, seq, text] = (await saarbruecken.sql(`SELECT epoch, seq, head FROM streams WHERE origin = '${saarbruecken.authority}' AND name = 'net' ORDER BY epoch DESC LIMIT 1`))[0].split("|");
    return { epoch: Number(epoch), seq: Number(seq), head: text };
};

test("a peer's signed request gets pages", async () => {
    const answer = await signed(saarbruecken, peer, "GET", PAGES);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers["content-type"], "application/x-ndjson");
    assert.equal(answer.headers["cache-control"], "no-store");
    const lines = answer.text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines[0].stream, `to/${arnhem.authority}`);
    assert.ok(lines.some((line) => line.stream === "net"));
    assert.ok(lines.at(-1).head);
});

test("a request without signature, or by an unknown key, is refused", async () => {
    refused(await send(saarbruecken, "GET", PAGES), 401, "signature-missing");
    refused(await signed(saarbruecken, stranger, "GET", PAGES), 401, "unknown-key");
});

test("a request for another node is refused", async () => {
    const headers = peer.headers("GET", metz.authority, PAGES);
    refused(await send(saarbruecken, "GET", PAGES, { headers }), 401, "signature-invalid");
});

test("a request that was changed on the way is refused", async () => {
    const headers = peer.headers("GET", saarbruecken.authority, PAGES);
    refused(await send(saarbruecken, "GET", "/federation/v1/pages?to=0.0&net=0.1", { headers }), 401, "signature-invalid");
    const body = "x".repeat(20);
    const headersOfHint = peer.headers("POST", saarbruecken.authority, HINT, { body, type: "application/jose" });
    refused(await send(saarbruecken, "POST", HINT, { headers: headersOfHint, body: "y".repeat(20) }), 401, "digest-mismatch");
});

test("the same request twice is a replay", async () => {
    const headers = peer.headers("GET", saarbruecken.authority, PAGES);
    assert.equal((await send(saarbruecken, "GET", PAGES, { headers })).status, 200);
    refused(await send(saarbruecken, "GET", PAGES, { headers }), 401, "replayed");
});

test("a request is a replay for as long as its signature counts", async () => {
    // Signed by a clock that is behind: its time is over, but not by more than clocks may differ.
    const headers = peer.headers("GET", saarbruecken.authority, PAGES, { created: Math.floor(Date.now() / 1000) - 65, lifetime: 60 });
    assert.equal((await send(saarbruecken, "GET", PAGES, { headers })).status, 200);
    await saarbruecken.sql("UPDATE nonces SET expires = 1 WHERE ctid = (SELECT min(ctid) FROM nonces WHERE expires > extract(epoch FROM now()) + 60)");
    await eventually("what is over is forgotten", async () => (await saarbruecken.sql("SELECT 1 FROM nonces WHERE expires < extract(epoch FROM now())")).length === 0);
    refused(await send(saarbruecken, "GET", PAGES, { headers }), 401, "replayed");
});

test("a field that stands there twice is malformed", async () => {
    const headers = peer.headers("GET", saarbruecken.authority, PAGES);
    for (const name of ["signature", "signature-input"])
        refused(await send(saarbruecken, "GET", PAGES, { headers: { ...headers, [name]: [headers[name], headers[name]] } }), 401, "signature-malformed");
});

test("a skewed clock is told the time, for display", async () => {
    for (const created of [-300, 300]) {
        const answer = await signed(saarbruecken, peer, "GET", PAGES, { created: Math.floor(Date.now() / 1000) + created });
        assert.match(refused(answer, 401, "skew").server_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
});

test("parameters other than those of the profile are malformed", async () => {
    refused(await signed(saarbruecken, peer, "GET", PAGES, { tag: "another" }), 401, "signature-malformed");
    refused(await signed(saarbruecken, peer, "GET", PAGES, { lifetime: 121 }), 401, "signature-malformed");
    refused(await signed(saarbruecken, peer, "GET", PAGES, { nonce: "short" }), 401, "signature-malformed");
});

test("a query that is not as it must be is refused, after the signature", async () => {
    for (const query of ["", "?", "?limit=1", "?net=0.0&net=0.0", "?net=00.0", "?net=0.0&x=1", "?net=0.0&", "?net=%30.0", "?net=0.0&limit=01", "?net=9007199254740992.1"]) {
        refused(await signed(saarbruecken, peer, "GET", `/federation/v1/pages${query}`), 400, "malformed-request");
    }
});

test("a cursor that is ahead of the stream is refused, and acknowledges nothing", async () => {
    const reader = await unreachable("voraus.example", { confirmed: true });
    const acknowledged = () => saarbruecken.sql("SELECT stream, epoch, seq FROM peer_cursors WHERE authority = 'voraus.example'");
    const { epoch, seq } = await newest();
    for (const cursor of ["0.0", `${epoch}.${seq}`]) await pages(reader, `net=${cursor}`);
    const before = await acknowledged();
    assert.deepEqual(before, [`net|${epoch}|${seq}`]);
    assert.equal((await signed(saarbruecken, reader, "GET", `/federation/v1/pages?net=${epoch}.${seq + 9}&limit=0`)).status, 200);
    await pages(reader, `net=${epoch}.${seq}`); // and puts nothing in doubt
    refused(await signed(saarbruecken, reader, "GET", "/federation/v1/pages?net=9000000000.1"), 409, "cursor-ahead");
    assert.deepEqual(await acknowledged(), before);
    const behind = await signed(saarbruecken, reader, "GET", "/federation/v1/pages?net=9000000000.1&limit=0");
    assert.equal(behind.status, 200);
    assert.equal(behind.text.trimEnd().split("\n").length, 2, "one page without entries");
});

test("HEAD is answered, and acknowledges nothing of what it did not bring", async () => {
    const reader = await unreachable("liest.example", { confirmed: true });
    const acknowledged = () => saarbruecken.sql("SELECT stream, epoch, seq FROM peer_cursors WHERE authority = 'liest.example'");
    const { epoch, seq } = await newest();
    await pages(reader, "net=0.0");
    assert.deepEqual(await acknowledged(), ["net|0|0"]);
    const target = `/federation/v1/pages?net=${epoch}.${seq}`;
    const answer = await signed(saarbruecken, reader, "HEAD", target);
    assert.deepEqual([answer.status, answer.text], [200, ""]);
    assert.deepEqual(await acknowledged(), ["net|0|0"]);
    for (const at of [seq - 1, seq]) {
        await pages(reader, `net=${epoch}.${at}`);
        assert.deepEqual(await acknowledged(), [`net|${epoch}|${at}`], "who asks for what comes after has the rest");
    }
});

test("pages have no more lines than were asked for, all together, and go on behind the cursor", async () => {
    for (const title of ["Bänke rücken", "Tische tragen", "Lampen halten"]) await saarbruecken.publish(title);
    const { epoch, seq } = await newest();
    for (const limit of [1, 2, 3]) {
        const { entries, frames } = await pages(peer, `net=${epoch}.${seq - 3}&limit=${limit}`);
        assert.deepEqual(entries.map((line) => line.seq), [seq - 2, seq - 1, seq].slice(0, limit));
        assert.equal(frames[0].from, seq - 3);
    }
    assert.deepEqual((await pages(peer, `net=${epoch}.${seq}`)).entries, []);
});

test("a page without lines is under a head that is not old", async () => {
    const said = (jws) => JSON.parse(Buffer.from(jws.split(".")[1], "base64url"));
    const { epoch, seq, head: present } = await newest();
    const old = head(Signer.of(saarbruecken), { ...said(present), iat: said(present).iat - 1000 });
    await saarbruecken.sql(`UPDATE streams SET head = '${old}', issued_at = issued_at - 1000 WHERE head = '${present}'`);
    const { frames } = await pages(peer, `net=${epoch}.${seq}`);
    assert.deepEqual({ ...said(frames.at(-1).head), iat: 0 }, { ...said(old), iat: 0 });
    assert.ok(said(frames.at(-1).head).iat >= said(present).iat);
    assert.equal((await newest()).head, frames.at(-1).head, "for all who ask, signed once");
});

test("lines and head are of one moment, whatever is written meanwhile", async () => {
    const { epoch, seq } = await newest();
    const stands = (await pages(peer, `net=${epoch}.${seq - 1}`)).entries;
    assert.equal(stands.length, 1);
    const own = `stream_id = (SELECT id FROM streams WHERE origin = '${saarbruecken.authority}' AND name = 'net' AND epoch = ${epoch})`;
    const writer = spawn("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", saarbruecken.database], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise((resolve) => writer.once("exit", resolve));
    writer.stdin.write(`CREATE TABLE kept AS SELECT * FROM entries WHERE ${own} AND seq = ${seq};\nBEGIN;\nLOCK entries;\nSELECT 1;\n`);
    await new Promise((resolve) => writer.stdout.once("data", resolve));
    const answer = pages(peer, `net=${epoch}.${seq - 1}`);
    answer.catch(() => {}); // awaited below; an error before that must not count as unhandled
    try {
        await eventually("the page waits between head and lines", async () => (await saarbruecken.sql("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'SELECT e.chain %'")).length > 0);
    } finally {
        writer.stdin.end(`DELETE FROM entries WHERE ${own} AND seq = ${seq};\nCOMMIT;\n`);
        await ended;
    }
    try {
        assert.deepEqual((await answer).entries, stands, "what the head speaks of is there");
    } finally {
        await saarbruecken.sql("INSERT INTO entries SELECT * FROM kept; DROP TABLE kept");
    }
});

test("who is only invited or frozen gets nothing; who is suspended or removed gets what erases, and no text", async () => {
    const gone = await saarbruecken.publish("Wird gelöscht");
    await saarbruecken.publish("Bleibt stehen");
    await saarbruecken.ask("POST", `/proposals/${gone}/publication/erase`, { body: { reason: "Erledigt." } });
    const ask = (signer) => signed(saarbruecken, signer, "GET", "/federation/v1/pages?net=0.0");
    const sayHello = (signer, authority) => hint(signer, head(signer, { iss: authority }));
    for (const [name, state] of Object.entries({ invited: {}, frozen: { confirmed: true, frozen: true } })) {
        const signer = await unreachable(`${name}.example`, state);
        refused(await ask(signer), 403, "not-active");
        refused(await sayHello(signer, `${name}.example`), 403, "not-active");
    }
    for (const decision of ["suspended", "removed"]) {
        const signer = await unreachable(`${decision}.example`, { confirmed: true, decision });
        const { entries } = await pages(signer, "net=0.0");
        assert.ok(entries.some((line) => line.type === "epoch") && entries.some((line) => line.type === "erase"));
        assert.deepEqual(entries.filter((line) => line.type === "proposal"), []);
        assert.ok(entries.some((line) => line.withheld) && entries.some((line) => line.erased));
        refused(await sayHello(signer, `${decision}.example`), 403, "not-active");
    }
    const active = await unreachable("active.example", { confirmed: true });
    assert.ok((await pages(active, "net=0.0")).entries.some((line) => line.body?.title === "Bleibt stehen"));
    assert.equal((await sayHello(active, "active.example")).status, 204);
});

test("a peer that could not be reached and asks by itself is asked at once", async () => {
    const signer = await unreachable("localhost:1", { confirmed: true });
    await saarbruecken.sql("SELECT pg_notify('hf_wake', '')");
    await eventually("it cannot be reached", async () => (await saarbruecken.sql("SELECT 1 FROM peers WHERE authority = 'localhost:1' AND failing_since IS NOT NULL")).length > 0);
    await saarbruecken.sql(`CREATE TABLE woken (authority text);
        CREATE FUNCTION note_wake() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO woken VALUES (NEW.authority); RETURN NEW; END $$;
        CREATE TRIGGER note BEFORE INSERT ON wakes FOR EACH ROW EXECUTE FUNCTION note_wake()`);
    try {
        await pages(peer, "net=0.0&limit=0");
        await pages(signer, "net=0.0&limit=0");
        assert.deepEqual(await saarbruecken.sql("SELECT authority FROM woken WHERE authority IN ('localhost:1', 'liest.example')"), ["localhost:1"]);
    } finally {
        await saarbruecken.sql("DROP TRIGGER note ON wakes; DROP FUNCTION note_wake; DROP TABLE woken");
    }
});

test("a hint must be a head that concerns one of the two", async () => {
    refused(await hint(peer, "no head"), 400, "malformed-request");
    const [foreign] = await metz.sql(`SELECT head FROM streams WHERE origin = '${metz.authority}' AND name = 'net'`);
    refused(await hint(peer, foreign), 400, "malformed-request");
    for (const stream of [`to/${metz.authority}`, `to/${arnhem.authority}`]) refused(await hint(peer, head(peer, { stream })), 400, "malformed-request");
    const [own] = await arnhem.sql(`SELECT head FROM streams WHERE origin = '${arnhem.authority}' AND name = 'net'`);
    assert.equal((await hint(peer, own)).status, 204);
    assert.equal((await hint(peer, head(peer, { stream: `to/${saarbruecken.authority}` }))).status, 204);
    refused(await hint(peer, own, { target: `${HINT}?net=0.0` }), 400, "malformed-request");
    refused(await hint(peer, own, { type: "text/plain" }), 415, "unsupported-media-type");
    refused(await hint(peer, "x".repeat(1025)), 413, "too-large");
});

test("a forged head of our own opens no new epoch", async () => {
    const before = await saarbruecken.sql("SELECT epoch FROM node_state");
    for (const named of [stranger, Signer.of(saarbruecken)])
        refused(await hint(peer, head(named, { iss: saarbruecken.authority, epoch: 9000000000, seq: 9 }, stranger)), 400, "malformed-request");
    assert.deepEqual(await saarbruecken.sql("SELECT epoch FROM node_state"), before);
});

test("no federation route answers on the loopback HTTP listener", async () => {
    for (const path of [PAGES, "/.well-known/herausforderung", "/federation/v1/hint", "/federation/v1/join"]) {
        assert.equal((await fetch(new URL(path, saarbruecken.url))).status, 404, path);
    }
});

test("an invitation does not tie up an office: few attempts, one at a time", async () => {
    const { crv, kty, x } = stranger.jwk;
    const invite = async (label) => JSON.parse((await office.asAdmin("POST", "/invitations", { body: { label } })).invitation).token;
    const join = (authority, token) => signed(office, stranger, "POST", "/federation/v1/join", { body: JSON.stringify({ authority, jwk: { crv, kty, x }, token }), type: "application/json" });
    // A town that takes the call and says nothing.
    const sockets = [];
    const silent = net.createServer((socket) => sockets.push(socket.on("error", () => {})));
    await new Promise((listening) => silent.listen(0, "127.0.0.1", listening));
    try {
        const first = join(`localhost:${silent.address().port}`, await invite("Erste"));
        first.catch(() => {}); // awaited below; an error before that must not count as unhandled
        await eventually("the office asks it", () => sockets.length > 0);
        const busy = await join("localhost:1", await invite("Zweite"));
        refused(busy, 503, "busy");
        assert.ok(Number(busy.headers["retry-after"]) >= 1);
        for (const socket of sockets) socket.destroy();
        refused(await first, 422, "discovery-failed");
    } finally {
        silent.close();
    }
    const token = await invite("Dritte");
    for (let attempt = 0; attempt < 3; attempt++) refused(await join("localhost:1", token), 422, "discovery-failed");
    const slow = await join("localhost:1", token);
    refused(slow, 429, "rate-limited");
    assert.ok(Number(slow.headers["retry-after"]) >= 1);
});

test("joining needs an invitation, and works once", async () => {
    const join = (signer, body) => signed(office, signer, "POST", "/federation/v1/join", { body: JSON.stringify(body), type: "application/json" });
    const { crv, kty, x } = stranger.jwk;
    const token = "A".repeat(43);
    refused(await join(stranger, { authority: "nowhere.example", jwk: { crv, kty, x }, token }), 403, "token-invalid");
    refused(await join(stranger, { authority: "nowhere.example", jwk: { crv, kty, x }, token, more: 1 }), 400, "malformed-request");
    refused(await join(peer, { authority: "nowhere.example", jwk: { crv, kty, x }, token }), 401, "unknown-key");
    const invitation = JSON.parse((await office.asAdmin("POST", "/invitations", { body: {} })).invitation);
    refused(await join(stranger, { authority: arnhem.authority, jwk: { crv, kty, x }, token: invitation.token }), 409, "key-conflict");
    refused(await join(stranger, { authority: office.authority, jwk: { crv, kty, x }, token: invitation.token }), 409, "key-conflict");
    refused(await join(stranger, { authority: "localhost:1", jwk: { crv, kty, x }, token: invitation.token }), 422, "discovery-failed");
    refused(await join(stranger, { authority: metz.authority, jwk: { crv, kty, x }, token: invitation.token }), 422, "discovery-failed");
    const late = JSON.parse((await office.asAdmin("POST", "/invitations", { body: { label: "Zu spät" } })).invitation);
    await office.sql("UPDATE invitations SET expires_at = now() WHERE label = 'Zu spät'");
    refused(await join(stranger, { authority: metz.authority, jwk: { crv, kty, x }, token: late.token }), 403, "token-invalid");
    const own = { crv: peer.jwk.crv, kty: peer.jwk.kty, x: peer.jwk.x };
    const again = await join(peer, { authority: arnhem.authority, jwk: own, token: invitation.token });
    assert.equal(again.status, 200, "a failed join leaves the token good");
    assert.deepEqual(again.body, { authority: office.authority, state: "active" });
    assert.deepEqual((await join(peer, { authority: arnhem.authority, jwk: own, token: invitation.token })).body, again.body);
    refused(await join(stranger, { authority: "nowhere.example", jwk: { crv, kty, x }, token: invitation.token }), 403, "token-invalid");
});

test("the limits are the configuration's: by peer, and by address before a signature is looked at", async () => {
    const port = await freePort();
    const second = demo.serve(saarbruecken, { HF_HTTPS_LISTEN: `127.0.0.1:${port}`, HF_HTTP_LISTEN: "", HF_FEDERATION_PEER_RATE: "1", HF_FEDERATION_PEER_BURST: "2", HF_FEDERATION_ADDRESS_RATE: "1", HF_FEDERATION_ADDRESS_BURST: "6" });
    const ended = new Promise((resolve) => second.once("exit", resolve));
    const there = { ...saarbruecken, https: `https://localhost:${port}` };
    const ask = (signer) => signed(there, signer, "GET", "/federation/v1/pages?net=0.0&limit=0");
    try {
        await eventually("it answers", () => send(there, "GET", "/.well-known/herausforderung").catch(() => null));
        const seen = [];
        for (let i = 0; i < 4; i++) seen.push((await ask(peer)).status);
        assert.deepEqual(seen.slice(0, 2), [200, 200]);
        assert.ok(seen.includes(429), `${seen}`);
        let limited;
        for (let i = 0; i < 20 && limited?.status !== 429; i++) limited = await ask(stranger);
        refused(limited, 429, "rate-limited");
    } finally {
        second.kill("SIGTERM");
        assert.equal(await ended, 0);
    }
});

test("too many requests of one peer are put off with Retry-After", async () => {
    let limited;
    for (let i = 0; i < 200 && !limited; i++) {
        const answer = await signed(saarbruecken, peer, "GET", "/federation/v1/pages?net=0.0&limit=0");
        if (answer.status === 429) limited = answer;
        else assert.equal(answer.status, 200);
    }
    refused(limited, 429, "rate-limited");
    assert.ok(Number(limited.headers["retry-after"]) >= 1);
});
