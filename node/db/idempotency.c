#include "node/db/idempotency.h"

#include <stdio.h>
#include <string.h>

enum { CLAIM, FIND, PLACE };

/* clang-format off */
const struct db_statement db_idempotency_statements[] = {
    /* The primary key alone would make a repetition wait for the first to commit. The lock goes with the
     * transaction, after what it wrote can be seen. */
    [CLAIM] = {"idempotency_claim",
        "INSERT INTO idempotency_keys (user_id, key, request_hash) SELECT $1::text::uuid, $2::text, $3::bytea "
        "WHERE pg_try_advisory_xact_lock(hashtextextended($2, hashtextextended($1, 0))) "
        "ON CONFLICT (user_id, key) DO NOTHING"},
    [FIND] = {"idempotency_find",
        "SELECT request_hash, location FROM idempotency_keys WHERE user_id = $1::uuid AND key = $2"},
    [PLACE] = {"idempotency_place",
        "UPDATE idempotency_keys SET location = $3 WHERE user_id = $1::uuid AND key = $2"},
    {NULL, NULL},
};
/* clang-format on */

void db_idempotency_hash(const char *method, const char *target, struct bytes body, uint8_t hash[32])
{
    struct buffer text = {0};

    buffer_printf(&text, "%s %s\n", method, target);
    buffer_append(&text, body.data, body.size);
    bytes_sha256(text.data, text.size, hash);
    buffer_free(&text);
}

static bool same_request(const struct db_idempotency_claim *claim, const struct db_result *row)
{
    uint8_t hash[32];

    return db_cell_fixed(row, 0, "request_hash", hash, sizeof hash) &&
           memcmp(hash, claim->request_hash, sizeof hash) == 0;
}

static bool take_remembered(struct tx *tx, struct db_idempotency_claim *claim, const struct db_result *row)
{
    const char *place;

    if (db_rows(row) == 0) {
        tx->problem->retry_after = 1;
        return problem_set(tx->problem, PROBLEM_BUSY,
                           "The same request is just being answered. Please send it again.");
    }
    if (!same_request(claim, row))
        return problem_set(
            tx->problem, PROBLEM_IDEMPOTENCY_MISMATCH,
            "This Idempotency-Key was used for another request. Nothing was created. Use a new key.");
    if ((place = db_cell(row, 0, "location")))
        snprintf(claim->place, sizeof claim->place, "%s", place);
    return problem_set(tx->problem, PROBLEM_CONFLICT,
                       "This was done already under the same Idempotency-Key. Nothing was created again. "
                       "Please look for it in the list.");
}

bool db_idempotency_claim(struct tx *tx, struct db_idempotency_claim *claim)
{
    struct db_result *row;
    bool ok;

    if (!DB_QUERY(tx, &db_idempotency_statements[CLAIM], &row, db_text(claim->user_id), db_text(claim->key),
                  db_octets(claim->request_hash, sizeof claim->request_hash)))
        return false;
    ok = db_affected(row) == 1;
    db_result_destroy(row);
    if (ok)
        return true;
    if (!DB_QUERY(tx, &db_idempotency_statements[FIND], &row, db_text(claim->user_id), db_text(claim->key)))
        return false;
    ok = take_remembered(tx, claim, row);
    db_result_destroy(row);
    return ok;
}

bool db_idempotency_place(struct tx *tx, const struct db_idempotency_claim *claim, const char *place)
{
    return DB_QUERY(tx, &db_idempotency_statements[PLACE], NULL, db_text(claim->user_id), db_text(claim->key),
                    db_text(place));
}
