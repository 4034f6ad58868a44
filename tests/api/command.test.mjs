// The program as an operator meets it: what each subcommand says of itself, its exit codes, and several at once.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { program, startTown } from "./lib/town.mjs";

const run = promisify(execFile);
const checkout = fileURLToPath(new URL("../..", import.meta.url));

// Never throws: {code, stdout, stderr}.
const hfNode = (words, options) =>
    run(program, words, options).then((out) => ({ code: 0, ...out }), ({ code, stdout, stderr }) => ({ code, stdout, stderr }));

const help = await hfNode(["--help"]);
const commands = [...help.stdout.matchAll(/^ {2}(\w+) +\S/gm)].map((match) => match[1]);

let town, dir;
before(async () => {
    dir = mkdtempSync(path.join(tmpdir(), "hf-command-"));
    town = await startTown();
});
after(async () => {
    await town?.stop();
    rmSync(dir, { recursive: true, force: true });
});

describe("help", () => {
    test("hf-node --help names the subcommands and the exit codes", () => {
        assert.equal(help.code, 0);
        assert.equal(help.stderr, "");
        assert.match(help.stdout, /Exit codes: 0 .* 1 .* 2 .* 3 /);
        for (const command of ["init", "migrate", "serve", "user", "peer", "key", "import", "export", "check"]) assert.ok(commands.includes(command), command);
    });

    for (const command of commands)
        test(`hf-node ${command} --help says how, without a configuration and whatever stands beside it`, async () => {
            for (const words of [[command, "--help"], [command, "-h"], [command, "word", "--help", "--config", "/nowhere"]]) {
                const { code, stdout, stderr } = await hfNode(words, { cwd: dir });
                assert.deepEqual([code, stderr], [0, ""], words.join(" "));
                assert.match(stdout, new RegExp(`^Usage: hf-node ${command} .*\\[--config FILE\\]\n\n\\S`));
            }
        });

    // The program itself tells which options it knows, when it meets one that it does not.
    for (const command of commands)
        test(`every option that ${command} takes is in its help, and no other; what it does not know is a misuse`, async () => {
            const options = (text) => [...new Set(text.match(/--[a-z-]+/g))].filter((one) => !["--help", "--config", "--nothing"].includes(one)).sort();
            const refused = await town.command([command, "--nothing"]);
            assert.deepEqual([refused.code, refused.stdout], [2, ""], refused.stderr);
            assert.ok(refused.stderr.includes(`see \`hf-node ${command} --help\``), refused.stderr);
            assert.deepEqual(options(refused.stderr), options((await hfNode([command, "--help"])).stdout));
        });
});

test("names that other people chose give no orders to a terminal", async () => {
    const nasty = "Pa\u202eula\u009b31m\u2066\u200f";
    await town.command(["user", "add", "--email", "anna@test.example", "--name", "Anna", "--role", "viewer"]);
    await run("psql", ["-XqAt", town.node.database, "-c", `UPDATE users SET name = '${nasty}' WHERE email = 'anna@test.example'`]);
    await run("psql", ["-XqAt", town.node.database, "-c", `UPDATE peers SET name = '${nasty}'`]);
    const file = path.join(dir, "nasty.csv");
    writeFileSync(file, `organisation,title,text,category,${nasty}\nVerein,Stühle,Stühle werden gebraucht.,goods,x\n`);
    for (const words of [["user", "list"], ["peer", "list"], ["import", "proposals", file]]) {
        const { stdout, stderr } = await town.command(words);
        assert.match(stdout, /Pa ula/, words.join(" "));
        assert.doesNotMatch(stdout + stderr, /[\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\0-\x09\x0b-\x1f]/, words.join(" "));
    }
});

