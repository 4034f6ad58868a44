// A town to test: a real node with a real database, made and ended by ops/demo, and somebody of every role in it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { eventually, hold, waitingForLocks } from "../../network/support.mjs";
import { assertDescribed } from "./openapi.mjs";

const run = promisify(execFile);
const checkout = fileURLToPath(new URL("../../..", import.meta.url));
export const program = path.resolve(process.env.HF_NODE || path.join(checkout, "build/release/hf-node"));

export const roles = ["viewer", "match_group", "coordinator", "admin"];

// Starts a town (and the office it belongs to). Ends with town.stop().
export async function startTown() {
    const dir = await mkdtemp(path.join(tmpdir(), "hf-api-"));
    const demo = (...args) => run(path.join(checkout, "ops/demo"), [...args, "--dir", dir], { maxBuffer: 1 << 24 });
    const stop = async () => {
        await demo("down");
        await rm(dir, { recursive: true, force: true });
    };
    try {
        await demo("up", "--cities", "1", "--empty");
        const nodes = JSON.parse((await demo("info")).stdout);
        const node = nodes.find((one) => one.role === "city");
        const office = nodes.find((one) => one.role === "office");
        const town = new Town(node, office, dir, stop);
        await town.makeTokens();
        return town;
    } catch (error) {
        await stop().catch(() => {});
        throw error;
    }
}

class Town {
    constructor(node, office, dir, stop) {
        Object.assign(this, { node, office, dir, stop, tokens: {}, officeTokens: {} });
    }

    // Runs hf-node with this town's configuration; never throws: {code, stdout, stderr}.
    async command(args, node = this.node) {
        const [name, ...rest] = args;
        try {
            return { code: 0, ...(await run(program, [name, ...rest, "--config", node.config], { maxBuffer: 1 << 24 })) };
        } catch (error) {
            return { code: error.code, stdout: error.stdout ?? "", stderr: error.stderr ?? String(error) };
        }
    }

    // A town of its own that nothing was prepared for: an empty database and no key. What is not told here is as in this
    // town's file. env: for hf-node; sql: rows as psql -At prints them; keys: the directory its signing key will be in.
    #bare = 0;
    async bareTown() {
        const name = `hf_bare_${(this.#bare += 1)}`;
        const { stdout } = await run(path.join(checkout, "ops/postgres"), ["conninfo", this.dir]);
        const owner = /user=(\S+)/.exec(this.node.database)[1];
        await run("psql", ["-XqAt", `${stdout.trim()} dbname=postgres`, "-c", `CREATE DATABASE ${name} OWNER ${owner}`]);
        const keys = path.join(this.dir, name);
        await mkdir(keys);
        const database = this.node.database.replace(/dbname=\S+/, `dbname=${name}`);
        const env = { ...process.env, HF_CONFIG: this.node.config, HF_DATABASE_CONNINFO: database, HF_KEYS_SIGNING: path.join(keys, "signing.pem"), HF_HTTP_LISTEN: "", HF_HTTPS_LISTEN: "127.0.0.1:0" };
        return { env, keys, database, sql: async (text) => (await run("psql", ["-XqAt", database, "-c", text])).stdout.trim().split("\n") };
    }

    async makeTokens() {
        for (const [node, tokens] of [[this.node, this.tokens], [this.office, this.officeTokens]])
            for (const role of roles) {
                const email = `${role}@test.example`;
                const made = await this.command(["user", "add", "--email", email, "--name", `Test ${role}`, "--role", role], node);
                assert.equal(made.code, 0, made.stderr);
                const token = await this.command(["user", "token", "--email", email], node);
                assert.equal(token.code, 0, token.stderr);
                tokens[role] = token.stdout.trim();
            }
    }

    // One request; every answer is held against openapi.yaml. body: an object (sent as JSON), a string or a Buffer.
    async call(method, target, { role = "coordinator", body, type = "application/json", headers = {}, version, node = this.node } = {}) {
        const tokens = node === this.node ? this.tokens : this.officeTokens;
        const sent = { ...headers };
        if (role) sent.Authorization = `Bearer ${tokens[role]}`;
        if (version !== undefined) sent["If-Match"] = `"${version}"`;
        if (body !== undefined) sent["Content-Type"] = type;
        const plain = body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
        const response = await fetch(`${node.url}${target}`, { method, headers: sent, body: plain });
        const text = await response.text();
        assertDescribed(method, target.split("?")[0], response.status, response.headers, text);
        const json = (response.headers.get("content-type") ?? "").split(";")[0].endsWith("json");
        return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
    }

