/* What waits for somebody: read off everything else, kept nowhere. */
#ifndef NODE_DB_DESK_TODAY_H
#define NODE_DB_DESK_TODAY_H

#include "node/db/db.h"

extern const struct db_statement db_today_statements[];

/* Array of TodayItem in the API's form. self: this node; open_states: array of texts (of proposals and
 * offers); alarms: also what only the administration decides. */
bool db_today_read(struct tx *tx, const char *self, json_t *open_states, bool alarms, json_t **items);

#endif
