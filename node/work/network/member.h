/* An office's word about one town of its registry: a `member` entry in `net` (SPEC.md 11.8). In the caller's
 * transaction; any thread. */
#ifndef NODE_WORK_NETWORK_MEMBER_H
#define NODE_WORK_NETWORK_MEMBER_H

#include "node/base/node.h"
#include "node/db/db.h"

/* Office: appends a `member` entry that says what it now holds of this town. */
bool member_tell(struct tx *tx, const struct node *node, const char *authority);

#endif
