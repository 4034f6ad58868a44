// Mutation testing: would a test notice? Applies the small mutations listed in tests/mutants/*.mutants to a copy of
// the tree, one at a time, and runs the suites that should notice. README.md beside this file tells how to write one.
//
//   node tests/mutants/run.mjs [--check] [--changed] [--minutes N] [--jobs N] [--only TEXT] [--list]

import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { locate, readMutants } from "./list.mjs";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const PROFILE = "mutant";
const SIM = `build/${PROFILE}/sim/sim`;
const SUITE_SECONDS = 300;
const SURVIVING_SHARE = 0.05;
const COMMITS_BEFORE_A_RELEASE = 20;

const { values: options } = parseArgs({
    options: {
        check: { type: "boolean", default: false }, // only: does every mutation fit today's code?
        list: { type: "boolean", default: false },
        changed: { type: "boolean", default: false }, // only in files changed since the latest release
        minutes: { type: "string", default: "0" }, // stop beginning new ones after so long; 0: all
        jobs: { type: "string", default: String(os.availableParallelism?.() ?? os.cpus().length) },
        only: { type: "string", default: "" }, // only those whose file or promise holds this text
    },
});

const git = (...args) => spawnSync("git", args, { cwd: checkout, encoding: "utf8", maxBuffer: 1 << 26 }).stdout.trim();

// The release is the commit that sets the version; before the first one, the last commits stand for it.
function base() {
    const release = spawnSync(path.join(checkout, "ops/release-commit"), { cwd: checkout, encoding: "utf8" });
    if (release.status === 0 && release.stdout.trim()) return release.stdout.trim();
    const commits = git("rev-list", `--max-count=${COMMITS_BEFORE_A_RELEASE + 1}`, "HEAD").split("\n");
    return commits[commits.length - 1];
}

function chosen(mutants) {
    const files = options.changed ? new Set(git("diff", "--name-only", base()).split("\n")) : null;
    return mutants.filter(
        (one) => (!files || files.has(one.file)) && `${one.file} ${one.promise}`.includes(options.only),
    );
}

// One command with a deadline; its whole process group ends with it. enough: what it says that makes the rest superfluous.
function run(command, args, { cwd, env, seconds, enough }) {
    return new Promise((resolve) => {
        const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
        let said = "";
        let stopped = false;
        const end = (signal) => {
            stopped = true;
            try {
                process.kill(-child.pid, signal);
            } catch (error) {
                if (error.code !== "ESRCH") throw error; // its last words came when it had ended
            }
        };
        const hear = (text) => {
            said = (said + text).slice(-20000);
            if (!stopped && enough?.test(said)) end("SIGTERM");
        };
        child.stdout.on("data", hear);
        child.stderr.on("data", hear);
        const deadline = setTimeout(() => end("SIGKILL"), seconds * 1000);
        child.on("error", (error) => resolve({ code: -1, said: String(error) }));
        child.on("close", (code) => {
            clearTimeout(deadline);
            resolve({ code: stopped ? -1 : (code ?? -1), said });
        });
    });
}

// A copy of the tree to mutate in: tracked files, and links to what is installed.
function copyTree(tree) {
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(tree, { recursive: true });
    for (const file of git("ls-files").split("\n")) {
        mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
        if (existsSync(path.join(checkout, file))) cpSync(path.join(checkout, file), path.join(tree, file));
    }
    for (const dir of ["admin-ui", "tests", "tests/interop"])
        if (existsSync(path.join(checkout, dir, "node_modules"))) symlinkSync(path.join(checkout, dir, "node_modules"), path.join(tree, dir, "node_modules"));
}

const suiteOf = (name) => {
    const [kind, rest] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
    return { kind, file: rest };
};

// What make has to build before this suite can run.
function goals(suites) {
    const kinds = suites.map(suiteOf);
    const made = kinds.filter(({ kind }) => kind === "unit").map(({ file }) => `build/${PROFILE}/tests/test_${file}`);
    if (kinds.some(({ kind }) => kind === "sim")) made.push(SIM);
    return kinds.some(({ kind }) => kind !== "unit" && kind !== "sim") ? [...made, `build/${PROFILE}/hf-node`, "ui"] : made;
}

const build = (tree, suites) => run("make", ["--no-print-directory", `PROFILE=${PROFILE}`, ...goals(suites)], { cwd: tree, seconds: 900 });

// Emptied for each suite.
function temporary(tree) {
    const directory = path.join(tree, "build/tmp");
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    return directory;
}

function runSuite(tree, name) {
    const { kind, file } = suiteOf(name);
    if (kind === "unit") return run(path.join(tree, `build/${PROFILE}/tests/test_${file}`), [], { cwd: tree, seconds: SUITE_SECONDS });
    if (kind === "sim") return run(path.join(tree, SIM), ["--seeds", file], { cwd: tree, seconds: SUITE_SECONDS, enough: /^seed /m });
    // One test that fails is enough to know. What it leaves behind is ended by no-leftovers, and lies in the tree's own tmp.
    return run(path.join(tree, "tests/no-leftovers"), ["node", "--test", "--test-reporter=tap", `tests/${kind}/${file}.test.mjs`], {
        cwd: tree,
        env: { HF_NODE: path.join(tree, `build/${PROFILE}/hf-node`), HF_SERVER_JOBS_SECONDS: "2", HF_POSTGRES_THROWAWAY: "1", TMPDIR: temporary(tree) },
        seconds: SUITE_SECONDS,
        enough: /^ *not ok /m,
    });
}

