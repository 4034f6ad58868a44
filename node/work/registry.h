/* The registry of an office: its members, as the office tells them and as a town hears them
 * (SPEC.md 9.1, 10.4, 11.8). */
#ifndef NODE_WORK_REGISTRY_H
#define NODE_WORK_REGISTRY_H

#include "node/actor.h"
#include "node/node.h"
#include "node/db/peers.h"
#include "protocol/entry.h"

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
/* May it? TOKEN_INVALID, KEY_CONFLICT. *joined: it did before, with this very token; nothing is left to do.
 */
bool registry_join_check(struct tx *tx, const struct registry_join *join, bool *joined);
/* The same check, then takes the token, adds the town and tells the members. card: its discovery, fetched
 * meanwhile. */
bool registry_join(struct tx *tx, const struct node *node, const struct registry_join *join,
                   const struct db_peer_card *card);
/* Office: appends a `member` entry that says what it now holds of this town. */
bool registry_tell(struct tx *tx, const struct node *node, const char *authority);

/* Town: an invitation taken apart; texts borrow from *document (owned by the caller). INVALID_BODY. */
struct registry_invitation {
    json_t *document;
    const char *office, *key_id, *token;
};
bool registry_read_invitation(const char *text, struct registry_invitation *invitation,
                              struct problem *problem);
/* Town: the office took us in; card: its discovery, whose key is the invitation's. From now on its registry
 * counts. */
bool registry_joined(struct tx *tx, const struct node *node, const struct actor *actor,
                     const struct db_peer_card *card);

/* Town: what a `member` entry in an office's `net` changes here. False without a problem never happens;
 * entries that do not concern us change nothing. */
bool registry_apply(struct tx *tx, const struct node *node, const struct db_peer *office,
                    const struct entry *entry);

#endif
