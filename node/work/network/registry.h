/* The registry of an office: its members, as the office tells them and as a town hears them
 * (SPEC.md 9.1, 10.4, 11.8). */
#ifndef NODE_WORK_NETWORK_REGISTRY_H
#define NODE_WORK_NETWORK_REGISTRY_H

#include "node/base/actor.h"
#include "node/base/node.h"
#include "node/db/network/peers.h"
#include "node/work/network/taken.h"

/* Office: a new invitation, good once and for 14 days. *out: {id, label, invitation (JSON as text),
 * expires_at}. */
bool registry_invite(struct tx *tx, const struct node *node, const struct actor *actor, const char *label,
                     json_t **out);

/* Office: what a town that joins sent. */
struct registry_join {
    const char *authority;
    const struct key_public *key;
    const char *token;
};
/* May it? TOKEN_INVALID, then KEY_CONFLICT. *state (16) is "" if it may, and its present state if it joined
 * before with this very token: then nothing is left to do. */
bool registry_join_check(struct tx *tx, const struct node *node, const struct registry_join *join,
                         char state[16]);
/* The same check, then takes the token, adds the town and tells the members. card: its discovery, fetched
 * meanwhile. */
bool registry_join(struct tx *tx, const struct node *node, const struct registry_join *join,
                   const struct db_peer_card *card, char state[16]);
/* Office: appends a `member` entry that says what it now holds of this town. */
bool registry_tell(struct tx *tx, const struct node *node, const char *authority);

/* Town: an invitation taken apart; texts borrow from *document (owned by the caller). INVALID_BODY. */
struct registry_invitation {
    json_t *document;
    const char *office, *key_id, *token;
};
bool registry_read_invitation(const char *text, struct registry_invitation *invitation,
                              struct problem *problem);
/* Town: about to ask the office; from now on it is an active peer, since it may pull at once. card: its
 * discovery, whose key is the invitation's. *before: what registry_joining_failed puts back. */
bool registry_joining(struct tx *tx, const struct node *node, const struct db_peer_card *card,
                      struct db_peer *before);
bool registry_joining_failed(struct tx *tx, const struct node *node, const char *office,
                             const struct db_peer *before);
/* Town: the office took us in: its registry counts. */
bool registry_joined(struct tx *tx, const struct node *node, const struct actor *actor, const char *office);

/* Town: what a `member` entry in an office's `net` changes here; entries that do not concern us change
 * nothing. One that names for a node the key of another is nonsense, with an alarm. */
enum network_verdict registry_take(struct tx *tx, const struct network_entry *e);

#endif
