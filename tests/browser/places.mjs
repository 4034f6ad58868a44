// An address for every screen of the routes table, with something on it to see.

import { readFileSync } from "node:fs";

/** The patterns of admin-ui/src/desk/routes.tsx, as it is written there. */
export function patterns() {
    const source = readFileSync(new URL("../../admin-ui/src/desk/routes.tsx", import.meta.url), "utf8");
    const found = [...source.matchAll(/^\s*\[[`'](\/[^`']*)[`'],/gm)].map((match) => match[1]);
    const spelled = (one) => ["proposals", "offers"].map((plural) => one.replace("${noun.plural}", plural));
    return [...new Set(found.flatMap(spelled))];
}

async function records(town, plural) {
    const first = async (query) => (await town.ask("GET", `/${plural}?${query}&limit=1`)).items[0];
    const today = new Date().toISOString();
    const lasting = (one) => ["submitted", "seeking", "available"].includes(one.state) && (one.needed_by ?? one.available_until ?? "9999") > today;
    const published = (await town.ask("GET", `/${plural}?published=true&limit=100`)).items.find(lasting);
    const draft = (await first("state=draft")) ?? (await first("published=false"));
    const foreign = (await town.ask("GET", `/network/${plural}?limit=1`)).items[0];
    return {
        [`/${plural}`]: [`/${plural}`, `/${plural}?q=zzzzzz`],
        [`/${plural}/new`]: [`/${plural}/new`],
        [`/${plural}/:id`]: [`/${plural}/${published.id}`, `/${plural}/${draft.id}`],
        [`/${plural}/:id/edit`]: [`/${plural}/${published.id}/edit`],
        [`/${plural}/:id/publication`]: [`/${plural}/${published.id}/publication`, `/${plural}/${(await first("published=false")).id}/publication`],
        [`/network/${plural}`]: [`/network/${plural}`],
        [`/network/${plural}/:origin/:id`]: [`/network/${plural}/${encodeURIComponent(foreign.origin.authority)}/${foreign.id}`],
    };
}

async function common(node) {
    const user = (await node.asAdmin("GET", "/users")).items[0];
    const peer = (await node.asAdmin("GET", "/peers")).items[0];
    return {
        "/account": ["/account"],
        "/administration": ["/administration"],
        "/administration/users": ["/administration/users"],
        "/administration/users/:id": [`/administration/users/${user.id}`],
        "/administration/peers": ["/administration/peers"],
        "/administration/peers/new": ["/administration/peers/new"],
        "/administration/peers/:authority": [`/administration/peers/${encodeURIComponent(peer.authority)}`],
        "/administration/alarms": ["/administration/alarms"],
        "/administration/audit": ["/administration/audit"],
    };
}

/** pattern → addresses in this town */
export async function cityPlaces(town) {
    const organisation = (await town.ask("GET", "/organisations?limit=1")).items[0];
    return {
        "/": ["/"],
        ...(await records(town, "proposals")),
        ...(await records(town, "offers")),
        "/organisations": ["/organisations"],
        "/organisations/new": ["/organisations/new"],
        "/organisations/:id": [`/organisations/${organisation.id}`],
        "/organisations/:id/edit": [`/organisations/${organisation.id}/edit`],
        "/connections": ["/connections"],
        "/import": ["/import"],
        "/administration/join": ["/administration/join"],
        ...(await common(town)),
    };
}

export const officePlaces = async (office) => ({
    "/": ["/"],
    "/administration/invitations": ["/administration/invitations"],
    ...(await common(office)),
});
