/* The registry of an office, as a town joins it and hears it (SPEC.md 9.1, 10.4, 11.8). In the caller's
 * transaction; any thread. */
#ifndef NODE_WORK_NETWORK_REGISTRY_TOWN_H
#define NODE_WORK_NETWORK_REGISTRY_TOWN_H

#include "node/base/actor.h"
#include "node/base/node.h"
#include "node/db/network/peers.h"
#include "node/work/network/taken_entry.h"

/* An invitation taken apart; texts borrow from *document (owned by the caller). INVALID_BODY. */
struct registry_town_invitation {
    json_t *document;
    const char *office, *key_id, *token;
};
bool registry_town_read_invitation(const char *text, struct registry_town_invitation *invitation,
                                   struct problem *problem);
/* About to ask the office; from now on it is an active peer, since it may pull at once. card: its
 * discovery, whose key is the invitation's. *before: what registry_town_joining_failed puts back. */
bool registry_town_joining(struct tx *tx, const struct node *node, const struct db_peer_card *card,
                           struct db_peer *before);
bool registry_town_joining_failed(struct tx *tx, const struct node *node, const char *office,
                                  const struct db_peer *before);
/* The office took us in: its registry counts. */
bool registry_town_joined(struct tx *tx, const struct node *node, const struct actor *actor,
                          const char *office);

/* What a `member` entry in an office's `net` changes here; entries that do not concern us change
 * nothing. One that names for a node the key of another is nonsense, with an alarm. */
enum taken_verdict registry_town_take(struct tx *tx, const struct taken_entry *e);

/* Names that waited and whose time has come, as long as there is a place: array of {office, authority}. */
bool registry_town_find_waiting(struct tx *tx, json_t **names);
/* What this office said of a name that came too fast, as if it said so just now: the name's time has come. */
bool registry_town_take_waiting(struct tx *tx, const struct node *node, const char *office,
                                const char *authority);

#endif
