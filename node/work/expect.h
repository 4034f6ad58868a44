/* What all work on a record begins with: is it there, and is it the version that was read? Any thread. */
#ifndef NODE_WORK_EXPECT_H
#define NODE_WORK_EXPECT_H

#include "node/db/db.h"

/* True when there is one; else NOT_FOUND. noun: "proposal", "contact", … record is borrowed. */
bool expect_found(struct tx *tx, const json_t *record, const char *noun);

/* If-Match: nobody overwrites what somebody else changed in the meantime. True when the record (locked, as
 * the API shows it) still has this version; else STALE_VERSION with the record as `current`. */
bool expect_version(struct tx *tx, json_t *current, long version);

#endif
