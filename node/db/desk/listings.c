#include "node/db/desk/listings.h"

#include <stdlib.h>

#include "node/db/record.h"

/* clang-format off */
#define DELIVERED                                                                                            \
    "(SELECT count(*) FROM peers r "                                                                         \
    "JOIN peer_cursors c ON c.authority = r.authority AND c.stream = 'net' "                                 \
    "WHERE r.state = 'active' AND r.role = 'city' AND (c.epoch, c.seq) >= (p.epoch, p.seq))"

#define COLUMNS                                                                                              \
    "l.id, l.number, jsonb_build_object('id', o.id, 'name', o.name) AS organisation, l.contact_id, "         \
    "l.title, l.text, l.language, l.help, l.municipality, l.day, l.return_favour, l.note, l.state, "         \
    DB_TIME("l.state_since") " AS state_since, "                                                             \
    "CASE WHEN p.erased_at IS NULL AND p.listing_id IS NOT NULL THEN jsonb_build_object("                    \
    "'at', " DB_TIME("p.published_at") ", 'current', p.source = l.public_source AND p.held_at IS NULL, " \
    "'delivered', " DELIVERED ", "                                                                           \
    "'of', (SELECT count(*) FROM peers WHERE state = 'active' AND role = 'city')) END AS published, "        \
    "EXISTS (SELECT FROM forwards f WHERE f.object = l.id AND f.direction = 'out') AS forwarded, "           \
    "l.version, " DB_TIME("l.created_at") " AS created_at, " DB_TIME("l.updated_at") " AS updated_at"

#define TABLES                                                                                               \
    "listings l JOIN organisations o ON o.id = l.organisation_id "                                           \
    "LEFT JOIN publications p ON p.listing_id = l.id"

/* A search finds words of any of the four languages, misspelled words, the organisation, and the number. */
#define FILTER                                                                                               \
    "l.kind = $1 "                                                                                           \
    "AND ($2::text IS NULL OR l.search_vector @@ search_query($2) OR fold($2) <% l.search_text "             \
    "OR fold($2) <% o.search_text OR l.number::text = ltrim($2, '# ')) "                                     \
    "AND ($3::jsonb IS NULL OR $3::jsonb ? l.state) "                                                        \
    "AND ($4::jsonb IS NULL OR EXISTS "                                                                      \
    "(SELECT FROM jsonb_array_elements(l.help) h WHERE $4::jsonb ? (h->>'category'))) "                      \
    "AND ($5::uuid IS NULL OR l.organisation_id = $5) "                                                      \
    "AND ($6::boolean IS NULL OR $6 = (p.listing_id IS NOT NULL AND p.erased_at IS NULL))"

/* Sort keys are texts short enough for a cursor; rows that agree so far are told apart by id. */
#define NEWEST_KEY   "to_char(l.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
#define BY_DAY_KEY   "coalesce(l.day::text, '9999-99-99')"
#define BY_TITLE_KEY "left(fold(l.title), 60)"
#define PAGE(key, beyond, direction)                                                                         \
    "SELECT " COLUMNS ", " key " AS cursor_key FROM " TABLES " WHERE " FILTER " "                            \
    "AND ($7::text IS NULL OR (" key ", l.id::text) " beyond " ($7, $8)) "                                   \
    "ORDER BY " key " " direction ", l.id " direction " LIMIT $9::bigint + 1"

#define READ_ONE "SELECT " COLUMNS " FROM " TABLES " WHERE l.kind = $1 AND l.id = $2"

static const struct db_json_column columns[] = {
    {"number", DB_JSON_INTEGER},     {"organisation", DB_JSON_DOCUMENT}, {"help", DB_JSON_DOCUMENT},
    {"published", DB_JSON_DOCUMENT}, {"forwarded", DB_JSON_BOOLEAN},     {"version", DB_JSON_INTEGER},
    {NULL, DB_JSON_STRING},
};

enum { NEWEST, BY_DAY, BY_TITLE, COUNT, READ, LOCK, FIND, INSERT, UPDATE, SET_STATE, DELETE, EXISTS };

