/* What the calendar does to a town's own records. */
#ifndef NODE_WORK_DUE_H
#define NODE_WORK_DUE_H

#include "node/db/db.h"
#include "node/node.h"

/* Moves listings whose day is over to `expired`, through the workflow and audited; other towns are told.
 * *more: there may be others. */
bool due_expire_listings(struct tx *tx, const struct node *node, bool *more);
/* Forgets what nobody needs any more: sessions that are over, answers to creations, CSV files looked at. */
bool due_forget(struct tx *tx, const struct node *node, bool *more);

#endif
