#include "node/api/network/members.h"

#include <string.h>

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/db/network/peers.h"
#include "protocol/json_profile.h"
#include "protocol/moment.h"

/* Totals of the members that are in: how many nodes, how many of them live, how much they have published. */
static json_t *totals(const json_t *items)
{
    json_int_t nodes = 0, living = 0, entries = 0;
    const json_t *member;
    size_t index;

    json_array_foreach (items, index, member) {
        const char *state = json_profile_text(member, "state");

        if (strcmp(state, "active") != 0)
            continue;
        nodes++;
        living += json_is_true(json_object_get(member, "living"));
        entries += json_profile_integer(member, "entries", 0);
    }
    return json_pack("{s:I, s:I, s:I}", "nodes", nodes, "living", living, "entries", entries);
}

/* An office has no Today: here it learns that its certificate must be renewed. */
static json_t *certificate_ends_at(const struct call *call)
{
    int64_t end = permissions_allow(MAY_PUBLISH, call->actor.role) ? node_certificate_due(call->node) : 0;
    char text[MOMENT_SIZE];

    if (end == 0)
        return json_null();
    moment_format(end, text);
    return json_string(text);
}

static bool list(struct tx *tx, struct call *call, json_t **out)
{
    json_t *items;

    if (!db_peers_members(tx, &items))
        return false;
    *out = json_pack("{s:o, s:o, s:o}", "items", items, "totals", totals(items), "certificate_ends_at",
                     certificate_ends_at(call));
    return true;
}

static void members_list(struct call *call)
{
    answer_read(call, list);
}

/* clang-format off */
const struct route api_members_routes[] = {
    {"GET", "/api/v1/members", MAY_READ, NODE_OFFICE, ON_BOTH, .handle = members_list},
    {0},
};
/* clang-format on */
