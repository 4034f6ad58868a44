#include "node/api/desk/contacts.h"

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/work/desk/contacts.h"

static const char *const sources[] = {
    "told_by_themselves", "phone", "public_source", "import", "other", NULL};

static const struct json_field fields[] = {
    FIELD_LINE("name", FIELD_REQUIRED, 1, 120),
    FIELD_EMAIL_OR_NULL("email"),
    FIELD_LINE_OR_NULL("phone", 3, 40),
    FIELD_LINE_OR_NULL("role", 1, 80),
    FIELD_ENUM("source", FIELD_REQUIRED, sources),
    FIELD_LINE("purpose", FIELD_REQUIRED, 1, 200),
    FIELD_END,
};

const struct fields_schema api_contacts_schemas[] = {
    {"ContactNew", fields, FIELDS_NEW},
    {"ContactChange", fields, FIELDS_CHANGE},
    {.schema = NULL},
};

static bool list(struct tx *tx, struct call *call, json_t **out)
{
    return contacts_list(tx, call->request->parameters[0], out);
}

static bool create(struct tx *tx, struct call *call, json_t **out)
{
    return contacts_create(tx, &call->actor, call->request->parameters[0], call->body, out);
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    return contacts_read(tx, call->request->parameters[0], out);
}

static bool update(struct tx *tx, struct call *call, json_t **out)
{
    return contacts_update(tx, &call->actor, call->request->parameters[0], call->version, call->body, out);
}

static bool discard(struct tx *tx, struct call *call, json_t **out)
{
    (void)out;
    return contacts_delete(tx, &call->actor, call->request->parameters[0], call->version);
}

static void contacts_get_all(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, list);
}

static void contacts_post(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, fields, FIELDS_NEW, &call->problem))
        answer_created(call, "contacts", create);
}

static void contacts_get(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, read);
}

static void contacts_patch(struct call *call)
{
    if (call_uuid(call, 0) && call_version(call) &&
        fields_check(call->body, fields, FIELDS_CHANGE, &call->problem))
        answer(call, 200, update);
}

static void contacts_remove(struct call *call)
{
    if (call_uuid(call, 0) && call_version(call))
        answer(call, 204, discard);
}

#define JSON "application/json"
#define ALL  "/api/v1/organisations/{id}/contacts"
#define ONE  "/api/v1/contacts/{id}"
const struct route api_contacts_routes[] = {
    {"GET", ALL, MAY_READ, NODE_CITY, ON_BOTH, .handle = contacts_get_all},
    {"POST", ALL, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .handle = contacts_post},
    {"GET", ONE, MAY_READ, NODE_CITY, ON_BOTH, .handle = contacts_get},
    {"PATCH", ONE, MAY_WRITE, NODE_CITY, ON_BOTH, 65536, JSON, .handle = contacts_patch},
    {"DELETE", ONE, MAY_WRITE, NODE_CITY, ON_BOTH, .handle = contacts_remove},
    {0},
};
