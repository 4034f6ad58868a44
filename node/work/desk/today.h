/* Today: what waits for somebody here. Runs in the caller's transaction. */
#ifndef NODE_WORK_DESK_TODAY_H
#define NODE_WORK_DESK_TODAY_H

#include "node/base/actor.h"
#include "node/db/db.h"
#include "node/base/node.h"

/* *today: {items: […]}, a new reference. */
bool today_read(struct tx *tx, const struct node *node, const struct actor *actor, json_t **today);
/* How much waits in all; nothing at an office. */
bool today_count(struct tx *tx, const struct node *node, const struct actor *actor, int64_t *count);

#endif
