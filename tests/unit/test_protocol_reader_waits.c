/* What a reader does about refusals, and when it compares heads (SPEC.md sections 5.3, 8.3 and 9.4). */
#include "tests/unit/reader_fixture.h"

/* ---- refusals */

static void a_cursor_ahead_throws_provisional_lines_away_and_shows_both_heads(void **state)
{
    struct desk desk;
    struct reader_action action;

    (void)state;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 409, "cursor-ahead", 0);
    desk_do(&desk, READER_DISCARD); /* before a head is shown */
    desk_failed(&desk, "cursor-ahead");
    action = desk_wait(&desk);
    assert_int_equal(action.kind, READER_SHOW);
    assert_int_equal(action.stream, FOLLOWER_TO);
    assert_true(desk_expect(&desk, READER_WAIT).until_ms == INT64_MAX); /* for its answer */
    desk_carry_out(&desk, &action);
    assert_int_equal(desk_expect(&desk, READER_SHOW).stream, FOLLOWER_NET);
    desk_carry_out(&desk, &(struct reader_action){.kind = READER_SHOW});
    desk_expect(&desk, READER_WAIT);
    desk_close(&desk);
}

static void another_conflict_shows_nothing(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 409, "key-conflict", 0);
    desk_failed(&desk, "key-conflict");
    assert_int_equal(desk_wait(&desk).kind, READER_WAIT);
    desk_close(&desk);
}

static void a_replayed_request_is_signed_anew_once(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    for (int i = 0; i < 2; i++) {
        desk_expect(&desk, READER_ASK);
        desk_refuse(&desk, 401, "replayed", 0);
        desk_expect(&desk, READER_ASK);
        desk_refuse(&desk, 401, "replayed", 0);
        desk_failed(&desk, "replayed");
        desk.now.ms += HOUR;
        desk_expect(&desk, READER_WAIT);
    }
    desk_close(&desk);
}

static void pages_count_only_with_status_and_media_type(void **state)
{
    static const struct reader_answer answers[] = {{.status = 200, .slug = "status-200"},
                                                   {.status = 203, .slug = "status-203", .pages = true}};
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct desk desk;
        struct reader_answer answer = answers[i];
        desk_open(&desk, first_key);
        desk_page(&desk, &town, 0, 1);
        answer.body = (struct bytes){desk.body.data, desk.body.size};
        desk_expect(&desk, READER_ASK);
        reader_answer(desk.reader, &answer);
        desk_failed(&desk, answer.slug);
        desk_stands_at(&desk, FOLLOWER_NET, 0, 0);
        desk_close(&desk);
    }
    town_close(&town);
}

static void retry_after_is_honoured_up_to_an_hour(void **state)
{
    static const int64_t asked[] = {30, 3599, 3600, 3601, 86400, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct desk desk;
        desk_open(&desk, first_key);
        desk.now.random = 0;
        desk_expect(&desk, READER_ASK);
        desk_refuse(&desk, 429, "rate-limited", asked[i]);
        desk_failed(&desk, "rate-limited");
        desk_waits_until(&desk, desk.now.ms + (asked[i] < 3600 ? asked[i] : 3600) * SECOND);
        desk_close(&desk);
    }
}

static void retry_after_is_forgotten_with_the_next_request(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 503, "busy", 3600);
    desk_failed(&desk, "busy");
    desk.now.ms += HOUR;
    desk_expect(&desk, READER_WAIT);
    desk_load(&desk);
    desk_expect(&desk, READER_CATCH_UP); /* fails before it comes to asking */
    desk_ended(&desk, READER_BROKEN);
    desk_failed(&desk, "busy");
    assert_int_equal(desk_wait(&desk).until_ms, desk.now.ms + 4 * SECOND);
    desk_close(&desk);
}

static void failures_wait_a_random_share_of_two_seconds_doubled(void **state)
{
    static const uint32_t randoms[] = {0, UINT32_MAX / 2, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof randoms / sizeof *randoms; i++) {
        struct desk desk;
        int64_t ceiling = 2 * SECOND;
        desk_open(&desk, first_key);
        desk.now.random = randoms[i];
        for (int failure = 0; failure < 12; failure++) {
            struct reader_action action = desk_expect(&desk, READER_ASK);
            int64_t expected;

            desk_refuse(&desk, 0, "timeout", 0);
            desk_failed(&desk, "timeout");
            expected = (int64_t)((double)ceiling * ((double)randoms[i] / UINT32_MAX));
            action = desk_expect(&desk, READER_WAIT); /* the others' turn */
            assert_int_equal(action.until_ms, desk.now.ms);
            if (expected > 0)
                assert_int_equal(desk_expect(&desk, READER_WAIT).until_ms, desk.now.ms + expected);
            desk.now.ms += expected;
            ceiling = ceiling * 2 < 15 * MINUTE ? ceiling * 2 : 15 * MINUTE;
        }
        assert_true(reader_failing(desk.reader));
        desk_close(&desk);
    }
}

static void a_request_from_the_other_side_ends_the_wait_after_failures(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    for (int i = 0; i < 9; i++) {
        desk_expect(&desk, READER_ASK);
        desk_refuse(&desk, 0, "connect", 0);
        desk_failed(&desk, "connect");
        desk.now.ms += 15 * MINUTE;
        desk_expect(&desk, READER_WAIT);
    }
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 0, "connect", 0);
    desk_failed(&desk, "connect");
    desk.now.ms += 5 * SECOND;
    assert_int_equal(desk_wait(&desk).kind, READER_WAIT);
    reader_seen(desk.reader, desk.now.ms);
    desk_expect(&desk, READER_ASK);
    assert_true(desk_expect(&desk, READER_WAIT).until_ms == INT64_MAX); /* one, to see */
    desk_close(&desk);
}

