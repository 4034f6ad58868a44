/* What is due by the calendar. */
#ifndef NODE_DB_CLOCK_DUE_H
#define NODE_DB_CLOCK_DUE_H

#include "node/db/db.h"

extern const struct db_statement db_due_statements[];

/* Listings in one of these states (array of texts) whose day is over: offers the day after, proposals after
 * 30 days, since a coordinator may still be seeking. Array of {kind, id}, at most 500. */
bool db_due_listings(struct tx *tx, const json_t *states, json_t **due);
/* Is it still so? Locks the listing. */
bool db_due_listing(struct tx *tx, const json_t *states, const char *id, bool *due);
/* Forgets a part of the sessions that are over, of the CSV files that were looked at 30 days ago, and of the
 * answers to creations of yesterday. *more: there may be more. */
bool db_due_forget(struct tx *tx, bool *more);

#endif
