/* Today: what waits for somebody here. One statement each, in the caller's transaction if there is one. */
#ifndef NODE_WORK_DESK_TODAY_H
#define NODE_WORK_DESK_TODAY_H

#include "node/base/actor.h"
#include "node/base/node.h"
#include "node/db/db.h"

/* Appends items with commas between. */
bool today_read(struct tx *tx, const struct node *node, const struct actor *actor, struct buffer *out);
/* How much waits in all. */
bool today_count(struct tx *tx, const struct node *node, const struct actor *actor, int64_t *count);

#endif
