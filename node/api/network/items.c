#include "node/api/network/items.h"

#include <stdio.h>
#include <string.h>

#include "node/api/answer.h"
#include "node/api/network/cases.h"
#include "node/api/lists.h"
#include "node/core/permissions.h"
#include "node/core/workflow.h"
#include "node/db/network/items.h"
#include "node/work/network/cases.h"
#include "protocol/authority.h"
#include "protocol/entry.h"
#include "protocol/json_profile.h"

static const char *const proposal_states[] = {ENTRY_PROPOSAL_STATES, "other", NULL};
static const char *const offer_states[] = {ENTRY_OFFER_STATES, "other", NULL};
static const char *const sorts[] = {"distance", "-published_at", "month", NULL};

#define LIST_FIELDS(states)                                                                                  \
    FIELD_SEARCH, {.name = "category", .type = JSON_FIELD_ARRAY, .max = 7, .values = entry_categories},      \
        {.name = "origin", .type = JSON_FIELD_AUTHORITY},                                                    \
        {.name = "country", .type = JSON_FIELD_TEXT, .min = 2, .max = 2, .check = entry_check_country},      \
        {.name = "state",                                                                                    \
         .type = JSON_FIELD_ARRAY,                                                                           \
         .max = sizeof states / sizeof *states - 1,                                                          \
         .values = states},                                                                                  \
        {.name = "max_km", .type = JSON_FIELD_INTEGER, .min = 1, .max = 20000},                              \
        {.name = "mine", .type = JSON_FIELD_BOOLEAN}, {.name = "forwarded", .type = JSON_FIELD_BOOLEAN},     \
        FIELD_ENUM("sort", FIELD_OPTIONAL, sorts), FIELD_CURSOR, FIELD_LIMIT, FIELD_END

static const struct json_field proposals_query[] = {LIST_FIELDS(proposal_states)};
static const struct json_field offers_query[] = {LIST_FIELDS(offer_states)};

static const struct json_field response_fields[] = {
    FIELD_ENUM("response", FIELD_REQUIRED, entry_responses),
    FIELD_TEXT_OR_NULL("reason", 1, 1000),
    FIELD_END,
};

const struct fields_schema api_items_schemas[] = {
    {"ResponseNew", response_fields, FIELDS_NEW},
    {.schema = NULL},
};

static enum db_items_sort sort_of(const char *name)
{
    if (!name || strcmp(name, "-published_at") == 0)
        return ITEMS_NEWEST;
    return strcmp(name, "distance") == 0 ? ITEMS_NEAREST : ITEMS_BY_MONTH;
}

static bool list_rows(struct tx *tx, struct call *call, const json_t *query, struct db_page *page)
{
    const struct node *node = call->node;
    const struct db_self self = {.authority = node->authority, .name = node->config->name};
    const struct db_items_filter filter = {
        .type = workflow_kind_name(call->route->kind),
        .q = json_profile_text(query, "q"),
        .origin = json_profile_text(query, "origin"),
        .country = json_profile_text(query, "country"),
        .categories = json_object_get(query, "category"),
        .states = json_object_get(query, "state"),
        .max_km = json_object_get(query, "max_km"),
        .mine = json_object_get(query, "mine"),
        .forwarded = json_object_get(query, "forwarded"),
        .latitude_e6 = node->latitude_e6,
        .longitude_e6 = node->longitude_e6,
        .sort = sort_of(json_profile_text(query, "sort")),
        .put_answers = cases_put_answers,
        .reader = &call->actor,
    };

    return db_items_list(tx, &self, &filter, page);
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    const struct db_self self = {.authority = call->node->authority, .name = call->node->config->name};
    const struct cases_object object = api_cases_object(call);
    const struct db_items_filter filter = {.type = object.type,
                                           .latitude_e6 = call->node->latitude_e6,
                                           .longitude_e6 = call->node->longitude_e6,
                                           .put_answers = cases_put_answers,
                                           .reader = &call->actor};

    if (!db_items_read(tx, &self, &filter, object.origin, object.id, out))
        return false;
    if (!*out)
        return problem_set(tx->problem, PROBLEM_NOT_FOUND, "No other town has this any more.");
    return true;
}

static bool respond(struct tx *tx, struct call *call, json_t **out)
{
    const struct cases_object object = api_cases_object(call);

    return cases_respond(tx, call->node, &call->actor, &object, json_profile_text(call->body, "response"),
                         json_profile_text(call->body, "reason"), out);
}

static bool own_case(struct tx *tx, struct call *call, json_t **out)
{
    const struct cases_object object = api_cases_object(call);

    return cases_own(tx, call->node, &object, out);
}

static bool see(struct tx *tx, struct call *call, json_t **out)
{
    const struct cases_object object = api_cases_object(call);

    (void)out;
    return cases_seen(tx, call->node, &object);
}

static void items_list(struct call *call)
{
    lists_answer(call, list_rows);
}

static void items_get(struct call *call)
{
    if (call_uuid(call, 1))
        answer_read(call, read);
}

static void items_respond(struct call *call)
{
    if (!call_uuid(call, 1) || !fields_check(call->body, response_fields, FIELDS_NEW, &call->problem))
        return;
    snprintf(call->place, sizeof call->place, "/api/v1/network/%s/%s/%s/case",
             call->route->kind == LISTING_OFFER ? "offers" : "proposals", call->request->parameters[0],
             call->request->parameters[1]);
    answer_created(call, NULL, respond);
}

static void items_case(struct call *call)
{
    if (call_uuid(call, 1))
        answer_read(call, own_case);
}

static void items_looked(struct call *call)
{
    if (call_uuid(call, 1))
        answer(call, 204, see);
}

#define JSON      "application/json"
#define PROPOSALS "/api/v1/network/proposals"
#define OFFERS    "/api/v1/network/offers"
#define ONE       "/{origin}/{id}"
/* clang-format off */
const struct route api_items_routes[] = {
    {"GET",  PROPOSALS,                  MAY_READ,  NODE_CITY, ON_BOTH, .query = proposals_query, .kind = LISTING_PROPOSAL, .handle = items_list},
    {"GET",  PROPOSALS ONE,              MAY_READ,  NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = items_get},
    {"GET",  PROPOSALS ONE "/case",      MAY_READ,  NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = items_case},
    {"POST", PROPOSALS ONE "/seen",      MAY_ANSWER, NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = items_looked},
    {"POST", PROPOSALS ONE "/responses", MAY_ANSWER, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = items_respond},
    {"GET",  OFFERS,                     MAY_READ,  NODE_CITY, ON_BOTH, .query = offers_query, .kind = LISTING_OFFER, .handle = items_list},
    {"GET",  OFFERS ONE,                 MAY_READ,  NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = items_get},
    {"GET",  OFFERS ONE "/case",         MAY_READ,  NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = items_case},
    {"POST", OFFERS ONE "/seen",         MAY_ANSWER, NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = items_looked},
    {"POST", OFFERS ONE "/responses",    MAY_ANSWER, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = items_respond},
    {0},
};
/* clang-format on */
