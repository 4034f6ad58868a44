#include "node/db/network/items.h"

#include <stdlib.h>
#include <string.h>

#include "node/db/asked.h"
#include "node/db/search.h"
#include "protocol/entry.h"

/* clang-format off */
/* $1 is our authority. */
#define OUR_CASE(what) \
    "CASE WHEN i.answered THEN (SELECT " what " FROM cases c WHERE c.origin = i.origin AND c.object = i.id AND c.helper = $1) END"
/* What a page shows. $2 and $3 are our place. Cases and forwards are looked for only where there are any. */
#define COLUMNS \
    "i.origin AS page_origin, t.name AS origin_name, t.country AS origin_country, t.mailbox AS origin_mailbox, i.id, i.type, " \
    "i.title, i.text, i.language, i.help, i.municipality, i.month, i.state, i.published_at, t.km AS distance_km, " \
    OUR_CASE("c.response") " AS response, " \
    "CASE WHEN i.forwarded THEN (SELECT jsonb_build_object('authority', f.peer, 'name', coalesce(r.name, f.peer), " \
    "'note', f.note, 'at', " DB_TIME("f.at") ") FROM forwards f LEFT JOIN peers r ON r.authority = f.peer " \
    "WHERE f.direction = 'in' AND f.origin = i.origin AND f.object = i.id ORDER BY f.received_at, f.id LIMIT 1) END AS forwarded_by"
/* Towns that are active: who is suspended here is not read here. They are few, so they are read, and how far they are is
 * told, once. */
#define WITH_TOWNS \
    "WITH towns AS MATERIALIZED (SELECT authority, name, country, mailbox, distance_km($2, $3, latitude_e6, longitude_e6) AS km " \
    "FROM peers WHERE state = 'active') "
#define OF_TOWN " JOIN towns t ON t.authority = i.origin "
/* The few towns, mostly none, that are not. */
#define ACTIVE \
    "i.origin <> ALL ((SELECT coalesce(array_agg(authority), '{}') FROM peers WHERE state <> 'active')::text[]) AND "
#define ASKED_TOWNS \
    "SELECT t.authority, coalesce(t.km, 99999) AS km FROM towns t WHERE ($13::text IS NULL OR t.authority = $13) " \
    "AND ($14::text IS NULL OR t.country = $14) AND ($15::int IS NULL OR t.km <= $15)"
#define OF_ASKED_TOWNS "i.origin = ANY ((SELECT array_agg(authority) FROM (" ASKED_TOWNS ") AS asked)::text[]) AND "

/* Walks, as those of listings: $4 is the type, $5 to $7 key, id and origin of the last row seen, $8 the limit. */
#define WALK(columns, condition, beyond, order) \
    "SELECT " columns " FROM network_items i WHERE i.type = $4 AND " condition beyond " " order " " DB_PAGE_MOST
#define NEWEST_KEYS   "i.origin, i.id, i.published_at"
#define MONTH_KEYS    "i.origin, i.id, i.month_key"
#define NEWEST_BEYOND "(i.published_at, i.id, i.origin) < ($5::timestamptz, $6::uuid, $7::text)"
#define MONTH_BEYOND  "(i.month_key, i.id, i.origin) > ($5::text, $6::uuid, $7::text)"
#define NEWEST_ORDER  "ORDER BY i.published_at DESC, i.id DESC, i.origin DESC"
#define MONTH_ORDER   "ORDER BY i.month_key, i.id, i.origin"
#define NEWEST_STOP   NEWEST_ORDER " LIMIT $8::bigint + 1"
#define MONTH_STOP    MONTH_ORDER " LIMIT $8::bigint + 1"
#define NEWEST_SHOWN  "ORDER BY page_key DESC, id DESC, page_origin DESC"
#define MONTH_SHOWN   "ORDER BY page_key, id, page_origin"
#define NEWEST(columns, condition) WALK(columns, condition, NEWEST_BEYOND, NEWEST_ORDER)
#define MONTH(columns, condition)  WALK(columns, condition, MONTH_BEYOND, MONTH_ORDER)
/* For counting. */
#define TALLY(columns, condition) \
    "SELECT i.id, i.origin, i.published_at FROM network_items i WHERE i.type = $4 AND " condition \
    "true ORDER BY i.published_at, i.id, i.origin LIMIT 1001"
