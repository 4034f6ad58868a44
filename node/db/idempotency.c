#include "node/db/idempotency.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLAIM, FIND, KEEP, FREE, FORGET };

/* How long a repetition waits for the first answer to be kept, which happens right after its commit. */
enum { NAPS = 50, NAP_MILLISECONDS = 20 };

const struct db_statement db_idempotency_statements[] = {
    [CLAIM] = {"db_idempotency_claim", "INSERT INTO idempotency_keys (user_id, key, request_hash) "
                                       "VALUES ($1::uuid, $2, $3) ON CONFLICT (user_id, key) DO NOTHING"},
    [FIND] = {"idempotency_find", "SELECT request_hash, location, "
                                  "NOT settled AND created_at > now() - interval '10 seconds' AS waiting "
                                  "FROM idempotency_keys WHERE user_id = $1::uuid AND key = $2"},
    [KEEP] = {"idempotency_keep", "UPDATE idempotency_keys SET settled = true, location = $3 "
                                  "WHERE user_id = $1::uuid AND key = $2"},
    [FREE] = {"idempotency_free", "DELETE FROM idempotency_keys WHERE user_id = $1::uuid AND key = $2"},
    [FORGET] = {"idempotency_forget",
                "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'"},
    {NULL, NULL},
};

void db_idempotency_hash(const char *method, const char *target, struct bytes body, uint8_t hash[32])
{
    struct buffer text = {0};

    buffer_printf(&text, "%s %s\n", method, target);
    buffer_append(&text, body.data, body.size);
    bytes_sha256(text.data, text.size, hash);
    buffer_free(&text);
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static bool take_remembered(struct tx *tx, struct db_idempotency_claim *claim, const struct db_result *row)
{
    uint8_t hash[32];

    if (db_rows(row) == 0)
        return problem_set(tx->problem, PROBLEM_BUSY, "Please send this again.");
    if (!db_cell_fixed(row, 0, "request_hash", hash, sizeof hash) ||
        memcmp(hash, claim->request_hash, sizeof hash) != 0)
        return problem_set(
            tx->problem, PROBLEM_IDEMPOTENCY_MISMATCH,
            "This Idempotency-Key was used for another request. Nothing was created. Use a new key.");
    claim->location = copy(db_cell(row, 0, "location"));
    if (claim->location)
        return problem_set(tx->problem, PROBLEM_CONFLICT, "The first answer is repeated.");
    if (db_cell_boolean(row, 0, "waiting")) {
        tx->problem->retry_after = 1;
        return problem_set(tx->problem, PROBLEM_BUSY,
                           "The same request is just being answered. Please send it again.");
    }
    return problem_set(tx->problem, PROBLEM_CONFLICT,
                       "This was done already under the same Idempotency-Key. Nothing was created again. "
                       "Please look for it in "
                       "the list.");
}

static bool find(struct tx *tx, const struct db_idempotency_claim *claim, struct db_result **row)
{
    static const struct timespec nap = {.tv_nsec = NAP_MILLISECONDS * 1000000L};

    for (int naps = 0;; naps++) {
        if (!DB_QUERY(tx, &db_idempotency_statements[FIND], row, db_text(claim->user_id),
                      db_text(claim->key)))
            return false;
        if (naps == NAPS || db_rows(*row) == 0 || !db_cell_boolean(*row, 0, "waiting"))
            return true;
        db_result_destroy(*row);
        nanosleep(&nap, NULL);
    }
}

bool db_idempotency_claim(struct tx *tx, void *arg)
{
    struct db_idempotency_claim *claim = arg;
    struct db_result *row;
    bool ok;

    if (!DB_QUERY(tx, &db_idempotency_statements[CLAIM], &row, db_text(claim->user_id), db_text(claim->key),
                  db_octets(claim->request_hash, sizeof claim->request_hash)))
        return false;
    ok = db_affected(row) == 1;
    db_result_destroy(row);
    if (ok)
        return true;
    if (!find(tx, claim, &row))
        return false;
    ok = take_remembered(tx, claim, row);
    db_result_destroy(row);
    return ok;
}

bool db_idempotency_forget_old(struct tx *tx)
{
    return db_query(tx, &db_idempotency_statements[FORGET], NULL, 0, NULL);
}

struct idempotency_answer {
    const struct db_idempotency_claim *claim;
    bool created;
    const char *location;
};

static bool settle_body(struct tx *tx, void *arg)
{
    const struct idempotency_answer *answer = arg;

    if (!db_relax(tx))
        return false;
    if (!answer->created)
        return DB_QUERY(tx, &db_idempotency_statements[FREE], NULL, db_text(answer->claim->user_id),
                        db_text(answer->claim->key));
    return DB_QUERY(tx, &db_idempotency_statements[KEEP], NULL, db_text(answer->claim->user_id),
                    db_text(answer->claim->key), db_text(answer->location));
}

static void settle(struct db *db, const struct idempotency_answer *answer)
{
    struct problem ignored = {0};

    db_transaction(db, &ignored, settle_body, (void *)(uintptr_t)answer);
    problem_finish(&ignored);
}

void db_idempotency_keep(struct db *db, const struct db_idempotency_claim *claim, const char *location)
{
    settle(db, &(struct idempotency_answer){claim, true, location});
}

void db_idempotency_free(struct db *db, const struct db_idempotency_claim *claim)
{
    settle(db, &(struct idempotency_answer){.claim = claim});
}

void db_idempotency_finish(struct db_idempotency_claim *claim)
{
    free(claim->location);
}
