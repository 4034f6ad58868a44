/* New epochs, forks and restarts (SPEC.md sections 9.2 and 9.5). */
#include "tests/unit/follower_fixture.h"

/* Epochs */

static void an_epoch_entry_that_names_no_key_is_refused(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    forge_line(&town, 1, "epoch", good_salt);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_MALFORMED);
    assert_stands_at(follower, FOLLOWER_NET, 0, 0);
    town_close(&town);
    follower_destroy(follower);
}

/* The body of an `epoch` entry is asked for its past before it is judged, and the past is looked up. */
static void a_past_that_cannot_be_is_not_looked_up(void **state)
{
    static const char *const pasts[] = {"\"epoch\":10,\"seq\":-1", "\"epoch\":10,\"seq\":0",
                                        "\"epoch\":10,\"seq\":\"1\""};
    struct follower *follower = follow(first_key);
    struct town town, next;
    struct follower_step step;
    struct position previous;
    struct cursor wanted;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "a second line");
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    previous = town_position(&town, 1);
    for (size_t i = 0; i < sizeof pasts / sizeof *pasts; i++) {
        struct head head = {.origin = "arnhem.example", .stream = "net", .issued_at = TOWN_NOW};
        struct town_page read;
        char *line, *past;

        town_open(&next, "net", 20, first_key, &previous);
        town_page(&next, 0, 1, &read);
        assert_true(follower_wants(follower, &read.page, &wanted));
        assert_int_equal(cursor_compare(wanted, previous.at), 0);
        town_page_finish(&read);

        line = buffer_steal(&next.lines[0].line);
        past = strstr(line, "\"epoch\":10,\"seq\":1");
        assert_non_null(past);
        buffer_printf(&next.lines[0].line, "%.*s%s%s", (int)(past - line), line, pasts[i],
                      past + strlen("\"epoch\":10,\"seq\":1"));
        free(line);
        head.position = next.start;
        head.position.at.seq = 1;
        chain_digest(next.lines[0].line.data, next.lines[0].line.size, next.lines[0].digest);
        chain_link(head.position.chain, 1, next.lines[0].digest);
        assert_int_equal(head_sign(&head, first_key, next.heads[0], NULL), ERR_OK);
        town_page(&next, 0, 1, &read);
        assert_false(follower_wants(follower, &read.page, &wanted));
        assert_int_equal(follower_page(follower, &read.page, NULL, &step, NULL), ERR_MALFORMED);
        town_page_finish(&read);
        town_close(&next);
    }
    town_close(&town);
    follower_destroy(follower);
}

