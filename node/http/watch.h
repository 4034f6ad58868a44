/* The watch over open connections: how long each may stay where it is.
 *
 * libmicrohttpd's own timeout starts anew with every octet. So each connection has a phase with a deadline,
 * and one thread shuts down the sockets of those that are late; libmicrohttpd's thread finds them ended and
 * cleans up. Nothing but the socket is touched from here.
 *
 * Thread: watch_open, watch_phase, watch_take_late and watch_close on the connection's I/O thread, all else
 * on the owner's. */
#ifndef NODE_HTTP_WATCH_H
#define NODE_HTTP_WATCH_H

#include <stdbool.h>

struct watch;
struct watched;

enum watch_phase {
    WATCH_NEW,   /* handshake and the first request's head: the shorter of both limits, then ended */
    WATCH_HEAD,  /* idle between requests, or the next one's head: idle_seconds, then ended */
    WATCH_BODY,  /* body being read: body_seconds, then LATE */
    WATCH_LATE,  /* set by the watch alone: nothing more is read; idle_seconds to be told so, then ended */
    WATCH_ANSWER /* being handled or answered: no deadline */
};

/* crowded: with more connections than this, each new one ends the oldest that is still in phase NEW. */
struct watch *watch_create(unsigned idle_seconds, unsigned body_seconds, unsigned crowded);
/* Only after every connection was closed. */
void watch_destroy(struct watch *watch);

/* A new connection, in phase NEW; NULL without memory. */
struct watched *watch_open(struct watch *watch, int socket);
void watch_phase(struct watch *watch, struct watched *watched, enum watch_phase phase);
/* Is it in phase LATE? Says so once, and goes back to HEAD. */
bool watch_take_late(struct watch *watch, struct watched *watched);
/* Must come before the socket is closed; takes NULL. */
void watch_close(struct watch *watch, struct watched *watched);

/* Waits until no connection is in phase ANSWER, at most so many seconds. True if that came to be. */
bool watch_settle(struct watch *watch, unsigned seconds);

#endif
