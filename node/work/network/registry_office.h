/* The registry of an office, from its side: whom it invites and takes in (SPEC.md 9.1, 10.4, 11.8). In the
 * caller's transaction; any thread. */
#ifndef NODE_WORK_NETWORK_REGISTRY_OFFICE_H
#define NODE_WORK_NETWORK_REGISTRY_OFFICE_H

#include "node/base/actor.h"
#include "node/base/node.h"
#include "node/db/network/peers.h"

/* A new invitation, good once and for 14 days. *out: {id, label, invitation (JSON as text),
 * expires_at}. */
bool registry_office_invite(struct tx *tx, const struct node *node, const struct actor *actor,
                            const char *label, json_t **out);

/* What a town that joins sent. */
struct registry_office_join {
    const char *authority;
    const struct key_public *key;
    const char *token;
};
/* May it? TOKEN_INVALID, then KEY_CONFLICT. *state (16) is "" if it may, and its present state if it joined
 * before with this very token: then nothing is left to do. */
bool registry_office_join_check(struct tx *tx, const struct node *node,
                                const struct registry_office_join *join, char state[16]);
/* The same check, then takes the token, adds the town and tells the members. card: its discovery, fetched
 * meanwhile. */
bool registry_office_join(struct tx *tx, const struct node *node, const struct registry_office_join *join,
                          const struct db_peer_card *card, char state[16]);

#endif
