/* Which pages a follower believes, and under which key (SPEC.md sections 9.1 and 9.2). */
#include "tests/unit/follower_fixture.h"

static void a_page_moves_the_position_of_its_stream(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_APPLY);
    assert_int_equal(step.stream, FOLLOWER_NET);
    assert_true(step.new_epoch && step.settled && step.just_settled && !step.rotated);
    assert_stands_at(follower, FOLLOWER_NET, 10, 2);
    assert_stands_at(follower, FOLLOWER_TO, 0, 0);

    town_say(&town, "two");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.just_settled && !step.new_epoch);
    assert_stands_at(follower, FOLLOWER_NET, 10, 3);
    town_close(&town);
    follower_destroy(follower);
}

static void both_streams_are_told_apart(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct town_page read;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct town_page read;
    struct follower_step step;
    struct cursor cursor;

    (void)state;
    town_open(&town, "to/metz.example", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_MALFORMED);
    town_page(&town, 0, 1, &read);
    assert_false(follower_wants(follower, &read.page, &cursor));
    town_page_finish(&read);
    town_close(&town);
    follower_destroy(follower);

    follower = follower_create("saarbruecken.example", "metz.example", key_private_public(first_key));
    town_open(&town, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_MALFORMED);
    town_close(&town);
    follower_destroy(follower);
}

