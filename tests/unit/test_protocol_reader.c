/* How a reader asks and what becomes of an answer (SPEC.md sections 8.3, 9.3, 9.4 and 12). */
#include "tests/unit/reader_fixture.h"

/* ---- asking */

static void a_new_reader_asks_at_once_from_the_beginning(void **state)
{
    struct desk desk;
    struct reader_action action;

    (void)state;
    desk_open(&desk, first_key);
    action = desk_expect(&desk, READER_ASK);
    assert_true(action.to.epoch == 0 && action.net.epoch == 0 && !action.heads_only);
    desk_close(&desk);
    reader_destroy(NULL);
}

static void asks_with_the_cursors_of_what_is_stored(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 2);
    desk_restart(&desk, first_key);
    desk_do(&desk, READER_CATCH_UP);
    desk_do(&desk, READER_CATCH_UP);
    action = desk_expect(&desk, READER_ASK);
    assert_true(action.net.epoch == 10 && action.net.seq == 2);
    assert_true(action.to.epoch == 0 && action.to.seq == 0);
    town_close(&town);
    desk_close(&desk);
}

static void what_is_stored_without_a_key_is_refused(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    assert_false(reader_restore(desk.reader, FOLLOWER_NET, &(struct follower_state){.position.at = {10, 1}}));
    desk_expect(&desk, READER_ASK);
    desk_close(&desk);
}

static void waits_for_the_answer_and_asks_no_second_time(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    reader_wake(desk.reader, desk.now.ms);
    reader_seen(desk.reader, desk.now.ms);
    reader_compare(desk.reader);
    desk.now.ms += 24 * (int64_t)HOUR;
    assert_true(desk_expect(&desk, READER_WAIT).until_ms == INT64_MAX);
    desk_close(&desk);
}

/* Asking acknowledges. */
static void what_is_stored_is_applied_before_it_asks(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_load(&desk);
    assert_int_equal(desk_expect(&desk, READER_CATCH_UP).stream, FOLLOWER_TO);
    desk_done(&desk, &(struct reader_result){.behind = true});
    assert_int_equal(desk_expect(&desk, READER_CATCH_UP).stream, FOLLOWER_TO);
    desk_done(&desk, &(struct reader_result){0});
    assert_int_equal(desk_expect(&desk, READER_CATCH_UP).stream, FOLLOWER_NET);
    desk_done(&desk, &(struct reader_result){0});
    desk_expect(&desk, READER_ASK);
    desk_close(&desk);
}

static void what_is_stored_and_cannot_be_applied_is_not_acknowledged(void **state)
{
    struct desk desk;
    struct reader_action action;

    (void)state;
    desk_open(&desk, first_key);
    desk_load(&desk);
    desk_expect(&desk, READER_CATCH_UP);
    desk_ended(&desk, READER_REFUSED);
    action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_ERASE_REFUSED);
    assert_string_equal(action.alarm.peer, arnhem);
    assert_string_equal(action.alarm.detail, "It was so.");
    assert_null(action.alarm.page);
    desk_carry_out(&desk, &action);
    desk_failed(&desk, "erase-refused");
    action = desk_wait(&desk);
    assert_int_equal(action.kind, READER_WAIT);
    assert_int_equal(action.until_ms, desk.now.ms + 2 * SECOND);
    desk.now.ms = action.until_ms;
    desk_expect(&desk, READER_CATCH_UP);
    desk_close(&desk);
}

/* Else a hint a second would make it try every two seconds for ever. */
static void what_cannot_be_applied_is_tried_less_and_less_often_in_spite_of_hints(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_load(&desk);
    for (int64_t expected = 2 * SECOND; expected <= 64 * SECOND; expected *= 2) {
        struct reader_action action;

        desk_expect(&desk, READER_CATCH_UP);
        desk_ended(&desk, READER_BROKEN);
        desk_failed(&desk, "busy");
        action = desk_wait(&desk);
        assert_int_equal(action.until_ms, desk.now.ms + expected);
        desk.now.ms = action.until_ms;
        reader_wake(desk.reader, desk.now.ms);
    }
    desk_close(&desk);
}

