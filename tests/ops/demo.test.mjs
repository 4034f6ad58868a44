// ops/demo: two demos side by side, which come back whatever is killed, with the same data and names.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("../../ops/demo", import.meta.url));
const demo = (...words) => promisify(execFile)(script, words);
const info = async (dir) => JSON.parse((await demo("info", "--dir", dir)).stdout);
const get = (node, where) => fetch(node.url + where, { headers: { authorization: `Bearer ${node.token}` } });

describe("two demos side by side", { timeout: 240_000 }, () => {
    const home = mkdtempSync(path.join(tmpdir(), "hf demo-"));
    const dirs = [path.join(home, "one"), path.join(home, "two")];

    before(() => Promise.all(dirs.map((dir) => demo("up", "--empty", "--cities", "2", "--dir", dir))));
    after(async () => {
        await Promise.all(dirs.map((dir) => demo("down", "--dir", dir)));
        rmSync(home, { recursive: true, force: true });
    });

    test("every node is ready, and info says all there is to know of it", async () => {
        for (const dir of dirs) {
            const nodes = await info(dir);
            assert.deepEqual(nodes.map(({ node, role }) => [node, role]), [["stadt-01", "city"], ["stadt-02", "city"], ["office", "office"]]);
            for (const node of nodes) {
                assert.equal((await get(node, "/readyz")).status, 200);
                assert.equal((await get(node, "/api/v1/session")).status, 200);
                for (const file of [node.ca, node.config, node.key, node.log]) assert.ok(existsSync(file), file);
                assert.equal(statSync(node.key).mode & 0o777, 0o600);
                assert.ok(node.users.every(({ email, password, role }) => email.endsWith(".example") && password.length >= 16 && role));
            }
        }
    });

    test("they share no port", async () => {
        const addresses = (await Promise.all(dirs.map(info))).flat().flatMap(({ url, https }) => [new URL(url).port, new URL(https).port]);
        assert.equal(new Set(addresses).size, 12);
    });

    test("up changes nothing when all runs", async () => {
        const before = await info(dirs[0]);
        await demo("up", "--dir", dirs[0]);
        assert.deepEqual(await info(dirs[0]), before);
    });

    test("up brings back nodes and a cluster that were killed, as who they were", async () => {
        const before = await info(dirs[0]);
        process.kill(before[0].pid, "SIGKILL");
        process.kill(Number(readFileSync(path.join(dirs[0], "postgres/postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
        await demo("up", "--dir", dirs[0]);
        const now = await info(dirs[0]);
        assert.notEqual(now[0].pid, before[0].pid);
        assert.deepEqual(now.map((node) => ({ ...node, pid: 0 })), before.map((node) => ({ ...node, pid: 0 })));
        for (const node of now) assert.equal((await get(node, "/api/v1/session")).status, 200);
    });

    test("down ends the processes of its own demo only, and may be repeated", async () => {
        const ended = await info(dirs[0]);
        await demo("down", "--dir", dirs[0]);
        await demo("down", "--dir", dirs[0]);
        assert.deepEqual((await info(dirs[0])).map(({ pid }) => pid), [null, null, null]);
        for (const { pid } of ended) assert.equal(existsSync(`/proc/${pid}/exe`), false);
        for (const node of await info(dirs[1])) assert.equal((await get(node, "/readyz")).status, 200);
    });
});

test("words it does not understand are refused with exit code 2", async () => {
    for (const words of [[], ["fly"], ["up", "down"], ["up", "--cities", "0"], ["up", "--cities", "many"], ["down", "--empty"], ["up", "--fast"]])
        await assert.rejects(demo(...words), { code: 2 });
});

test("info about a demo that is not there fails with exit code 1", () => assert.rejects(demo("info", "--dir", "/nowhere"), { code: 1 }));
