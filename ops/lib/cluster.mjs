// The demo's private PostgreSQL cluster (ops/postgres) and one database for each node.

import path from "node:path";
import { execFileSync } from "node:child_process";

import { checkout, run } from "./tools.mjs";

const script = path.join(checkout, "ops/postgres");
const ROLE = "herausforderung"; // owns the databases; no superuser, as in a real town

export const startCluster = (dir, connections) => run(script, ["start", "--connections", String(connections), dir]);
export const stopCluster = (dir) => run(script, ["stop", dir]);

const administrator = new Map();
function asAdministrator(dir) {
    if (!administrator.has(dir))
        administrator.set(dir, execFileSync(script, ["conninfo", dir], { encoding: "utf8" }).trim());
    return administrator.get(dir);
}

const databaseOf = (node) => `hf_${node.node.replaceAll("-", "_")}`;

export const conninfo = (dir, node) =>
    asAdministrator(dir).replace(/user=\S+/, `user=${ROLE}`) + ` dbname=${databaseOf(node)}`;

const sql = (dir, text) =>
    run("psql", ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", `${asAdministrator(dir)} dbname=postgres`], { input: text });

// \gexec runs what the query returns: nothing, where it is there already. Several nodes come here at
// once, hence the lock.
export const makeDatabase = (dir, node) =>
    sql(dir, `SELECT pg_advisory_lock(1) \\g /dev/null
SELECT 'CREATE ROLE ${ROLE} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${ROLE}') \\gexec
SELECT 'CREATE DATABASE ${databaseOf(node)} OWNER ${ROLE}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${databaseOf(node)}') \\gexec
`);
