#include "node/api/alarms.h"

#include "node/api/answer.h"
#include "node/db/alarms.h"
#include "node/work/events.h"
#include "protocol/json_profile.h"

static const struct json_field fields[] = {FIELD_TEXT_OR_NULL("note", 1, 1000), FIELD_END};

const struct fields_schema api_alarms_schemas[] = {
    {"AlarmAcknowledge", fields, false},
    {NULL, NULL, false},
};

static bool list(struct tx *tx, struct call *call, json_t **out)
{
    json_t *items;

    (void)call;
    if (!db_alarms_list(tx, &items))
        return false;
    *out = json_pack("{s:o}", "items", items);
    return true;
}

static bool acknowledge(struct tx *tx, struct call *call, json_t **out)
{
    const char *id = call->request->parameters[0], *note = json_profile_text(call->body, "note");
    const struct event event = {
        .object_type = "alarm", .object_id = id, .action = "acknowledged", .reason = note};
    bool already;

    if (!db_alarms_acknowledge(tx, id, call->actor.user_id, note, &already, out))
        return false;
    if (!*out)
        return problem_set(tx->problem, PROBLEM_NOT_FOUND, "There is no such alarm.");
    if (already)
        return problem_set(tx->problem, PROBLEM_CONFLICT, "Somebody has seen to this already.");
    return events_add(tx, &call->actor, &event);
}

static void alarms_list(struct call *call)
{
    answer_read(call, list);
}

static void alarms_acknowledge(struct call *call)
{
    if (fields_uuid(call, 0) && fields_check(call->body, fields, false, &call->problem))
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

    if (!fields_uuid(call, 0) || !db_snapshot(call->db, &call->problem, read_proof, &proof))
        return;
    if (proof.found)
        reply_buffer(call->reply, 200, "application/x-ndjson", &proof.text);
    else
        problem_set(&call->problem, PROBLEM_NOT_FOUND, "There is no such alarm, or nothing that proves it.");
    buffer_free(&proof.text);
}

/* clang-format off */
const struct route api_alarms_routes[] = {
    {"GET",  "/api/v1/alarms", ROLE_ADMIN, NODE_ANY, ON_BOTH, .handle = alarms_list},
    {"GET",  "/api/v1/alarms/{id}/proof", ROLE_ADMIN, NODE_ANY, ON_BOTH, .handle = alarms_proof},
    {"POST", "/api/v1/alarms/{id}/acknowledge", ROLE_ADMIN, NODE_ANY, ON_BOTH, 65536, "application/json", .handle = alarms_acknowledge},
    {0},
};
/* clang-format on */
