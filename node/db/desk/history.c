#include "node/db/desk/history.h"

#include <string.h>

/* clang-format off */

/* Jobs and other towns are no actors; after the account is gone its role remains. */
#define WHO                                                                                                  \
    "CASE WHEN e.role <> 'system' THEN e.role END AS actor_role, coalesce(u.name, '') AS actor_name, "       \
    "e.peer, coalesce(r.name, e.peer) AS peer_name"
#define OTHERS                                                                                               \
    "LEFT JOIN users u ON u.id = e.user_id LEFT JOIN peers r ON r.authority = e.peer"

static const struct db_json_column columns[] = {
    {"at", DB_JSON_TIME},
    {"actor_role", DB_JSON_SKIP},
    {"actor_name", DB_JSON_SKIP},
    {"peer", DB_JSON_SKIP},
    {"peer_name", DB_JSON_SKIP},
    {"object_number", DB_JSON_INTEGER},
    {"times", DB_JSON_INTEGER},
    {"page_key", DB_JSON_SKIP},
    {"page_total", DB_JSON_SKIP},
    {NULL, DB_JSON_STRING},
};

enum { READ, AUDIT };

const struct db_statement db_history_statements[] = {
    [READ] = {"history_read",
        "SELECT e.at, " WHO ", e.action, e.from_state AS \"from\", "
        "e.to_state AS \"to\", e.details->>'response' AS response, e.reason FROM events e " OTHERS " "
        "WHERE e.object_type = $1 AND e.object_id = $2 AND e.origin IS NULL ORDER BY e.id DESC LIMIT 1000"},
    /* The API's ids are UUIDs; an event's number is written as one. */
    [AUDIT] = {"history_audit",
        DB_PAGE("SELECT FROM events ORDER BY id",
        "SELECT lpad(to_hex(e.id), 32, '0')::uuid AS id, e.at, " WHO ", "
        "e.action, e.object_type, e.object_id, "
        "(SELECT l.number FROM listings l WHERE l.id = CASE WHEN e.origin IS NULL "
        "AND e.object_type IN ('proposal', 'offer') THEN e.object_id::uuid END) AS object_number, "
        "e.reason, e.details->'times' AS times, e.id AS page_key "
        "FROM (SELECT * FROM (SELECT * FROM events e WHERE e.id < $1::bigint ORDER BY e.id DESC " DB_PAGE_MOST ") AS e "
        "LIMIT $2::bigint + 1) AS e " OTHERS " ORDER BY e.id DESC", "ORDER BY page_key DESC")},
    {NULL, NULL},
};
/* clang-format on */

/* Who did it: columns. */
struct reading {
    struct db_form form;
    int role, name, peer, peer_name;
};

/* An object of two texts, or null. */
static void put_pair(struct buffer *out, const char *names[3], const char *first, const char *second)
{
    buffer_printf(out, ",\"%s\":", names[0]);
    if (!first) {
        buffer_puts(out, "null");
        return;
    }
    buffer_printf(out, "{\"%s\":", names[1]);
    db_json_text(out, first, strlen(first));
    buffer_printf(out, ",\"%s\":", names[2]);
    db_json_text(out, second, strlen(second));
    buffer_puts(out, "}");
}

static void put_who(struct buffer *out, const struct db_result *result, size_t row, void *arg)
{
    static const char *actor[] = {"actor", "role", "name"}, *peer[] = {"peer", "authority", "name"};
    const struct reading *reading = arg;

    put_pair(out, actor, db_at(result, row, reading->role), db_at(result, row, reading->name));
    put_pair(out, peer, db_at(result, row, reading->peer), db_at(result, row, reading->peer_name));
}

static void begin_reading(struct reading *reading, const struct db_result *rows)
{
    *reading = (struct reading){
        .form = {.columns = columns, .more = put_who, .arg = reading},
        .role = db_column(rows, "actor_role"),
        .name = db_column(rows, "actor_name"),
        .peer = db_column(rows, "peer"),
        .peer_name = db_column(rows, "peer_name"),
    };
}

bool db_history_read(struct tx *tx, const char *object_type, const char *object_id, struct buffer *out)
{
    struct reading reading;
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_history_statements[READ], &rows, db_text(object_type), db_text(object_id)))
        return false;
    begin_reading(&reading, rows);
    db_form_write(&reading.form, rows, db_rows(rows), out);
    db_result_destroy(rows);
    return true;
}

bool db_history_audit(struct tx *tx, struct db_page *page)
{
    static const struct db_order newest = {DB_ORDER_NUMBER, {"9223372036854775807", NULL, NULL}};
    struct reading reading;
    struct db_value values[2];
    struct db_result *rows;

    if (!db_page_query(tx, page, &newest, &db_history_statements[AUDIT], values, 2, 0, &rows))
        return false;
    begin_reading(&reading, rows);
    db_page_take(page, &newest, &reading.form, rows);
    db_result_destroy(rows);
    return true;
}
