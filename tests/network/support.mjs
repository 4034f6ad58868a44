// A demo of real nodes for one test file: ops/demo in a directory of its own, its API, its database, its processes.

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { assertDescribed } from "../api/lib/openapi.mjs";

const run = promisify(execFile);
export const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const program = process.env.HF_NODE ?? path.join(checkout, "build/release/hf-node");

const DEADLINE_MS = 60_000; // for anything that must come; never how long it takes

/** Waits until ask() gives something true, and returns it. */
export async function eventually(what, ask) {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
        const found = await ask();
        if (found) return found;
        if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS / 1000} s: ${what}`);
        await new Promise((next) => setTimeout(next, 50));
    }
}

/** A port that nobody listened on a moment ago. */
export const freePort = () =>
    new Promise((resolve, reject) => {
        const server = net.createServer().once("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });

/** Does what the statements say in a transaction that stays open until the function that comes back is called. */
export async function hold(database, statements) {
    const holder = spawn("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", database], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise((resolve) => holder.once("exit", resolve));
    holder.stdin.write(`BEGIN;\n${statements};\nSELECT 'held';\n`);
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    return () => {
        holder.stdin.end("COMMIT;\n");
        return ended;
    };
}

/** How many wait for somebody's lock in a node's database. */
export async function waitingForLocks(database) {
    const { stdout } = await run("psql", ["-XqAt", database, "-c", "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"]);
    return Number(stdout);
}

export class Town {
    constructor(info) {
        Object.assign(this, info);
    }

    /** Calls the API as the coordinator (or with another token); returns {status, body, headers}. */
    async call(method, target, { body, token = this.token, headers = {} } = {}) {
        const response = await fetch(new URL(`/api/v1${target}`, this.url), {
            method,
            headers: {
                authorization: `Bearer ${token}`,
                ...(body === undefined ? {} : { "content-type": "application/json" }),
                ...headers,
            },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await response.text();
        assertDescribed(method, `/api/v1${target.split("?")[0]}`, response.status, response.headers, text);
        return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers };
    }

    /** The same, and the status must be one of the 2xx. */
    async ask(method, target, options) {
        const answer = await this.call(method, target, options);
        if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.status} ${JSON.stringify(answer.body)}`);
        return answer.body;
    }

    /** Rows of the node's own database, for what no screen shows. */
    async sql(text) {
        const { stdout } = await run("psql", [this.database, "-AtqX", "-v", "ON_ERROR_STOP=1", "-c", text]);
        return stdout.trim() === "" ? [] : stdout.trim().split("\n");
    }

    async command(...words) {
        return (await run(program, [...words, "--config", this.config], { cwd: path.dirname(this.config) })).stdout;
    }

    /** A token that may administer; made on the command line as its operator would. */
    async adminToken() {
        const admin = this.users.find((user) => user.role === "admin");
        this.admin ??= (await this.command("user", "token", "--email", admin.email, "--label", "test")).trim();
        return this.admin;
    }

    async asAdmin(method, target, options = {}) {
        return this.ask(method, target, { ...options, token: await this.adminToken() });
    }

    /** Records a proposal and publishes it, as the screens do; returns its id. */
    async publish(title, fields = {}) {
        const organisation = await this.ask("POST", "/organisations", {
            body: { name: `Beispielverein ${Math.random().toString(36).slice(2)}`, sector: "civil_society" },
        });
        const proposal = await this.ask("POST", "/proposals", {
            body: {
                organisation_id: organisation.id,
                title,
                text: "Gesucht werden helfende Hände an einem Samstag.",
                language: "de",
                help: [{ category: "hands", quantity: 4 }],
                municipality: this.name,
                ...fields,
            },
        });
        await this.ask("POST", `/proposals/${proposal.id}/transitions`, { body: { to: "submitted" } });
        await this.republish(proposal.id);
        return proposal.id;
    }

    async republish(id) {
        const preview = await this.ask("POST", `/proposals/${id}/publication/preview`, { body: {} });
        return this.ask("PUT", `/proposals/${id}/publication`, { body: { digest: preview.digest } });
    }

    /** What this town reads of another's object; null while there is nothing. */
    async reads(origin, id, kind = "proposals") {
        const answer = await this.call("GET", `/network/${kind}/${encodeURIComponent(origin.authority)}/${id}`);
        return answer.status === 200 ? answer.body : null;
    }

    peer(other) {
        return this.asAdmin("GET", `/peers/${encodeURIComponent(other.authority)}`);
    }
}

