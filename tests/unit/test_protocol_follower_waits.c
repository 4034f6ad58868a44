/* When a follower asks (SPEC.md section 9.4). */
#include "tests/unit/follower_fixture.h"

static void assert_waits_until(struct follower *follower, int64_t until)
{
    struct follower_action action = follower_next(follower, until - 1);
    assert_int_equal(action.kind, FOLLOWER_WAIT);
    assert_int_equal(action.until_ms, until);
    assert_int_equal(follower_next(follower, until).kind, FOLLOWER_FETCH);
}

static void asks_at_once_after_its_start_from_the_beginning(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct follower_action action = follower_next(follower, 0);
    assert_int_equal(action.kind, FOLLOWER_FETCH);
    assert_int_equal(action.to.epoch, 0);
    assert_int_equal(action.net.seq, 0);
    follower_destroy(follower);
}

static void sends_one_request_at_a_time(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    assert_int_equal(follower_next(follower, 0).kind, FOLLOWER_FETCH);
    follower_wake(follower, 1);
    follower_seen(follower, 1);
    assert_int_equal(follower_next(follower, DAY).kind, FOLLOWER_WAIT);
    assert_true(follower_next(follower, DAY).until_ms == INT64_MAX);
    follower_destroy(follower);
}

static void polls_every_minute_give_or_take_a_quarter(void **state)
{
    (void)state;
    static const struct {
        uint32_t random;
        int64_t wait;
    } cases[] = {{0, 45000}, {UINT32_MAX, 75000}, {UINT32_MAX / 2, 59999}};
    struct follower *follower = follow(first_key);
    int64_t now = 5;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(follower_next(follower, now).kind, FOLLOWER_FETCH);
        follower_done(follower, now, FOLLOWER_NO_NEWS, cases[i].random);
        struct follower_action action = follower_next(follower, now);
        assert_int_equal(action.kind, FOLLOWER_WAIT);
        assert_int_equal(action.until_ms, now + cases[i].wait);
        now += cases[i].wait;
    }
    follower_destroy(follower);
}

static void asks_again_at_once_to_acknowledge_what_was_new(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_done(follower, 10, FOLLOWER_NEWS, 0);
    assert_int_equal(follower_next(follower, 10).kind, FOLLOWER_FETCH);
    follower_destroy(follower);
}

static void a_hint_ends_the_wait(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_done(follower, 0, FOLLOWER_NO_NEWS, 0);
    follower_wake(follower, 100);
    assert_int_equal(follower_next(follower, 100).kind, FOLLOWER_FETCH);
    follower_destroy(follower);
}

static void a_hint_during_a_request_is_not_lost(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_wake(follower, 1);
    follower_done(follower, 10, FOLLOWER_NO_NEWS, 0);
    assert_int_equal(follower_next(follower, 10).kind, FOLLOWER_FETCH);
    follower_done(follower, 20, FOLLOWER_NO_NEWS, 0);
    assert_int_equal(follower_next(follower, 20).kind, FOLLOWER_WAIT);
    follower_destroy(follower);
}

static void failures_wait_two_seconds_doubled_up_to_a_quarter_of_an_hour(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    int64_t now = 0;
    int64_t expected = 2000;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(follower_next(follower, now).kind, FOLLOWER_FETCH);
        follower_failed(follower, now, 0, UINT32_MAX);
        struct follower_action action = follower_next(follower, now);
        assert_int_equal(action.kind, FOLLOWER_WAIT);
        assert_int_equal(action.until_ms - now, expected);
        now = action.until_ms;
        expected = expected * 2 < 15 * MINUTE ? expected * 2 : 15 * MINUTE;
    }
    follower_destroy(follower);
}

static void failures_are_jittered_in_full(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_failed(follower, 0, 0, UINT32_MAX / 4);
    assert_waits_until(follower, 499);
    follower_failed(follower, 1000, 0, 0);
    assert_int_equal(follower_next(follower, 1000).kind, FOLLOWER_FETCH);
    follower_destroy(follower);
}

