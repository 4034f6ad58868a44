/* When a peer is asked (SPEC.md section 9.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/pace.h"

enum { SECOND = 1000, POLL = 60 * SECOND, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* It is due, and is asked. */
static void ask(struct pace *pace, int64_t now)
{
    assert_true(pace_due(pace, now));
    pace_ask(pace);
}

static void assert_waits_until(const struct pace *pace, int64_t until)
{
    assert_false(pace_due(pace, until - 1));
    assert_int_equal(pace_until(pace), until);
    assert_true(pace_due(pace, until));
}

static void a_new_one_is_due_at_once(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    assert_true(pace_due(&pace, INT64_MIN));
    assert_true(pace_due(&pace, 0));
}

static void sends_one_request_at_a_time(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_wake(&pace, 1);
    pace_seen(&pace, 1);
    assert_false(pace_due(&pace, DAY));
    assert_true(pace_until(&pace) == INT64_MAX);
}

static void polls_every_minute_give_or_take_a_quarter(void **state)
{
    static const struct {
        uint32_t random;
        int64_t wait;
    } cases[] = {{0, 45000}, {UINT32_MAX, 75000}, {UINT32_MAX / 2, 59999}};
    struct pace pace = pace_start(POLL);
    int64_t now = 5;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(&pace, now);
        pace_done(&pace, now, cases[i].random);
        assert_waits_until(&pace, now + cases[i].wait);
        now += cases[i].wait;
    }
}

static void asks_again_at_once_to_acknowledge_what_was_new(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_again(&pace, 10);
    assert_waits_until(&pace, 10);
}

static void a_hint_ends_the_wait(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_done(&pace, 0, 0);
    pace_wake(&pace, 100);
    assert_waits_until(&pace, 100);
}

static void a_hint_during_a_request_is_not_lost(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_wake(&pace, 1);
    pace_done(&pace, 10, 0);
    ask(&pace, 10);
    pace_done(&pace, 20, 0);
    assert_false(pace_due(&pace, 20));
}

static void failures_wait_two_seconds_doubled_up_to_a_quarter_of_an_hour(void **state)
{
    struct pace pace = pace_start(POLL);
    int64_t now = 0;
    int64_t expected = 2 * SECOND;

    (void)state;
    for (int i = 0; i < 20; i++) {
        ask(&pace, now);
        pace_failed(&pace, now, 0, UINT32_MAX);
        assert_waits_until(&pace, now + expected);
        now += expected;
        expected = expected * 2 < 15 * MINUTE ? expected * 2 : 15 * MINUTE;
    }
}

static void failures_are_jittered_in_full(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_failed(&pace, 0, 0, UINT32_MAX / 4);
    assert_waits_until(&pace, 499);
    ask(&pace, 499);
    pace_failed(&pace, 1000, 0, 0);
    assert_waits_until(&pace, 1000);
}

static void after_a_day_of_failures_waits_up_to_an_hour_and_never_gives_up(void **state)
{
    struct pace pace = pace_start(POLL);
    int64_t now = 7;

    (void)state;
    while (now < 7 + DAY) {
        ask(&pace, now);
        pace_failed(&pace, now, 0, UINT32_MAX);
        assert_true(pace_until(&pace) - now <= 15 * MINUTE);
        now = pace_until(&pace);
    }
    assert_int_equal(pace.failing_since_ms, 7);
    for (int i = 0; i < 1000; i++) {
        ask(&pace, now);
        pace_failed(&pace, now, 0, UINT32_MAX);
        assert_int_equal(pace_until(&pace) - now, HOUR);
        now = pace_until(&pace);
    }
}

static void a_success_forgets_the_failures(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    for (int i = 0; i < 5; i++) {
        ask(&pace, i * HOUR);
        pace_failed(&pace, i * HOUR, 0, UINT32_MAX);
    }
    assert_true(pace.failing);
    ask(&pace, 6 * HOUR);
    pace_again(&pace, 6 * HOUR);
    assert_false(pace.failing);
    ask(&pace, 6 * HOUR);
    pace_failed(&pace, 6 * HOUR, 0, UINT32_MAX);
    assert_waits_until(&pace, 6 * HOUR + 2 * SECOND);
}

