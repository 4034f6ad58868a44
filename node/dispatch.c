#include "node/dispatch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node/call.h"
#include "node/core/permissions.h"
#include "node/db/idempotency.h"
#include "node/federation/authenticate.h"
#include "node/base/log.h"
#include "node/work/people/sessions.h"
#include "protocol/json_profile.h"

static bool changes_something(const struct request *request)
{
    return strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0;
}

/* The names a browser may know this node by. Not whatever Host it sends: a foreign name that resolves to this
 * machine (DNS rebinding) would make a foreign page ours. */
static bool is_our_host(const struct call *call, const char *host)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};

    if (strcasecmp(host, call->node->authority) == 0)
        return true;
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
        size_t length = strlen(loopback[i]);

        if (strncasecmp(host, loopback[i], length) == 0 &&
            (host[length] == '\0' ||
             (host[length] == ':' && host[length + 1 + strspn(host + length + 1, "0123456789")] == '\0')))
            return true;
    }
    return false;
}

/* Is this the origin of our screens? A trusted proxy may send on any Host: there it is the configuration that
 * says. */
static bool is_our_origin(const struct call *call, const char *origin)
{
    const struct request *request = call->request;
    const char *host = request->proxied ? call->node->authority : request_header(request, "Host", NULL);
    const char *scheme = request->listener == HTTP_LISTENER_TLS ? "https://" : "http://";
    size_t length = strlen(scheme);

    return host && is_our_host(call, host) && strncmp(origin, scheme, length) == 0 &&
           strcasecmp(origin + length, host) == 0;
}

/* A page of another origin can make a browser send our cookie, but neither this header nor our Origin. */
static bool same_site(struct call *call)
{
    const struct request *request = call->request;
    const char *asked = request_header(request, "X-Requested-With", NULL);
    const char *origin = request_header(request, "Origin", NULL);

    if (asked && strcmp(asked, "herausforderung") == 0 && origin && is_our_origin(call, origin))
        return true;
    return problem_set(&call->problem, PROBLEM_CSRF,
                       "Nothing was changed. Please open this node's own address and try again there.");
}

/* Finds who calls. A route for everybody looks only if it names roles besides (then a stale session is no
 * mistake): screens and health must not need the database. */
static bool find_caller(struct call *call, const struct route *route)
{
    static const char bearer[] = "Bearer ";
    const char *authorization = request_header(call->request, "Authorization", NULL);
    const char *cookie = call_cookie(call, CALL_COOKIE_SESSION);
    bool by_token = authorization && strncasecmp(authorization, bearer, sizeof bearer - 1) == 0;

    unsigned who = permissions_who(route->may);

    if (who & PERMISSIONS_PEER)
        return authenticate_peer(call);
    if ((by_token || cookie) && who != PERMISSIONS_PUBLIC) {
        if (!sessions_find(call->db, by_token ? authorization + sizeof bearer - 1 : cookie, by_token,
                           &call->actor, &call->problem))
            return false;
    }
    /* Signing in has no session yet, but a foreign page must not sign anybody in either. */
    if (!by_token && changes_something(call->request) && !same_site(call))
        return false;
    if (who & PERMISSIONS_PUBLIC)
        return true;
    if (!*call->actor.user_id)
        return problem_set(&call->problem, PROBLEM_UNAUTHENTICATED,
                           "Nothing was changed. Please sign in, then try again.");
    if (permissions_allow(route->may, call->actor.role))
        return true;
    return problem_set(
        &call->problem, PROBLEM_FORBIDDEN,
        "Your role does not allow this. Nothing was changed. Ask an administrator of your node.");
}

/* Fields that decide something: of two, one reader would take the first and another the last. */
static bool fields_once(struct call *call)
{
    static const char *const names[] = {"Authorization", "Origin",          "X-Requested-With",
                                        "If-Match",      "Idempotency-Key", "Content-Type"};
    size_t count;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        request_header(call->request, names[i], &count);
        if (count > 1)
            return problem_set(&call->problem, PROBLEM_MALFORMED, "The field %s must be sent once only.",
                               names[i]);
    }
    return true;
}

static bool takes_json(const struct route *route)
{
    return route->body_type && strcmp(route->body_type, "application/json") == 0;
}

static bool parse_body(struct call *call, const struct route *route)
{
    const struct request *request = call->request;
    struct err err = {0};

    if (!takes_json(route) || permissions_who(route->may) == PERMISSIONS_PEER)
        return true;
    if (request->body.size == 0)
        return problem_set(&call->problem, PROBLEM_MALFORMED_JSON,
                           "The body is empty; a JSON object is needed.");
    call->body = json_profile_parse((const char *)request->body.data, request->body.size, &err);
    return call->body ||
           problem_set(&call->problem, PROBLEM_MALFORMED_JSON, "The body is not acceptable: %s.", err.text);
}

