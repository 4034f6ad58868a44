#include "node/db/desk/listings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/asked.h"
#include "node/db/record.h"
#include "node/db/search.h"

/* clang-format off */
/* How far the cities that read us have read: "epoch seq cities", separated by semicolons. */
#define CITIES \
    "(SELECT string_agg(concat_ws(' ', epoch, seq, cities), ';') FROM (SELECT CASE WHEN " DB_FOLLOWS " THEN c.epoch ELSE 0 END AS epoch, " \
    "coalesce(c.seq, 0) AS seq, count(*) AS cities FROM peers r LEFT JOIN peer_cursors c " \
    "ON c.authority = r.authority AND c.stream = 'net' WHERE r.state = 'active' AND r.role = 'city' " \
    "GROUP BY 1, 2) AS reading)"

#define COLUMNS \
    "l.id, l.number, l.organisation_id, l.organisation_name, l.contact_id, l.title, l.text, l.language, l.help, " \
    "l.municipality, l.day, l.return_favour, l.note, l.state, l.state_since, l.published_at, l.published_epoch, " \
    "l.published_seq, coalesce(l.published_source = l.public_source, false) AS published_current, " \
    "CASE WHEN l.published THEN " CITIES " END AS cities, l.forwarded, l.version, l.created_at, l.updated_at"

/* Each page is a walk along an index that begins behind the last row seen and ends with the page, so that it costs the
 * same in any town. Plans are made once for any parameters (see db.c): hence one statement for each way to find rows, no
 * "this OR nothing asked for", and what was not asked for comes as all there are.
 *
 * Walks: rows of a kind, in order, under a condition. $2 and $3 are key and id of the last row seen, $4 the limit. */
#define WALK(columns, condition, beyond, order) \
    "SELECT " columns " FROM listings l WHERE l.kind = $1 AND " condition beyond " " order " " DB_PAGE_MOST
#define NEWEST_KEYS   "l.id, l.updated_at"
#define DAY_KEYS      "l.id, l.day_key"
#define TITLE_KEYS    "l.id, l.title_key"
#define NEWEST_BEYOND "(l.updated_at, l.id) < ($2::timestamptz, $3::uuid)"
#define DAY_BEYOND    "(l.day_key, l.id) > ($2::date, $3::uuid)"
#define TITLE_BEYOND  "(l.title_key, l.id) > ($2::text, $3::uuid)"
#define NEWEST_ORDER  "ORDER BY l.updated_at DESC, l.id DESC"
#define DAY_ORDER     "ORDER BY l.day_key, l.id"
#define TITLE_ORDER   "ORDER BY l.title_key, l.id"
#define NEWEST_STOP   NEWEST_ORDER " LIMIT $4::bigint + 1"
#define DAY_STOP      DAY_ORDER " LIMIT $4::bigint + 1"
#define TITLE_STOP    TITLE_ORDER " LIMIT $4::bigint + 1"
#define NEWEST_SHOWN  "ORDER BY page_key DESC, id DESC"
#define DAY_SHOWN     "ORDER BY page_key, id"
#define TITLE_SHOWN   "ORDER BY page_key, id"
#define NEWEST(columns, condition) WALK(columns, condition, NEWEST_BEYOND, NEWEST_ORDER)
#define DAY(columns, condition)    WALK(columns, condition, DAY_BEYOND, DAY_ORDER)
#define TITLE(columns, condition)  WALK(columns, condition, TITLE_BEYOND, TITLE_ORDER)
/* For counting. */
#define TALLY(columns, condition) \
    "SELECT l.id, l.updated_at FROM listings l WHERE l.kind = $1 AND " condition "true ORDER BY l.updated_at, l.id LIMIT 1001"
#define TALLY_KEYS
#define TALLY_ORDER "ORDER BY l.updated_at, l.id"
#define TALLY_STOP ""

/* Ways to find rows: $5 has the categories (bits), $6 the states (text[]), $7 whether published (boolean[]), $8 an
 * organisation's id, $9 a query of db/search. */
#define ALL(walk)       walk("*", "")
#define PUBLISHED(walk) walk("*", "l.published AND ")
#define CATEGORIES(walk) \
    "SELECT DISTINCT ON (l.updated_at, l.id) * FROM (" DB_ASKED_CATEGORIES(walk, "*", "l", "$5") ") AS l " walk##_ORDER
