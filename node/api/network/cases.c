#include "node/api/network/cases.h"

#include "node/api/answer.h"
#include "node/api/lists.h"
#include "node/core/permissions.h"
#include "node/core/workflow.h"
#include "node/db/network/cases.h"
#include "node/work/network/cases.h"
#include "protocol/json_profile.h"

static const char *const directions[] = {"in", "out", NULL};

static const struct json_field fields[] = {
    {.name = "peer", .type = JSON_FIELD_AUTHORITY, .required = true},
    FIELD_TEXT_OR_NULL("note", 1, 1000),
    FIELD_END,
};

static const struct json_field list_query[] = {
    FIELD_ENUM("direction", FIELD_REQUIRED, directions),
    FIELD_CURSOR,
    FIELD_LIMIT,
    FIELD_END,
};

const struct fields_schema api_cases_schemas[] = {
    {"ForwardNew", fields, FIELDS_NEW},
    {.schema = NULL},
};

struct cases_object api_cases_object(const struct call *call)
{
    const char *const *parameters = call->request->parameters;
    bool theirs = parameters[1];

    return (struct cases_object){.type = workflow_kind_name(call->route->kind),
                                 .origin = theirs ? parameters[0] : NULL,
                                 .id = parameters[theirs ? 1 : 0]};
}

static bool forward(struct tx *tx, struct call *call, json_t **out)
{
    const struct cases_object object = api_cases_object(call);

    return cases_forward(tx, call->node, &call->actor, &object, json_profile_text(call->body, "peer"),
                         json_profile_text(call->body, "note"), out);
}

static bool cases(struct tx *tx, struct call *call, struct buffer *out)
{
    const struct cases_object object = api_cases_object(call);

    return cases_list(tx, call->node, &object, out);
}

static void forwards_ours(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, fields, FIELDS_NEW, &call->problem))
        answer_created(call, NULL, forward);
}

static void forwards_theirs(struct call *call)
{
    if (call_uuid(call, 1) && fields_check(call->body, fields, FIELDS_NEW, &call->problem))
        answer_created(call, NULL, forward);
}

static void forwards_cases(struct call *call)
{
    if (call_uuid(call, 0))
        answer_rows(call, cases);
}

static bool list_rows(struct tx *tx, struct call *call, const json_t *query, struct db_page *page)
{
    const struct node *node = call->node;
    const struct db_self self = {.authority = node->authority, .name = node->config->name};

    return db_forwards_list(tx, &self, json_profile_text(query, "direction"), page);
}

static void forwards_list(struct call *call)
{
    lists_answer(call, list_rows);
}

#define JSON "application/json"
#define V1   "/api/v1/"
/* clang-format off */
const struct route api_cases_routes[] = {
    {"GET",  V1 "forwards", MAY_READ, NODE_CITY, ON_BOTH, .query = list_query, .handle = forwards_list},
    {"POST", V1 "proposals/{id}/forwards", MAY_ANSWER, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = forwards_ours},
    {"POST", V1 "offers/{id}/forwards", MAY_ANSWER, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = forwards_ours},
    {"POST", V1 "network/proposals/{origin}/{id}/forwards", MAY_ANSWER, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = forwards_theirs},
    {"POST", V1 "network/offers/{origin}/{id}/forwards", MAY_ANSWER, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = forwards_theirs},
    {"GET",  V1 "proposals/{id}/cases", MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = forwards_cases},
    {"GET",  V1 "offers/{id}/cases", MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = forwards_cases},
    {0},
};
/* clang-format on */
