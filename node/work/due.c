#include "node/work/due.h"

#include <string.h>

#include "node/db/due.h"
#include "node/db/idempotency.h"
#include "node/work/listings.h"
#include "protocol/json_profile.h"

bool due_find_listings(struct tx *tx, const struct node *node, json_t **due)
{
    (void)node;
    return db_due_listings(tx, due);
}

bool due_expire_listing(struct tx *tx, const struct node *node, const json_t *listing)
{
    enum listing_kind kind =
        strcmp(json_profile_text(listing, "kind"), "offer") == 0 ? LISTING_OFFER : LISTING_PROPOSAL;
    const char *id = json_profile_text(listing, "id");
    json_t *expired = NULL;
    bool still, ok;

    if (!db_due_listing(tx, id, &still) || !still)
        return !tx->problem->code;
    ok = listings_transition(tx, node, NULL, kind, id, "expired", NULL, &expired);
    json_decref(expired);
    return ok;
}

bool due_forget(struct tx *tx, const struct node *node, const json_t *nothing)
{
    (void)node;
    (void)nothing;
    return db_due_forget(tx) && idempotency_forget_old(tx);
}
