// hf-node check finds each mistake and says how to mend it. Mistakes are made through the environment, one at a time.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { program, startTown } from "./lib/town.mjs";

const run = promisify(execFile);
let town, dir, settings;

before(async () => {
    dir = mkdtempSync(path.join(tmpdir(), "hf-check-"));
    town = await startTown();
    const home = path.dirname(town.node.config);
    const ini = Object.fromEntries(readFileSync(town.node.config, "utf8").split("\n").map((line) => line.split(/ = (.*)/s)));
    settings = { certificate: path.resolve(home, ini.certificate), key: path.resolve(home, ini.key), signing: town.node.key };
});
after(async () => {
    await town?.stop();
    rmSync(dir, { recursive: true, force: true });
});

async function check(environment = {}, config = town.node.config) {
    try {
        const { stdout } = await run(program, ["check", "--config", config], { env: { ...process.env, ...environment } });
        return { code: 0, text: stdout };
    } catch (error) {
        return { code: error.code, text: error.stdout + error.stderr };
    }
}

function certificate(name, ...words) {
    const files = { certificate: path.join(dir, `${name}.crt`), key: path.join(dir, `${name}.key`) };
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", files.key, "-out", files.certificate, ...words], { stdio: "ignore" });
    chmodSync(files.key, 0o600);
    return files;
}

test("a right configuration has no mistake", async () => {
    const { code, text } = await check();
    assert.equal(code, 0, text);
    assert.doesNotMatch(text, /MISTAKE/);
});

