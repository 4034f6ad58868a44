// Every screen of the routes table, as it is with a town's data on it: usable by everybody, on any device.

import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";

import { cityPlaces, officePlaces, patterns } from "./places.mjs";
import { Visitor, desktop, objections, openDemo, phone, until } from "./support.mjs";
import { saidBy, technical } from "./words.mjs";

const narrow = { width: 360, height: 740 };
const languages = ["nl", "fr", "en", "de"];
const keys = new Set(Object.keys(JSON.parse(readFileSync(new URL("../../admin-ui/src/shared/texts/de.json", import.meta.url), "utf8"))));

describe("every screen", () => {
    let demo, browser, towns, places;
    before(async () => {
        demo = await openDemo();
        ({ browser, towns } = demo);
        await until("the others' proposals and offers are here", async () => {
            const counts = await Promise.all(["proposals", "offers"].map((kind) => towns.saarbruecken.ask("GET", `/network/${kind}?limit=1`)));
            return counts.every(({ total }) => total > 0);
        });
        places = { saarbruecken: await cityPlaces(towns.saarbruecken), office: await officePlaces(towns.office) };
    });
    after(() => demo?.end());

    const nodes = ["saarbruecken", "office"];
    const addresses = (node) => Object.values(places[node]).flat();

    async function open(visitor, node, address) {
        await visitor.page.goto(towns[node].url + address);
        await visitor.page.locator("main h1").waitFor();
        await until(`${address} is loaded`, async () => (await visitor.page.locator("main .loading").count()) === 0);
    }

    /** Looks at what is on the screen on both devices, and once more at its colours in the dark. */
    async function everyWay(visitor, name) {
        const found = [];
        for (const [size, colorScheme] of [[desktop, "light"], [phone, "light"], [phone, "dark"]]) {
            await visitor.page.setViewportSize(size);
            await visitor.page.emulateMedia({ colorScheme });
            for (const line of await objections(visitor.page, colorScheme === "dark")) found.push(`${name} at ${size.width} ${colorScheme}: ${line}`);
        }
        return found;
    }

    /** Chosen until it is heard: a choice made while the one before is still being saved is passed over. */
    async function speak(visitor, address, language) {
        await until(`${address} speaks ${language}`, async () => {
            await visitor.page.locator(".preferences select").first().selectOption(language);
            return visitor.page.evaluate((code) => document.documentElement.lang === code, language);
        });
        await until(`${address} is loaded`, async () => (await visitor.page.locator("main .loading").count()) === 0);
    }

    it("is visited by these tests", () => {
        const visited = new Set(nodes.flatMap((node) => Object.keys(places[node])));
        assert.ok(patterns().length > 30);
        assert.deepEqual(patterns().filter((pattern) => !visited.has(pattern)), []);
    });

    it("is checked by eyes that see: planted mistakes are found", async () => {
        const visitor = await Visitor.open(browser);
        await visitor.page.goto(towns.office.url);
        await visitor.heading("Anmelden").waitFor();
        assert.deepEqual(await objections(visitor.page), []);
        await visitor.page.evaluate(() => {
            const box = document.querySelector("main").appendChild(document.createElement("p"));
            for (let i = 0; i < 2; i++) box.appendChild(document.createElement("button")).style.cssText = "inline-size:8px;block-size:8px;padding:0;border:0";
            box.appendChild(document.createElement("style")).textContent = "p { color: red }";
        });
        const found = await objections(visitor.page);
        for (const rule of ["button-name", "target-size"]) assert.ok(found.some((line) => line.startsWith(rule)), `${rule} in ${found}`);
        await until("the policy is heard", () => visitor.troubles.some((text) => /policy: style-src/.test(text)));
        visitor.troubles = [];
        await visitor.close();
    });

    for (const node of nodes)
        it(`meets WCAG 2.2 AA on phone and desktop, light and dark (${node})`, async () => {
            const visitor = await Visitor.open(browser);
            const found = [];
            const look = async (name) => found.push(...(await everyWay(visitor, name)));
            await visitor.page.goto(towns[node].url);
            await visitor.heading("Anmelden").waitFor();
            await look("sign-in");
            await visitor.signIn(towns[node], "admin");
            for (const address of addresses(node)) {
                await open(visitor, node, address);
                await look(address);
            }
            await visitor.button("Menü").click(); // still at the phone's size
            await look("the open menu");
            assert.deepEqual(found, []);
            await visitor.close();
        });

    it("meets WCAG 2.2 AA while it asks, warns and helps, too", async () => {
        const visitor = await Visitor.open(browser);
        await visitor.signIn(towns.saarbruecken, "admin");
        const at = Object.fromEntries(Object.entries(places.saarbruecken).map(([pattern, [first]]) => [pattern, first]));
        const dialog = (button) => async () => {
            await visitor.click(button);
            await visitor.page.getByRole("dialog").waitFor();
        };
        const opened = {
            "forwarding": [at["/proposals/:id"], dialog("An eine Stadt weiterleiten")],
            "ending": [at["/proposals/:id"], dialog("Zurückziehen")],
            "withdrawing": [at["/proposals/:id/publication"], dialog("Veröffentlichung zurückziehen")],
            "answering": [at["/network/proposals/:origin/:id"], dialog("Ablehnen")],
            "a contact": [at["/organisations/:id"], dialog("Kontakt hinzufügen")],
            "a person": ["/administration/users", dialog("Person hinzufügen")],
            "findings that block": [at["/proposals/:id/publication"], async () => {
                await visitor.click("Öffentliche Fassung ändern");
                await visitor.field("Öffentlicher Text").fill("Rückruf unter 0681 5550142, Am Markt 3, und wir helfen gern.");
                await visitor.page.locator("mark.mark--block").first().waitFor();
            }],
            "the list of organisations": ["/proposals/new", async () => {
                await visitor.field("Organisation").fill("verein");
                await visitor.page.getByRole("listbox").getByRole("option").nth(1).waitFor();
                await visitor.page.keyboard.press("ArrowDown");
            }],
            "missing fields": ["/proposals/new", async () => {
                await visitor.click("Als Entwurf speichern");
                await visitor.sees(/Bitte prüfen Sie/);
                await visitor.refused(422);
            }],
            "an import": ["/import", async () => {
                const buffer = Buffer.from("Titel;Beschreibung;Organisation;Kategorie\nBänke;Aus Holz.;Schule;goods\nOhne;Text;Schule;quatsch\n");
                await visitor.page.locator("input[type=file]").setInputFiles({ name: "liste.csv", mimeType: "text/csv", buffer });
                await visitor.click("Datei prüfen");
                await visitor.heading("Das würde geschehen").waitFor();
            }],
        };
        visitor.page.on("dialog", (asked) => asked.accept()); // what was typed here may go
        const found = [];
        for (const [name, [address, act]] of Object.entries(opened)) {
            await visitor.page.setViewportSize(desktop);
            await open(visitor, "saarbruecken", address);
            await act();
            found.push(...(await everyWay(visitor, name)));
        }
        assert.deepEqual(found, []);
        await visitor.close();
    });

    it("never scrolls sideways at 360 px, in any language, and leaves no text without words", async () => {
        for (const node of nodes) {
            const visitor = await Visitor.open(browser);
            await visitor.signIn(towns[node], "admin");
            const found = [];
            const order = [...languages]; // turned round at every address, which so begins with the language spoken last
            for (const address of addresses(node)) {
                await visitor.page.setViewportSize(desktop);
                await open(visitor, node, address);
                for (const language of order.reverse()) {
                    await visitor.page.setViewportSize(desktop);
                    await speak(visitor, address, language);
                    await visitor.page.setViewportSize(narrow);
                    const { wide, text } = await visitor.page.evaluate(() => ({
                        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
                        text: document.body.innerText,
                    }));
                    if (wide > 0) found.push(`${address} in ${language} is ${wide} px too wide`);
                    const raw = text.match(/[a-z_]+(\.[\w+-]+)+|\{\w+\}|undefined|NaN|\[object/g) ?? [];
                    for (const word of raw.filter((one) => !one.includes(".") || keys.has(one))) found.push(`${address} in ${language} shows ${word}`);
                }
            }
            assert.deepEqual(found, []);
            await visitor.close();
        }
    });

    it("outside Administration says no epoch, stream, head or hint, in any language", async () => {
        for (const [node, role] of [["saarbruecken", "coordinator"], ["office", "viewer"]]) {
            const visitor = await Visitor.open(browser);
            const found = [];
            const order = [...languages]; // turned round at every address, which so begins with the language spoken last
            const listen = async (address, language) => {
                for (const line of await saidBy(visitor.page))
                    for (const word of technical(line, language)) found.push(`${address} in ${language}: ${word} (${line.slice(0, 80)})`);
            };
            await visitor.page.goto(towns[node].url);
            await visitor.heading("Anmelden").waitFor();
            await listen("sign-in", "de");
            await visitor.signIn(towns[node], role);
            for (const address of addresses(node).filter((one) => !one.startsWith("/administration"))) {
                await open(visitor, node, address);
                for (const language of order.reverse()) {
                    await speak(visitor, address, language);
                    await listen(address, language);
                }
            }
            assert.deepEqual(found, []);
            await visitor.close();
        }
    });

    // Dialogs, refusals and rare states, too: whatever the catalogues could say outside Administration.
    it("has no such words to say", () => {
        for (const language of languages) {
            const texts = JSON.parse(readFileSync(new URL(`../../admin-ui/src/shared/texts/${language}.json`, import.meta.url), "utf8"));
            const others = Object.entries(texts).filter(([key]) => !/^(admin|alarm|audit)\./.test(key));
            assert.ok(others.length > 500);
            assert.deepEqual(others.filter(([, text]) => technical(text.replace(/\{\w+\}/g, ""), language).length), []);
        }
    });

    it("is listened to by ears that hear: planted words are found wherever they stand", async () => {
        const visitor = await Visitor.open(browser);
        await visitor.page.goto(towns.office.url);
        await visitor.heading("Anmelden").waitFor();
        await visitor.page.evaluate(() => {
            const main = document.querySelector("main");
            const add = (name, properties) => Object.assign(main.appendChild(document.createElement(name)), properties);
            add("p", { textContent: "Dieser Strom ist neu." });
            add("p", { textContent: "Hinweise, Kopfzeile, Upstream und Epochal sind gewöhnliche Wörter." });
            add("input", { placeholder: "EPOCHE", title: "the head" });
            add("select", {}).appendChild(document.createElement("option")).label = "streams";
            add("button", {}).setAttribute("aria-label", "Köpfe");
            add("details", {}).append("ein hint, zugeklappt");
        });
        const heard = (await saidBy(visitor.page)).flatMap((line) => technical(line, "de"));
        assert.deepEqual(heard.sort(), ["EPOCHE", "Köpfe", "Strom", "head", "hint", "streams"].sort());
        await visitor.close();
    });
});
