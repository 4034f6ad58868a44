/* Token buckets: a burst, then no more; nobody takes another's tokens. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "node/base/clock.h"
#include "node/federation/limits.h"

/* The test holds the time: no two readings are the same, but all of them are within some microseconds. */
static int64_t now_ns = 1;

int64_t clock_ns(void)
{
    return now_ns++;
}

int64_t clock_seconds(void)
{
    return 1796000000;
}

#define SECOND INT64_C(1000000000)

static const struct limit limit = {.per_second = 0.001, .burst = 5};

static void a_burst_is_let_through_and_then_no_more(void **state)
{
    long retry_after = -1;

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_true(limits_take(&limit, "peer", "arnhem.example", &retry_after));
        assert_int_equal(retry_after, 0);
    }
    assert_false(limits_take(&limit, "peer", "arnhem.example", &retry_after));
    assert_in_range(retry_after, 900, 1001);
}

static void another_name_or_kind_has_its_own_bucket(void **state)
{
    long retry_after;

    (void)state;
    for (int i = 0; i < 6; i++)
        limits_take(&limit, "peer", "metz.example", &retry_after);
    assert_true(limits_take(&limit, "peer", "breda.example", &retry_after));
    assert_true(limits_take(&limit, "address", "metz.example", &retry_after));
}

static void a_flood_of_names_does_not_free_the_one_that_keeps_asking(void **state)
{
    long retry_after;
    char name[32];
    int taken = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "192.0.2.%d", i);
        limits_take(&limit, "address", name, &retry_after);
        taken += limits_take(&limit, "address", "198.51.100.1", &retry_after);
    }
    assert_int_equal(taken, 5);
}

static void what_was_taken_comes_back_with_time(void **state)
{
    long retry_after;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(limits_take(&limit, "peer", "gent.example", &retry_after));
    assert_false(limits_take(&limit, "peer", "gent.example", &retry_after));
    assert_in_range(retry_after, 1000, 1001);
    now_ns += 999 * SECOND;
    assert_false(limits_take(&limit, "peer", "gent.example", &retry_after));
    now_ns += SECOND;
    assert_true(limits_take(&limit, "peer", "gent.example", &retry_after));
    assert_false(limits_take(&limit, "peer", "gent.example", &retry_after));
    now_ns += 1000000 * SECOND;
    for (int i = 0; i < 5; i++)
        assert_true(limits_take(&limit, "peer", "gent.example", &retry_after));
    assert_false(limits_take(&limit, "peer", "gent.example", &retry_after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_let_through_and_then_no_more),
        cmocka_unit_test(another_name_or_kind_has_its_own_bucket),
        cmocka_unit_test(what_was_taken_comes_back_with_time),
        cmocka_unit_test(a_flood_of_names_does_not_free_the_one_that_keeps_asking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
