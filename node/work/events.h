/* What happened, for timelines and audit: one row per event, append-only. */
#ifndef NODE_WORK_EVENTS_H
#define NODE_WORK_EVENTS_H

#include "node/base/actor.h"
#include "node/db/db.h"

struct event {
    const char *object_type; /* proposal, offer, organisation, user, peer, … */
    const char *object_id;
    const char *origin; /* of another town's object, else NULL */
    const char *peer;
    const char *action; /* created, edited, transition, published, republished, held_back, erased, forwarded,
                           response, override, … */
    const char *from_state, *to_state;
    const char *reason;
    json_t *details; /* borrowed; NULL: none */
};

/* What most of them are: an action on an object of ours. reason NULL: none. */
bool events_tell(struct tx *tx, const struct actor *actor, const char *object_type, const char *object_id,
                 const char *action, const char *reason);
bool events_add(struct tx *tx, const struct actor *actor, const struct event *event);

#endif