/* ---- comparing */

/* A desk that holds `net` up to 1 and knows that nothing follows. */
static void settle(struct desk *desk, struct town *town)
{
    town_open(town, "net", 10, first_key, NULL);
    desk_open(desk, first_key);
    desk_take(desk, town, 0, 1);
    desk_fresh(desk, town);
    desk_expect(desk, READER_ASK);
    desk_answer(desk);
    desk_reached(desk, false);
    desk_expect(desk, READER_WAIT);
}

static void compares_the_newest_heads_with_what_is_stored(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    settle(&desk, &town);
    reader_compare(desk.reader);
    assert_true(desk_expect(&desk, READER_ASK).heads_only);
    desk_fresh(&desk, &town);
    desk_answer(&desk);
    action = desk_wait(&desk);
    assert_int_equal(action.kind, READER_WAIT); /* nothing to tell, and until the next poll nothing to do */
    assert_int_equal(action.until_ms, desk.now.ms + 75 * SECOND);
    town_close(&town);
    desk_close(&desk);
}

static void compares_nothing_with_a_peer_that_fails_or_never_answered(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    desk_open(&desk, first_key);
    reader_compare(desk.reader);
    assert_false(desk_expect(&desk, READER_ASK).heads_only);
    desk_refuse(&desk, 0, "timeout", 0);
    desk_failed(&desk, "timeout");
    assert_int_equal(desk_wait(&desk).kind, READER_WAIT);
    desk_close(&desk);

    settle(&desk, &town);
    desk.now.ms += HOUR;
    assert_false(desk_expect(&desk, READER_ASK).heads_only);
    desk_refuse(&desk, 0, "timeout", 0);
    desk_failed(&desk, "timeout");
    reader_compare(desk.reader);
    assert_int_equal(desk_wait(&desk).kind, READER_WAIT);
    town_close(&town);
    desk_close(&desk);
}

static void a_newest_head_ahead_is_no_gap_but_a_reason_to_pull(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    settle(&desk, &town);
    town_say(&town, "one");
    reader_compare(desk.reader);
    assert_true(desk_expect(&desk, READER_ASK).heads_only);
    desk_fresh(&desk, &town);
    desk_answer(&desk);
    action = desk_wait(&desk);
    assert_true(action.kind == READER_ASK && !action.heads_only);
    assert_false(reader_failing(desk.reader));
    town_close(&town);
    desk_close(&desk);
}

static void a_newest_head_over_another_chain_is_a_fork(void **state)
{
    struct forked f;

    (void)state;
    fork_open(&f);
    desk_fresh(&f.desk, &f.left);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    desk_reached(&f.desk, false);
    desk_expect(&f.desk, READER_WAIT);
    reader_compare(f.desk.reader);
    assert_true(desk_expect(&f.desk, READER_ASK).heads_only);
    f.right.stream.position = town_position(&f.right, 2);
    desk_fresh(&f.desk, &f.right);
    desk_answer(&f.desk);
    assert_int_equal(desk_expect(&f.desk, READER_ALARM).alarm.kind, READER_FORK);
    fork_close(&f);
}

static void newest_heads_that_cannot_be_taken_are_left_to_a_pull(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    settle(&desk, &town);
    reader_compare(desk.reader);
    desk_expect(&desk, READER_ASK);
    buffer_puts(&desk.body, "nonsense");
    desk_answer(&desk);
    action = desk_wait(&desk); /* and no failure is told */
    assert_true(action.kind == READER_ASK && !action.heads_only);
    town_close(&town);
    desk_close(&desk);
}

static void a_refusal_to_compare_changes_nothing(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    settle(&desk, &town);
    reader_compare(desk.reader);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 409, "cursor-ahead", 0);
    assert_int_equal(desk_wait(&desk).until_ms, desk.now.ms + 75 * SECOND);
    assert_false(reader_failing(desk.reader));
    town_close(&town);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_ahead_throws_provisional_lines_away_and_shows_both_heads),
        cmocka_unit_test(another_conflict_shows_nothing),
        cmocka_unit_test(a_replayed_request_is_signed_anew_once),
        cmocka_unit_test(pages_count_only_with_status_and_media_type),
        cmocka_unit_test(retry_after_is_honoured_up_to_an_hour),
        cmocka_unit_test(retry_after_is_forgotten_with_the_next_request),
        cmocka_unit_test(failures_wait_a_random_share_of_two_seconds_doubled),
        cmocka_unit_test(a_request_from_the_other_side_ends_the_wait_after_failures),
        cmocka_unit_test(compares_the_newest_heads_with_what_is_stored),
        cmocka_unit_test(compares_nothing_with_a_peer_that_fails_or_never_answered),
        cmocka_unit_test(a_newest_head_ahead_is_no_gap_but_a_reason_to_pull),
        cmocka_unit_test(a_newest_head_over_another_chain_is_a_fork),
        cmocka_unit_test(newest_heads_that_cannot_be_taken_are_left_to_a_pull),
        cmocka_unit_test(a_refusal_to_compare_changes_nothing),
    };
    return cmocka_run_group_tests_name("protocol reader: refusals and comparing", tests, make_keys,
                                       destroy_keys);
}
