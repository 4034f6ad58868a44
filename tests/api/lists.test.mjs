// Lists: every order with every filter is read page by page without a gap or a repetition, whatever agrees in its sort key;
// totals are exact up to their bound; what a list shows of other tables is what they say now. What is expected is asked of
// the tables directly, in SQL as plain as can be.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { startTown } from "./lib/town.mjs";

let town;
before(async () => {
    town = await startTown();
});
after(() => town?.stop());

const sql = (text) => execFileSync("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", town.node.database], { input: text, encoding: "utf8" });
const rows = (text) => sql(text).split("\n").filter(Boolean);

// All pages of a list, one after the other.
async function read(target, limit, options) {
    const pages = [];
    for (let next = ""; next !== null; ) {
        const { status, text, body } = await town.get(`${target}${target.includes("?") ? "&" : "?"}limit=${limit}${next && `&cursor=${next}`}`, options);
        assert.equal(status, 200, text);
        pages.push(body);
        next = body.next;
    }
    return pages;
}

async function assertReads(target, limit, expected, name = (item) => item.id, options) {
    const pages = await read(target, limit, options);
    assert.deepEqual(pages.flatMap(({ items }) => items.map(name)), expected, target);
    for (const { total, total_is_bound } of pages) assert.deepEqual([total, total_is_bound], [Math.min(expected.length, 1000), expected.length > 1000], target);
}

const combined = (filters, sorts) => Object.entries(filters).flatMap(([query, where]) => Object.entries(sorts).map(([sort, order]) => ({ query: `sort=${sort}${query && `&${query}`}`, where, order })));

