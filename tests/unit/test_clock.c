/* Deadlines, by a clock that the test holds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <time.h>

#include "node/base/clock.h"

static int64_t now_ns;

int64_t clock_ns(void)
{
    return now_ns;
}

int64_t clock_seconds(void)
{
    return 0;
}

static void what_is_left_is_never_negative_and_fits_poll(void **state)
{
    (void)state;
    now_ns = INT64_C(5000000000);
    assert_int_equal(clock_left(5250), 250);
    assert_int_equal(clock_left(5000), 0);
    assert_int_equal(clock_left(1), 0);
    assert_int_equal(clock_left(INT64_MAX), INT_MAX);
}

static void a_deadline_is_the_same_point_in_seconds_and_nanoseconds(void **state)
{
    const struct timespec deadline = clock_deadline(61234);

    (void)state;
    assert_int_equal(deadline.tv_sec, 61);
    assert_int_equal(deadline.tv_nsec, 234000000);
}

/* Were it the wall clock, a deadline of some milliseconds after the start of the machine would be long past.
 */
static void a_condition_waits_by_the_monotonic_clock(void **state)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition;
    struct timespec began, ended, until;
    int64_t waited;

    (void)state;
    clock_condition_init(&condition);
    clock_gettime(CLOCK_MONOTONIC, &began);
    until = clock_deadline((int64_t)began.tv_sec * 1000 + began.tv_nsec / 1000000 + 30);
    pthread_mutex_lock(&lock);
    assert_int_equal(pthread_cond_timedwait(&condition, &lock, &until), ETIMEDOUT);
    pthread_mutex_unlock(&lock);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    waited = (int64_t)(ended.tv_sec - began.tv_sec) * 1000 + (ended.tv_nsec - began.tv_nsec) / 1000000;
    assert_true(waited >= 28);
    pthread_cond_destroy(&condition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_is_never_negative_and_fits_poll),
        cmocka_unit_test(a_deadline_is_the_same_point_in_seconds_and_nanoseconds),
        cmocka_unit_test(a_condition_waits_by_the_monotonic_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
