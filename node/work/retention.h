/* What time takes away: text whose keep_until has passed, nonces, waiting keys. Called about once a minute by
 * jobs/. */
#ifndef NODE_WORK_RETENTION_H
#define NODE_WORK_RETENTION_H

#include "node/db/db.h"
#include "node/node.h"

/* Erases lines of ours whose time is over: the `erase` tells all holders. At most 500 lines; *more: there may
 * be others. */
bool retention_erase_own(struct tx *tx, const struct node *node, bool *more);
/* Deletes lines of others whose time is over, unasked (SPEC.md 12). The same limit. */
bool retention_erase_others(struct tx *tx, const struct node *node, bool *more);
/* Forgets nonces that nobody can use again. */
bool retention_forget_nonces(struct tx *tx, const struct node *node, bool *more);
/* Keys that waited their 72 hours. */
bool retention_take_keys(struct tx *tx, const struct node *node, bool *more);

#endif