static void after_a_day_of_failures_waits_up_to_an_hour_and_never_gives_up(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    int64_t now = 7;
    while (now < 7 + DAY) {
        assert_int_equal(follower_next(follower, now).kind, FOLLOWER_FETCH);
        follower_failed(follower, now, 0, UINT32_MAX);
        now = follower_next(follower, now).until_ms;
    }
    assert_int_equal(follower_failing_since(follower), 7);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(follower_next(follower, now).kind, FOLLOWER_FETCH);
        follower_failed(follower, now, 0, UINT32_MAX);
        int64_t until = follower_next(follower, now).until_ms;
        assert_int_equal(until - now, HOUR);
        now = until;
    }
    follower_destroy(follower);
}

static void a_success_forgets_the_failures(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    for (int i = 0; i < 5; i++) {
        follower_next(follower, i * HOUR);
        follower_failed(follower, i * HOUR, 0, UINT32_MAX);
    }
    assert_true(follower_failing_since(follower) != 0);
    follower_next(follower, 6 * HOUR);
    follower_done(follower, 6 * HOUR, FOLLOWER_NEWS, 0);
    assert_int_equal(follower_failing_since(follower), 0);
    follower_next(follower, 6 * HOUR);
    follower_failed(follower, 6 * HOUR, 0, UINT32_MAX);
    assert_waits_until(follower, 6 * HOUR + 2000);
    follower_destroy(follower);
}

static void a_request_from_the_peer_ends_the_wait_after_failures(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    for (int i = 0; i < 8; i++) {
        follower_next(follower, i * HOUR);
        follower_failed(follower, i * HOUR, 0, UINT32_MAX);
    }
    assert_int_equal(follower_next(follower, 7 * HOUR + 5000).kind, FOLLOWER_WAIT);
    follower_seen(follower, 7 * HOUR + 5000);
    assert_int_equal(follower_next(follower, 7 * HOUR + 5000).kind, FOLLOWER_FETCH);
    follower_failed(follower, 8 * HOUR, 0, UINT32_MAX);
    assert_waits_until(follower, 8 * HOUR + 2000);
    follower_destroy(follower);
}

static void a_request_from_the_peer_starts_no_pull_of_its_own(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_seen(follower, 1);
    follower_done(follower, 10, FOLLOWER_NO_NEWS, 0);
    follower_seen(follower, 20);
    assert_waits_until(follower, 10 + 45000);
    follower_destroy(follower);
}

static void two_nodes_that_refuse_each_other_pause(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_failed(follower, 0, 0, UINT32_MAX);
    follower_seen(follower, 1);
    follower_wake(follower, 1);
    assert_waits_until(follower, 2000);
    follower_wake(follower, 2001);
    follower_failed(follower, 2002, 0, 0);
    assert_waits_until(follower, 4002);
    follower_destroy(follower);
}

static void retry_after_is_honoured_against_hints_up_to_an_hour(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_failed(follower, 0, 30, 0);
    follower_wake(follower, 1);
    follower_seen(follower, 1);
    assert_waits_until(follower, 30000);
    follower_failed(follower, 30000, 7201, 0);
    follower_wake(follower, 30001);
    assert_waits_until(follower, 30000 + HOUR);
    follower_destroy(follower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_at_once_after_its_start_from_the_beginning),
        cmocka_unit_test(sends_one_request_at_a_time),
        cmocka_unit_test(polls_every_minute_give_or_take_a_quarter),
        cmocka_unit_test(asks_again_at_once_to_acknowledge_what_was_new),
        cmocka_unit_test(a_hint_ends_the_wait),
        cmocka_unit_test(a_hint_during_a_request_is_not_lost),
        cmocka_unit_test(failures_wait_two_seconds_doubled_up_to_a_quarter_of_an_hour),
        cmocka_unit_test(failures_are_jittered_in_full),
        cmocka_unit_test(after_a_day_of_failures_waits_up_to_an_hour_and_never_gives_up),
        cmocka_unit_test(a_success_forgets_the_failures),
        cmocka_unit_test(a_request_from_the_peer_ends_the_wait_after_failures),
        cmocka_unit_test(a_request_from_the_peer_starts_no_pull_of_its_own),
        cmocka_unit_test(two_nodes_that_refuse_each_other_pause),
        cmocka_unit_test(retry_after_is_honoured_against_hints_up_to_an_hour),
    };
    return cmocka_run_group_tests_name("protocol follower: when to ask", tests, make_keys, destroy_keys);
}
