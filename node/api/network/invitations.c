#include "node/api/network/invitations.h"

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/db/network/invitations.h"
#include "node/work/network/registry_office.h"
#include "protocol/json_profile.h"

static const struct json_field fields[] = {FIELD_LINE_OR_NULL("label", 1, 120), FIELD_END};

const struct fields_schema api_invitations_schemas[] = {
    {"InvitationNew", fields, FIELDS_NEW},
    {.schema = NULL},
};

static bool list(struct tx *tx, struct call *call, json_t **out)
{
    json_t *items;

    (void)call;
    if (!db_invitations_list(tx, &items))
        return false;
    *out = json_pack("{s:o}", "items", items);
    return true;
}

static bool invite(struct tx *tx, struct call *call, json_t **out)
{
    return registry_office_invite(tx, call->node, &call->actor, json_profile_text(call->body, "label"), out);
}

static void invitations_list(struct call *call)
{
    answer_read(call, list);
}

static void invitations_post(struct call *call)
{
    if (fields_check(call->body, fields, FIELDS_NEW, &call->problem))
        answer_created(call, NULL, invite);
}

#define ALL "/api/v1/invitations"
/* clang-format off */
const struct route api_invitations_routes[] = {
    {"GET",  ALL, MAY_MANAGE_PEERS, NODE_OFFICE, ON_BOTH, .handle = invitations_list},
    {"POST", ALL, MAY_MANAGE_PEERS, NODE_OFFICE, ON_BOTH, 65536, "application/json", .handle = invitations_post},
    {0},
};
/* clang-format on */
