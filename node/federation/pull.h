/* The pulling thread of `hf-node serve`: follows all peers but those invited and frozen, and hints the
 * active.
 *
 * Of several processes on one database one pulls, the holder of an advisory lock; the others look every few
 * seconds whether it is free. Nothing is kept but in the database: whoever takes over goes on from there. */
#ifndef NODE_FEDERATION_PULL_H
#define NODE_FEDERATION_PULL_H

#include <stdint.h>

#include "node/base/node.h"
#include "node/base/problem.h"

struct puller;

/* Starts the thread; node is borrowed. NULL with a problem. */
struct puller *puller_create(const struct node *node, struct problem *problem);
/* When its thread last came round, which it does every minute; by clock_ms. Any thread. */
int64_t puller_progressed_ms(const struct puller *puller);
/* Ends it: requests under way are dropped, a page that is being stored is stored to its end. */
void puller_destroy(struct puller *puller);

#endif