    // A request as a browser makes it, with any Host, from any address of ours; fetch would not let us choose that.
    browse(method, target, { body, headers = {}, from, node = this.node } = {}) {
        const { hostname, port } = new URL(node.url);
        const own = `${hostname}:${port}`;
        const sent = { Host: own, Origin: `http://${own}`, "X-Requested-With": "herausforderung", ...(body && { "Content-Type": "application/json" }), ...headers };
        return new Promise((resolve, reject) => {
            const request = http.request({ hostname, port, method, path: target, agent: false, localAddress: from, headers: sent }, (answer) => {
                let text = "";
                answer.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () =>
                    resolve({ status: answer.statusCode, headers: answer.headers, body: text && JSON.parse(text) }));
            });
            request.on("error", reject).end(body && JSON.stringify(body));
        });
    }
    signIn = (email, password, headers, from) => this.browse("POST", "/api/v1/session", { body: { email, password }, headers, from });

    // Somebody of their own, with a password.
    async account(password, name = "p") {
        const email = `${name}${Math.random().toString(36).slice(2)}@test.example`;
        const made = await this.post("/api/v1/users", { email, name: "Paula Probe", role: "coordinator", language: "de", password }, { role: "admin" });
        assert.equal(made.status, 201, made.text);
        return { email, id: made.body.id };
    }

    preview = (listing, wording = {}) => this.post(`${this.path(listing)}/publication/preview`, wording);

    // As somebody who looked at the preview does it.
    async publish(listing, wording = {}) {
        const looked = await this.preview(listing, wording);
        assert.equal(looked.status, 200, looked.text);
        const answer = await this.call("PUT", `${this.path(listing)}/publication`, { body: { ...wording, digest: looked.body.digest } });
        assert.equal(answer.status, 200, answer.text);
        return answer.body;
    }

    // Asks while somebody is at this in a transaction of their own, which ends when we wait for it, or have answered.
    async meanwhile(statements, ask) {
        const free = await hold(this.node.database, statements);
        let answered = false;
        const answer = ask().finally(() => (answered = true));
        try {
            await eventually("it waits, or has answered", async () => answered || (await waitingForLocks(this.node.database)) > 0);
        } finally {
            await free();
        }
        return answer;
    }

    get = (target, options) => this.call("GET", target, options);
    post = (target, body, options) => this.call("POST", target, { body, ...options });

    async created(target, body) {
        const answer = await this.post(target, body);
        assert.equal(answer.status, 201, answer.text);
        return answer.body;
    }

    #count = 0;
    organisation(more = {}) {
        return this.created("/api/v1/organisations", { name: `Verein ${(this.#count += 1)}`, sector: "civil_society", ...more });
    }
    proposal(more = {}) {
        return this.#listing("/api/v1/proposals", more);
    }
    offer(more = {}) {
        return this.#listing("/api/v1/offers", more);
    }
    async #listing(target, more) {
        const organisation_id = more.organisation_id ?? (await this.organisation()).id;
        return this.created(target, {
            organisation_id, title: "Stühle", text: "Stühle werden gebraucht.", language: "de",
            help: [{ category: "goods" }], municipality: "Musterstadt", ...more,
        });
    }
    async move(listing, ...states) {
        let answer;
        for (const to of states) {
            answer = await this.post(`${this.path(listing)}/transitions`, { to, reason: "so ist es" });
            assert.equal(answer.status, 200, answer.text);
        }
        return answer.body;
    }
    path = (listing) => `/api/v1/${"needed_by" in listing ? "proposals" : "offers"}/${listing.id}`;
}

// Fails unless the answer is this problem, with this offending field if one is named.
export function assertProblem(answer, status, code, pointer, fieldCode) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.body.code, code, answer.text);
    if (pointer !== undefined)
        assert.ok(answer.body.errors?.some((error) => error.pointer === pointer && (!fieldCode || error.code === fieldCode)), answer.text);
}
