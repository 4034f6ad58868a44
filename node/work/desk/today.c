#include "node/work/desk/today.h"

#include <string.h>

#include "node/core/workflow.h"
#include "node/db/desk/today.h"

static json_t *open_states(void)
{
    json_t *open = json_array();
    for (size_t i = 0; workflow_proposal_states[i] != NULL; i++)
        if (workflow_state_find(LISTING_PROPOSAL, workflow_proposal_states[i])->open)
            json_array_append_new(open, json_string(workflow_proposal_states[i]));
    /* Of an offer only what can still be taken is due. */
    for (size_t i = 0; workflow_offer_states[i] != NULL; i++)
        if (workflow_state_find(LISTING_OFFER, workflow_offer_states[i])->expires)
            json_array_append_new(open, json_string(workflow_offer_states[i]));
    return open;
}

static bool read_items(struct tx *tx, const struct node *node, const struct actor *actor, json_t **items)
{
    json_t *open = open_states();
    bool ok =
        db_today_read(tx, node->authority, open, permissions_allow(MAY_SETTLE_ALARMS, actor->role), items);
    json_decref(open);
    return ok;
}

bool today_read(struct tx *tx, const struct node *node, const struct actor *actor, json_t **today)
{
    json_t *items;
    if (!read_items(tx, node, actor, &items))
        return false;
    *today = json_pack("{s:o}", "items", items);
    return true;
}

bool today_count(struct tx *tx, const struct node *node, const struct actor *actor, int64_t *count)
{
    json_t *items, *item;
    size_t index;
    *count = 0;
    if (node->office)
        return true;
    if (!read_items(tx, node, actor, &items))
        return false;
    json_array_foreach (items, index, item)
        *count += json_integer_value(json_object_get(item, "count"));
    json_decref(items);
    return true;
}
