/* The answer to a pull, taken in: pages judged by the follower, stored by work/network, alarms raised. On the
 * pulling thread. */
#ifndef NODE_FEDERATION_INTAKE_H
#define NODE_FEDERATION_INTAKE_H

#include <stdatomic.h>

#include "node/db/db.h"
#include "node/base/node.h"
#include "protocol/follower.h"

enum { INTAKE_SLUG_SIZE = 65 };

struct intake {
    const struct node *node; /* these five are borrowed */
    struct db *db;
    const char *authority;
    struct follower *follower;
    const atomic_bool *stop;             /* no more of anything */
    bool behind[FOLLOWER_STREAMS];       /* lines that are stored wait to be applied; kept between answers */
    int64_t until_ms;                    /* others wait: what is not done by then is done at the next turn */
    bool placeholders[FOLLOWER_STREAMS]; /* came since the newest head was last reached; kept between answers
                                          */
    bool newest;                         /* the answer at hand is one of heads alone */
    /* out */
    bool more;                   /* something new was in it */
    bool enough;                 /* the rest of it is asked for again */
    bool show[FOLLOWER_STREAMS]; /* show the peer the newest head of its own that we hold */
    char slug[INTAKE_SLUG_SIZE]; /* why it is bad */
};

/* Sets the follower to what is stored. */
bool intake_restore(struct intake *intake, struct problem *problem);
/* Applies what is stored and waits for it, for about a second; false with a slug when it cannot be applied.
 * Before the peer is asked again none of it may be left: asking acknowledges. */
bool intake_catch_up(struct intake *intake);
bool intake_behind(const struct intake *intake);
/* Takes in an answer, for about a second: what is left then is asked for again (more). False with a slug when
 * it is bad: what was good before that stays. newest: only the newest heads were asked for (limit=0); what
 * lies between them and us is no gap, but a reason to pull (more). */
bool intake_answer(struct intake *intake, struct bytes answer, bool newest);
/* Throws away the provisional lines of both streams. */
bool intake_discard(struct intake *intake, struct problem *problem);
/* The newest head of the peer's stream that is stored, "" if none. */
bool intake_newest_head(const struct intake *intake, int stream, char head[HEAD_SIZE]);

#endif
