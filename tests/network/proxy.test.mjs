// Behind a proxy: a whole network of nodes that have no TLS of their own joins, exchanges and erases behind the real nginx,
// set up as ops/proxy/nginx.conf says; who asks and how is what the proxy says, and nobody else can say it.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { makeAuthority, makeCertificate } from "../../ops/lib/certificates.mjs";
import { makePlan } from "../../ops/lib/plan.mjs";
import { Demo, checkout, eventually, program } from "./support.mjs";

let demo, nginx, ca, saarbruecken, arnhem;
const started = [];

/** The example, with a node's own names and ports in it. */
function serverOf(directory, node, n) {
    const example = readFileSync(path.join(checkout, "ops/proxy/nginx.conf"), "utf8");
    const changes = [
        [/herausforderung;  #/, `herausforderung${n};  #`],
        [/upstream herausforderung/, `upstream herausforderung${n}`],
        [/127\.0\.0\.1:8080;/, `127.0.0.1:${node.http};`],
        [/listen 443 ssl/, `listen 127.0.0.1:${node.https} ssl`],
        [/server_name [^;]+/, "server_name localhost"],
        [/ssl_certificate     [^;]+/, `ssl_certificate ${path.join(directory, node.node, "tls.pem")}`],
        [/ssl_certificate_key [^;]+/, `ssl_certificate_key ${path.join(directory, node.node, "tls.key")}`],
    ];
    return changes.reduce((text, [what, by]) => {
        assert.match(text.replace(/^ *#.*$/gm, ""), what, "the example has changed; so must this");
        return text.replace(/^ *#.*\n/gm, "").replace(what, by);
    }, example);
}

function startNginx(directory, nodes) {
    const own = path.join(directory, "nginx");
    mkdirSync(own);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${own}/${name};`).join(" ");
    writeFileSync(path.join(own, "nginx.conf"),
        `daemon off;\npid ${own}/pid;\nworker_processes 1;\nevents { worker_connections 512; }\nhttp {\naccess_log off;\n${temporary}\n${nodes.map((node, n) => serverOf(directory, node, n)).join("\n")}}\n`);
    const child = spawn("/usr/sbin/nginx", ["-c", path.join(own, "nginx.conf"), "-e", path.join(own, "error.log")], { stdio: ["ignore", "inherit", "inherit"] });
    started.push(child);
    return child;
}

before(async () => {
    // As Demo.up, but nginx stands on the nodes' public ports before they do.
    demo = new Demo();
    demo.directory = mkdtempSync(path.join(os.tmpdir(), "hf-proxy-"));
    const plan = await makePlan(demo.directory, { empty: true });
    await makeAuthority(demo.directory);
    for (const node of plan.nodes) await makeCertificate(demo.directory, path.join(demo.directory, node.node));
    nginx = startNginx(demo.directory, plan.nodes);
    Object.assign(process.env, { HF_HTTPS_LISTEN: "", HF_PROXY_TRUSTED: "127.0.0.1, unix" });
    await demo.run("up", "--empty");
    await demo.look();
    ({ saarbruecken, arnhem } = demo.towns);
    ca = readFileSync(path.join(demo.directory, "ca.pem"));
});
after(async () => {
    for (const child of started) child.kill("SIGTERM");
    await demo?.down();
    if (demo) rmSync(demo.directory, { recursive: true, force: true });
});

/** One request through any way in; headers as given and no others. */
function ask(options, body) {
    const { tls, ...rest } = options;
    return new Promise((resolve, reject) => {
        const request = (tls ? https : http).request({ agent: false, ...rest, headers: { ...rest.headers, ...(body && { "Content-Type": "application/json" }) } }, (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
        });
        request.on("error", reject).end(body && JSON.stringify(body));
    });
}
const behind = (town, target, more = {}) => ({ tls: true, ca, hostname: "localhost", port: new URL(town.https).port, path: target, ...more });
const direct = (town, target, more = {}) => ({ hostname: "127.0.0.1", port: new URL(town.url).port, path: target, ...more });

test("towns behind nginx have joined an office, know each other by it, exchange and erase", async () => {
    const towns = [saarbruecken, arnhem, demo.towns.metz];
    await eventually("all towns reach each other", async () => {
        const lists = await Promise.all(towns.map((town) => town.ask("GET", "/peers")));
        return lists.every((list) => towns.filter((town) => list.items.some((peer) => peer.authority === town.authority && peer.health === "ok")).length === 2);
    });
    const id = await saarbruecken.publish("Kulissen tragen");
    await eventually("Arnhem reads it", () => arnhem.reads(saarbruecken, id));
    await arnhem.ask("POST", `/network/proposals/${encodeURIComponent(saarbruecken.authority)}/${id}/responses`, { body: { response: "taken_up", reason: "Wij komen." } });
    await eventually("Saarbrücken has the answer", async () => (await saarbruecken.ask("GET", `/proposals/${id}/cases`)).items.length === 1);
    await saarbruecken.ask("POST", `/proposals/${id}/publication/erase`, { body: { reason: "Es hat sich erledigt." } });
    await eventually("nothing of it is left at Arnhem", async () => (await arnhem.sql(`SELECT 1 FROM entries WHERE convert_from(line, 'UTF8') LIKE '%Kulissen%'`)).length === 0);
});

test("a federation route is there exactly when the trusted proxy says https", async () => {
    const page = "/federation/v1/pages?to=0.0&net=0.0";
    const known = async (options) => (await ask(options)).status !== 404;
    assert.equal(await known(behind(arnhem, page)), true);
    assert.equal(await known(direct(arnhem, page, { headers: { "X-Forwarded-Proto": "https" } })), true);
    assert.equal(await known(direct(arnhem, page, { headers: { "X-Forwarded-Proto": "http" } })), false);
    assert.equal(await known(direct(arnhem, page)), false);
    assert.equal(await known(direct(arnhem, page, { localAddress: "127.0.0.2", headers: { "X-Forwarded-Proto": "https" } })), false);
});

test("signing in works behind the proxy, with a cookie for TLS alone, whatever Host it sends on", async () => {
    const { email, password } = saarbruecken.users.find((user) => user.role === "coordinator");
    const signIn = (options, origin, headers = {}) =>
        ask({ ...options, method: "POST", headers: { Origin: origin, "X-Requested-With": "herausforderung", ...headers } }, { email, password });
    const ours = `https://${saarbruecken.authority}`;
    const session = behind(saarbruecken, "/api/v1/session");
    const answer = await signIn(session, ours);
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers["set-cookie"][0], /; Secure/);
    assert.equal(answer.headers["strict-transport-security"], "max-age=31536000");
    const cookie = answer.headers["set-cookie"][0].split(";")[0];
    assert.equal((await ask(behind(saarbruecken, "/api/v1/today", { headers: { Cookie: cookie } }))).status, 200);
    for (const foreign of ["https://evil.example", `http://${saarbruecken.authority}`, "http://herausforderung0"])
        assert.equal((await signIn(session, foreign)).status, 403, foreign);

    const proxied = { "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https" };
    for (const Host of ["backend", "evil.example", saarbruecken.authority]) {
        assert.equal((await signIn(direct(saarbruecken, "/api/v1/session"), ours, { ...proxied, Host })).status, 200, Host);
        assert.equal((await signIn(direct(saarbruecken, "/api/v1/session"), "https://evil.example", { ...proxied, Host, "X-Forwarded-Host": "evil.example" })).status, 403, Host);
        // Who is no proxy of ours is told nothing else by claiming to be one.
        const stranger = direct(saarbruecken, "/api/v1/session", { localAddress: "127.0.0.2" });
        assert.equal((await signIn(stranger, ours, { ...proxied, Host })).status, 403, Host);
    }
});

test("links come from the configuration, whatever a proxy or a client calls us", async () => {
    const answer = await ask(direct(arnhem, "/.well-known/herausforderung", { headers: { Host: "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https" } }));
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.text).authority, arnhem.authority);
    assert.doesNotMatch(JSON.stringify(answer), /evil/);
});

