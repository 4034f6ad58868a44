/* Idempotency keys: a creation happens at most once per key; for a day, a repetition is told the same again.
 *
 * The claim rides in the transaction that creates (db_ride): it is there exactly when the object is, and two
 * requests at once wait for each other on the primary key. Where the answer is to be found is stored
 * afterwards; should that be lost, a repetition is told that the work was done. Only the place is kept, never
 * a copy: it may be deleted tomorrow. */
#ifndef NODE_DB_IDEMPOTENCY_H
#define NODE_DB_IDEMPOTENCY_H

#include "node/db/db.h"

extern const struct db_statement db_idempotency_statements[];

struct db_idempotency_claim {
    const char *user_id, *key;
    uint8_t request_hash[32];
    char *location; /* out: where the answer of before stands; NULL: nowhere */
};

void db_idempotency_hash(const char *method, const char *target, struct bytes body, uint8_t hash[32]);
/* For db_ride; arg is the claim. Fails when the key was used before: with location set when the answer is to
 * be repeated (the problem then means nothing), else IDEMPOTENCY_MISMATCH (another request), BUSY (the first
 * one is just being answered) or CONFLICT (done, but not to be repeated). */
bool db_idempotency_claim(struct tx *tx, void *arg);
/* Keeps where the answer to a claim that was committed stands; NULL: only the fact is kept. */
void db_idempotency_keep(struct db *db, const struct db_idempotency_claim *claim, const char *location);
/* Nothing was created: the key is free again. */
void db_idempotency_free(struct db *db, const struct db_idempotency_claim *claim);
void db_idempotency_finish(struct db_idempotency_claim *claim);
/* Forgets keys older than a day. */
bool db_idempotency_forget_old(struct tx *tx);

#endif
