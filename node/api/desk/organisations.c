#include "node/api/desk/organisations.h"

#include "node/api/answer.h"
#include "node/api/lists.h"
#include "node/core/permissions.h"
#include "node/db/desk/organisations.h"
#include "node/work/desk/organisation_fields.h"
#include "node/work/desk/organisations.h"
#include "protocol/json_profile.h"

static const struct json_field list_query[] = {
    FIELD_SEARCH, FIELD_ENUM("sector", FIELD_OPTIONAL, organisation_sectors), FIELD_CURSOR, FIELD_LIMIT,
    FIELD_END,
};

const struct fields_schema api_organisations_schemas[] = {
    {"OrganisationNew", organisation_fields, FIELDS_NEW},
    {"OrganisationChange", organisation_fields, FIELDS_CHANGE},
    {.schema = NULL},
};

static bool list_rows(struct tx *tx, struct call *call, const json_t *query, struct db_page *page)
{
    const struct db_organisations_filter filter = {
        .q = json_profile_text(query, "q"),
        .sector = json_profile_text(query, "sector"),
    };

    (void)call;
    return db_organisations_list(tx, &filter, page);
}

static void organisations_list(struct call *call)
{
    lists_answer(call, list_rows);
}

static bool create(struct tx *tx, struct call *call, json_t **out)
{
    return organisations_create(tx, &call->actor, call->body, out);
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    return organisations_read(tx, call->request->parameters[0], out);
}

static bool update(struct tx *tx, struct call *call, json_t **out)
{
    return organisations_update(tx, &call->actor, call->request->parameters[0], call->version, call->body,
                                out);
}

static bool discard(struct tx *tx, struct call *call, json_t **out)
{
    (void)out;
    return organisations_delete(tx, &call->actor, call->request->parameters[0], call->version);
}

static void organisations_post(struct call *call)
{
    if (fields_check(call->body, organisation_fields, FIELDS_NEW, &call->problem))
        answer_created(call, "organisations", create);
}

static void organisations_get(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, read);
}

static void organisations_patch(struct call *call)
{
    if (call_uuid(call, 0) && call_version(call) &&
        fields_check(call->body, organisation_fields, FIELDS_CHANGE, &call->problem))
        answer(call, 200, update);
}

static void organisations_remove(struct call *call)
{
    if (call_uuid(call, 0) && call_version(call))
        answer(call, 204, discard);
}

#define JSON "application/json"
#define ALL  "/api/v1/organisations"
#define ONE  "/api/v1/organisations/{id}"
const struct route api_organisations_routes[] = {
    {"GET", ALL, MAY_READ, NODE_CITY, ON_BOTH, .query = list_query, .handle = organisations_list},
    {"POST", ALL, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .handle = organisations_post},
    {"GET", ONE, MAY_READ, NODE_CITY, ON_BOTH, .handle = organisations_get},
    {"PATCH", ONE, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .handle = organisations_patch},
    {"DELETE", ONE, MAY_WRITE, NODE_CITY, ON_BOTH, .handle = organisations_remove},
    {0},
};
