// What cities do with one another, and what their administrations decide about it.

import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";

import { Signer } from "../network/signer.mjs";
import { Visitor, objections, openDemo, until } from "./support.mjs";

process.env.HF_SERVER_JOBS_SECONDS ??= "2"; // for the nodes that this test starts

describe("between cities", () => {
    let demo, browser, towns;
    before(async () => {
        demo = await openDemo("--empty");
        ({ browser, towns } = demo);
    });
    after(() => demo?.end());

    const visits = async (node, role = "coordinator") => (await Visitor.open(browser)).signIn(towns[node], role);
    const arrived = (node, origin, id) => until(`${id} arrived in ${node}`, () => towns[node].reads(towns[origin], id));

    it("a proposal forwarded to one city is asked about there, and its answer comes back", async () => {
        const id = await towns.saarbruecken.publish("Ein Klavier umziehen");
        await arrived("arnhem", "saarbruecken", id);
        const here = await visits("saarbruecken");
        const there = await visits("arnhem");

        await here.goes("Vorschläge");
        await here.link("Ein Klavier umziehen").click();
        await here.click("An eine Stadt weiterleiten");
        const dialog = here.page.getByRole("dialog");
        const city = dialog.getByLabel("Stadt");
        const focused = (field) => field.evaluate((element) => element === document.activeElement);
        assert.ok(await focused(city), "the dialog begins with the city");
        await dialog.getByRole("textbox").fill("Bitte 0681 5550142 anrufen.");
        await dialog.getByRole("button", { name: "Weiterleiten" }).click();
        await until("the missing city is focused", () => focused(city));
        await city.selectOption(towns.arnhem.authority);
        await dialog.getByRole("button", { name: "Weiterleiten" }).click();
        await dialog.getByText("Es wurde nichts gesendet. Bitte streichen Sie: „0681 5550142“.").waitFor();
        await here.refused(422);
        await here.gives("Bei euch gibt es doch eine Spedition mit Herz.", "Weiterleiten");
        await here.sees("Weitergeleitet an Arnhem");
        await here.page.locator(".state").getByText("weitergeleitet").waitFor();

        await there.sees("1 vraag uit een andere stad");
        await there.link(/Ein Klavier umziehen/).click();
        await there.sees("Saarbrücken vraagt of u kunt helpen");
        await there.sees("Bei euch gibt es doch eine Spedition mit Herz.");
        await there.click("Afwijzen");
        await there.gives("De wagens zijn het hele jaar bezet.", "Afwijzen");
        await there.sees(/^Wij hebben afgewezen/);

        await here.goes("Heute");
        await here.link(/Ein Klavier umziehen.*Arnhem hat abgelehnt/).click();
        await here.page.locator(".timeline").getByText("Arnhem hat abgelehnt").waitFor();
        await here.page.locator(".timeline").getByText("An Arnhem weitergeleitet").waitFor();
        await here.sees("De wagens zijn het hele jaar bezet.");
        for (const visitor of [here, there]) await visitor.close();
    });

    it("what was taken up can be handed back, and both sides see the whole story", async () => {
        const id = await towns.saarbruecken.publish("Ein Zelt für das Sommerfest");
        await arrived("metz", "saarbruecken", id);
        const there = await visits("metz");
        await there.goes("Autres villes");
        await there.link("Ein Zelt für das Sommerfest").click();
        await there.click("Prendre en charge");
        await there.gives("Un loueur de la ville pourrait prêter le sien.", "Prendre en charge");
        await there.click("Entreprise trouvée");
        await there.gives("", "Entreprise trouvée");
        await there.click("Rendre");
        await there.gives("Le chapiteau est abîmé.", "Rendre");
        await there.sees(/^Nous l’avons rendu/);
        const story = ["Nous l’avons rendu", "Nous avons trouvé une entreprise", "Nous nous en chargeons"];
        for (const line of story) await there.page.locator(".timeline").getByText(line).waitFor();

        const here = await visits("saarbruecken");
        await here.link(/Ein Zelt für das Sommerfest.*Metz hat es zurückgegeben/).click();
        for (const line of ["Metz hat es zurückgegeben", "Metz hat ein Unternehmen gefunden", "Metz hat es übernommen"])
            await here.page.locator(".timeline").getByText(line).waitFor();
        await here.sees("Le chapiteau est abîmé.");
        for (const visitor of [here, there]) await visitor.close();
    });

    it("what was withdrawn is on both Todays until it is seen to, and leads to who has erased it", async () => {
        const id = await towns.saarbruecken.publish("Eine Bühne aus Paletten");
        await arrived("arnhem", "saarbruecken", id);
        const object = `/network/proposals/${encodeURIComponent(towns.saarbruecken.authority)}/${id}`;
        await towns.arnhem.ask("POST", `${object}/responses`, { body: { response: "taken_up" } });
        await towns.saarbruecken.ask("POST", `/proposals/${id}/publication/erase`, { body: { reason: "Die Bühne steht." } });
        const there = await visits("arnhem");
        await there.sees("1 overgenomen zaak is ingetrokken");
        await there.link(/Saarbrücken heeft ingetrokken wat u had overgenomen/).click();
        await there.page.locator(".timeline").getByText("Wij hebben het overgenomen").waitFor();
        await there.goes("Vandaag");
        await until("it is seen to", async () => (await there.page.getByText("overgenomen zaak is ingetrokken").count()) === 0);
        await there.refused(404); // what it was about

        const here = await visits("saarbruecken");
        await here.page.goto(`${towns.saarbruecken.url}/proposals/${id}`);
        await here.sees("Die Veröffentlichung ist zurückgezogen.");
        await here.link("Wer hat es gelöscht?").click();
        await here.page.locator(".cities li").filter({ hasText: "Arnhem" }).getByText("gelöscht", { exact: true }).waitFor();
        for (const visitor of [here, there]) await visitor.close();
    });

    it("asking back sends nothing and says so; an override can be taken back; paper shows no buttons", async () => {
        const organisation = await towns.saarbruecken.ask("POST", "/organisations", { body: { name: "Chor Tonleiter", sector: "civil_society" } });
        const { id, number } = await towns.saarbruecken.ask("POST", "/proposals", {
            body: { organisation_id: organisation.id, title: "Notenständer", text: "Der Chor Tonleiter sucht Notenständer.", language: "de", help: [{ category: "goods" }], municipality: "Saarbrücken" },
        });
        await towns.saarbruecken.ask("POST", `/proposals/${id}/transitions`, { body: { to: "submitted" } });
        const here = await visits("saarbruecken");
        await here.page.goto(`${towns.saarbruecken.url}/proposals/${id}`);
        await here.click("Rückfrage stellen");
        await here.sees("Es wird nichts verschickt. Bitte rufen Sie an; die Frage steht im Verlauf.");
        await here.page.getByRole("dialog").getByLabel("Was fehlt noch?").waitFor();
        await here.gives("Wie viele?", "Rückfrage stellen");
        await here.click("Rückfrage ist beantwortet");
        await here.page.locator(".state").getByText("eingereicht").waitFor();
        await here.page.emulateMedia({ media: "print" });
        for (const part of [".side", ".next", ".actions"]) assert.equal(await here.page.locator(part).first().isVisible(), false, part);
        await here.page.emulateMedia({ media: "screen" });

        await here.link("Veröffentlichung vorbereiten").click();
        const open = here.page.getByText("Noch 1 Hinweis ist zu klären, dann können Sie veröffentlichen.");
        await until("it is said at both ends", async () => (await open.count()) === 2);
        await here.click("Trotzdem veröffentlichen");
        await here.gives("Das weiß hier jeder.", "Trotzdem veröffentlichen");
        await here.sees("Ihre Begründung: Das weiß hier jeder.");
        assert.equal(await open.count(), 0);
        await here.click("Begründung zurücknehmen");
        await until("it is open again", async () => (await open.count()) === 2);
        await here.close();

        const admin = await visits("saarbruecken", "admin");
        await admin.page.goto(`${towns.saarbruecken.url}/administration/audit`);
        await admin.link(`Vorschlag Nr. ${number}`).first().waitFor();
        await admin.close();
    });

    it("the administration adds a person, who signs in and speaks their own language", async () => {
        const admin = await visits("saarbruecken", "admin");
        await admin.goes("Verwaltung");
        await admin.click("Person hinzufügen");
        const dialog = admin.page.getByRole("dialog");
        await dialog.getByLabel("Name").fill("Odile Bergmann");
        await dialog.getByLabel("E-Mail-Adresse").fill("odile@saarbruecken.example");
        await dialog.getByLabel("Rolle").selectOption({ label: "Koordinator/in" });
        await dialog.getByLabel("Sprache").selectOption({ label: "Französisch" });
        await dialog.getByLabel("Erstes Passwort").fill("kurz");
        await dialog.getByRole("button", { name: "Person hinzufügen" }).click();
        await dialog.getByText("Bitte mindestens 12 Zeichen.", { exact: true }).waitFor();
        await admin.refused(422);
        await dialog.getByLabel("Erstes Passwort").fill("vier Wörter sind gut");
        await dialog.getByRole("button", { name: "Person hinzufügen" }).click();
        await admin.sees("Odile Bergmann kann sich jetzt anmelden");

        const odile = await Visitor.open(browser);
        await odile.page.goto(towns.saarbruecken.url);
        await odile.field("E-Mail-Adresse").fill("odile@saarbruecken.example");
        await odile.field("Passwort").fill("vier Wörter sind gut");
        await odile.click("Anmelden");
        await odile.heading("Aujourd’hui").waitFor();
        for (const visitor of [admin, odile]) await visitor.close();
    });

    it("a program's access is shown once, works, and ends when it is revoked", async () => {
        const admin = await visits("saarbruecken", "admin");
        await admin.goes("Verwaltung");
        await admin.link(/Mara Lindner/).click();
        await admin.field("Wofür?").fill("Auswertung");
        await admin.click("Zugang erstellen");
        const token = await admin.page.locator("code.secret").textContent();
        const ask = () => towns.saarbruecken.call("GET", "/proposals", { token });
        assert.equal((await ask()).status, 200);
        await admin.page.reload();
        await admin.button("Widerrufen: Auswertung").waitFor();
        assert.equal(await admin.page.locator("code.secret").count(), 0);
        await admin.click("Widerrufen: Auswertung");
        await until("the access is gone", async () => (await ask()).status === 401);
        await admin.close();
    });

    it("a peer is only confirmed after the fingerprints were compared", async () => {
        const { office, metz } = towns;
        const admin = await visits("metz", "admin");
        await admin.goes("Administration");
        await admin.link("Nœuds connectés").click();
        await admin.link("Ajouter un nœud").click();
        await admin.field("Adresse du nœud").fill(office.authority);
        await admin.click("Continuer");
        const digits = admin.page.locator(".fingerprint code");
        await digits.first().waitFor();
        const readAloud = (await office.command("key", "show")).match(/\d{5}( \d{5}){5}/)[0];
        assert.equal(await digits.first().textContent(), readAloud);
        await admin.click("Confirmer la connexion");
        await admin.sees("Veuillez d’abord comparer, puis cocher la case.");
        assert.equal((await metz.peer(office)).state, "invited");
        await admin.field("Les deux suites de chiffres concordent").check();
        await admin.click("Confirmer la connexion");
        await admin.sees(/La connexion avec Landesbüro est confirmée/);
        assert.equal((await metz.peer(office)).state, "active");
        await admin.close();
    });

    it("suspending a peer needs a reason and takes effect at once; resuming brings everything", async () => {
        const { saarbruecken, arnhem } = towns;
        const admin = await visits("saarbruecken", "admin");
        await admin.goes("Verwaltung");
        await admin.link("Verbundene Knoten").click();
        await admin.link(/^Arnhem/).click();
        await admin.click("Aussetzen");
        const dialog = admin.page.getByRole("dialog");
        await dialog.getByRole("button", { name: "Aussetzen" }).click();
        await dialog.getByText("Diese Angabe fehlt noch.").waitFor();
        await admin.gives("Wir klären erst etwas am Telefon.", "Aussetzen");
        await admin.sees("Der Austausch mit Arnhem ist ausgesetzt.");
        assert.equal((await saarbruecken.peer(arnhem)).state, "suspended");
        const id = await arnhem.publish("Een bakfiets voor de markt");
        await arrived("metz", "arnhem", id);
        assert.equal(await saarbruecken.reads(arnhem, id), null);
        await admin.click("Wieder aufnehmen");
        await admin.sees(/^Arnhem ist erreichbar/);
        await arrived("saarbruecken", "arnhem", id);
        await admin.close();
    });

    it("the office's invitation lets a city in", async () => {
        const office = await visits("office", "admin");
        await office.link("Stadt einladen").click();
        await office.field(/^Für wen/).fill("Metz");
        await office.click("Einladung erstellen");
        const invitation = await office.page.locator("code.secret").textContent();
        const metz = await visits("metz", "admin");
        await metz.goes("Administration");
        await metz.link("Rejoindre un bureau").click();
        await metz.field("Invitation").fill(invitation);
        await metz.click("Rejoindre");
        await metz.sees("Vous faites maintenant partie de Landesbüro");
        await office.goes("Städte im Netz");
        await office.page.getByRole("row", { name: /^Metz/ }).getByText("erreichbar").waitFor();
        for (const visitor of [office, metz]) await visitor.close();
    });

    it("two keys named for a city stop the exchange until somebody has compared and decided", async () => {
        const { saarbruecken, arnhem, office } = towns;
        const path = `/peers/${encodeURIComponent(arnhem.authority)}`;
        const fingerprint = (await arnhem.command("key", "show")).match(/\d{5}( \d{5}){5}/)[0];
        await saarbruecken.asAdmin("POST", `${path}/confirm`, { body: { fingerprint } });
        const { jwk, id } = Signer.generate();
        await office.sql(`UPDATE peers SET key = '\\x${Buffer.from(jwk.x, "base64url").toString("hex")}', key_id = '${id}' WHERE authority = '${arnhem.authority}'`);
        await office.asAdmin("POST", `${path}/suspend`, { body: { reason: "Zur Klärung." } });
        await office.asAdmin("POST", `${path}/resume`);
        await until("the other key is named", async () => (await saarbruecken.peer(arnhem)).other_fingerprint);

        const admin = await visits("saarbruecken", "admin");
        await admin.goes("Verwaltung");
        await admin.link("Verbundene Knoten").click();
        await admin.link(/^Arnhem/).click();
        await admin.sees("Für Arnhem sind zwei verschiedene Schlüssel genannt");
        await admin.sees(/^Noch gilt der bekannte/);
        await saarbruecken.sql(`UPDATE peers SET other_key_at = now() WHERE authority = '${arnhem.authority}' AND other_key_at IS NOT NULL`);
        await until("it is frozen", async () => (await saarbruecken.peer(arnhem)).frozen);
        const published = await arnhem.publish("Een kraam voor de markt");

        await admin.page.goto(`${saarbruecken.url}/administration/alarms`);
        await admin.link("Arnhem ansehen").click();
        await admin.sees(/^Der Austausch ruht/);
        const { frozen, other_fingerprint: other } = await saarbruecken.peer(arnhem);
        assert.ok(!(await admin.page.locator("body").innerText()).includes(frozen));
        const read = await admin.page.locator(".fingerprint code").allTextContents();
        assert.deepEqual(read.slice(0, 2), [fingerprint, other]);
        assert.equal(await admin.button("Wieder aufnehmen").count(), 0);
        assert.deepEqual(await objections(admin.page), []);

        await admin.click("Für diesen Schlüssel entscheiden");
        await admin.sees("Bitte vergleichen Sie zuerst und wählen Sie dann.");
        assert.notEqual((await saarbruecken.peer(arnhem)).frozen, null);
        await admin.field("Bekannte Prüfziffern").check();
        await admin.click("Für diesen Schlüssel entscheiden");
        await admin.sees("Für Arnhem gilt jetzt der verglichene Schlüssel");
        await admin.sees(/^Arnhem ist erreichbar/);
        const decided = await saarbruecken.peer(arnhem);
        assert.deepEqual([decided.state, decided.fingerprint, decided.other_fingerprint], ["active", fingerprint, null]);
        await arrived("saarbruecken", "arnhem", published);
        await admin.close();
    });

    it("a city that was removed comes back where it was removed, once its fingerprint was compared", async () => {
        const { saarbruecken, arnhem } = towns;
        const admin = await visits("saarbruecken", "admin");
        await saarbruecken.asAdmin("POST", `/peers/${encodeURIComponent(arnhem.authority)}/remove`, { body: { reason: "Ausgetreten." } });
        await admin.page.goto(`${saarbruecken.url}/administration/peers/${encodeURIComponent(arnhem.authority)}`);
        await admin.field("Beide Ziffernfolgen stimmen überein").check();
        await admin.click("Verbindung bestätigen");
        await until("it is back", async () => (await saarbruecken.peer(arnhem)).state === "active");
        await admin.close();
    });
});