const struct db_statement db_listings_statements[] = {
    [NEWEST] = {"listings_newest", PAGE(NEWEST_KEY, "<", "DESC")},
    [BY_DAY] = {"listings_by_day", PAGE(BY_DAY_KEY, ">", "ASC")},
    [BY_TITLE] = {"listings_by_title", PAGE(BY_TITLE_KEY, ">", "ASC")},
    [COUNT] = {"listings_count", "SELECT count(*) FROM " TABLES " WHERE " FILTER},
    [READ] = {"listings_read", READ_ONE},
    [LOCK] = {"listings_lock", READ_ONE " FOR UPDATE OF l"},
    [FIND] = {"listings_find",
        "SELECT " COLUMNS ", l.import_digest FROM " TABLES " WHERE l.kind = $1 AND CASE WHEN $2::text IS NULL "
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
        "external_source, import_digest) = "
        "(SELECT n.organisation_id, n.contact_id, n.title, n.text, n.language, n.help, n.municipality, n.day, "
        "n.return_favour, n.note, n.external_source, n.import_digest FROM jsonb_populate_record(l, $2) n) "
        "WHERE id = $1"},
    [SET_STATE] = {"listings_set_state",
        "UPDATE listings SET state = $2, state_since = now(), version = version + 1, updated_at = now() "
        "WHERE id = $1"},
    [DELETE] = {"listings_delete", "DELETE FROM listings WHERE id = $1"},
    [EXISTS] = {"listings_exists", "SELECT FROM listings WHERE kind = $1 AND id = $2"},
    {NULL, NULL},
};
/* clang-format on */

static char *json_text(const json_t *value)
{
    return value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

bool db_listings_list(struct tx *tx, const struct db_listings_filter *filter, struct db_page *page)
{
    static const int by_sort[] = {
        [LISTINGS_NEWEST] = NEWEST, [LISTINGS_BY_DAY] = BY_DAY, [LISTINGS_BY_TITLE] = BY_TITLE};
    char *states = json_text(filter->states);
    char *categories = json_text(filter->categories);
    char *published = json_text(filter->published);
    struct db_result *rows = NULL, *count = NULL;
#define FILTER_VALUES                                                                                        \
    db_text(filter->kind), db_text(filter->q), db_text(states), db_text(categories),                         \
        db_text(filter->organisation_id), db_text(published)
    bool ok = DB_QUERY(tx, &db_listings_statements[COUNT], &count, FILTER_VALUES) &&
              DB_QUERY(tx, &db_listings_statements[by_sort[filter->sort]], &rows, FILTER_VALUES,
                       db_text(page->after_key), db_text(page->after_id), db_integer(page->limit));
#undef FILTER_VALUES
    if (ok) {
        page->total = db_cell_integer(count, 0, 0);
        page->items = db_rows_json(rows, columns);
    }
    db_result_destroy(count);
    db_result_destroy(rows);
    free(published);
    free(categories);
    free(states);
    return ok;
}

/* The first row, if any, as a new reference; takes the rows. */
static json_t *only(struct db_result *rows)
{
    json_t *listing = db_rows(rows) > 0 ? db_row_json(rows, 0, columns) : NULL;
    db_result_destroy(rows);
    return listing;
}

bool db_listings_read(struct tx *tx, const char *kind, const char *id, bool lock, json_t **listing)
{
    struct db_result *rows;
    *listing = NULL;
    if (!DB_QUERY(tx, &db_listings_statements[lock ? LOCK : READ], &rows, db_text(kind), db_text(id)))
        return false;
    *listing = only(rows);
    return true;
}

bool db_listings_find(struct tx *tx, const char *kind, const char *external_id, const char *organisation_id,
                      const char *title, json_t **listing)
{
    struct db_result *rows;
    *listing = NULL;
    if (!DB_QUERY(tx, &db_listings_statements[FIND], &rows, db_text(kind), db_text(external_id),
                  db_text(organisation_id), db_text(title)))
        return false;
    *listing = only(rows);
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
