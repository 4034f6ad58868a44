/* One request and its answer, on its way through the server: head, admission, body, queue, handler, answer.
 *
 * An exchange belongs to its listener's I/O thread, which makes and frees it; between queue_push and
 * exchange_handle's end (the connection is suspended then) it belongs to one worker. */
#ifndef NODE_HTTP_EXCHANGE_H
#define NODE_HTTP_EXCHANGE_H

#include <microhttpd.h>

#include "node/base/address_group.h"
#include "node/http/channel.h"
#include "node/http/listener.h"
#include "node/http/target.h"

enum exchange_stage {
    EXCHANGE_HEAD,     /* the head is not complete */
    EXCHANGE_KNOCKING, /* suspended, as WAITING is: a worker looks whether the body may come */
    EXCHANGE_BODY,     /* the body is coming in */
    EXCHANGE_WAITING,  /* suspended: in the queue or with a worker */
    EXCHANGE_ANSWERED  /* the reply stands */
};

enum exchange_head {
    EXCHANGE_HEAD_UNSEEN, /* it came in pieces: nothing behind it is taken for a request */
    EXCHANGE_HEAD_SOUND,
    EXCHANGE_HEAD_UNSOUND
};

struct http_exchange {
    struct request request;
    struct reply reply;
    struct MHD_Connection *connection;
    const struct listener *listener;
    struct channel *channel;
    enum exchange_stage stage;
    enum exchange_head head;
    bool decided; /* the reply stands before the body: no handler runs, the body is read to be thrown away */
    const char *target_start, *target_end; /* of libmicrohttpd's own text of the target */
    struct target_query query;
    char client[INET6_ADDRSTRLEN]; /* who asked the proxy that brought it */
    char sender[ADDRESS_GROUP_SIZE], network[ADDRESS_GROUP_SIZE];
    const void *route;
    enum server_lane lane;
    uint64_t to_come; /* octets of the body that were not read yet */
    struct buffer body;
    char *path;    /* these three in one piece: */
    char *decoded; /* the path parameters */
    char target[]; /* as sent */
};

/* exchange.c looks into libmicrohttpd's buffer, which is laid out so in this version; another one must be
 * looked at first. Compiled with it is checked when compiling; linked with it, by whoever starts a server. */
#define EXCHANGE_LIBRARY_NUMBER 0x00097500
#define EXCHANGE_LIBRARY        "0.9.75"
/* version: MHD_get_version's. False with a problem if it is another. */
bool exchange_check_library(const char *version, struct problem *problem);

/* Does on the calling worker what it waits for, its knock or its handler, and hands the exchange back to its
 * I/O thread. */
void exchange_handle(struct http_exchange *exchange, void *worker);

/* libmicrohttpd's callbacks; cls is the struct listener. */
void *exchange_begin(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_step(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *size,
                              void **context);
void exchange_end(void *cls, struct MHD_Connection *connection, void **context,
                  enum MHD_RequestTerminationCode how);
size_t exchange_keep_escapes(void *cls, struct MHD_Connection *connection, char *text);

#endif
