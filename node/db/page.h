/* One page of a list, asked for and answered: the rows after a place in the order. */
#ifndef NODE_DB_PAGE_H
#define NODE_DB_PAGE_H

#include <jansson.h>
#include <stdint.h>

struct db_page {
    const char *after_key; /* sort key and id of the last row seen, NULL: from the beginning; borrowed */
    const char *after_id;
    int64_t limit; /* ask for one row more: it tells that there are more */
    /* out */
    json_t *items; /* owned array; each row has its sort key as cursor_key */
    int64_t total; /* of all that the filters let through */
};

#endif
