/* Lists: {items, next, total} with keyset cursors. A cursor is the sort key and the id of the last row shown,
 * as base64url of a JSON array: opaque to callers, and just two texts to the SQL, so that a forged one finds
 * nothing worse than another place in the list. Any thread. */
#ifndef NODE_API_LISTS_H
#define NODE_API_LISTS_H

#include "node/call.h"
#include "node/db/page.h"

/* Fills page->items (rows with a member cursor_key, one more than the limit when there are more) and
 * page->total. query: the checked query. */
typedef bool lists_work(struct tx *tx, struct call *call, const json_t *query, struct db_page *page);

/* Reads the query by the route's table, runs work in one snapshot, and answers 200; INVALID_QUERY. */
void lists_answer(struct call *call, lists_work *work);

#endif
