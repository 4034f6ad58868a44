#include "tests/unit/town.h"

#include "protocol/follower.h"

enum { POLL = 60000, MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static struct key_private *first_key;
static struct key_private *second_key;
static struct key_private *stranger_key;

static int make_keys(void **state)
{
    (void)state;
    first_key = town_key(1);
    second_key = town_key(2);
    stranger_key = town_key(3);
    return 0;
}

static int destroy_keys(void **state)
{
    (void)state;
    key_private_destroy(first_key);
    key_private_destroy(second_key);
    key_private_destroy(stranger_key);
    return 0;
}

static struct follower *follow(const struct key_private *trusted)
{
    struct follower *follower =
        follower_create("saarbruecken.example", "arnhem.example", key_private_public(trusted), POLL);
    assert_non_null(follower);
    return follower;
}

/* Judges lines from+1 … last of a town and, if they are to be applied, applies them. */
static enum err_code take(struct follower *follower, const struct town *town, int64_t from, int64_t last,
                          const uint8_t *held_chain, struct follower_step *step)
{
    struct town_page read;
    town_page(town, from, last, &read);
    enum err_code code = follower_page(follower, &read.page, held_chain, step, NULL);
    if (code == ERR_OK && step->verdict == FOLLOWER_APPLY) {
        follower_applied(follower, step);
    }
    town_page_finish(&read);
    return code;
}

static enum err_code take_fresh(struct follower *follower, const struct town *town,
                                struct follower_step *step)
{
    struct town_page read;
    town_page_fresh(town, &read);
    enum err_code code = follower_page(follower, &read.page, NULL, step, NULL);
    if (code == ERR_OK && step->verdict == FOLLOWER_APPLY) {
        follower_applied(follower, step);
    }
    town_page_finish(&read);
    return code;
}

static void assert_stands_at(const struct follower *follower, int stream, int64_t epoch, int64_t seq)
{
    struct follower_state state;
    follower_state(follower, stream, &state);
    assert_int_equal(state.position.at.epoch, epoch);
    assert_int_equal(state.position.at.seq, seq);
}

/* When to ask */

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
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(follower_next(follower, now).kind, FOLLOWER_FETCH);
        follower_done(follower, now, false, cases[i].random);
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
    follower_done(follower, 10, true, 0);
    assert_int_equal(follower_next(follower, 10).kind, FOLLOWER_FETCH);
    follower_destroy(follower);
}

static void a_hint_ends_the_wait(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    follower_next(follower, 0);
    follower_done(follower, 0, false, 0);
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
    follower_done(follower, 10, false, 0);
    assert_int_equal(follower_next(follower, 10).kind, FOLLOWER_FETCH);
    follower_done(follower, 20, false, 0);
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
    follower_done(follower, 6 * HOUR, true, 0);
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
    follower_done(follower, 10, false, 0);
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

/* What to believe */

static void a_page_moves_the_cursor_that_is_asked_with(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    assert_int_equal(step.stream, FOLLOWER_NET);
    assert_true(step.new_epoch && step.settled && step.just_settled && !step.rotated);
    struct follower_action action = follower_next(follower, 0);
    assert_int_equal(action.net.epoch, 10);
    assert_int_equal(action.net.seq, 2);
    assert_int_equal(action.to.epoch, 0);

    town_say(&town, "two");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.just_settled && !step.new_epoch);
    assert_stands_at(follower, FOLLOWER_NET, 10, 3);
    town_close(&town);
    follower_destroy(follower);
}

static void both_streams_are_told_apart(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "to/saarbruecken.example", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(step.stream, FOLLOWER_TO);
    assert_stands_at(follower, FOLLOWER_TO, 10, 1);
    assert_stands_at(follower, FOLLOWER_NET, 0, 0);
    town_close(&town);
    follower_destroy(follower);
}

