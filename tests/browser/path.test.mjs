// The whole path of a proposal across two cities, with nothing but clicks and keys after sign-in.

import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";

import { Visitor, openDemo, until } from "./support.mjs";

const title = "Sechs Hände für die Leseecke";
const telling =
    "Renate Wolkenstein vom Förderverein Lesewiese sucht sechs Menschen, die an einem Samstag Regale aufbauen. " +
    "Rückruf unter 0681 5550142.";
const discreet = "Gesucht werden sechs Menschen, die an einem Samstag Regale aufbauen.";

describe("the whole path", () => {
    let demo, browser, towns;
    before(async () => {
        demo = await openDemo("--empty");
        ({ browser, towns } = demo);
    });
    after(() => demo?.end());

    const visits = (node, options) => Visitor.open(browser, options).then((visitor) => visitor.signIn(towns[node], options?.role));

    it("from a phone call in Saarbrücken to a company in Arnhem, and back until nothing is left there", async () => {
        const here = await visits("saarbruecken");
        const there = await visits("arnhem", { locale: "nl-NL" });
        const office = await visits("office", { role: "admin" });
        const counts = async () =>
            Object.fromEntries(await office.page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [row.cells[0].firstChild.textContent, Number(row.lastElementChild.textContent)])));
        await until("both are alive", async () => /2\s*von 2 Städten erreichbar/.test(await office.page.locator("main").textContent()));
        assert.deepEqual(await counts(), { Arnhem: 0, Saarbrücken: 0 }, "what is empty has published nothing");

        // Saarbrücken records what was told on the telephone, with an organisation and a contact nobody knew yet.
        await here.goes("Vorschläge");
        await here.link("Neuer Vorschlag").click();
        await here.field("Organisation").fill("Förderverein Lesewiese");
        await here.page.getByRole("option", { name: "„Förderverein Lesewiese“ neu anlegen" }).click();
        await here.click("Anlegen");
        await here.click("Kontakt hinzufügen");
        await here.field("Name").fill("Renate Wolkenstein");
        await here.field(/^Telefon/).fill("0681 5550142");
        await here.click("Speichern");
        await here.field(/^Ansprechperson/).waitFor();
        assert.equal(await here.field(/^Ansprechperson/).locator("option:checked").textContent(), "Renate Wolkenstein");
        await here.field("Titel").fill(title);
        await here.field("Worum geht es?").fill(telling);
        await here.field("Anpackprojekt").check();
        await here.field(/^Menge \(Anpackprojekt\)/).fill("6");
        await here.click("Speichern und einreichen");
        await here.heading(title).waitFor();

        for (const [step, state] of [
            ["Als vorgeprüft markieren", "vorgeprüft"],
            ["Auf die Tagesordnung setzen", "auf der Tagesordnung"],
            ["Annehmen", "angenommen"],
            ["In Vermittlung nehmen", "in Vermittlung"],
        ]) {
            await here.click(step);
            await here.page.locator(".state").getByText(state, { exact: true }).waitFor();
        }

        // Whom one calls about it is one click away.
        assert.equal(await here.link("0681 5550142").getAttribute("href"), "tel:06815550142");

        // What would leave is shown, and what would give somebody away stops it.
        await here.link("Veröffentlichung vorbereiten").click();
        const marked = here.page.locator(".public mark.mark--block");
        await marked.first().waitFor();
        const highlighted = (await marked.allTextContents()).join("\n");
        for (const secret of ["Wolkenstein", "Lesewiese", "0681 5550142"]) assert.ok(highlighted.includes(secret), `${secret} in ${highlighted}`);
        await here.click("Jetzt veröffentlichen");
        await here.sees(/Noch \d Hinweise sind zu klären/);
        assert.equal((await towns.saarbruecken.ask("GET", "/proposals?published=true")).total, 0);

        // Another wording, a wider place, and off it goes.
        await here.field("Öffentlicher Text").fill(discreet);
        await until("nothing blocks", async () => (await marked.count()) === 0);
        await here.click("Statt der Gemeinde nur „Regionalverband Saarbrücken“ nennen");
        await here.page.locator(".public dd").getByText("Regionalverband Saarbrücken").waitFor();
        await here.sees("Keine Hinweise. Es wurde nichts gefunden, was verrät, um wen es geht.");
        await here.sees("Geht an Arnhem und Metz.");
        await here.sees("Landesbüro bewahrt es nur zum Weiterleiten auf und zeigt es niemandem.");
        await here.click("Jetzt veröffentlichen");
        await here.sees("Veröffentlicht. Andere Städte sehen es in wenigen Sekunden");

        // Arnhem sees it in its own language, reads it and takes it up.
        await there.goes("Andere steden");
        await there.link(title).click();
        await there.sees("in bemiddeling");
        await there.sees("Menskracht: 6 tot 20");
        await there.sees("Regionalverband Saarbrücken (Saarbrücken, Duitsland)");
        const read = await there.page.locator("main").textContent();
        for (const secret of ["Wolkenstein", "Lesewiese", "5550142"]) assert.ok(!read.includes(secret), secret);
        await there.click("Overnemen");
        await there.gives("Een bedrijf hier heeft een team dat dit graag doet.", "Overnemen");
        await there.sees(/^Wij hebben het overgenomen/);
        const mailto = (visitor) => visitor.page.locator("main").getByRole("link", { name: /^herausforderung@/ }).getAttribute("href");
        assert.equal(await mailto(there), "mailto:herausforderung@saarbruecken.example");

        // Saarbrücken finds the answer under Today and in the history.
        await here.goes("Heute");
        await here.sees("1 Antwort aus einer anderen Stadt");
        await here.link(new RegExp(title)).click();
        const timeline = here.page.locator(".timeline");
        await timeline.getByText("Arnhem hat es übernommen").waitFor();
        assert.equal(await mailto(here), "mailto:herausforderung@arnhem.example");
        await timeline.getByText("Een bedrijf hier heeft een team dat dit graag doet.").waitFor();
        await here.goes("Heute");
        await here.sees("Alles erledigt");

        // The office sees two living nodes and how much they published, and nothing of what is in it.
        await until("one proposal is counted", async () => (await counts()).Saarbrücken === 1);
        assert.deepEqual(await counts(), { Arnhem: 0, Saarbrücken: 1 });
        const shown = await office.page.locator("main").textContent();
        for (const word of [title, "Regale", "Lesewiese", "übernommen"]) assert.ok(!shown.includes(word), word);

        // Who has it; and after a withdrawal, who has erased it.
        await here.goes("Vorschläge");
        await here.link(title).click();
        await here.link("Veröffentlichung ansehen").click();
        const city = (name) => here.page.locator(".cities li").filter({ hasText: name });
        for (const name of ["Arnhem", "Metz"]) await city(name).getByText("angekommen").waitFor();
        await here.click("Veröffentlichung zurückziehen");
        await here.gives("Die Regale stehen schon.", "Veröffentlichung zurückziehen");
        for (const name of ["Arnhem", "Metz"]) await city(name).getByText("gelöscht", { exact: true }).waitFor();
        await here.sees("Alle Städte haben es gelöscht.");

        // Arnhem is told what became of its promise; what it promised stays, what it was about is gone.
        await there.sees("Saarbrücken heeft ingetrokken wat u had overgenomen");
        await there.page.locator(".timeline").getByText("Een bedrijf hier heeft een team dat dit graag doet.").waitFor();
        assert.ok(!(await there.page.locator("main").textContent()).includes("Regale"));
        await there.link("Naar de andere steden").last().click();
        await there.sees("Nog niets uit andere steden");
        await there.refused(404); // what is gone

        await until("nothing is counted any more", async () => (await counts()).Saarbrücken === 0);

        for (const visitor of [here, there, office]) await visitor.close();
    });

    it("recording and publishing need no mouse", async () => {
        const visitor = await visits("saarbruecken");
        const { keyboard } = visitor.page;
        const press = async (locator, key = "Enter") => {
            await visitor.tabTo(locator);
            await keyboard.press(key);
        };
        const write = async (locator, text) => {
            await visitor.tabTo(locator);
            await keyboard.type(text);
        };
        await press(visitor.link("Neuer Vorschlag"));
        await write(visitor.field("Organisation"), "Seniorentreff Abendsonne");
        await visitor.page.getByRole("option", { name: /neu anlegen/ }).waitFor();
        await keyboard.press("ArrowUp"); // from the field to the last line of the list
        await keyboard.press("Enter");
        await press(visitor.button("Anlegen"));
        await write(visitor.field("Titel"), "Zwölf Spielesammlungen");
        await write(visitor.field("Worum geht es?"), "Für die Nachmittage werden Brettspiele in gutem Zustand gesucht.");
        await press(visitor.field("Sachspende"), "Space");
        await press(visitor.button("Speichern und einreichen"));
        await visitor.heading("Zwölf Spielesammlungen").waitFor();
        await press(visitor.link("Veröffentlichung vorbereiten"));
        await visitor.page.locator(".public").waitFor();
        await press(visitor.button("Jetzt veröffentlichen"));
        await visitor.sees("Veröffentlicht. Andere Städte sehen es in wenigen Sekunden");
        const { items } = await towns.saarbruecken.ask("GET", "/proposals?published=true");
        assert.ok(items.some((item) => item.title === "Zwölf Spielesammlungen"));
        await visitor.close();
    });
});
