#include <limits.h>
#include <time.h>

#include "node/base/clock.h"

int64_t clock_ms(void)
{
    return clock_ns() / 1000000;
}

void clock_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct timespec clock_deadline(int64_t until_ms)
{
    return (struct timespec){.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
}

int clock_left(int64_t until_ms)
{
    int64_t left = until_ms - clock_ms();

    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}