test("each mistake is found, and no other", async () => {
    const open = path.join(dir, "open.pem");
    copyFileSync(settings.signing, open);
    chmodSync(open, 0o644);
    const foreign = path.join(dir, "foreign.pem");
    execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", foreign], { stdio: "ignore" });
    const shared = path.join(dir, "shared.key");
    copyFileSync(settings.key, shared);
    chmodSync(shared, 0o644);
    const own = certificate("own", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost");
    const other = certificate("other", "-subj", "/CN=other.example", "-addext", "subjectAltName=DNS:other.example");
    const past = path.join(dir, "past.crt");
    execFileSync("openssl", ["x509", "-req", "-days", "0", "-signkey", own.key, "-out", past], {
        input: execFileSync("openssl", ["req", "-new", "-key", own.key, "-subj", "/CN=localhost"]),
        stdio: ["pipe", "ignore", "ignore"],
    });
    const mistakes = [
        [{ HF_DATABASE_CONNINFO: "host=/nonexistent" }, /MISTAKE \[database\] conninfo/],
        [{ HF_KEYS_SIGNING: open }, /MISTAKE \[keys\] signing .*\n\s+→ others can read or change this secret: chmod 600/],
        [{ HF_KEYS_SIGNING: path.join(dir, "missing.pem") }, /MISTAKE \[keys\] signing .*\n.*`hf-node init`/],
        [{ HF_HTTPS_KEY: path.join(dir, "missing.pem") }, /MISTAKE \[https\] key .*\n.*the private key that the certificate was made for/],
        [{ HF_HTTPS_KEY: shared }, /MISTAKE \[https\] key .*\n\s+→ others can read or change this secret: chmod 640/],
        [{ HF_NODE_NAME: "ü".repeat(81) }, /\[node\] name must have 1 to 80 characters/],
        [{ HF_NODE_AREA: "de-ags:1:2024-01-01" }, /MISTAKE what this node says of itself\n.*\/areas\/0\/scheme/],
        [{ HF_NODE_AREA: "DE-AGS:1:gestern" }, /MISTAKE what this node says of itself\n.*\/areas\/0\/valid_on/],
        [{ HF_NODE_AREA: "DE-AGS:1:2024-02-30" }, /MISTAKE what this node says of itself\n.*\/areas\/0\/valid_on/],
        [{ HF_NODE_MAILBOX: "@" }, /MISTAKE what this node says of itself\n.*\/mailbox/],
        [{ HF_NODE_REGION: `NUTS:DEC01:${"ü".repeat(121)}` }, /MISTAKE .*area and region\n.*NUTS:CODE:NAME/],
        [{ HF_KEYS_SIGNING: foreign }, /MISTAKE authority, signing key and database belong together\n\s+→ The signing key is not/],
        [{ HF_NODE_AUTHORITY: "localhost:1" }, /MISTAKE authority, signing key and database belong together\n\s+→ This database belongs to/],
        [{ HF_HTTPS_CERTIFICATE: own.certificate, HF_HTTPS_KEY: own.key, HF_FEDERATION_CA: other.certificate }, /MISTAKE \[https\] certificate's chain is whole/],
        [{ HF_HTTPS_CERTIFICATE: other.certificate, HF_HTTPS_KEY: other.key, HF_FEDERATION_CA: other.certificate }, /MISTAKE \[https\] certificate names the authority/],
        [{ HF_HTTPS_KEY: own.key }, /MISTAKE \[https\] key fits the certificate/],
        [{ HF_HTTPS_CERTIFICATE: past, HF_HTTPS_KEY: own.key, HF_FEDERATION_CA: past }, /MISTAKE \[https\] certificate has not expired/],
        [{ HF_UI_DIRECTORY: dir }, /MISTAKE \[ui\] directory/],
        [{ HF_FEDERATION_CA: path.join(dir, "missing.pem") }, /MISTAKE \[federation\] ca/],
        [{ HF_HTTP_LISTEN: "0.0.0.0:8080" }, /MISTAKE \[http\] listen/],
        [{ HF_HTTPS_LISTEN: "nowhere" }, /MISTAKE \[https\] listen/],
    ];
    for (const [environment, expected] of mistakes) {
        const { code, text } = await check(environment);
        assert.equal(code, 1, `${JSON.stringify(environment)}\n${text}`);
        assert.match(text, expected);
    }
    chmodSync(shared, 0o640);
    assert.equal((await check({ HF_HTTPS_KEY: shared })).code, 0, "the node's group may read the certificate's key");
});

test("names have characters, not octets", async () => {
    const { code, text } = await check({ HF_NODE_NAME: "𝔖".repeat(80), HF_NODE_REGION: `NUTS:DEC01:${"ü".repeat(120)}` });
    assert.equal(code, 0, text);
});

test("a mistake in the options hides no other", async () => {
    const { code, text } = await check({ HF_NODE_COUNTRY: "Germany", HF_NODE_LATITUDE: "north", HF_UI_DIRECTORY: dir, HF_DATABASE_CONNINFO: "host=/nonexistent" });
    assert.equal(code, 1);
    for (const told of [/\[node\] country must be two capital letters/, /\[node\] latitude must be/, /MISTAKE \[ui\] directory/, /MISTAKE \[database\] conninfo/, /ok +\[https\] key/])
        assert.match(text, told);
});

test("all mistakes of the file are told at once, by their options", async () => {
    const config = path.join(dir, "node.ini");
    writeFileSync(config, "[node]\nauthority = Saarbrücken\nname = a\nname = b\nrole = king\ncolour = blue\n[server]\nworkers = 1000\n");
    const { code, text } = await check({}, config);
    assert.equal(code, 1);
    for (const option of ["[node] name is given twice", "[node] colour is not an option", "[server] workers must be", "[node] authority must be", "[node] role must be", "[node] country is missing", "[database] conninfo is missing"])
        assert.ok(text.includes(option), `${option}\n${text}`);
});

test("a file that is no configuration is said to be none", async () => {
    const config = path.join(dir, "broken.ini");
    writeFileSync(config, "this is no configuration\n");
    assert.match((await check({}, config)).text, /is not understood at line 1/);
    assert.match((await check({}, path.join(dir, "missing.ini"))).text, /cannot be read/);
});
