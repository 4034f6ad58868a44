/* CSV files that were looked at, and what was found in them. */
#ifndef NODE_DB_DESK_IMPORTS_H
#define NODE_DB_DESK_IMPORTS_H

#include "node/db/db.h"
#include "protocol/bytes.h"

extern const struct db_statement db_imports_statements[];

/* Forgets what is older than 30 days first. */
bool db_imports_insert(struct tx *tx, const char *kind, const char *user_id, struct bytes content,
                       json_t *report, char id[37]);
/* *import: the report with id, kind (proposal, offer), created_at, applied_at; NULL when there is none.
 * DB_LOCK: FOR UPDATE. */
bool db_imports_read(struct tx *tx, const char *id, enum db_reading reading, json_t **import);
/* The file as it came. */
bool db_imports_content(struct tx *tx, const char *id, struct buffer *content);
/* What was done; the file itself is no longer needed. */
bool db_imports_applied(struct tx *tx, const char *id, json_t *report);

#endif
