/* What other towns say, taken in: a verified page into lines, what is read from them, and the position, in
 * one transaction (SPEC.md 9.3). Called by the pulling thread only. */
#ifndef NODE_WORK_NETWORK_TAKEN_H
#define NODE_WORK_NETWORK_TAKEN_H

#include "node/db/network/peers.h"
#include "node/base/node.h"
#include "protocol/follower.h"

struct taken_page {
    const struct node *node;
    const char *origin;
    const struct page *page;
    const struct follower_step *step; /* its verdict is APPLY */
    /* out */
    bool stale; /* what is stored is not where the follower stands, the peer is invited or frozen by now,
                   or another key of its is trusted: nothing of the page was taken (true or false),
                   restore the follower. The peer may have been frozen here (SPEC.md 9.2) */
    bool placeholders; /* some came: see taken_missing once the newest head is reached */
    bool behind;       /* lines of the stream wait to be applied: taken_catch_up */
    bool too_many;     /* with false: epochs, for now; nothing was changed */
    bool refused;      /* with false: an `erase` that cannot be applied; the follower stops there */
};
/* Lines, derivations, erasures, position. A page that was applied before changes nothing. What could not be
 * applied yet, or has to be once more, is left to taken_catch_up. */
bool taken_apply(struct tx *tx, struct taken_page *page);
/* Applies some of what is stored and vouched for, in order, the oldest first; behind says whether to call it
 * again. Of `page` it takes node and origin, and sets stale, behind and refused. Nothing is acknowledged
 * before all is applied. */
bool taken_catch_up(struct tx *tx, struct taken_page *page, const char *stream);

/* At the newest head: raises an alarm when a placeholder is covered by no `erase`. */
bool taken_missing(struct tx *tx, const char *origin, const char *stream);

/* Takes out one line and all that was derived from it, by the origin's word or because its time is over. */
bool taken_forget(struct tx *tx, const char *origin, const char *stream, struct cursor at);

#endif
