/* Importing proposals and offers from CSV: looking at every row first, then taking in all, or the good ones.
 * The same row again changes nothing. Runs in the caller's transaction; objects that come out are new
 * references. */
#ifndef NODE_WORK_DESK_IMPORTS_H
#define NODE_WORK_DESK_IMPORTS_H

#include "node/base/actor.h"
#include "node/db/db.h"
#include "node/base/node.h"
#include "node/work/desk/import_table.h"
#include "protocol/bytes.h"

/* Looks and keeps the file; imports nothing. INVALID_BODY when it is no table at all. */
bool imports_create(struct tx *tx, const struct node *node, const struct actor *actor, enum listing_kind kind,
                    struct bytes content, json_t **import);
bool imports_read(struct tx *tx, const char *id, json_t **import);
/* Looks again and does it. IMPORT_HAS_ERRORS unless skip_bad or all rows are good; CONFLICT the second time.
 */
bool imports_apply(struct tx *tx, const struct node *node, const struct actor *actor, const char *id,
                   bool skip_bad, json_t **import);
/* What was found in each row, as CSV, from an import as the API shows it. */
void imports_report(const json_t *import, struct buffer *out);

#endif
