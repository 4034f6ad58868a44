#include "node/http/router.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SEGMENTS = 12, ALLOW_SIZE = 48 };

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
enum { METHOD_GET, METHODS = 5, METHOD_SETS = 1 << METHODS };

struct path {
    struct bytes segments[SEGMENTS];
    size_t count;
};

struct entry {
    const struct route *route;
    struct path pattern;
    int method;
    int rank; /* of the patterns that fit a path the highest counts; -1: "*" */
};

struct router {
    size_t count;
    struct entry *entries;
    char allow[METHOD_SETS][ALLOW_SIZE]; /* the Allow field for each set of methods */
};

static int method_index(const char *method)
{
    for (int i = 0; i < METHODS; i++)
        if (strcmp(methods[i], method) == 0)
            return i;
    return -1;
}

/* "/" has no segments; "/a/" has two, the second empty, and so is another path than "/a". */
static bool path_split(const char *text, struct path *path)
{
    path->count = 0;
    if (strcmp(text, "/") == 0)
        return true;
    while (*text == '/' && path->count < SEGMENTS) {
        size_t length = strcspn(++text, "/");
        path->segments[path->count++] = (struct bytes){(const uint8_t *)text, length};
        text += length;
    }
    return *text == '\0';
}

static bool is_parameter(struct bytes segment)
{
    return segment.size > 2 && segment.data[0] == '{' && segment.data[segment.size - 1] == '}';
}

static bool bytes_same(struct bytes a, struct bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static bool pattern_fits(const struct entry *entry, const struct path *path)
{
    if (entry->rank < 0)
        return true;
    if (entry->pattern.count != path->count)
        return false;
    for (size_t i = 0; i < path->count; i++) {
        struct bytes expected = entry->pattern.segments[i];
        bool fits =
            is_parameter(expected) ? path->segments[i].size > 0 : bytes_same(expected, path->segments[i]);
        if (!fits)
            return false;
    }
    return true;
}

static bool entry_compile(struct entry *entry, const struct route *route)
{
    size_t parameters = 0;

    entry->route = route;
    entry->method = method_index(route->method);
    entry->rank = strcmp(route->pattern, "*") == 0 ? -1 : 0;
    if (entry->method < 0 || (route->lane == SERVER_AT_ONCE && route->body_limit > 0))
        return false;
    if (entry->rank < 0)
        return true;
    if (!path_split(route->pattern, &entry->pattern) || route->pattern[0] != '/')
        return false;
    for (size_t i = 0; i < entry->pattern.count; i++) {
        if (is_parameter(entry->pattern.segments[i]))
            parameters++;
        else
            entry->rank |= 1 << (SEGMENTS - i);
        if (entry->pattern.segments[i].size == 0)
            return false;
    }
    return parameters <= REQUEST_PARAMETERS;
}

/* Would both answer one request? Equal ranks mean that literals stand in the same places. */
static bool entries_collide(const struct entry *a, const struct entry *b)
{
    return a->method == b->method && a->rank == b->rank && (a->route->nodes & b->route->nodes) != 0 &&
           (a->route->listeners & b->route->listeners) != 0 && a->pattern.count == b->pattern.count &&
           pattern_fits(a, &b->pattern);
}

static void allow_write(char *allow, int set)
{
    for (int i = 0; i < METHODS; i++) {
        if ((set & 1 << i) == 0)
            continue;
        strcat(strcat(allow, methods[i]), ", ");
        if (i == METHOD_GET)
            strcat(allow, "HEAD, ");
    }
    strcat(allow, "OPTIONS");
}

struct router *router_compile(const struct route *table, size_t count, struct problem *problem)
{
    struct router *router = calloc(1, sizeof *router);

    if (!router)
        goto no_memory;
    router->count = count;
    router->entries = calloc(count + 1, sizeof *router->entries);
    if (!router->entries)
        goto no_memory;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &router->entries[i];
        bool valid = entry_compile(entry, &table[i]);
        for (size_t j = 0; valid && j < i; j++)
            valid = !entries_collide(entry, &router->entries[j]);
        if (!valid) {
            problem_set(problem, PROBLEM_INTERNAL, "The route '%s %s' is malformed or there twice.",
                        table[i].method, table[i].pattern);
            goto fail;
        }
    }
    for (int set = 0; set < METHOD_SETS; set++)
        allow_write(router->allow[set], set);
    return router;
no_memory:
    problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the routes.");
fail:
    router_destroy(router);
    return NULL;
}

