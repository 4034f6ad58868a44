// One node of a demo: its files, its process, its people.
//
// A process is recognised by pid and start time, so that a number that meanwhile belongs to another
// process is never signalled.

import { spawn } from "node:child_process";
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";

import { conninfo } from "./cluster.mjs";
import { Trouble, checkout, run, say, waitFor, writeWhole } from "./tools.mjs";

const program = path.resolve(process.env.HF_NODE || path.join(checkout, "build/release/hf-node"));
const screens = path.join(checkout, "admin-ui/dist");

const READY_SECONDS = 60; // a sanitizer build on a busy machine, 50 of them
const STOP_SECONDS = 30;

export function needProgram() {
    try {
        accessSync(program, constants.X_OK);
    } catch {
        throw new Trouble(`${program} is not there. Build it with: make build`);
    }
    if (!existsSync(path.join(screens, "index.html"))) throw new Trouble(`The screens are not built. Build them with: make build`);
}

export function pathsOf(dir, node) {
    const directory = path.join(dir, node.node);
    const file = (name) => path.join(directory, name);
    return { directory, config: file("node.ini"), key: file("signing.pem"), log: file("node.log"), pid: file("node.pid") };
}

// Runs a subcommand for the node and returns what it printed.
export const hfNode = (dir, node, args, options) =>
    run(program, [...args, "--config", pathsOf(dir, node).config], { cwd: pathsOf(dir, node).directory, ...options });

// Paths are relative to the file, and the screens are reached through a link, so that a demo names no checkout.
export function linkScreens(dir) {
    const link = path.join(dir, "screens");
    rmSync(link, { force: true });
    symlinkSync(screens, link);
}

export function writeConfig(dir, plan, node) {
    const { directory, config } = pathsOf(dir, node);
    const many = plan.cities > 0;
    const text = `# Written by ops/demo at every start. To try other settings, copy this file or set HF_<SECTION>_<NAME>.
[node]
authority = ${node.authority}
name = ${node.name}
country = ${node.country}
role = ${node.role}
language = ${node.language}
mailbox = herausforderung@${node.users[0].email.split("@")[1]}
latitude = ${node.latitude}
longitude = ${node.longitude}
area = ${node.area}
region = ${node.region}
places = ${node.places ?? ""}

[database]
conninfo = ${conninfo(dir, node)}

[https]
listen = 127.0.0.1:${node.https}
certificate = tls.pem
key = tls.key

[http]
listen = 127.0.0.1:${node.http}

[keys]
signing = signing.pem

[federation]
ca = ../ca.pem
private_addresses = yes
poll_seconds = ${many ? 60 : 10}
# The office of a demo brings all of them at once.
office_names = 1000
# All nodes of a demo stand behind one address.
address_rate = 1000
address_burst = 4000

[server]
workers = ${many ? 2 : 4}
connections = ${many ? 128 : 256}
connections_per_address = ${many ? 128 : 256}

[ui]
directory = ../screens
`;
    mkdirSync(directory, { recursive: true });
    if (!existsSync(config) || readFileSync(config, "utf8") !== text) writeWhole(config, text);
}

// -------- the process

const statOf = (pid) => {
    try {
        const [, state, , , , , , , , , , , , , , , , , , , start] = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\)/s, ")").split(" ");
        return state === "Z" ? null : start;
    } catch {
        return null;
    }
};

// The pid of the node's server, or null.
export function pidOf(dir, node) {
    const file = pathsOf(dir, node).pid;
    if (!existsSync(file)) return null;
    const [pid, start] = readFileSync(file, "utf8").trim().split(" ");
    return statOf(pid) === start ? Number(pid) : null;
}

// All servers of the demo, also such as no pid file tells of: started by hand, or when we were killed.
function serversOf(dir) {
    const found = [];
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
            const config = words[words.indexOf("--config") + 1] ?? "";
            if (words.includes("serve") && config.startsWith(dir + path.sep) && statOf(pid)) found.push({ pid: Number(pid), config, start: statOf(pid) });
        } catch {
            // it ended while we looked
        }
    }
    return found;
}

async function ready(node) {
    try {
        const response = await fetch(`http://127.0.0.1:${node.http}/readyz`, { signal: AbortSignal.timeout(5000) });
        await response.arrayBuffer();
        return response.ok;
    } catch {
        return false;
    }
}

function adopt(dir, node) {
    const { config, pid } = pathsOf(dir, node);
    const server = serversOf(dir).find((candidate) => candidate.config === config);
    if (server) writeWhole(pid, `${server.pid} ${server.start}\n`);
}

export async function running(dir, node) {
    if (pidOf(dir, node) === null) adopt(dir, node);
    return pidOf(dir, node) !== null && (await waitFor(READY_SECONDS, async () => pidOf(dir, node) === null || ready(node))) && pidOf(dir, node) !== null;
}

export async function start(dir, node) {
    const { config, directory, log, pid } = pathsOf(dir, node);
    const output = openSync(log, "a", 0o600);
    const child = spawn(program, ["serve", "--config", config], { cwd: directory, detached: true, stdio: ["ignore", output, output] });
    closeSync(output);
    let ended = null;
    child.on("error", (error) => (ended = error.message));
    child.on("exit", (code, signal) => (ended = signal ?? `exit code ${code}`));
    if (child.pid) writeWhole(pid, `${child.pid} ${statOf(child.pid)}\n`);
    const up = await waitFor(READY_SECONDS, async () => ended !== null || ready(node));
    child.unref();
    if (up && ended === null) return;
    const last = readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
    const what = ended === null ? `did not become ready within ${READY_SECONDS} seconds` : `ended (${ended})`;
    throw new Trouble(`${node.node} ${what}. The end of ${log}:\n${last}`);
}

// Stops all servers; returns what sanitizers wrote into the logs.
export async function stopAll(dir, nodes) {
    const servers = serversOf(dir);
    const alive = () => servers.filter(({ pid, start }) => statOf(pid) === start);
    const signal = (name) => {
        for (const { pid } of alive()) process.kill(pid, name);
    };
    if (servers.length) say(`stopping ${servers.length} servers`);
    signal("SIGTERM");
    if (!(await waitFor(STOP_SECONDS, () => alive().length === 0))) {
        say(`ending by force: ${alive().map(({ config }) => config).join(", ")}`);
        signal("SIGKILL");
        await waitFor(STOP_SECONDS, () => alive().length === 0);
    }
    return nodes.flatMap((node) => {
        const { log } = pathsOf(dir, node);
        const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
        return lines.filter((line) => /ERROR: \w+Sanitizer|runtime error:/.test(line)).map((line) => `${log}: ${line}`);
    });
}

// -------- its people

export async function makeUsers(dir, node) {
    const known = await hfNode(dir, node, ["user", "list"]);
    for (const user of node.users) {
        if (known.includes(user.email)) continue;
        await hfNode(
            dir,
            node,
            ["user", "add", "--email", user.email, "--name", user.name, "--role", user.role, "--language", user.language, "--password-stdin"],
            { input: `${user.password}\n` },
        );
    }
    const owner = node.users.find((user) => user.role === "coordinator") ?? node.users[0];
    node.token = (await hfNode(dir, node, ["user", "token", "--email", owner.email, "--label", "demo"])).trim().split(/\s+/).at(-1);
}