static void a_page_changes_nothing_until_it_is_applied(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct town_page read;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    town_page(&town, 0, 1, &read);
    assert_int_equal(follower_page(follower, &read.page, NULL, &step, NULL), ERR_OK);
    assert_stands_at(follower, FOLLOWER_NET, 0, 0);
    assert_int_equal(follower_page(follower, &read.page, NULL, &step, NULL), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    town_page_finish(&read);
    town_close(&town);
    follower_destroy(follower);
}

static void another_towns_stream_is_refused(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct town_page read;
    struct follower_step step;
    struct cursor cursor;
    town_open(&town, "to/metz.example", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_MALFORMED);
    town_page(&town, 0, 1, &read);
    assert_false(follower_wants(follower, &read.page, &cursor));
    town_page_finish(&read);
    town_close(&town);
    follower_destroy(follower);

    follower = follower_create("saarbruecken.example", "metz.example", key_private_public(first_key), POLL);
    town_open(&town, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_MALFORMED);
    town_close(&town);
    follower_destroy(follower);
}

static void a_page_applied_before_changes_nothing(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&town, "two");
    assert_int_equal(take(follower, &town, 0, 3, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    struct position held = town_position(&town, 1);
    assert_int_equal(take(follower, &town, 1, 3, held.chain, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    assert_stands_at(follower, FOLLOWER_NET, 10, 3);
    town_close(&town);
    follower_destroy(follower);
}

static void nothing_new_is_nothing_to_apply(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(take_fresh(follower, &town, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    assert_true(step.settled);
    town_close(&town);
    follower_destroy(follower);
}

static void a_page_beyond_the_position_is_a_gap(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&town, "two");
    assert_int_equal(take(follower, &town, 1, 3, NULL, &step), ERR_GAP);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_GAP);
    assert_stands_at(follower, FOLLOWER_NET, 10, 1);
    town_close(&town);
    follower_destroy(follower);
}

static void a_strangers_head_is_refused(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    town.key = stranger_key;
    town_say(&town, "one");
    assert_int_equal(take(follower, &town, 1, 2, NULL, &step), ERR_UNTRUSTED_KEY);
    assert_stands_at(follower, FOLLOWER_NET, 10, 1);
    town_close(&town);
    follower_destroy(follower);
}

static void a_head_with_a_false_signature_is_refused(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct town_page read;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    char *signature = strrchr(town.heads[0], '.') + 1;
    *signature = *signature == 'A' ? 'B' : 'A';
    town_page(&town, 0, 1, &read);
    assert_int_equal(follower_page(follower, &read.page, NULL, &step, NULL), ERR_SIGNATURE_INVALID);
    town_page_finish(&read);
    town_close(&town);
    follower_destroy(follower);
}

/* Keys */

static void a_rotation_makes_the_new_key_count_and_trusted(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct follower_state after;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_true(step.rotated && step.settled);
    follower_state(follower, FOLLOWER_NET, &after);
    assert_true(key_public_equal(after.key, key_private_public(second_key)));

    town_say(&town, "under the new key");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.just_settled);
    town_close(&town);
    follower_destroy(follower);
}

static void after_a_rotation_the_old_key_counts_for_nothing(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &town, 2, 2, NULL, &step), ERR_UNTRUSTED_KEY);
    assert_int_equal(take_fresh(follower, &town, &step), ERR_OK);
    town.key = first_key;
    town_say(&town, "under the old key");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_UNTRUSTED_KEY);
    town_close(&town);
    follower_destroy(follower);
}