/* If-Match: "<version>"; anything else that is there can match no version of ours. */
static void take_version(struct call *call)
{
    const char *text = request_header(call->request, "If-Match", NULL);
    char *end;

    if (!text)
        return;
    call->version = text[0] == '"' && isdigit((unsigned char)text[1]) ? strtol(text + 1, &end, 10) : -2;
    if (call->version <= 0 || strcmp(end, "\"") != 0)
        call->version = -2;
}

static bool may_repeat(const struct route *route)
{
    return !(permissions_who(route->may) & (PERMISSIONS_PEER | PERMISSIONS_PUBLIC)) &&
           strcmp(route->method, "POST") == 0;
}

/* The same creation sent twice (a lost answer, a double click) happens once; call_create sees to it. */
static bool take_key(struct call *call, struct db_idempotency_claim *claim)
{
    const char *key = request_header(call->request, "Idempotency-Key", NULL);
    bool visible;

    if (!key || !may_repeat(call->route))
        return true;
    visible = *key != '\0';
    for (const char *c = key; *c; c++)
        visible = visible && *c > ' ' && *c <= '~';
    if (strlen(key) > 64 || !visible) {
        problem_field(&call->problem, "", "malformed",
                      "Idempotency-Key must have 1 to 64 visible characters.");
        return false;
    }
    *claim = (struct db_idempotency_claim){.user_id = call->actor.user_id, .key = key};
    db_idempotency_hash(call->request->method, call->request->target, call->request->body,
                        claim->request_hash);
    call->claim = claim;
    return true;
}

/* What was created stands at its own place, as it is now; a copy would outlive its deletion. */
static void read_again(struct call *call, const struct router *router, const char *place)
{
    struct request again = *call->request;
    struct router_match match;
    char *parameters[REQUEST_PARAMETERS] = {NULL};

    again.method = "GET";
    again.target = again.path = place;
    again.query = "";
    again.body = (struct bytes){0};
    again.has_body = false;
    if (router_find(router, "GET", place, call->node->office ? NODE_OFFICE : NODE_CITY, again.listener,
                    &match) != ROUTER_FOUND) {
        problem_set(&call->problem, PROBLEM_NOT_FOUND, "Nothing is served at %s.", place);
        return;
    }
    for (size_t i = 0; i < match.parameters_count; i++)
        again.parameters[i] = parameters[i] =
            strndup((const char *)match.parameters[i].data, match.parameters[i].size);
    /* cppcheck-suppress autoVariables ; repeat_answer() puts the caller's own request back */
    call->request = &again;
    call->route = match.route;
    match.route->handle(call);
    for (size_t i = 0; i < match.parameters_count; i++)
        free(parameters[i]);
}

static void repeat_answer(struct call *call, const struct router *router, const char *place)
{
    const struct request *request = call->request;
    const struct route *route = call->route;

    problem_finish(&call->problem);
    read_again(call, router, place);
    call->request = request;
    call->route = route;
    if (call->problem.code == PROBLEM_NOT_FOUND) {
        problem_finish(&call->problem);
        problem_set(&call->problem, PROBLEM_CONFLICT,
                    "This was created under the same Idempotency-Key and has been deleted since. Nothing was "
                    "created again.");
    } else if (!call->problem.code) {
        call->reply->status = 201;
        reply_header(call->reply, "Location", "%s", place);
    }
}

static void give_problem(struct call *call)
{
    if (call->problem.code == PROBLEM_INTERNAL)
        log_error("%s %s: %s", call->route->method, call->route->pattern, call->problem.detail);
    if (call->problem.code)
        reply_problem(call->reply, &call->problem);
    problem_finish(&call->problem);
}

void dispatch_knock(const struct node *node, struct db *db, const struct route *route,
                    const struct request *request, struct reply *reply)
{
    struct call call = {.node = node, .db = db, .route = route, .request = request, .reply = reply};

    if (fields_once(&call))
        find_caller(&call, route);
    give_problem(&call);
}

void dispatch(const struct node *node, const struct router *router, const struct files *files, struct db *db,
              const struct route *route, const struct request *request, struct reply *reply)
{
    struct call call = {
        .node = node, .files = files, .db = db, .route = route, .request = request, .reply = reply};
    struct db_idempotency_claim claim = {0};

    take_version(&call);
    if (fields_once(&call) && find_caller(&call, route) && parse_body(&call, route) &&
        take_key(&call, &claim))
        route->handle(&call);
    if (*claim.place)
        repeat_answer(&call, router, claim.place);
    if (!call.problem.code && reply->status == 0)
        problem_set(&call.problem, PROBLEM_INTERNAL, "Something went wrong here. Nothing was changed.");
    give_problem(&call);
    json_decref(call.body);
}
