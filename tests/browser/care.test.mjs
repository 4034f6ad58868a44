// What the screens do for somebody in a hurry: what was typed is kept and checked where it stands, what went wrong is
// seen, and the keyboard goes on where the work does.

import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";

import { Visitor, objections, openDemo, phone, until, userOf } from "./support.mjs";

const small = { width: 360, height: 740 };

describe("with care", () => {
    let demo, browser, towns, town;
    before(async () => {
        demo = await openDemo("--empty");
        ({ browser, towns } = demo);
        town = towns.saarbruecken;
    });
    after(() => demo?.end());

    const signedIn = async (role = "coordinator", options = {}) => (await Visitor.open(browser, options)).signIn(town, role);
    const dialog = (one) => one.page.getByRole("dialog");
    const total = async (plural) => (await town.ask("GET", `/${plural}?limit=1`)).total;
    const organisation = (name) => town.ask("POST", "/organisations", { body: { name, sector: "civil_society" } });

    async function proposal(title, fields = {}) {
        const { id: organisation_id } = await organisation(`Beispielverein ${Math.random().toString(36).slice(2)}`);
        return town.ask("POST", "/proposals", {
            body: { organisation_id, title, text: "Es wird etwas gebraucht.", language: "de", help: [{ category: "goods" }], municipality: "Saarbrücken", ...fields },
        });
    }

    const open = async (one, address) => {
        await one.page.goto(town.url + address);
        await one.page.locator("main h1").waitFor();
    };

    const focused = (one, locator) => until("the focus is there", async () => (await locator.count()) > 0 && locator.first().evaluate((element) => element === document.activeElement));
    /** For what is asked more than once, nobody knows how often. */
    const forgive = (one, line) => {
        one.troubles = one.troubles.filter((text) => !text.includes(line));
    };
    const withoutNet = async (one, act) => {
        await one.context.setOffline(true);
        await act();
        await one.context.setOffline(false);
        forgive(one, "ERR_INTERNET_DISCONNECTED");
    };

    it("Enter in a dialog does what the dialog is for, and nothing to the form behind it", async () => {
        const one = await signedIn();
        const before = await total("proposals");
        await open(one, "/proposals/new");
        await one.field("Organisation").fill("Bastelstube Enterich");
        await one.page.getByRole("option", { name: /neu anlegen/ }).click();
        await one.page.getByRole("dialog", { name: "Organisation anlegen" }).waitFor();
        const ids = await one.page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
        assert.equal(new Set(ids).size, ids.length, `${ids}`);
        await one.page.keyboard.press("Enter");
        await dialog(one).waitFor({ state: "hidden" });
        await focused(one, one.field("Organisation"));
        await one.field("Titel").fill("Zehn Scheren");
        await one.field("Worum geht es?").fill("Gesucht werden Scheren für Kinder.");
        await one.field("Sachspende").check();
        await one.click("Kontakt hinzufügen");
        await one.field("Name").fill("Henrike Muster");
        await one.page.keyboard.press("Enter");
        await one.field(/^Ansprechperson/).waitFor();
        await focused(one, one.button("Kontakt hinzufügen"));
        assert.equal(await total("proposals"), before);
        await one.click("Als Entwurf speichern");
        await one.heading("Zehn Scheren").waitFor();
        await one.sees("„Zehn Scheren“ ist gespeichert");
        assert.equal(await total("proposals"), before + 1);

        await one.link("Bastelstube Enterich").click();
        await one.click("Kontakt hinzufügen");
        const [name, email] = [dialog(one).getByLabel("Name"), dialog(one).getByLabel(/^E-Mail/)];
        await name.fill("Jonte Muster");
        await email.fill("keine mail");
        await one.page.keyboard.press("Enter");
        await dialog(one).getByText("Das ist keine E-Mail-Adresse.").waitFor();
        await focused(one, email);
        await one.refused(422);
        await email.fill("jonte@bastelstube.example");
        await one.page.keyboard.press("Enter");
        await one.sees(/jonte@bastelstube\.example/);
        await one.click("Jonte Muster löschen");
        await dialog(one).getByRole("button", { name: "Löschen" }).click();
        await focused(one, one.page.getByRole("region", { name: "Kontakte" })); // the button went with the line
        await one.close();
    });

    it("signing out asks before it deletes what is not saved", async () => {
        const one = await signedIn();
        await one.link("Neuer Vorschlag").click();
        await one.field("Titel").fill("Noch nicht fertig");
        await one.click("Abmelden");
        await one.sees("Beim Abmelden werden Ihre nicht gespeicherten Eingaben gelöscht.");
        await one.click("Weiter bearbeiten");
        assert.equal(await one.field("Titel").inputValue(), "Noch nicht fertig");
        await focused(one, one.button("Abmelden"));
        await withoutNet(one, async () => {
            await one.click("Abmelden");
            await one.click("Abmelden und verwerfen");
            await one.sees("Der Server antwortet nicht");
            await one.page.locator(".preferences select").first().selectOption("fr");
            await until("both say so", async () => (await one.page.getByText("Der Server antwortet nicht").count()) === 2);
        });
        await one.click("Abmelden");
        await one.click("Abmelden und verwerfen");
        await one.heading("Anmelden").waitFor();
        await one.signIn(town);
        await one.link("Neuer Vorschlag").click();
        assert.equal(await one.field("Titel").inputValue(), "");
        await one.close();
    });

    it("after a session ended, everything is there again, for the same person only", async () => {
        const one = await signedIn();
        const ended = async (act) => {
            await one.context.clearCookies();
            await act();
            await one.sees("Ihre Anmeldung ist abgelaufen");
            await one.refused(401);
        };
        const back = async (role) => {
            const { email, password } = userOf(town, role);
            await one.field("E-Mail-Adresse").fill(email);
            await one.field("Passwort").fill(password);
            await one.click("Anmelden");
            await one.page.locator(".frame").waitFor();
        };
        await one.goes("Import");
        await one.field("Angebote").check();
        await one.page.locator("input[type=file]").setInputFiles({
            name: "gaben.csv", mimeType: "text/csv", buffer: Buffer.from("Titel;Text;Organisation;Kategorie\nStühle;Aus Holz.;Tischlerei Muster;goods\n"),
        });
        await ended(() => one.click("Datei prüfen"));
        assert.equal(await one.field("E-Mail-Adresse").inputValue(), userOf(town, "coordinator").email);
        await one.field("Passwort").fill("halb");
        await one.page.locator(".preferences select").first().selectOption("nl");
        await one.heading("Aanmelden").waitFor();
        assert.equal(await one.field("Wachtwoord").inputValue(), "halb");
        await one.page.locator(".preferences select").first().selectOption("de");
        await one.heading("Anmelden").waitFor();
        await back("coordinator");
        await one.sees("gaben.csv");
        await one.click("Datei prüfen");
        await focused(one, one.heading("Das würde geschehen"));
        await ended(() => one.click("1 Zeile importieren"));
        await back("coordinator");
        await one.click("1 Zeile importieren");
        await one.link("Angebote ansehen").click();
        await one.link("Stühle").waitFor();

        await one.goes("Vorschläge");
        await one.link("Neuer Vorschlag").click();
        const looked = one.page.waitForResponse(/\/api\/v1\/organisations\?.*Noch/);
        await one.field("Organisation").fill("Noch nicht gewähl");
        await looked; // or it would be what finds out that the session has ended
        await ended(() => one.click("Als Entwurf speichern"));
        await back("admin");
        assert.equal(await one.field("Organisation").inputValue(), "");
        await one.click("Abmelden");
        forgive(one, "status of 401");
        await one.close();
    });

    it("an amount is a whole number or is said to be none, and survives a second thought", async () => {
        const one = await signedIn();
        await one.link("Neuer Vorschlag").click();
        await one.click("Als Entwurf speichern");
        await one.sees(/Bitte prüfen Sie \d Angaben/);
        await one.refused(422);
        const help = one.page.getByRole("group", { name: "Welche Art von Hilfe?" });
        assert.match(await help.evaluate((group) => group.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent).join(" ")), /Bitte wählen Sie mindestens eine Möglichkeit/);
        const amount = one.field(/^Menge \(Sachspende\)/);
        await one.field("Sachspende").check();
        for (const wrong of ["2,5", "1.5", "0"]) {
            await amount.fill(wrong);
            assert.equal(await amount.inputValue(), wrong);
            await one.click("Als Entwurf speichern");
            await one.refused(422);
            await one.page.locator("form .kern-alert").getByRole("link", { name: "Menge (Sachspende)" }).click();
            await focused(one, amount);
            assert.equal(await amount.evaluate((field) => document.getElementById(field.getAttribute("aria-describedby")).textContent), "Bitte eine ganze Zahl eingeben, zum Beispiel 30.");
        }
        await amount.fill("30");
        await one.field("Sachspende").uncheck();
        await one.field("Sachspende").check();
        assert.equal(await amount.inputValue(), "30");

        // An organisation that is not chosen from the list is found by its whole name, or asked for.
        await organisation("Chor Morgenluft");
        const organisations = one.field("Organisation");
        await organisations.fill("chor morgen");
        await one.field("Titel").fill("Dreißig Notenständer");
        await one.click("Als Entwurf speichern");
        await one.refused(422);
        await one.page.locator(".combobox").getByText("Bitte wählen Sie eine Organisation aus der Liste, oder legen Sie sie neu an.").waitFor();
        await one.page.reload();
        assert.equal(await organisations.inputValue(), "chor morgen");
        await organisations.fill("chor morgenluft");
        await one.page.keyboard.press("Tab");
        await one.button("Kontakt hinzufügen").waitFor();
        assert.equal(await organisations.inputValue(), "Chor Morgenluft");

        // What is too long is not cut: who wrote it decides what may go.
        const long = "Sehr ausführlich. ".repeat(230);
        await one.field("Worum geht es?").fill(long);
        await one.sees("140 Zeichen zu viel");
        await one.click("Als Entwurf speichern");
        await one.sees("Bitte prüfen Sie 1 Angabe");
        await one.refused(422);
        assert.equal(await one.field("Worum geht es?").inputValue(), long);
        await one.field("Worum geht es?").fill(long.slice(0, 3990).trim());
        await one.sees(/^noch 1\d Zeichen$/);
        await one.click("Als Entwurf speichern");
        await one.heading("Dreißig Notenständer").waitFor();
        await one.sees("Sachspende: 30");
        await one.close();
    });

    it("saving one's own version keeps what somebody else wrote elsewhere", async () => {
        const { id } = await proposal("Ein Rasenmäher");
        const one = await signedIn("coordinator", { size: small });
        await open(one, `/proposals/${id}/edit`);
        await one.field("Titel").fill("Ein leiser Rasenmäher");
        await town.ask("PATCH", `/proposals/${id}`, { body: { title: "Ein Rasenmäher, gern alt", note: "Ruft Montag an" }, headers: { "If-Match": '"1"' } });
        await one.click("Speichern");
        await one.sees("Inzwischen hat jemand anderes das geändert");
        await one.refused(412);
        assert.deepEqual(await one.page.locator("tbody th").allTextContents(), ["Titel"]);
        const table = one.page.locator(".table-scroll");
        assert.ok(await table.evaluate((box) => box.scrollWidth <= box.clientWidth), "both versions fit on a phone");
        await one.click("Meine Fassung speichern");
        await one.heading("Ein leiser Rasenmäher").waitFor();
        assert.equal((await town.ask("GET", `/proposals/${id}`)).note, "Ruft Montag an");
        await one.close();
    });

    it("what went wrong is where the reader is, and says what is true", async () => {
        const { id } = await proposal("Ein Fass");
        const one = await signedIn("coordinator", { size: phone });
        await open(one, `/proposals/${id}/edit`);
        await one.field("Titel").fill("Zwei Fässer");
        await withoutNet(one, async () => {
            await one.click("Speichern");
            const alert = one.page.getByRole("alert");
            await focused(one, alert);
            const { top, bottom } = await alert.evaluate((box) => box.getBoundingClientRect());
            assert.ok(top >= 0 && bottom < phone.height + 1, `${top} to ${bottom}`);
            await one.sees(/^Ihre Eingaben sind noch da\. Bitte prüfen Sie die Internetverbindung/);
        });
        await one.click("Speichern");
        await one.heading("Zwei Fässer").waitFor();
        await withoutNet(one, async () => {
            await one.page.locator("main").getByRole("link", { name: "Vorschläge" }).click();
            await one.sees(/^Bitte prüfen Sie die Internetverbindung/);
            assert.equal(await one.page.getByText("Ihre Eingaben sind noch da").count(), 0);
        });
        await one.click("Noch einmal versuchen");
        await focused(one, one.heading("Vorschläge"));
        await open(one, "/proposals/00000000-0000-4000-8000-000000000000");
        await one.sees("Das gibt es nicht oder nicht mehr");
        await one.refused(404);
        assert.equal(await one.button("Noch einmal versuchen").count(), 0);
        await one.link("Zur Liste").click();
        await one.link("Zwei Fässer").waitFor();
        forgive(one, "status of 404");
        await one.close();
    });

    it("a public wording that lacks something says so at its field, without an older preview", async () => {
        const { id } = await proposal("Drei Eimer");
        await town.ask("POST", `/proposals/${id}/transitions`, { body: { to: "submitted" } });
        const one = await signedIn();
        await open(one, `/proposals/${id}/publication`);
        const preview = one.page.locator(".public");
        await preview.waitFor();
        await one.field("Öffentlicher Text").fill("");
        await one.page.locator("#field-public_text-error").getByText("Diese Angabe fehlt noch.").waitFor();
        await one.refused(422);
        assert.equal(await preview.count(), 0);
        assert.equal(await one.page.getByText("Das hat nicht geklappt").count(), 0);
        await one.field("Öffentlicher Text").fill("Für die Beete werden Eimer gesucht.");
        await preview.waitFor();
        await one.click("Jetzt veröffentlichen");
        await focused(one, one.heading("Veröffentlichen"));
        await one.click("Öffentliche Fassung ändern");
        await focused(one, one.heading("Öffentliche Fassung ändern"));
        await one.close();
    });

    it("after every step the keyboard goes on from there", async () => {
        const { id } = await proposal("Vier Zelte");
        const foreign = await towns.arnhem.publish("Vier tenten");
        const one = await signedIn();
        await open(one, `/proposals/${id}`);
        const steps = one.page.getByRole("group", { name: "Nächster Schritt" });
        await one.click("Einreichen");
        await focused(one, steps);
        await one.click("Zurückziehen");
        await dialog(one).waitFor();
        await one.page.keyboard.press("Escape");
        await dialog(one).waitFor({ state: "hidden" });
        await focused(one, one.button("Zurückziehen"));
        await one.click("Zurückziehen");
        await one.gives("Hat sich erledigt.", "Zurückziehen");
        await focused(one, one.heading("Vier Zelte")); // there is no next step
        await until("it arrived", () => town.reads(towns.arnhem, foreign));
        await open(one, `/network/proposals/${encodeURIComponent(towns.arnhem.authority)}/${foreign}`);
        await one.click("Übernehmen");
        await one.gives("", "Übernehmen");
        await focused(one, one.page.getByRole("group", { name: "Ihre Antwort" }));
        await one.close();
    });

    it("Back leads to the same place of a list as long as it was", async () => {
        const { id: organisation_id } = await organisation("Verein der vielen Wünsche");
        const body = (title) => ({ organisation_id, title, text: "Es wird etwas gebraucht.", language: "de", help: [{ category: "goods" }], municipality: "Saarbrücken" });
        for (let n = 1; n <= 60; n++) await town.ask("POST", "/proposals", { body: body(`Wunsch ${n}`) });
        const one = await signedIn();
        await one.goes("Vorschläge");
        await one.click(/^Mehr laden/);
        const wish = one.link("Wunsch 3");
        await wish.click();
        await one.heading("Wunsch 3").waitFor();
        assert.equal(await one.page.evaluate(() => scrollY), 0);
        await one.page.goBack();
        await focused(one, wish);
        const { y, height } = await wish.boundingBox();
        assert.ok(y >= 0 && y + height <= 800, `the line is at ${y}`);
        await one.close();
    });

    it("the phone's menu closes with Escape and when one is there already; filters wait behind their line", async () => {
        const one = await signedIn("coordinator", { size: phone });
        const menu = one.button("Menü");
        await menu.click();
        await one.page.getByRole("navigation").getByRole("link", { name: "Angebote" }).focus();
        await one.page.keyboard.press("Escape");
        assert.equal(await menu.getAttribute("aria-expanded"), "false");
        await focused(one, menu);
        await menu.click();
        await one.goes("Heute");
        assert.equal(await menu.getAttribute("aria-expanded"), "false");
        await focused(one, one.heading("Heute"));
        await open(one, "/proposals?state=draft");
        await one.sees("Filter und Reihenfolge (1 gesetzt)");
        assert.equal(await one.field("Stand").isVisible(), false);
        await one.close();
    });

    it("long words and large type stay on a small phone", async () => {
        const { id } = await proposal("Donaudampfschifffahrtsgesellschaftskapitänsmützenaufbewahrungsschränke");
        const one = await signedIn("coordinator", { size: small });
        const wide = () => one.page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
        for (const size of ["100%", "200%"])
            for (const address of [`/proposals/${id}`, `/proposals/${id}/edit`, "/proposals/new", "/proposals", "/import"]) {
                await open(one, address);
                await until("it is loaded", async () => (await one.page.locator("main .loading").count()) === 0);
                await one.page.evaluate((value) => { document.documentElement.style.fontSize = value; }, size);
                assert.equal(await wide(), 0, `${address} at ${size}`);
                if (address.endsWith("new")) {
                    await one.field("Transport").check();
                    assert.equal(await wide(), 0, `${address} at ${size} with an amount`);
                    await one.field("Transport").uncheck();
                }
            }
        one.page.on("dialog", (asked) => asked.accept());
        await one.close();
    });

    const loaded = (one) => until("it is loaded", async () => (await one.page.locator("main .loading").count()) === 0);
    /** What comes after the first view, by itself. */
    const rest = "**/more.*.js";
    const restIsThere = (one) => until("the rest is there", () => one.page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/more."))));

    it("the first view asks for each thing once, before its script is there, in the reader's language, and carries it packed", async () => {
        const known = await signedIn();
        const storageState = { cookies: await known.context.cookies(), origins: [] }; // all else that a browser keeps is gone
        await known.close();
        const one = await Visitor.open(browser, { locale: "fr-FR", storageState });
        await one.page.addInitScript(() => Object.defineProperty(document, "visibilityState", { value: "hidden" })); // nothing is asked again
        const answers = [];
        one.page.on("response", (answer) => answers.push(answer));
        const early = Promise.all([/session$/, /today$/, /\/texts\/de\./].map((address) => one.page.waitForResponse(address)));
        await one.page.route("**/desk.*.js", (script) => early.then(() => script.continue(), () => script.abort()));
        await open(one, "/");
        await loaded(one);
        const paths = answers.map((answer) => new URL(answer.url()).pathname);
        const expected = [/^\/$/, /^\/begin\./, /^\/desk\..*js$/, /^\/desk\..*css$/, /session$/, /today$/, /^\/texts\/de\./, /^\/texts\//];
        for (const one of expected) assert.equal(paths.filter((path) => one.test(path)).length, 1, `${one} in ${paths}`);
        for (const answer of answers) {
            if (/\.(js|css|json)$|\/$/.test(answer.url())) assert.equal(await answer.headerValue("content-encoding"), "br", answer.url());
        }
        await one.close();
    });

    it("screens that could not be loaded are there as soon as the line is, and nothing else is loaded anew", async () => {
        const one = await signedIn();
        await one.page.route(rest, (route) => route.abort("internetdisconnected"));
        await open(one, "/");
        await one.page.evaluate(() => { window.since = "before"; });
        await one.link("Neuer Vorschlag").click();
        await one.sees("Der Server antwortet nicht");
        await one.page.unroute(rest);
        await one.click("Noch einmal versuchen");
        await focused(one, one.heading("Vorschlag aufnehmen"));
        assert.equal(await one.page.evaluate(() => window.since), "before");
        forgive(one, "ERR_INTERNET_DISCONNECTED");
        await one.close();
    });

    it("without a line the whole desk works on after its first view, the forms, too", async () => {
        const one = await signedIn();
        await restIsThere(one);
        await withoutNet(one, async () => {
            await one.link("Neuer Vorschlag").click();
            await one.field("Titel").fill("Im Funkloch begonnen");
            await one.click("Als Entwurf speichern");
            await one.sees(/^Ihre Eingaben sind noch da\. Bitte prüfen Sie die Internetverbindung/);
        });
        assert.equal(await one.field("Titel").inputValue(), "Im Funkloch begonnen");
        await one.close();
    });

    it("when the node has another release meanwhile, the page comes anew with what was typed", async () => {
        const one = await signedIn();
        await one.link("Neuer Vorschlag").click();
        await one.field("Titel").fill("Vor dem Wechsel begonnen");
        let changed = true;
        await one.page.route(rest, (route) => (changed ? route.fulfill({ status: 404 }) : route.continue()));
        one.page.once("dialog", (asked) => asked.accept());
        await open(one, "/");
        await one.link("Neuer Vorschlag").click();
        await one.sees("Der Server antwortet nicht");
        one.page.on("request", (request) => { changed &&= !request.isNavigationRequest(); }); // the new page names the new files
        await one.click("Noch einmal versuchen");
        await one.sees("Ihre Eingaben von vorhin sind wieder da");
        assert.equal(await one.field("Titel").inputValue(), "Vor dem Wechsel begonnen");
        forgive(one, "status of 404");
        await one.close();
    });

    it("where not even the texts could be had, every language says so and tries again", async () => {
        const one = await signedIn();
        await one.page.route("**/texts/*", (route) => route.abort("internetdisconnected"));
        await one.page.goto(town.url);
        await one.sees("The server does not answer");
        assert.deepEqual(await objections(one.page), []);
        await one.page.unroute("**/texts/*");
        await one.click("Opnieuw proberen");
        await one.heading("Heute").waitFor();
        forgive(one, "ERR_INTERNET_DISCONNECTED");
        await one.close();
    });
});