static void a_page_applied_before_changes_nothing(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct position held;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    town_say(&town, "two");
    assert_int_equal(take(follower, &town, 0, 3, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    held = town_position(&town, 1);
    assert_int_equal(take(follower, &town, 1, 3, held.chain, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    assert_stands_at(follower, FOLLOWER_NET, 10, 3);
    town_close(&town);
    follower_destroy(follower);
}

static void nothing_new_is_nothing_to_apply(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct town_page read;
    struct follower_step step;
    char *signature;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    signature = strrchr(town.heads[0], '.') + 1;
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;
    struct follower_state after;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.rotated);
    follower_state(follower, FOLLOWER_NET, &after);
    assert_true(key_public_equal(after.key, key_private_public(second_key)));

    town_say(&town, "under the new key");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.just_settled);
    assert_true(key_public_equal(step.rotated, key_private_public(second_key)));
    town_say(&town, "and again");
    assert_int_equal(take(follower, &town, 3, 4, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.rotated);
    assert_true(key_public_equal(step.trusted, key_private_public(second_key)));
    town_close(&town);
    follower_destroy(follower);
}

/* Anybody can name a key that he does not have. */
static void a_key_that_was_only_named_is_not_trusted(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct town next;
    struct follower_step step;
    struct position end;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, stranger_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_null(step.rotated);
    town.key = first_key;
    town_say(&town, "under the old key");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_UNTRUSTED_KEY);

    end = town_position(&town, 2);
    town_open(&next, "net", 20, first_key, &end);
    assert_int_equal(take(follower, &next, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.settled && !step.rotated);
    town_close(&next);
    town_close(&town);
    follower_destroy(follower);
}

static void a_head_without_lines_and_an_epoch_show_that_the_new_key_is_held(void **state)
{
    (void)state;
    for (int epoch = 0; epoch < 2; epoch++) {
        struct follower *follower = follow(first_key);
        struct town town;
        struct town next;
        struct follower_step step;
        struct position end;

        town_open(&town, "net", 10, first_key, NULL);
        town_rotate(&town, second_key);
        assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
        end = town_position(&town, 2);
        town_open(&next, "net", 20, second_key, &end);
        assert_int_equal(
            epoch ? take(follower, &next, 0, 1, NULL, &step) : take_fresh(follower, &town, &step), ERR_OK);
        assert_int_equal(step.verdict, FOLLOWER_APPLY);
        assert_true(step.settled && key_public_equal(step.rotated, key_private_public(second_key)));
        town_close(&next);
        town_close(&town);
        follower_destroy(follower);
    }
}

static void each_of_two_rotations_is_shown_by_the_next_head(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    town_rotate(&town, stranger_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(step.settled && key_public_equal(step.rotated, key_private_public(second_key)));
    assert_true(key_public_equal(step.key, key_private_public(stranger_key)));
    assert_int_equal(take_fresh(follower, &town, &step), ERR_OK);
    assert_true(step.settled && key_public_equal(step.rotated, key_private_public(stranger_key)));
    town_close(&town);
    follower_destroy(follower);
}

/* What people decide holds, also after the old key had named its next. */
static void a_named_key_does_not_come_back_once_people_decided_for_another(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_true(follower_trust(follower, key_private_public(stranger_key)));
    town_say(&town, "under the named key");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(!step.settled && !step.rotated);
    town_close(&town);
    follower_destroy(follower);

    follower = follow(first_key);
    town_open(&town, "net", 10, first_key, NULL);
    town_rotate(&town, second_key);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_int_equal(take_fresh(follower, &town, &step), ERR_OK);
    assert_true(follower_trust(follower, key_private_public(first_key)));
    town_say(&town, "under the key that was given up again");
    assert_int_equal(take(follower, &town, 2, 3, NULL, &step), ERR_OK);
    assert_true(!step.settled && !step.rotated);
    town_close(&town);
    follower_destroy(follower);
}

static void after_a_rotation_the_old_key_counts_for_nothing(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town to;
    struct town net;
    struct follower_step step;

    (void)state;
    town_open(&to, "to/saarbruecken.example", 10, first_key, NULL);
    town_open(&net, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &to, 0, 1, NULL, &step), ERR_OK);
    assert_int_equal(take(follower, &net, 0, 1, NULL, &step), ERR_OK);
    town_say(&net, "one");
    town_rotate(&to, second_key);
    town_rotate(&net, second_key);
    assert_int_equal(take(follower, &to, 1, 2, NULL, &step), ERR_OK);
    assert_int_equal(take_fresh(follower, &to, &step), ERR_OK);
    assert_non_null(step.rotated);
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
    struct follower *follower = follow(second_key);
    struct town town;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(second_key);
    struct town town;
    struct follower_step step;

    (void)state;
    town_open(&town, "net", 10, stranger_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    assert_false(step.settled);
    assert_int_equal(take_fresh(follower, &town, &step), ERR_UNTRUSTED_KEY);

    /* A person compares fingerprints and vouches for the key after all. */
    assert_true(follower_trust(follower, key_private_public(stranger_key)));
    assert_int_equal(take_fresh(follower, &town, &step), ERR_OK);
    assert_true(step.just_settled && step.verdict == FOLLOWER_APPLY);
    town_close(&town);
    follower_destroy(follower);
}

static void a_replaced_key_stops_the_showing_of_what_the_old_one_signs(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
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
    struct follower *follower = follow(first_key);
    struct town town;
    struct follower_step step;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "x");
    forge_line(&town, 2, "key", good_salt);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_MALFORMED);
    forge_line(&town, 2, "key", "");
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_MALFORMED);
    assert_stands_at(follower, FOLLOWER_NET, 0, 0);
    town_close(&town);
    follower_destroy(follower);
}

static void an_envelope_that_is_nonsense_does_not_stop_the_stream(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct town_page read;
    struct follower_step step;
    const struct page_line *line;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "x");
    forge_line(&town, 2, "novelty", "");
    town_page(&town, 0, 2, &read);
    line = &read.page.lines[1];
    assert_int_equal(line->kind, PAGE_ENTRY);
    assert_true(line->seq == 2 && line->line.size > 0);
    assert_string_equal(line->entry.type, "");
    assert_null(line->entry.body);
    assert_int_equal(entry_check(&line->entry, NULL), ERR_MALFORMED);
    town_page_finish(&read);
    assert_int_equal(take(follower, &town, 0, 2, NULL, &step), ERR_OK);
    assert_stands_at(follower, FOLLOWER_NET, 10, 2);
    town_close(&town);
    follower_destroy(follower);
}

static void an_erase_whose_envelope_is_nonsense_says_that_it_is_one(void **state)
{
    struct town town;
    struct town_page read;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "x");
    forge_line(&town, 2, "erase", "");
    town_page(&town, 0, 2, &read);
    assert_string_equal(read.page.lines[1].entry.type, "erase");
    assert_int_equal(entry_check(&read.page.lines[1].entry, NULL), ERR_MALFORMED);
    town_page_finish(&read);
    town_close(&town);
}