static void the_second_stream_follows_a_rotation_seen_in_the_first(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town to;
    struct town net;
    struct follower_step step;
    town_open(&to, "to/saarbruecken.example", 10, first_key, NULL);
    town_open(&net, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &to, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &net, 0, 1, NULL, &step), ERR_OK);
    town_say(&net, "one");
    town_rotate(&to, second_key);
    town_rotate(&net, second_key);
    assert_int_equal(take(follower, &to, 1, 2, NULL, &step), ERR_OK);
    assert_true(step.rotated);
    assert_int_equal(take(follower, &net, 1, 3, NULL, &step), ERR_OK);
    assert_true(!step.rotated && !step.settled);
    assert_int_equal(take_fresh(follower, &net, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    assert_true(step.settled && step.just_settled);
    town_close(&to);
    town_close(&net);
    follower_destroy(follower);
}

static void a_newcomer_shows_nothing_before_the_trusted_key(void **state)
{
    (void)state;
    struct follower *follower = follow(second_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_rotate(&town, second_key);
    town_say(&town, "two");
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    assert_false(step.settled);
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_false(step.settled);
    assert_int_equal(take(follower, &town, 3, 4, NULL, &step), ERR_OK);
    assert_true(step.settled && step.just_settled);
    town_close(&town);
    follower_destroy(follower);
}

static void a_stream_that_ends_under_an_untrusted_key_raises_an_alarm(void **state)
{
    (void)state;
    struct follower *follower = follow(second_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, stranger_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_false(step.settled);
    assert_int_equal(take_fresh(follower, &town, &step), ERR_UNTRUSTED_KEY);

    /* A person compares fingerprints and vouches for the key after all. */
    follower_next(follower, 0);
    follower_failed(follower, 0, 0, UINT32_MAX);
    assert_true(follower_trust(follower, key_private_public(stranger_key)));
    assert_int_equal(follower_next(follower, 1).kind, FOLLOWER_FETCH);
    assert_int_equal(take_fresh(follower, &town, &step), ERR_OK);
    assert_true(step.just_settled && step.verdict == FOLLOWER_APPLY);
    town_close(&town);
    follower_destroy(follower);
}

static void a_replaced_key_stops_the_showing_of_what_the_old_one_signs(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_true(follower_trust(follower, key_private_public(second_key)));
    town_say(&town, "by whoever has the old key");
    assert_int_equal(take(follower, &town, 1, 2, NULL, &step), ERR_OK);
    assert_false(step.settled);
    assert_int_equal(take_fresh(follower, &town, &step), ERR_UNTRUSTED_KEY);
    town_close(&town);
    follower_destroy(follower);
}

static void a_key_entry_that_names_no_key_is_refused(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "x");
    /* origin would not write it: put the type into a line that is there, and sign that. */
    struct buffer line = {0};
    buffer_puts(&line,
                "{\"seq\":2,\"type\":\"key\",\"id\":\"00000000-0000-4000-8000-000000000001\",\"rev\":1,"
                "\"at\":\"2026-11-01T09:00:00Z\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"body\":{}}");
    buffer_free(&town.lines[1].line);
    town.lines[1].line = line;
    struct head head = {.position = town_position(&town, 1), .issued_at = TOWN_NOW};
    strcpy(head.origin, town.stream.origin);
    strcpy(head.stream, "net");
    head.position.at.seq = 2;
    chain_digest(line.data, line.size, town.lines[1].digest);
    chain_link(head.position.chain, 2, town.lines[1].digest);
    assert_int_equal(head_sign(&head, first_key, town.heads[1], NULL), ERR_OK);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_MALFORMED);
    assert_stands_at(follower, FOLLOWER_NET, 0, 0);
    town_close(&town);
    follower_destroy(follower);
}

/* Epochs */

static void a_new_epoch_goes_on_where_the_old_one_ended(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct follower_step step;
    town_open(&old, "net", 10, first_key, NULL);
    town_say(&old, "one");
    assert_int_equal(take(follower, &old, 0, 2, NULL, &step), ERR_OK);
    struct position end = town_position(&old, 2);
    town_open(&new, "net", 20, first_key, &end);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.new_epoch && step.settled && !step.just_settled);
    assert_stands_at(follower, FOLLOWER_NET, 20, 1);

    assert_int_equal(take(follower, &old, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    town_close(&old);
    town_close(&new);
    follower_destroy(follower);
}

static void a_new_epoch_may_go_on_before_what_the_follower_holds(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct town_page read;
    struct follower_step step;
    struct cursor wanted;
    town_open(&old, "net", 10, first_key, NULL);
    town_say(&old, "kept in the backup");
    town_say(&old, "lost with the database");
    assert_int_equal(take(follower, &old, 0, 3, NULL, &step), ERR_OK);
    struct position restored = town_position(&old, 2);
    town_open(&new, "net", 20, first_key, &restored);
    town_page(&new, 0, 1, &read);
    assert_true(follower_wants(follower, &read.page, &wanted));
    assert_int_equal(wanted.epoch, 10);
    assert_int_equal(wanted.seq, 2);
    town_page_finish(&read);
    assert_int_equal(take(follower, &new, 0, 1, restored.chain, &step), ERR_OK);
    assert_true(step.new_epoch);
    town_close(&old);
    town_close(&new);
    follower_destroy(follower);
}

static void a_new_epoch_whose_past_is_not_held_is_a_gap(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct follower_step step;
    town_open(&old, "net", 10, first_key, NULL);
    town_say(&old, "one");
    assert_int_equal(take(follower, &old, 0, 1, NULL, &step), ERR_OK);
    struct position ahead = town_position(&old, 2);
    town_open(&new, "net", 20, first_key, &ahead);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_GAP);
    town_close(&new);
    ahead.at.epoch = 15;
    town_open(&new, "net", 20, first_key, &ahead);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_GAP);
    town_close(&new);
    town_open(&new, "net", 20, first_key, NULL);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_GAP);
    town_say(&new, "one");
    assert_int_equal(take(follower, &new, 1, 2, NULL, &step), ERR_GAP);
    assert_stands_at(follower, FOLLOWER_NET, 10, 1);
    town_close(&new);
    town_close(&old);
    follower_destroy(follower);
}

