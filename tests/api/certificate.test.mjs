// The certificate of a running node: it is renewed without a connection lost, and its end is told in time.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";

import { eventually } from "../network/support.mjs";
import { program, startTown } from "./lib/town.mjs";

let town, dir, home;
before(async () => {
    dir = mkdtempSync(path.join(tmpdir(), "hf-certificate-"));
    town = await startTown();
    home = path.dirname(town.node.config);
});
after(async () => {
    await town?.stop();
    rmSync(dir, { recursive: true, force: true });
});

// A pair of its own that ends in so many days.
let made = 0;
function makePair(days) {
    const certificate = path.join(dir, `${(made += 1)}.pem`), key = path.join(dir, `${made}.key`);
    execFileSync("openssl", ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", `${key}.csr`, "-subj", "/CN=localhost"], { stdio: "ignore" });
    execFileSync("openssl", ["x509", "-req", "-days", String(days), "-signkey", key, "-in", `${key}.csr`, "-out", certificate], { stdio: "ignore" });
    chmodSync(key, 0o600);
    return { certificate, key, fingerprint: new X509Certificate(readFileSync(certificate)).fingerprint256, until: new X509Certificate(readFileSync(certificate)).validTo };
}

// As a client that renews it does: beside its place, then there at once.
function put(file, name) {
    copyFileSync(file, path.join(home, `${name}.new`));
    renameSync(path.join(home, `${name}.new`), path.join(home, name));
}
function install({ certificate, key }) {
    put(key, "tls.key");
    put(certificate, "tls.pem");
}
const hangup = () => process.kill(town.node.pid, "SIGHUP");
const log = () => readFileSync(town.node.log, "utf8");
const count = (words) => log().split(words).length - 1;

function connect() {
    const { hostname, port } = new URL(town.node.https);
    const socket = tls.connect({ host: hostname, port, rejectUnauthorized: false });
    return new Promise((resolve, reject) => socket.once("secureConnect", () => resolve(socket)).once("error", reject));
}
async function shown() {
    const socket = await connect();
    const { fingerprint256 } = socket.getPeerX509Certificate();
    socket.destroy();
    return fingerprint256;
}
const ask = (socket) =>
    new Promise((resolve, reject) => {
        let text = "";
        const take = (part) => {
            text += part;
            if (text.endsWith("ok\n")) socket.off("data", take).off("close", reject), resolve(text.split("\r\n")[0]);
        };
        socket.on("data", take).once("close", reject);
        socket.write(`GET /healthz HTTP/1.1\r\nHost: ${town.node.authority}\r\n\r\n`);
    });

test("SIGHUP: a kept connection lives on, a new one sees the new certificate", async () => {
    const pair = makePair(90);
    const kept = await connect();
    assert.equal(await ask(kept), "HTTP/1.1 200 OK");
    install(pair);
    hangup();
    await eventually("the new certificate is shown", async () => (await shown()) === pair.fingerprint);
    assert.equal(await ask(kept), "HTTP/1.1 200 OK");
    kept.destroy();
});

test("files that changed are read again by themselves", async () => {
    const pair = makePair(90);
    install(pair);
    await eventually("the new certificate is shown", async () => (await shown()) === pair.fingerprint);
});

for (const [what, spoil] of [
    ["a file that is no certificate", () => writeFileSync(path.join(home, "tls.pem"), "nonsense")],
    ["a key that does not fit", () => put(makePair(90).key, "tls.key")],
    ["a certificate that is not there", () => rmSync(path.join(home, "tls.pem"))],
])
    test(`${what} is refused, told once, and the old pair stays until a sound one comes`, async () => {
        const stands = await shown(), before = count("the certificate stays as it was");
        spoil();
        hangup();
        await eventually("it is told", () => count("the certificate stays as it was") === before + 1);
        assert.equal(await shown(), stands);
        const pair = makePair(90);
        install(pair);
        hangup();
        await eventually("the new certificate is shown", async () => (await shown()) === pair.fingerprint);
        assert.ok(count("the certificate stays as it was") <= before + 2, "both files do not change at once; more was not said");
    });

async function today(role) {
    const { body } = await town.get("/api/v1/today", { role });
    return body.items.find(({ kind }) => kind === "certificate_expires");
}

test("21 days before its end the certificate is on Today, for those who speak for the town, until it is renewed", async () => {
    const lasts = async (days) => {
        const pair = makePair(days);
        install(pair);
        hangup();
        await eventually("the new certificate is shown", async () => (await shown()) === pair.fingerprint);
        return pair;
    };
    await lasts(22);
    assert.equal(await today("admin"), undefined);
    const waiting = async () => (await town.get("/api/v1/session", { role: "coordinator" })).body.today_count;
    const before = await waiting();
    const { until } = await lasts(20);
    for (const role of ["admin", "coordinator"]) {
        const item = await eventually("it is on Today", () => today(role));
        assert.equal(item.count, 1);
        assert.deepEqual([item.objects[0].type, item.objects[0].id], ["certificate", town.node.authority]);
        assert.equal(Date.parse(item.objects[0].at), Date.parse(until));
    }
    assert.equal(await waiting(), before + 1);
    for (const role of ["viewer", "match_group"]) assert.equal(await today(role), undefined);
    await lasts(0);
    assert.ok(Date.parse((await today("admin")).objects[0].at) <= Date.now());
    await lasts(90);
    await eventually("it is renewed", async () => !(await today("admin")));
});

test("an office, which has no Today, tells it beside its members", async () => {
    const told = async (role) => (await town.get("/api/v1/members", { node: town.office, role })).body.certificate_ends_at;
    assert.equal(await told("admin"), null);
    const pair = makePair(20), place = path.dirname(town.office.config);
    for (const [file, name] of [[pair.key, "tls.key"], [pair.certificate, "tls.pem"]]) copyFileSync(file, path.join(place, name));
    process.kill(town.office.pid, "SIGHUP");
    await eventually("it is told", async () => Date.parse(await told("admin")) === Date.parse(pair.until));
    assert.equal(Date.parse(await told("coordinator")), Date.parse(pair.until));
    for (const role of ["viewer", "match_group"]) assert.equal(await told(role), null);
});

test("a node that starts with an expired certificate serves, and says that it must be renewed", async () => {
    const pair = makePair(0);
    const node = spawn(program, ["serve", "--config", town.node.config], {
        env: { ...process.env, HF_HTTPS_CERTIFICATE: pair.certificate, HF_HTTPS_KEY: pair.key, HF_HTTPS_LISTEN: "127.0.0.1:0", HF_HTTP_LISTEN: "" },
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    node.stderr.on("data", (part) => (said += part));
    try {
        await eventually("it is ready", () => / ready: /.test(said));
        assert.match(said, /error the certificate expired at .*Renew it/);
    } finally {
        node.kill("SIGTERM");
    }
});
