/* What signed requests leave behind: nonces, and how far each peer says it has applied our streams. */
#ifndef NODE_DB_NETWORK_REQUESTS_H
#define NODE_DB_NETWORK_REQUESTS_H

#include "node/db/db.h"
#include "protocol/origin.h"

extern const struct db_statement db_requests_statements[];

/* Remembers a nonce; *fresh is false when it was there. */
bool db_requests_nonce(struct tx *tx, const char *key_id, const char *nonce, int64_t expires, bool *fresh);
/* Forgets a part of what expired before this moment (Unix seconds). *more: there may be more. */
bool db_requests_expire(struct tx *tx, int64_t before, bool *more);
/* stream: "net" or "to". How far the peer follows that stream of ours; zero when it never asked. */
bool db_requests_following(struct tx *tx, const char *authority, const char *stream,
                           struct origin_following *following);
/* Keeps that, unless a later request (created: Unix seconds) has asked after less. */
bool db_requests_acknowledge(struct tx *tx, const char *authority, const char *stream,
                             const struct origin_following *following, int64_t created);

#endif
