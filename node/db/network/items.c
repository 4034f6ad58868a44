#include "node/db/network/items.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/entry.h"

enum { PUT, ERASE, LOSE, LOCK, NEWEST, NEAREST, BY_MONTH, COUNT, READ, HISTORY };

/* clang-format off */
/* $1 our authority, $2 type, $3 words, $4 categories, $5 origin, $6 country, $7 states, $8 km, $9 mine, $10 forwarded,
 * $11 $12 our place, $13 our name. Only active peers' items: who is suspended here is not read here. */
#define TABLES(latitude, longitude) "network_items i JOIN peers p ON p.authority = i.origin AND p.state = 'active' " \
    "CROSS JOIN LATERAL distance_km(" latitude ", " longitude ", p.latitude_e6, p.longitude_e6) AS d (km) "
#define FILTER "i.type = $2 AND ($3::text IS NULL OR i.search_vector @@ search_query($3) OR fold($3) <% i.search_text) " \
    "AND ($4::jsonb IS NULL OR EXISTS (SELECT FROM jsonb_array_elements(i.help) h WHERE $4::jsonb ? (h->>'category'))) " \
    "AND ($5::text IS NULL OR i.origin = $5) AND ($6::text IS NULL OR p.country = $6) " \
    "AND ($7::jsonb IS NULL OR $7::jsonb ? i.state) AND ($8::int IS NULL OR d.km <= $8) " \
    "AND ($9::boolean IS NULL OR $9 = EXISTS (SELECT FROM cases c WHERE c.origin = i.origin AND c.object = i.id AND c.helper = $1)) " \
    "AND ($10::boolean IS NULL OR $10 = EXISTS (SELECT FROM forwards f WHERE f.direction = 'in' AND f.origin = i.origin AND f.object = i.id)) "
#define COLUMNS(self_name) "jsonb_build_object('authority', p.authority, 'name', p.name, 'country', p.country, 'mailbox', p.mailbox) AS origin, i.id, i.type, " \
    "i.title, i.text, i.language, i.help, i.municipality, i.month, i.state, i.published_at, " \
    "d.km AS distance_km, (SELECT " DB_CASE(self_name) " FROM cases c WHERE c.origin = i.origin AND c.object = i.id AND " \
    "c.helper = $1) AS \"case\", (SELECT c.response FROM cases c WHERE c.origin = i.origin AND c.object = i.id AND " \
    "c.helper = $1) AS answered, (SELECT jsonb_build_object('authority', f.peer, 'name', coalesce(r.name, f.peer), 'note', f.note, " \
    "'at', " DB_TIME("f.at") ") FROM forwards f LEFT JOIN peers r ON r.authority = f.peer WHERE f.direction = 'in' " \
    "AND f.origin = i.origin AND f.object = i.id ORDER BY f.received_at, f.id LIMIT 1) AS forwarded_by "

/* Sort keys are texts short enough for a cursor; items that agree so far are told apart by id. */
#define NEWEST_KEY DB_TIME("i.published_at")
#define NEAREST_KEY "lpad(coalesce(d.km, 99999)::text, 5, '0')"
#define BY_MONTH_KEY "coalesce(i.month, '9999-99')"
#define PAGE(key, beyond, direction) \
    "SELECT " COLUMNS("$13") ", " key " AS cursor_key FROM " TABLES("$11", "$12") "WHERE " FILTER \
    "AND ($14::text IS NULL OR (" key ", i.id::text) " beyond " ($14, $15)) " \
    "ORDER BY " key " " direction ", i.id::text " direction " LIMIT $16::bigint + 1"

