#include "node/call.h"

#include <ctype.h>
#include <stdio.h>

#include "node/http/query.h"
#include "protocol/uuid.h"

void call_cookie_name(const struct node *node, char out[CALL_COOKIE_NAME_SIZE])
{
    int length = snprintf(out, CALL_COOKIE_NAME_SIZE, "hf_%s", node->authority);

    for (int i = 0; i < length; i++)
        if (!isalnum((unsigned char)out[i]))
            out[i] = '_';
}

const char *call_cookie(const struct call *call)
{
    char name[CALL_COOKIE_NAME_SIZE];

    call_cookie_name(call->node, name);
    return request_cookie(call->request, name);
}

bool call_transaction(struct call *call, bool (*body)(struct tx *tx, void *arg), void *arg)
{
    return db_transaction(call->db, &call->problem, body, arg);
}

const char *call_uuid(struct call *call, size_t n)
{
    const char *id = call->request->parameters[n];
    if (id && uuid_valid(id))
        return id;
    problem_set(&call->problem, PROBLEM_NOT_FOUND, "There is nothing with this id.");
    return NULL;
}

bool call_version(struct call *call)
{
    return call->version != 0 || problem_set(&call->problem, PROBLEM_PRECONDITION_REQUIRED,
                                             "Nothing was changed. Send the version you read in If-Match.");
}

bool call_query(struct call *call, json_t **query)
{
    return query_read(call->request, call->route->query, query, &call->problem);
}
