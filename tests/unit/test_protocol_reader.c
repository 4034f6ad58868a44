/* What a reader does with answers (SPEC.md sections 8.3, 9 and 12). */
#include "tests/unit/reader_fixture.h"

enum { DAY_SECONDS = 86400 };

/* ---- asking */

static void a_new_reader_asks_at_once_from_the_beginning(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    struct reader_action action = desk_expect(&desk, READER_ASK);
    assert_true(action.to.epoch == 0 && action.net.epoch == 0 && !action.heads_only);
    desk_close(&desk);
    reader_destroy(NULL);
}

static void asks_with_the_cursors_of_what_is_stored(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 2);
    desk_restart(&desk, first_key);
    desk_do(&desk, READER_CATCH_UP);
    desk_do(&desk, READER_CATCH_UP);
    struct reader_action action = desk_expect(&desk, READER_ASK);
    assert_true(action.net.epoch == 10 && action.net.seq == 2);
    assert_true(action.to.epoch == 0 && action.to.seq == 0);
    town_close(&town);
    desk_close(&desk);
}

static void waits_for_the_answer_and_asks_no_second_time(void **state)
{
    (void)state;
    struct desk desk;
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
    (void)state;
    struct desk desk;
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
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    desk_load(&desk);
    desk_expect(&desk, READER_CATCH_UP);
    desk_ended(&desk, READER_REFUSED);
    struct reader_action action = desk_expect(&desk, READER_ALARM);
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
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    desk_load(&desk);
    for (int64_t expected = 2 * SECOND; expected <= 64 * SECOND; expected *= 2) {
        desk_expect(&desk, READER_CATCH_UP);
        desk_ended(&desk, READER_BROKEN);
        desk_failed(&desk, "busy");
        struct reader_action action = desk_wait(&desk);
        assert_int_equal(action.until_ms, desk.now.ms + expected);
        desk.now.ms = action.until_ms;
        reader_wake(desk.reader, desk.now.ms);
    }
    desk_close(&desk);
}

static void applying_gives_way_to_others_after_a_second_and_goes_on(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    desk_load(&desk);
    desk_expect(&desk, READER_CATCH_UP);
    desk.now.ms += 999;
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
    (void)state;
    struct desk desk;
    struct town to;
    struct town net;
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
        struct reader_action action = desk_expect(&desk, READER_STORE);
        assert_int_equal(action.stream, i == 0 ? FOLLOWER_TO : FOLLOWER_NET);
        assert_int_equal(action.step->after.at.seq, i == 2 ? 2 : 1);
        assert_int_equal(action.page->count, 1);
        desk_carry_out(&desk, &action);
    }
    desk_reached(&desk, true);
    assert_int_equal(desk_expect(&desk, READER_WAIT).until_ms, desk.now.ms);
    struct reader_action action = desk_expect(&desk, READER_ASK);
    assert_true(action.to.seq == 1 && action.net.seq == 2);
    town_close(&to);
    town_close(&net);
    desk_close(&desk);
}

static void an_answer_that_moves_nothing_is_the_end_of_it(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
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
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_reached(&desk, false);
    assert_int_equal(desk_wait(&desk).until_ms, desk.now.ms + 75 * SECOND);
    desk_close(&desk);
}