/* What is kept as a proof for years must not keep what has to be erased. */
static void a_proof_shows_the_same_head_without_the_texts(void **state)
{
    struct town town;
    struct town_page read;
    struct buffer proof = {0};
    struct page again;
    size_t used;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "nobody may keep this");
    town_rotate(&town, second_key);
    town_page(&town, 0, 3, &read);
    page_write_proof(&proof, &read.page);
    assert_null(memmem(proof.data, proof.size, "nobody", 6));
    assert_int_equal(page_read((const char *)proof.data, proof.size, &again, &used, NULL), ERR_OK);
    assert_int_equal(used, proof.size);
    assert_int_equal(again.lines[1].kind, PAGE_WITHHELD);
    assert_string_equal(again.lines[2].entry.type, "key");
    assert_memory_equal(&again.head.position, &read.page.head.position, sizeof again.head.position);
    assert_int_equal(head_verify((const char *)again.head_jws.data, again.head_jws.size,
                                 key_private_public(first_key), NULL),
                     ERR_OK);
    page_finish(&again);
    buffer_free(&proof);
    town_page_finish(&read);
    town_close(&town);
}

/* An alarm keeps it for as long as people leave it open: a peer does not choose how much that is. */
static void a_proof_keeps_one_long_line_and_not_five(void **state)
{
    static char filler[60000];
    struct town town;
    struct town_page read;
    struct buffer proof = {0};
    struct page again;
    size_t used;

    (void)state;
    memset(filler, 'x', sizeof filler - 1);
    town_open(&town, "net", 10, first_key, NULL);
    for (int i = 0; i < 5; i++)
        town_append(&town, "erase", json_pack("{s:[s], s:s}", "entries", "9.1", "x", filler));
    town_page(&town, 0, 6, &read);
    page_write_proof(&proof, &read.page);
    assert_in_range(proof.size, 60000, 70000);
    assert_int_equal(page_read((const char *)proof.data, proof.size, &again, &used, NULL), ERR_OK);
    assert_string_equal(again.lines[0].entry.type, "epoch");
    assert_string_equal(again.lines[1].entry.type, "erase");
    assert_int_equal(again.lines[2].kind, PAGE_WITHHELD);
    page_finish(&again);
    buffer_free(&proof);
    town_page_finish(&read);
    town_close(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_moves_the_position_of_its_stream),
        cmocka_unit_test(both_streams_are_told_apart),
        cmocka_unit_test(a_page_changes_nothing_until_it_is_applied),
        cmocka_unit_test(another_towns_stream_is_refused),
        cmocka_unit_test(a_page_applied_before_changes_nothing),
        cmocka_unit_test(nothing_new_is_nothing_to_apply),
        cmocka_unit_test(a_page_beyond_the_position_is_a_gap),
        cmocka_unit_test(a_strangers_head_is_refused),
        cmocka_unit_test(a_head_with_a_false_signature_is_refused),
        cmocka_unit_test(a_rotation_makes_the_new_key_count_and_trusted),
        cmocka_unit_test(a_key_that_was_only_named_is_not_trusted),
        cmocka_unit_test(a_head_without_lines_and_an_epoch_show_that_the_new_key_is_held),
        cmocka_unit_test(each_of_two_rotations_is_shown_by_the_next_head),
        cmocka_unit_test(a_named_key_does_not_come_back_once_people_decided_for_another),
        cmocka_unit_test(after_a_rotation_the_old_key_counts_for_nothing),
        cmocka_unit_test(the_second_stream_follows_a_rotation_seen_in_the_first),
        cmocka_unit_test(a_newcomer_shows_nothing_before_the_trusted_key),
        cmocka_unit_test(a_stream_that_ends_under_an_untrusted_key_raises_an_alarm),
        cmocka_unit_test(a_replaced_key_stops_the_showing_of_what_the_old_one_signs),
        cmocka_unit_test(a_key_entry_that_names_no_key_is_refused),
        cmocka_unit_test(an_envelope_that_is_nonsense_does_not_stop_the_stream),
        cmocka_unit_test(an_erase_whose_envelope_is_nonsense_says_that_it_is_one),
        cmocka_unit_test(a_proof_shows_the_same_head_without_the_texts),
        cmocka_unit_test(a_proof_keeps_one_long_line_and_not_five),
    };
    return cmocka_run_group_tests_name("protocol follower: pages and keys", tests, make_keys, destroy_keys);
}