static void a_newcomer_takes_the_first_epoch_that_is_still_there(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct position unknown = {.at = {5, 99}};
    town_open(&town, "net", 10, first_key, &unknown);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    town_close(&town);
    follower_destroy(follower);
}

static void a_strangers_epoch_does_not_carry_a_settled_stream_away(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct follower_step step;
    town_open(&old, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &old, 0, 1, NULL, &step), ERR_OK);
    struct position end = town_position(&old, 1);
    town_open(&new, "net", 9007199254740991, stranger_key, &end);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_UNTRUSTED_KEY);
    assert_stands_at(follower, FOLLOWER_NET, 10, 1);
    town_close(&new);

    /* A compromised key: the registry names another one, and a new epoch begins under it. */
    assert_true(follower_trust(follower, key_private_public(second_key)));
    town_open(&new, "net", 20, second_key, &end);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.settled);
    town_close(&new);
    town_close(&old);
    follower_destroy(follower);
}

static void an_epoch_is_signed_by_the_key_it_names(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    town_open(&town, "net", 10, first_key, NULL);
    struct head head = {.position = town.stream.position, .issued_at = TOWN_NOW};
    strcpy(head.origin, town.stream.origin);
    strcpy(head.stream, "net");
    assert_int_equal(head_sign(&head, stranger_key, town.heads[0], NULL), ERR_OK);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_UNTRUSTED_KEY);
    town_close(&town);
    follower_destroy(follower);
}

/* Forks */

/* Two histories of epoch 10 that part after number 1. */
static void open_fork(struct town *left, struct town *right)
{
    town_open(left, "net", 10, first_key, NULL);
    town_open(right, "net", 10, first_key, NULL);
    town_say(left, "left");
    town_say(right, "right");
    town_say(left, "left again");
    town_say(right, "right again");
}

static void another_history_up_to_our_number_is_a_fork(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct follower_step step;
    open_fork(&left, &right);
    assert_int_equal(take(follower, &left, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &right, 2, 3, NULL, &step), ERR_FORKED);
    assert_int_equal(take(follower, &right, 2, 2, NULL, &step), ERR_FORKED);
    assert_int_equal(take(follower, &right, 0, 2, NULL, &step), ERR_FORKED);
    assert_int_equal(take(follower, &right, 0, 3, NULL, &step), ERR_FORKED);
    assert_stands_at(follower, FOLLOWER_NET, 10, 2);
    town_close(&left);
    town_close(&right);
    follower_destroy(follower);
}

