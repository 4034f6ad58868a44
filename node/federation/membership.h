/* What we ask of other nodes on somebody's word: look a node up, join an office. Blocking, for workers and
 * the command line; no transaction is open while the other node is asked. */
#ifndef NODE_FEDERATION_MEMBERSHIP_H
#define NODE_FEDERATION_MEMBERSHIP_H

#include "node/base/actor.h"
#include "node/db/db.h"
#include "node/base/node.h"
#include "protocol/authority.h"

/* What a person typed; false with a problem at /authority: it means none. */
bool membership_read_authority(const char *typed, char authority[AUTHORITY_SIZE], struct problem *problem);
/* Looks the node up and keeps it as invited. */
bool membership_add_peer(const struct node *node, struct db *db, const struct actor *actor,
                         const char *authority, struct problem *problem);
/* Joins the office of an invitation (its JSON as text). *office: its authority (AUTHORITY_SIZE).
 * PEER_UNREACHABLE, DISCOVERY_FAILED, INVITATION_REFUSED, KEY_CONFLICT. */
bool membership_join(const struct node *node, struct db *db, const struct actor *actor,
                     const char *invitation, char *office, struct problem *problem);

#endif
