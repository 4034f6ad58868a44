// An answer that was lost on its way: whoever sends the same again from the screen gets what was made, and no copy of it.

import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";

import { Visitor, openDemo, until } from "./support.mjs";

describe("a lost answer", () => {
    let demo, browser, town;
    before(async () => {
        demo = await openDemo("--empty", "--cities", "1");
        browser = demo.browser;
        town = Object.values(demo.towns).find(({ role }) => role === "city");
    });
    after(() => demo?.end());

    /** The node hears the first request there and answers it; the answer never comes. Counts what was sent. */
    async function loseFirst(one, address) {
        const sent = [];
        await one.page.route(`**/api/v1${address}`, async (route) => {
            if (route.request().method() !== "POST") return route.continue();
            sent.push(route.request().headers()["idempotency-key"]);
            if (sent.length > 1) return route.continue();
            assert.equal((await route.fetch()).status(), 201);
            return route.abort("connectionreset");
        });
        return sent;
    }

    const forgive = (one, line) => until(line, () => {
        const others = one.troubles.filter((text) => !text.includes(line));
        const found = others.length < one.troubles.length;
        one.troubles = others;
        return found;
    });

    async function fillIn(one) {
        await one.goes("Vorschläge");
        await one.link("Neuer Vorschlag").click();
        await one.field("Organisation").fill("Verein Funkloch");
        await one.page.getByRole("option", { name: /^Verein Funkloch/ }).click();
        await one.field("Titel").fill("Ein Zelt");
        await one.field("Worum geht es?").fill("Ein Zelt für das Sommerfest.");
        await one.field("Anpackprojekt").check();
        await one.click("Als Entwurf speichern");
    }

    it("a proposal that is saved again after its answer was lost is there once", async () => {
        const { id } = await town.ask("POST", "/organisations", { body: { name: "Verein Funkloch", sector: "civil_society" } });
        const one = await (await Visitor.open(browser)).signIn(town);
        const sent = await loseFirst(one, "/proposals");
        await fillIn(one);
        await one.sees(/^Ihre Eingaben sind noch da\. Bitte prüfen Sie die Internetverbindung/);
        await forgive(one, "ERR_CONNECTION_RESET");
        const drafts = async () => (await town.ask("GET", `/proposals?organisation=${id}`)).items.map(({ title }) => title);
        assert.deepEqual(await drafts(), ["Ein Zelt"], "the node has it, the screen does not know");

        await one.click("Als Entwurf speichern");
        await one.heading("Ein Zelt").waitFor();
        assert.deepEqual(await drafts(), ["Ein Zelt"]);
        assert.equal(sent.length, 2);

        // What is meant anew is new, though its words are the same.
        await fillIn(one);
        await one.heading("Ein Zelt").waitFor();
        assert.deepEqual(await drafts(), ["Ein Zelt", "Ein Zelt"]);
        assert.equal(new Set(sent).size, 2, "one key for both sendings, another for what came later");
        await one.close();
    });
});
