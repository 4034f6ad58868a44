/* Lists: {items, next, total} with keyset cursors. A cursor is the sort key and the id of the last row shown,
 * as base64url of a JSON array: opaque to callers, and just two texts to the SQL, so that a forged one finds
 * nothing worse than another place in the list. Any thread. */
#ifndef NODE_API_LISTS_H
#define NODE_API_LISTS_H

#include "node/api/fields.h"
#include "node/db/page.h"

struct list {
    json_t *query;       /* owned: the checked query */
    json_t *after;       /* owned: the cursor's two texts, NULL at the beginning */
    struct db_page page; /* for the database; borrows from both */
};

/* Reads and checks the query by its table; false with INVALID_QUERY. list_finish frees either way. */
bool list_begin(struct call *call, const struct json_field *table, struct list *list);
/* Answers 200. Takes page.items (rows with a member cursor_key, one more than the limit when there are more).
 */
void list_reply(struct call *call, struct list *list);
void list_finish(struct list *list);

#endif