static void another_history_at_an_earlier_number_is_a_fork(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct town_page read;
    struct follower_step step;
    struct cursor wanted;
    open_fork(&left, &right);
    assert_int_equal(take(follower, &left, 0, 3, NULL, &step), ERR_OK);
    town_page(&right, 2, 2, &read);
    assert_true(follower_wants(follower, &read.page, &wanted));
    assert_int_equal(wanted.seq, 2);
    town_page_finish(&read);
    struct position held = town_position(&left, 2);
    assert_int_equal(take(follower, &right, 2, 2, held.chain, &step), ERR_FORKED);
    assert_int_equal(take(follower, &left, 2, 2, held.chain, &step), ERR_OK);
    assert_int_equal(take(follower, &right, 2, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    town_close(&left);
    town_close(&right);
    follower_destroy(follower);
}

static void what_nobody_signed_proves_no_fork(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct follower_step step;
    open_fork(&left, &right);
    right.key = stranger_key;
    town_say(&right, "by a stranger");
    assert_int_equal(take(follower, &left, 0, 3, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &right, 0, 4, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    assert_int_equal(take(follower, &right, 3, 4, NULL, &step), ERR_UNTRUSTED_KEY);
    town_close(&left);
    town_close(&right);
    follower_destroy(follower);
}

static void a_frozen_stream_takes_nothing_in_its_epoch_and_goes_on_in_the_next(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct town next;
    struct follower_step step;
    struct follower_state after;
    open_fork(&left, &right);
    assert_int_equal(take(follower, &left, 0, 2, NULL, &step), ERR_OK);
    follower_freeze(follower, FOLLOWER_NET);
    assert_int_equal(take(follower, &left, 2, 3, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    struct position other_end = town_position(&right, 2);
    town_open(&next, "net", 20, first_key, &other_end);
    assert_int_equal(take(follower, &next, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    follower_state(follower, FOLLOWER_NET, &after);
    assert_false(after.frozen);
    town_close(&left);
    town_close(&right);
    town_close(&next);
    follower_destroy(follower);
}

static void an_epoch_that_goes_on_from_another_history_is_a_fork(void **state)
{
    (void)state;
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct town next;
    struct follower_step step;
    open_fork(&left, &right);
    assert_int_equal(take(follower, &left, 0, 3, NULL, &step), ERR_OK);
    struct position other = town_position(&right, 3);
    town_open(&next, "net", 20, first_key, &other);
    assert_int_equal(take(follower, &next, 0, 1, NULL, &step), ERR_FORKED);
    town_close(&next);
    other = town_position(&right, 2);
    struct position held = town_position(&left, 2);
    town_open(&next, "net", 20, first_key, &other);
    assert_int_equal(take(follower, &next, 0, 1, held.chain, &step), ERR_FORKED);
    town_close(&next);
    town_close(&left);
    town_close(&right);
    follower_destroy(follower);
}

/* Restarts */

static void a_follower_goes_on_from_what_was_stored(void **state)
{
    (void)state;
    struct follower *before = follow(first_key);
    struct town town;
    struct follower_step step;
    struct follower_state stored;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(before, &town, 0, 2, NULL, &step), ERR_OK);
    follower_state(before, FOLLOWER_NET, &stored);

    struct follower *after = follow(second_key);
    assert_true(follower_restore(after, FOLLOWER_NET, &stored));
    follower_destroy(before);
    assert_int_equal(follower_next(after, 0).net.seq, 2);
    town_say(&town, "after the restart");
    assert_int_equal(take(after, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.just_settled);
    stored = (struct follower_state){.position.at = {10, 1}};
    assert_false(follower_restore(after, FOLLOWER_NET, &stored));
    town_close(&town);
    follower_destroy(after);
    follower_destroy(NULL);
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
        cmocka_unit_test(a_page_moves_the_cursor_that_is_asked_with),
        cmocka_unit_test(both_streams_are_told_apart),
        cmocka_unit_test(a_page_changes_nothing_until_it_is_applied),
        cmocka_unit_test(another_towns_stream_is_refused),
        cmocka_unit_test(a_page_applied_before_changes_nothing),
        cmocka_unit_test(nothing_new_is_nothing_to_apply),
        cmocka_unit_test(a_page_beyond_the_position_is_a_gap),
        cmocka_unit_test(a_strangers_head_is_refused),
        cmocka_unit_test(a_head_with_a_false_signature_is_refused),
        cmocka_unit_test(a_rotation_makes_the_new_key_count_and_trusted),
        cmocka_unit_test(after_a_rotation_the_old_key_counts_for_nothing),
        cmocka_unit_test(the_second_stream_follows_a_rotation_seen_in_the_first),
        cmocka_unit_test(a_newcomer_shows_nothing_before_the_trusted_key),
        cmocka_unit_test(a_stream_that_ends_under_an_untrusted_key_raises_an_alarm),
        cmocka_unit_test(a_replaced_key_stops_the_showing_of_what_the_old_one_signs),
        cmocka_unit_test(a_key_entry_that_names_no_key_is_refused),
        cmocka_unit_test(a_new_epoch_goes_on_where_the_old_one_ended),
        cmocka_unit_test(a_new_epoch_may_go_on_before_what_the_follower_holds),
        cmocka_unit_test(a_new_epoch_whose_past_is_not_held_is_a_gap),
        cmocka_unit_test(a_newcomer_takes_the_first_epoch_that_is_still_there),
        cmocka_unit_test(a_strangers_epoch_does_not_carry_a_settled_stream_away),
        cmocka_unit_test(an_epoch_is_signed_by_the_key_it_names),
        cmocka_unit_test(another_history_up_to_our_number_is_a_fork),
        cmocka_unit_test(another_history_at_an_earlier_number_is_a_fork),
        cmocka_unit_test(what_nobody_signed_proves_no_fork),
        cmocka_unit_test(a_frozen_stream_takes_nothing_in_its_epoch_and_goes_on_in_the_next),
        cmocka_unit_test(an_epoch_that_goes_on_from_another_history_is_a_fork),
        cmocka_unit_test(a_follower_goes_on_from_what_was_stored),
    };
    return cmocka_run_group_tests_name("protocol follower", tests, make_keys, destroy_keys);
}
