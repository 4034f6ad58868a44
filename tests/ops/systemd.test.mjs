// A real city, as the README sets it up: its words are followed literally, in a root of their own.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { checkout, eventually, program } from "../network/support.mjs";

const run = promisify(execFile);
const file = fileURLToPath(new URL("../../ops/systemd/herausforderung.service", import.meta.url));
const lines = readFileSync(file, "utf8").split("\n");
const said = (name) => lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));

const chapter = /^## Running a real city$([^]*?)^\*\*/m.exec(readFileSync(path.join(checkout, "README.md"), "utf8"))[1];
const [places, ini, commands, service] = [...chapter.matchAll(/^ *```(?:ini)?\n([^]*?)\n *```$/gm)].map(([, text]) => text.replace(/^ {3}/gm, ""));

let root, node;
before(() => {
    root = mkdtempSync(path.join(tmpdir(), "hf-city-"));
});
after(async () => {
    node?.kill("SIGKILL");
    await run(path.join(checkout, "ops/postgres"), ["stop", root]);
    rmSync(root, { recursive: true, force: true });
});
const inRoot = (text) => text.replace(/(?<=[\s=:])\/(?=etc|usr|var)/g, `${root}/`);

// What the machine itself would have to change for (its users and services) and the port are ours; all else is the README's.
const shell = (text, options) => run("bash", ["-euc", inRoot(text)], options);
const makesNoUser = (text) => text.replace(/^(?:adduser|runuser|systemctl) .*\n?/gm, "").replaceAll("-g herausforderung", `-g ${process.getgid()}`);

test("a city that is set up word for word as the README says has no mistake, starts as the unit starts it, and takes its next key", async () => {
    const from = path.join(root, "from");
    for (const name of ["etc/systemd/system", "usr/local/bin", "usr/share", "from/admin-ui/dist", "from/build/release"]) mkdirSync(path.join(root, name), { recursive: true });
    cpSync(path.join(checkout, "ops"), path.join(from, "ops"), { recursive: true });
    cpSync(program, path.join(from, "build/release/hf-node"));
    writeFileSync(path.join(from, "admin-ui/dist/index.html"), "<!doctype html>");
    writeFileSync(path.join(from, "pgpass"), "localhost:5432:herausforderung:herausforderung:secret\n");
    writeFileSync(path.join(from, "node.ini"), inRoot(ini).replace("0.0.0.0:443", "127.0.0.1:0"));
    await run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path.join(from, "privkey.pem"), "-out", path.join(from, "fullchain.pem"),
        "-subj", "/CN=city", "-addext", "subjectAltName=DNS:herausforderung.saarbruecken.example"]);
    await shell(makesNoUser(`${places}\n${service}`), { cwd: from });

    const postgres = (...words) => run(path.join(checkout, "ops/postgres"), [...words, root], { env: { ...process.env, HF_POSTGRES_THROWAWAY: "1" } });
    await postgres("start");
    const server = (await postgres("conninfo")).stdout.trim();
    await run("psql", ["-XqAt", `${server} dbname=postgres`, "-c", "CREATE ROLE herausforderung LOGIN", "-c", "CREATE DATABASE herausforderung OWNER herausforderung ENCODING 'UTF8' TEMPLATE template0"]);
    const conninfo = server.replace(/user=\S+/, "") + " dbname=herausforderung user=herausforderung";
    const env = { ...process.env, PATH: `${root}/usr/local/bin:${process.env.PATH}`, HF_DATABASE_CONNINFO: conninfo, HF_FEDERATION_CA: path.join(root, "etc/herausforderung/fullchain.pem") };
    const asked = shell(commands, { env });
    asked.child.stdin.end("ein langes Kennwort 4711\n");
    const { stdout } = await asked;
    assert.doesNotMatch(stdout, /MISTAKE/);

    // As systemd does: copies of what is loaded, and the environment of the unit, which names them.
    const serve = async () => {
        const credentials = mkdtempSync(path.join(root, "credentials-"));
        for (const [name, place] of said("LoadCredential").map((words) => words.split(":"))) cpSync(path.join(root, place), path.join(credentials, name));
        const own = Object.fromEntries(said("Environment").join(" ").replaceAll("%d", credentials).split(" ").map((word) => word.split(/=(.*)/s)));
        assert.equal(statSync(own.PGPASSFILE).mode & 0o077, 0, "else libpq does not look at it");
        const [word, ...words] = inRoot(` ${said("ExecStart")[0]}`).trim().split(" ");
        node = spawn(word, words, { env: { ...env, ...own }, stdio: ["ignore", "ignore", "pipe"] });
        const ended = new Promise((resolve) => node.once("exit", resolve));
        let log = "";
        node.stderr.on("data", (part) => (log += part));
        await eventually("it is ready", () => { assert.equal(node.exitCode, null, log); return / ready: /.test(log); });
        node.kill("SIGTERM");
        assert.equal(await ended, 0);
    };
    await serve();
    await shell(commands.replace(/hf-node[^]*/, "hf-node key rotate; hf-node check"), { env });
    await serve();

    // Whether the whole would load: what it starts is there, and no word of it is unknown.
    const unit = path.join(root, "etc/systemd/system", path.basename(file));
    writeFileSync(unit, inRoot(readFileSync(unit, "utf8")));
    const { stderr } = await run("systemd-analyze", ["verify", "--man=no", unit]);
    assert.equal(stderr, "");
});

test("systemd finds the unit's exposure to be 2.0 at most", async () => {
    const { stdout } = await run("systemd-analyze", ["security", "--offline=yes", "--threshold=20", file]); // fails above
    const [, level] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout);
    assert.ok(Number(level) <= 2, `${level}\n${stdout}`);
});

test("the node is started anew when it fails or hangs, and has more time than it needs to say that it lives", () => {
    assert.deepEqual([said("Type"), said("Restart")], [["notify"], ["on-failure"]]);
    const turn = Number(/SERVE_TURN_SECONDS = (\d+)/.exec(readFileSync(new URL("../../node/command/serve.c", import.meta.url), "utf8"))[1]);
    assert.ok(Number(said("WatchdogSec")[0]) >= 4 * turn);
    assert.deepEqual(said("TimeoutStartSec"), ["infinity"], "a migration of full tables must not be cut off");
});
