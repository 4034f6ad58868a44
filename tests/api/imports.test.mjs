import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { assertProblem, startTown } from "./lib/town.mjs";

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XAtq", town.node.database, "-c", text], { encoding: "utf8" }).trim();
const upload = (csv, kind = "proposals") => town.post(`/api/v1/imports?kind=${kind}`, csv, { type: "text/csv" });
const apply = (id, skip_bad = false) => town.post(`/api/v1/imports/${id}/apply`, { skip_bad });
async function taken(csv, kind) {
    const looked = await upload(csv, kind);
    assert.equal(looked.status, 201, looked.text);
    const done = await apply(looked.body.id);
    assert.equal(done.status, 200, done.text);
    return done.body;
}
const counts = (create, update, unchanged, error) => ({ create, update, unchanged, error });
const find = async (q, kind = "proposals") => (await town.get(`/api/v1/${kind}?q=${encodeURIComponent(q)}`)).body.items[0];
const latin1 = (text) => Buffer.from(text, "latin1");

const header = "organisation,title,text,category,external_id\n";

test("looking imports nothing; applying does; the same again changes nothing", async () => {
    const csv = `${header}Verein Eins,Regale,Es fehlen Regale.,goods,x1\nVerein Eins,Umzug,"Wer hilft, am Samstag?",hands,x2\n`;
    const looked = await upload(csv);
    assert.equal(looked.status, 201, looked.text);
    assert.deepEqual(looked.body.counts, counts(2, 0, 0, 0));
    assert.deepEqual(looked.body.rows.map((row) => [row.line, row.action, row.title]), [[2, "create", "Regale"], [3, "create", "Umzug"]]);
    assert.equal(looked.body.applied_at, null);
    assert.equal(await find("Regale"), undefined);

    const done = await apply(looked.body.id);
    assert.equal(done.status, 200, done.text);
    assert.deepEqual(done.body.applied, counts(2, 0, 0, 0));
    const proposal = await find("Regale");
    assert.equal(proposal.state, "submitted");
    assert.equal(proposal.organisation.name, "Verein Eins");
    assert.equal((await town.get(`${town.path(proposal)}/history`)).body.items[0].action, "imported");
    assertProblem(await apply(looked.body.id), 409, "conflict");

    assert.deepEqual((await taken(csv)).applied, counts(0, 0, 2, 0));
    assert.equal((await find("Regale")).version, 1);
});

test("once it is imported the file itself is not kept, only what became of its rows", async () => {
    const csv = `${header}Verein Ablage,Ordner,Es fehlen Ordner.,goods,o1\n`;
    const { id } = (await upload(csv)).body;
    const kept = () => sql(`SELECT length(content) FROM imports WHERE id = '${id}'`);
    assert.equal(kept(), String(Buffer.byteLength(csv)));
    await apply(id);
    assert.equal(kept(), "0");
    assert.deepEqual((await town.get(`/api/v1/imports/${id}`)).body.rows.map((row) => row.title), ["Ordner"]);
    assert.equal(sql(`SELECT string_agg(action, ' ' ORDER BY id) FROM events WHERE object_id = '${id}'`), "created applied");
});

test("a file that somebody is just importing is not imported a second time", async () => {
    const { id } = (await upload(`${header}Verein Doppelt,Klavier,Ein Klavier fehlt.,goods,d7\n`)).body;
    const answer = await town.meanwhile(`UPDATE imports SET applied_at = now(), content = '' WHERE id = '${id}'`, () => apply(id));
    assertProblem(answer, 503, "busy");
    assert.equal(await find("Klavier"), undefined);
});

test("one bad row is enough to import nothing", async () => {
    const { id } = (await upload(`${header}Verein Fast,Leiter,Eine Leiter fehlt.,goods,l1\nVerein Fast,Seil,Ein Seil fehlt.,nichts,l2\n`)).body;
    assertProblem(await apply(id), 422, "import-has-errors");
    assert.equal(await find("Leiter"), undefined);
});