const struct db_statement db_items_statements[] = {
    [PUT] = {"network_put",
        "INSERT INTO network_items AS i (origin, id, type, rev, epoch, seq, title, text, language, help, municipality, "
        "month, state, published_at, keep_until) VALUES ($1, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb, "
        "$12, $13, to_timestamp($14::bigint), to_timestamp($15::bigint)) ON CONFLICT (origin, id) DO UPDATE SET "
        "type = $3, rev = $4, epoch = $5, seq = $6, title = $7, text = $8, language = $9, help = $10::jsonb, "
        "municipality = $11::jsonb, month = $12, state = $13, published_at = to_timestamp($14::bigint), "
        "keep_until = to_timestamp($15::bigint), received_at = now() WHERE (i.epoch, i.seq) < ($5, $6)"},
    [ERASE] = {"network_erase",
        "DELETE FROM network_items i USING json_to_recordset($2::json) AS n (id uuid, epoch bigint, seq bigint) "
        "WHERE i.origin = $1 AND i.id = n.id AND (i.epoch, i.seq) = (n.epoch, n.seq) RETURNING i.id"},
    [LOSE] = {"network_lose",
        "DELETE FROM network_items i USING streams s, entries e WHERE i.origin = $1 AND s.origin = $1 AND s.name = 'net' "
        "AND s.epoch = i.epoch AND e.stream_id = s.id AND e.seq = i.seq AND e.status = 'quarantined' RETURNING i.id"},
    [LOCK] = {"network_lock", "SELECT FROM network_items WHERE origin = $1 AND id = $2::uuid FOR UPDATE"},
    [NEWEST] = {"network_newest", PAGE(NEWEST_KEY, "<", "DESC")},
    [NEAREST] = {"network_nearest", PAGE(NEAREST_KEY, ">", "ASC")},
    [BY_MONTH] = {"network_by_month", PAGE(BY_MONTH_KEY, ">", "ASC")},
    [COUNT] = {"network_count", "SELECT count(*) AS count FROM " TABLES("$11", "$12") "WHERE " FILTER},
    [READ] = {"network_read",
        "SELECT " COLUMNS("$2") "FROM " TABLES("$6", "$7") "WHERE i.type = $3 AND i.origin = $4 AND i.id = $5::uuid"},
    /* What the origin said comes from its lines, what we and others did about it from our events. $4: the states that
     * this edition knows. */
    [HISTORY] = {"network_history",
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
    {"origin", DB_JSON_DOCUMENT},   {"help", DB_JSON_DOCUMENT},         {"municipality", DB_JSON_DOCUMENT},
    {"case", DB_JSON_DOCUMENT},     {"forwarded_by", DB_JSON_DOCUMENT}, {"distance_km", DB_JSON_INTEGER},
    {"published_at", DB_JSON_TIME}, {"answered", DB_JSON_SKIP},         {"cursor_key", DB_JSON_SKIP},
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
                       db_text(item->state), db_integer(item->at), db_integer(item->keep_until));

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

static struct db_value optional_integer(const json_t *value)
{
    return json_is_integer(value) ? db_integer(json_integer_value(value)) : db_null();
}

static struct db_value optional_boolean(const json_t *value)
{
    return json_is_boolean(value) ? db_boolean(json_is_true(value)) : db_null();
}

static char *optional_array(const json_t *array)
{
    return json_array_size(array) > 0 ? json_dumps(array, JSON_COMPACT) : NULL;
}

static void put_answers(struct buffer *out, const struct db_result *result, size_t row, void *arg)
{
    const struct db_items_filter *filter = arg;

    filter->put_answers(out, db_cell(result, row, "answered"), filter->reader);
}

static struct db_form form_of(const struct db_items_filter *filter)
{
    return (struct db_form){.columns = item_columns,
                            .more = filter->put_answers ? put_answers : NULL,
                            .arg = (void *)(uintptr_t)filter};
}

bool db_items_list(struct tx *tx, const struct db_self *self, const struct db_items_filter *filter,
                   struct db_page *page)
{
    static const int by_sort[] = {
        [ITEMS_NEWEST] = NEWEST, [ITEMS_NEAREST] = NEAREST, [ITEMS_BY_MONTH] = BY_MONTH};
    char *categories = optional_array(filter->categories), *states = optional_array(filter->states);
    const struct db_value values[] = {
        db_text(self->authority),
        db_text(filter->type),
        db_text(filter->q),
        db_text(categories),
        db_text(filter->origin),
        db_text(filter->country),
        db_text(states),
        optional_integer(filter->max_km),
        optional_boolean(filter->mine),
        optional_boolean(filter->forwarded),
        db_integer(filter->latitude_e6),
        db_integer(filter->longitude_e6),
        db_text(self->name),
        db_text(page->after_key),
        db_text(page->after_id),
        db_integer(page->limit),
    };
    static const struct db_order order = {"cursor_key", DB_ORDER_TEXT, NULL, NULL};
    const struct db_form form = form_of(filter);
    struct db_result *rows = NULL;
    bool ok = db_query(tx, &db_items_statements[by_sort[filter->sort]], values, 16, &rows);

    if (ok)
        db_page_take(page, &order, &form, rows);
    ok = ok && db_page_count(tx, page, &db_items_statements[COUNT], values, 12);
    db_result_destroy(rows);
    free(categories);
    free(states);
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
    const struct db_form form = form_of(filter);
    struct db_result *row;

    *item = NULL;
    if (!DB_QUERY(tx, &db_items_statements[READ], &row, db_text(self->authority), db_text(self->name),
                  db_text(filter->type), db_text(origin), db_text(id), db_integer(filter->latitude_e6),
                  db_integer(filter->longitude_e6)))
        return false;
    if (db_rows(row) > 0)
        *item = db_form_row(&form, row, 0);
    db_result_destroy(row);
    return !*item || read_history(tx, filter->type, origin, id, *item);
}
