/* One page of a list, asked for and answered: the rows after a place in the order. Rows are JSON text from
 * the result on; nothing of a list is ever a tree. Lives in one request; any thread. */
#ifndef NODE_DB_PAGE_H
#define NODE_DB_PAGE_H

#include "node/db/db.h"

/* Totals are exact up to here; beyond, nobody counts what nobody reads. */
enum { DB_PAGE_BOUND = 1000 };
/* A page and, in each of its rows, how many there are in all: page_total, of rows without columns, up to the
 * bound and one more, which tells that there are more. order: the page's own, by page_key and id. */
#define DB_PAGE(rows, page, order)                                                                           \
    "SELECT *, (SELECT count(*) FROM (" rows " LIMIT 1001) AS counted) AS page_total FROM (" page            \
    ") AS page " order
/* For the planner, which cannot know $n: no page has more rows. The other limit is the page's own, and one
 * row more, which tells that there are more. */
#define DB_PAGE_MOST "LIMIT 201"

/* A place in an order: behind the row with this sort key, this id and, in lists of what other towns have (ids
 * are theirs to give), this origin. */
struct db_place {
    const char *key, *id, *origin;
};

struct db_page {
    struct db_place after; /* the last row seen, key NULL: from the beginning; borrowed */
    int64_t limit;
    /* out */
    struct buffer items; /* owned: the rows are appended, with commas between */
    json_t *next;        /* owned: the place of the last row as an array, NULL when there are no more */
    int64_t total;       /* of all that the filters let through */
    bool total_is_bound; /* there are more than that */
};

/* An order: what its sort key is, and the place before the first row; without what does not tell places apart
 * in it: an origin, or an id where the key alone does. */
struct db_order {
    enum { DB_ORDER_TIME, DB_ORDER_DAY, DB_ORDER_NUMBER, DB_ORDER_TEXT } key;
    struct db_place first;
};
/* An id before, and one after, all others. */
#define DB_ORDER_FIRST "00000000-0000-0000-0000-000000000000"
#define DB_ORDER_LAST  "ffffffff-ffff-ffff-ffff-ffffffffffff"

/* Asks a statement with DB_PAGE. Of its parameters those from `at` on are filled in: the place (its key, id
 * and origin, as far as the order has them), then the limit. Sets the total, too, where nothing is left
 * behind the place. False with INVALID_QUERY when the cursor is none of this order. db_result_destroy frees
 * the rows. */
bool db_page_query(struct tx *tx, struct db_page *page, const struct db_order *order,
                   const struct db_statement *statement, struct db_value *values, size_t count, size_t at,
                   struct db_result **rows);
/* Takes in the rows of a DB_PAGE, which must have columns page_key, id and, in an order with origins,
 * page_origin; columns that begin with page_ are not shown. */
void db_page_take(struct db_page *page, const struct db_order *order, const struct db_form *form,
                  const struct db_result *rows);

#endif
