/* One peer as the pulling thread deals with it: what its reader wants of it, what it is to be told, and the
 * one request that may be under way (SPEC.md 5.4). All on the pulling thread. */
#ifndef NODE_FEDERATION_CONTACT_H
#define NODE_FEDERATION_CONTACT_H

#include <stdatomic.h>

#include "node/db/db.h"
#include "node/federation/transport.h"
#include "node/base/node.h"
#include "protocol/chain.h"

/* Who may be dialled when, so that not all are at once: after a restart, or because an office named them.
 * Those whom people here confirmed have a row of their own. */
struct contact_dials {
    int64_t next_ms[2];
};

/* What all contacts share; borrowed. */
struct contact_tools {
    const struct node *node;
    struct db *db;
    struct transport *transport;
    struct contact_dials *dials;
    const atomic_bool *stop; /* the thread is to end */
};

struct contact;

/* What the database says of a peer that is to be followed. */
struct contact_peer {
    const char *authority;
    const struct key_public *key;
    int64_t version; /* of the peer's row: another one needs another contact */
    bool heard;      /* else suspended, removed, or its room is used up: followed for its erasures alone */
    bool failing;
    bool confirmed; /* by people here */
    bool unplaced;  /* nobody has asked it yet where it is */
};
/* NULL with a problem when the stored positions cannot be read. before: the contact of the same peer that it
 * replaces, or NULL; whose connection stands, and who is seldom asked, is not another one when its row
 * changes. */
struct contact *contact_create(const struct contact_tools *tools, const struct contact_peer *peer,
                               const struct contact *before, struct problem *problem);
/* Must not be busy. */
void contact_destroy(struct contact *contact);

/* Who is asked. */
const char *contact_via(const struct contact *contact);
bool contact_busy(const struct contact *contact);
/* It would go on at once, and take long: it is for the driver to say when. */
bool contact_hungry(const struct contact *contact);
int64_t contact_version(const struct contact *contact);
/* It hinted, or was only heard again. */
void contact_wake(struct contact *contact, bool hinted);
/* It has not acknowledged this head of ours: hints, unless it was hinted this very head within the last
 * minute. */
void contact_lags(struct contact *contact, const char *head);

/* Begins what is due; returns when (monotonic milliseconds) to call again at the latest. */
int64_t contact_drive(struct contact *contact);
/* The answer to its request. */
void contact_answer(struct contact *contact, const struct transport_answer *answer);
/* The answer came, but nobody wants it any more. */
void contact_drop(struct contact *contact);
/* At the next occasion its newest heads are compared with what is stored (SPEC.md 9.4). */
void contact_compare(struct contact *contact);
/* Was it reached since the last time this was asked, and is that not stored yet? */
bool contact_reached(struct contact *contact);

#endif
