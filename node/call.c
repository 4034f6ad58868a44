#include "node/call.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "node/http/query.h"
#include "protocol/uuid.h"

static bool is_secure(const struct call *call)
{
    return call->request->listener == HTTP_LISTENER_TLS;
}

static void cookie_name(const struct call *call, enum call_cookie cookie, char out[CALL_COOKIE_NAME_SIZE])
{
    static const char *const kinds[] = {[CALL_COOKIE_SESSION] = "hf_", [CALL_COOKIE_BROWSERS] = "hf_known_"};
    const char *prefix = is_secure(call) ? "__Host-" : "";
    int length = snprintf(out, CALL_COOKIE_NAME_SIZE, "%s%s%s", prefix, kinds[cookie], call->node->authority);

    for (int i = (int)strlen(prefix); i < length; i++)
        if (!isalnum((unsigned char)out[i]))
            out[i] = '_';
}

/* By its exact name: browsers that know __Host- only in these letters let a neighbour's page set __HOST-. */
const char *call_cookie(struct call *call, enum call_cookie cookie)
{
    const char *field = request_header(call->request, "Cookie", NULL);
    char name[CALL_COOKIE_NAME_SIZE], *value = call->cookies[cookie];

    cookie_name(call, cookie, name);
    for (size_t length = strlen(name); field && *field; field += strcspn(field, ";")) {
        field += strspn(field, "; ");
        if (strncmp(field, name, length) != 0 || field[length] != '=')
            continue;
        field += length + 1;
        length = strcspn(field, "; ");
        if (length >= CALL_COOKIE_SIZE)
            return NULL;
        memcpy(value, field, length);
        value[length] = '\0';
        return value;
    }
    return NULL;
}

void call_set_cookie(struct call *call, enum call_cookie cookie, const char *value, long seconds)
{
    char name[CALL_COOKIE_NAME_SIZE];

    cookie_name(call, cookie, name);
    reply_header(call->reply, "Set-Cookie", "%s=%s; Path=/; Max-Age=%ld; HttpOnly; SameSite=Strict%s", name,
                 value, seconds, is_secure(call) ? "; Secure" : "");
}

bool call_transaction(struct call *call, bool (*body)(struct tx *tx, void *arg), void *arg)
{
    return db_transaction(call->db, &call->problem, body, arg);
}

struct creation {
    struct call *call;
    bool (*body)(struct tx *tx, void *arg);
    void *arg;
};

/* Claim, work and place are one: after a crash there are all of them or none. */
static bool create_once(struct tx *tx, void *arg)
{
    const struct creation *creation = arg;
    struct call *call = creation->call;

    if (!call->claim)
        return creation->body(tx, creation->arg);
    return db_idempotency_claim(tx, call->claim) && creation->body(tx, creation->arg) &&
           (!*call->place || db_idempotency_place(tx, call->claim, call->place));
}

bool call_create(struct call *call, bool (*body)(struct tx *tx, void *arg), void *arg)
{
    struct creation creation = {call, body, arg};

    if (!db_transaction(call->db, &call->problem, create_once, &creation))
        return false;
    if (*call->place)
        reply_header(call->reply, "Location", "%s", call->place);
    return true;
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
