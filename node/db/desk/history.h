/* Reading what happened: the timeline of one object, and the audit of all. Writing is db/events. */
#ifndef NODE_DB_DESK_HISTORY_H
#define NODE_DB_DESK_HISTORY_H

#include "node/db/db.h"
#include "node/db/page.h"

extern const struct db_statement db_history_statements[];

/* The timeline of an object of ours: appends its entries in the API's form (HistoryEntry), with commas
 * between, the newest first; 1000 at most. */
bool db_history_read(struct tx *tx, const char *object_type, const char *object_id, struct buffer *out);
/* All that happened, newest first (AuditEntry). */
bool db_history_audit(struct tx *tx, struct db_page *page);

#endif
