/* Requests to other nodes: the only file that knows libcurl.
 *
 * https only, HTTP/1.1, no redirects, no proxy, certificates checked, answers cut off at the caller's limit,
 * and the address checked when the socket opens: private ranges only where the configuration allows them. A
 * struct transport (a set of requests under way, with connections kept alive) belongs to one thread;
 * transport_wake alone may be called from another. transport_fetch is for any thread. */
#ifndef NODE_FEDERATION_TRANSPORT_H
#define NODE_FEDERATION_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "node/base/config.h"
#include "protocol/bytes.h"

enum { TRANSPORT_HEADERS = 6, TRANSPORT_ERROR_SIZE = 32 };

/* So many at most has a struct transport open, and never more than half of the files that may be. */
enum { TRANSPORT_CONNECTIONS = 1000 };

/* All borrowed until the call returns. */
struct transport_request {
    const char *method;    /* GET or POST */
    const char *authority; /* of the peer */
    const char *target;    /* "/path?query": sent as it is */
    struct bytes body;
    size_t answer_max;                      /* octets */
    long timeout_ms;                        /* for the whole exchange */
    const char *headers[TRANSPORT_HEADERS]; /* "Name: value", NULL-terminated */
};

struct transport_answer {
    long status;                      /* 0: there was no answer */
    char error[TRANSPORT_ERROR_SIZE]; /* then why, as a slug: timeout, tls, unresolved, … */
    long retry_after;                 /* seconds, 0: none */
    int64_t date;                     /* what time it is there, Unix seconds; 0: it does not say */
    bool json, pages;                 /* Content-Type: a JSON document; application/x-ndjson */
    struct buffer body;
};

struct transport;

/* Once per process, before any thread starts, and at its end. */
bool transport_start(void);
void transport_stop(void);

/* done is called from transport_run, once for every request that transport_send took; context is the
 * request's. */
struct transport *
transport_create(const struct config *config,
                 void (*done)(void *arg, void *context, const struct transport_answer *answer), void *arg);
/* Requests under way are dropped without calling done. */
void transport_destroy(struct transport *transport);

/* Connections are kept alive for so many peers, as far as there may be files open: each poll over a new one
 * would be a handshake. */
void transport_keep(struct transport *transport, size_t peers);

bool transport_send(struct transport *transport, const struct transport_request *request, void *context);
/* Carries on what is under way. Returns when something happened: an answer, octets on also_fd (-1: none), a
 * transport_wake, or after timeout_ms. */
void transport_run(struct transport *transport, int also_fd, int timeout_ms);
void transport_wake(struct transport *transport);

/* One request, waited for. True when there is an answer, whatever its status. The caller frees answer->body.
 */
bool transport_fetch(const struct config *config, const struct transport_request *request,
                     struct transport_answer *answer);

#endif
