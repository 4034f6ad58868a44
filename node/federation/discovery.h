/* The discovery document (SPEC.md section 4): ours, and reading another node's. Any thread. */
#ifndef NODE_FEDERATION_DISCOVERY_H
#define NODE_FEDERATION_DISCOVERY_H

#include "node/db/network/peers.h"
#include "node/federation/transport.h"
#include "node/base/node.h"

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
/* Is ours as others want it? False with a problem that says what to mend. */
bool discovery_check(const struct node *node, struct problem *problem);

/* The request for it, and what an answer says: PEER_UNREACHABLE when there is none, DISCOVERY_FAILED when the
 * document is not as it must be. */
struct transport_request discovery_request(const char *authority);
bool discovery_take(const char *authority, const struct transport_answer *answer, struct discovery *discovery,
                    struct problem *problem);
/* Both at once: asks and waits at most some seconds. No transaction must be open meanwhile. */
bool discovery_fetch(const struct node *node, const char *authority, struct discovery *discovery,
                     struct problem *problem);
void discovery_finish(struct discovery *discovery);

#endif
