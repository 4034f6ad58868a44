/* What time takes away: text whose keep_until has passed, nonces, waiting keys. Called about once a minute by
 * jobs/. */
#ifndef NODE_WORK_CLOCK_RETENTION_H
#define NODE_WORK_CLOCK_RETENTION_H

#include "node/db/db.h"
#include "node/base/node.h"

/* Lines whose time is over, ours and those of others; at most 500. */
bool retention_find_own(struct tx *tx, const struct node *node, json_t **lines);
bool retention_find_others(struct tx *tx, const struct node *node, json_t **lines);
/* Erases one of ours: the `erase` tells all holders. */
bool retention_erase_own(struct tx *tx, const struct node *node, const json_t *line);
/* Deletes one of others, unasked (SPEC.md 12). */
bool retention_erase_other(struct tx *tx, const struct node *node, const json_t *line);
/* Forgets nonces that nobody can use again. */
bool retention_forget_nonces(struct tx *tx, const struct node *node, const json_t *nothing);
/* Keys that waited their 72 hours. */
bool retention_take_keys(struct tx *tx, const struct node *node, const json_t *nothing);

#endif
