#include "node/api/network/alarms.h"

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/db/network/alarms.h"
#include "node/work/network/alarms.h"
#include "protocol/json_profile.h"

static const struct json_field fields[] = {FIELD_TEXT_OR_NULL("note", 1, 1000), FIELD_END};

const struct fields_schema api_alarms_schemas[] = {
    {"AlarmAcknowledge", fields, FIELDS_NEW},
    {.schema = NULL},
};

static bool list(struct tx *tx, struct call *call, json_t **out)
{
    (void)call;
    return alarms_list(tx, out);
}

static bool acknowledge(struct tx *tx, struct call *call, json_t **out)
{
    return alarms_acknowledge(tx, &call->actor, call->request->parameters[0],
                              json_profile_text(call->body, "note"), out);
}

static void alarms_get_all(struct call *call)
{
    answer_read(call, list);
}

static void alarms_settle(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, fields, FIELDS_NEW, &call->problem))
        answer(call, 200, acknowledge);
}

struct proof {
    const char *id;
    struct buffer text;
    bool found;
};

static bool read_proof(struct tx *tx, void *arg)
{
    struct proof *proof = arg;

    buffer_free(&proof->text);
    return db_alarms_proof(tx, proof->id, &proof->text, &proof->found);
}

static void alarms_proof(struct call *call)
{
    struct proof proof = {.id = call->request->parameters[0]};

    if (!call_uuid(call, 0) || !db_snapshot(call->db, &call->problem, read_proof, &proof))
        return;
    if (proof.found)
        reply_buffer(call->reply, 200, "application/x-ndjson", &proof.text);
    else
        problem_set(&call->problem, PROBLEM_NOT_FOUND, "There is no such alarm, or nothing that proves it.");
    buffer_free(&proof.text);
}

/* clang-format off */
const struct route api_alarms_routes[] = {
    {"GET",  "/api/v1/alarms", MAY_SETTLE_ALARMS, NODE_ANY, ON_BOTH, .handle = alarms_get_all},
    {"GET",  "/api/v1/alarms/{id}/proof", MAY_SETTLE_ALARMS, NODE_ANY, ON_BOTH, .handle = alarms_proof},
    {"POST", "/api/v1/alarms/{id}/acknowledge", MAY_SETTLE_ALARMS, NODE_ANY, ON_BOTH, 65536, "application/json", .handle = alarms_settle},
    {0},
};
/* clang-format on */