#define TALLY_KEYS
#define TALLY_ORDER "ORDER BY i.published_at, i.id, i.origin"
#define TALLY_STOP ""

/* Ways to find rows: $9 has the categories (bits), $10 the states (text[]), $11 whether answered and $12 whether forwarded
 * (boolean[]); of the towns $13 the origin, $14 the country, $15 how far at most; $16 a query of db/search. */
#define ALL(walk)       walk("*", ACTIVE)
#define ANSWERED(walk)  walk("*", "i.answered AND " ACTIVE)
#define FORWARDED(walk) walk("*", "i.forwarded AND " ACTIVE)
#define CATEGORY_WALK_NEWEST(columns, condition) NEWEST(columns, ACTIVE condition)
#define CATEGORY_WALK_TALLY(columns, condition)  TALLY(columns, ACTIVE condition)
#define CATEGORIES(walk) \
    "SELECT DISTINCT ON (i.published_at, i.id, i.origin) * FROM (" DB_ASKED_CATEGORIES(CATEGORY_WALK_##walk, "*", "i", "$9") \
    ") AS i " walk##_ORDER
#define FITS \
    "i.categories & $9::int <> 0 AND i.answered = ANY ($11::boolean[]) AND i.forwarded = ANY ($12::boolean[]) AND "
#define SOME(walk) \
    "SELECT i.* FROM unnest($10::text[]) AS s (state) CROSS JOIN LATERAL (SELECT * FROM (" \
    walk(walk##_KEYS, "i.state = s.state AND " FITS OF_ASKED_TOWNS) ") AS i " walk##_STOP ") AS i"
#define OF_TOWNS(walk) \
    "SELECT i.* FROM (" ASKED_TOWNS ") AS o CROSS JOIN LATERAL (SELECT * FROM (" \
    walk(walk##_KEYS, "i.origin = o.authority AND i.state = ANY ($10::text[]) AND " FITS) ") AS i " walk##_STOP ") AS i"

#define FOUND(way, walk) "(" way(walk) ") AS i "
#define TOTAL(way)       "SELECT FROM " FOUND(way, TALLY)
#define PAGE(way, walk, key) \
    WITH_TOWNS DB_PAGE(TOTAL(way), "SELECT " COLUMNS ", i." key " AS page_key FROM (SELECT * FROM " FOUND(way, walk) walk##_STOP ") AS i" \
    OF_TOWN walk##_STOP, walk##_SHOWN)
#define FETCH(walk, key, which) \
    "SELECT " COLUMNS ", i." key " AS page_key FROM (SELECT i.origin, i.id FROM " which walk##_STOP ") AS place " \
    "JOIN network_items i ON i.origin = place.origin AND i.id = place.id" OF_TOWN walk##_STOP
#define PAGE_OF_TOWNS(walk, key) WITH_TOWNS DB_PAGE(TOTAL(OF_TOWNS), FETCH(walk, key, FOUND(OF_TOWNS, walk)), walk##_SHOWN)
/* In an order for which a way has no index: along each state, and counted by its own way all the same. */
#define PAGE_BY_STATE(way, walk, key) WITH_TOWNS DB_PAGE(TOTAL(way), FETCH(walk, key, FOUND(SOME, walk)), walk##_SHOWN)
/* What a search finds has no order of its own: all of it is looked at once, and what nobody asked comes as NULL (as in
 * listings.c). */
#define SEARCHED(columns) \
    WITH_TOWNS ", found AS MATERIALIZED (SELECT " columns " FROM network_items i WHERE " DB_SEARCH_FINDS("i", "$16", "$4") " " \
    "AND ($9::int IS NULL OR i.categories & $9 <> 0) AND ($10::text[] IS NULL OR i.state = ANY ($10)) " \
    "AND ($11::boolean[] IS NULL OR i.answered = ANY ($11)) AND ($12::boolean[] IS NULL OR i.forwarded = ANY ($12)) AND " \
    OF_ASKED_TOWNS "true) "
#define PAGE_SEARCHED(walk, key) \
    SEARCHED(walk##_KEYS) \
    DB_PAGE("SELECT FROM found", FETCH(walk, key, "found AS i WHERE " walk##_BEYOND " "), walk##_SHOWN)

/* One town after the other as they are near; of each what is new first. Behind the last row seen come the rest of its own
 * town and the towns behind. */
#define NEAREST_ORDER "ORDER BY coalesce(t.km, 99999), i.origin, i.published_at DESC, i.id DESC"
#define NEAREST_SHOWN "ORDER BY coalesce(distance_km, 99999), page_origin, page_key DESC, id DESC"
#define LISTED "network_items i WHERE i.type = $4 AND i.state = ANY ($10::text[]) AND " FITS "true"
#define NEAREST(total, which) \
    DB_PAGE(total, "SELECT " COLUMNS ", i.published_at AS page_key FROM (SELECT i.origin, i.id FROM (" \
    ASKED_TOWNS " AND (coalesce(t.km, 99999), t.authority) >= " \
    "(coalesce((SELECT distance_km($2, $3, latitude_e6, longitude_e6) FROM peers WHERE authority = $7), CASE $7 WHEN '' " \
    "THEN -1 ELSE 99999 END), $7::text) ORDER BY 2, 1) AS o CROSS JOIN LATERAL (SELECT i.origin, i.id FROM " which " AND " \
    "i.origin = o.authority AND (i.published_at, i.id) < (CASE o.authority WHEN $7 THEN $5::timestamptz ELSE 'infinity' END, " \
    "CASE o.authority WHEN $7 THEN $6::uuid ELSE 'ffffffff-ffff-ffff-ffff-ffffffffffff' END) " \
    "ORDER BY i.published_at DESC, i.id DESC " DB_PAGE_MOST ") AS i LIMIT $8::bigint + 1) AS place " \
    "JOIN network_items i ON i.origin = place.origin AND i.id = place.id" OF_TOWN NEAREST_ORDER " LIMIT $8::bigint + 1", \
    NEAREST_SHOWN)

enum {
    PUT, ERASE, LOSE, LOCK,
    ALL_NEWEST, ALL_NEAREST, ALL_BY_MONTH,
    ANSWERED_NEWEST, ANSWERED_NEAREST, ANSWERED_BY_MONTH,
    FORWARDED_NEWEST, FORWARDED_NEAREST, FORWARDED_BY_MONTH,
    CATEGORIES_NEWEST, CATEGORIES_NEAREST, CATEGORIES_BY_MONTH,
    SOME_NEWEST, SOME_NEAREST, SOME_BY_MONTH,
    TOWNS_NEWEST, TOWNS_NEAREST, TOWNS_BY_MONTH,
    SEARCHED_NEWEST, SEARCHED_NEAREST, SEARCHED_BY_MONTH,
    READ, HISTORY
};

const struct db_statement db_items_statements[] = {
    [PUT] = {"items_put",
        "INSERT INTO network_items AS i (origin, id, type, rev, epoch, seq, title, text, language, help, municipality, "
        "month, state, published_at) VALUES ($1, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb, "
        "$12, $13, to_timestamp($14::bigint)) ON CONFLICT (origin, id) DO UPDATE SET "
        "type = $3, rev = $4, epoch = $5, seq = $6, title = $7, text = $8, language = $9, help = $10::jsonb, "
        "municipality = $11::jsonb, month = $12, state = $13, published_at = to_timestamp($14::bigint), "
        "received_at = now(), answered = excluded.answered, "
        "forwarded = excluded.forwarded WHERE (i.epoch, i.seq) < ($5, $6)"},
    [ERASE] = {"items_erase",
        "DELETE FROM network_items i USING json_to_recordset($2::json) AS n (id uuid, epoch bigint, seq bigint) "
        "WHERE i.origin = $1 AND i.id = n.id AND (i.epoch, i.seq) = (n.epoch, n.seq) RETURNING i.id"},
    [LOSE] = {"items_lose",
        "DELETE FROM network_items i USING streams s, entries e WHERE i.origin = $1 AND s.origin = $1 AND s.name = 'net' "
        "AND s.epoch = i.epoch AND e.stream_id = s.id AND e.seq = i.seq AND e.status <> 'held' RETURNING i.id"},
    [LOCK] = {"items_lock", "SELECT FROM network_items WHERE origin = $1 AND id = $2::uuid FOR UPDATE"},
    [ALL_NEWEST] = {"items_newest", PAGE(ALL, NEWEST, "published_at")},
    [ALL_NEAREST] = {"items_nearest", WITH_TOWNS NEAREST(TOTAL(ALL), LISTED)},
    [ALL_BY_MONTH] = {"items_by_month", PAGE(ALL, MONTH, "month_key")},
    [ANSWERED_NEWEST] = {"items_answered_newest", PAGE(ANSWERED, NEWEST, "published_at")},
    [ANSWERED_NEAREST] = {"items_answered_nearest", WITH_TOWNS NEAREST(TOTAL(ANSWERED), LISTED)},
    [ANSWERED_BY_MONTH] = {"items_answered_by_month", PAGE_BY_STATE(ANSWERED, MONTH, "month_key")},
    [FORWARDED_NEWEST] = {"items_forwarded_newest", PAGE(FORWARDED, NEWEST, "published_at")},
    [FORWARDED_NEAREST] = {"items_forwarded_nearest", WITH_TOWNS NEAREST(TOTAL(FORWARDED), LISTED)},
    [FORWARDED_BY_MONTH] = {"items_forwarded_by_month", PAGE_BY_STATE(FORWARDED, MONTH, "month_key")},
    [CATEGORIES_NEWEST] = {"items_categories_newest", PAGE(CATEGORIES, NEWEST, "published_at")},
    [CATEGORIES_NEAREST] = {"items_categories_nearest", WITH_TOWNS NEAREST(TOTAL(CATEGORIES), LISTED)},
    [CATEGORIES_BY_MONTH] = {"items_categories_by_month", PAGE_BY_STATE(CATEGORIES, MONTH, "month_key")},
    [SOME_NEWEST] = {"items_some_newest", PAGE_BY_STATE(SOME, NEWEST, "published_at")},
    [SOME_NEAREST] = {"items_some_nearest", WITH_TOWNS NEAREST(TOTAL(SOME), LISTED)},
    [SOME_BY_MONTH] = {"items_some_by_month", PAGE_BY_STATE(SOME, MONTH, "month_key")},
    [TOWNS_NEWEST] = {"items_towns_newest", PAGE_OF_TOWNS(NEWEST, "published_at")},
    [TOWNS_NEAREST] = {"items_towns_nearest", WITH_TOWNS NEAREST(TOTAL(OF_TOWNS), LISTED)},
    [TOWNS_BY_MONTH] = {"items_towns_by_month", PAGE_BY_STATE(OF_TOWNS, MONTH, "month_key")},
    [SEARCHED_NEWEST] = {"items_searched_newest", PAGE_SEARCHED(NEWEST, "published_at")},
    [SEARCHED_BY_MONTH] = {"items_searched_by_month", PAGE_SEARCHED(MONTH, "month_key")},
    [SEARCHED_NEAREST] = {"items_searched_nearest",
        SEARCHED(NEWEST_KEYS) NEAREST("SELECT FROM found", "found i WHERE true")},
    [READ] = {"items_read",
        WITH_TOWNS "SELECT " COLUMNS ", " OUR_CASE(DB_CASE("$7")) " AS \"case\" FROM network_items i" OF_TOWN
        "WHERE i.type = $4 AND i.origin = $5 AND i.id = $6::uuid"},
    /* What the origin said comes from its lines, what we and others did about it from our events. $4: the states that
     * this edition knows. */
    [HISTORY] = {"items_history",
        "WITH told AS (SELECT e.at, CASE WHEN $4::jsonb ? line.state THEN line.state ELSE 'other' END AS state, "
        "row_number() OVER (ORDER BY s.epoch, e.seq) AS n FROM entries e JOIN streams s ON s.id = e.stream_id "
        "CROSS JOIN LATERAL (SELECT convert_from(e.line, 'UTF8')::jsonb->'body'->>'state' AS state) line "
        "WHERE s.origin = $1 AND s.name = 'net' AND e.object_id = ($2::text)::uuid AND e.type = $3 AND e.status = 'held' "
        "AND e.seq <= s.vouched_seq), happened (at, n, actor, peer, action, \"from\", \"to\", response, reason) AS ("
        "SELECT at, n, NULL::jsonb, $1, CASE n WHEN 1 THEN 'published' ELSE 'republished' END, lag(state) OVER (ORDER BY n), "
        "state, NULL, NULL FROM told UNION ALL "
        "SELECT e.at, e.id, CASE WHEN e.role <> 'system' THEN "
        "jsonb_build_object('name', coalesce(u.name, ''), 'role', e.role) END, e.peer, e.action, e.from_state, e.to_state, "
        "e.details->>'response', e.reason FROM events e LEFT JOIN users u ON u.id = e.user_id "
        "WHERE e.object_type = $3 AND e.object_id = $2 AND e.origin = $1) "
        "SELECT " DB_TIME("h.at") " AS at, h.actor, CASE WHEN h.peer IS NOT NULL THEN jsonb_build_object('authority', h.peer, "
        "'name', coalesce(p.name, h.peer)) END AS peer, h.action, h.\"from\", h.\"to\", h.response, h.reason FROM happened h "
        "LEFT JOIN peers p ON p.authority = h.peer ORDER BY h.at DESC, h.n DESC LIMIT 1000"},
    {NULL, NULL},
};
/* clang-format on */

static const struct db_json_column item_columns[] = {
    {"page_origin", DB_JSON_SKIP},    {"origin_name", DB_JSON_SKIP},    {"origin_country", DB_JSON_SKIP},
    {"origin_mailbox", DB_JSON_SKIP}, {"help", DB_JSON_DOCUMENT},       {"municipality", DB_JSON_DOCUMENT},
    {"published_at", DB_JSON_TIME},   {"distance_km", DB_JSON_INTEGER}, {"forwarded_by", DB_JSON_DOCUMENT},
    {"case", DB_JSON_DOCUMENT},       {"page_key", DB_JSON_SKIP},       {"page_total", DB_JSON_SKIP},
    {NULL, DB_JSON_STRING},
};

static const struct db_json_column history_columns[] = {
    {"actor", DB_JSON_DOCUMENT},
    {"peer", DB_JSON_DOCUMENT},
    {NULL, DB_JSON_STRING},
};

bool db_items_put(struct tx *tx, const struct db_items_item *item)
{
    char *help = json_dumps(item->help, JSON_COMPACT),
         *municipality = json_dumps(item->municipality, JSON_COMPACT);
    bool ok = help && municipality &&
              DB_QUERY(tx, &db_items_statements[PUT], NULL, db_text(item->origin), db_text(item->id),
                       db_text(item->type), db_integer(item->rev), db_integer(item->entry.epoch),
                       db_integer(item->entry.seq), db_text(item->title), db_text(item->text),
                       db_text(item->language), db_text(help), db_text(municipality), db_text(item->month),
                       db_text(item->state), db_integer(item->at));

    free(help);
    free(municipality);
    return ok;
}

static json_t *take_ids(struct db_result *rows)
{
    json_t *ids = json_array();

    for (size_t row = 0; row < db_rows(rows); row++)
        json_array_append_new(ids, json_string(db_cell(rows, row, "id")));
    db_result_destroy(rows);
    return ids;
}

bool db_items_erase(struct tx *tx, const char *origin, const json_t *items, json_t **ids)
{
    char *text = json_dumps(items, JSON_COMPACT);
    struct db_result *rows;
    bool ok = text && DB_QUERY(tx, &db_items_statements[ERASE], &rows, db_text(origin), db_text(text));

    free(text);
    if (!ok)
        return false;
    *ids = take_ids(rows);
    return true;
}

bool db_items_lose(struct tx *tx, const char *origin, json_t **ids)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_items_statements[LOSE], &rows, db_text(origin)))
        return false;
    *ids = take_ids(rows);
    return true;
}

bool db_items_lock(struct tx *tx, const char *origin, const char *id)
{
    return DB_QUERY(tx, &db_items_statements[LOCK], NULL, db_text(origin), db_text(id));
}

/* How rows are read by somebody: what their members need that are made of several columns. */
struct reading {
    struct db_form form;
    const struct db_items_filter *filter;
    int authority, name, country, mailbox, response; /* columns */
};

static void put_member(struct buffer *out, const char *before, const char *text)
{
    buffer_puts(out, before);
    if (text)
        db_json_text(out, text, strlen(text));
    else
        buffer_puts(out, "null");
}

static void put_more(struct buffer *out, const struct db_result *result, size_t row, void *arg)
{
    const struct reading *reading = arg;
    const struct db_items_filter *filter = reading->filter;

    put_member(out, ",\"origin\":{\"authority\":", db_at(result, row, reading->authority));
    put_member(out, ",\"name\":", db_at(result, row, reading->name));
    put_member(out, ",\"country\":", db_at(result, row, reading->country));
    put_member(out, ",\"mailbox\":", db_at(result, row, reading->mailbox));
    buffer_puts(out, "}");
    if (filter->put_answers)
        filter->put_answers(out, db_at(result, row, reading->response), filter->reader);
}

static void begin_reading(struct reading *reading, const struct db_items_filter *filter,
                          const struct db_result *rows)
{
    *reading = (struct reading){
        .form = {.columns = item_columns, .more = put_more, .arg = reading},
        .filter = filter,
        .authority = db_column(rows, "page_origin"),
        .name = db_column(rows, "origin_name"),
        .country = db_column(rows, "origin_country"),
        .mailbox = db_column(rows, "origin_mailbox"),
        .response = db_column(rows, "response"),
    };
}

static const struct db_order orders[] = {
    [ITEMS_NEWEST] = {DB_ORDER_TIME, {"infinity", DB_ORDER_LAST, ""}},
    [ITEMS_NEAREST] = {DB_ORDER_TIME, {"infinity", DB_ORDER_LAST, ""}},
    [ITEMS_BY_MONTH] = {DB_ORDER_TEXT, {"", DB_ORDER_FIRST, ""}},
};

/* The parameters of the statements of a page, $1 first: who and where we are, the page, what is asked for. */
enum {
    AUTHORITY,
    LATITUDE,
    LONGITUDE,
    TYPE,
    KEY,
    ID,
    ORIGIN,
    LIMIT,
    HELP,
    STATES,
    MINE,
    POINTED_TO,
    OF_ORIGIN,
    OF_COUNTRY,
    MOST_KM,
    QUERY,
    PARAMETERS
};

/* Ways to find what is asked for: the statements by sort, and the last parameter that each of them takes. */
static const struct way {
    int page[3];
    size_t last[3];
} all = {{ALL_NEWEST, ALL_NEAREST, ALL_BY_MONTH}, {LIMIT, MOST_KM, LIMIT}},
  answered = {{ANSWERED_NEWEST, ANSWERED_NEAREST, ANSWERED_BY_MONTH}, {LIMIT, MOST_KM, MOST_KM}},
  forwarded = {{FORWARDED_NEWEST, FORWARDED_NEAREST, FORWARDED_BY_MONTH}, {LIMIT, MOST_KM, MOST_KM}},
  categories = {{CATEGORIES_NEWEST, CATEGORIES_NEAREST, CATEGORIES_BY_MONTH}, {HELP, MOST_KM, MOST_KM}},
  some = {{SOME_NEWEST, SOME_NEAREST, SOME_BY_MONTH}, {MOST_KM, MOST_KM, MOST_KM}},
  towns = {{TOWNS_NEWEST, TOWNS_NEAREST, TOWNS_BY_MONTH}, {MOST_KM, MOST_KM, MOST_KM}},
  searched = {{SEARCHED_NEWEST, SEARCHED_NEAREST, SEARCHED_BY_MONTH}, {QUERY, QUERY, QUERY}};

/* One thing asked for has a way of its own. */
static const struct way *choose_way(const struct db_items_filter *filter)
{
    bool of_towns = filter->origin || filter->country || filter->max_km;
    const struct {
        bool asked;
        const struct way *way;
    } alone[] = {
        {filter->categories, &categories},
        {json_is_true(filter->mine), &answered},
        {json_is_true(filter->forwarded), &forwarded},
        {of_towns, &towns},
        {filter->states, &some},
        {json_is_false(filter->mine), &some},
        {json_is_false(filter->forwarded), &some},
    };
    const struct way *way = &all;

    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (alone[i].asked)
            way = way == &all ? alone[i].way : of_towns ? &towns : &some;
    return way;
}

static struct db_value optional_integer(const json_t *value)
{
    return json_is_integer(value) ? db_integer(json_integer_value(value)) : db_null();
}

static const char *const *states_of(const char *type)
{
    static const char *const proposals[] = {ENTRY_PROPOSAL_STATES, "other", NULL};
    static const char *const offers[] = {ENTRY_OFFER_STATES, "other", NULL};

    return strcmp(type, "proposal") == 0 ? proposals : offers;
}

static void take_page(struct db_page *page, const struct db_items_filter *filter,
                      const struct db_result *rows)
{
    struct reading reading;

    begin_reading(&reading, filter, rows);
    db_page_take(page, &orders[filter->sort], &reading.form, rows);
}

/* query: of db/search, NULL when there is none. */
static bool read_page(struct tx *tx, const struct db_self *self, const struct db_items_filter *filter,
                      const char *query, struct db_page *page)
{
    const struct way *way = filter->q ? &searched : choose_way(filter);
    struct buffer states = {0};
    struct db_value values[PARAMETERS] = {
        [AUTHORITY] = db_text(self->authority),
        [LATITUDE] = db_integer(filter->latitude_e6),
        [LONGITUDE] = db_integer(filter->longitude_e6),
        [TYPE] = db_text(filter->type),
        [HELP] = db_asked_categories(filter->categories),
        [STATES] = db_asked_names(filter->states, states_of(filter->type), &states),
        [MINE] = db_asked_boolean(filter->mine),
        [POINTED_TO] = db_asked_boolean(filter->forwarded),
        [OF_ORIGIN] = db_text(filter->origin),
        [OF_COUNTRY] = db_text(filter->country),
        [MOST_KM] = optional_integer(filter->max_km),
        [QUERY] = db_text(query),
    };
    struct db_result *rows = NULL;
    bool ok;

    if (filter->q)
        db_asked_only(values + HELP,
                      (const json_t *[]){filter->categories, filter->states, filter->mine, filter->forwarded},
                      4);
    ok = !states.failed &&
         db_page_query(tx, page, &orders[filter->sort], &db_items_statements[way->page[filter->sort]], values,
                       way->last[filter->sort] + 1, KEY, &rows);
    if (ok)
        take_page(page, filter, rows);
    db_result_destroy(rows);
    buffer_free(&states);
    return ok;
}

bool db_items_list(struct tx *tx, const struct db_self *self, const struct db_items_filter *filter,
                   struct db_page *page)
{
    char *query = NULL;
    bool ok =
        (!filter->q || db_search_query(tx, filter->q, &query)) && read_page(tx, self, filter, query, page);

    free(query);
    return ok;
}

static char *known_states(const char *type)
{
    const char *const *state = strcmp(type, "proposal") == 0 ? entry_proposal_states : entry_offer_states;
    json_t *array = json_array();
    char *text;

    for (; *state; state++)
        json_array_append_new(array, json_string(*state));
    text = json_dumps(array, JSON_COMPACT);
    json_decref(array);
    return text;
}

static bool read_history(struct tx *tx, const char *type, const char *origin, const char *id, json_t *item)
{
    char *states = known_states(type);
    struct db_result *rows;
    bool ok = DB_QUERY(tx, &db_items_statements[HISTORY], &rows, db_text(origin), db_text(id), db_text(type),
                       db_text(states));

    free(states);
    if (!ok)
        return false;
    json_object_set_new(item, "history", db_rows_json(rows, history_columns));
    db_result_destroy(rows);
    return true;
}

bool db_items_read(struct tx *tx, const struct db_self *self, const struct db_items_filter *filter,
                   const char *origin, const char *id, json_t **item)
{
    struct db_result *rows;
    struct reading reading;

    *item = NULL;
    if (!DB_QUERY(tx, &db_items_statements[READ], &rows, db_text(self->authority),
                  db_integer(filter->latitude_e6), db_integer(filter->longitude_e6), db_text(filter->type),
                  db_text(origin), db_text(id), db_text(self->name)))
        return false;
    begin_reading(&reading, filter, rows);
    if (db_rows(rows) > 0)
        *item = db_form_row(&reading.form, rows, 0);
    db_result_destroy(rows);
    return !*item || read_history(tx, filter->type, origin, id, *item);
}