describe("proposals and offers", () => {
    let organisation;
    before(async () => {
        organisation = (await town.organisation({ name: "Zeltverleih" })).id;
        const other = (await town.organisation({ name: "Andere" })).id;
        const [proposal] = rows("SELECT array_agg(s) FROM unnest(ARRAY['draft', 'submitted', 'seeking', 'completed', 'expired', 'withdrawn']) s");
        // Few days, few titles, few times that differ by microseconds.
        for (const [kind, states] of [["proposal", proposal], ["offer", "{draft,available,taken,expired}"]])
            sql(`INSERT INTO listings (kind, number, organisation_id, title, text, language, help, municipality, day, state, updated_at)
                SELECT '${kind}', 100000 + n, (ARRAY['${organisation}', '${other}'])[1 + n / 3 % 2]::uuid, (ARRAY['Äpfel', 'apfel', 'Birnen', 'Birnen', '"Zelte" \\', repeat('lang ', 30)])[1 + n % 6],
                    'Text', 'de', (ARRAY['[{"category": "goods"}]', '[{"category": "hands"}, {"category": "goods"}]', '[{"category": "network"}]', '[{"category": "hands"}, {"category": "network"}, {"category": "space"}]'])[1 + n / 2 % 4]::jsonb,
                    'M', CASE WHEN n % 5 > 0 THEN date '2030-01-01' + n % 3 END, ('${states}'::text[])[1 + n * 7 % cardinality('${states}'::text[])], timestamptz '2026-01-01' + n % 7 * interval '1 microsecond'
                FROM generate_series(1, 220) n`);
        sql(`INSERT INTO publications (listing_id, rev, epoch, seq, body, source, published_at, erased_at)
            SELECT id, 1, 1, number, '{}', public_source, now(), CASE WHEN number % 9 = 0 THEN now() END FROM listings WHERE number % 3 = 0`);
    });

    const help = (...categories) => `EXISTS (SELECT FROM jsonb_array_elements(l.help) h WHERE h->>'category' IN (${categories.map((c) => `'${c}'`)}))`;
    const shown = "EXISTS (SELECT FROM publications p WHERE p.listing_id = l.id AND p.erased_at IS NULL)";
    const newest = { "-updated_at": "updated_at DESC, id DESC" }, titles = { title: "left(fold(title), 60), id" };
    const filters = (state) => ({
        "": "true",
        [`state=${state}`]: `state = '${state}'`,
        [`state=${state}&state=draft&state=${state}`]: `state IN ('${state}', 'draft')`,
        "category=goods": help("goods"),
        "category=space": help("space"),
        "category=hands&category=goods&category=network": help("goods", "hands", "network"),
        "published=true": shown,
        "published=false": `NOT ${shown}`,
        [`published=true&state=${state}`]: `${shown} AND state = '${state}'`,
        "category=network&published=false": `NOT ${shown} AND ${help("network")}`,
        [`category=goods&category=space&state=${state}&published=true`]: `${shown} AND state = '${state}' AND ${help("goods", "space")}`,
        "organisation=$1": "organisation_id = '$1'",
        [`organisation=$1&category=hands&state=${state}&state=draft&published=false`]: `organisation_id = '$1' AND NOT ${shown} AND state IN ('${state}', 'draft') AND ${help("hands")}`,
        "q=Zelte": "title LIKE '%Zelte%' OR organisation_id = '$1'",
        "q=Birnen&category=network&published=true": `title = 'Birnen' AND ${shown} AND ${help("network")}`,
        "q=Birnen&organisation=$1": "title = 'Birnen' AND organisation_id = '$1'",
    });
    for (const [plural, kind, cases] of [
        ["proposals", "proposal", combined(filters("seeking"), { ...newest, needed_by: "day NULLS LAST, id", ...titles })],
        ["offers", "offer", combined(filters("available"), { ...newest, available_until: "day NULLS LAST, id", ...titles })],
    ])
        for (const { query, where, order } of cases)
            test(`${plural}?${query}`, async () => {
                const expected = rows(`SELECT id FROM listings l WHERE kind = '${kind}' AND (${where.replaceAll("$1", organisation)}) ORDER BY ${order}`);
                assert.ok(expected.length > 0, "the filter finds something");
                await assertReads(`/api/v1/${plural}?${query.replaceAll("$1", organisation)}`, query.length % 2 ? 17 : 40, expected);
            });

    test("a page behind the last row is empty, and still says how many there are", async () => {
        const beyond = (...place) => Buffer.from(JSON.stringify(place)).toString("base64url");
        const first = "00000000-0000-0000-0000-000000000000", last = "ffffffff-ffff-ffff-ffff-ffffffffffff", long_ago = "1970-01-02 00:00:00+00";
        const { body: offers } = await town.get(`/api/v1/offers?cursor=${beyond(long_ago, first)}`);
        assert.deepEqual([offers.items, offers.next, offers.total], [[], null, 220]);
        for (const [target, place] of [["/api/v1/organisations", ["\uffff", last]], ["/api/v1/audit", ["0", first]]]) {
            const read = async (address) => (await town.get(address, { role: "admin" })).body;
            const all = await read(target), body = await read(`${target}?cursor=${beyond(...place)}`);
            assert.deepEqual([body.items, body.next, body.total], [[], null, all.total], target);
        }
    });
});

describe("organisations", () => {
    before(() => {
        sql(`INSERT INTO organisations (name, sector) SELECT repeat('Sehr langer Name ', 5) || n / 3, (ARRAY['civil_society', 'company', 'public_administration'])[1 + n % 3] FROM generate_series(0, 59) n`);
        sql("INSERT INTO organisations (name, sector) SELECT name, s FROM unnest(ARRAY['Äpfel', 'Zebra', 'aachen', 'Übel']) name, unnest(ARRAY['civil_society', 'company']) s");
    });
    const filters = { "": "true", "sector=company": "sector = 'company'", "q=Zebra": "name = 'Zebra'", "q=langer&sector=company": "sector = 'company' AND name LIKE '%langer%'" };
    for (const [query, where] of Object.entries(filters))
        test(`organisations?${query}`, async () => {
            const expected = rows(`SELECT id FROM organisations WHERE ${where} ORDER BY left(fold(name), 60), id`);
            assert.ok(expected.length > 0);
            await assertReads(`/api/v1/organisations${query && `?${query}`}`, 7, expected);
        });

    test("each with its numbers of contacts, proposals and offers", async () => {
        const counted = rows(`SELECT o.id, (SELECT count(*) FROM contacts WHERE organisation_id = o.id), count(l.id) FILTER (WHERE l.kind = 'proposal'), count(l.id) FILTER (WHERE l.kind = 'offer')
            FROM organisations o LEFT JOIN listings l ON l.organisation_id = o.id GROUP BY o.id ORDER BY left(fold(o.name), 60), o.id`);
        const told = (await read("/api/v1/organisations", 200)).flatMap(({ items }) => items);
        assert.deepEqual(told.map((o) => [o.id, o.contacts_count, o.proposals_count, o.offers_count].join("|")), counted);
    });
});

