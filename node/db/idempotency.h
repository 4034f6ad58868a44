/* Idempotency keys: a creation happens at most once per key; for a day (see db/clock/due), a repetition is
 * told the same again.
 *
 * The claim to a key, and where the created stands, are written in the transaction that creates: they are
 * there exactly when the object is. Only the place is kept, never a copy: it may be deleted tomorrow. A
 * repetition waits for nobody: while the first is still under way it is told so, since waiting would hold a
 * worker. */
#ifndef NODE_DB_IDEMPOTENCY_H
#define NODE_DB_IDEMPOTENCY_H

#include "node/db/db.h"

extern const struct db_statement db_idempotency_statements[];

enum { DB_IDEMPOTENCY_PLACE_SIZE = 512 };

struct db_idempotency_claim {
    const char *user_id, *key; /* borrowed */
    uint8_t request_hash[32];
    char place[DB_IDEMPOTENCY_PLACE_SIZE]; /* out: where the creation of before stands; "": see below */
};

void db_idempotency_hash(const char *method, const char *target, struct bytes body, uint8_t hash[32]);
/* First thing in the transaction that creates. Fails when the key was used before: with place set when what
 * stands there is to be told again (the problem then means nothing), else IDEMPOTENCY_MISMATCH (another
 * request), BUSY (the first one is under way) or CONFLICT (done, but not to be repeated). */
bool db_idempotency_claim(struct tx *tx, struct db_idempotency_claim *claim);
/* Where what was created under the claim stands: the last thing in that transaction. Without it only the fact
 * is kept. */
bool db_idempotency_place(struct tx *tx, const struct db_idempotency_claim *claim, const char *place);

#endif
