#include "node/db/desk/history.h"

/* clang-format off */

/* Jobs and other towns are no actors; after the account is gone its role remains. */
#define ACTOR                                                                                                \
    "CASE WHEN e.role <> 'system' "                                                                          \
    "THEN jsonb_build_object('name', coalesce(u.name, ''), 'role', e.role) END AS actor"
#define PEER                                                                                                 \
    "CASE WHEN e.peer IS NOT NULL "                                                                          \
    "THEN jsonb_build_object('authority', e.peer, 'name', coalesce(r.name, e.peer)) END AS peer"
#define OTHERS                                                                                               \
    "LEFT JOIN users u ON u.id = e.user_id LEFT JOIN peers r ON r.authority = e.peer"

static const struct db_json_column columns[] = {
    {"at", DB_JSON_TIME},
    {"actor", DB_JSON_DOCUMENT},
    {"peer", DB_JSON_DOCUMENT},
    {"object_number", DB_JSON_INTEGER},
    {"page_key", DB_JSON_SKIP},
    {"page_total", DB_JSON_SKIP},
    {NULL, DB_JSON_STRING},
};

enum { READ, AUDIT };

const struct db_statement db_history_statements[] = {
    [READ] = {"history_read",
        "SELECT e.at, " ACTOR ", " PEER ", e.action, e.from_state AS \"from\", "
        "e.to_state AS \"to\", e.details->>'response' AS response, e.reason FROM events e " OTHERS " "
        "WHERE e.object_type = $1 AND e.object_id = $2 AND e.origin IS NULL ORDER BY e.id DESC LIMIT 1000"},
    /* The API's ids are UUIDs; an event's number is written as one. */
    [AUDIT] = {"history_audit",
        DB_PAGE("SELECT FROM events ORDER BY id",
        "SELECT lpad(to_hex(e.id), 32, '0')::uuid AS id, e.at, " ACTOR ", " PEER ", "
        "e.action, e.object_type, e.object_id, "
        "(SELECT l.number FROM listings l WHERE l.id = CASE WHEN e.origin IS NULL "
        "AND e.object_type IN ('proposal', 'offer') THEN e.object_id::uuid END) AS object_number, "
        "e.reason, e.id AS page_key "
        "FROM (SELECT * FROM (SELECT * FROM events e WHERE e.id < $1::bigint ORDER BY e.id DESC " DB_PAGE_MOST ") AS e "
        "LIMIT $2::bigint + 1) AS e " OTHERS " ORDER BY e.id DESC", "ORDER BY page_key DESC")},
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
    static const struct db_order newest = {DB_ORDER_NUMBER, {"9223372036854775807", DB_ORDER_LAST, NULL}};
    const struct db_form form = {.columns = columns};
    struct db_value place[2];
    struct db_result *rows;

    if (!db_page_begin(tx, page, &newest, place) ||
        !DB_QUERY(tx, &db_history_statements[AUDIT], &rows, place[0], db_integer(page->limit)))
        return false;
    db_page_take(page, &newest, &form, rows);
    db_result_destroy(rows);
    return true;
}
