#include "node/db/network/requests.h"

enum { NONCE, EXPIRE, FOLLOWING, ACKNOWLEDGE };

enum { PART_ROWS = 5000 }; /* forgotten in one transaction */

/* clang-format off */
const struct db_statement db_requests_statements[] = {
    [NONCE] = {"requests_nonce",
        "INSERT INTO nonces (key_id, nonce, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"},
    [EXPIRE] = {"requests_expire", "DELETE FROM nonces WHERE (key_id, nonce) IN "
        "(SELECT key_id, nonce FROM nonces WHERE expires < $1 LIMIT $2)"},
    [FOLLOWING] = {"requests_following",
        "SELECT epoch, seq, asked_epoch, asked_seq, served_epoch, served_seq, created FROM peer_cursors "
        "WHERE authority = $1 AND stream = $2"},
    /* A request that is older than the latest one says nothing any more. `at`: since when it has that much. */
    [ACKNOWLEDGE] = {"requests_acknowledge",
        "INSERT INTO peer_cursors AS c (authority, stream, epoch, seq, asked_epoch, asked_seq, served_epoch, served_seq, created) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (authority, stream) DO UPDATE SET epoch = $3, seq = $4, "
        "asked_epoch = $5, asked_seq = $6, served_epoch = $7, served_seq = $8, created = $9, "
        "at = CASE WHEN (c.epoch, c.seq) = ($3, $4) THEN c.at ELSE now() END "
        "WHERE (c.asked_epoch, c.asked_seq) <= ($5, $6) OR c.created < $9"},
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

static struct cursor cursor_cell(const struct db_result *row, const char *epoch, const char *seq)
{
    return (struct cursor){db_cell_integer(row, 0, epoch), db_cell_integer(row, 0, seq)};
}

bool db_requests_following(struct tx *tx, const char *authority, const char *stream,
                           struct origin_following *following)
{
    struct db_result *row;

    *following = (struct origin_following){0};
    if (!DB_QUERY(tx, &db_requests_statements[FOLLOWING], &row, db_text(authority), db_text(stream)))
        return false;
    if (db_rows(row) > 0)
        *following = (struct origin_following){.acknowledged = cursor_cell(row, "epoch", "seq"),
                                               .asked = cursor_cell(row, "asked_epoch", "asked_seq"),
                                               .served = cursor_cell(row, "served_epoch", "served_seq")};
    db_result_destroy(row);
    return true;
}

bool db_requests_acknowledge(struct tx *tx, const char *authority, const char *stream,
                             const struct origin_following *following, int64_t created)
{
    return DB_QUERY(tx, &db_requests_statements[ACKNOWLEDGE], NULL, db_text(authority), db_text(stream),
                    db_integer(following->acknowledged.epoch), db_integer(following->acknowledged.seq),
                    db_integer(following->asked.epoch), db_integer(following->asked.seq),
                    db_integer(following->served.epoch), db_integer(following->served.seq),
                    db_integer(created));
}