static void a_new_epoch_goes_on_where_the_old_one_ended(void **state)
{
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct follower_step step;
    struct position end;
    struct town_page read;
    struct cursor wanted;

    (void)state;
    town_open(&old, "net", 10, first_key, NULL);
    town_say(&old, "one");
    assert_int_equal(take(follower, &old, 0, 2, NULL, &step), ERR_OK);
    end = town_position(&old, 2);
    town_open(&new, "net", 20, first_key, &end);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.new_epoch && step.settled && !step.just_settled && !step.lost);
    assert_stands_at(follower, FOLLOWER_NET, 20, 1);

    assert_int_equal(take(follower, &old, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    town_page(&old, 0, 2, &read);
    assert_false(follower_wants(follower, &read.page, &wanted));
    town_page_finish(&read);
    town_close(&old);
    town_close(&new);
    follower_destroy(follower);
}

static void a_new_epoch_may_go_on_before_what_the_follower_holds(void **state)
{
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct town_page read;
    struct follower_step step;
    struct cursor wanted;
    struct position restored;

    (void)state;
    town_open(&old, "net", 10, first_key, NULL);
    town_say(&old, "kept in the backup");
    town_say(&old, "lost with the database");
    assert_int_equal(take(follower, &old, 0, 3, NULL, &step), ERR_OK);
    restored = town_position(&old, 2);
    town_open(&new, "net", 20, first_key, &restored);
    town_page(&new, 0, 1, &read);
    assert_true(follower_wants(follower, &read.page, &wanted));
    assert_int_equal(wanted.epoch, 10);
    assert_int_equal(wanted.seq, 2);
    town_page_finish(&read);
    assert_int_equal(take(follower, &new, 0, 1, restored.chain, &step), ERR_OK);
    assert_true(step.new_epoch);
    assert_true(step.lost && cursor_compare(step.linked, restored.at) == 0);
    town_close(&new);

    /* Also when it was put back to an epoch before. */
    restored.at.seq = 1;
    town_open(&new, "net", 30, first_key, &restored);
    assert_int_equal(take(follower, &new, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.lost && step.linked.epoch == 0);
    town_close(&new);
    town_close(&old);
    follower_destroy(follower);
}

static void a_new_epoch_may_name_a_past_that_was_never_held_or_none_and_then_all_is_lost(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct position unknown = {.at = {15, 4}};

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    town_close(&town);
    town_open(&town, "net", 20, first_key, &unknown);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.new_epoch && !step.lost);
    town_close(&town);
    town_open(&town, "net", 30, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.new_epoch && step.lost && step.linked.epoch == 0);
    town_close(&town);
    follower_destroy(follower);
}

static void a_new_epoch_whose_past_is_not_held_is_a_gap(void **state)
{
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct follower_step step;
    struct position ahead;

    (void)state;
    town_open(&old, "net", 10, first_key, NULL);
    town_say(&old, "one");
    assert_int_equal(take(follower, &old, 0, 1, NULL, &step), ERR_OK);
    ahead = town_position(&old, 2);
    town_open(&new, "net", 20, first_key, &ahead);
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct position unknown = {.at = {5, 99}};

    (void)state;
    town_open(&town, "net", 10, first_key, &unknown);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    town_close(&town);
    follower_destroy(follower);
}

static void a_strangers_epoch_does_not_carry_a_settled_stream_away(void **state)
{
    struct follower *follower = follow(first_key);
    struct town old;
    struct town new;
    struct follower_step step;
    struct position end;

    (void)state;
    town_open(&old, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &old, 0, 1, NULL, &step), ERR_OK);
    end = town_position(&old, 1);
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct head head;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    head = (struct head){.position = town.stream.position, .issued_at = TOWN_NOW};
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
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct town_page read;
    struct follower_step step;
    struct cursor wanted;
    struct position held;

    (void)state;
    open_fork(&left, &right);
    assert_int_equal(take(follower, &left, 0, 3, NULL, &step), ERR_OK);
    town_page(&right, 2, 2, &read);
    assert_true(follower_wants(follower, &read.page, &wanted));
    assert_int_equal(wanted.seq, 2);
    town_page_finish(&read);
    held = town_position(&left, 2);
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
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct follower_step step;

    (void)state;
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

/* The branch that was held ends at 2; the next epoch goes on from this number of the other one. */
static void leave_frozen(int64_t seq)
{
    struct follower *follower = follow(first_key);
    struct town left, right, next;
    struct follower_step step;
    struct follower_state after;
    struct position other_end;

    open_fork(&left, &right);
    town_say(&right, "and the origin is ahead");
    assert_int_equal(take(follower, &left, 0, 2, NULL, &step), ERR_OK);
    follower_freeze(follower, FOLLOWER_NET);
    assert_int_equal(take(follower, &left, 2, 3, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    other_end = town_position(&right, seq);
    town_open(&next, "net", 20, first_key, &other_end);
    assert_int_equal(take(follower, &next, 0, 1, town_position(&left, 1).chain, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    assert_true(step.lost);
    assert_int_equal(step.linked.seq, seq == 1 ? 1 : 0); /* up to there the branches are one */
    follower_state(follower, FOLLOWER_NET, &after);
    assert_false(after.frozen);
    assert_stands_at(follower, FOLLOWER_NET, 20, 1);
    town_close(&left);
    town_close(&right);
    town_close(&next);
    follower_destroy(follower);
}

static void a_frozen_stream_takes_nothing_in_its_epoch_and_goes_on_in_the_next(void **state)
{
    (void)state;
    leave_frozen(1);
    leave_frozen(2);
    leave_frozen(3);
}

static void an_epoch_that_goes_on_from_another_history_is_a_fork(void **state)
{
    struct follower *follower = follow(first_key);
    struct town left;
    struct town right;
    struct town next;
    struct follower_step step;
    struct position other;
    struct position held;

    (void)state;
    open_fork(&left, &right);
    assert_int_equal(take(follower, &left, 0, 3, NULL, &step), ERR_OK);
    other = town_position(&right, 3);
    town_open(&next, "net", 20, first_key, &other);
    assert_int_equal(take(follower, &next, 0, 1, NULL, &step), ERR_FORKED);
    town_close(&next);
    other = town_position(&right, 2);
    held = town_position(&left, 2);
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
    struct follower *before = follow(first_key);
    struct town town;
    struct follower_step step;
    struct follower_state stored;
    struct follower *after;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(before, &town, 0, 2, NULL, &step), ERR_OK);
    follower_state(before, FOLLOWER_NET, &stored);

    after = follow(first_key);
    assert_true(follower_restore(after, FOLLOWER_NET, &stored));
    follower_destroy(before);
    assert_stands_at(after, FOLLOWER_NET, 10, 2);
    town_say(&town, "after the restart");
    assert_int_equal(take(after, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.just_settled);
    assert_true(key_public_equal(step.rotated, key_private_public(second_key)));
    stored = (struct follower_state){.position.at = {10, 1}};
    assert_false(follower_restore(after, FOLLOWER_NET, &stored));
    follower_state(after, FOLLOWER_NET, &stored);
    stored.vouched.seq = stored.position.at.seq + 1;
    assert_false(follower_restore(after, FOLLOWER_NET, &stored));
    assert_stands_at(after, FOLLOWER_NET, 10, 3);
    town_close(&town);
    follower_destroy(after);
    follower_destroy(NULL);
}

/* What a state borrows may be the follower's own. */
static void a_follower_is_restored_from_its_own_state(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct follower_state own;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    follower_state(follower, FOLLOWER_NET, &own);
    assert_true(follower_restore(follower, FOLLOWER_NET, &own));
    assert_int_equal(take_fresh(follower, &town, &step), ERR_OK);
    assert_non_null(step.rotated);
    town_close(&town);
    follower_destroy(follower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_entry_that_names_no_key_is_refused),
        cmocka_unit_test(a_past_that_cannot_be_is_not_looked_up),
        cmocka_unit_test(a_new_epoch_goes_on_where_the_old_one_ended),
        cmocka_unit_test(a_new_epoch_may_go_on_before_what_the_follower_holds),
        cmocka_unit_test(a_new_epoch_may_name_a_past_that_was_never_held_or_none_and_then_all_is_lost),
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
        cmocka_unit_test(a_follower_is_restored_from_its_own_state),
    };
    return cmocka_run_group_tests_name("protocol follower: epochs and forks", tests, make_keys, destroy_keys);
}
