/* Invitations of an office: tokens are kept as SHA-256 only. */
#ifndef NODE_DB_NETWORK_INVITATIONS_H
#define NODE_DB_NETWORK_INVITATIONS_H

#include "node/db/db.h"

extern const struct db_statement db_invitations_statements[];

/* *invitation: {id, label, expires_at}, new reference. */
bool db_invitations_add(struct tx *tx, const uint8_t token_hash[32], const char *label, int64_t expires_at,
                        json_t **invitation);
/* Newest first, at most 1000. */
bool db_invitations_list(struct tx *tx, json_t **items);

enum db_invitation { DB_INVITATION_NONE, DB_INVITATION_OPEN, DB_INVITATION_USED };
/* Locks it. NONE: unknown or expired. used_by (AUTHORITY_SIZE) when USED. */
bool db_invitations_find(struct tx *tx, const uint8_t token_hash[32], enum db_invitation *state,
                         char *used_by);
bool db_invitations_use(struct tx *tx, const uint8_t token_hash[32], const char *authority);

#endif
