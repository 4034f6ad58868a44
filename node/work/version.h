/* If-Match: nobody overwrites what somebody else changed in the meantime. Any thread. */
#ifndef NODE_WORK_VERSION_H
#define NODE_WORK_VERSION_H

#include "node/db/db.h"

/* True when the object (locked, as the API shows it) still has this version; else STALE_VERSION with the
 * object as `current`. current is borrowed. */
bool version_check(struct tx *tx, json_t *current, long version);

#endif