describe("what other towns have", () => {
    let self, here;
    before(() => {
        const config = readFileSync(town.node.config, "utf8");
        here = ["latitude", "longitude"].map((name) => Math.round(Number(new RegExp(`^${name} = (.*)$`, "m").exec(config)[1]) * 1e6));
        self = town.node.authority;
        const key = (n) => `\\x${String(n).repeat(64)}`;
        sql(`INSERT INTO peers (authority, name, country, role, latitude_e6, longitude_e6, confirmed, decision, key, key_id) VALUES
            ('near.example', 'Nahe', 'DE', 'city', ${here[0]} + 100000, ${here[1]}, true, NULL, '${key(1)}', 'k1'),
            ('far.example', 'Fern', 'NL', 'city', ${here[0]} + 3000000, ${here[1]}, true, NULL, '${key(2)}', 'k2'),
            ('far2.example', 'Auch fern', 'NL', 'city', ${here[0]} + 3000000, ${here[1]}, true, NULL, '${key(3)}', 'k3'),
            ('nowhere.example', 'Irgendwo', 'FR', 'city', NULL, NULL, true, NULL, '${key(4)}', 'k4'),
            ('silent.example', 'Still', 'DE', 'city', ${here[0]}, ${here[1]}, true, 'suspended', '${key(5)}', 'k5')`);
        // Answers and forwards come before and after the items; ids are the origins' to give, and two give the same.
        const answer = (rest) => sql(`INSERT INTO cases (id, origin, object, object_type, helper, response, at) SELECT gen_random_uuid(), o, md5('item' || n)::uuid, 'proposal', '${self}', 'taken_up', now()
            FROM generate_series(1, 200) n, unnest(ARRAY['near.example', 'far.example', 'nowhere.example']) o WHERE n % 11 = ${rest}`);
        const forward = (rest) => sql(`INSERT INTO forwards (id, direction, peer, origin, object, object_type, at, epoch, seq) SELECT gen_random_uuid(), 'in', 'near.example', o, md5('item' || n)::uuid, 'proposal', now(), 1, n
            FROM generate_series(1, 200) n, unnest(ARRAY['far.example', 'far2.example']) o WHERE n % 13 = ${rest}`);
        answer(1), forward(1);
        sql(`INSERT INTO network_items (origin, id, type, rev, epoch, seq, title, text, language, help, municipality, month, state, published_at)
            SELECT p.authority, md5('item' || n)::uuid, CASE WHEN n % 10 = 0 THEN 'offer' ELSE 'proposal' END, 1, 1, n, (ARRAY['Äpfel', 'Birnen', 'Zelte'])[1 + n % 3], 'Text', 'de',
                (SELECT jsonb_agg(jsonb_build_object('category', c, 'quantity_band', NULL)) FROM unnest(string_to_array((ARRAY['goods', 'hands goods', 'space'])[1 + n % 3], ' ')) c), '{"name": "M", "scheme": null, "code": null}',
                CASE WHEN n % 4 > 0 THEN '2030-0' || 1 + n % 3 END, CASE WHEN n % 10 = 0 THEN 'available' ELSE (ARRAY['seeking', 'matched', 'other'])[1 + n % 3] END, timestamptz '2026-01-01' + n % 5 * interval '1 microsecond'
            FROM generate_series(1, 60) n, peers p WHERE p.key_id LIKE 'k_'`);
        answer(2), forward(2);
    });

    const km = () => `distance_km(${here}, p.latitude_e6, p.longitude_e6)`;
    const help = (...categories) => `EXISTS (SELECT FROM jsonb_array_elements(i.help) h WHERE h->>'category' IN (${categories.map((c) => `'${c}'`)}))`;
    const mine = "EXISTS (SELECT FROM cases c WHERE c.origin = i.origin AND c.object = i.id AND c.helper = $self)";
    const forwarded = "EXISTS (SELECT FROM forwards f WHERE f.origin = i.origin AND f.object = i.id AND f.direction = 'in')";
    const filters = {
        "": "true",
        "category=goods": help("goods"),
        "category=space&category=hands&category=goods": help("space", "hands", "goods"),
        "state=seeking": "i.state = 'seeking'",
        "state=other&state=matched": "i.state IN ('other', 'matched')",
        "origin=far.example": "i.origin = 'far.example'",
        "origin=silent.example": "false",
        "country=NL": "p.country = 'NL'",
        "max_km=50": "$km <= 50",
        "mine=true": mine,
        "mine=false": `NOT ${mine}`,
        "forwarded=true": forwarded,
        "forwarded=false": `NOT ${forwarded}`,
        "mine=true&forwarded=false&country=NL": `${mine} AND NOT ${forwarded} AND p.country = 'NL'`,
        "category=goods&state=seeking&max_km=5000": `${help("goods")} AND i.state = 'seeking' AND $km <= 5000`,
        "q=Zelte": "i.title = 'Zelte'",
        "q=Zelte&country=NL&mine=false&category=space": `i.title = 'Zelte' AND p.country = 'NL' AND NOT ${mine} AND ${help("space")}`,
    };
    const sorts = { "-published_at": "i.published_at DESC, i.id DESC, i.origin DESC", month: "coalesce(i.month, '9999-99'), i.id, i.origin", distance: "coalesce($km, 99999), i.origin, i.published_at DESC, i.id DESC" };
    for (const { query, where, order } of combined(filters, sorts))
        test(`network/proposals?${query}`, async () => {
            const filled = (text) => text.replaceAll("$km", km()).replaceAll("$self", `'${self}'`);
            const expected = rows(`SELECT i.origin || ' ' || i.id FROM network_items i JOIN peers p ON p.authority = i.origin WHERE p.state = 'active' AND i.type = 'proposal' AND ${filled(where)} ORDER BY ${filled(order)}`);
            assert.ok(expected.length > 0 || where === "false");
            await assertReads(`/api/v1/network/proposals?${query}`, query.length % 2 ? 17 : 40, expected, ({ origin, id }) => `${origin.authority} ${id}`);
        });

    test("cases and forwards stand with the items that have them", async () => {
        const facts = rows(`SELECT origin || ' ' || id, ${mine.replaceAll("$self", `'${self}'`)}, ${forwarded} FROM network_items i`).map((row) => row.split("|"));
        const known = new Map(facts.map(([name, answered, by]) => [name, [answered === "t", by === "t"]]));
        for (const { items } of await read("/api/v1/network/proposals", 100))
            for (const item of items) {
                const [answered, by] = known.get(`${item.origin.authority} ${item.id}`);
                assert.deepEqual([item.response !== null, item.forwarded_by !== null], [answered, by], item.id);
                assert.deepEqual(item.allowed_responses.map(({ response }) => response), answered ? ["company_found", "handed_back", "declined"] : ["taken_up", "declined", "company_found"]);
            }
    });

    test("an answer and a forward that are erased are gone from the list", async () => {
        sql("DELETE FROM cases; DELETE FROM forwards WHERE direction = 'in'");
        for (const query of ["mine=true", "forwarded=true"]) assert.equal((await town.get(`/api/v1/network/proposals?${query}`)).body.total, 0);
        assert.equal((await town.get("/api/v1/network/proposals?mine=false&forwarded=false")).body.total, 4 * 54);
    });
});