test("exit codes tell how it ended", async () => {
    const bad = path.join(dir, "bad.csv"), good = path.join(dir, "good.csv");
    const heading = "Titel;Beschreibung;Organisation;Kategorie\n";
    writeFileSync(bad, `${heading}Bänke;Aus Holz.;Schule;quatsch\n`);
    writeFileSync(good, `${heading}Bänke;Aus Holz.;Schule;goods\n`);
    const cases = [
        [0, ["check"]], [0, ["init"]], [0, ["migrate"]], [0, ["routes"]], [0, ["user", "list"]], [0, ["peer", "list"]], [0, ["key", "show"]],
        [0, ["export", "proposals"]], [0, ["import", "proposals", good]],
        [1, ["user", "token", "--email", "niemand@test.example"]],
        [1, ["user", "add", "--email", "viewer@test.example", "--name", "Zweimal", "--role", "viewer"]],
        [1, ["peer", "invite"]],
        [1, ["peer", "suspend", "nowhere.example", "--reason", "so"]],
        [1, ["import", "proposals", path.join(dir, "missing.csv")]],
        [1, ["import", "proposals", good, "--user", "niemand@test.example"]],
        [2, ["init", "now"]], [2, ["check", "twice"]], [2, ["routes", "all"]],
        [2, ["user"]], [2, ["user", "fly"]], [2, ["user", "list", "all"]], [2, ["user", "add", "--name", "Ohne", "--role", "viewer"]],
        [2, ["user", "password", "--email", "viewer@test.example"]],
        [2, ["peer"]], [2, ["peer", "fly"]], [2, ["peer", "list", "all"]], [2, ["peer", "suspend", "nowhere.example"]],
        [2, ["peer", "remove", "nowhere.example"]], [2, ["peer", "confirm", "nowhere.example"]], [2, ["peer", "resume"]],
        [2, ["key"]], [2, ["key", "fly"]], [2, ["key", "show", "all"]],
        [2, ["import"]], [2, ["import", "proposals"]], [2, ["import", "letters", good]], [2, ["import", "proposals", good, good]],
        [2, ["export"]], [2, ["export", "letters"]], [2, ["export", "proposals", "offers"]],
        [3, ["user", "add", "--email", "king@test.example", "--name", "König", "--role", "king"]],
        [3, ["import", "proposals", bad]],
    ];
    for (const [expected, words] of cases) {
        const { code, stderr } = await town.command(words);
        assert.equal(code, expected, `${words.join(" ")}: ${stderr}`);
        if (code !== 0) assert.match(stderr, /\S/, words.join(" "));
        if (code === 2) assert.match(stderr, /see `hf-node \w+ --help`/, words.join(" "));
    }
    const withoutTown = [
        [0, ["--version"]], [0, ["-h"]], [2, []], [2, ["fly"]], [2, ["--fly"]], [2, ["user", "list", "--label", "--config", town.node.config]],
        [1, ["check", "--config", path.join(dir, "missing.ini")]], [2, ["check", "--config"]],
    ];
    for (const [expected, words] of withoutTown) assert.equal((await hfNode(words, { cwd: dir })).code, expected, words.join(" "));
    assert.match((await hfNode(["fly"])).stderr, /no command fly/);
});

describe("a changed signing key", () => {
    for (const verb of ["rotate", "replace"])
        test(`key ${verb} refuses another town's database and leaves everything as it was`, async () => {
            const { env, keys, sql } = await town.bareTown();
            assert.equal((await hfNode(["init"], { env })).code, 0);
            const keyFiles = () => readdirSync(keys).map((name) => [name, readFileSync(path.join(keys, name), "utf8")]);
            const told = () => sql("SELECT authority, epoch, key, (SELECT count(*) FROM entries), (SELECT count(*) FROM events) FROM node_state");
            const before = [await told(), keyFiles()];

            const { code, stderr } = await hfNode(["key", verb], { env: { ...env, HF_NODE_AUTHORITY: "other.example" } });
            assert.equal(code, 1, stderr);
            assert.match(stderr, /belongs to the node \S+, but the configuration says other\.example/);
            assert.deepEqual([await told(), keyFiles()], before);
        });
});

describe("several at once on one database", () => {
    const migrations = readdirSync(path.join(checkout, "node/sql")).map((file) => path.parse(file).name).sort();
    const freePort = () =>
        new Promise((resolve, reject) => {
            const server = net.createServer().once("error", reject);
            server.listen(0, "127.0.0.1", () => {
                const { port } = server.address();
                server.close(() => resolve(port));
            });
        });

    async function assertOnce({ sql }) {
        assert.deepEqual(await sql("SELECT name FROM migrations ORDER BY name"), migrations);
        assert.deepEqual(await sql("SELECT type, count(*) FROM entries GROUP BY type"), ["epoch|1"], "one first epoch");
    }

    const atOnce = (times, work) => Promise.all(Array.from({ length: times }, work));

    test("init and migrate: all succeed, the schema and the key are there once", async () => {
        for (const command of ["init", "migrate", "init"]) {
            const { env, ...other } = await town.bareTown();
            for (const { code, stderr } of await atOnce(4, () => hfNode([command], { env }))) assert.equal(code, 0, stderr);
            assert.deepEqual(await other.sql("SELECT name FROM migrations ORDER BY name"), migrations);
            if (command === "migrate") continue;
            await assertOnce(other);
            assert.match((await hfNode(["check"], { env })).stdout, /^ok +authority, signing key and database belong together$/m);
        }
    });

    test("serve: both come up on an unmigrated database, and end when they are told to", async () => {
        const fresh = await town.bareTown();
        // The key alone, as an operator who keeps it elsewhere would bring it.
        await run("openssl", ["genpkey", "-algorithm", "ed25519", "-out", fresh.env.HF_KEYS_SIGNING]);
        const servers = await atOnce(2, async () => {
            const server = spawn(program, ["serve"], { env: { ...fresh.env, HF_HTTPS_LISTEN: `127.0.0.1:${await freePort()}` }, stdio: ["ignore", "ignore", "pipe"] });
            server.ended = new Promise((resolve) => server.once("exit", resolve));
            return server;
        });
        try {
            await Promise.all(
                servers.map((server) =>
                    new Promise((resolve, reject) => {
                        let said = "";
                        server.stderr.setEncoding("utf8").on("data", (text) => /\bready: /.test((said += text)) && resolve());
                        server.once("exit", () => reject(new Error(said)));
                    })),
            );
            await assertOnce(fresh);
        } finally {
            for (const server of servers) server.kill("SIGTERM");
            assert.deepEqual(await Promise.all(servers.map(({ ended }) => ended)), [0, 0]);
        }
    });
});
