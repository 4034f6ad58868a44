#include "node/db/network/alarms.h"

enum { RAISE, RAISE_ONCE, RAISE_NEW, PROOF, SETTLE, SETTLE_KEYS, LIST, ACKNOWLEDGE, READ };

/* clang-format off */
#define ALARM \
    "SELECT a.id, " DB_TIME("a.at") " AS at, a.times, a.kind, CASE WHEN a.peer IS NOT NULL THEN " \
    "json_build_object('authority', a.peer, 'name', coalesce(p.name, a.peer)) END AS peer, a.detail, " \
    DB_TIME("a.acknowledged_at") " AS acknowledged_at, CASE WHEN u.id IS NOT NULL THEN " \
    "json_build_object('name', u.name, 'role', u.role) END AS acknowledged_by, a.note FROM alarms a " \
    "LEFT JOIN peers p ON p.authority = a.peer LEFT JOIN users u ON u.id = a.acknowledged_by "

const struct db_statement db_alarms_statements[] = {
    [RAISE] = {"alarms_raise",
        "INSERT INTO alarms AS a (kind, peer, detail, proof) VALUES ($1, $2, left($3, 1000), $4) "
        "ON CONFLICT (kind, coalesce(peer, '')) WHERE acknowledged_at IS NULL DO UPDATE SET at = now(), times = a.times + 1, "
        "detail = CASE WHEN position(excluded.detail IN a.detail) > 0 THEN a.detail "
        "ELSE left(excluded.detail || E'\n' || a.detail, 1000) END, proof = coalesce(a.proof, excluded.proof)"},
    [RAISE_ONCE] = {"alarms_raise_once",
        "INSERT INTO alarms (kind, peer, detail) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"},
    [RAISE_NEW] = {"alarms_raise_new",
        "INSERT INTO alarms (kind, peer, detail) SELECT $1::text, $2::text, $3::text "
        "WHERE NOT EXISTS (SELECT FROM alarms WHERE kind = $1 AND detail = $3) ON CONFLICT DO NOTHING"},
    [SETTLE] = {"alarms_settle",
        "UPDATE alarms SET acknowledged_at = now(), note = $2 WHERE kind = $1 AND acknowledged_at IS NULL"},
    [PROOF] = {"alarms_proof", "SELECT proof FROM alarms WHERE id = $1::uuid AND proof IS NOT NULL"},
    [SETTLE_KEYS] = {"alarms_settle_keys",
        "UPDATE alarms SET acknowledged_at = now(), note = $2 WHERE peer = $1 AND acknowledged_at IS NULL "
        "AND kind IN ('key_conflict', 'key_replaced')"},
    [LIST] = {"alarms_list", ALARM "ORDER BY a.acknowledged_at IS NOT NULL, a.at DESC LIMIT 1000"},
    [ACKNOWLEDGE] = {"alarms_acknowledge",
        "UPDATE alarms SET acknowledged_at = now(), acknowledged_by = nullif($2, '')::uuid, note = $3 "
        "WHERE id = $1::uuid AND acknowledged_at IS NULL"},
    [READ] = {"alarms_read", ALARM "WHERE a.id = $1::uuid"},
    {NULL, NULL},
};
/* clang-format on */

static const struct db_json_column columns[] = {
    {"peer", DB_JSON_DOCUMENT},
    {"acknowledged_by", DB_JSON_DOCUMENT},
    {"times", DB_JSON_INTEGER},
    {NULL, DB_JSON_STRING},
};

bool db_alarms_raise(struct tx *tx, const struct db_alarm *alarm)
{
    return DB_QUERY(tx, &db_alarms_statements[RAISE], NULL, db_text(alarm->kind), db_text(alarm->peer),
                    db_text(alarm->detail),
                    alarm->proof.size ? db_octets(alarm->proof.data, alarm->proof.size) : db_null());
}

bool db_alarms_proof(struct tx *tx, const char *id, struct buffer *proof, bool *found)
{
    struct db_result *row;
    bool ok = true;

    if (!DB_QUERY(tx, &db_alarms_statements[PROOF], &row, db_text(id)))
        return false;
    *found = db_rows(row) > 0;
    if (*found)
        ok = db_cell_octets(row, 0, "proof", proof) && !proof->failed;
    db_result_destroy(row);
    return ok || problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
}

bool db_alarms_settle_keys(struct tx *tx, const char *peer, const char *note)
{
    return DB_QUERY(tx, &db_alarms_statements[SETTLE_KEYS], NULL, db_text(peer), db_text(note));
}

bool db_alarms_raise_once(struct tx *tx, const struct db_alarm *alarm)
{
    return DB_QUERY(tx, &db_alarms_statements[RAISE_ONCE], NULL, db_text(alarm->kind), db_text(alarm->peer),
                    db_text(alarm->detail));
}

bool db_alarms_raise_new(struct tx *tx, const struct db_alarm *alarm)
{
    return DB_QUERY(tx, &db_alarms_statements[RAISE_NEW], NULL, db_text(alarm->kind), db_text(alarm->peer),
                    db_text(alarm->detail));
}

bool db_alarms_settle(struct tx *tx, const char *kind, const char *note)
{
    return DB_QUERY(tx, &db_alarms_statements[SETTLE], NULL, db_text(kind), db_text(note));
}

bool db_alarms_list(struct tx *tx, json_t **items)
{
    struct db_result *rows;

    if (!db_query(tx, &db_alarms_statements[LIST], NULL, 0, &rows))
        return false;
    *items = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}

bool db_alarms_acknowledge(struct tx *tx, const char *id, const char *user_id, const char *note,
                           bool *already, json_t **alarm)
{
    struct db_result *result;

    *alarm = NULL;
    if (!DB_QUERY(tx, &db_alarms_statements[ACKNOWLEDGE], &result, db_text(id), db_text(user_id),
                  db_text(note)))
        return false;
    *already = db_affected(result) == 0;
    db_result_destroy(result);
    if (!DB_QUERY(tx, &db_alarms_statements[READ], &result, db_text(id)))
        return false;
    if (db_rows(result) > 0)
        *alarm = db_row_json(result, 0, columns);
    db_result_destroy(result);
    return true;
}
