// What a release is: one version wherever one is named, found by the history, with its dump and its migrations kept.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { checkout, program } from "../network/support.mjs";
import { dumpsDirectory, migrationsFile, sqlDirectory } from "./dump.mjs";

const run = promisify(execFile);
const read = (file) => readFileSync(path.join(checkout, file), "utf8");

// The newest first.
const headings = [...read("CHANGELOG.md").matchAll(/^## (.*)$/gm)].map((match) => match[1]);
const releases = headings.filter((heading) => heading !== "Unreleased").map((heading) => /^\[(.*)\]/.exec(heading)?.[1]);
const latest = releases[0] ?? "0.0.0";

test("CHANGELOG.md names releases with their days, newest first, and what is unreleased above them", () => {
    assert.ok(headings.length > 0 && headings.lastIndexOf("Unreleased") <= 0, String(headings));
    const known = headings.filter((heading) => heading !== "Unreleased").map((heading) => /^\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)$/.exec(heading) ?? assert.fail(heading));
    const order = known.map(([, major, minor, patch, day]) => [...[major, minor, patch].map((part) => part.padStart(5, "0")), day].join());
    assert.deepEqual(order, [...new Set(order)].sort().reverse());
    const days = known.map((one) => one[4]);
    assert.deepEqual(days, [...days].sort().reverse());
});

test("the program, its API's description and CHANGELOG.md name the same version", async () => {
    assert.equal((await run(program, ["--version"])).stdout, `hf-node ${latest}\n`);
    assert.equal(/^ {2}version: (.*)$/m.exec(read("node/api/openapi.yaml"))[1], latest);
});

test("every release has its dump, and nothing else has one", () => {
    assert.deepEqual(existsSync(dumpsDirectory) ? readdirSync(dumpsDirectory).sort() : [], [...releases].sort());
});

test("no migration of a release was edited, and later ones come after them", () => {
    const kept = existsSync(migrationsFile) ? readFileSync(migrationsFile, "utf8").trim().split("\n") : [];
    assert.equal(kept.length > 0, releases.length > 0, "the migrations of a release are kept, and no others");
    const files = readdirSync(sqlDirectory).sort().slice(0, kept.length);
    const now = files.map((file) => `${createHash("sha256").update(readFileSync(path.join(sqlDirectory, file))).digest("hex")}  ${file}`);
    assert.deepEqual(now, kept);
});

describe("ops/release-commit", () => {
    let dir, commits;
    const git = async (...words) => (await run("git", ["-C", dir, "-c", "user.name=Test", "-c", "user.email=test@test.example", ...words])).stdout.trim();
    const find = (...words) =>
        run(path.join(dir, "ops/release-commit"), words).then(({ stdout }) => ({ code: 0, commit: stdout.trim() }), ({ code, stderr }) => ({ code, stderr }));
    const commit = async (version, more = "") => {
        writeFileSync(path.join(dir, "node/base/version.h"), read("node/base/version.h").replace(/"\d.*"/, `"${version}"`) + more);
        await git("add", "-A");
        await git("commit", "-qm", `${version}${more}`);
        return git("rev-parse", "HEAD");
    };

    // The script in a history of its own: nothing, 0.1.0, work, 0.2.0 taken back, 0.3.0 on a branch that was merged.
    before(async () => {
        dir = mkdtempSync(path.join(tmpdir(), "hf-release-"));
        mkdirSync(path.join(dir, "ops"));
        mkdirSync(path.join(dir, "node/base"), { recursive: true });
        copyFileSync(path.join(checkout, "ops/release-commit"), path.join(dir, "ops/release-commit"));
        await git("init", "-q", "-b", "main");
        commits = { none: await commit("0.0.0") };
        commits.first = await commit("0.1.0");
        commits.work = await commit("0.1.0", "/* later */\n");
        await commit("0.2.0");
        await commit("0.1.0");
        await git("checkout", "-qb", "branch");
        commits.second = await commit("0.3.0");
        await git("checkout", "-q", "main");
        writeFileSync(path.join(dir, "README.md"), "Meanwhile.\n");
        await git("add", "-A");
        await git("commit", "-qm", "meanwhile");
        await git("merge", "-q", "--no-edit", "branch");
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    test("finds the commit that set the version, also behind a merge and where the next one was taken back", async () => {
        assert.deepEqual(await find(), { code: 0, commit: commits.second });
        assert.deepEqual(await find("0.3.0"), { code: 0, commit: commits.second });
        assert.deepEqual(await find("0.1.0"), { code: 0, commit: commits.first });
    });

    test("is not misled by what came after a release", async () => {
        await git("checkout", "-q", commits.work);
        assert.deepEqual(await find(), { code: 0, commit: commits.first });
        assert.deepEqual(await find("0.1.0"), { code: 0, commit: commits.first });
        await git("checkout", "-q", "main");
    });

    test("says when there is no such release, and by exit code 3", async () => {
        const unknown = await find("9.9.9");
        assert.equal(unknown.code, 3);
        assert.match(unknown.stderr, /No commit of this history set the version 9\.9\.9/);
        await git("checkout", "-q", commits.none);
        const none = await find();
        assert.equal(none.code, 3);
        assert.match(none.stderr, /There was no release yet/);
        await git("checkout", "-q", "main");
        assert.equal((await find("--fly")).code, 2);
        assert.equal((await find("0.1.0", "0.2.0")).code, 2);
    });
});