export class Demo {
    /** options: further words for `ops/demo up`. */
    static async up(...options) {
        const demo = new Demo();
        demo.directory = mkdtempSync(path.join(os.tmpdir(), "hf-network-"));
        try {
            await demo.run("up", ...options);
            await demo.look();
        } catch (trouble) {
            await demo.down().catch(() => {});
            throw trouble;
        }
        return demo;
    }

    async run(command, ...options) {
        const words = [command, "--dir", this.directory, ...options];
        return (await run(path.join(checkout, "ops/demo"), words, { env: { ...process.env, HF_NODE: program }, maxBuffer: 1 << 24 })).stdout;
    }

    async look() {
        const nodes = JSON.parse(await this.run("info"));
        this.towns = Object.fromEntries(nodes.map((node) => [node.node, new Town(node)]));
    }

    /** Ends a node without warning, as a power cut would. */
    async kill(town) {
        process.kill(town.pid, "SIGKILL");
        await eventually(`${town.node} is gone`, () => !alive(town.pid));
    }

    /** Starts what does not run, and looks again. */
    async restart() {
        await this.run("up");
        await this.look();
    }

    /** Keeps a copy of a town's database, to put it back from. */
    async backUp(town, file) {
        await run("pg_dump", ["--format=custom", "--file", file, town.database]);
    }

    /** Puts a town's database back to an older copy of itself, while the node does not run. */
    async putBack(town, file, { sameDatabase }) {
        const name = /dbname=(\S+)/.exec(town.database)[1];
        const server = (await run(path.join(checkout, "ops/postgres"), ["conninfo", this.directory])).stdout.trim();
        const owner = /user=(\S+)/.exec(town.database)[1];
        if (sameDatabase) await run("psql", [town.database, "-qc", "DROP SCHEMA public CASCADE", "-c", "CREATE SCHEMA public"]);
        else await run("psql", [`${server} dbname=postgres`, "-qc", `DROP DATABASE "${name}" WITH (FORCE)`, "-c", `CREATE DATABASE "${name}" OWNER ${owner}`]);
        await run("pg_restore", ["--single-transaction", "--exit-on-error", "--no-comments", "--dbname", town.database, file]);
    }

    /** A server of a town that the demo's own commands did not start; returns its process. */
    serve(town, environment = {}) {
        const log = openSync(`${town.log}.second`, "a");
        return spawn(program, ["serve", "--config", town.config], {
            cwd: path.dirname(town.config),
            env: { ...process.env, ...environment },
            stdio: ["ignore", log, log],
        });
    }

    /** A second server of the same town, on the same database. */
    serveToo(town, port) {
        return this.serve(town, { HF_HTTPS_LISTEN: `127.0.0.1:${port}`, HF_HTTP_LISTEN: "" });
    }

    /** What PostgreSQL says of transactions that waited for each other. We repeat one of them, so nothing else tells. */
    deadlocks() {
        const lines = readFileSync(path.join(this.directory, "postgres.log"), "utf8").split("\n");
        return lines.flatMap((line, n) => (line.includes("ERROR:  deadlock detected") ? [lines.slice(n, n + 8).join("\n")] : []));
    }

    async down() {
        await this.run("down");
        if (this.deadlocks().length > 0) throw new Error(`Transactions waited for each other (node/db/locks.h):\n${this.deadlocks().join("\n")}`);
        rmSync(this.directory, { recursive: true, force: true });
    }
}

export function alive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}