static void a_hint_during_the_answer_makes_it_ask_again(void **state)
{
    (void)state;
    struct desk desk;
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
    (void)state;
    struct desk desk;
    struct town town;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    desk_page(&desk, &town, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    struct reader_action action = desk_expect(&desk, READER_STORE);
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

static void after_a_second_the_rest_of_an_answer_is_asked_for_again(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
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
    (void)state;
    struct desk desk;
    struct town town;
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

static void in_a_hurry_nothing_further_is_begun(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
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

static void bytes_that_are_no_page_are_a_bad_answer_that_no_hint_repeats(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    for (int64_t pause = 2; pause <= 64; pause *= 2) {
        buffer_puts(&desk.body, "{\"page\":1}\n");
        desk_expect(&desk, READER_ASK);
        desk_answer(&desk);
        struct reader_action action = desk_expect(&desk, READER_FAILED);
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

static void what_was_good_before_a_bad_page_stays(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
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

/* ---- what speaks against a page */

static void a_page_that_was_not_asked_for_is_an_alarm_about_who_sent_it(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    town_open(&town, "to/metz.example", 10, first_key, NULL);
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    struct reader_action action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_OTHER);
    assert_string_equal(action.alarm.peer, relay);
    assert_string_equal(action.alarm.page->stream, "to/metz.example");
    assert_true(action.alarm.freeze == 0 && action.alarm.offered == NULL);
    desk_carry_out(&desk, &action);
    desk_failed(&desk, "malformed-request");
    town_close(&town);
    desk_close(&desk);
}

static void a_key_that_nobody_vouches_for_is_an_alarm_about_the_origin_and_is_offered(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    struct town stranger;
    town_open(&town, "net", 10, first_key, NULL);
    town_open(&stranger, "net", 20, stranger_key, NULL);
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 1);
    desk_page(&desk, &stranger, 0, 1);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    struct reader_action action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_KEY_CONFLICT);
    assert_string_equal(action.alarm.peer, arnhem);
    assert_true(key_public_equal(action.alarm.offered, key_private_public(stranger_key)));
    assert_int_equal(action.alarm.page->from.at.epoch, 20);
    desk_carry_out(&desk, &action);
    desk_failed(&desk, "untrusted-key"); /* nothing provisional: nothing is thrown away */
    desk_stands_at(&desk, FOLLOWER_NET, 10, 1);
    town_close(&stranger);
    town_close(&town);
    desk_close(&desk);
}

/* The key was replaced by people: what the old one signs may be a rotation that was not read yet, or the work
 * of a thief. */
static void what_the_old_key_signs_is_kept_apart_and_thrown_away_at_a_head_of_its_own(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    town_open(&town, "net", 10, first_key, NULL);
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 1);
    desk_restart(&desk, second_key);
    desk_do(&desk, READER_CATCH_UP);
    desk_do(&desk, READER_CATCH_UP);
    town_say(&town, "by the thief");
    desk_page(&desk, &town, 1, 2);
    desk_fresh(&desk, &town);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    struct reader_action action = desk_expect(&desk, READER_STORE);
    assert_false(action.step->settled || action.step->just_settled);
    desk_carry_out(&desk, &action);
    action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_KEY_CONFLICT);
    assert_null(action.alarm.offered); /* it begins no epoch */
    desk_carry_out(&desk, &action);
    desk_stands_at(&desk, FOLLOWER_NET, 10, 2);
    desk_do(&desk, READER_DISCARD);
    desk_stands_at(&desk, FOLLOWER_NET, 10, 1);
    desk_failed(&desk, "untrusted-key");
    town_close(&town);
    desk_close(&desk);
}

static void a_gap_is_asked_for_again_and_is_no_alarm(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&town, "two");
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 1);
    desk_page(&desk, &town, 2, 3);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    struct reader_action action = desk_expect(&desk, READER_FAILED);
    assert_string_equal(action.slug, "gap");
    assert_string_equal(action.detail, "the page begins after 2; held is 1");
    town_close(&town);
    desk_close(&desk);
}

static void a_gap_after_provisional_lines_throws_them_away(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&town, "two");
    desk_open(&desk, second_key); /* a first sync: nothing is vouched for yet */
    desk_page(&desk, &town, 0, 1);
    desk_page(&desk, &town, 2, 3);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_STORE);
    desk_do(&desk, READER_DISCARD);
    desk_failed(&desk, "gap");
    desk_stands_at(&desk, FOLLOWER_NET, 0, 0);
    town_close(&town);
    desk_close(&desk);
}

static void a_head_that_nobody_signed_is_no_alarm(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    struct town forged;
    town_open(&town, "net", 10, first_key, NULL);
    town_open(&forged, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&forged, "another");
    char *signature = strrchr(town.heads[1], '.') + 1;
    strcpy(signature, strrchr(forged.heads[1], '.') + 1);
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_failed(&desk, "signature-invalid");
    desk_stands_at(&desk, FOLLOWER_NET, 0, 0);
    town_close(&forged);
    town_close(&town);
    desk_close(&desk);
}