test("the same row again changes nothing even after somebody edited it; another row does", async () => {
    const row = (text) => `${header}Verein Zwei,Teppich,${text},goods,t1\n`;
    await taken(row("Ein Teppich fehlt."));
    const proposal = await find("Teppich");
    await town.call("PATCH", town.path(proposal), { body: { text: "Von Hand verbessert." }, version: 1 });
    assert.deepEqual((await taken(row("Ein Teppich fehlt."))).applied, counts(0, 0, 1, 0));
    assert.equal((await find("Teppich")).text, "Von Hand verbessert.");
    assert.deepEqual((await taken(row("Zwei Teppiche fehlen."))).applied, counts(0, 1, 0, 0));
    assert.equal((await find("Teppich")).text, "Zwei Teppiche fehlen.");
});

test("German headers and words, semicolons and Windows-1252", async () => {
    const csv = latin1(
        "Organisation;Bereich;Art;Ort;Titel;Beschreibung;Sprache;Kategorie;Menge;Einheit;Benötigt bis;Status;Kennung;Quelle\r\n" +
        'Jugendhaus Höhe;gemeinnützig;Jugendhaus;Völklingen;Büchertische;"Für die Bücherei:\r\nzwölf Tische";Deutsch;Sachspende;12;Stück;24.12.2030;in Vermittlung;J-1;Anruf\r\n');
    const looked = await upload(csv);
    assert.equal(looked.body.encoding, "Windows-1252");
    assert.equal(looked.body.delimiter, ";");
    assert.deepEqual((await apply(looked.body.id)).body.applied, counts(1, 0, 0, 0));
    const proposal = await find("Büchertische");
    assert.equal(proposal.text, "Für die Bücherei:\nzwölf Tische");
    assert.deepEqual(proposal.help, [{ category: "goods", quantity: 12, unit: "Stück" }]);
    assert.equal(proposal.needed_by, "2030-12-24");
    assert.equal(proposal.state, "seeking");
    assert.equal(proposal.municipality, "Völklingen");
    const organisation = (await town.get(`/api/v1/organisations/${proposal.organisation.id}`)).body;
    assert.equal(organisation.kind, "Jugendhaus");
    assert.equal(organisation.sector, "civil_society");
});

test("Dutch and French tables", async () => {
    await taken("organisatie,plaats,titel,omschrijving,taal,categorie,aantal,beschikbaar tot,status\nDrukkerij De Bij,Arnhem,Papier,Restpartijen papier.,nl,materialen,1.200 vel,1/2/2030,beschikbaar\n", "offers");
    const offer = await find("Papier", "offers");
    assert.deepEqual(offer.help, [{ category: "goods", quantity: 1200, unit: "vel" }]);
    assert.equal(offer.available_until, "2030-02-01");
    assert.equal(offer.state, "available");
    await taken("association;commune;titre;description;langue;catégorie;quantité;avant le;statut\nAssociation Le Phare;Metz;Salle;Une salle le samedi.;français;local + transport;1 + 2;2030-03-01;déposée\n");
    const proposal = await find("Une salle");
    assert.deepEqual(proposal.help, [{ category: "space", quantity: 1 }, { category: "transport", quantity: 2 }]);
    assert.equal(proposal.language, "fr");
});

test("a table may use the words of the screens, in each of their languages", async () => {
    for (const language of ["de", "nl", "fr", "en"]) {
        const words = JSON.parse(await readFile(new URL(`../../admin-ui/src/shared/texts/${language}.json`, import.meta.url), "utf8"));
        for (const [kind, due] of [["proposals", "needed_by"], ["offers", "available_until"]]) {
            const columns = [`${kind}.organisation`, "field.title", `${kind}.text`, "filter.category", "import.quantity", "import.unit", "field.municipality", `field.${due}`, "field.note", "field.language", "field.sector", "field.kind", "filter.state", "import.external_id", "import.source"];
            const state = kind === "offers" ? "available" : "submitted";
            const rows = ["goods", "transport", "space", "expertise", "hands", "training", "network"].map((category, n) => [
                `Verein ${language}`, `${kind} ${category}`, "Ein Text.", words[`category.${category}`], "3", "kg", "Ort", "2030-12-24", "", language, words["sector.company"], "", words[`state.${state}`], `${language} ${kind} ${n}`, "",
            ]);
            const looked = await upload([columns.map((key) => words[key]), ...rows].map((row) => row.join(";")).join("\n"), kind);
            assert.equal(looked.status, 201, `${language} ${kind}: ${looked.text}`);
            assert.deepEqual(looked.body.ignored, [], language);
            assert.deepEqual(looked.body.rows.flatMap((row) => row.errors), [], language);
        }
        for (const label of ["field.help", "field.organisation_name", "field.text_language"]) {
            const looked = await upload(`organisation,title,text,category,language,"${words[label]}"\n`);
            assertProblem(looked, 422, "invalid-body", "", "duplicate"); // known, and so there twice
        }
    }
});

