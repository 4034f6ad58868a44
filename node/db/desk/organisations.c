#include "node/db/desk/organisations.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/db/record.h"
#include "node/db/search.h"

/* clang-format off */
#define COLUMNS                                                                                              \
    "o.id, o.name, o.sector, o.kind, o.municipality, o.website, o.note, "                                    \
    "(SELECT count(*) FROM contacts c WHERE c.organisation_id = o.id) AS contacts_count, "                   \
    "(SELECT count(*) FROM listings l WHERE l.organisation_id = o.id AND l.kind = 'proposal') "              \
    "AS proposals_count, "                                                                                   \
    "(SELECT count(*) FROM listings l WHERE l.organisation_id = o.id AND l.kind = 'offer') "                 \
    "AS offers_count, "                                                                                      \
    "o.version, o.created_at, o.updated_at"

static const struct db_json_column columns[] = {
    {"contacts_count", DB_JSON_INTEGER}, {"proposals_count", DB_JSON_INTEGER},
    {"offers_count", DB_JSON_INTEGER},   {"version", DB_JSON_INTEGER},
    {"created_at", DB_JSON_TIME},        {"updated_at", DB_JSON_TIME},
    {"page_key", DB_JSON_SKIP},          {"page_total", DB_JSON_SKIP},
    {NULL, DB_JSON_STRING},
};

/* By name: a walk along an index from where the last page ended. $1 and $2 are key and id of the last row seen, $3 the
 * limit, $4 what is asked for; $1 of what is counted. */
#define PAGE(condition) \
    DB_PAGE("SELECT FROM organisations o WHERE " condition "true ORDER BY o.name_key, o.id", \
    "SELECT " COLUMNS ", o.name_key AS page_key FROM (SELECT * FROM (SELECT * FROM organisations o WHERE " condition \
    "(o.name_key, o.id) > ($1::text, $2::uuid) ORDER BY o.name_key, o.id " DB_PAGE_MOST ") AS o LIMIT $3::bigint + 1) AS o " \
    "ORDER BY o.name_key, o.id", "ORDER BY page_key, id")
#define SEARCH "o.search_vector @@ $5::tsquery AND ($4::text IS NULL OR o.sector = $4) AND "

enum { ALL, SECTOR, SEARCHED, READ, LOCK, FIND, INSERT, UPDATE, DELETE };

const struct db_statement db_organisations_statements[] = {
    [ALL] = {"organisations_all", PAGE("")},
    [SECTOR] = {"organisations_sector", PAGE("o.sector = $4 AND ")},
    [SEARCHED] = {"organisations_searched", PAGE(SEARCH)},
    [READ] = {"organisations_read", "SELECT " COLUMNS " FROM organisations o WHERE o.id = $1"},
    [LOCK] = {"organisations_lock", "SELECT " COLUMNS " FROM organisations o WHERE o.id = $1 FOR UPDATE"},
    [FIND] = {"organisations_find", "SELECT id FROM organisations WHERE fold(name) = fold($1) AND sector = $2"},
    [INSERT] = {"organisations_insert",
        "INSERT INTO organisations (name, sector, kind, municipality, website, note) "
        "SELECT name, sector, kind, municipality, website, note "
        "FROM jsonb_populate_record(NULL::organisations, $1) RETURNING id"},
    [UPDATE] = {"organisations_update",
        "UPDATE organisations o SET version = version + 1, updated_at = now(), "
        "(name, sector, kind, municipality, website, note) = "
        "(SELECT n.name, n.sector, n.kind, n.municipality, n.website, n.note FROM jsonb_populate_record(o, $2) n) "
        "WHERE id = $1"},
    [DELETE] = {"organisations_delete", "DELETE FROM organisations WHERE id = $1"},
    {NULL, NULL},
};
/* clang-format on */

/* query: of db/search, with the statement SEARCHED. */
static bool read_page(struct tx *tx, int statement, const char *sector, const char *query,
                      struct db_page *page)
{
    static const struct db_order by_name = {DB_ORDER_TEXT, {"", DB_ORDER_FIRST, NULL}};
    const struct db_form form = {.columns = columns};
    const size_t used = statement == ALL ? 0 : statement == SECTOR ? 1 : 2;
    struct db_value values[] = {{0}, {0}, {0}, db_text(sector), db_text(query)};
    struct db_result *rows;

    if (!db_page_query(tx, page, &by_name, &db_organisations_statements[statement], values, 3 + used, 0,
                       &rows))
        return false;
    db_page_take(page, &by_name, &form, rows);
    db_result_destroy(rows);
    return true;
}

bool db_organisations_list(struct tx *tx, const struct db_organisations_filter *filter, struct db_page *page)
{
    char *query;
    bool ok;

    if (!filter->q)
        return read_page(tx, filter->sector ? SECTOR : ALL, filter->sector, NULL, page);
    if (!db_search_query(tx, filter->q, &query))
        return false;
    ok = read_page(tx, SEARCHED, filter->sector, query, page);
    free(query);
    return ok;
}

bool db_organisations_read(struct tx *tx, const char *id, enum db_reading reading, json_t **organisation)
{
    return db_record_read(tx, &db_organisations_statements[reading == DB_LOCK ? LOCK : READ], id, columns,
                          organisation);
}

bool db_organisations_find(struct tx *tx, const char *name, const char *sector, char id[37])
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_organisations_statements[FIND], &rows, db_text(name), db_text(sector)))
        return false;
    snprintf(id, 37, "%s", db_rows(rows) > 0 ? db_cell(rows, 0, "id") : "");
    db_result_destroy(rows);
    return true;
}

bool db_organisations_insert(struct tx *tx, json_t *fields, char id[37])
{
    return db_record_insert(tx, &db_organisations_statements[INSERT], fields, id);
}

bool db_organisations_update(struct tx *tx, const char *id, json_t *changes)
{
    return db_record_update(tx, &db_organisations_statements[UPDATE], id, changes);
}

bool db_organisations_delete(struct tx *tx, const char *id)
{
    return DB_QUERY(tx, &db_organisations_statements[DELETE], NULL, db_text(id));
}
