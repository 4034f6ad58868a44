#include "node/db/desk/organisations.h"

#include <stdio.h>

#include "node/db/record.h"

/* Short enough for a cursor; names that agree so far are told apart by id. */
#define SORT_KEY "left(fold(o.name), 60)"

/* clang-format off */
#define COLUMNS                                                                                              \
    "o.id, o.name, o.sector, o.kind, o.municipality, o.website, o.note, "                                    \
    "(SELECT count(*) FROM contacts c WHERE c.organisation_id = o.id) AS contacts_count, "                   \
    "(SELECT count(*) FROM listings l WHERE l.organisation_id = o.id AND l.kind = 'proposal') "              \
    "AS proposals_count, "                                                                                   \
    "(SELECT count(*) FROM listings l WHERE l.organisation_id = o.id AND l.kind = 'offer') "                 \
    "AS offers_count, "                                                                                      \
    "o.version, " DB_TIME("o.created_at") " AS created_at, " DB_TIME("o.updated_at") " AS updated_at"

#define FILTER                                                                                               \
    "($1::text IS NULL OR strpos(o.search_text, fold($1)) > 0 OR fold($1) <% o.search_text) "                \
    "AND ($2::text IS NULL OR o.sector = $2)"

static const struct db_json_column columns[] = {
    {"contacts_count", DB_JSON_INTEGER},
    {"proposals_count", DB_JSON_INTEGER},
    {"offers_count", DB_JSON_INTEGER},
    {"version", DB_JSON_INTEGER},
    {NULL, DB_JSON_STRING},
};

enum { LIST, COUNT, READ, LOCK, FIND, INSERT, UPDATE, DELETE };

const struct db_statement db_organisations_statements[] = {
    [LIST] = {"organisations_list",
        "SELECT " COLUMNS ", " SORT_KEY " AS cursor_key FROM organisations o WHERE " FILTER " "
        "AND ($3::text IS NULL OR (" SORT_KEY ", o.id::text) > ($3, $4)) "
        "ORDER BY " SORT_KEY ", o.id LIMIT $5::bigint + 1"},
    [COUNT] = {"organisations_count", "SELECT count(*) AS count FROM organisations o WHERE " FILTER},
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

bool db_organisations_list(struct tx *tx, const struct db_organisations_filter *filter, struct db_page *page)
{
    struct db_result *rows, *count;

    if (!DB_QUERY(tx, &db_organisations_statements[COUNT], &count, db_text(filter->q),
                  db_text(filter->sector)))
        return false;
    page->total = db_cell_integer(count, 0, "count");
    db_result_destroy(count);
    if (!DB_QUERY(tx, &db_organisations_statements[LIST], &rows, db_text(filter->q), db_text(filter->sector),
                  db_text(page->after_key), db_text(page->after_id), db_integer(page->limit)))
        return false;
    page->items = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
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
