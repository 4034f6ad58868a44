/* Saying something to other nodes: the one gate through which anything leaves the town.
 *
 * Appending belongs to the business transaction and comes last in it (SPEC.md 6.4): streams are locked in the
 * order of their names, entries numbered, chained, signed, stored. On commit the puller is notified and hints
 * the peers. */
#ifndef NODE_WORK_SAY_WRITER_H
#define NODE_WORK_SAY_WRITER_H

#include <jansson.h>

#include "node/db/db.h"
#include "node/base/node.h"
#include "protocol/head.h"

struct writer_item {
    const char *stream; /* "net" or "to/<authority>" */
    const char *type;
    const char *id;     /* UUID of the object */
    json_t *body;       /* borrowed */
    int64_t keep_until; /* 0: none; else Unix seconds */
    struct cursor at;   /* out: where it stands */
    int64_t rev;        /* out */
};

/* Appends all items (each to its stream, in the given order within a stream). Opens a new epoch first when
 * the database is no longer the one the epoch was opened in. */
bool writer_append(struct tx *tx, const struct node *node, struct writer_item *items, size_t count);

/* Makes sure the stream exists (its first entry is `epoch`). Used when a peer becomes active. */
bool writer_open_stream(struct tx *tx, const struct node *node, const char *name);

/* A peer showed a head of ours, verified, that we do not know: opens an epoch above it in all streams, unless
 * that was done meanwhile, and erases what the peer has beyond what we know. */
bool writer_open_epoch(struct tx *tx, const struct node *node, const struct head *shown);
/* A peer says that it has lines of an older epoch of ours up to there: erases those that we do not know any
 * more, once (SPEC.md 6.5). It may be an epoch of which we know nothing. */
bool writer_erase_lost(struct tx *tx, const struct node *node, const char *stream, struct cursor held);

/* Checks the database's identity and opens the first or a new epoch if need be. Called at start. */
bool writer_settle(struct tx *tx, const struct node *node);

/* Whether database, authority and signing key belong together; changes nothing. */
bool writer_check(struct tx *tx, const struct node *node);

/* From when on peers take what this node says, Unix seconds; *from 0: they do. Its epoch was opened by a
 * clock that was more than a day ahead: until then nobody takes it, or one above it (SPEC.md 6.5, 9.2). */
bool writer_epoch_ahead(struct tx *tx, int64_t *from);

/* Appends a `key` entry to every stream; from then on only new_key counts. */
bool writer_rotate(struct tx *tx, const struct node *node, const struct key_private *new_key);

/* The old key was lost or stolen: a new epoch under new_key, which the old one does not sign away. Peers
 * believe it once their office says so, or people have compared fingerprints. */
bool writer_replace_key(struct tx *tx, const struct node *node, struct key_private *new_key);

/* Is this the key our streams are signed with? */
bool writer_signs_with(struct tx *tx, const struct key_public *key, bool *yes);

/* Erases lines of ours, an array of 1 to ENTRY_ERASE_MAX "E.S": appends one `erase` for them and deletes them
 * here (SPEC.md 11.6, 12). *at is where the erase stands. */
bool writer_erase_lines(struct tx *tx, const struct node *node, const char *stream, json_t *cursors,
                        struct cursor *at);
/* The same for all lines of an object that are still held. *at stays as it was where there are none. */
bool writer_erase_object(struct tx *tx, const struct node *node, const char *stream, const char *object_id,
                         struct cursor *at);

/* keep_until for text published now: 365 days on, a day less than SPEC.md 6.2 allows at most. */
int64_t writer_keep_until(int64_t now);

#endif