/* Along each state's part of an index, in which all stands that is asked for: the beginnings are merged, and only what is
 * shown is fetched. */
#define FITS "l.categories & $5::int <> 0 AND l.published = ANY ($7::boolean[]) AND "
#define SOME(walk) \
    "SELECT l.* FROM unnest($6::text[]) AS s (state) CROSS JOIN LATERAL (SELECT * FROM (" \
    walk(walk##_KEYS, "l.state = s.state AND " FITS) ") AS l " walk##_STOP ") AS l"
#define ORGANISATION(walk) walk("*", "l.organisation_id = $8::uuid AND l.state = ANY ($6::text[]) AND " FITS)

#define FOUND(way, walk) "(" way(walk) ") AS l "
#define TOTAL(way)       "SELECT FROM " FOUND(way, TALLY)
#define PAGE_OF(total, way, walk, key) \
    DB_PAGE(total, "SELECT " COLUMNS ", l." key " AS page_key FROM " FOUND(way, walk) walk##_STOP, walk##_SHOWN)
#define PAGE(way, walk, key) PAGE_OF(TOTAL(way), way, walk, key)
/* Counted in no order, so along the smallest index. */
#define PAGE_ALL(walk, key) PAGE_OF("SELECT FROM listings l WHERE l.kind = $1", ALL, walk, key)
#define FETCH(walk, key, which) \
    "SELECT " COLUMNS ", l." key " AS page_key FROM (SELECT l.id FROM " which walk##_STOP ") AS place " \
    "JOIN listings l ON l.id = place.id " walk##_STOP
/* In an order for which a way has no index: along each state, and counted by its own way all the same. */
#define PAGE_BY_STATE(way, walk, key) DB_PAGE(TOTAL(way), FETCH(walk, key, FOUND(SOME, walk)), walk##_SHOWN)
/* What a search finds has no order of its own: all of it is looked at once. Only the words find it, so that no other index is
 * gone through for what nobody asked: here that comes as NULL. */
#define SEARCHED(walk, key) \
    "WITH found AS MATERIALIZED (SELECT " walk##_KEYS " FROM listings l WHERE " DB_SEARCH_FINDS("l", "$9", "$1") " " \
    "AND ($5::int IS NULL OR l.categories & $5 <> 0) AND ($6::text[] IS NULL OR l.state = ANY ($6)) " \
    "AND ($7::boolean[] IS NULL OR l.published = ANY ($7)) AND ($8::uuid IS NULL OR l.organisation_id = $8)) " \
    DB_PAGE("SELECT FROM found", FETCH(walk, key, "found AS l WHERE " walk##_BEYOND " "), walk##_SHOWN)

#define READ_ONE "SELECT " COLUMNS " FROM listings l WHERE l.kind = $1 AND l.id = $2"

enum {
    ALL_NEWEST, ALL_BY_DAY, ALL_BY_TITLE,
    PUBLISHED_NEWEST, PUBLISHED_BY_DAY, PUBLISHED_BY_TITLE,
    CATEGORIES_NEWEST, CATEGORIES_BY_DAY, CATEGORIES_BY_TITLE,
    SOME_NEWEST, SOME_BY_DAY, SOME_BY_TITLE,
    ORGANISATION_NEWEST, ORGANISATION_BY_DAY, ORGANISATION_BY_TITLE,
    SEARCHED_NEWEST, SEARCHED_BY_DAY, SEARCHED_BY_TITLE,
    READ, LOCK, FIND, INSERT, UPDATE, SET_STATE, DELETE, EXISTS
};

const struct db_statement db_listings_statements[] = {
    [ALL_NEWEST] = {"listings_newest", PAGE_ALL(NEWEST, "updated_at")},
    [ALL_BY_DAY] = {"listings_by_day", PAGE_ALL(DAY, "day_key")},
    [ALL_BY_TITLE] = {"listings_by_title", PAGE_ALL(TITLE, "title_key")},
    [PUBLISHED_NEWEST] = {"listings_published_newest", PAGE(PUBLISHED, NEWEST, "updated_at")},
    [PUBLISHED_BY_DAY] = {"listings_published_by_day", PAGE(PUBLISHED, DAY, "day_key")},
    [PUBLISHED_BY_TITLE] = {"listings_published_by_title", PAGE_BY_STATE(PUBLISHED, TITLE, "title_key")},
    [CATEGORIES_NEWEST] = {"listings_categories_newest", PAGE(CATEGORIES, NEWEST, "updated_at")},
    [CATEGORIES_BY_DAY] = {"listings_categories_by_day", PAGE_BY_STATE(CATEGORIES, DAY, "day_key")},
    [CATEGORIES_BY_TITLE] = {"listings_categories_by_title", PAGE_BY_STATE(CATEGORIES, TITLE, "title_key")},
    [SOME_NEWEST] = {"listings_some_newest", PAGE_BY_STATE(SOME, NEWEST, "updated_at")},
    [SOME_BY_DAY] = {"listings_some_by_day", PAGE_BY_STATE(SOME, DAY, "day_key")},
    [SOME_BY_TITLE] = {"listings_some_by_title", PAGE_BY_STATE(SOME, TITLE, "title_key")},
    [ORGANISATION_NEWEST] = {"listings_organisation_newest", PAGE(ORGANISATION, NEWEST, "updated_at")},
    [ORGANISATION_BY_DAY] = {"listings_organisation_by_day", PAGE(ORGANISATION, DAY, "day_key")},
    [ORGANISATION_BY_TITLE] = {"listings_organisation_by_title", PAGE(ORGANISATION, TITLE, "title_key")},
    [SEARCHED_NEWEST] = {"listings_searched_newest", SEARCHED(NEWEST, "updated_at")},
    [SEARCHED_BY_DAY] = {"listings_searched_by_day", SEARCHED(DAY, "day_key")},
    [SEARCHED_BY_TITLE] = {"listings_searched_by_title", SEARCHED(TITLE, "title_key")},
    [READ] = {"listings_read", READ_ONE},
    [LOCK] = {"listings_lock", READ_ONE " FOR UPDATE OF l"},
    [FIND] = {"listings_find",
        "SELECT " COLUMNS ", l.import_digest FROM listings l WHERE l.kind = $1 AND CASE WHEN $2::text IS NULL "
        "THEN l.organisation_id = $3::uuid AND fold(l.title) = fold($4) ELSE l.external_id = $2 END "
        "ORDER BY l.number LIMIT 1"},
    [INSERT] = {"listings_insert",
        "INSERT INTO listings (kind, number, organisation_id, contact_id, title, text, language, help, "
        "municipality, day, return_favour, note, state, external_source, external_id, import_digest) "
        "SELECT kind, nextval(CASE kind WHEN 'proposal' THEN 'proposal_number'::regclass "
        "ELSE 'offer_number'::regclass END), organisation_id, contact_id, title, text, language, help, "
        "municipality, day, return_favour, note, state, external_source, external_id, import_digest "
        "FROM jsonb_populate_record(NULL::listings, $1) RETURNING id"},
    [UPDATE] = {"listings_update",
        "UPDATE listings l SET version = version + 1, updated_at = now(), "
        "(organisation_id, contact_id, title, text, language, help, municipality, day, return_favour, note, "
        "external_source, import_digest, organisation_name) = "
        "(SELECT n.organisation_id, n.contact_id, n.title, n.text, n.language, n.help, n.municipality, n.day, "
        "n.return_favour, n.note, n.external_source, n.import_digest, "
        "(SELECT o.name FROM organisations o WHERE o.id = n.organisation_id FOR SHARE) FROM jsonb_populate_record(l, $2) n) "
        "WHERE id = $1"},
    [SET_STATE] = {"listings_set_state",
        "UPDATE listings SET state = $2, state_since = now(), version = version + 1, updated_at = now() "
        "WHERE id = $1"},
    [DELETE] = {"listings_delete", "DELETE FROM listings WHERE id = $1"},
    [EXISTS] = {"listings_exists", "SELECT FROM listings WHERE kind = $1 AND id = $2"},
    {NULL, NULL},
};
/* clang-format on */

static const struct db_json_column columns[] = {
    {"number", DB_JSON_INTEGER},
    {"organisation_id", DB_JSON_SKIP},
    {"organisation_name", DB_JSON_SKIP},
    {"help", DB_JSON_DOCUMENT},
    {"day", DB_JSON_SKIP},
    {"return_favour", DB_JSON_SKIP},
    {"state_since", DB_JSON_TIME},
    {"published_at", DB_JSON_SKIP},
    {"published_epoch", DB_JSON_SKIP},
    {"published_seq", DB_JSON_SKIP},
    {"published_current", DB_JSON_SKIP},
    {"cities", DB_JSON_SKIP},
    {"forwarded", DB_JSON_BOOLEAN},
    {"version", DB_JSON_INTEGER},
    {"created_at", DB_JSON_TIME},
    {"updated_at", DB_JSON_TIME},
    {"page_key", DB_JSON_SKIP},
    {"page_total", DB_JSON_SKIP},
    {NULL, DB_JSON_STRING},
};

/* How rows are read by somebody: what their members need that are made of several columns. */
struct reading {
    struct db_form form;
    enum listing_kind kind;
    const char *role;
    int day, favour, id, name, state, at, epoch, seq, current, cities; /* columns */
    /* The steps from each state that was met, once. */
    struct buffer steps;
    size_t states_count;
    struct {
        char name[24];
        size_t at, size;
    } states[WORKFLOW_PROPOSAL_STATES];
};

static void put_text(struct buffer *out, const char *text)
{
    if (text)
        db_json_text(out, text, strlen(text));
    else
        buffer_puts(out, "null");
}

/* What only one of the two kinds has, or has by a name of its own. */
static void put_own(struct buffer *out, const struct reading *reading, const struct db_result *result,
                    size_t row)
{
    buffer_puts(out, reading->kind == LISTING_PROPOSAL ? ",\"needed_by\":" : ",\"available_until\":");
    put_text(out, db_at(result, row, reading->day));
    if (reading->kind == LISTING_OFFER)
        return;
    buffer_puts(out, ",\"return_favour\":");
    put_text(out, db_at(result, row, reading->favour));
}

static void put_organisation(struct buffer *out, const struct reading *reading,
                             const struct db_result *result, size_t row)
{
    buffer_puts(out, ",\"organisation\":{\"id\":");
    put_text(out, db_at(result, row, reading->id));
    buffer_puts(out, ",\"name\":");
    put_text(out, db_at(result, row, reading->name));
    buffer_puts(out, "}");
}

/* How many of the cities have read as far as that, in its epoch (db/publication): see CITIES. */
static void count_cities(const char *cities, int64_t epoch, int64_t seq, int64_t *delivered, int64_t *of)
{
    char *next;

    for (*delivered = *of = 0; cities; cities = *next ? next + 1 : NULL) {
        int64_t read_epoch = strtoll(cities, &next, 10), read_seq = strtoll(next, &next, 10);
        int64_t count = strtoll(next, &next, 10);

        *of += count;
        if (read_epoch == epoch && read_seq >= seq)
            *delivered += count;
    }
}

static void put_published(struct buffer *out, const struct reading *reading, const struct db_result *result,
                          size_t row)
{
    const char *at = db_at(result, row, reading->at);
    int64_t delivered, of;

    if (!at) {
        buffer_puts(out, ",\"published\":null");
        return;
    }
    count_cities(db_at(result, row, reading->cities), db_at_integer(result, row, reading->epoch),
                 db_at_integer(result, row, reading->seq), &delivered, &of);
    buffer_puts(out, ",\"published\":{\"at\":");
    db_json_time(out, at, strlen(at));
    buffer_printf(out, ",\"current\":%s,\"delivered\":%lld,\"of\":%lld}",
                  db_at_boolean(result, row, reading->current) ? "true" : "false", (long long)delivered,
                  (long long)of);
}

static void put_steps(struct buffer *out, const struct reading *reading, const char *state)
{
    const struct workflow_transition *step;
    size_t index = 0, first;

    buffer_puts(out, ",\"allowed_transitions\":[");
    for (first = out->size; (step = workflow_next(reading->kind, state, reading->role, &index));)
        buffer_printf(out, "%s{\"to\":\"%s\",\"needs_reason\":%s}", out->size > first ? "," : "", step->to,
                      step->needs_reason ? "true" : "false");
    buffer_puts(out, "]");
}

/* Where the steps from a state stand. */
static size_t find_steps(struct reading *reading, const char *state)
{
    size_t i = 0;

    while (i < reading->states_count && strcmp(reading->states[i].name, state) != 0)
        i++;
    if (i == reading->states_count && i < WORKFLOW_PROPOSAL_STATES) {
        snprintf(reading->states[i].name, sizeof reading->states[i].name, "%s", state);
        reading->states[i].at = reading->steps.size;
        put_steps(&reading->steps, reading, state);
        reading->states[i].size = reading->steps.size - reading->states[i].at;
        reading->states_count++;
    }
    return i;
}

static void put_more(struct buffer *out, const struct db_result *result, size_t row, void *arg)
{
    struct reading *reading = arg;
    size_t state = find_steps(reading, db_at(result, row, reading->state));

    put_own(out, reading, result, row);
    put_organisation(out, reading, result, row);
    put_published(out, reading, result, row);
    if (reading->steps.failed || state == WORKFLOW_PROPOSAL_STATES)
        out->failed = true;
    else
        buffer_append(out, reading->steps.data + reading->states[state].at, reading->states[state].size);
}

static void begin_reading(struct reading *reading, enum listing_kind kind, const char *role,
                          const struct db_result *rows)
{
    *reading = (struct reading){
        .form = {.columns = columns, .more = put_more, .arg = reading},
        .kind = kind,
        .role = role,
        .id = db_column(rows, "organisation_id"),
        .name = db_column(rows, "organisation_name"),
        .state = db_column(rows, "state"),
        .at = db_column(rows, "published_at"),
        .epoch = db_column(rows, "published_epoch"),
        .seq = db_column(rows, "published_seq"),
        .current = db_column(rows, "published_current"),
        .cities = db_column(rows, "cities"),
        .day = db_column(rows, "day"),
        .favour = db_column(rows, "return_favour"),
    };
}

static const char *const *const state_names[] = {
    [LISTING_PROPOSAL] = workflow_proposal_states,
    [LISTING_OFFER] = workflow_offer_states,
};

static const struct db_order orders[] = {
    [LISTINGS_NEWEST] = {DB_ORDER_TIME, {"infinity", DB_ORDER_LAST, NULL}},
    [LISTINGS_BY_DAY] = {DB_ORDER_DAY, {"-infinity", DB_ORDER_FIRST, NULL}},
    [LISTINGS_BY_TITLE] = {DB_ORDER_TEXT, {"", DB_ORDER_FIRST, NULL}},
};

/* The parameters of the statements of a page, $1 first: the page, then what is asked for. */
enum { KIND, KEY, ID, LIMIT, HELP, STATES, PUBLIC, OF_ORGANISATION, QUERY, PARAMETERS };

/* Ways to find what is asked for: the statements by sort, and the last parameter that each of them takes. */
static const struct way {
    int page[3];
    size_t last[3];
} all = {{ALL_NEWEST, ALL_BY_DAY, ALL_BY_TITLE}, {LIMIT, LIMIT, LIMIT}},
  published = {{PUBLISHED_NEWEST, PUBLISHED_BY_DAY, PUBLISHED_BY_TITLE}, {LIMIT, LIMIT, PUBLIC}},
  categories = {{CATEGORIES_NEWEST, CATEGORIES_BY_DAY, CATEGORIES_BY_TITLE}, {HELP, PUBLIC, PUBLIC}},
  some = {{SOME_NEWEST, SOME_BY_DAY, SOME_BY_TITLE}, {PUBLIC, PUBLIC, PUBLIC}},
  organisation = {{ORGANISATION_NEWEST, ORGANISATION_BY_DAY, ORGANISATION_BY_TITLE},
                  {OF_ORGANISATION, OF_ORGANISATION, OF_ORGANISATION}},
  searched = {{SEARCHED_NEWEST, SEARCHED_BY_DAY, SEARCHED_BY_TITLE}, {QUERY, QUERY, QUERY}};

static const struct way *choose_way(const struct db_listings_filter *filter)
{
    if (filter->q)
        return &searched;
    if (filter->organisation_id)
        return &organisation;
    if (filter->states || (filter->categories && filter->published))
        return &some;
    if (filter->categories)
        return &categories;
    if (json_is_true(filter->published))
        return &published;
    return filter->published ? &some : &all;
}

static void take_page(struct db_page *page, const struct db_listings_filter *filter,
                      const struct db_result *rows)
{
    struct reading reading;

    begin_reading(&reading, filter->kind, filter->role, rows);
    db_page_take(page, &orders[filter->sort], &reading.form, rows);
    buffer_free(&reading.steps);
}

/* query: of db/search, NULL when there is none. */
static bool read_page(struct tx *tx, const struct db_listings_filter *filter, const char *query,
                      struct db_page *page)
{
    const struct way *way = choose_way(filter);
    struct buffer states = {0};
    struct db_value values[PARAMETERS] = {
        [KIND] = db_text(workflow_kind_name(filter->kind)),
        [HELP] = db_asked_categories(filter->categories),
        [STATES] = db_asked_names(filter->states, state_names[filter->kind], &states),
        [PUBLIC] = db_asked_boolean(filter->published),
        [OF_ORGANISATION] = db_text(filter->organisation_id),
        [QUERY] = db_text(query),
    };
    struct db_result *rows = NULL;
    bool ok;

    if (filter->q)
        db_asked_only(values + HELP,
                      (const json_t *[]){filter->categories, filter->states, filter->published}, 3);
    ok = !states.failed &&
         db_page_query(tx, page, &orders[filter->sort], &db_listings_statements[way->page[filter->sort]],
                       values, way->last[filter->sort] + 1, KEY, &rows);
    if (ok)
        take_page(page, filter, rows);
    db_result_destroy(rows);
    buffer_free(&states);
    return ok;
}

bool db_listings_list(struct tx *tx, const struct db_listings_filter *filter, struct db_page *page)
{
    char *query = NULL;
    bool ok = (!filter->q || db_search_query(tx, filter->q, &query)) && read_page(tx, filter, query, page);

    free(query);
    return ok;
}

/* The first row, if any, as a new reference; takes the rows. */
static json_t *only(struct db_result *rows, enum listing_kind kind, const char *role)
{
    struct reading reading;
    json_t *listing = NULL;

    begin_reading(&reading, kind, role, rows);
    if (db_rows(rows) > 0)
        listing = db_form_row(&reading.form, rows, 0);
    buffer_free(&reading.steps);
    db_result_destroy(rows);
    return listing;
}

bool db_listings_read(struct tx *tx, enum listing_kind kind, const char *role, const char *id,
                      enum db_reading reading, json_t **listing)
{
    struct db_result *rows;

    *listing = NULL;
    if (!DB_QUERY(tx, &db_listings_statements[reading == DB_LOCK ? LOCK : READ], &rows,
                  db_text(workflow_kind_name(kind)), db_text(id)))
        return false;
    *listing = only(rows, kind, role);
    return true;
}

bool db_listings_find(struct tx *tx, enum listing_kind kind, const char *external_id,
                      const char *organisation_id, const char *title, json_t **listing)
{
    struct db_result *rows;

    *listing = NULL;
    if (!DB_QUERY(tx, &db_listings_statements[FIND], &rows, db_text(workflow_kind_name(kind)),
                  db_text(external_id), db_text(organisation_id), db_text(title)))
        return false;
    *listing = only(rows, kind, NULL);
    return true;
}

bool db_listings_insert(struct tx *tx, json_t *fields, char id[37])
{
    return db_record_insert(tx, &db_listings_statements[INSERT], fields, id);
}

bool db_listings_update(struct tx *tx, const char *id, json_t *changes)
{
    return db_record_update(tx, &db_listings_statements[UPDATE], id, changes);
}

bool db_listings_set_state(struct tx *tx, const char *id, const char *state)
{
    return DB_QUERY(tx, &db_listings_statements[SET_STATE], NULL, db_text(id), db_text(state));
}

bool db_listings_delete(struct tx *tx, const char *id)
{
    return DB_QUERY(tx, &db_listings_statements[DELETE], NULL, db_text(id));
}

bool db_listings_exists(struct tx *tx, const char *kind, const char *id, bool *exists)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_listings_statements[EXISTS], &row, db_text(kind), db_text(id)))
        return false;
    *exists = db_rows(row) > 0;
    db_result_destroy(row);
    return true;
}
