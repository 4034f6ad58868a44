#include "node/work/desk/today.h"

#include <stdlib.h>
#include <string.h>

#include "node/core/workflow.h"
#include "node/db/desk/today.h"

/* As text; the caller frees it. */
static char *open_states(void)
{
    json_t *open = json_array();
    char *text;

    for (size_t i = 0; workflow_proposal_states[i]; i++)
        if (workflow_state_find(LISTING_PROPOSAL, workflow_proposal_states[i])->open)
            json_array_append_new(open, json_string(workflow_proposal_states[i]));
    /* Of an offer only what can still be taken is due. */
    for (size_t i = 0; workflow_offer_states[i]; i++)
        if (workflow_state_find(LISTING_OFFER, workflow_offer_states[i])->expires)
            json_array_append_new(open, json_string(workflow_offer_states[i]));
    text = json_dumps(open, JSON_COMPACT);
    json_decref(open);
    return text;
}

static struct db_today_asker asker_of(const struct node *node, const struct actor *actor, const char *open)
{
    struct db_today_asker asker = {.open_states = open, .authority = node->authority};

    asker.administers = permissions_allow(MAY_SETTLE_ALARMS, actor->role);
    /* Who speaks for the town with others can see to it that they go on listening. */
    if (permissions_allow(MAY_PUBLISH, actor->role))
        asker.certificate_end = node_certificate_due(node);
    return asker;
}

bool today_read(struct tx *tx, const struct node *node, const struct actor *actor, struct buffer *out)
{
    char *open = open_states();
    const struct db_today_asker asker = asker_of(node, actor, open);
    bool ok = db_today_read(tx, &asker, out);

    free(open);
    return ok;
}

bool today_count(struct tx *tx, const struct node *node, const struct actor *actor, int64_t *count)
{
    char *open = open_states();
    const struct db_today_asker asker = asker_of(node, actor, open);
    bool ok = db_today_count(tx, &asker, count);

    free(open);
    return ok;
}