static void applying_gives_way_to_others_after_a_tenth_of_a_second(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_load(&desk);
    desk_expect(&desk, READER_CATCH_UP);
    desk.now.ms += 99;
    desk_done(&desk, &(struct reader_result){.behind = true});
    desk_expect(&desk, READER_CATCH_UP);
    desk.now.ms += 1;
    desk_done(&desk, &(struct reader_result){.behind = true});
    assert_int_equal(desk_expect(&desk, READER_WAIT).until_ms, desk.now.ms);
    desk_expect(&desk, READER_CATCH_UP);
    desk_close(&desk);
}

/* ---- answers */

static void an_answer_is_stored_page_by_page_and_asked_again_at_once(void **state)
{
    struct desk desk;
    struct town to;
    struct town net;
    struct reader_action action;

    (void)state;
    town_open(&to, "to/saarbruecken.example", 10, first_key, NULL);
    town_open(&net, "net", 10, first_key, NULL);
    town_say(&net, "one");
    desk_open(&desk, first_key);
    desk_page(&desk, &to, 0, 1);
    desk_page(&desk, &net, 0, 1);
    desk_page(&desk, &net, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    for (int i = 0; i < 3; i++) {
        action = desk_expect(&desk, READER_STORE);
        assert_int_equal(action.stream, i == 0 ? FOLLOWER_TO : FOLLOWER_NET);
        assert_int_equal(action.step->after.at.seq, i == 2 ? 2 : 1);
        assert_int_equal(action.page->count, 1);
        desk_carry_out(&desk, &action);
    }
    desk_reached(&desk, true);
    assert_int_equal(desk_expect(&desk, READER_WAIT).until_ms, desk.now.ms);
    action = desk_expect(&desk, READER_ASK);
    assert_true(action.to.seq == 1 && action.net.seq == 2);
    town_close(&to);
    town_close(&net);
    desk_close(&desk);
}

static void an_answer_that_moves_nothing_is_the_end_of_it(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 1);
    desk_fresh(&desk, &town);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_reached(&desk, false);
    desk_waits_until(&desk, desk.now.ms + 75 * SECOND);
    town_close(&town);
    desk_close(&desk);
}

static void an_answer_without_a_page_is_none_of_news(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_reached(&desk, false);
    assert_int_equal(desk_wait(&desk).until_ms, desk.now.ms + 75 * SECOND);
    desk_close(&desk);
}

static void a_hint_during_the_answer_makes_it_ask_again(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    reader_wake(desk.reader, desk.now.ms);
    desk_answer(&desk);
    desk_reached(&desk, false);
    assert_int_equal(desk_wait(&desk).kind, READER_ASK);
    desk_close(&desk);
}

static void what_was_stored_is_applied_before_the_next_page(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    desk_page(&desk, &town, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    action = desk_expect(&desk, READER_STORE);
    desk_note(&desk, action.step);
    desk_done(&desk, &(struct reader_result){.behind = true});
    assert_int_equal(desk_expect(&desk, READER_CATCH_UP).stream, FOLLOWER_NET);
    desk_done(&desk, &(struct reader_result){.behind = true});
    desk_do(&desk, READER_CATCH_UP);
    desk_do(&desk, READER_STORE);
    desk_reached(&desk, true);
    town_close(&town);
    desk_close(&desk);
}

static void after_its_turn_the_rest_of_an_answer_is_asked_for_again(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    desk_page(&desk, &town, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_expect(&desk, READER_STORE);
    desk.now.ms += SECOND;
    desk_done(&desk, &(struct reader_result){0});
    desk_reached(&desk, true);
    desk_expect(&desk, READER_WAIT);
    assert_int_equal(desk_expect(&desk, READER_ASK).net.seq, 1);
    town_close(&town);
    desk_close(&desk);
}

/* What takes a second to look up would else be asked for again and again. */
static void the_first_page_of_an_answer_is_read_however_long_it_takes(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 2);
    desk_page(&desk, &town, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_expect(&desk, READER_LOOK_UP);
    desk.now.ms += HOUR;
    desk_done(&desk, &(struct reader_result){0});
    desk_reached(&desk, false);
    town_close(&town);
    desk_close(&desk);
}

/* Though nothing was new in what was read. */
static void what_is_left_of_an_answer_is_asked_for_at_once(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&town, "two");
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 2);
    desk_page(&desk, &town, 1, 2);
    desk_page(&desk, &town, 2, 3);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_expect(&desk, READER_LOOK_UP);
    desk.now.ms += SECOND;
    desk_done(&desk, &(struct reader_result){0});
    desk_reached(&desk, true);
    town_close(&town);
    desk_close(&desk);
}

