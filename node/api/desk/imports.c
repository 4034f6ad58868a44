#include "node/api/desk/imports.h"

#include <string.h>

#include "node/api/answer.h"
#include "node/api/desk/listings.h"
#include "node/api/desk/organisations.h"
#include "node/core/permissions.h"
#include "node/work/desk/imports.h"

static const char *const kinds[] = {"proposals", "offers", NULL};

static const struct json_field create_query[] = {FIELD_ENUM("kind", FIELD_REQUIRED, kinds), FIELD_END};

static const struct json_field apply_fields[] = {
    {.name = "skip_bad", .type = JSON_FIELD_BOOLEAN, .required = true},
    FIELD_END,
};

const struct fields_schema api_imports_schemas[] = {
    {"ImportApply", apply_fields, FIELDS_NEW},
    {.schema = NULL},
};

static bool create(struct tx *tx, struct call *call, json_t **out)
{
    bool offers = strcmp(request_query(call->request, "kind", 0), "offers") == 0;

    return imports_create(tx, call->node, &call->actor, offers ? LISTING_OFFER : LISTING_PROPOSAL,
                          call->request->body, out);
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    return imports_read(tx, call->request->parameters[0], out);
}

static bool apply(struct tx *tx, struct call *call, json_t **out)
{
    return imports_apply(tx, call->node, &call->actor, call->request->parameters[0],
                         json_is_true(json_object_get(call->body, "skip_bad")), out);
}

static void imports_post(struct call *call)
{
    json_t *query;

    if (call_query(call, &query)) {
        answer_created(call, "imports", create);
        json_decref(query);
    }
}

static void imports_get(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, read);
}

static void imports_go(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, apply_fields, FIELDS_NEW, &call->problem))
        answer(call, 200, apply);
}

struct report_call {
    struct call *call;
    json_t *import;
};

static bool report_body(struct tx *tx, void *arg)
{
    struct report_call *in = arg;

    return read(tx, in->call, &in->import);
}

static void imports_file(struct call *call)
{
    struct report_call in = {.call = call};
    struct buffer text = {0};

    if (call_uuid(call, 0) && db_snapshot(call->db, &call->problem, report_body, &in)) {
        imports_report(in.import, &text);
        reply_buffer(call->reply, 200, "text/csv; charset=utf-8", &text);
        reply_header(call->reply, "Content-Disposition", "attachment; filename=\"report.csv\"");
    }
    json_decref(in.import);
}

const struct route api_imports_routes[] = {
    {"POST", "/api/v1/imports", MAY_IMPORT, NODE_CITY, ON_BOTH, 2097152, "text/csv", .query = create_query,
     .lane = SERVER_LONG, .handle = imports_post},
    {"GET", "/api/v1/imports/{id}", MAY_IMPORT, NODE_CITY, ON_BOTH, .handle = imports_get},
    {"POST", "/api/v1/imports/{id}/apply", MAY_IMPORT, NODE_CITY, ON_BOTH, 65536, "application/json",
     .lane = SERVER_LONG, .handle = imports_go},
    {"GET", "/api/v1/imports/{id}/report", MAY_IMPORT, NODE_CITY, ON_BOTH, .handle = imports_file},
    {0},
};
