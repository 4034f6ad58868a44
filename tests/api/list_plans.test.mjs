// At the size of a town after ten years every page of a list is found along an index, and what is read for it is a small
// multiple of what it shows; so is what is counted. PostgreSQL tells itself, of each statement as the node runs it
// (auto_explain), how many rows it has looked at.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { startTown } from "./lib/town.mjs";

const LISTINGS = 20_000, ORGANISATIONS = 5000, ITEMS = 20_000, LIMIT = 50, BOUND = 1000, WORKERS = 2;

let town, administrator, organisation;
const psql = (conninfo, text) => execFileSync("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", conninfo], { input: text, encoding: "utf8" });
const log = () => path.join(town.dir, "postgres.log");

before(async () => {
    town = await startTown();
    administrator = town.node.database.replace(/user=\S+/, "user=postgres");
    const name = /dbname=(\S+)/.exec(town.node.database)[1];
    // Of an even mix: one category is rare, one state is, and one organisation has as many listings as all others together.
    psql(town.node.database, `
        INSERT INTO organisations (name, sector, created_at) SELECT 'Verein ' || n, (ARRAY['civil_society', 'company'])[1 + n % 2], now() FROM generate_series(1, ${ORGANISATIONS}) n;
        INSERT INTO listings (kind, number, organisation_id, title, text, language, help, municipality, day, state, updated_at)
        SELECT CASE WHEN n % 4 = 0 THEN 'offer' ELSE 'proposal' END, n, o.id, 'Titel ' || n % 977, 'Text', 'de',
            CASE WHEN n % 1000 = 1 THEN '[{"category": "network"}]' WHEN n % 2 = 0 THEN '[{"category": "goods"}]' ELSE '[{"category": "hands"}, {"category": "goods"}]' END::jsonb, 'M',
            date '2016-01-01' + n % 3650, CASE WHEN n % 4 = 0 THEN 'taken' WHEN n % 1000 = 3 THEN 'draft' WHEN n % 3 = 0 THEN 'expired' ELSE 'completed' END, now() - n * interval '4 hours'
        FROM generate_series(1, ${LISTINGS}) n JOIN LATERAL (SELECT id FROM organisations WHERE name = 'Verein ' || 1 + n % ${ORGANISATIONS}) o ON true;
        INSERT INTO publications (listing_id, rev, epoch, seq, body, source, published_at) SELECT id, 1, 1, number, '{}', public_source, now() FROM listings WHERE number % 10 = 1;
        INSERT INTO peers (authority, name, country, role, latitude_e6, longitude_e6, confirmed, key, key_id)
        SELECT 'stadt' || n || '.example', 'Stadt', 'DE', 'city', 49000000 + n * 100000, 7000000, true, sha256(n::text::bytea), 'k' || n FROM generate_series(1, 10) n;
        INSERT INTO cases (id, origin, object, object_type, helper, response, at) SELECT gen_random_uuid(), 'stadt' || 1 + n % 10 || '.example', md5(n::text)::uuid, 'proposal', '${town.node.authority}', 'taken_up', now() FROM generate_series(1, ${ITEMS}, 25) n;
        INSERT INTO network_items (origin, id, type, rev, epoch, seq, title, text, language, help, municipality, month, state, published_at)
        SELECT 'stadt' || 1 + n % 10 || '.example', md5(n::text)::uuid, 'proposal', 1, 1, n, 'T', 't', 'de',
            CASE WHEN n % 1000 = 1 THEN '[{"category": "network", "quantity_band": null}]' ELSE '[{"category": "goods", "quantity_band": null}]' END::jsonb, '{"name": "M", "scheme": null, "code": null}',
            '2030-0' || 1 + n % 9, CASE WHEN n % 1000 = 3 THEN 'scheduled' WHEN n % 3 = 0 THEN 'expired' ELSE 'seeking' END, now() - n * interval '10 minutes' FROM generate_series(1, ${ITEMS}) n;
        UPDATE listings SET organisation_id = (SELECT id FROM organisations WHERE name = 'Verein 1') WHERE number <= 40;
        VACUUM ANALYZE listings; VACUUM ANALYZE organisations; VACUUM ANALYZE network_items; VACUUM ANALYZE peers; VACUUM ANALYZE publications; VACUUM ANALYZE cases;`);
    organisation = psql(town.node.database, "SELECT id FROM organisations WHERE name = 'Verein 1'").trim();
    psql(administrator, `
        ALTER DATABASE ${name} SET session_preload_libraries = 'auto_explain'; ALTER DATABASE ${name} SET auto_explain.log_min_duration = 0;
        ALTER DATABASE ${name} SET auto_explain.log_analyze = on; ALTER DATABASE ${name} SET auto_explain.log_timing = off; ALTER DATABASE ${name} SET auto_explain.log_format = json;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hf-node' AND datname = '${name}'`);
    // Each of the node's workers finds out for itself.
    const connected = () => Number(psql(administrator, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hf-node' AND datname = '${name}' AND query LIKE '%AS counted%'`));
    for (const end = Date.now() + 60_000; connected() < WORKERS; assert.ok(Date.now() < end, "the node connects anew"))
        await Promise.all(Array.from({ length: 8 }, () => town.get("/api/v1/proposals?limit=1")));
});
after(() => town?.stop());

// The plans that were logged behind this place in the log; null when another process wrote into the middle of one.
function plansFrom(offset) {
    const text = readFileSync(log()).subarray(offset).toString();
    try {
        return [...text.matchAll(/ plan:\n((?:\t.*\n)+)/g)].map(([, plan]) => JSON.parse(plan));
    } catch {
        return null;
    }
}

// What a page counts in all stands beside the page: under the one aggregate that is limited.
const isTotal = (node) => node["Node Type"] === "Aggregate" && JSON.stringify(node.Plans).startsWith('[{"Node Type":"Limit"');
const nodes = (node, counted = isTotal(node)) => [{ node, counted }, ...(node.Plans ?? []).flatMap((child) => nodes(child, counted || isTotal(child)))];
const scanned = (node) => ((node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0)) * (node["Actual Loops"] ?? 0);
const LARGE = ["listings", "organisations", "network_items", "events"];

// What the statements of one request read of the large tables, pages and counts apart.
async function readFor(target, options, tries = 5) {
    const offset = statSync(log()).size;
    const answer = await town.get(target, options);
    assert.equal(answer.status, 200, answer.text);
    const logged = plansFrom(offset);
    if (!logged && tries > 1) return readFor(target, options, tries - 1);
    const plans = logged.filter((plan) => /page_key/.test(plan["Query Text"]));
    assert.ok(plans.length > 0, "the statements were told");
    const told = { body: answer.body, page: 0, counted: 0 };
    for (const plan of plans)
        for (const { node, counted } of nodes(plan.Plan)) {
            assert.ok(node["Node Type"] !== "Seq Scan" || !LARGE.includes(node["Relation Name"]), `${target}: ${JSON.stringify(plan, null, 1)}`);
            if (LARGE.includes(node["Relation Name"])) told[counted ? "counted" : "page"] += scanned(node);
        }
    return told;
}

// At most so many rows for each row shown. An ordered walk reads the page and one row more; several, merged, each a page.
const lists = {
    "/api/v1/proposals?": 1.1,
    "/api/v1/proposals?sort=needed_by": 1.1,
    "/api/v1/proposals?sort=title": 1.1,
    "/api/v1/offers?": 1.1,
    "/api/v1/proposals?published=true": 1.1,
    "/api/v1/proposals?published=true&sort=needed_by": 1.1,
    "/api/v1/proposals?category=goods": 1.1,
    "/api/v1/proposals?category=network": 1.5,
    "/api/v1/proposals?category=network&category=goods&category=hands": 2,
    "/api/v1/proposals?state=draft": 3,
    "/api/v1/proposals?state=completed": 3,
    "/api/v1/proposals?state=completed&sort=title": 3,
    "/api/v1/proposals?state=completed&state=draft&sort=needed_by": 4,
    "/api/v1/proposals?state=completed&category=hands": 6,
    "/api/v1/proposals?published=false&sort=title": 6,
    "/api/v1/proposals?organisation=$1": 2,
    "/api/v1/organisations?": 6, // and what is counted of each
    "/api/v1/organisations?sector=company": 6,
    "/api/v1/network/proposals?": 1.1,
    "/api/v1/network/proposals?sort=month": 1.1,
    "/api/v1/network/proposals?sort=distance": 3,
    "/api/v1/network/proposals?mine=true": 1.1,
    "/api/v1/network/proposals?category=goods": 1.1,
    "/api/v1/network/proposals?category=network": 1.5,
    "/api/v1/network/proposals?state=scheduled": 3,
    "/api/v1/network/proposals?state=expired&sort=month": 3,
    "/api/v1/network/proposals?origin=stadt3.example": 3,
    "/api/v1/network/proposals?origin=stadt3.example&sort=distance": 3,
};

for (const [target, most] of Object.entries(lists))
    test(`${target.replace(/\?$/, "")} reads at most ${most} rows for each row of its page, and counts no further than the bound`, async () => {
        const at = `${target.replace("$1", organisation)}&limit=${LIMIT}`.replace("?&", "?");
        const first = await readFor(at);
        const shown = first.body.items.length + (first.body.next ? 1 : 0);
        assert.ok(shown > 0, "something is shown");
        assert.ok(first.page <= most * shown, `read ${first.page} for ${shown}`);
        assert.ok(first.counted <= 2.5 * (BOUND + 1), `counted ${first.counted}`);
        if (!first.body.next) return;
        // And far behind it is as on the first page.
        let { next } = first.body;
        for (let page = 2; page < 10 && next; page++) ({ next } = (await town.get(`${at}&cursor=${next}`)).body);
        if (!next) return;
        const far = await readFor(`${at}&cursor=${next}`);
        assert.ok(far.page <= most * (far.body.items.length + 1), `read ${far.page} on page 10`);
    });

test("the log counts no further than the bound", async () => {
    psql(town.node.database, `INSERT INTO events (object_type, object_id, role, action) SELECT 'organisation', gen_random_uuid(), 'system', 'created' FROM generate_series(1, 5000); VACUUM ANALYZE events`);
    const { page, counted, body } = await readFor("/api/v1/audit?limit=50", { role: "admin" });
    assert.deepEqual([body.total, body.total_is_bound], [1000, true]);
    assert.ok(page <= 110 && counted <= BOUND + 1, `${page} ${counted}`);
});
