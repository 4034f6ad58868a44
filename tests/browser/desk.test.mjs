// What one coordinator relies on at the desk: nothing typed is lost, nobody sees more than they may.

import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { Visitor, openDemo, phone, until, userOf } from "./support.mjs";

describe("at the desk", () => {
    let demo, browser, towns, town;
    before(async () => {
        demo = await openDemo("--empty");
        ({ browser, towns } = demo);
        town = towns.saarbruecken;
    });
    after(() => demo?.end());

    const visitor = () => Visitor.open(browser);
    const signedIn = async (role, options) => (await Visitor.open(browser, options)).signIn(town, role);

    async function proposal(title) {
        const organisation = await town.ask("POST", "/organisations", { body: { name: `Verein ${title}`, sector: "civil_society" } });
        return town.ask("POST", "/proposals", {
            body: {
                organisation_id: organisation.id, title, text: "Es wird etwas gebraucht.", language: "de",
                help: [{ category: "goods" }], municipality: "Saarbrücken",
            },
        });
    }

    it("a wrong password is refused in plain words, the right one lets in, signing out shuts the door", async () => {
        const one = await visitor();
        const { email, password } = userOf(town, "coordinator");
        await one.page.goto(`${town.url}/proposals`);
        await one.field("E-Mail-Adresse").fill(email);
        await one.field("Passwort").fill("stimmt nicht");
        await one.click("Anmelden");
        await one.sees("E-Mail-Adresse oder Passwort stimmt nicht");
        await one.refused(401);
        assert.equal(await one.field("E-Mail-Adresse").inputValue(), email);
        await one.field("Passwort").fill(password);
        await one.click("Anmelden");
        await one.heading("Vorschläge").waitFor();
        await one.click("Abmelden");
        await one.heading("Anmelden").waitFor();
        await one.page.goto(`${town.url}/proposals`);
        await one.heading("Anmelden").waitFor();
        await one.close();
    });

    it("a certificate that ends soon is a warning and one that has ended an error, on Heute and where Heute leads", async () => {
        const home = path.dirname(town.config), file = (name) => path.join(home, name), pair = ["tls.pem", "tls.key"];
        const ends = (days) => {
            const asked = execFileSync("openssl", ["req", "-new", "-key", file("tls.key"), "-subj", "/CN=localhost"]);
            execFileSync("openssl", ["x509", "-req", "-days", String(days), "-signkey", file("tls.key"), "-out", file("tls.pem")], { input: asked, stdio: ["pipe", "ignore", "ignore"] });
            process.kill(town.pid, "SIGHUP");
        };
        pair.forEach((name) => copyFileSync(file(name), file(`${name}.kept`)));
        const one = await signedIn("coordinator");
        try {
            for (const [days, tone, words] of [[20, "warning", /Läuft am .* ab/], [0, "danger", /Abgelaufen seit/]]) {
                ends(days);
                const group = one.page.locator("section.group", { hasText: "Das Zertifikat dieses Knotens muss erneuert werden" });
                await until("Heute says so", async () => {
                    await one.page.goto(`${town.url}/`);
                    await one.heading("Heute").waitFor();
                    return (await group.locator(`h2 .kern-icon--${tone}`).count()) === 1;
                });
                await group.getByRole("link", { name: words }).click();
                await one.page.locator(`.kern-alert--${tone}`, { hasText: words }).waitFor();
            }
        } finally {
            pair.forEach((name) => copyFileSync(file(`${name}.kept`), file(name)));
            process.kill(town.pid, "SIGHUP");
        }
        await one.close();
    });

    it("one browser is signed in to four nodes at once", async () => {
        const one = await visitor();
        const pages = {};
        for (const node of Object.values(towns)) {
            one.page = pages[node.name] = await one.newPage();
            await one.signIn(node, node.role === "office" ? "admin" : "coordinator");
        }
        for (const [name, page] of Object.entries(pages)) {
            await page.reload();
            await page.locator(".frame .wordmark__city").getByText(name, { exact: true }).waitFor();
        }
        assert.equal(Object.keys(pages).length, 4);
        await one.close();
    });

    it("when somebody else was faster, both versions are shown and nothing typed is lost", async () => {
        const { id, version } = await proposal("Ein Rasenmäher");
        const one = await signedIn("coordinator");
        await one.goes("Vorschläge");
        await one.link("Ein Rasenmäher").click();
        await one.link("Bearbeiten").click();
        await one.field("Titel").fill("Ein leiser Rasenmäher");
        await town.ask("PATCH", `/proposals/${id}`, { body: { title: "Ein großer Rasenmäher" }, headers: { "If-Match": `"${version}"` } });
        await one.click("Speichern");
        await one.sees("Inzwischen hat jemand anderes das geändert");
        await one.refused(412);
        const row = one.page.getByRole("row").filter({ hasText: "Titel" });
        await row.getByRole("cell", { name: "Ein leiser Rasenmäher" }).waitFor();
        await row.getByRole("cell", { name: "Ein großer Rasenmäher" }).waitFor();
        assert.equal(await one.field("Titel").inputValue(), "Ein leiser Rasenmäher");
        await one.click("Meine Fassung speichern");
        await one.heading("Ein leiser Rasenmäher").waitFor();
        assert.equal((await town.ask("GET", `/proposals/${id}`)).title, "Ein leiser Rasenmäher");
        await one.close();
    });

    it("what was typed is there again after a reload, and can be discarded", async () => {
        const one = await signedIn("coordinator");
        const asked = one.page.waitForEvent("dialog").then(async (dialog) => {
            await dialog.accept();
            return dialog.type();
        });
        await one.link("Neuer Vorschlag").click();
        await one.field("Titel").fill("Halb erzählt");
        await one.field("Transport").check();
        await one.page.reload();
        assert.equal(await asked, "beforeunload");
        await one.sees("Ihre Eingaben von vorhin sind wieder da");
        assert.equal(await one.field("Titel").inputValue(), "Halb erzählt");
        assert.ok(await one.field("Transport").isChecked());
        await one.click("Verwerfen und neu beginnen");
        assert.equal(await one.field("Titel").inputValue(), "");
        await one.close();
    });

    it("leaving an unsaved form asks first, and keeps the draft either way", async () => {
        const one = await signedIn("coordinator");
        await one.link("Neuer Vorschlag").click();
        await one.field("Titel").fill("Nicht vergessen");
        await one.goes("Angebote");
        await one.sees("Sie haben noch nicht gespeichert");
        await one.click("Weiter bearbeiten");
        assert.equal(await one.field("Titel").inputValue(), "Nicht vergessen");
        await one.goes("Angebote");
        await one.click("Seite verlassen");
        await one.heading("Angebote").waitFor();
        await one.goes("Vorschläge");
        await one.link("Neuer Vorschlag").click();
        await one.sees("Ihre Eingaben von vorhin sind wieder da");
        assert.equal(await one.field("Titel").inputValue(), "Nicht vergessen");
        await one.click("Verwerfen und neu beginnen");
        await one.close();
    });

    it("a form that lacks something says what, and leads there", async () => {
        const one = await signedIn("coordinator");
        await one.link("Neuer Vorschlag").click();
        await one.click("Speichern und einreichen");
        await one.sees(/Bitte prüfen Sie \d Angaben/);
        await one.refused(422);
        await one.page.locator("form .kern-alert").getByRole("link", { name: "Titel" }).click();
        assert.ok(await one.field("Titel").evaluate((element) => element === document.activeElement));
        await one.close();
    });

    it("a spreadsheet's file is shown row by row before anything is stored; the good rows go in once", async () => {
        const file = {
            name: "wünsche.csv",
            mimeType: "text/csv",
            buffer: Buffer.from(
                [
                    "Titel;Text;Organisation;Kategorie;Gemeinde;Sprache;Telefon",
                    "Bänke für den Schulhof;Sitzbänke aus Holz.;Grundschule Ährenfeld;goods;Saarbrücken;de;0681 5550100",
                    "Ohne Art der Hilfe;Hier fehlt etwas.;Grundschule Ährenfeld;quatsch;Saarbrücken;de;0681 5550100",
                    "Übungsräume;Ein Raum für den Chor.;Chor Überklang;space;Saarbrücken;de;",
                    "",
                ].join("\r\n"),
                "latin1",
            ),
        };
        const before = (await town.ask("GET", "/proposals")).total;
        const one = await signedIn("coordinator");
        const choose = async () => {
            await one.page.locator("input[type=file]").setInputFiles(file);
            await one.click("Datei prüfen");
            await one.heading("Das würde geschehen").waitFor();
        };
        const rows = () =>
            one.page.locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].slice(1, 3).map((cell) => cell.textContent)));
        const saved = async (name) => {
            const [file] = await Promise.all([one.page.waitForEvent("download"), one.click(name)]);
            return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
        };
        await one.goes("Import");
        const template = await saved("Vorlage herunterladen");
        assert.deepEqual(template, { name: "Vorschläge.csv", text: "\ufeffOrganisation;Titel;Worum geht es?;Art der Hilfe;Menge;Einheit;Gemeinde;Gebraucht bis;Gegenleistung;Interne Notiz\r\n" });
        await one.page.locator("input[type=file]").setInputFiles({ name: "bild.csv", mimeType: "text/csv", buffer: Buffer.from("Titel;Ort\nBänke;hier\n") });
        await one.click("Datei prüfen");
        await one.sees("In der ersten Zeile fehlen diese Spalten: Organisation, Worum geht es?, Art der Hilfe.");
        await one.refused(422);
        await choose();
        await one.sees("Nicht importiert werden diese Spalten: Telefon.");
        await one.sees("Möglich ist: Sachspende, Transport, Raum, Pro-bono-Leistung, Anpackprojekt, Qualifizierung oder Kontakte.");
        const report = await saved("Bericht herunterladen");
        assert.match(report.name, /^Import-\d{4}-\d\d-\d\d\.csv$/);
        assert.match(report.text, /^\ufeffZeile;Was geschieht;Organisation;Titel;Spalte;Was nicht stimmt\r\n2;neu;/);
        assert.match(report.text, /\r\n3;Fehler;Grundschule Ährenfeld;Ohne Art der Hilfe;Kategorie;"Möglich ist: /);
        await one.sees("Gelesen als Windows-1252, getrennt durch Semikolon.");
        assert.deepEqual(await rows(), [["neu", "Grundschule Ährenfeld"], ["Fehler", "Grundschule Ährenfeld"], ["neu", "Chor Überklang"]]);
        assert.equal((await town.ask("GET", "/proposals")).total, before);
        await one.field("Nur Zeilen mit Fehlern zeigen").check();
        assert.deepEqual(await rows(), [["Fehler", "Grundschule Ährenfeld"]]);
        await one.click("Nur die 2 guten Zeilen importieren");
        await one.link("Vorschläge ansehen").waitFor();
        assert.equal((await town.ask("GET", "/proposals")).total, before + 2);
        await one.click("Andere Datei wählen");
        await choose();
        assert.deepEqual((await rows()).map(([what]) => what), ["unverändert", "Fehler", "unverändert"]);
        assert.equal(await one.button(/importieren/).count(), 0);
        await one.goes("Vorschläge");
        await one.link("Übungsräume").waitFor();
        assert.equal((await town.ask("GET", "/proposals")).total, before + 2);
        await one.close();
    });

    it("the language changes at once, everywhere, and stays", async () => {
        const one = await signedIn("match_group");
        for (const [language, heading, document] of [
            ["Nederlands", "Vandaag", "nl"],
            ["Français", "Aujourd’hui", "fr"],
            ["English", "Today", "en"],
            ["Deutsch", "Heute", "de"],
        ]) {
            await one.page.locator(".preferences select").first().selectOption({ label: language });
            await one.heading(heading).waitFor();
            await one.page.reload();
            await one.heading(heading).waitFor();
            assert.equal(await one.page.locator("html").getAttribute("lang"), document);
        }
        await one.close();
    });

    it("an empty beginning leads to the first step, and only who may take it", async () => {
        const metz = towns.metz;
        const one = await (await visitor()).signIn(metz);
        await one.page.locator(".lead").getByText(/^Bonjour, [^.]+\.$/).waitFor();
        await one.page.locator("main").getByRole("link", { name: "Importer une liste" }).click();
        await one.heading("Importer une liste").waitFor();
        await one.goes("Demandes");
        await one.page.locator(".empty").getByRole("link", { name: "Importer une liste" }).waitFor();
        await one.close();
        await proposal("Eine Leiter").then(({ id }) => town.ask("POST", `/proposals/${id}/transitions`, { body: { to: "submitted" } }));
        const reader = await signedIn("match_group");
        await reader.sees(/^Guten Tag, .*\. Das steht an\.$/);
        await reader.close();
    });

    it("a viewer reads everything and finds no way to write", async () => {
        const id = await town.publish("Noten für den Chor");
        const foreign = await towns.arnhem.publish("Stoelen gezocht");
        await until("it arrived", () => town.reads(towns.arnhem, foreign));
        const one = await signedIn("viewer");
        const elsewhere = encodeURIComponent(towns.arnhem.authority);
        const readable = [
            "/", "/proposals", `/proposals/${id}`, `/proposals/${id}/publication`, "/offers", "/organisations", "/connections",
            "/network/proposals", `/network/proposals/${elsewhere}/${foreign}`,
        ];
        for (const address of readable) {
            await one.page.goto(town.url + address);
            await one.page.locator("main h1").waitFor();
            await until(`${address} is loaded`, async () => (await one.page.locator("main .loading").count()) === 0);
            const actions = await one.page.locator("main :is(button, a.kern-btn)").allTextContents();
            const reading = ["Veröffentlichung ansehen", "Sehen, was andere Städte brauchen"];
            assert.deepEqual(actions.filter((text) => !reading.includes(text)), [], address);
        }
        assert.equal(await one.page.getByRole("navigation").getByRole("link", { name: /Import|Verwaltung/ }).count(), 0);
        const writable = ["/proposals/new", `/proposals/${id}/edit`, "/organisations/new", "/import"];
        for (const address of [...writable, "/administration", "/administration/peers/new"]) {
            await one.page.goto(town.url + address);
            await one.heading("Das dürfen Sie mit Ihrer Rolle nicht").waitFor();
        }
        await one.close();
    });

    it("on a phone the menu opens, leads on and closes again", async () => {
        const one = await signedIn("coordinator", { size: phone });
        const menu = one.button("Menü");
        assert.equal(await one.page.locator(".side").isVisible(), false);
        await menu.click();
        await one.goes("Organisationen");
        await one.heading("Organisationen").waitFor();
        assert.equal(await menu.getAttribute("aria-expanded"), "false");
        assert.equal(await one.page.locator(".side").isVisible(), false);
        await one.close();
    });

    it("when the session ends, signing in again goes on at the same place with the same words", async () => {
        const one = await signedIn("coordinator");
        await one.link("Neuer Vorschlag").click();
        await one.field("Titel").fill("Mitten im Satz");
        await one.context.clearCookies();
        await one.click("Als Entwurf speichern");
        await one.sees("Ihre Anmeldung ist abgelaufen");
        await one.refused(401);
        const { email, password } = userOf(town, "coordinator");
        await one.field("E-Mail-Adresse").fill(email);
        await one.field("Passwort").fill(password);
        await one.click("Anmelden");
        await one.sees("Ihre Eingaben von vorhin sind wieder da");
        assert.equal(await one.field("Titel").inputValue(), "Mitten im Satz");
        await one.click("Verwerfen und neu beginnen");
        await one.close();
    });
});
