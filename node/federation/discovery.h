/* The discovery document (SPEC.md section 4): ours, and reading another node's. Any thread. */
#ifndef NODE_FEDERATION_DISCOVERY_H
#define NODE_FEDERATION_DISCOVERY_H

#include "node/db/peers.h"
#include "node/node.h"

#define DISCOVERY_PATH "/.well-known/herausforderung"

/* What was read; card borrows from the rest. Not trust: it says how to reach a node and which key it claims.
 */
struct discovery {
    struct db_peer_card card;
    json_t *document;
    char *areas;
    struct key_public *key; /* the current one */
};

/* New reference. */
json_t *discovery_document(const struct node *node);

/* Asks the node itself, waits at most a few seconds. PEER_UNREACHABLE when there is no answer,
 * DISCOVERY_FAILED when the document is not as it must be. Holds no lock and no transaction meanwhile. */
bool discovery_fetch(const struct node *node, const char *authority, struct discovery *discovery,
                     struct problem *problem);
/* Does jwks.keys name this key? */
bool discovery_has_key(const struct discovery *discovery, const struct key_public *key);
void discovery_finish(struct discovery *discovery);

#endif
