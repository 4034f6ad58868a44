/* The watch over open connections: how many there may be, and how long each may stay where it is.
 *
 * libmicrohttpd's own timeout starts anew with every octet. So each connection has a phase with a deadline,
 * and one thread shuts down the sockets of those that are late; libmicrohttpd's thread finds them ended and
 * cleans up. Nothing but the socket is touched from here.
 *
 * When it is crowded, each newcomer makes another give way: one of the sender who has most, and of its own,
 * or of all who have but a few, the one that has been idle for longest. One that sends or reads counts as
 * idle from when its grace is over. What is being worked on never gives way.
 *
 * Thread: all about one connection on its I/O thread, or on whoever has it while it is suspended; all else on
 * the owner's. */
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
    WATCH_WORK,  /* waiting for a worker or with one: no deadline */
    WATCH_ANSWER /* being answered: no deadline here, but libmicrohttpd's for who reads nothing */
};

struct watch_limits {
    unsigned idle_seconds, body_seconds;
    unsigned crowded;    /* with more connections than this others give way */
    unsigned few;        /* who has no more connections than this has as few as anybody */
    unsigned per_sender; /* connections at most */
    unsigned grace_ms;   /* so long a connection that says something is better than an idle one */
};
struct watch *watch_create(const struct watch_limits *limits);
/* Only after every connection was closed. */
void watch_destroy(struct watch *watch);

/* A new connection, in phase NEW; NULL when its sender (base/address_group; copied; "": one that
 * may have any number) has as many as it may, or without memory. */
struct watched *watch_open(struct watch *watch, int socket, const char *sender);
void watch_phase(struct watch *watch, struct watched *watched, enum watch_phase phase);
/* Is it in phase LATE? Says so once, and goes back to HEAD. */
bool watch_take_late(struct watch *watch, struct watched *watched);
/* Must come before the socket is closed; takes NULL. */
void watch_close(struct watch *watch, struct watched *watched);

/* Waits until no connection is in phase WORK or ANSWER, at most so many seconds. True if that came to be. */
bool watch_settle(struct watch *watch, unsigned seconds);

#endif
