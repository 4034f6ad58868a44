/* Lists: {items, next, total, total_is_bound} with keyset cursors. A cursor is the place of the last row
 * shown, as base64url of a JSON array: opaque to callers, and checked before SQL sees it (db/page.h). Any
 * thread. */
#ifndef NODE_API_LISTS_H
#define NODE_API_LISTS_H

#include "node/call.h"
#include "node/db/page.h"

/* Fills the page (see db/page.h). query: the checked query. */
typedef bool lists_work(struct tx *tx, struct call *call, const json_t *query, struct db_page *page);

/* Reads the query by the route's table, runs work in db_read, and answers 200; INVALID_QUERY. */
void lists_answer(struct call *call, lists_work *work);

#endif