static void in_a_hurry_nothing_further_is_begun(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    desk_page(&desk, &town, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_expect(&desk, READER_STORE);
    reader_hurry(desk.reader);
    desk_done(&desk, &(struct reader_result){.behind = true});
    desk_reached(&desk, true);
    assert_true(desk_expect(&desk, READER_WAIT).until_ms == INT64_MAX);
    reader_wake(desk.reader, desk.now.ms);
    assert_true(desk_expect(&desk, READER_WAIT).until_ms == INT64_MAX);
    desk_stands_at(&desk, FOLLOWER_NET, 10, 1);
    town_close(&town);
    desk_close(&desk);
}

/* Its turn was over before the answer came; what it asks for again would come as late. */
static void of_a_slow_answer_the_first_page_is_read(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    desk_page(&desk, &town, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk.now.ms += 5000;
    desk_answer(&desk);
    desk_do(&desk, READER_STORE);
    desk_reached(&desk, true);
    desk_stands_at(&desk, FOLLOWER_NET, 10, 1);
    town_close(&town);
    desk_close(&desk);
}

static void bytes_that_are_no_page_are_a_bad_answer_that_no_hint_repeats(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    for (int64_t pause = 2; pause <= 64; pause *= 2) {
        struct reader_action action;

        buffer_puts(&desk.body, "{\"page\":1}\n");
        desk_expect(&desk, READER_ASK);
        desk_answer(&desk);
        action = desk_expect(&desk, READER_FAILED);
        assert_string_equal(action.slug, "malformed-request");
        assert_non_null(strstr(action.detail, "page, line 1"));
        desk.now.random = 0;
        desk_carry_out(&desk, &action);
        desk_answered(&desk);
        reader_wake(desk.reader, desk.now.ms + 1);
        action = desk_wait(&desk);
        assert_in_range(action.until_ms, desk.now.ms + pause * SECOND, desk.now.ms + pause * SECOND);
        desk.now.ms = action.until_ms;
    }
    desk_close(&desk);
}

static void a_page_after_lines_is_news_though_it_has_none_itself(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 2);
    desk_fresh(&desk, &town);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_STORE);
    desk_do(&desk, READER_STORE);
    desk_reached(&desk, true);
    town_close(&town);
    desk_close(&desk);
}

static void a_head_alone_is_stored_and_is_no_news(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 2);
    desk_fresh(&desk, &town);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_STORE);
    desk_reached(&desk, false);
    town_close(&town);
    desk_close(&desk);
}

static void what_was_good_before_a_bad_page_stays(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    buffer_puts(&desk.body, "{}\n");
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_STORE);
    desk_failed(&desk, "malformed-request");
    desk_stands_at(&desk, FOLLOWER_NET, 10, 1);
    town_close(&town);
    desk_close(&desk);
}

/* ---- storing */

/* A desk that has asked, and got an answer of two pages. */
static void begin_two_pages(struct desk *desk, struct town *town)
{
    town_open(town, "net", 10, first_key, NULL);
    town_say(town, "one");
    desk_open(desk, first_key);
    desk_page(desk, town, 0, 1);
    desk_page(desk, town, 1, 2);
    desk_expect(desk, READER_ASK);
    desk_answer(desk);
    desk_expect(desk, READER_STORE);
}

