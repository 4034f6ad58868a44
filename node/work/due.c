#include "node/work/due.h"

#include <string.h>

#include "node/db/due.h"
#include "node/db/idempotency.h"
#include "node/work/listings.h"

bool due_expire_listings(struct tx *tx, const struct node *node, bool *more)
{
    struct db_result *rows;
    bool ok = true;

    if (!db_due_listings(tx, &rows))
        return false;
    *more = db_rows(rows) > 0;
    for (size_t row = 0; ok && row < db_rows(rows); row++) {
        enum listing_kind kind =
            strcmp(db_cell(rows, row, 0), "offer") == 0 ? LISTING_OFFER : LISTING_PROPOSAL;
        json_t *listing = NULL;

        ok = listings_transition(tx, node, NULL, kind, db_cell(rows, row, 1), "expired", NULL, &listing);
        json_decref(listing);
    }
    db_result_destroy(rows);
    return ok;
}

bool due_forget(struct tx *tx, const struct node *node, bool *more)
{
    (void)node;
    *more = false;
    return db_due_forget(tx) && idempotency_forget_old(tx);
}
