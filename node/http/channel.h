/* One open connection: its listener, its watch, and the last word to a sender who was too slow. On the I/O
 * thread. */
#ifndef NODE_HTTP_CHANNEL_H
#define NODE_HTTP_CHANNEL_H

#include <microhttpd.h>
#include <netinet/in.h>

#include "node/http/listener.h"
#include "node/http/watch.h"

enum { CHANNEL_HEAD_SIZE = 2048 };

struct channel {
    const struct listener *listener; /* borrowed */
    struct MHD_Connection *connection;
    struct watched *watched;
    struct certificate *certificate; /* TLS: held while the connection lives */
    int socket;                      /* libmicrohttpd's */
    char address[INET6_ADDRSTRLEN];  /* of the sender, as text */
    /* TLS: what is written next is the head of an answer, and its body comes right behind. */
    bool body_follows;
    size_t held; /* octets of such a head, written but not sent yet: */
    uint8_t head[CHANNEL_HEAD_SIZE];
};

/* libmicrohttpd's callback for connections that begin and end; cls is the struct listener. */
void channel_notify(void *cls, struct MHD_Connection *connection, void **context,
                    enum MHD_ConnectionNotificationCode what);
/* The channel of a connection; NULL if there was no memory for one. */
struct channel *channel_of(struct MHD_Connection *connection);
void channel_phase(struct channel *channel, enum watch_phase phase);
/* To be called before a response is queued, if libmicrohttpd will send a body behind its head. */
void channel_expect_body(struct channel *channel);
/* To be called when a request ends: answers 408 if that was because its body did not come in time. */
void channel_tell_if_late(struct channel *channel);

#endif
