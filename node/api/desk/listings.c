#include "node/api/desk/listings.h"

#include <string.h>

#include "node/api/answer.h"
#include "node/api/lists.h"
#include "node/core/permissions.h"
#include "node/db/desk/listings.h"
#include "node/work/desk/listing_fields.h"
#include "node/work/desk/listings.h"
#include "protocol/entry.h"
#include "protocol/json_profile.h"

static const struct json_field proposal_step[] = {
    FIELD_ENUM("to", FIELD_REQUIRED, workflow_proposal_states),
    FIELD_TEXT_OR_NULL("reason", 1, 1000),
    FIELD_END,
};

static const struct json_field offer_step[] = {
    FIELD_ENUM("to", FIELD_REQUIRED, workflow_offer_states),
    FIELD_TEXT_OR_NULL("reason", 1, 1000),
    FIELD_END,
};

static const char *const proposal_sorts[] = {"-updated_at", "needed_by", "title", NULL};
static const char *const offer_sorts[] = {"-updated_at", "available_until", "title", NULL};

#define LIST_FIELDS(states, states_count, sorts)                                                             \
    FIELD_SEARCH, {.name = "state", .type = JSON_FIELD_ARRAY, .max = states_count, .values = states},        \
        {.name = "category", .type = JSON_FIELD_ARRAY, .max = 7, .values = entry_categories},                \
        {.name = "organisation", .type = JSON_FIELD_UUID},                                                   \
        {.name = "published", .type = JSON_FIELD_BOOLEAN}, FIELD_ENUM("sort", FIELD_OPTIONAL, sorts),        \
        FIELD_CURSOR, FIELD_LIMIT, FIELD_END

static const struct json_field proposal_query[] = {
    LIST_FIELDS(workflow_proposal_states, WORKFLOW_PROPOSAL_STATES, proposal_sorts)};
static const struct json_field offer_query[] = {
    LIST_FIELDS(workflow_offer_states, WORKFLOW_OFFER_STATES, offer_sorts)};

/* What differs between the two, at this level. */
static const struct {
    const char *collection;
    const struct json_field *step;
} kinds[] = {
    [LISTING_PROPOSAL] = {"proposals", proposal_step},
    [LISTING_OFFER] = {"offers", offer_step},
};

const struct fields_schema api_listings_schemas[] = {
    {"ProposalNew", listing_fields_proposal, FIELDS_NEW},
    {"ProposalChange", listing_fields_proposal, FIELDS_CHANGE},
    {"ProposalTransition", proposal_step, FIELDS_NEW},
    {"OfferNew", listing_fields_offer, FIELDS_NEW},
    {"OfferChange", listing_fields_offer, FIELDS_CHANGE},
    {"OfferTransition", offer_step, FIELDS_NEW},
    {.schema = NULL},
};

static enum db_listings_sort sort_of(const char *name)
{
    if (!name || strcmp(name, "-updated_at") == 0)
        return LISTINGS_NEWEST;
    return strcmp(name, "title") == 0 ? LISTINGS_BY_TITLE : LISTINGS_BY_DAY;
}

static bool list_rows(struct tx *tx, struct call *call, const json_t *query, struct db_page *page)
{
    const struct db_listings_filter filter = {
        .kind = call->route->kind,
        .role = call->actor.role,
        .q = json_profile_text(query, "q"),
        .states = json_object_get(query, "state"),
        .categories = json_object_get(query, "category"),
        .organisation_id = json_profile_text(query, "organisation"),
        .published = json_object_get(query, "published"),
        .sort = sort_of(json_profile_text(query, "sort")),
    };

    return db_listings_list(tx, &filter, page);
}

static bool create(struct tx *tx, struct call *call, json_t **out)
{
    return listings_create(tx, &call->actor, call->route->kind, call->body, out);
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    return listings_read(tx, &call->actor, call->route->kind, call->request->parameters[0], out);
}

static bool update(struct tx *tx, struct call *call, json_t **out)
{
    return listings_update(tx, &call->actor, call->route->kind, call->request->parameters[0], call->version,
                           call->body, out);
}

static bool discard(struct tx *tx, struct call *call, json_t **out)
{
    (void)out;
    return listings_delete(tx, &call->actor, call->route->kind, call->request->parameters[0], call->version);
}

static bool step(struct tx *tx, struct call *call, json_t **out)
{
    return listings_transition(tx, call->node, &call->actor, call->route->kind, call->request->parameters[0],
                               json_profile_text(call->body, "to"), json_profile_text(call->body, "reason"),
                               out);
}

static bool history(struct tx *tx, struct call *call, struct buffer *out)
{
    return listings_history(tx, call->route->kind, call->request->parameters[0], out);
}

static bool see(struct tx *tx, struct call *call, json_t **out)
{
    (void)out;
    return listings_seen(tx, call->route->kind, call->request->parameters[0]);
}

static void listings_list(struct call *call)
{
    lists_answer(call, list_rows);
}

static void listings_post(struct call *call)
{
    if (listing_fields_check(call->route->kind, call->body, FIELDS_NEW, &call->problem))
        answer_created(call, kinds[call->route->kind].collection, create);
}

static void listings_get(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, read);
}

static void listings_patch(struct call *call)
{
    if (call_uuid(call, 0) && call_version(call) &&
        listing_fields_check(call->route->kind, call->body, FIELDS_CHANGE, &call->problem))
        answer(call, 200, update);
}

static void listings_remove(struct call *call)
{
    if (call_uuid(call, 0) && call_version(call))
        answer(call, 204, discard);
}

static void listings_step(struct call *call)
{
    if (call_uuid(call, 0) &&
        fields_check(call->body, kinds[call->route->kind].step, FIELDS_NEW, &call->problem))
        answer(call, 200, step);
}

static void listings_past(struct call *call)
{
    if (call_uuid(call, 0))
        answer_rows(call, history);
}

static void listings_looked(struct call *call)
{
    if (call_uuid(call, 0))
        answer(call, 204, see);
}

#define JSON      "application/json"
#define PROPOSALS "/api/v1/proposals"
#define PROPOSAL  "/api/v1/proposals/{id}"
#define OFFERS    "/api/v1/offers"
#define OFFER     "/api/v1/offers/{id}"
/* clang-format off */
const struct route api_listings_routes[] = {
    {"GET", PROPOSALS, MAY_READ, NODE_CITY, ON_BOTH, .query = proposal_query, .kind = LISTING_PROPOSAL, .handle = listings_list},
    {"POST", PROPOSALS, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = listings_post},
    {"GET", PROPOSAL, MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = listings_get},
    {"PATCH", PROPOSAL, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = listings_patch},
    {"DELETE", PROPOSAL, MAY_WRITE, NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = listings_remove},
    {"POST", PROPOSAL "/transitions", MAY_MOVE, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = listings_step},
    {"GET", PROPOSAL "/history", MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = listings_past},
    {"POST", PROPOSAL "/seen", MAY_WRITE, NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = listings_looked},
    {"GET", OFFERS, MAY_READ, NODE_CITY, ON_BOTH, .query = offer_query, .kind = LISTING_OFFER, .handle = listings_list},
    {"POST", OFFERS, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = listings_post},
    {"GET", OFFER, MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = listings_get},
    {"PATCH", OFFER, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = listings_patch},
    {"DELETE", OFFER, MAY_WRITE, NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = listings_remove},
    {"POST", OFFER "/transitions", MAY_MOVE, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = listings_step},
    {"GET", OFFER "/history", MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = listings_past},
    {"POST", OFFER "/seen", MAY_WRITE, NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = listings_looked},
    {0},
};
/* clang-format on */