test("through a Unix socket limits count who asks, and nobody who is not let to it can say who that is", async () => {
    const socketPath = path.join(demo.directory, "arnhem.sock");
    const port = await new Promise((resolve) => {
        const server = http.createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
    const slow = { HF_FEDERATION_ADDRESS_RATE: "1", HF_FEDERATION_ADDRESS_BURST: "3", HF_HTTPS_LISTEN: "" };
    const status = async (options, client) =>
        (await ask({ ...options, path: "/federation/v1/pages?to=0.0&net=0.0", headers: { Host: arnhem.authority, "X-Forwarded-For": client, "X-Forwarded-Proto": "https" } })).status;
    const limited = async (options, client) => {
        for (let i = 0; i < 20; i++) if ((await status(options, client)) === 429) return true;
        return false;
    };
    started.push(demo.serve(arnhem, { ...slow, HF_HTTP_LISTEN: socketPath, HF_PROXY_TRUSTED: "unix" }));
    started.push(demo.serve(arnhem, { ...slow, HF_HTTP_LISTEN: `127.0.0.1:${port}`, HF_PROXY_TRUSTED: "127.0.0.9" }));
    const ready = (options) => eventually("it is ready", () => ask({ ...options, path: "/readyz" }).then(({ status }) => status === 200, () => false));
    await ready({ socketPath });
    assert.equal(await limited({ socketPath }, "192.0.2.1"), true);
    assert.notEqual(await status({ socketPath }, "192.0.2.2"), 429, "somebody else asks");
    assert.notEqual(await status({ socketPath }, "192.0.2.1, 192.0.2.3"), 429, "the last one is who asked the proxy");

    // The same port for a proxy and for strangers: only the proxy is believed.
    const proxy = { hostname: "127.0.0.1", port, localAddress: "127.0.0.9" }, stranger = { hostname: "127.0.0.1", port, localAddress: "127.0.0.2" };
    await ready(stranger);
    assert.equal(await limited(proxy, "192.0.2.1"), true);
    assert.notEqual(await status(proxy, "192.0.2.2"), 429);
    for (const claimed of ["192.0.2.4", "192.0.2.5"]) assert.equal(await status(stranger, claimed), 404, "nor has it TLS because it says so");
});

test("check has nothing against a node that leaves TLS to its proxy, and tells of a list that is none", async () => {
    const checked = (environment) =>
        new Promise((resolve) => execFile(program, ["check", "--config", arnhem.config], { env: { ...process.env, ...environment } }, (error, stdout) => resolve({ code: error?.code ?? 0, stdout })));
    assert.equal((await checked({ HF_HTTPS_CERTIFICATE: "", HF_HTTPS_KEY: "" })).code, 0);
    const wrong = await checked({ HF_PROXY_TRUSTED: "the proxy" });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /MISTAKE \[proxy\] trusted\n.*'the proxy' is no address/);
});

test("nginx had nothing to complain of", () => {
    assert.equal(nginx.exitCode, null);
    const log = readFileSync(path.join(demo.directory, "nginx", "error.log"), "utf8").split("\n");
    // Before the nodes are there, nobody answers.
    assert.deepEqual(log.filter((line) => /\[(error|crit|alert|emerg)\]/.test(line) && !line.includes("Connection refused")), []);
});
