/* How much of the database what a peer said takes, and what becomes of one that has used up its share. */
#ifndef NODE_DB_NETWORK_ROOM_H
#define NODE_DB_NETWORK_ROOM_H

#include <jansson.h>

#include "node/db/db.h"
#include "protocol/authority.h"

extern const struct db_statement db_room_statements[];

/* What a line of this type ("": none) takes, with what is derived from it. */
int64_t db_room_of(const char *type, size_t octets);

struct db_room {
    bool fits;
    char whose[AUTHORITY_SIZE]; /* if not: whose share is used up, the peer's or its office's */
};
/* Do so many octets more fit into a peer's share of so many, and what people allowed it besides; of who is
 * known through an office alone also into what all those have together, or its part of that? */
bool db_room_fits(struct tx *tx, const char *peer, int64_t share, int64_t octets, struct db_room *room);
/* Its share is used up. As the two below: first this, then db_entries_rewind, so that a page on its way waits
 * or gives way. */
bool db_room_close(struct tx *tx, const char *peer);
/* People allow it one share more. */
bool db_room_grant(struct tx *tx, const char *peer);

/* Those who were closed and have a tenth of their share, or of their part, free again: array of authorities.
 */
bool db_room_free(struct tx *tx, int64_t share, json_t **peers);
bool db_room_open(struct tx *tx, const char *peer);

#endif