static void who_was_overtaken_goes_on_from_what_is_stored(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    begin_two_pages(&desk, &town);
    desk_ended(&desk, READER_STALE);
    desk_do(&desk, READER_LOAD);
    desk_reached(&desk, true); /* the second page is not read: it may not fit what is stored */
    desk_stands_at(&desk, FOLLOWER_NET, 0, 0);
    desk_expect(&desk, READER_WAIT);
    desk_do(&desk, READER_CATCH_UP);
    desk_do(&desk, READER_CATCH_UP);
    desk_expect(&desk, READER_ASK);
    town_close(&town);
    desk_close(&desk);
}

static void who_was_overtaken_while_applying_goes_on_at_the_next_turn(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_load(&desk);
    desk_expect(&desk, READER_CATCH_UP);
    desk_ended(&desk, READER_STALE);
    desk_do(&desk, READER_LOAD);
    assert_int_equal(desk_expect(&desk, READER_WAIT).until_ms, desk.now.ms);
    desk_expect(&desk, READER_CATCH_UP);
    desk_close(&desk);
}

static void what_is_stored_and_cannot_be_read_is_a_failure(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    begin_two_pages(&desk, &town);
    desk_ended(&desk, READER_STALE);
    desk_expect(&desk, READER_LOAD);
    desk_ended(&desk, READER_BROKEN);
    desk_failed(&desk, "busy");
    town_close(&town);
    desk_close(&desk);
}

static void one_epoch_too_many_waits(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    begin_two_pages(&desk, &town);
    desk_ended(&desk, READER_TOO_MANY);
    action = desk_expect(&desk, READER_FAILED);
    assert_string_equal(action.slug, "too-many-epochs");
    assert_string_equal(action.detail, "It was so.");
    desk_carry_out(&desk, &action);
    desk_stands_at(&desk, FOLLOWER_NET, 0, 0);
    desk_waits_until(&desk, desk.now.ms + 2 * SECOND);
    town_close(&town);
    desk_close(&desk);
}

static void an_erasure_that_cannot_be_applied_stops_the_stream_with_an_alarm(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    begin_two_pages(&desk, &town);
    desk_ended(&desk, READER_REFUSED);
    action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_ERASE_REFUSED);
    assert_string_equal(action.alarm.peer, arnhem);
    assert_int_equal(action.alarm.page->from.at.seq, 0);
    desk_ended(&desk, READER_BROKEN); /* it fails all the same */
    desk_failed(&desk, "erase-refused");
    desk_stands_at(&desk, FOLLOWER_NET, 0, 0);
    town_close(&town);
    desk_close(&desk);
}

static void what_could_not_be_stored_moves_nothing(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    begin_two_pages(&desk, &town);
    desk_ended(&desk, READER_BROKEN);
    desk_failed(&desk, "busy");
    desk_stands_at(&desk, FOLLOWER_NET, 0, 0);
    assert_true(reader_failing(desk.reader));
    town_close(&town);
    desk_close(&desk);
}

static void a_chain_that_could_not_be_looked_up_is_a_failure(void **state)
{
    struct forked f;

    (void)state;
    fork_open(&f);
    desk_page(&f.desk, &f.left, 1, 2);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    desk_expect(&f.desk, READER_LOOK_UP);
    desk_ended(&f.desk, READER_BROKEN);
    desk_failed(&f.desk, "busy");
    f.desk.now.ms += HOUR;
    desk_expect(&f.desk, READER_WAIT);
    town_say(&f.left, "and the next answer is read from its beginning");
    desk_take(&f.desk, &f.left, 2, 3);
    fork_close(&f);
}

/* And shown to nobody, not even to the origin. */
static void what_could_not_be_thrown_away_is_told_all_the_same(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 409, "cursor-ahead", 0);
    desk_expect(&desk, READER_DISCARD);
    desk_ended(&desk, READER_BROKEN);
    desk_failed(&desk, "cursor-ahead");
    assert_int_equal(desk_wait(&desk).kind, READER_WAIT);
    desk_close(&desk);
}

