// One peer's newest heads are compared with what is stored, now and then, without anybody's asking: what nobody hints at,
// and no poll has come upon, is found.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { World, alarms, eventually, proposal, pulled } from "../interop/world.mjs";

let world, town, node;

before(async () => {
    Object.assign(process.env, { HF_FEDERATION_COMPARE_SECONDS: "1", HF_FEDERATION_POLL_SECONDS: "3600" });
    world = await World.up();
    town = world.town;
    node = await world.friend();
    await world.friend({ name: "Konz" }); // so that it is one of several
});
after(() => world?.down());

/** Said, but told to nobody. */
async function publish(title) {
    const id = randomUUID();
    await node.append("proposal", id, 1, proposal(title), { keepUntil: node.seconds() + 86400 });
    return id;
}

test("a peer that is ahead is pulled", async () => {
    const id = await publish("Leise gesagt");
    await eventually("it is shown", () => town.reads(node, id));
    await pulled(node, town);
    assert.deepEqual(await alarms(town, node), []);
});

test("a peer that says something else at a number that is held is a fork, with a proof", async () => {
    const { epoch } = node.end();
    await node.rewind("net", 1);
    const id = await publish("Etwas anderes");
    const [alarm] = await eventually("a fork", async () => {
        const found = await alarms(town, node, "fork");
        return found.length > 0 && found;
    });
    assert.deepEqual(await town.sql(`SELECT proof IS NOT NULL FROM alarms WHERE id = '${alarm.id}'`), ["t"]);
    assert.deepEqual(await town.sql(`SELECT frozen FROM streams WHERE origin = '${node.authority}' AND name = 'net' AND epoch = ${epoch}`), ["t"], "also for who goes on from what is stored");
    await eventually("it is shown its head, and opens a new epoch", () => node.end().epoch > epoch);
    assert.equal(await town.reads(node, id), null, "nothing of the other history is shown");
    const after = await publish("Danach");
    await eventually("the new epoch is read", () => town.reads(node, after));
});
