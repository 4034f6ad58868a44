/* What other towns need and offer, as we read it. */
#ifndef NODE_DB_NETWORK_ITEMS_H
#define NODE_DB_NETWORK_ITEMS_H

#include "node/db/network/cases.h"
#include "node/db/db.h"
#include "node/db/page.h"
#include "protocol/chain.h"

extern const struct db_statement db_items_statements[];

struct db_items_item {
    const char *origin, *id, *type;
    int64_t rev, at;
    struct cursor entry;
    const char *title, *text, *language, *month, *state;
    const json_t *help;         /* array of {category, quantity_band} */
    const json_t *municipality; /* {name, scheme, code} */
};
/* Replaces what an earlier entry said; an older one changes nothing. */
bool db_items_put(struct tx *tx, const struct db_items_item *item);
/* Takes away each item that is what an entry said: array of {id, epoch, seq}. *ids: of those that were, a new
 * array.
 */
bool db_items_erase(struct tx *tx, const char *origin, const json_t *items, json_t **ids);

/* Takes away what entries said that are marked as lost (db_entries_lose). *ids: of what, a new array. */
bool db_items_lose(struct tx *tx, const char *origin, json_t **ids);

/* Whoever answers about the item goes one after the other. */
bool db_items_lock(struct tx *tx, const char *origin, const char *id);

enum db_items_sort { ITEMS_NEWEST, ITEMS_NEAREST, ITEMS_BY_MONTH };
/* NULL: any. */
struct db_items_filter {
    const char *type;
    const char *q, *origin, *country;
    const json_t *categories, *states; /* arrays of texts */
    const json_t *max_km;              /* integer */
    const json_t *mine, *forwarded;    /* booleans */
    int64_t latitude_e6, longitude_e6; /* ours */
    enum db_items_sort sort;
    /* Appends the member that tells which answers may follow the last one (NULL: none yet). NULL: left out.
     */
    void (*put_answers)(struct buffer *out, const char *last, const void *reader);
    const void *reader;
};
bool db_items_list(struct tx *tx, const struct db_self *self, const struct db_items_filter *filter,
                   struct db_page *page);
/* One, with `history`; *item NULL when there is none. filter: only the place matters. */
bool db_items_read(struct tx *tx, const struct db_self *self, const struct db_items_filter *filter,
                   const char *origin, const char *id, json_t **item);

#endif
