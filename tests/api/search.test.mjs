import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startTown } from "./lib/town.mjs";

let town;
before(async () => {
    town = await startTown();
    const texts = [
        ["de", "Wände streichen", "Die Räume der Kindertagesstätte sollen renoviert werden; gesucht werden Malerfarben und helfende Hände."],
        ["de", "Weiße Büromöbel", "Für das neue Büro fehlen Schreibtische, Stühle und ein Aktenschrank."],
        ["nl", "Stapelbare stoelen", "De muziekvereniging zoekt zeventig stoelen voor de repetities en uitvoeringen."],
        ["fr", "Ordinateurs portables", "L'association cherche des ordinateurs pour les élèves réfugiés du collège."],
        ["en", "Garden tools", "The allotment society needs spades, wheelbarrows and somebody who repairs lawn mowers."],
    ];
    for (const [language, title, text] of texts) await town.proposal({ language, title, text });
});
after(() => town?.stop());

const cases = [
    // typed, found
    ["Wände", "Wände streichen"],
    ["waende", "Wände streichen"],
    ["wande", "Wände streichen"],
    ["renovieren", "Wände streichen"],
    ["Raum", "Wände streichen"],
    ["kindertagestätte", "Wände streichen"],
    ["Malerfarbe", "Wände streichen"],
    ["weisse", "Weiße Büromöbel"],
    ["bueromoebel", "Weiße Büromöbel"],
    ["Buromobel", "Weiße Büromöbel"],
    ["Schreibtich", "Weiße Büromöbel"],
    ["stoel", "Stapelbare stoelen"],
    ["muziekverenigingen", "Stapelbare stoelen"],
    ["muziekverenging", "Stapelbare stoelen"],
    ["ordinateur", "Ordinateurs portables"],
    ["eleve", "Ordinateurs portables"],
    ["réfugiée", "Ordinateurs portables"],
    ["ordinatuers", "Ordinateurs portables"],
    ["repairing", "Garden tools"],
    ["wheelbarow", "Garden tools"],
    ["spade", "Garden tools"],
    // a part of a word, several words in any order, words that mean little, and one with a hyphen
    ["Möbel", "Weiße Büromöbel"],
    ["aktenschrank stuhle", "Weiße Büromöbel"],
    ["Stühle für das Büro", "Weiße Büromöbel"],
    ["the spades", "Garden tools"],
    ["Schreibtische ohne einen Aktenschrank", "Weiße Büromöbel"], // which says neither «ohne» nor «einen»
    ["Büro-Möbel", "Weiße Büromöbel"],
];

for (const [typed, found] of cases)
    test(`«${typed}» finds «${found}»`, async () => {
        const answer = await town.get(`/api/v1/proposals?q=${encodeURIComponent(typed)}`);
        assert.ok(answer.body.items.some((item) => item.title === found), answer.text);
    });

test("what is less like the word than another is noise, unless it has that one as a part", async () => {
    for (const title of ["Helfer fürs Nachbarschaftsfest", "Ein Auto für die Nachbarschaftshilfe", "Fahrräder für Kinder", "Fahrradwerkstatt im Hof", "Fahrdienst am Abend"])
        await town.proposal({ language: "de", title, text: "Mehr steht hier nicht." });
    const titles = async (typed) => (await town.get(`/api/v1/proposals?q=${typed}&sort=title`)).body.items.map(({ title }) => title);
    assert.deepEqual(await titles("Nachbarschafsfest"), ["Helfer fürs Nachbarschaftsfest"]);
    assert.deepEqual(await titles("Fahrräder"), ["Fahrräder für Kinder", "Fahrradwerkstatt im Hof"], "and what has its stem as a part");
    assert.deepEqual(await titles("Fahrad"), ["Fahrräder für Kinder", "Fahrradwerkstatt im Hof"]);
});

test("what is nowhere is not found, and a total is the number of what is", async () => {
    assert.equal((await town.get("/api/v1/proposals?q=Hubschrauberlandeplatz")).body.total, 0);
    assert.equal((await town.get("/api/v1/proposals?q=stoelen")).body.total, 1);
});

test("all words that were typed are in what is found, and be it in what tells who asks and where", async () => {
    const organisation = await town.organisation({ name: "Imkerverein Blütental" });
    const proposal = await town.proposal({ organisation_id: organisation.id, title: "Honigschleuder", municipality: "Oberfeld" });
    const find = async (q) => (await town.get(`/api/v1/proposals?q=${encodeURIComponent(q)}`)).body.items.map(({ id }) => id);
    assert.deepEqual(await find("Imkerverein Honigschleuder"), [proposal.id]);
    assert.deepEqual(await find("Honigschleuder Oberfeld"), [proposal.id]);
    assert.deepEqual(await find("Honigschleuder Schreibtische"), []);
});

test("what a search finds can be filtered further", async () => {
    const [one, other] = [await town.organisation({ name: "Chor Nord" }), await town.organisation({ name: "Chor Süd" })];
    const made = await town.proposal({ organisation_id: one.id, title: "Notenständer" });
    await town.proposal({ organisation_id: other.id, title: "Notenständer" });
    const answer = await town.get(`/api/v1/proposals?q=notenst%C3%A4nder&organisation=${one.id}`);
    assert.deepEqual(answer.body.items.map(({ id }) => id), [made.id]);
    assert.equal((await town.get("/api/v1/proposals?q=notenst%C3%A4nder")).body.total, 2);
    assert.equal((await town.get("/api/v1/proposals?q=notenst%C3%A4nder&state=completed")).body.total, 0);
    assert.equal((await town.get("/api/v1/organisations?q=chor&sector=company")).body.total, 0);
});

test("the number and the organisation find it too", async () => {
    const organisation = await town.organisation({ name: "Quartiershof Grünberg" });
    const proposal = await town.proposal({ organisation_id: organisation.id, title: "Regentonne" });
    for (const q of ["quartiershof", "gruenberg", `#${proposal.number}`, String(proposal.number)]) {
        const answer = await town.get(`/api/v1/proposals?q=${encodeURIComponent(q)}`);
        assert.ok(answer.body.items.some((item) => item.id === proposal.id), q);
    }
});

test("whatever is typed and can be seen is a search, never an error", async () => {
    for (const q of ["'", '"', "\\", "a & | ! (", "%", "_", ":*", "--", "; DROP TABLE listings", "🙂", "-", "or", '"offen', "und der die"]) {
        const answer = await town.get(`/api/v1/proposals?q=${encodeURIComponent(q)}`);
        assert.equal(answer.status, 200, `${q}: ${answer.text}`);
    }
});
