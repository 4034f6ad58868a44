/* A request as the handlers see it. Everything is borrowed from the server and lives until the reply was
 * sent. */
#ifndef NODE_HTTP_REQUEST_H
#define NODE_HTTP_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"

enum http_listener { HTTP_LISTENER_TLS, HTTP_LISTENER_LOOPBACK };

enum { REQUEST_PARAMETERS = 4 };

struct request {
    enum http_listener listener; /* over TLS, or not; of who stands behind a trusted proxy, as that says */
    bool proxied;                /* a trusted proxy brought it */
    const char *method;
    const char *target;  /* raw request target, as sent */
    const char *path;    /* raw path: the target up to '?' */
    const char *query;   /* raw query without '?', "" if none */
    const char *address; /* of the sender, as text; not of a trusted proxy, but of who asked that */
    const char *sender;  /* the group of that address (base/address_group): who is counted */
    struct bytes body;
    bool has_body; /* announced by Content-Length above 0, or by chunks */
    /* Path parameters in the order of the route's pattern, percent-decoded, valid UTF-8, no NUL. */
    const char *parameters[REQUEST_PARAMETERS];
    struct http_exchange *exchange; /* the server's own record */
};

/* The value of the first line of a header field, NULL if absent. count (may be NULL) tells how many lines
 * there were. */
const char *request_header(const struct request *request, const char *name, size_t *count);
/* The n-th value (0 …) of a query parameter, percent-decoded ('+' is a space), valid UTF-8, NULL when there
 * is none. */
const char *request_query(const struct request *request, const char *name, size_t n);
/* Calls back for each query parameter in order (for refusing unknown ones); stops at false. */
bool request_query_each(const struct request *request,
                        bool (*each)(void *arg, const char *name, const char *value), void *arg);
/* The value of a cookie, NULL if absent. */
const char *request_cookie(const struct request *request, const char *name);

#endif
