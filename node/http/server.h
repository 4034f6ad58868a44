/* The HTTP server: the only room that knows libmicrohttpd.
 *
 * Two listeners (HTTPS with poll, never epoll; loopback HTTP), each with one I/O thread that reads a whole
 * request. What its route says is answered at once, it answers itself, and so it does with what no route
 * takes. With all else it suspends the connection and puts it on a bounded queue: N workers, each with a
 * database connection of its own, run the handler and resume the connection. What its route calls slow or
 * long waits in a queue of its own for one worker of its own, so that it keeps itself waiting and nothing
 * else. A full queue is a 503 with Retry-After. Handlers may block, but for those at once.
 *
 * A body of more than SERVER_BODY_OPEN octets is not read before a worker has found that its sender may send
 * it (settings.knock): what strangers can make the server keep is bounded. */
#ifndef NODE_HTTP_SERVER_H
#define NODE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/http/reply.h"
#include "node/http/request.h"

struct server;

/* SLOW (a password's hash: strangers may ask for it) and LONG (seconds, for who is signed in: a whole file,
 * another node's answer) have one thread each. */
enum server_lane { SERVER_WORKERS, SERVER_SLOW, SERVER_LONG, SERVER_QUEUES, SERVER_AT_ONCE = SERVER_QUEUES };

enum { SERVER_BODY_OPEN = 64 * 1024 };

/* Before the body is read: the router looks at method and path and says how much body it takes, or fills
 * problem (not found, method not allowed with `allow`, …). Runs on the I/O thread: no blocking. Headers can
 * be read already; request->has_body says whether a body was announced. */
struct server_admission {
    size_t body_limit;     /* octets; 0: takes no body */
    const void *route;     /* handed to the handler; NULL with `allow`: the server answers 204 (OPTIONS) */
    enum server_lane lane; /* AT_ONCE: the handler runs on the I/O thread, without a worker */
    const char *allow;     /* for 405 and OPTIONS; must outlive the server */
    struct bytes parameters[REQUEST_PARAMETERS]; /* raw, from request->path; the server decodes them */
    size_t parameters_count;
};

struct server_settings {
    const char *https_address;     /* "127.0.0.1:8441" or "[::1]:8441"; NULL or "": off */
    const char *http_address;      /* must be loopback, or the /PATH of a Unix socket; NULL or "": off */
    const struct proxies *proxies; /* borrowed; whose word about clients counts; NULL: nobody's */
    const char *certificate_pem;   /* contents */
    const char *key_pem;
    unsigned workers;
    unsigned queue; /* requests that wait for the workers; slow ones may be half of `connections`, long ones a
                       16th */
    unsigned connections;
    unsigned connections_per_address; /* of one group of addresses (base/address_group), on both listeners */
    unsigned idle_seconds;            /* idle connections and slow heads end after this */
    unsigned body_seconds; /* a body must be complete by then (408), and a new connection's first head */
    void *context;         /* handed to the callbacks */
    bool (*admit)(void *context, const struct request *request, struct server_admission *admission,
                  struct problem *problem);
    /* On a worker, before a large body is read: fills the reply if it is not to be. */
    void (*knock)(void *context, void *worker, const void *route, const struct request *request,
                  struct reply *reply);
    /* One call per worker thread, to make and end what belongs to it (a database connection). */
    void *(*worker_start)(void *context);
    void (*worker_stop)(void *context, void *worker);
    /* worker: NULL on the I/O thread */
    void (*handle)(void *context, void *worker, const void *route, const struct request *request,
                   struct reply *reply);
};

/* Starts listening; NULL with a problem that says why. Settings are copied; their texts are needed during the
 * call only. */
struct server *server_create(const struct server_settings *settings, struct problem *problem);
/* From now on new connections get this certificate and key (PEM); those that are open go on with theirs.
 * False with a problem if they are no pair: nothing changes then. Any thread. */
bool server_renew_certificate(struct server *server, const char *certificate_pem, const char *key_pem,
                              struct problem *problem);
/* When the certificate expires, in seconds since 1970; 0 without HTTPS. Any thread. */
int64_t server_certificate_end(const struct server *server);
/* For checking a configuration: could a server listen there now? Taken: not while somebody does, perhaps a
 * server of the same node. Refused: with a problem, since it is no such address, or not one of ours. */
enum server_address { SERVER_ADDRESS_FREE, SERVER_ADDRESS_TAKEN, SERVER_ADDRESS_REFUSED };
enum server_address server_try_address(const char *address, enum http_listener kind, struct problem *problem);
/* Takes no new connections, finishes what is being handled, ends all threads. */
void server_destroy(struct server *server);
/* The number of requests now waiting for the workers (for readiness). */
unsigned server_backlog(const struct server *server);
/* The port a listener is bound to (settings may ask for port 0: any free one); 0 if it is off. */
unsigned server_port(const struct server *server, enum http_listener listener);

#endif
