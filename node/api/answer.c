#include "node/api/answer.h"

#include <stdio.h>

struct answer_run {
    struct call *call;
    const char *collection; /* of what is created */
    answer_work *work;
    json_t *out;
};

/* May run more than once: see db_transaction. */
static bool answer_body(struct tx *tx, void *arg)
{
    struct answer_run *run = arg;

    json_decref(run->out);
    run->out = NULL;
    return run->work(tx, run->call, &run->out);
}

static void answer_reply(struct call *call, int status, json_t *out)
{
    json_int_t version;

    if (!out) {
        reply_empty(call->reply, 204);
        return;
    }
    version = json_integer_value(json_object_get(out, "version"));
    if (version > 0)
        reply_header(call->reply, "ETag", "\"%lld\"", (long long)version);
    reply_json(call->reply, status, out);
}

void answer(struct call *call, int status, answer_work *work)
{
    struct answer_run run = {.call = call, .work = work};

    if (call_transaction(call, answer_body, &run))
        answer_reply(call, status, run.out);
    else
        json_decref(run.out);
}

static bool answer_create(struct tx *tx, void *arg)
{
    struct answer_run *run = arg;
    struct call *call = run->call;

    if (!answer_body(tx, run))
        return false;
    if (run->collection)
        snprintf(call->place, sizeof call->place, "/api/v1/%s/%s", run->collection,
                 json_string_value(json_object_get(run->out, "id")));
    return true;
}

void answer_created(struct call *call, const char *collection, answer_work *work)
{
    struct answer_run run = {.call = call, .collection = collection, .work = work};

    if (call_create(call, answer_create, &run))
        answer_reply(call, 201, run.out);
    else
        json_decref(run.out);
}

void answer_read(struct call *call, answer_work *work)
{
    struct answer_run run = {.call = call, .work = work};

    if (db_snapshot(call->db, &call->problem, answer_body, &run))
        answer_reply(call, 200, run.out);
    else
        json_decref(run.out);
}

struct answer_rows_run {
    struct call *call;
    answer_rows_work *work;
    struct buffer out;
};

static bool answer_rows_body(struct tx *tx, void *arg)
{
    struct answer_rows_run *run = arg;

    return run->work(tx, run->call, &run->out);
}

void answer_rows(struct call *call, answer_rows_work *work)
{
    struct answer_rows_run run = {.call = call, .work = work};

    buffer_puts(&run.out, "{\"items\":[");
    if (db_read(call->db, &call->problem, answer_rows_body, &run)) {
        buffer_puts(&run.out, "]}");
        reply_buffer(call->reply, 200, "application/json", &run.out);
    }
    buffer_free(&run.out);
}
