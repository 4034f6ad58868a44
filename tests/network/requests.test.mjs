// What a stranger, a careless or a malicious peer gets for its requests.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import net from "node:net";
import { after, before, test } from "node:test";

import { Demo, eventually } from "./support.mjs";
import { Signer, send, signed } from "./signer.mjs";

const freePort = () =>
    new Promise((resolve, reject) => {
        const server = net.createServer().once("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });

const PAGES = "/federation/v1/pages?to=0.0&net=0.0";

let demo, saarbruecken, arnhem, metz, office, peer, stranger;

before(async () => {
    demo = await Demo.up("--empty");
    ({ saarbruecken, arnhem, metz, office } = demo.towns);
    await eventually("Saarbrücken knows Arnhem", async () => (await saarbruecken.ask("GET", "/peers")).items.some((one) => one.authority === arnhem.authority));
    peer = Signer.of(arnhem);
    stranger = new Signer(generateKeyPairSync("ed25519").privateKey);
});
after(() => demo?.down());

const refused = (answer, status, code) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers["content-type"], "application/problem+json");
    assert.equal(answer.body.type, `https://herausforderung.example/problems/${code}`);
    return answer.body;
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
    const hint = peer.headers("POST", saarbruecken.authority, "/federation/v1/hint", { body, type: "application/jose" });
    refused(await send(saarbruecken, "POST", "/federation/v1/hint", { headers: hint, body: "y".repeat(20) }), 401, "digest-mismatch");
});

test("the same request twice is a replay", async () => {
    const headers = peer.headers("GET", saarbruecken.authority, PAGES);
    assert.equal((await send(saarbruecken, "GET", PAGES, { headers })).status, 200);
    refused(await send(saarbruecken, "GET", PAGES, { headers }), 401, "replayed");
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
    const before = await saarbruecken.sql("SELECT epoch, seq FROM peer_cursors ORDER BY 1, 2");
    refused(await signed(saarbruecken, peer, "GET", "/federation/v1/pages?net=9000000000.1"), 409, "cursor-ahead");
    assert.deepEqual(await saarbruecken.sql("SELECT epoch, seq FROM peer_cursors ORDER BY 1, 2"), before);
    const newest = await signed(saarbruecken, peer, "GET", "/federation/v1/pages?net=9000000000.1&limit=0");
    assert.equal(newest.status, 200);
    assert.equal(newest.text.trimEnd().split("\n").length, 2, "one page without entries");
});

test("a hint must be a head that concerns one of the two", async () => {
    const hint = (signer, body, type = "application/jose") => signed(saarbruecken, signer, "POST", "/federation/v1/hint", { body, type });
    refused(await hint(peer, "no head"), 400, "malformed-request");
    const [foreign] = await metz.sql(`SELECT head FROM streams WHERE origin = '${metz.authority}' AND name = 'net'`);
    refused(await hint(peer, foreign), 400, "malformed-request");
    const [own] = await arnhem.sql(`SELECT head FROM streams WHERE origin = '${arnhem.authority}' AND name = 'net'`);
    assert.equal((await hint(peer, own)).status, 204);
    refused(await hint(peer, own, "text/plain"), 415, "unsupported-media-type");
    refused(await hint(peer, "x".repeat(1025)), 413, "too-large");
});

test("a forged head of our own opens no new epoch", async () => {
    const forged = `${Buffer.from(JSON.stringify({ alg: "Ed25519", kid: stranger.id, typ: "hf-head+jwt" })).toString("base64url")}.${Buffer.from(JSON.stringify({ iss: saarbruecken.authority, stream: "net", epoch: 9000000000, seq: 9, chain: "A".repeat(43), iat: 1 })).toString("base64url")}.${"A".repeat(86)}`;
    const before = await saarbruecken.sql("SELECT epoch FROM node_state");
    refused(await signed(saarbruecken, peer, "POST", "/federation/v1/hint", { body: forged, type: "application/jose" }), 400, "malformed-request");
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
    refused(await join(stranger, { authority: "localhost:1", jwk: { crv, kty, x }, token: invitation.token }), 422, "discovery-failed");
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
