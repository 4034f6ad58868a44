/* What follows when what we hold of a peer changes, whoever changed it: people, its own stream, an office's
 * registry, the clock (SPEC.md 9.1). In the caller's transaction; any thread. */
#ifndef NODE_WORK_NETWORK_PEER_CHANGE_H
#define NODE_WORK_NETWORK_PEER_CHANGE_H

#include "node/base/node.h"
#include "node/db/network/peers.h"

/* Why a peer is frozen, for alarms and screens: who says so, and of whom. */
#define PEER_CHANGE_FROZEN                                                                                   \
    "%s names another key for %s than the one known here. Nothing is exchanged with it until fingerprints "  \
    "were compared."

/* After any change to a peer: its stream, what was withheld from it, the registry's word, the pulling thread.
 * before: as it was read under lock, or with exists = false. */
bool peer_change_settle(struct tx *tx, const struct node *node, const struct db_peer *before,
                        const char *authority);
/* Stores it as `after` says, and settles. */
bool peer_change_store(struct tx *tx, const struct node *node, const struct db_peer *before,
                       struct db_peer *after);

/* Who else has this key here: another peer that was not removed, or this node itself; "": nobody. */
bool peer_change_key_holder(struct tx *tx, const struct node *node, const struct key_public *key,
                            const char *authority, char holder[AUTHORITY_SIZE]);

#endif
