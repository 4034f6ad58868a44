// A story that leaves a row of every kind in the databases of a town and its office. All names are invented.
//
// It uses the API and the commands, as people would, so that what is in a dump is what a release really wrote.
// A table that stays empty is told by dump.mjs: who adds one adds a line here.

import { eventually } from "../network/support.mjs";

const password = "vier lange Wörter hier";

/** Somebody of the story, as from a browser. */
export async function signIn(town) {
    const headers = { origin: new URL(town.url).origin, "x-requested-with": "herausforderung", "content-type": "application/json" };
    const answer = await fetch(new URL("/api/v1/session", town.url), { method: "POST", headers, body: JSON.stringify({ email: "neu@town.example", password }) });
    if (answer.status !== 200) throw new Error(`signing in: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).user;
}

const proposalStates = {
    draft: [],
    submitted: ["submitted"],
    needs_information: ["submitted", "needs_information"],
    prechecked: ["submitted", "prechecked"],
    scheduled: ["submitted", "prechecked", "scheduled"],
    accepted: ["submitted", "prechecked", "scheduled", "accepted"],
    declined: ["submitted", "prechecked", "scheduled", "declined"],
    seeking: ["submitted", "prechecked", "seeking"],
    matched: ["submitted", "prechecked", "seeking", "matched"],
    in_progress: ["submitted", "prechecked", "seeking", "matched", "in_progress"],
    completed: ["submitted", "prechecked", "seeking", "matched", "in_progress", "completed"],
    withdrawn: ["submitted", "withdrawn"],
    expired: ["submitted", "expired"],
    not_feasible: ["submitted", "not_feasible"],
};
const offerStates = { draft: [], available: ["available"], taken: ["available", "taken"], withdrawn: ["available", "withdrawn"], expired: ["available", "expired"] };

const move = (town, kind, id, to) => town.ask("POST", `/${kind}/${id}/transitions`, { body: { to, reason: "So ist es besprochen." } });
const at = (origin, id) => `/network/proposals/${encodeURIComponent(origin.authority)}/${id}`;

async function publish(town, kind, id, more = {}) {
    const preview = await town.ask("POST", `/${kind}/${id}/publication/preview`, { body: more });
    const overrides = preview.findings.filter((one) => one.severity === "block").map(({ fingerprint }) => ({ fingerprint, reason: "Das ist so abgesprochen." }));
    return town.ask("PUT", `/${kind}/${id}/publication`, { body: { ...more, digest: preview.digest, overrides } });
}

async function people(town) {
    await town.asAdmin("POST", "/users", { body: { email: "neu@town.example", name: "Kim Neuland", role: "coordinator", language: "nl", password } });
    await town.asAdmin("POST", "/users", { body: { email: "weg@town.example", name: "Toni Altmann", role: "viewer", language: "de", password } });
    await town.command("user", "disable", "--email", "weg@town.example");
    await signIn(town);
}

async function organisations(town) {
    const add = (name, sector, more = {}) => town.ask("POST", "/organisations", { body: { name, sector, ...more }, headers: { "Idempotency-Key": `upgrade-${sector}` } });
    const found = [
        await add("Nachbarschaftshaus am Wehr", "civil_society", { kind: "Verein", municipality: "Saarbrücken", website: "https://wehr.example/", note: "Montags geschlossen." }),
        await add("Möbelwerk Talblick", "company"),
        await add("Amt für Beispiele", "public_administration"),
    ];
    for (const source of ["told_by_themselves", "public_source"])
        await town.ask("POST", `/organisations/${found[0].id}/contacts`, {
            body: { name: "Alex Beispiel", email: `${source}@town.example`, phone: "0681 0000", role: "Vorsitz", source, purpose: "Absprachen zum Vorschlag" },
        });
    return found;
}

async function listings(town, kind, states, organisation, more) {
    const made = {};
    for (const [state, way] of Object.entries(states)) {
        const fields = {
            organisation_id: organisation.id, title: `Stühle für einen Saal (${state})`, language: "de", municipality: town.name,
            text: "Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.",
            help: [{ category: "goods", quantity: 40, unit: "Stück" }, { category: "hands", quantity: 3 }], ...more,
        };
        made[state] = (await town.ask("POST", `/${kind}`, { body: fields })).id;
        for (const to of way) await move(town, kind, made[state], to);
    }
    return made;
}

async function imports(town) {
    const upload = async (text) =>
        (await fetch(new URL("/api/v1/imports?kind=proposals", town.url), {
            method: "POST", headers: { authorization: `Bearer ${town.token}`, "content-type": "text/csv" }, body: text,
        })).json();
    const header = "organisation,title,text,category,external_id\n";
    const { id } = await upload(`${header}Sportverein Mustertal,Netze,Es fehlen zwei Netze.,goods,n1\n`);
    await town.ask("POST", `/imports/${id}/apply`, { body: { skip_bad: false } });
    await upload(`${header}Sportverein Mustertal,Tore,Es fehlt ein Tor.,quatsch,n2\n`);
}

async function answers(town, other) {
    const taken = await town.publish("Umzug eines Archivs");
    const theirs = await other.publish("Planken voor een podium", { language: "nl", text: "Wij zoeken planken voor een podium." });
    const gone = await other.publish("Een oude kast", { language: "nl", text: "Wij zoeken een kast." });
    await eventually("all of it was read", async () => (await other.reads(town, taken)) && (await town.reads(other, theirs)) && (await town.reads(other, gone)));

    await other.ask("POST", `${at(town, taken)}/responses`, { body: { response: "taken_up" } });
    await other.ask("POST", `${at(town, taken)}/responses`, { body: { response: "handed_back", reason: "Geen vrachtwagen." } });
    await town.ask("POST", `${at(other, theirs)}/responses`, { body: { response: "company_found" } });
    await town.ask("POST", `${at(other, gone)}/responses`, { body: { response: "taken_up" } });
    await eventually("the answers have come", async () =>
        (await town.ask("GET", `/proposals/${taken}/cases`)).items[0]?.response === "handed_back" && (await other.ask("GET", `/proposals/${gone}/cases`)).items.length > 0);
    await other.ask("POST", `/proposals/${gone}/publication/erase`, { body: { reason: "Niet meer nodig." } });
    await eventually("the erasure is applied", async () => (await town.sql(`SELECT 1 FROM cases WHERE object = '${gone}' AND withdrawn_at IS NOT NULL`)).length > 0);
    return { taken, theirs };
}

async function forwards(town, other, third, { theirs, taken }) {
    await eventually("the third town reads both", async () => (await third.reads(town, taken)) && (await third.reads(other, theirs)));
    await third.ask("POST", `${at(other, theirs)}/forwards`, { body: { peer: town.authority, note: "Peut-être chez vous ?" } });
    await town.ask("POST", `/proposals/${taken}/forwards`, { body: { peer: third.authority, note: "Vielleicht bei euch?" } });
    await eventually("the forwards have come", async () =>
        (await town.ask("GET", "/forwards?direction=in")).items.length > 0 && (await third.ask("GET", "/forwards?direction=in")).items.length > 0);
    await third.ask("POST", `${at(town, taken)}/responses`, { body: { response: "declined", reason: "Trop loin." } });
    await eventually("so has the answer to one", async () => (await town.ask("GET", "/forwards?direction=out")).items[0]?.answer);
}

// The office has second thoughts about the town, which raises alarms there; one of them is seen.
async function alarms(town, office) {
    const decide = (verb, body) => office.asAdmin("POST", `/peers/${encodeURIComponent(town.authority)}/${verb}`, body && { body });
    const open = async () => (await town.asAdmin("GET", "/alarms")).items.find((alarm) => !alarm.acknowledged_at);
    for (const seen of [true, false]) {
        await decide("suspend", { reason: "Zur Klärung." });
        const alarm = await eventually("the town is alarmed", open);
        await decide("resume");
        if (seen) await town.asAdmin("POST", `/alarms/${alarm.id}/acknowledge`, { body: { note: "Geklärt." } });
    }
    await eventually("the office lets the town in again", async () => (await town.sql(`SELECT state FROM registrations WHERE authority <> '${town.authority}'`)).every((state) => state === "active"));
}

export async function fill({ saarbruecken: town, arnhem: other, metz: third, office }) {
    await eventually("all reach each other", async () => {
        const lists = await Promise.all([town, other, third].map((one) => one.ask("GET", "/peers")));
        return lists.every((list) => list.items.filter((peer) => peer.role === "city" && peer.health === "ok").length === 2);
    });
    await people(town);
    const [house, company] = await organisations(town);
    const proposals = await listings(town, "proposals", proposalStates, house, { needed_by: "2199-12-31", return_favour: "Ein Konzert" });
    const offers = await listings(town, "offers", offerStates, company, { available_until: "2199-12-31", note: "Nur ganze Paletten." });

    for (const state of ["submitted", "seeking", "completed"]) await publish(town, "proposals", proposals[state]);
    await publish(town, "proposals", proposals.scheduled, { coarsen: true });
    await publish(town, "proposals", proposals.accepted, { text: "Abzuholen am Wehr, Telefon 0681 0000." });
    await publish(town, "proposals", proposals.matched, { text: "Abzuholen bei der Tischlerei Birkenhain." });
    await publish(town, "offers", offers.available);
    await publish(town, "offers", offers.taken);
    await town.ask("POST", `/proposals/${proposals.completed}/publication/erase`, { body: { reason: "Hat sich erledigt." } });
    // Somebody is recorded whom a published text names: it is held back when its state changes.
    await town.ask("POST", "/organisations", { body: { name: "Tischlerei Birkenhain", sector: "company" } });
    await move(town, "proposals", proposals.matched, "seeking");

    await imports(town);
    await forwards(town, other, third, await answers(town, other));
    await alarms(town, office);
    await office.asAdmin("POST", "/invitations", { body: { label: "Noch nicht gebraucht" } });

    await eventually("all that was published has arrived", async () => {
        const now = await town.ask("GET", `/offers/${offers.taken}/publication`);
        return now.recipients.length > 0 && now.recipients.every((one) => one.delivered_at);
    });
}
