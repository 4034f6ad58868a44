// How the nodes of a demo come to know one another, as their administrators would do it.

import { hfNode } from "./node.mjs";
import { Trouble } from "./tools.mjs";

const knows = async (dir, node, other) => (await hfNode(dir, node, ["peer", "list"])).includes(other.authority);

export async function joinOffice(dir, office, town) {
    if (await knows(dir, town, office)) return;
    const invitation = await hfNode(dir, office, ["peer", "invite"]);
    await hfNode(dir, town, ["peer", "join", "-"], { input: invitation });
}

// The fingerprint comes from the other node itself, not from what was fetched: that is the comparison.
export async function peerByHand(dir, node, other) {
    const fingerprint = (await hfNode(dir, other, ["key", "show"])).match(/\d{5}(?: ?\d{5}){5}/)?.[0];
    if (!fingerprint) throw new Trouble(`hf-node key show prints no fingerprint for ${other.node}.`);
    if (!(await knows(dir, node, other))) await hfNode(dir, node, ["peer", "add", other.authority]);
    await hfNode(dir, node, ["peer", "confirm", other.authority, "--fingerprint", fingerprint.replaceAll(" ", "")]);
}
