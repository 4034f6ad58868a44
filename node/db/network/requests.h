/* What signed requests leave behind: nonces, and how far each peer says it has applied our streams. */
#ifndef NODE_DB_NETWORK_REQUESTS_H
#define NODE_DB_NETWORK_REQUESTS_H

#include "node/db/db.h"
#include "protocol/chain.h"

extern const struct db_statement db_requests_statements[];

/* Remembers a nonce; *fresh is false when it was there. */
bool db_requests_nonce(struct tx *tx, const char *key_id, const char *nonce, int64_t expires, bool *fresh);
/* Forgets a part of what expired before this moment (Unix seconds). *more: there may be more. */
bool db_requests_expire(struct tx *tx, int64_t before, bool *more);
/* What is kept of it; {0, 0} with created 0 when nothing is. */
bool db_requests_acknowledged(struct tx *tx, const char *authority, const char *stream, struct cursor *cursor,
                              int64_t *created);
/* stream: "net" or "to". Keeps the cursor as the acknowledgement; a lower one only from a later request. */
bool db_requests_acknowledge(struct tx *tx, const char *authority, const char *stream, struct cursor cursor,
                             int64_t created);

#endif
