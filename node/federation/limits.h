/* Token buckets in memory: so many requests a second, in bursts (SPEC.md 13). Any thread.
 *
 * The table has a fixed size; under a flood of different senders the ones longest unheard of are forgotten
 * first. Each process of a town counts for itself. */
#ifndef NODE_FEDERATION_LIMITS_H
#define NODE_FEDERATION_LIMITS_H

#include <stdbool.h>

struct limit {
    double per_second, burst;
};

/* Takes one token of the bucket that `kind` (a static text) and `name` name; false: none left, *retry_after
 * seconds until there is one. */
bool limits_take(const struct limit *limit, const char *kind, const char *name, long *retry_after);

#endif