test("the log is read page by page, newest first", async () => {
    const expected = rows("SELECT lpad(to_hex(id), 32, '0')::uuid FROM events ORDER BY id DESC");
    await assertReads("/api/v1/audit", 7, expected, undefined, { role: "admin" });
});

test("forwards are read page by page, newest first", async () => {
    sql(`INSERT INTO forwards (id, direction, peer, origin, object, object_type, at, received_at, epoch, seq) SELECT gen_random_uuid(), 'out', 'near.example', '${town.node.authority}', gen_random_uuid(), 'proposal', now(),
        timestamptz '2026-01-01' + n % 4 * interval '1 microsecond', 9, n FROM generate_series(1, 40) n`);
    await assertReads("/api/v1/forwards?direction=out", 7, rows("SELECT id FROM forwards WHERE direction = 'out' ORDER BY received_at DESC, id DESC"));
});

describe("totals are exact up to a thousand, and then say that there are more", () => {
    const lists = {
        "/api/v1/proposals?state=scheduled": (n) => `INSERT INTO listings (kind, number, organisation_id, title, text, language, help, municipality, state)
            SELECT 'proposal', nextval('proposal_number'), (SELECT id FROM organisations ORDER BY id LIMIT 1), 'T', 't', 'de', '[{"category": "transport"}]', 'M', 'scheduled' FROM generate_series(1, ${n})`,
        "/api/v1/proposals": (n) => `INSERT INTO listings (kind, number, organisation_id, title, text, language, help, municipality, state)
            SELECT 'proposal', nextval('proposal_number'), (SELECT id FROM organisations ORDER BY id LIMIT 1), 'T', 't', 'de', '[{"category": "transport"}]', 'M', 'draft' FROM generate_series(1, ${n})`,
        "/api/v1/organisations?sector=company": (n) => `INSERT INTO organisations (name, sector) SELECT 'T' || gen_random_uuid(), 'company' FROM generate_series(1, ${n})`,
        "/api/v1/network/proposals?category=training&origin=near.example": (n) => `INSERT INTO network_items (origin, id, type, rev, epoch, seq, title, text, language, help, municipality, state, published_at)
            SELECT 'near.example', gen_random_uuid(), 'proposal', 1, 1, 1, 'T', 't', 'de', '[{"category": "training", "quantity_band": null}]', '{"name": "M", "scheme": null, "code": null}', 'seeking', now() FROM generate_series(1, ${n})`,
    };
    for (const [target, add] of Object.entries(lists))
        test(target, async () => {
            const told = async () => {
                const { body } = await town.get(`${target}${target.includes("?") ? "&" : "?"}limit=1`);
                return [body.total, body.total_is_bound];
            };
            // From what the tests before have left.
            for (let [have, bound] = await told(); have < 1000 && !bound; [have, bound] = await told()) {
                sql(add(have < 999 ? 999 - have : 1));
                assert.deepEqual(await told(), [have < 999 ? 999 : 1000, false]);
            }
            sql(add(1));
            assert.deepEqual(await told(), [1000, true]);
        });
});