/* Two histories of `net` by the same key; the desk holds the left one up to 2. */
struct forked {
    struct desk desk;
    struct town left, right, to;
};

static void fork_open(struct forked *f)
{
    town_open(&f->left, "net", 10, first_key, NULL);
    town_open(&f->right, "net", 10, first_key, NULL);
    town_open(&f->to, "to/saarbruecken.example", 10, first_key, NULL);
    town_say(&f->left, "one");
    town_say(&f->right, "another");
    town_say(&f->right, "and more");
    desk_open(&f->desk, first_key);
    desk_take(&f->desk, &f->left, 0, 2);
}

static void fork_close(struct forked *f)
{
    town_close(&f->left);
    town_close(&f->right);
    town_close(&f->to);
    desk_close(&f->desk);
}

static void a_fork_freezes_its_epoch_is_shown_to_the_origin_and_the_rest_is_read(void **state)
{
    (void)state;
    struct forked f;
    fork_open(&f);
    desk_page(&f.desk, &f.right, 2, 3);
    desk_page(&f.desk, &f.to, 0, 1);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    struct reader_action action = desk_expect(&f.desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_FORK);
    assert_string_equal(action.alarm.peer, arnhem);
    assert_int_equal(action.alarm.freeze, 10);
    assert_int_equal(action.alarm.page->from.at.seq, 2);
    desk_carry_out(&f.desk, &action);
    assert_int_equal(desk_expect(&f.desk, READER_STORE).stream, FOLLOWER_TO);
    desk_done(&f.desk, &(struct reader_result){0});
    desk_reached(&f.desk, true);
    action = desk_wait(&f.desk);
    assert_int_equal(action.kind, READER_SHOW);
    assert_int_equal(action.stream, FOLLOWER_NET);
    desk_carry_out(&f.desk, &action);

    /* It stands still. */
    desk_page(&f.desk, &f.left, 1, 2);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    desk_do(&f.desk, READER_LOOK_UP);
    desk_reached(&f.desk, false);
    fork_close(&f);
}

static void the_next_epoch_thaws_a_frozen_stream(void **state)
{
    (void)state;
    struct forked f;
    struct town next;
    fork_open(&f);
    desk_page(&f.desk, &f.right, 2, 3);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    desk_do(&f.desk, READER_ALARM);
    desk_reached(&f.desk, true);
    desk_expect(&f.desk, READER_WAIT);
    desk_do(&f.desk, READER_SHOW);
    struct position end = town_position(&f.right, 2);
    town_open(&next, "net", 20, first_key, &end);
    town_say(&next, "on we go");
    desk_take(&f.desk, &next, 0, 1);
    desk_take(&f.desk, &next, 1, 2);
    desk_stands_at(&f.desk, FOLLOWER_NET, 20, 2);
    town_close(&next);
    fork_close(&f);
}

static void a_fork_is_proved_by_the_chain_that_is_stored(void **state)
{
    (void)state;
    struct forked f;
    fork_open(&f);
    struct position end = town_position(&f.left, 2);
    town_say(&f.left, "two");
    desk_take(&f.desk, &f.left, 2, 3);
    desk_page(&f.desk, &f.right, 2, 3);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    f.desk.chain = end.chain;
    struct reader_action action = desk_expect(&f.desk, READER_LOOK_UP);
    assert_true(action.stream == FOLLOWER_NET && action.at.epoch == 10 && action.at.seq == 2);
    desk_carry_out(&f.desk, &action);
    assert_int_equal(desk_expect(&f.desk, READER_ALARM).alarm.kind, READER_FORK);
    fork_close(&f);
}

