// How the nodes of a demo come to know one another, as their administrators would do it.

import { hfNode } from "./node.mjs";
import { Trouble } from "./tools.mjs";

const knows = async (dir, node, other) => (await hfNode(dir, node, ["peer", "list"])).includes(other.authority);

export async function joinOffice(dir, office, town) {
    if (await knows(dir, town, office)) return;
    const invitation = await hfNode(dir, office, ["peer", "invite"]);
    await hfNode(dir, town, ["peer", "join", "-"], { input: invitation });
}

// Both look each other up, compare, and only then confirm: whoever confirms begins to ask at once. The
// fingerprint comes from the other node itself, not from what was fetched: that is the comparison.
export async function peerByHand(dir, one, other) {
    const directions = [[one, other], [other, one]];
    for (const [node, peer] of directions)
        if (!(await knows(dir, node, peer))) await hfNode(dir, node, ["peer", "add", peer.authority]);
    for (const [node, peer] of directions) {
        const fingerprint = (await hfNode(dir, peer, ["key", "show"])).match(/\d{5}(?: ?\d{5}){5}/)?.[0];
        if (!fingerprint) throw new Trouble(`hf-node key show prints no fingerprint for ${peer.node}.`);
        await hfNode(dir, node, ["peer", "confirm", peer.authority, "--fingerprint", fingerprint.replaceAll(" ", "")]);
    }
}
