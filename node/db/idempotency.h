/* Idempotency keys: a creation happens at most once per key, and its first answer is kept for a day.
 *
 * The claim rides in the transaction that creates (db_ride): it is there exactly when the object is, and two
 * requests at once wait for each other on the primary key. The answer is stored afterwards; should that be
 * lost, a repetition is told that the work was done. */
#ifndef NODE_DB_IDEMPOTENCY_H
#define NODE_DB_IDEMPOTENCY_H

#include "node/db/db.h"

extern const struct db_statement db_idempotency_statements[];

struct db_idempotency_claim {
    const char *user_id, *key;
    uint8_t request_hash[32];
    /* out: the answer of before; body NULL when there is none */
    int status;
    char *body, *headers;
};

void db_idempotency_hash(const char *method, const char *target, struct bytes body, uint8_t hash[32]);
/* For db_ride; arg is the claim. Fails when the key was used before: with body set when the answer is to be
 * repeated (the problem then means nothing), else IDEMPOTENCY_MISMATCH (another request) or CONFLICT (done,
 * but not to be repeated). */
bool db_idempotency_claim(struct tx *tx, void *arg);
/* Keeps the answer to a claim that was committed. body NULL: it holds a secret, or nothing; only the fact is
 * kept. status 0: nothing was created, the key is free again. */
void db_idempotency_settle(struct db *db, const struct db_idempotency_claim *claim, int status,
                           const char *body, const char *headers);
void db_idempotency_finish(struct db_idempotency_claim *claim);
/* Forgets keys older than a day. */
bool db_idempotency_forget_old(struct tx *tx);

#endif