static void a_page_repeated_is_no_fork_and_no_news(void **state)
{
    (void)state;
    struct forked f;
    fork_open(&f);
    struct position at = town_position(&f.left, 1);
    f.desk.chain = at.chain;
    desk_page(&f.desk, &f.left, 1, 2);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    desk_do(&f.desk, READER_LOOK_UP);
    desk_reached(&f.desk, false);
    fork_close(&f);
}

static void a_fork_that_could_not_be_noted_is_found_again(void **state)
{
    (void)state;
    struct forked f;
    fork_open(&f);
    for (int i = 0; i < 2; i++) {
        desk_page(&f.desk, &f.right, 2, 3);
        desk_expect(&f.desk, READER_ASK);
        desk_answer(&f.desk);
        assert_int_equal(desk_expect(&f.desk, READER_ALARM).alarm.kind, READER_FORK);
        desk_ended(&f.desk, READER_BROKEN);
        desk_failed(&f.desk, "forked");
        f.desk.now.ms += HOUR;
        desk_expect(&f.desk, READER_WAIT);
    }
    fork_close(&f);
}

/* A day above what is held and above the clock is the most. */
static void an_epoch_is_believed_up_to_a_day_ahead(void **state)
{
    (void)state;
    struct desk desk;
    struct town old;
    struct town next;
    struct town far;
    town_open(&old, "net", 10, first_key, NULL);
    struct position end = town_position(&old, 1);
    town_open(&next, "net", TOWN_NOW + DAY_SECONDS, first_key, &end);
    desk_open(&desk, first_key);
    desk_take(&desk, &old, 0, 1);
    desk_take(&desk, &next, 0, 1);

    end = town_position(&next, 1);
    town_open(&far, "net", TOWN_NOW + 2 * DAY_SECONDS + 1, first_key, &end);
    desk_page(&desk, &far, 0, 1);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    struct reader_action action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_OTHER);
    assert_string_equal(action.alarm.peer, arnhem); /* it is signed */
    desk_carry_out(&desk, &action);
    desk_failed(&desk, "malformed-request");
    desk_stands_at(&desk, FOLLOWER_NET, TOWN_NOW + DAY_SECONDS, 1);

    /* The same, a second later. */
    desk.now.seconds = TOWN_NOW + DAY_SECONDS + 1;
    desk.now.ms += HOUR;
    desk_expect(&desk, READER_WAIT);
    desk_take(&desk, &far, 0, 1);
    town_close(&far);
    town_close(&next);
    town_close(&old);
    desk_close(&desk);
}

static void a_first_epoch_far_ahead_is_not_believed_either(void **state)
{
    (void)state;
    struct desk desk;
    struct town far;
    town_open(&far, "net", TOWN_NOW + DAY_SECONDS + 1, first_key, NULL);
    desk_open(&desk, first_key);
    desk_page(&desk, &far, 0, 1);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_ALARM);
    desk_failed(&desk, "malformed-request");
    town_close(&far);
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
    (void)state;
    struct desk desk;
    struct town town;
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
    (void)state;
    struct desk desk;
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
    (void)state;
    struct desk desk;
    struct town town;
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
    (void)state;
    struct desk desk;
    struct town town;
    begin_two_pages(&desk, &town);
    desk_ended(&desk, READER_TOO_MANY);
    struct reader_action action = desk_expect(&desk, READER_FAILED);
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
    (void)state;
    struct desk desk;
    struct town town;
    begin_two_pages(&desk, &town);
    desk_ended(&desk, READER_REFUSED);
    struct reader_action action = desk_expect(&desk, READER_ALARM);
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
    (void)state;
    struct desk desk;
    struct town town;
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
    (void)state;
    struct forked f;
    fork_open(&f);
    desk_page(&f.desk, &f.left, 1, 2);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    desk_expect(&f.desk, READER_LOOK_UP);
    desk_ended(&f.desk, READER_BROKEN);
    desk_failed(&f.desk, "busy");
    fork_close(&f);
}

static void what_could_not_be_thrown_away_is_told_all_the_same(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 409, "cursor-ahead", 0);
    desk_expect(&desk, READER_DISCARD);
    desk_ended(&desk, READER_BROKEN);
    desk_failed(&desk, "cursor-ahead");
    desk_close(&desk);
}

