/* Peers: getting to know a node, trusting it, stopping (SPEC.md 9.1). Each takes the caller's transaction.
 *
 * A peer is active when fingerprints were compared here, or when an office's registry says so; what was
 * decided here (suspend, remove) always wins and acts at once. An office tells its registry's members about
 * its decisions. */
#ifndef NODE_WORK_NETWORK_PEERS_H
#define NODE_WORK_NETWORK_PEERS_H

#include "node/base/actor.h"
#include "node/base/node.h"
#include "node/db/network/peers.h"

/* A node that answered under its name: invited, until fingerprints were compared. CONFLICT when it is known
 * with another key and confirmed; a peer still invited is described anew. */
bool peers_add(struct tx *tx, const struct node *node, const struct actor *actor,
               const struct db_peer_card *card);
/* Two people compared fingerprints: trusts the key that has this one, be it the known one or the other that
 * was named; the other of the two is forgotten, and a frozen peer thaws. FINGERPRINT_MISMATCH when it is
 * neither's. */
bool peers_confirm(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority,
                   const char *fingerprint);
/* The peer itself used a key that nobody vouches for. It counts only once its fingerprint was compared
 * (peers_confirm). */
bool peers_note_key(struct tx *tx, const char *authority, const struct key_public *key);
bool peers_suspend(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority,
                   const char *reason);
bool peers_resume(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority);
bool peers_remove(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority,
                  const char *reason);
/* The peer's other key waited long enough: it counts from now on, or, against a compared fingerprint, freezes
 * the peer. One that is another peer's by now is dropped, with an alarm. */
bool peers_take_due_key(struct tx *tx, const struct node *node, const char *authority);

/* As the API shows them; authority NULL: all, as an array. One: an object, NOT_FOUND when there is none. */
bool peers_show(struct tx *tx, const struct node *node, const char *authority, json_t **out);

#endif
