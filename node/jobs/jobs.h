/* What happens by the clock: one thread, one table of jobs. Of several processes of a town, the one that
 * holds the advisory lock does them; the others stand by. */
#ifndef NODE_JOBS_JOBS_H
#define NODE_JOBS_JOBS_H

#include <stdint.h>

#include "node/base/node.h"

struct jobs;

/* node is borrowed until jobs_destroy. NULL with a problem. */
struct jobs *jobs_create(const struct node *node, struct problem *problem);
/* When its thread last came round or began with something; by clock_ms. And how long that may take, in
 * milliseconds, until it must be thought to hang. Any thread. */
int64_t jobs_progressed_ms(const struct jobs *jobs);
int64_t jobs_patience_ms(const struct jobs *jobs);
/* Finishes the job under way and ends the thread; takes NULL. */
void jobs_destroy(struct jobs *jobs);

#endif
