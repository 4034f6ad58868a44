/* Idempotency keys: the first answer to a creation, kept for a day. */
#ifndef NODE_DB_IDEMPOTENCY_H
#define NODE_DB_IDEMPOTENCY_H

#include "node/db/db.h"

extern const struct db_statement db_idempotency_statements[];

struct idempotency_claim {
    const char *user_id, *key;
    uint8_t request_hash[32];
    /* out: the remembered answer; body NULL when this request is the first */
    int status;
    char *body, *headers;
};

void idempotency_hash(const char *method, const char *target, struct bytes body, uint8_t hash[32]);
/* Claims the key for this request, or gives the answer of before. IDEMPOTENCY_MISMATCH when the key was used for
 * something else; BUSY while the first request is still under way. */
bool idempotency_claim(struct db *db, struct idempotency_claim *claim, struct problem *problem);
/* Keeps the answer; status 0 gives the key free again. */
void idempotency_settle(struct db *db, const struct idempotency_claim *claim, int status, const char *body,
                        const char *headers);
void idempotency_finish(struct idempotency_claim *claim);

#endif
