// The demo's proposals and offers: ops/demo-data/<kind>-<node>.csv.

import { existsSync } from "node:fs";
import path from "node:path";

import { hfNode } from "./node.mjs";
import { Trouble, checkout } from "./tools.mjs";

const PUBLISHED = 6; // of each kind in each town: enough to see something at the others

export async function importData(dir, node) {
    const coordinator = node.users.find((user) => user.role === "coordinator");
    for (const kind of ["proposals", "offers"]) {
        const file = path.join(checkout, "ops/demo-data", `${kind}-${node.node}.csv`);
        if (existsSync(file)) await hfNode(dir, node, ["import", kind, file, "--apply", "--user", coordinator.email]);
    }
}

async function api(node, method, where, body) {
    const response = await fetch(`http://127.0.0.1:${node.http}/api/v1${where}`, {
        method,
        headers: { authorization: `Bearer ${node.token}`, ...(body && { "content-type": "application/json" }) },
        body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Trouble(`${node.node}: ${method} ${where}: ${response.status} ${answer.detail ?? answer.title}`);
    return answer;
}

// Publishes the first ones in which the gate finds nothing that blocks; the others are left for the user to try.
export async function publishData(node) {
    for (const [kind, state] of [["proposals", "seeking"], ["offers", "available"]]) {
        let left = PUBLISHED;
        const { items } = await api(node, "GET", `/${kind}?state=${state}&published=false&limit=50`);
        for (const { id } of items) {
            if (left === 0) break;
            const preview = await api(node, "POST", `/${kind}/${id}/publication/preview`, {});
            if (!preview.publishable) continue;
            await api(node, "PUT", `/${kind}/${id}/publication`, { digest: preview.digest });
            left--;
        }
    }
}
