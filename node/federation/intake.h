/* The answer to a pull, taken in: pages judged by the follower, stored by work/network, alarms raised. On the
 * pulling thread. */
#ifndef NODE_FEDERATION_INTAKE_H
#define NODE_FEDERATION_INTAKE_H

#include "node/db/db.h"
#include "node/node.h"
#include "protocol/follower.h"

enum { INTAKE_SLUG_SIZE = 65 };

struct intake {
    const struct node *node; /* these four are borrowed */
    struct db *db;
    const char *authority;
    struct follower *follower;
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
/* Takes in a whole answer. False with a slug when it is bad: what was good before that stays. newest: only
 * the newest heads were asked for (limit=0); what lies between them and us is no gap, but a reason to pull
 * (more). */
bool intake_answer(struct intake *intake, struct bytes answer, bool newest);
/* Throws away the provisional lines of both streams. */
bool intake_discard(struct intake *intake, struct problem *problem);
/* The newest head of the peer's stream that is stored, "" if none. */
bool intake_newest_head(const struct intake *intake, int stream, char head[HEAD_SIZE]);

#endif
