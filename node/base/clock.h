/* The clocks: the only place where node/ asks what time it is. Wall time is what is written and signed; how
 * long something takes and when it is due goes by the monotonic clock, which nobody sets back.
 *
 * The two readings are an object file of their own (clock.c): a test or a simulator that brings its own
 * clock_seconds and clock_ns is linked with those instead, and holds the time. Any thread. */
#ifndef NODE_BASE_CLOCK_H
#define NODE_BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>

/* Unix seconds. */
int64_t clock_seconds(void);
/* Monotonic nanoseconds and milliseconds, of no known beginning. */
int64_t clock_ns(void);
int64_t clock_ms(void);

/* A condition variable whose timed waits go by the monotonic clock. */
void clock_condition_init(pthread_cond_t *condition);
/* A point of clock_ms as pthread_cond_timedwait wants it, on such a condition variable. */
struct timespec clock_deadline(int64_t until_ms);
/* How long from now until then, as poll wants it: 0 when it is past, at most INT_MAX. */
int clock_left(int64_t until_ms);

#endif
