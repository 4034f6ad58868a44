/* What happens by the clock: one thread, one table of jobs. Of several processes of a town, the one that
 * holds the advisory lock does them; the others stand by. */
#ifndef NODE_JOBS_JOBS_H
#define NODE_JOBS_JOBS_H

#include "node/base/node.h"

struct jobs;

/* node is borrowed until jobs_destroy. NULL with a problem. */
struct jobs *jobs_create(const struct node *node, struct problem *problem);
/* Finishes the job under way and ends the thread; takes NULL. */
void jobs_destroy(struct jobs *jobs);

#endif
