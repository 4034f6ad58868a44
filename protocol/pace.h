/* When a peer is asked (SPEC.md section 9.4): at once on a hint, else about once a minute, and the less often
 * the longer it fails.
 *
 * Arithmetic alone. Time is milliseconds from any fixed start, random a fresh 32-bit number per call. A plain
 * value: one thread at a time, nothing to free, a copy is another pace. */
#ifndef PROTOCOL_PACE_H
#define PROTOCOL_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    int64_t poll_ms;          /* between two requests when there is nothing new, ± 25 % */
    int64_t next_ms;          /* when to ask */
    int64_t earliest_ms;      /* nothing but the clock makes us ask before */
    int64_t failing_since_ms; /* while failing */
    unsigned failures;        /* that the back-off counts */
    unsigned bad;             /* answers in a row that were none we can take */
    bool failing;
    bool asking;
    bool woken; /* while asking */
};

/* One that is due at once. */
struct pace pace_start(int64_t poll_ms);

/* Is the peer to be asked now? Never while it is being asked. */
bool pace_due(const struct pace *pace, int64_t now_ms);
/* When it will be, if nothing comes between; INT64_MAX while it is being asked. */
int64_t pace_until(const struct pace *pace);
/* Asking begins; it ends with one of the four last ones. */
void pace_ask(struct pace *pace);

/* A hint came: ask at once, or again at once after the request under way. */
void pace_wake(struct pace *pace, int64_t now_ms);
/* An authenticated request from the peer came, so it lives: ends the wait after failures, and nothing else.
 * Two nodes that pulled whenever the other pulls would never stop. */
void pace_seen(struct pace *pace, int64_t now_ms);

/* The whole answer was dealt with, and nothing new was in it. */
void pace_done(struct pace *pace, int64_t now_ms, uint32_t random);
/* Something new was in it: it is asked again at once, which is the acknowledgement. */
void pace_again(struct pace *pace, int64_t now_ms);
/* No answer, or a status other than 200. retry_after_s: 0 if none. It is not the peer's word but perhaps a
 * proxy's, so that the peer's next one ends it. */
void pace_failed(struct pace *pace, int64_t now_ms, int64_t retry_after_s, uint32_t random);
/* An answer that cannot be taken: a longer pause with each in a row, which nothing ends early. */
void pace_bad(struct pace *pace, int64_t now_ms, uint32_t random);

#endif