// Killed, survived, or broken (does not compile: then the list is to be mended, not the tests).
async function tryMutant(tree, mutant) {
    const file = path.join(tree, mutant.file);
    const before = readFileSync(file, "utf8");
    const began = Date.now();
    const told = (verdict, by = "") => ({ mutant, verdict, by, seconds: Math.round((Date.now() - began) / 1000) });
    writeFileSync(file, locate(before, mutant).mutated);
    try {
        const built = await build(tree, mutant.suites);
        if (built.code !== 0) return told("broken", built.said.split("\n").find((line) => /error/.test(line)) ?? "");
        for (const suite of mutant.suites) if ((await runSuite(tree, suite)).code !== 0) return told("killed", suite);
        return told("survived");
    } finally {
        writeFileSync(file, before);
    }
}

// Without a mutation every suite passes, or its failing would say nothing.
async function prepare(tree, suites) {
    copyTree(tree);
    const built = await build(tree, suites);
    if (built.code !== 0) throw new Error(`The unchanged tree does not build:\n${built.said}`);
}

async function passesUnchanged(tree, suites) {
    for (const suite of suites) {
        let last = await runSuite(tree, suite);
        if (last.code !== 0) last = await runSuite(tree, suite); // a deadline that passed while other trees were built
        if (last.code !== 0) throw new Error(`${suite} fails without any mutation:\n${last.said}`);
    }
}

function report(results, left) {
    const by = (verdict) => results.filter((one) => one.verdict === verdict);
    const unexplained = by("survived").filter(({ mutant }) => !mutant.survives);
    const killed = by("killed").length;
    for (const { mutant } of by("survived")) console.log(`survived: ${mutant.file}: ${mutant.promise}${mutant.survives ? ` (${mutant.survives})` : ""}`);
    for (const { mutant, by: why } of by("broken")) console.log(`does not compile: ${mutant.file}: ${mutant.promise}: ${why}`);
    for (const { mutant } of by("killed").filter(({ mutant }) => mutant.survives)) console.log(`noticed after all, strike its reason: ${mutant.file}: ${mutant.promise}`);
    console.log(
        `mutants: ${results.length} tried, ${killed} noticed, ${by("survived").length} survived (aim: at most ${SURVIVING_SHARE * 100} %, each with a reason)` +
            `${by("broken").length ? `, ${by("broken").length} do not compile` : ""}${left ? `, ${left} not reached in time` : ""}`,
    );
    console.log(`${killed} passed, ${unexplained.length + by("broken").length} failed`);
    const share = results.length ? by("survived").length / results.length : 0;
    return unexplained.length === 0 && by("broken").length === 0 && (share <= SURVIVING_SHARE || options.changed || options.only);
}

// The order of a run that may end early is another one for every commit, so that all have their turn.
function shuffled(mutants) {
    let seed = parseInt(git("rev-parse", "HEAD").slice(0, 8), 16) || 1;
    const key = new Map(mutants.map((one) => [one, (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0)]));
    return [...mutants].sort((a, b) => key.get(a) - key.get(b));
}

async function main() {
    const all = readMutants();
    const stale = all.filter((one) => !locate(readFileSync(path.join(checkout, one.file), "utf8"), one).found);
    for (const one of stale) console.log(`does not fit the code any more: ${one.list}:${one.line}: ${one.file}: ${one.promise}`);
    if (options.check || stale.length) {
        console.log(`mutants: ${all.length} listed, ${stale.length} do not fit the code`);
        return stale.length === 0;
    }
    const mutants = options.minutes === "0" ? chosen(all) : shuffled(chosen(all));
    if (options.list) {
        for (const one of mutants) console.log(`${one.file}: ${one.promise} [${one.suites.join(" ")}]`);
        return true;
    }
    if (mutants.length === 0) {
        console.log("mutants: none in these files\n0 passed, 0 failed");
        return true;
    }
    const suites = [...new Set(mutants.flatMap((one) => one.suites))];
    const end = options.minutes === "0" ? Infinity : Date.now() + Number(options.minutes) * 60_000;
    const trees = Array.from({ length: Math.max(1, Number(options.jobs)) }, (_, n) => path.join(checkout, "build/mutants", String(n)));
    await prepare(trees[0], suites);
    for (const tree of trees.slice(1)) {
        rmSync(tree, { recursive: true, force: true });
        spawnSync("cp", ["-a", trees[0], tree]);
    }
    const checked = new Set();
    const waiting = [...mutants];
    const results = [];
    const work = async (tree) => {
        for (let mutant; Date.now() < end && (mutant = waiting.shift()); ) {
            const unchecked = mutant.suites.filter((suite) => !checked.has(suite));
            unchecked.forEach((suite) => checked.add(suite));
            await build(tree, mutant.suites);
            await passesUnchanged(tree, unchecked);
            const result = await tryMutant(tree, mutant);
            results.push(result);
            console.log(`${result.verdict.padEnd(8)} ${mutant.file}: ${mutant.promise}${result.by ? ` [${result.by}]` : ""} ${result.seconds} s`);
        }
    };
    await Promise.all(trees.map(work));
    return report(results, waiting.length);
}

process.exitCode = (await main()) ? 0 : 1;
