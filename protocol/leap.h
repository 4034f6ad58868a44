/* Has a clock leapt (SPEC.md 6.5)? What is done by a clock that is days off cannot be taken back, here or at
 * any follower. Arithmetic alone; any thread. */
#ifndef PROTOCOL_LEAP_H
#define PROTOCOL_LEAP_H

#include <stdbool.h>
#include <stdint.h>

enum { LEAP_SECONDS = 86400 };

/* Who else says what time it is. Unix seconds; 0: has never said anything. */
struct leap_witness {
    int64_t database;
    int64_t head; /* our own newest head of the newest epoch */
    int64_t said; /* when a person said that the clock is right, or the node noted that it had no doubt */
    bool peer;    /* an active peer's clock was within LEAP_SECONDS of `now` when it last answered */
};
/* The database must agree, and one of the others. A node that never signed a head has nothing to compare
 * with. */
bool leap_suspected(const struct leap_witness *witness, int64_t now);

#endif
