#include "protocol/pace.h"

/* The figures of SPEC.md 9.4. */
static const int64_t second_ms = 1000;
static const int64_t first_backoff_ms = 2000;
static const int64_t backoff_cap_ms = 15 * 60 * 1000;
static const int64_t long_backoff_cap_ms = 60 * 60 * 1000;
static const int64_t long_failure_ms = 24 * 60 * 60 * 1000;
static const int64_t retry_after_cap_s = 60 * 60;
/* From 2 s to 64 s. */
enum { BAD_PAUSE_S = 2, BAD_DOUBLINGS = 5 };

struct pace pace_start(int64_t poll_ms)
{
    return (struct pace){.poll_ms = poll_ms, .next_ms = INT64_MIN, .earliest_ms = INT64_MIN};
}

bool pace_due(const struct pace *pace, int64_t now_ms)
{
    return !pace->asking && now_ms >= pace->next_ms;
}

int64_t pace_until(const struct pace *pace)
{
    return pace->asking ? INT64_MAX : pace->next_ms;
}

void pace_ask(struct pace *pace)
{
    pace->asking = true;
    pace->woken = false;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void pace_wake(struct pace *pace, int64_t now_ms)
{
    pace->woken = true;
    if (now_ms < pace->next_ms)
        pace->next_ms = later(now_ms, pace->earliest_ms);
}

void pace_seen(struct pace *pace, int64_t now_ms)
{
    if (!pace->failing)
        return;
    pace->failures = 0;
    if (!pace->asking)
        pace_wake(pace, now_ms);
}

/* A random share of span. */
static int64_t share(int64_t span, uint32_t random)
{
    return (int64_t)((double)span * ((double)random / UINT32_MAX));
}

void pace_again(struct pace *pace, int64_t now_ms)
{
    pace->asking = false;
    pace->failing = false;
    pace->failures = 0;
    pace->bad = 0;
    pace->earliest_ms = INT64_MIN;
    pace->next_ms = now_ms;
}

void pace_done(struct pace *pace, int64_t now_ms, uint32_t random)
{
    pace_again(pace, now_ms);
    if (!pace->woken)
        pace->next_ms += pace->poll_ms * 3 / 4 + share(pace->poll_ms / 2, random);
}

/* How long the next wait may be at most: doubled with each failure, and never for ever (SPEC.md 9.4: a peer
 * is never given up). */
static int64_t ceiling_ms(const struct pace *pace, int64_t now_ms)
{
    bool long_failing = now_ms - pace->failing_since_ms >= long_failure_ms;
    int64_t cap = long_failing ? long_backoff_cap_ms : backoff_cap_ms;
    int64_t ceiling = first_backoff_ms;
    for (unsigned i = 0; i < pace->failures && ceiling < cap; i++)
        ceiling *= 2;
    return earlier(ceiling, cap);
}

void pace_failed(struct pace *pace, int64_t now_ms, int64_t retry_after_s, uint32_t random)
{
    if (!pace->failing) {
        pace->failing = true;
        pace->failing_since_ms = now_ms;
    }
    /* Full jitter, so that those who failed together do not come back together. */
    pace->next_ms = now_ms + share(ceiling_ms(pace, now_ms), random);
    pace->failures++;
    pace->asking = false;

    /* Whatever the peer says: two nodes that refuse each other must not keep waking each other. */
    pace->earliest_ms = now_ms + first_backoff_ms;
    if (retry_after_s > 0)
        pace->next_ms = later(pace->next_ms, now_ms + earlier(retry_after_s, retry_after_cap_s) * second_ms);
    else if (pace->woken)
        pace->next_ms = pace->earliest_ms;
}

/* Whose pages are bad could make us take, store and judge them for ever by hinting (SPEC.md 9.4). */
void pace_bad(struct pace *pace, int64_t now_ms, uint32_t random)
{
    pace_failed(pace, now_ms, 0, random);
    pace->earliest_ms = now_ms + (BAD_PAUSE_S << pace->bad) * second_ms;
    pace->next_ms = later(pace->next_ms, pace->earliest_ms);
    pace->bad += pace->bad < BAD_DOUBLINGS;
}
