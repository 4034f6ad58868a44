/* The watch over open connections: how long each may stay where it is.
 *
 * libmicrohttpd's own timeout starts anew with every octet, and during a handshake or a body nobody could say
 * 408 in time. So each connection has a phase with a deadline, and one thread ends those that are late. It
 * shuts the socket down; libmicrohttpd's thread then finds it closed and cleans up.
 *
 * Thread: watch_open, watch_phase and watch_close on the connection's I/O thread, all else on the owner's. */
#ifndef NODE_HTTP_WATCH_H
#define NODE_HTTP_WATCH_H

#include <stdbool.h>

struct watch;
struct watched;

enum watch_phase {
    WATCH_HEAD,  /* handshake, next request's head, or idle between requests: idle_seconds, then ended */
    WATCH_BODY,  /* body being read: body_seconds, then `late` is called and the connection ended */
    WATCH_ANSWER /* being handled or answered: no deadline */
};

/* late runs on the watch's thread; the connection cannot leave its phase meanwhile. It must not block. */
struct watch *watch_create(unsigned idle_seconds, unsigned body_seconds, void (*late)(void *connection));
/* Only after every connection was closed. */
void watch_destroy(struct watch *watch);

/* A new connection, in phase HEAD; NULL without memory. connection is handed to `late`. */
struct watched *watch_open(struct watch *watch, int socket, void *connection);
void watch_phase(struct watch *watch, struct watched *watched, enum watch_phase phase);
/* Must come before the socket is closed; takes NULL. */
void watch_close(struct watch *watch, struct watched *watched);

/* Waits until no connection is in phase ANSWER, at most so many seconds. True if that came to be. */
bool watch_settle(struct watch *watch, unsigned seconds);

#endif
