// What a node answers, kept beside a dump of its database, so that a later version can be held to it.

import assert from "node:assert/strict";

// Changes with the time, with who is reachable, by asking, or because all that stands is said again in a new epoch.
const passing = new Set(["rev", "delivered", "health", "last_contact_at", "last_error", "lag", "living", "entries", "delivered_at", "applied_at", "last_sign_in_at", "last_used_at", "next", "total", "expires_at"]);
const lasting = (text) => JSON.parse(text, (name, value) => (passing.has(name) ? undefined : value));

// All of each list: none of them is longer in the story.
const all = "limit=200";
const lists = {
    city: [
        ...["organisations", "proposals", "offers", "network/proposals", "network/offers", "audit"].map((list) => `/${list}?${all}`),
        `/forwards?direction=in&${all}`, `/forwards?direction=out&${all}`, "/peers", "/users", "/alarms",
    ],
    office: [`/audit?${all}`, "/peers", "/members", "/invitations", "/users", "/alarms"],
};

// What can be looked at behind an item of a list.
function behind(target, item) {
    const [list] = target.split("?");
    const one = `${list}/${item.id}`;
    if (list === "/organisations") return [one, `${one}/contacts`];
    if (list.startsWith("/network/")) return [`${list}/${encodeURIComponent(item.origin.authority)}/${item.id}`];
    if (item.published) return [one, `${one}/history`, `${one}/publication`, `${one}/cases`];
    return [];
}

/** {target: what is answered}, as its administrator reads it; of things that are many, those that were published. */
export async function ask(town) {
    const answers = {};
    const look = async (target) => (answers[target] = lasting(JSON.stringify(await town.asAdmin("GET", target))));
    for (const list of lists[town.role])
        for (const item of (await look(list)).items) for (const target of behind(list, item)) await look(target);
    return answers;
}

/** Fails unless `now` says all that `then` said; it may say more, also more items of a list. */
export function assertSays(now, then, where) {
    if (Array.isArray(then) && where.endsWith("/items")) {
        for (const item of then) assert.ok(now.some((other) => says(other, item, where)), `${where} lacks ${JSON.stringify(item)}`);
    } else if (then !== null && typeof then === "object") {
        assert.equal(Array.isArray(now), Array.isArray(then), where);
        if (Array.isArray(then)) assert.equal(now.length, then.length, where);
                for (const name of Object.keys(then)) if (!passing.has(name)) assertSays(now?.[name], then[name], `${where}/${name}`);
    } else {
        assert.equal(now, then, where);
    }
}

function says(now, then, where) {
    try {
        assertSays(now, then, where);
        return true;
    } catch {
        return false;
    }
}