test("bad rows are named by line and column, and nothing is imported unless asked to go on", async () => {
    const csv = "Organisation;Titel;Beschreibung;Kategorie;Menge;Benötigt bis;Status;Kennung\n" +
        "Verein Drei;Gut;Eine gute Zeile.;goods;;;;d1\n" +
        `;Ohne Organisation;Text;goods;;;;d2\n` +
        `Verein Drei;${"x".repeat(201)};Text;goods;;;;d3\n` +
        "Verein Drei;Kategorie;Text;middelen;;;;d4\n" +
        "Verein Drei;Menge;Text;goods;viele;;;d5\n" +
        "Verein Drei;Datum;Text;goods;;31.2.2030;;d6\n" +
        "Verein Drei;Status;Text;goods;;;irgendwie;d7\n" +
        "Verein Drei;Doppelt;Text;goods;;;;d1\n" +
        "Verein Drei;Zu;viele;goods;;;;d8;9;10\n";
    const looked = await upload(csv);
    assert.deepEqual(looked.body.counts, counts(1, 0, 0, 8));
    const wrong = looked.body.rows.filter((row) => row.action === "error").map((row) => [row.line, row.errors[0].column, row.errors[0].code]);
    const told = looked.body.rows.map((row) => row.errors[0]).filter(Boolean).map(({ field, line }) => [field, line]);
    assert.deepEqual(told, [["organisation", null], ["title", null], ["category", null], ["quantity", null], ["day", null], ["state", null], ["external_id", 2], [null, null]]);
    assert.deepEqual(wrong, [
        [3, "Organisation", "empty"], [4, "Titel", "too_long"], [5, "Kategorie", "not_allowed"], [6, "Menge", "malformed"],
        [7, "Benötigt bis", "malformed"], [8, "Status", "not_allowed"], [9, "Kennung", "duplicate"], [10, "", "too_many"],
    ]);
    assertProblem(await apply(looked.body.id), 422, "import-has-errors");
    assert.equal(await find("gute Zeile"), undefined);
    const done = await apply(looked.body.id, true);
    assert.deepEqual(done.body.applied, counts(1, 0, 0, 8));
    assert.equal((await find("gute Zeile")).title, "Gut");
});

test("the report is a table in which no cell is a formula", async () => {
    const looked = await upload(`${header}=cmd|calc,+49 681,Text,nichts,r1\n`);
    const report = await town.get(`/api/v1/imports/${looked.body.id}/report`);
    assert.equal(report.status, 200);
    assert.match(report.headers.get("content-type"), /^text\/csv/);
    const [first, second] = report.text.replace(/^\ufeff/, "").split("\r\n");
    assert.equal(first, "line,action,organisation,title,column,code,detail");
    assert.match(second, /^2,error,"'=cmd\|calc","'\+49 681",category,not_allowed,/);
});

test("what is no table is refused with the line that is wrong", async () => {
    const refused = async (csv, code, detail, ...subjects) => {
        const answer = await upload(csv);
        assertProblem(answer, 422, "invalid-body", "", code);
        assert.match(answer.text, detail);
        if (subjects.length > 0) assert.deepEqual(answer.body.errors.map((error) => error.subject), subjects);
    };
    await refused('organisation,title,text,category\na,"b,c,d\n', "malformed", /line 2/, "2");
    await refused('organisation,title,text,category\na,b"c,d,goods\n', "malformed", /line 2/);
    await refused("title,text,category\na,b,goods\n", "missing", /organisation/, "organisation");
    await refused("Titel;Ort\na;b\n", "missing", /organisation/, "organisation", "text", "category");
    await refused("organisation,title,Titel,text,category\na,b,c,d,goods\n", "duplicate", /Titel/, "title");
    await refused(Buffer.from("organisation\0"), "malformed", /NUL/);
    await refused(Buffer.from("\ufefforganisation,title", "utf16le"), "malformed", /UTF-16/);
    await refused("", "malformed", /empty/);
    assertProblem(await town.post("/api/v1/imports?kind=organisations", header, { type: "text/csv" }), 400, "invalid-query", "?kind", "not_allowed");
    assertProblem(await town.post("/api/v1/imports", header, { type: "text/csv" }), 400, "invalid-query", "?kind", "missing");
    assertProblem(await town.post("/api/v1/imports?kind=offers", "{}", { type: "application/json" }), 415, "unsupported-media-type");
});

