// Small tools of ops/demo: messages, child processes, locks, waiting, bounded parallelism.

import { spawn } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

// A failure that its message explains; anything else is a mistake of ours and shows its stack.
export class Trouble extends Error {}

process.stderr.on("error", () => {}); // the terminal may be gone
export const say = (text) => process.stderr.write(`demo: ${text}\n`);

// However we end, our helpers end too; nodes and clusters are not among them.
const helpers = new Set();
process.on("exit", () => {
    for (const child of helpers) child.kill("SIGTERM");
});
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) process.on(signal, () => process.exit(code));

// Runs a program to its end and returns what it wrote to stdout. `accept` lists the exit codes that
// are no trouble.
export function run(program, args, { input = "", cwd, accept = [0], env } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
        let out = "";
        let err = "";
        helpers.add(child);
        child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
        child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
        child.stdin.on("error", () => {}); // it may end without reading; its exit code tells
        child.stdin.end(input);
        child.on("error", (error) => {
            helpers.delete(child);
            reject(new Trouble(`${program} could not be started: ${error.message}`));
        });
        child.on("close", (code, signal) => {
            helpers.delete(child);
            if (accept.includes(code)) resolve(out);
            else reject(new Trouble(`${path.basename(program)} ${args.join(" ")}: ${signal ?? `exit code ${code}`}\n${err || out}`.trimEnd()));
        });
    });
}

// Holds the lock file while `work` runs. The lock belongs to a flock(1) that lives until its stdin
// closes, so it is released however this process ends.
export async function withLock(file, work) {
    const holder = spawn("flock", ["--timeout", "600", file, "sh", "-c", "echo locked; cat"], {
        detached: true, // Ctrl-C reaches us, who then let go
        stdio: ["pipe", "pipe", "inherit"],
    });
    await new Promise((resolve, reject) => {
        holder.stdout.once("data", resolve);
        holder.on("error", reject);
        holder.on("exit", () => reject(new Trouble(`Another ops/demo has been busy with ${file} for ten minutes.`)));
    });
    try {
        return await work();
    } finally {
        const gone = new Promise((resolve) => holder.once("exit", resolve));
        holder.stdin.end();
        await gone;
    }
}

// Calls work(item) for all items, at most `limit` at once; the first failure ends it.
export async function eachOf(items, limit, work) {
    const rest = [...items];
    const worker = async () => {
        while (rest.length) await work(rest.shift());
    };
    await Promise.all(Array.from({ length: limit }, worker));
}

// Asks until the answer is true; false when the time is over.
export async function waitFor(seconds, question) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        if (await question()) return true;
        if (Date.now() > end) return false;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

// Whoever reads the file sees the old or the new content, never half of it.
export function writeWhole(file, text, mode = 0o600) {
    writeFileSync(`${file}.new`, text, { mode });
    renameSync(`${file}.new`, file);
}
