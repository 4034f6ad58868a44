/* What time it is, by others than this machine's clock. */
#ifndef NODE_DB_WITNESS_H
#define NODE_DB_WITNESS_H

#include "node/db/db.h"
#include "protocol/leap.h"

extern const struct db_statement db_witness_statements[];

bool db_witness_read(struct tx *tx, int64_t now, struct leap_witness *witness);
/* A person says that it is this time. */
bool db_witness_person(struct tx *tx, int64_t now);
/* Nothing makes this node doubt that it is this time: noted when the last word is older than an hour. */
bool db_witness_believe(struct tx *tx, int64_t now);
/* An answer of a peer says so. */
bool db_witness_peer(struct tx *tx, const char *authority, int64_t date);

#endif
