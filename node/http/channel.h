/* One open connection: its listener, its watch, and the last word to a sender who was too slow. On the I/O
 * thread. */
#ifndef NODE_HTTP_CHANNEL_H
#define NODE_HTTP_CHANNEL_H

#include <microhttpd.h>
#include <netinet/in.h>

#include "node/http/listener.h"
#include "node/http/watch.h"

struct channel {
    const struct listener *listener; /* borrowed */
    struct MHD_Connection *connection;
    struct watched *watched;
    int socket;                     /* libmicrohttpd's */
    char address[INET6_ADDRSTRLEN]; /* of the sender, as text */
};

/* libmicrohttpd's callback for connections that begin and end; cls is the struct listener. */
void channel_notify(void *cls, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode what);
/* The channel of a connection; NULL if there was no memory for one. */
struct channel *channel_of(struct MHD_Connection *connection);
void channel_phase(struct channel *channel, enum watch_phase phase);
/* To be called when a request ends: answers 408 if that was because its body did not come in time. */
void channel_tell_if_late(struct channel *channel);

#endif