/* Half open: one request is tried; that it fails again is a first failure. */
static void a_request_from_the_peer_ends_the_wait_after_failures(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    for (int i = 0; i < 8; i++) {
        ask(&pace, i * HOUR);
        pace_failed(&pace, i * HOUR, 0, UINT32_MAX);
    }
    assert_false(pace_due(&pace, 7 * HOUR + 5 * SECOND));
    pace_seen(&pace, 7 * HOUR + 5 * SECOND);
    ask(&pace, 7 * HOUR + 5 * SECOND);
    assert_true(pace.failing);
    pace_failed(&pace, 8 * HOUR, 0, UINT32_MAX);
    assert_waits_until(&pace, 8 * HOUR + 2 * SECOND);
}

static void a_request_from_the_peer_starts_no_pull_of_its_own(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_seen(&pace, 1);
    pace_done(&pace, 10, 0);
    pace_seen(&pace, 20);
    assert_waits_until(&pace, 10 + 45000);
}

static void two_nodes_that_refuse_each_other_pause(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_failed(&pace, 0, 0, UINT32_MAX);
    pace_seen(&pace, 1);
    pace_wake(&pace, 1);
    assert_waits_until(&pace, 2000);
    ask(&pace, 2000);
    pace_wake(&pace, 2001);
    pace_failed(&pace, 2002, 0, 0);
    assert_waits_until(&pace, 4002);
}

static void retry_after_is_honoured_up_to_an_hour(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_failed(&pace, 0, 30, 0);
    assert_waits_until(&pace, 30 * SECOND);
    ask(&pace, 30 * SECOND);
    pace_failed(&pace, 30 * SECOND, INT64_MAX, 0);
    assert_waits_until(&pace, 30 * SECOND + HOUR);
}

/* Who asked for it may have been a proxy that knows nothing of the peer. */
static void the_peers_next_word_ends_retry_after(void **state)
{
    static void (*const words[])(struct pace *, int64_t) = {pace_wake, pace_seen};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct pace pace = pace_start(POLL);
        ask(&pace, 0);
        pace_failed(&pace, 0, 3600, 0);
        words[i](&pace, MINUTE);
        assert_waits_until(&pace, MINUTE);
        ask(&pace, MINUTE);
        pace_failed(&pace, MINUTE, 3600, 0);
        words[i](&pace, MINUTE + 1);
        assert_waits_until(&pace, MINUTE + 2 * SECOND);
    }
}

/* It was there before: the answer is the later word. */
static void a_hint_during_a_request_does_not_end_the_retry_after_of_its_answer(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_wake(&pace, 1);
    pace_failed(&pace, 2, 30, 0);
    assert_waits_until(&pace, 2 + 30 * SECOND);
}

static void bad_answers_in_a_row_wait_two_seconds_doubled_up_to_a_minute_against_hints(void **state)
{
    static const int64_t pauses[] = {2, 4, 8, 16, 32, 64, 64, 64};
    struct pace pace = pace_start(POLL);
    int64_t now = 0;

    (void)state;
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        ask(&pace, now);
        pace_bad(&pace, now, 0);
        pace_wake(&pace, now + 1);
        pace_seen(&pace, now + 1);
        assert_waits_until(&pace, now + pauses[i] * SECOND);
        now += pauses[i] * SECOND;
    }
    ask(&pace, now);
    pace_again(&pace, now);
    ask(&pace, now);
    pace_bad(&pace, now, 0);
    assert_waits_until(&pace, now + 2 * SECOND);
}

/* Else whoever alternates bad pages with refusals would be asked for bad pages every two seconds. */
static void a_refusal_does_not_forget_the_bad_answers_before_it(void **state)
{
    struct pace pace = pace_start(POLL);

    (void)state;
    ask(&pace, 0);
    pace_bad(&pace, 0, 0);
    ask(&pace, HOUR);
    pace_failed(&pace, HOUR, 0, 0);
    ask(&pace, 2 * HOUR);
    pace_bad(&pace, 2 * HOUR, 0);
    assert_waits_until(&pace, 2 * HOUR + 4 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_one_is_due_at_once),
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
        cmocka_unit_test(retry_after_is_honoured_up_to_an_hour),
        cmocka_unit_test(the_peers_next_word_ends_retry_after),
        cmocka_unit_test(a_hint_during_a_request_does_not_end_the_retry_after_of_its_answer),
        cmocka_unit_test(bad_answers_in_a_row_wait_two_seconds_doubled_up_to_a_minute_against_hints),
        cmocka_unit_test(a_refusal_does_not_forget_the_bad_answers_before_it),
    };
    return cmocka_run_group_tests_name("protocol pace: when to ask", tests, NULL, NULL);
}
