/* Routes: who may call what, where, with how much body. A pure matcher over a static table.
 *
 * The table is borrowed and must outlive the router. After router_compile everything is read-only: any
 * thread.
 *
 * A pattern is "/" or a path of segments: literal text, or a {name} that takes one non-empty segment. Where
 * several patterns fit a path, the one whose literal segments come first wins (/imports/{id}/report before
 * /imports/{id}/{x}). The pattern "*" takes every path that no other pattern takes; for it a wrong method is
 * "not found". */
#ifndef NODE_HTTP_ROUTER_H
#define NODE_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "node/http/request.h"
#include "node/http/server.h"
#include "node/base/problem.h"
#include "protocol/bytes.h"

enum node_role { NODE_CITY = 1 << 0, NODE_OFFICE = 1 << 1, NODE_ANY = NODE_CITY | NODE_OFFICE };

enum {
    ON_TLS = 1 << HTTP_LISTENER_TLS,
    ON_LOOPBACK = 1 << HTTP_LISTENER_LOOPBACK,
    ON_BOTH = ON_TLS | ON_LOOPBACK
};

struct call;       /* the API's own */
struct json_field; /* the protocol's: only passed on */

struct route {
    const char *method;    /* GET, POST, PUT, PATCH or DELETE; HEAD and OPTIONS follow from these */
    const char *pattern;   /* "/api/v1/proposals/{id}/transitions" */
    unsigned may;          /* the action, of core/permissions: only passed on */
    unsigned nodes;        /* set of enum node_role */
    unsigned listeners;    /* ON_TLS | ON_LOOPBACK */
    size_t body_limit;     /* octets; 0: takes no body */
    const char *body_type; /* media type a body must have, NULL: any */
    const struct json_field
        *query;            /* what may stand behind the ?, NULL: the handler takes nothing from there */
    unsigned kind;         /* tells rows with the same handler apart: the handler's own */
    enum server_lane lane; /* AT_ONCE: the handler does not block and gets no database; only for everybody,
                              and without a body. SLOW, LONG: see http/server.h */
    void (*handle)(struct call *call);
};

enum router_verdict { ROUTER_FOUND, ROUTER_OPTIONS, ROUTER_UNKNOWN_PATH, ROUTER_WRONG_METHOD };

struct router_match {
    const struct route *route;                   /* NULL unless found */
    struct bytes parameters[REQUEST_PARAMETERS]; /* raw, borrowed from the path */
    size_t parameters_count;
    const char *allow; /* for OPTIONS and a wrong method: "GET, HEAD, OPTIONS"; lives as long as the router */
};

struct router;

/* NULL without memory, or with a problem when a row is no route: unknown method, malformed pattern, more than
 * REQUEST_PARAMETERS parameters, or the same method and pattern twice for the same node and listener. */
struct router *router_compile(const struct route *table, size_t count, struct problem *problem);
void router_destroy(struct router *router);

/* path is raw (percent-encoded); a path of another node role or listener is unknown here. */
enum router_verdict router_find(const struct router *router, const char *method, const char *path,
                                enum node_role node, enum http_listener listener, struct router_match *match);

/* A whole server_settings.admit over a router: 404, 405 with Allow, 415 for a body of the wrong type,
 * OPTIONS. The struct route becomes admission->route. */
bool router_admit(const struct router *router, const struct request *request, enum node_role node,
                  struct server_admission *admission, struct problem *problem);

#endif
