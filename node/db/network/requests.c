#include "node/db/network/requests.h"

enum { NONCE, EXPIRE, ACKNOWLEDGED, ACKNOWLEDGE };

enum { PART_ROWS = 5000 }; /* forgotten in one transaction */

/* clang-format off */
const struct db_statement db_requests_statements[] = {
    [NONCE] = {"requests_nonce",
        "INSERT INTO nonces (key_id, nonce, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"},
    [EXPIRE] = {"requests_expire", "DELETE FROM nonces WHERE (key_id, nonce) IN "
        "(SELECT key_id, nonce FROM nonces WHERE expires < $1 LIMIT $2)"},
    [ACKNOWLEDGED] = {"requests_acknowledged",
        "SELECT epoch, seq, created FROM peer_cursors WHERE authority = $1 AND stream = $2"},
    [ACKNOWLEDGE] = {"requests_acknowledge",
        "INSERT INTO peer_cursors AS c (authority, stream, epoch, seq, created) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (authority, stream) DO UPDATE SET epoch = $3, seq = $4, created = $5, at = now() "
        "WHERE (c.epoch, c.seq) < ($3, $4) OR ((c.epoch, c.seq) > ($3, $4) AND c.created < $5)"},
    {NULL, NULL},
};
/* clang-format on */

bool db_requests_nonce(struct tx *tx, const char *key_id, const char *nonce, int64_t expires, bool *fresh)
{
    struct db_result *result;

    if (!DB_QUERY(tx, &db_requests_statements[NONCE], &result, db_text(key_id), db_text(nonce),
                  db_integer(expires)))
        return false;
    *fresh = db_affected(result) == 1;
    db_result_destroy(result);
    return true;
}

bool db_requests_expire(struct tx *tx, int64_t before, bool *more)
{
    struct db_result *result;

    if (!DB_QUERY(tx, &db_requests_statements[EXPIRE], &result, db_integer(before), db_integer(PART_ROWS)))
        return false;
    *more = db_affected(result) == PART_ROWS;
    db_result_destroy(result);
    return true;
}

bool db_requests_acknowledged(struct tx *tx, const char *authority, const char *stream, struct cursor *cursor,
                              int64_t *created)
{
    struct db_result *row;

    *cursor = (struct cursor){0};
    *created = 0;
    if (!DB_QUERY(tx, &db_requests_statements[ACKNOWLEDGED], &row, db_text(authority), db_text(stream)))
        return false;
    if (db_rows(row) > 0) {
        *cursor = (struct cursor){db_cell_integer(row, 0, "epoch"), db_cell_integer(row, 0, "seq")};
        *created = db_cell_integer(row, 0, "created");
    }
    db_result_destroy(row);
    return true;
}

bool db_requests_acknowledge(struct tx *tx, const char *authority, const char *stream, struct cursor cursor,
                             int64_t created)
{
    return DB_QUERY(tx, &db_requests_statements[ACKNOWLEDGE], NULL, db_text(authority), db_text(stream),
                    db_integer(cursor.epoch), db_integer(cursor.seq), db_integer(created));
}
