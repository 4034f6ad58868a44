/* What a list is asked for, as parameters of its statements. What is not asked for (NULL) comes as all there
 * are, so that one plan is right for every choice. Pure; any thread. */
#ifndef NODE_DB_ASKED_H
#define NODE_DB_ASKED_H

#include <jansson.h>

#include "node/db/db.h"

/* Those of the names (NULL-terminated, of small letters and _) that stand in an array of texts, each once, as
 * text[]. out: what the value borrows from. */
struct db_value db_asked_names(const json_t *asked, const char *const *names, struct buffer *out);
/* Categories (an array of texts) as bits, as category_bits() in SQL has them. */
struct db_value db_asked_categories(const json_t *asked);
/* A boolean as boolean[]. */
struct db_value db_asked_boolean(const json_t *asked);
/* Of count values, those that were not asked for become NULL. */
void db_asked_only(struct db_value *values, const json_t *const *asked, size_t count);

/* SQL for finding by category: an index of its own for each (see the migrations), walked all at once. walk is
 * a macro that makes the statement of one from its columns and its condition; whoever uses it takes each row
 * once (DISTINCT ON its place in the order), as it may have several. */
/* clang-format off */
#define DB_ASKED_CATEGORY(bit, walk, columns, row, bits) \
    "(" walk(columns, bits "::int & " #bit " <> 0 AND " row ".categories & " #bit " <> 0 AND ") ")"
#define DB_ASKED_CATEGORIES(walk, columns, row, bits) \
    DB_ASKED_CATEGORY(1, walk, columns, row, bits) " UNION ALL " DB_ASKED_CATEGORY(2, walk, columns, row, bits) " UNION ALL " \
    DB_ASKED_CATEGORY(4, walk, columns, row, bits) " UNION ALL " DB_ASKED_CATEGORY(8, walk, columns, row, bits) " UNION ALL " \
    DB_ASKED_CATEGORY(16, walk, columns, row, bits) " UNION ALL " DB_ASKED_CATEGORY(32, walk, columns, row, bits) " UNION ALL " \
    DB_ASKED_CATEGORY(64, walk, columns, row, bits)
/* clang-format on */

#endif