/* ---- the end */

/* `net` of a town whose first line after the epoch came erased; the desk holds it. */
static void take_placeholder(struct desk *desk, struct town *town, const struct key_private *trusted)
{
    town_open(town, "net", 10, first_key, NULL);
    town_say(town, "erased since");
    desk_open(desk, trusted);
    desk_page(desk, town, 0, 2);
    desk_expect(desk, READER_ASK);
    desk_answer(desk);
    struct reader_action action = desk_expect(desk, READER_STORE);
    desk_note(desk, action.step);
    desk_done(desk, &(struct reader_result){.placeholders = true});
    desk_reached(desk, true);
    desk_expect(desk, READER_WAIT);
}

static void placeholders_are_explained_once_the_newest_head_is_reached(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    take_placeholder(&desk, &town, first_key);
    for (int i = 0; i < 2; i++) {
        desk_fresh(&desk, &town);
        desk_expect(&desk, READER_ASK);
        desk_answer(&desk);
        if (i == 0)
            assert_int_equal(desk_expect(&desk, READER_MISSING).stream, FOLLOWER_NET);
        if (i == 0)
            desk_done(&desk, &(struct reader_result){0});
        desk_reached(&desk, false); /* and once only */
        desk.now.ms += HOUR;
        desk_expect(&desk, READER_WAIT);
    }
    town_close(&town);
    desk_close(&desk);
}

static void placeholders_that_could_not_be_looked_for_are_at_the_next_end(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    take_placeholder(&desk, &town, first_key);
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
    (void)state;
    struct desk desk;
    struct town town;
    take_placeholder(&desk, &town, first_key);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_reached(&desk, false);
    town_close(&town);
    desk_close(&desk);
}

static void the_end_is_reached_only_at_a_head_of_the_trusted_key(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    take_placeholder(&desk, &town, second_key);
    desk_fresh(&desk, &town);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    desk_do(&desk, READER_ALARM);
    desk_do(&desk, READER_DISCARD);
    desk_failed(&desk, "untrusted-key");
    town_close(&town);
    desk_close(&desk);
}

static void the_end_is_not_reached_while_lines_wait_to_be_applied(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    take_placeholder(&desk, &town, first_key);
    town_rotate(&town, second_key);
    desk_take(&desk, &town, 2, 3);
    desk_fresh(&desk, &town); /* a head without lines, which the new key makes news all the same */
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    struct reader_action action = desk_expect(&desk, READER_STORE);
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

/* ---- refusals */

static void a_cursor_ahead_throws_provisional_lines_away_and_shows_both_heads(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 409, "cursor-ahead", 0);
    desk_do(&desk, READER_DISCARD); /* before a head is shown */
    desk_failed(&desk, "cursor-ahead");
    struct reader_action action = desk_wait(&desk);
    assert_int_equal(action.kind, READER_SHOW);
    assert_int_equal(action.stream, FOLLOWER_TO);
    assert_true(desk_expect(&desk, READER_WAIT).until_ms == INT64_MAX); /* for its answer */
    desk_carry_out(&desk, &action);
    assert_int_equal(desk_expect(&desk, READER_SHOW).stream, FOLLOWER_NET);
    desk_ended(&desk, READER_BROKEN);
    desk_expect(&desk, READER_WAIT);
    desk_close(&desk);
}

static void another_conflict_shows_nothing(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    desk_expect(&desk, READER_ASK);
    desk_refuse(&desk, 409, "key-conflict", 0);
    desk_failed(&desk, "key-conflict");
    assert_int_equal(desk_wait(&desk).kind, READER_WAIT);
    desk_close(&desk);
}