/* ---- the end */

/* A stream whose second line came erased; the desk holds it, and a third one that is none. */
static void take_placeholder(struct desk *desk, struct town *town, const char *stream,
                             const struct key_private *trusted)
{
    struct reader_action action;

    town_open(town, stream, 10, first_key, NULL);
    town_say(town, "erased since");
    town_say(town, "and one that is not");
    desk_open(desk, trusted);
    desk_page(desk, town, 0, 2);
    desk_page(desk, town, 2, 3);
    desk_expect(desk, READER_ASK);
    desk_answer(desk);
    action = desk_expect(desk, READER_STORE);
    desk_note(desk, action.step);
    desk_done(desk, &(struct reader_result){.placeholders = true});
    desk_do(desk, READER_STORE);
    desk_reached(desk, true);
    desk_expect(desk, READER_WAIT);
}

static void placeholders_are_explained_once_the_newest_head_is_reached(void **state)
{
    static const char *const streams[] = {"to/saarbruecken.example", "net"};

    (void)state;
    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        struct desk desk;
        struct town town;
        take_placeholder(&desk, &town, streams[stream], first_key);
        desk_fresh(&desk, &town);
        desk_expect(&desk, READER_ASK);
        desk_answer(&desk);
        assert_int_equal(desk_expect(&desk, READER_MISSING).stream, stream);
        desk_done(&desk, &(struct reader_result){0});
        desk_reached(&desk, false);
        desk.now.ms += HOUR;
        desk_expect(&desk, READER_WAIT);

        desk_fresh(&desk, &town);
        desk_expect(&desk, READER_ASK);
        desk_answer(&desk);
        desk_reached(&desk, false); /* once only */
        town_close(&town);
        desk_close(&desk);
    }
}

static void placeholders_that_could_not_be_looked_for_are_at_the_next_end(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    take_placeholder(&desk, &town, "net", first_key);
    for (int i = 0; i < 2; i++) {
        desk_fresh(&desk, &town);
        desk_expect(&desk, READER_ASK);
        desk_answer(&desk);
        desk_expect(&desk, READER_MISSING);
        desk_ended(&desk, READER_BROKEN);
        desk_reached(&desk, false);
        desk.now.ms += HOUR;
        desk_expect(&desk, READER_WAIT);
    }
    town_close(&town);
    desk_close(&desk);
}

/* The absence of something in an answer means nothing. */
static void an_answer_that_leaves_the_stream_out_is_not_its_end(void **state)
{
    struct desk desk;
    struct town town;
    struct town to;

    (void)state;
    town_open(&to, "to/saarbruecken.example", 10, first_key, NULL);
    take_placeholder(&desk, &town, "net", first_key);
    desk_page(&desk, &to, 0, 1); /* news, so that it was not the end either */
    desk_fresh(&desk, &town);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_STORE);
    desk_reached(&desk, true);
    desk_expect(&desk, READER_WAIT);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_reached(&desk, false);
    town_close(&to);
    town_close(&town);
    desk_close(&desk);
}

static void a_head_of_before_is_not_the_end(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    take_placeholder(&desk, &town, "net", first_key);
    desk_page(&desk, &town, 2, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_LOOK_UP);
    desk_reached(&desk, false);
    town_close(&town);
    desk_close(&desk);
}

static void the_end_is_reached_only_at_a_head_of_the_trusted_key(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
    take_placeholder(&desk, &town, "net", second_key);
    desk_fresh(&desk, &town);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_ALARM);
    desk_do(&desk, READER_DISCARD);
    desk_failed(&desk, "untrusted-key");
    town_close(&town);
    desk_close(&desk);
}

