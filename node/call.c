#include "node/call.h"

#include <ctype.h>
#include <stdio.h>

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
