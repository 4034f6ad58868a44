#include "node/api/publication/publications.h"

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/core/workflow.h"
#include "node/work/publication/publications.h"
#include "protocol/json_profile.h"

#define WORDING_FIELDS                                                                                       \
    FIELD_LINE("title", FIELD_OPTIONAL, 1, 200), FIELD_TEXT("text", FIELD_OPTIONAL, 1, 4000),                \
        FIELD_LANGUAGE("language", FIELD_OPTIONAL),                                                          \
    {                                                                                                        \
        .name = "coarsen", .type = JSON_FIELD_BOOLEAN                                                        \
    }

static const struct json_field preview_fields[] = {WORDING_FIELDS, FIELD_END};

static const struct json_field override_fields[] = {
    {.name = "fingerprint", .type = JSON_FIELD_B64U, .required = true, .max = 32},
    FIELD_TEXT("reason", FIELD_REQUIRED, 1, 1000),
    FIELD_END,
};

static const struct json_field publication_fields[] = {
    {.name = "digest", .type = JSON_FIELD_B64U, .required = true, .max = 32},
    WORDING_FIELDS,
    {.name = "overrides", .type = JSON_FIELD_ARRAY, .max = 100, .fields = override_fields},
    FIELD_END,
};

const struct fields_schema api_publications_schemas[] = {
    {"PreviewRequest", preview_fields, FIELDS_NEW},
    {"PublicationRequest", publication_fields, FIELDS_NEW},
    {.schema = NULL},
};

static bool preview(struct tx *tx, struct call *call, json_t **out)
{
    return publications_preview(tx, call->node, call->route->kind, call->request->parameters[0], call->body,
                                out);
}

static bool publish(struct tx *tx, struct call *call, json_t **out)
{
    return publications_publish(tx, call->node, &call->actor, call->route->kind, call->request->parameters[0],
                                call->body, out);
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    return publications_read(tx, call->route->kind, call->request->parameters[0], out);
}

static bool erase(struct tx *tx, struct call *call, json_t **out)
{
    return publications_erase(tx, call->node, &call->actor, call->route->kind, call->request->parameters[0],
                              json_profile_text(call->body, "reason"), out);
}

static void publications_look(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, preview_fields, FIELDS_NEW, &call->problem))
        answer_read(call, preview);
}

static void publications_put(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, publication_fields, FIELDS_NEW, &call->problem))
        answer(call, 200, publish);
}

static void publications_get(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, read);
}

static void publications_withdraw(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, fields_reason, FIELDS_NEW, &call->problem))
        answer(call, 200, erase);
}

#define JSON     "application/json"
#define PROPOSAL "/api/v1/proposals/{id}"
#define OFFER    "/api/v1/offers/{id}"
/* clang-format off */
const struct route api_publications_routes[] = {
    {"POST", PROPOSAL "/publication/preview", MAY_PUBLISH, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = publications_look},
    {"GET", PROPOSAL "/publication", MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_PROPOSAL, .handle = publications_get},
    {"PUT", PROPOSAL "/publication", MAY_PUBLISH, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = publications_put},
    {"POST", PROPOSAL "/publication/erase", MAY_PUBLISH, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_PROPOSAL, .handle = publications_withdraw},
    {"POST", OFFER "/publication/preview", MAY_PUBLISH, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = publications_look},
    {"GET", OFFER "/publication", MAY_READ, NODE_CITY, ON_BOTH, .kind = LISTING_OFFER, .handle = publications_get},
    {"PUT", OFFER "/publication", MAY_PUBLISH, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = publications_put},
    {"POST", OFFER "/publication/erase", MAY_PUBLISH, NODE_CITY, ON_BOTH, 65536, JSON, .kind = LISTING_OFFER, .handle = publications_withdraw},
    {0},
};
/* clang-format on */