/* The erasure may be among them. */
static void the_end_is_not_reached_while_lines_wait_to_be_applied(void **state)
{
    static const char *const streams[] = {"to/saarbruecken.example", "net"};

    (void)state;
    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        struct desk desk;
        struct town town;
        struct reader_action action;

        take_placeholder(&desk, &town, streams[stream], first_key);
        town_rotate(&town, second_key);
        desk_take(&desk, &town, 3, 4);
        desk_fresh(&desk, &town); /* a head without lines, to be stored because the new key signs it */
        desk_expect(&desk, READER_ASK);
        desk_answer(&desk);
        action = desk_expect(&desk, READER_STORE);
        assert_non_null(action.step->rotated);
        desk_note(&desk, action.step);
        desk_done(&desk, &(struct reader_result){.behind = true});
        desk_expect(&desk, READER_CATCH_UP);
        desk.now.ms += SECOND;
        desk_done(&desk, &(struct reader_result){.behind = true});
        desk_reached(&desk, true);
        town_close(&town);
        desk_close(&desk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_reader_asks_at_once_from_the_beginning),
        cmocka_unit_test(asks_with_the_cursors_of_what_is_stored),
        cmocka_unit_test(what_is_stored_without_a_key_is_refused),
        cmocka_unit_test(waits_for_the_answer_and_asks_no_second_time),
        cmocka_unit_test(what_is_stored_is_applied_before_it_asks),
        cmocka_unit_test(what_is_stored_and_cannot_be_applied_is_not_acknowledged),
        cmocka_unit_test(what_cannot_be_applied_is_tried_less_and_less_often_in_spite_of_hints),
        cmocka_unit_test(applying_gives_way_to_others_after_a_tenth_of_a_second),
        cmocka_unit_test(an_answer_is_stored_page_by_page_and_asked_again_at_once),
        cmocka_unit_test(an_answer_that_moves_nothing_is_the_end_of_it),
        cmocka_unit_test(an_answer_without_a_page_is_none_of_news),
        cmocka_unit_test(a_hint_during_the_answer_makes_it_ask_again),
        cmocka_unit_test(what_was_stored_is_applied_before_the_next_page),
        cmocka_unit_test(after_its_turn_the_rest_of_an_answer_is_asked_for_again),
        cmocka_unit_test(the_first_page_of_an_answer_is_read_however_long_it_takes),
        cmocka_unit_test(what_is_left_of_an_answer_is_asked_for_at_once),
        cmocka_unit_test(in_a_hurry_nothing_further_is_begun),
        cmocka_unit_test(of_a_slow_answer_the_first_page_is_read),
        cmocka_unit_test(bytes_that_are_no_page_are_a_bad_answer_that_no_hint_repeats),
        cmocka_unit_test(a_page_after_lines_is_news_though_it_has_none_itself),
        cmocka_unit_test(a_head_alone_is_stored_and_is_no_news),
        cmocka_unit_test(what_was_good_before_a_bad_page_stays),
        cmocka_unit_test(who_was_overtaken_goes_on_from_what_is_stored),
        cmocka_unit_test(who_was_overtaken_while_applying_goes_on_at_the_next_turn),
        cmocka_unit_test(what_is_stored_and_cannot_be_read_is_a_failure),
        cmocka_unit_test(one_epoch_too_many_waits),
        cmocka_unit_test(an_erasure_that_cannot_be_applied_stops_the_stream_with_an_alarm),
        cmocka_unit_test(what_could_not_be_stored_moves_nothing),
        cmocka_unit_test(a_chain_that_could_not_be_looked_up_is_a_failure),
        cmocka_unit_test(what_could_not_be_thrown_away_is_told_all_the_same),
        cmocka_unit_test(placeholders_are_explained_once_the_newest_head_is_reached),
        cmocka_unit_test(placeholders_that_could_not_be_looked_for_are_at_the_next_end),
        cmocka_unit_test(an_answer_that_leaves_the_stream_out_is_not_its_end),
        cmocka_unit_test(a_head_of_before_is_not_the_end),
        cmocka_unit_test(the_end_is_reached_only_at_a_head_of_the_trusted_key),
        cmocka_unit_test(the_end_is_not_reached_while_lines_wait_to_be_applied),
    };
    return cmocka_run_group_tests_name("protocol reader: answers", tests, make_keys, destroy_keys);
}
