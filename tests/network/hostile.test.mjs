// What one peer may cost: pages made to be dear. Nobody else waits for them, and neither does an administrator.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { World, proposal, pulled, suspend, tell, within } from "../interop/world.mjs";

let world, town;

before(async () => {
    world = await World.up();
    town = world.town;
});
after(() => world?.down());

const item = (node, title) => ({ type: "proposal", id: randomUUID(), rev: 1, keepUntil: node.seconds() + 86400, body: proposal(title) });

/** What another peer says meanwhile is read in time. */
async function heard(node, seconds) {
    const said = item(node, "Ehrlich");
    await node.appendAll("net", [said]);
    await tell(node, town);
    await within(seconds, "somebody else is heard", () => town.reads(node, said.id));
}

test("an erasure costs what it names, however often, and nobody waits for it", async () => {
    const [node, other] = [await world.friend(), await world.friend({ name: "Ehrlich" })];
    const said = item(node, "Bald fort");
    await node.appendAll("net", [said]);
    await tell(node, town);
    await pulled(node, town);
    const { epoch, seq } = node.end();
    for (let i = 0; i < 150; i++) await node.append("erase", randomUUID(), 1, { entries: Array(1000).fill(`${epoch}.${seq}`) });
    await tell(node, town);
    await heard(other, 10);
    const begun = performance.now();
    await suspend(town, node);
    assert.ok(performance.now() - begun < 3000, "suspended at once");
    await pulled(node, town);
    assert.equal(await town.reads(node, said.id), null);
});