void router_destroy(struct router *router)
{
    if (!router)
        return;
    free(router->entries);
    free(router);
}

static void match_set(struct router_match *match, const struct entry *entry, const struct path *path)
{
    match->route = entry->route;
    match->parameters_count = 0;
    for (size_t i = 0; i < entry->pattern.count; i++)
        if (is_parameter(entry->pattern.segments[i]))
            match->parameters[match->parameters_count++] = path->segments[i];
}

enum router_verdict router_find(const struct router *router, const char *method, const char *path,
                                enum node_role node, enum http_listener listener, struct router_match *match)
{
    int wanted = method_index(strcmp(method, "HEAD") == 0 ? "GET" : method);
    int best = -2; /* below every rank */
    int allowed = 0;
    struct path parts;

    *match = (struct router_match){0};
    if (!path_split(path, &parts))
        /* Deeper than every pattern: only "*" can take it. */
        parts.count = SEGMENTS + 1;
    for (size_t i = 0; i < router->count; i++) {
        const struct entry *entry = &router->entries[i];
        if ((entry->route->nodes & (unsigned)node) == 0 || (entry->route->listeners & 1u << listener) == 0 ||
            entry->rank < best || !pattern_fits(entry, &parts))
            continue;
        if (entry->rank > best) {
            best = entry->rank;
            allowed = 0;
            match->route = NULL;
        }
        allowed |= 1 << entry->method;
        if (entry->method == wanted)
            match_set(match, entry, &parts);
    }
    match->allow = router->allow[allowed];
    if (match->route)
        return ROUTER_FOUND;
    if (best < 0)
        return ROUTER_UNKNOWN_PATH;
    return strcmp(method, "OPTIONS") == 0 ? ROUTER_OPTIONS : ROUTER_WRONG_METHOD;
}

/* The media type alone counts (RFC 9110 section 8.3.1); its parameters are the handler's business. */
static bool type_is(const char *content_type, const char *wanted)
{
    size_t length;

    if (!content_type)
        return false;
    length = strcspn(content_type, "; \t");
    return length == strlen(wanted) && strncasecmp(content_type, wanted, length) == 0;
}

bool router_admit(const struct router *router, const struct request *request, enum node_role node,
                  struct server_admission *admission, struct problem *problem)
{
    struct router_match match;
    enum router_verdict verdict =
        router_find(router, request->method, request->path, node, request->listener, &match);
    const char *type;
    size_t lines;

    admission->route = match.route;
    admission->allow = match.allow;
    if (verdict == ROUTER_OPTIONS)
        return true;
    if (verdict == ROUTER_UNKNOWN_PATH)
        return problem_set(problem, PROBLEM_NOT_FOUND, "Nothing is served at this path.");
    if (verdict == ROUTER_WRONG_METHOD)
        return problem_set(problem, PROBLEM_METHOD_NOT_ALLOWED, "Possible here: %s.", match.allow);
    admission->lane = match.route->lane;
    admission->body_limit = match.route->body_limit;
    admission->parameters_count = match.parameters_count;
    memcpy(admission->parameters, match.parameters, sizeof match.parameters);
    if (!request->has_body || match.route->body_limit == 0)
        return true;
    if (request_header(request, "Content-Encoding", NULL))
        return problem_set(problem, PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                           "Send the body as it is, without Content-Encoding.");
    type = request_header(request, "Content-Type", &lines);
    if (match.route->body_type && (lines != 1 || !type_is(type, match.route->body_type)))
        return problem_set(problem, PROBLEM_UNSUPPORTED_MEDIA_TYPE, "Send the body as Content-Type: %s.",
                           match.route->body_type);
    return true;
}
