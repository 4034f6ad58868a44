#include "node/db/desk/history.h"

/* clang-format off */

/* Jobs and other towns are no actors; after the account is gone its role remains. */
#define ACTOR                                                                                                \
    "CASE WHEN e.role <> 'system' "                                                                          \
    "THEN jsonb_build_object('name', coalesce(u.name, ''), 'role', e.role) END AS actor"
#define PEER                                                                                                 \
    "CASE WHEN e.peer IS NOT NULL "                                                                          \
    "THEN jsonb_build_object('authority', e.peer, 'name', coalesce(r.name, e.peer)) END AS peer"
#define TABLES                                                                                               \
    "events e LEFT JOIN users u ON u.id = e.user_id LEFT JOIN peers r ON r.authority = e.peer"

static const struct db_json_column columns[] = {
    {"actor", DB_JSON_DOCUMENT},
    {"peer", DB_JSON_DOCUMENT},
    {"object_number", DB_JSON_INTEGER},
    {NULL, DB_JSON_STRING},
};

enum { READ, AUDIT, COUNT };

const struct db_statement db_history_statements[] = {
    [READ] = {"history_read",
        "SELECT " DB_TIME("e.at") " AS at, " ACTOR ", " PEER ", e.action, e.from_state AS \"from\", "
        "e.to_state AS \"to\", e.details->>'response' AS response, e.reason FROM " TABLES " "
        "WHERE e.object_type = $1 AND e.object_id = $2 AND e.origin IS NULL ORDER BY e.id DESC LIMIT 1000"},
    /* The API's ids are UUIDs; an event's number is written as one. */
    [AUDIT] = {"history_audit",
        "SELECT lpad(to_hex(e.id), 32, '0')::uuid AS id, " DB_TIME("e.at") " AS at, " ACTOR ", " PEER ", "
        "e.action, e.object_type, e.object_id, "
        "(SELECT l.number FROM listings l WHERE l.id = CASE WHEN e.origin IS NULL "
        "AND e.object_type IN ('proposal', 'offer') THEN e.object_id::uuid END) AS object_number, "
        "e.reason, lpad(e.id::text, 20, '0') AS cursor_key "
        "FROM " TABLES " WHERE $1::text IS NULL OR lpad(e.id::text, 20, '0') < $1 "
        "ORDER BY e.id DESC LIMIT $2::bigint + 1"},
    [COUNT] = {"history_count", "SELECT count(*) AS count FROM events"},
    {NULL, NULL},
};
/* clang-format on */

bool db_history_read(struct tx *tx, const char *object_type, const char *object_id, json_t **entries)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_history_statements[READ], &rows, db_text(object_type), db_text(object_id)))
        return false;
    *entries = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}

bool db_history_audit(struct tx *tx, struct db_page *page)
{
    struct db_result *rows = NULL, *count = NULL;
    bool ok =
        db_query(tx, &db_history_statements[COUNT], NULL, 0, &count) &&
        DB_QUERY(tx, &db_history_statements[AUDIT], &rows, db_text(page->after_key), db_integer(page->limit));

    if (ok) {
        page->total = db_cell_integer(count, 0, "count");
        page->items = db_rows_json(rows, columns);
    }
    db_result_destroy(count);
    db_result_destroy(rows);
    return ok;
}
