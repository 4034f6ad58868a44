/* Today: what waits for somebody here. Runs in the caller's transaction. */
#ifndef NODE_WORK_DESK_TODAY_H
#define NODE_WORK_DESK_TODAY_H

#include "node/base/actor.h"
#include "node/db/db.h"

/* *today: {items: […]}, a new reference. */
bool today_read(struct tx *tx, const struct actor *actor, json_t **today);
/* How much waits in all. */
bool today_count(struct tx *tx, const struct actor *actor, int64_t *count);

#endif
