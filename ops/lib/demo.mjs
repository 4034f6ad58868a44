// ops/demo up|down|info: the commands. What a demo is made of is in plan.mjs; how its parts are
// brought up in cluster.mjs, certificates.mjs and node.mjs.

import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { makeAuthority, makeCertificate } from "./certificates.mjs";
import { startCluster, stopCluster, makeDatabase, conninfo } from "./cluster.mjs";
import { joinOffice, peerByHand } from "./federation.mjs";
import { importData, publishData } from "./data.mjs";
import * as node from "./node.mjs";
import { loadPlan, makePlan, savePlan } from "./plan.mjs";
import { Trouble, checkout, say, eachOf, withLock } from "./tools.mjs";

const HELP = `Usage: ops/demo up   [--dir DIR] [--cities N] [--empty]   make and start; returns when all nodes are ready
       ops/demo down [--dir DIR]                           stop everything; the data stay
       ops/demo info [--dir DIR]                           print the nodes as a JSON array

  --dir DIR      where the demo lives (default: var/demo in the checkout); several run side by side
  --cities N     N cities (1 to 200) with generated names and an office, instead of Saarbrücken,
                 Arnhem, Metz and an office
  --empty        without proposals and offers

The program is build/release/hf-node, or what HF_NODE names. All passwords are in DIR/demo.json.
Exit codes: 0 ok, 1 failed, 2 usage.
`;

const PARALLEL = 4;

async function up({ dir, cities, empty }) {
    node.needProgram();
    mkdirSync(dir, { recursive: true });
    await withLock(path.join(dir, "demo.lock"), async () => {
        const plan = loadPlan(dir) ?? (await makePlan(dir, { cities, empty }));
        if (cities !== undefined && cities !== plan.cities)
            throw new Trouble(`${dir} holds a demo with other nodes. Take another --dir, or remove it after ops/demo down.`);

        await startCluster(dir, plan.nodes.length * (plan.cities ? 6 : 12) + 20);
        await makeAuthority(dir);
        node.linkScreens(dir);
        await eachOf(plan.nodes, PARALLEL, async (one) => {
            const paths = node.pathsOf(dir, one);
            await makeCertificate(dir, paths.directory);
            await makeDatabase(dir, one);
            node.writeConfig(dir, plan, one);
            if (await node.running(dir, one)) return;
            await node.hfNode(dir, one, ["init"]);
            await node.start(dir, one);
            say(`${one.node} is ready on http://127.0.0.1:${one.http}/`);
        });

        // Each step is written down when it is done, and can be repeated if we are killed before.
        const step = async (one, name, work) => {
            if (one.done.includes(name)) return;
            await work();
            one.done.push(name);
            savePlan(dir, plan);
        };
        const office = plan.nodes.find((one) => one.role === "office");
        const towns = plan.nodes.filter((one) => one.role === "city");
        await eachOf(plan.nodes, PARALLEL, (one) => step(one, "users", () => node.makeUsers(dir, one)));
        for (const town of towns.filter((one) => one.joins))
            await step(town, "joined", () => joinOffice(dir, office, town));
        for (const town of towns)
            for (const other of towns.filter((candidate) => town.peers.includes(candidate.node)))
                await step(town, `peer ${other.node}`, () => peerByHand(dir, town, other));
        if (plan.empty) return;
        for (const town of towns) {
            await step(town, "data", () => importData(dir, town));
            await step(town, "published", () => publishData(town));
        }
    });
}

async function down({ dir }) {
    if (!existsSync(dir)) return;
    await withLock(path.join(dir, "demo.lock"), async () => {
        const plan = loadPlan(dir);
        const found = plan ? await node.stopAll(dir, plan.nodes) : [];
        await stopCluster(dir);
        if (found.length)
            throw new Trouble(`All is stopped, but a sanitizer found mistakes in hf-node:\n${found.join("\n")}`);
    });
}

async function info({ dir }) {
    const plan = loadPlan(dir);
    if (!plan) throw new Trouble(`There is no demo in ${dir}. Make one with ops/demo up.`);
    const nodes = await Promise.all(
        plan.nodes.map(async (one) => {
            const paths = node.pathsOf(dir, one);
            return {
                node: one.node,
                name: one.name,
                authority: one.authority,
                url: `http://127.0.0.1:${one.http}`,
                https: `https://${one.authority}`,
                ca: path.join(dir, "ca.pem"),
                role: one.role,
                users: one.users.map(({ email, password, role }) => ({ email, password, role })),
                token: one.token ?? null,
                key: paths.key,
                database: conninfo(dir, one),
                config: paths.config,
                pid: node.pidOf(dir, one),
                log: paths.log,
            };
        }),
    );
    process.stdout.write(JSON.stringify(nodes, null, 2) + "\n");
}

const commands = { up, down, info };

function read(words) {
    const { values, positionals } = parseArgs({
        args: words,
        allowPositionals: true,
        options: {
            dir: { type: "string", default: path.join(checkout, "var/demo") },
            cities: { type: "string" },
            empty: { type: "boolean", default: false },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    if (values.help) return { help: true };
    if (positionals.length !== 1 || !Object.hasOwn(commands, positionals[0]))
        throw new Error("One of up, down and info is wanted.");
    if (values.cities !== undefined && (!/^\d{1,3}$/.test(values.cities) || +values.cities < 1 || +values.cities > 200))
        throw new Error("--cities wants a number from 1 to 200.");
    if (!values.dir) throw new Error("--dir wants a directory.");
    if (positionals[0] !== "up" && (values.cities !== undefined || values.empty))
        throw new Error("--cities and --empty are for up.");
    return {
        command: commands[positionals[0]],
        dir: path.resolve(values.dir),
        cities: values.cities === undefined ? undefined : +values.cities,
        empty: values.empty,
    };
}

let wish;
try {
    wish = read(process.argv.slice(2));
} catch (mistake) {
    process.stderr.write(`demo: ${mistake.message}\n${HELP}`);
    process.exit(2);
}
if (wish.help) {
    process.stdout.write(HELP);
    process.exit(0);
}
try {
    await wish.command(wish);
    process.exit(0); // kept-alive connections need not run out
} catch (trouble) {
    process.stderr.write(`demo: ${trouble instanceof Trouble ? trouble.message : trouble.stack}\n`);
    process.exit(1);
}
