/* A listening socket and the libmicrohttpd daemon behind it, with one I/O thread. Owned by the server. */
#ifndef NODE_HTTP_LISTENER_H
#define NODE_HTTP_LISTENER_H

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <pthread.h>

#include "node/http/certificate.h"
#include "node/http/queue.h"
#include "node/http/server.h"
#include "node/http/watch.h"

struct listener {
    enum http_listener kind;
    const struct server_settings *settings; /* borrowed, as are queues and watch */
    struct queue *const *queues;            /* by enum server_lane */
    struct watch *watch;
    struct certificates *certificates; /* borrowed; of the TLS listener */
    struct MHD_Daemon *daemon;
    /* The key from which GnuTLS makes those that seal session tickets, anew every few hours. */
    gnutls_datum_t tickets;
    int socket;        /* owned; -1: none */
    pthread_t starter; /* of listener_start's caller */
    char said[256];    /* what libmicrohttpd had to say meanwhile */
};

/* As server_try_address. */
enum server_address listener_try_address(const char *address, enum http_listener kind,
                                         struct problem *problem);
/* Starts to listen; false with a problem. The struct is the caller's and must stay where it is. */
bool listener_start(struct listener *listener, const char *address, struct problem *problem);
/* Takes no new connections; what is open goes on. Does nothing if it was not started, as does listener_stop.
 */
void listener_quiesce(struct listener *listener);
/* Ends all connections and the thread. No connection may be suspended. */
void listener_stop(struct listener *listener);
unsigned listener_port(const struct listener *listener);

#endif