static void a_replayed_request_is_signed_anew_once(void **state)
{
    (void)state;
    struct desk desk;
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
    (void)state;
    static const struct reader_answer answers[] = {{.status = 200, .slug = "status-200"},
                                                   {.status = 203, .slug = "status-203", .pages = true}};
    struct town town;
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

static void retry_after_is_honoured_against_hints_up_to_an_hour(void **state)
{
    (void)state;
    static const int64_t asked[] = {30, 3599, 3600, 3601, 86400, INT64_MAX};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct desk desk;
        desk_open(&desk, first_key);
        desk.now.random = 0;
        desk_expect(&desk, READER_ASK);
        desk_refuse(&desk, 429, "rate-limited", asked[i]);
        desk_failed(&desk, "rate-limited");
        reader_wake(desk.reader, desk.now.ms + 1);
        reader_seen(desk.reader, desk.now.ms + 1);
        desk_waits_until(&desk, desk.now.ms + (asked[i] < 3600 ? asked[i] : 3600) * SECOND);
        desk_close(&desk);
    }
}

static void failures_wait_a_random_share_of_two_seconds_doubled(void **state)
{
    (void)state;
    static const uint32_t randoms[] = {0, UINT32_MAX / 2, UINT32_MAX};
    for (size_t i = 0; i < sizeof randoms / sizeof *randoms; i++) {
        struct desk desk;
        int64_t ceiling = 2 * SECOND;
        desk_open(&desk, first_key);
        desk.now.random = randoms[i];
        for (int failure = 0; failure < 12; failure++) {
            struct reader_action action = desk_expect(&desk, READER_ASK);
            desk_refuse(&desk, 0, "timeout", 0);
            desk_failed(&desk, "timeout");
            int64_t expected = (int64_t)((double)ceiling * ((double)randoms[i] / UINT32_MAX));
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
    (void)state;
    struct desk desk;
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
    (void)state;
    struct desk desk;
    struct town town;
    settle(&desk, &town);
    reader_compare(desk.reader);
    assert_true(desk_expect(&desk, READER_ASK).heads_only);
    desk_fresh(&desk, &town);
    desk_answer(&desk);
    struct reader_action action = desk_wait(&desk);
    assert_int_equal(action.kind, READER_WAIT); /* nothing to tell, and until the next poll nothing to do */
    assert_int_equal(action.until_ms, desk.now.ms + 75 * SECOND);
    town_close(&town);
    desk_close(&desk);
}

static void compares_nothing_with_a_peer_that_fails_or_never_answered(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, first_key);
    reader_compare(desk.reader);
    assert_false(desk_expect(&desk, READER_ASK).heads_only);
    desk_refuse(&desk, 0, "timeout", 0);
    desk_failed(&desk, "timeout");
    assert_int_equal(desk_wait(&desk).kind, READER_WAIT);
    desk_close(&desk);
}

static void a_newest_head_ahead_is_no_gap_but_a_reason_to_pull(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
    settle(&desk, &town);
    town_say(&town, "one");
    reader_compare(desk.reader);
    assert_true(desk_expect(&desk, READER_ASK).heads_only);
    desk_fresh(&desk, &town);
    desk_answer(&desk);
    struct reader_action action = desk_wait(&desk);
    assert_true(action.kind == READER_ASK && !action.heads_only);
    assert_false(reader_failing(desk.reader));
    town_close(&town);
    desk_close(&desk);
}

static void a_newest_head_over_another_chain_is_a_fork(void **state)
{
    (void)state;
    struct forked f;
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
    (void)state;
    struct desk desk;
    struct town town;
    settle(&desk, &town);
    reader_compare(desk.reader);
    desk_expect(&desk, READER_ASK);
    buffer_puts(&desk.body, "nonsense");
    desk_answer(&desk);
    struct reader_action action = desk_wait(&desk); /* and no failure is told */
    assert_true(action.kind == READER_ASK && !action.heads_only);
    town_close(&town);
    desk_close(&desk);
}

static void a_refusal_to_compare_changes_nothing(void **state)
{
    (void)state;
    struct desk desk;
    struct town town;
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
        cmocka_unit_test(a_new_reader_asks_at_once_from_the_beginning),
        cmocka_unit_test(asks_with_the_cursors_of_what_is_stored),
        cmocka_unit_test(waits_for_the_answer_and_asks_no_second_time),
        cmocka_unit_test(what_is_stored_is_applied_before_it_asks),
        cmocka_unit_test(what_is_stored_and_cannot_be_applied_is_not_acknowledged),
        cmocka_unit_test(what_cannot_be_applied_is_tried_less_and_less_often_in_spite_of_hints),
        cmocka_unit_test(applying_gives_way_to_others_after_a_second_and_goes_on),
        cmocka_unit_test(an_answer_is_stored_page_by_page_and_asked_again_at_once),
        cmocka_unit_test(an_answer_that_moves_nothing_is_the_end_of_it),
        cmocka_unit_test(an_answer_without_a_page_is_none_of_news),
        cmocka_unit_test(a_hint_during_the_answer_makes_it_ask_again),
        cmocka_unit_test(what_was_stored_is_applied_before_the_next_page),
        cmocka_unit_test(after_a_second_the_rest_of_an_answer_is_asked_for_again),
        cmocka_unit_test(the_first_page_of_an_answer_is_read_however_long_it_takes),
        cmocka_unit_test(in_a_hurry_nothing_further_is_begun),
        cmocka_unit_test(bytes_that_are_no_page_are_a_bad_answer_that_no_hint_repeats),
        cmocka_unit_test(what_was_good_before_a_bad_page_stays),
        cmocka_unit_test(a_page_that_was_not_asked_for_is_an_alarm_about_who_sent_it),
        cmocka_unit_test(a_key_that_nobody_vouches_for_is_an_alarm_about_the_origin_and_is_offered),
        cmocka_unit_test(what_the_old_key_signs_is_kept_apart_and_thrown_away_at_a_head_of_its_own),
        cmocka_unit_test(a_gap_is_asked_for_again_and_is_no_alarm),
        cmocka_unit_test(a_gap_after_provisional_lines_throws_them_away),
        cmocka_unit_test(a_head_that_nobody_signed_is_no_alarm),
        cmocka_unit_test(a_fork_freezes_its_epoch_is_shown_to_the_origin_and_the_rest_is_read),
        cmocka_unit_test(the_next_epoch_thaws_a_frozen_stream),
        cmocka_unit_test(a_fork_is_proved_by_the_chain_that_is_stored),
        cmocka_unit_test(a_page_repeated_is_no_fork_and_no_news),
        cmocka_unit_test(a_fork_that_could_not_be_noted_is_found_again),
        cmocka_unit_test(an_epoch_is_believed_up_to_a_day_ahead),
        cmocka_unit_test(a_first_epoch_far_ahead_is_not_believed_either),
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
        cmocka_unit_test(the_end_is_reached_only_at_a_head_of_the_trusted_key),
        cmocka_unit_test(the_end_is_not_reached_while_lines_wait_to_be_applied),
        cmocka_unit_test(a_cursor_ahead_throws_provisional_lines_away_and_shows_both_heads),
        cmocka_unit_test(another_conflict_shows_nothing),
        cmocka_unit_test(a_replayed_request_is_signed_anew_once),
        cmocka_unit_test(pages_count_only_with_status_and_media_type),
        cmocka_unit_test(retry_after_is_honoured_against_hints_up_to_an_hour),
        cmocka_unit_test(failures_wait_a_random_share_of_two_seconds_doubled),
        cmocka_unit_test(a_request_from_the_other_side_ends_the_wait_after_failures),
        cmocka_unit_test(compares_the_newest_heads_with_what_is_stored),
        cmocka_unit_test(compares_nothing_with_a_peer_that_fails_or_never_answered),
        cmocka_unit_test(a_newest_head_ahead_is_no_gap_but_a_reason_to_pull),
        cmocka_unit_test(a_newest_head_over_another_chain_is_a_fork),
        cmocka_unit_test(newest_heads_that_cannot_be_taken_are_left_to_a_pull),
        cmocka_unit_test(a_refusal_to_compare_changes_nothing),
    };
    return cmocka_run_group_tests_name("protocol reader", tests, make_keys, destroy_keys);
}