describe("a list shows of other tables what they say now", () => {
    // As its own page has it: the list's row is made in the same way, so what is expected is said here once more.
    async function listed(listing) {
        const [page] = await read(`/api/v1/proposals?organisation=${listing.organisation.id}`, 200);
        const row = page.items.find(({ id }) => id === listing.id);
        assert.deepEqual(row, (await town.get(town.path(listing))).body);
        return row;
    }

    test("the name of an organisation that was renamed, or to which it was given", async () => {
        const organisation = await town.organisation({ name: "Vorher" }), other = await town.organisation({ name: "Andere Leute" });
        const proposal = await town.proposal({ organisation_id: organisation.id });
        assert.equal((await listed(proposal)).organisation.name, "Vorher");
        assert.equal((await town.call("PATCH", `/api/v1/organisations/${organisation.id}`, { body: { name: "Nachher" }, version: 1 })).status, 200);
        assert.equal((await listed(proposal)).organisation.name, "Nachher");
        assert.equal((await town.call("PATCH", town.path(proposal), { body: { organisation_id: other.id }, version: 1 })).status, 200);
        const row = (await town.get(`/api/v1/proposals?organisation=${other.id}`)).body.items[0];
        assert.deepEqual([row.id, row.organisation], [proposal.id, { id: other.id, name: "Andere Leute" }]);
    });

    test("renamed while proposals are recorded for it, it has one name everywhere", async () => {
        const organisation = await town.organisation({ name: "Name 0" });
        let version = 1;
        const rename = async () => {
            for (let n = 1; n <= 12; n++) {
                const answer = await town.call("PATCH", `/api/v1/organisations/${organisation.id}`, { body: { name: `Name ${n}` }, version });
                assert.equal(answer.status, 200, answer.text);
                version = answer.body.version;
            }
        };
        const record = async () => {
            for (let n = 0; n < 12; n++) await town.proposal({ organisation_id: organisation.id });
        };
        await Promise.all([rename(), record(), record()]);
        const { items } = (await town.get(`/api/v1/proposals?organisation=${organisation.id}`)).body;
        assert.equal(items.length, 24);
        assert.deepEqual([...new Set(items.map((item) => item.organisation.name))], ["Name 12"]);
    });

    test("what stands published, to how many it came, and whether it is what is recorded", async () => {
        const proposal = await town.move(await town.proposal(), "submitted");
        sql("DELETE FROM peers WHERE key_id LIKE 'k_'");
        sql(`INSERT INTO peers (authority, name, country, role, confirmed, key, key_id) SELECT 'city' || n || '.example', 'Stadt', 'DE', 'city', true, decode(repeat('a' || n, 32), 'hex'), 'a' || n FROM generate_series(1, 4) n`);
        assert.equal((await listed(proposal)).published, null);
        const path = `${town.path(proposal)}/publication`;
        const looked = (await town.post(`${path}/preview`, {})).body;
        assert.equal((await town.call("PUT", path, { body: { digest: looked.digest } })).status, 200);
        const { at, ...published } = (await listed(proposal)).published;
        assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        assert.deepEqual(published, { current: true, delivered: 0, of: 4 });
        assert.deepEqual((await town.get("/api/v1/proposals?published=true")).body.items.map(({ id }) => id).includes(proposal.id), true);

        const [[epoch, seq]] = rows(`SELECT epoch, seq FROM publications WHERE listing_id = '${proposal.id}'`).map((row) => row.split("|").map(Number));
        // Who asks after what it did not acknowledge follows another history of ours.
        sql(`INSERT INTO peer_cursors (authority, stream, epoch, seq, asked_epoch, asked_seq, created) VALUES ('city1.example', 'net', ${epoch}, ${seq}, ${epoch}, ${seq}, 1),
            ('city2.example', 'net', ${epoch}, ${seq - 1}, ${epoch}, ${seq - 1}, 1), ('city3.example', 'net', ${epoch}, ${seq}, ${epoch}, ${seq + 1}, 1),
            ('city4.example', 'to', ${epoch}, ${seq}, ${epoch}, ${seq}, 1)`);
        assert.deepEqual((({ delivered, of }) => [delivered, of])((await listed(proposal)).published), [1, 4]);

        const changed = await town.call("PATCH", town.path(proposal), { body: { text: "Anders." }, version: (await town.get(town.path(proposal))).body.version });
        assert.equal(changed.status, 200, changed.text);
        assert.equal((await listed(proposal)).published.current, false);
        sql(`UPDATE publications SET source = l.public_source FROM listings l WHERE l.id = listing_id AND listing_id = '${proposal.id}'`);
        assert.equal((await listed(proposal)).published.current, true);
        sql(`UPDATE publications SET held_at = now() WHERE listing_id = '${proposal.id}'`);
        assert.equal((await listed(proposal)).published.current, false);
        const erased = await town.post(`${path}/erase`, { reason: "Schluss" });
        assert.ok(erased.status < 300, erased.text);
        assert.equal((await listed(proposal)).published, null);
        assert.deepEqual((await town.get("/api/v1/proposals?published=true")).body.items.some(({ id }) => id === proposal.id), false);
    });

    test("whether it was forwarded by us", async () => {
        const proposal = await town.proposal();
        const forward = (direction, origin) => sql(`INSERT INTO forwards (id, direction, peer, origin, object, object_type, at, epoch, seq) VALUES (gen_random_uuid(), '${direction}', 'city1.example', '${origin}', '${proposal.id}', 'proposal', now(), 1, 1)`);
        forward("in", town.node.authority);
        forward("out", "city2.example");
        assert.equal((await listed(proposal)).forwarded, false, "what another town has under this id is none of ours");
        forward("out", town.node.authority);
        assert.equal((await listed(proposal)).forwarded, true);
        sql(`DELETE FROM forwards WHERE object = '${proposal.id}' AND direction = 'out'`);
        assert.equal((await listed(proposal)).forwarded, false);
    });
});
