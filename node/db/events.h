/* Rows of what happened: timelines and audit. Append-only. */
#ifndef NODE_DB_EVENTS_H
#define NODE_DB_EVENTS_H

#include "node/db/db.h"

extern const struct db_statement db_events_statements[];

struct db_event {
    const char *object_type, *object_id, *origin;
    const char *user_id, *role; /* user_id NULL or "": nobody signed in */
    const char *peer, *action, *from_state, *to_state, *reason;
    const char *details; /* JSON text */
};

bool db_events_add(struct tx *tx, const struct db_event *event);

/* Between the two whatever was added stays, or is taken back: that takes as long, to whoever waits for it. */
enum db_events_end { DB_EVENTS_STAY, DB_EVENTS_GO };
bool db_events_begin(struct tx *tx);
bool db_events_end(struct tx *tx, enum db_events_end end);

#endif
