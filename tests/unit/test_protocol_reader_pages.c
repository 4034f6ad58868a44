/* What a reader does about pages that are not to be taken (SPEC.md sections 6.5, 9.2 and 9.5). */
#include "tests/unit/reader_fixture.h"

enum { DAY_SECONDS = 86400 };

static void a_page_that_was_not_asked_for_is_an_alarm_about_who_sent_it(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    town_open(&town, "to/metz.example", 10, first_key, NULL);
    desk_open(&desk, first_key);
    desk_page(&desk, &town, 0, 1);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_OTHER);
    assert_string_equal(action.alarm.peer, relay);
    assert_string_equal(action.alarm.page->stream, "to/metz.example");
    assert_true(action.alarm.freeze == 0 && !action.alarm.offered);
    desk_carry_out(&desk, &action);
    desk_failed(&desk, "malformed-request");
    town_close(&town);
    desk_close(&desk);
}

static void a_key_that_nobody_vouches_for_is_an_alarm_about_the_origin_and_is_offered(void **state)
{
    struct desk desk;
    struct town town;
    struct town stranger;
    struct reader_action action;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_open(&stranger, "net", 20, stranger_key, NULL);
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 1);
    desk_page(&desk, &stranger, 0, 1);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_KEY_CONFLICT);
    assert_string_equal(action.alarm.peer, arnhem);
    assert_true(key_public_equal(action.alarm.offered, key_private_public(stranger_key)));
    assert_int_equal(action.alarm.page->from.at.epoch, 20);
    desk_carry_out(&desk, &action);
    action = desk_expect(&desk, READER_FAILED); /* nothing provisional: nothing is thrown away */
    assert_string_equal(action.slug, "untrusted-key");
    assert_string_equal(action.detail, ""); /* the alarm has said it */
    desk_carry_out(&desk, &action);
    desk_answered(&desk);
    desk_stands_at(&desk, FOLLOWER_NET, 10, 1);
    town_close(&stranger);
    town_close(&town);
    desk_close(&desk);
}

/* A key that a line names is not the one that the page is under. */
static void only_the_key_that_begins_an_epoch_is_offered(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 1);
    town.key = stranger_key;
    town_rotate(&town, stranger_key);
    desk_page(&desk, &town, 1, 2);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    action = desk_expect(&desk, READER_ALARM);
    assert_int_equal(action.alarm.kind, READER_KEY_CONFLICT);
    assert_null(action.alarm.offered);
    town_close(&town);
    desk_close(&desk);
}

/* The key was replaced by people: what the old one signs may be a rotation that was not read yet, or the work
 * of a thief. */
static void what_the_old_key_signs_is_kept_apart_and_thrown_away_at_a_head_of_its_own(void **state)
{
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
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
    action = desk_expect(&desk, READER_STORE);
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
    struct desk desk;
    struct town town;
    struct reader_action action;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&town, "two");
    desk_open(&desk, first_key);
    desk_take(&desk, &town, 0, 1);
    desk_page(&desk, &town, 2, 3);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    action = desk_expect(&desk, READER_FAILED);
    assert_string_equal(action.slug, "gap");
    assert_string_equal(action.detail, "the page begins after 2; held is 1");
    town_close(&town);
    desk_close(&desk);
}

static void a_gap_after_provisional_lines_throws_them_away(void **state)
{
    struct desk desk;
    struct town town;

    (void)state;
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
    struct desk desk;
    struct town town;
    struct town forged;
    char *signature;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_open(&forged, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&forged, "another");
    signature = strrchr(town.heads[1], '.') + 1;
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

static void a_fork_freezes_its_epoch_is_shown_to_the_origin_and_the_rest_is_read(void **state)
{
    struct forked f;
    struct reader_action action;

    (void)state;
    fork_open(&f);
    desk_page(&f.desk, &f.right, 2, 3);
    desk_page(&f.desk, &f.to, 0, 1);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    action = desk_expect(&f.desk, READER_ALARM);
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

    /* It stands still, and its origin is shown what is held until it begins another epoch. */
    for (int i = 0; i < 2; i++) {
        desk_page(&f.desk, &f.left, 1, 2);
        desk_expect(&f.desk, READER_ASK);
        desk_answer(&f.desk);
        desk_do(&f.desk, READER_LOOK_UP);
        desk_reached(&f.desk, false);
        assert_int_equal(desk_wait(&f.desk).kind, READER_SHOW);
        desk_carry_out(&f.desk, &(struct reader_action){.kind = READER_SHOW});
        f.desk.now.ms = desk_wait(&f.desk).until_ms;
    }
    fork_close(&f);
}

static void the_next_epoch_thaws_a_frozen_stream(void **state)
{
    struct forked f;
    struct town next;
    struct position end;

    (void)state;
    fork_open(&f);
    desk_page(&f.desk, &f.right, 2, 3);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    desk_do(&f.desk, READER_ALARM);
    desk_reached(&f.desk, true);
    desk_expect(&f.desk, READER_WAIT);
    desk_do(&f.desk, READER_SHOW);
    end = town_position(&f.right, 2);
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
    struct forked f;
    struct position end;
    struct reader_action action;

    (void)state;
    fork_open(&f);
    end = town_position(&f.left, 2);
    town_say(&f.left, "two");
    desk_take(&f.desk, &f.left, 2, 3);
    desk_page(&f.desk, &f.right, 2, 2);
    desk_expect(&f.desk, READER_ASK);
    desk_answer(&f.desk);
    f.desk.chain = end.chain;
    action = desk_expect(&f.desk, READER_LOOK_UP);
    assert_true(action.stream == FOLLOWER_NET && action.at.epoch == 10 && action.at.seq == 2);
    desk_carry_out(&f.desk, &action);
    assert_int_equal(desk_expect(&f.desk, READER_ALARM).alarm.kind, READER_FORK);
    fork_close(&f);
}

static void a_page_repeated_is_no_fork_and_no_news(void **state)
{
    struct forked f;
    struct position at;

    (void)state;
    fork_open(&f);
    at = town_position(&f.left, 1);
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
    struct forked f;

    (void)state;
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
    struct desk desk;
    struct town old;
    struct town next;
    struct town far;
    struct position end;
    struct reader_action action;

    (void)state;
    town_open(&old, "net", 10, first_key, NULL);
    end = town_position(&old, 1);
    town_open(&next, "net", TOWN_NOW + DAY_SECONDS, first_key, &end);
    desk_open(&desk, first_key);
    desk_take(&desk, &old, 0, 1);
    desk_take(&desk, &next, 0, 1);

    end = town_position(&next, 1);
    town_open(&far, "net", TOWN_NOW + 2 * DAY_SECONDS + 1, first_key, &end);
    desk_page(&desk, &far, 0, 1);
    desk_expect(&desk, READER_ASK);
    desk_answer(&desk);
    action = desk_expect(&desk, READER_ALARM);
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
    struct desk desk;
    struct town far;

    (void)state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_that_was_not_asked_for_is_an_alarm_about_who_sent_it),
        cmocka_unit_test(a_key_that_nobody_vouches_for_is_an_alarm_about_the_origin_and_is_offered),
        cmocka_unit_test(only_the_key_that_begins_an_epoch_is_offered),
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
    };
    return cmocka_run_group_tests_name("protocol reader: bad pages", tests, make_keys, destroy_keys);
}