test("a row without an id is found again by organisation and title", async () => {
    const csv = (text) => `organisation,title,text,category\nVerein Vier,Ohne Kennung,${text},goods\n`;
    await taken(csv("eins"));
    assert.deepEqual((await taken(csv("eins"))).applied, counts(0, 0, 1, 0));
    assert.deepEqual((await taken(csv("zwei"))).applied, counts(0, 1, 0, 0));
    const twice = await upload(`${csv("drei")}Verein Vier,Ohne Kennung,vier,goods\n`);
    assert.deepEqual(twice.body.rows[1].errors.map((error) => error.code), ["duplicate"]);
});

test("unknown columns are named, not guessed", async () => {
    const looked = await upload("organisation,title,text,category,Lieblingsfarbe\nVerein Fünf,Farben,Text,goods,blau\n");
    assert.deepEqual(looked.body.ignored, ["Lieblingsfarbe"]);
});

test("the command does the same, and what it exports can be imported", async () => {
    const file = path.join(town.dir, "vorschlaege.csv");
    const report = path.join(town.dir, "bericht.csv");
    await writeFile(file, `${header}Verein Sechs,Kommando,"Semikolon; und ""Zitat""",goods,k1\n`);
    const look = await town.command(["import", "proposals", file]);
    assert.equal(look.code, 0, look.stderr);
    assert.equal(await find("Kommando"), undefined);
    const done = await town.command(["import", "proposals", file, "--apply", "--report", report, "--user", "coordinator@test.example"]);
    assert.equal(done.code, 0, done.stderr);
    const proposal = await find("Kommando");
    assert.equal(proposal.text, 'Semikolon; und "Zitat"');
    assert.equal((await town.get(`${town.path(proposal)}/history`)).body.items[0].actor.role, "coordinator");
    assert.match(await readFile(report, "utf8"), /2,create,Verein Sechs,Kommando/);

    const exported = await town.command(["export", "proposals"]);
    assert.match(exported.stdout, /k1,Verein Sechs/);
    await writeFile(file, exported.stdout);
    const again = await town.command(["import", "proposals", file]);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /0 new, 0 changed/);

    await writeFile(file, `${header}Verein Sechs,Schlecht,Text,nichts,k2\n`);
    assert.equal((await town.command(["import", "proposals", file, "--apply"])).code, 3);
    assert.equal((await town.command(["import", "nothing", file])).code, 2);
    assert.equal((await town.command(["import", "proposals", path.join(town.dir, "fehlt.csv")])).code, 1);
    for (const what of ["offers", "organisations"]) assert.equal((await town.command(["export", what])).code, 0);
    assert.equal((await town.command(["export", "everything"])).code, 2);
});

test("ten thousand rows are looked at", async () => {
    const rows = Array.from({ length: 10000 }, (_, i) => `Verein ${i % 50},Zeile ${i},Text,goods,m${i}`).join("\n");
    const looked = await upload(`${header}${rows}\n`);
    assert.deepEqual(looked.body.counts, counts(10000, 0, 0, 0));
    assertProblem(await upload(`${header}${rows}\nnoch eine,Zeile,Text,goods,z\n`), 422, "invalid-body", "", "malformed");
    assertProblem(await upload(Buffer.alloc((2 << 20) + 1, "x")), 413, "too-large");
});

test("an office takes no listings, by no way", async () => {
    const file = path.join(town.dir, "office.csv");
    await writeFile(file, `${header}Verein Amt,Regale,Es fehlen Regale.,goods,o1\n`);
    const { code, stderr } = await town.command(["import", "proposals", file, "--apply"], town.office);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /this node is an office/);
});
