/* Keys that were replaced, and keys that nobody knows: what their holders may not do (SPEC.md section 9.2).
 */
#include "tests/unit/follower_fixture.h"

static const int64_t last_epoch = 9007199254740991;

/* Arnhem's `net` as it stood under the first key when people compared the second one's fingerprint. */
struct replaced {
    struct follower *follower;
    struct town town;
    struct follower_state held;
    struct key_public *key;   /* of `held`, */
    char signer[KEY_ID_SIZE]; /* and this too */
};

static void replace_key(struct replaced *r)
{
    struct follower_step step;
    r->follower = follow(first_key);
    town_open(&r->town, "net", 10, first_key, NULL);
    assert_int_equal(take(r->follower, &r->town, 0, 1, NULL, &step), ERR_OK);
    assert_true(follower_trust(r->follower, key_private_public(second_key)));
    follower_state(r->follower, FOLLOWER_NET, &r->held);
    r->key = key_public_copy(r->held.key);
    r->held.key = r->key;
    strcpy(r->signer, r->held.signer);
    r->held.signer = r->signer;
}

/* As the caller does after ERR_GAP, ERR_FORKED and ERR_UNTRUSTED_KEY. */
static void throw_provisional_away(struct replaced *r)
{
    r->held.settled = false;
    assert_true(follower_restore(r->follower, FOLLOWER_NET, &r->held));
}

static void replaced_close(struct replaced *r)
{
    town_close(&r->town);
    key_public_destroy(r->key);
    follower_destroy(r->follower);
}

static void assert_vouched(const struct follower *follower, int64_t epoch, int64_t seq)
{
    struct follower_state state;
    follower_state(follower, FOLLOWER_NET, &state);
    assert_int_equal(state.vouched.epoch, epoch);
    assert_int_equal(state.vouched.seq, seq);
}

static void nothing_that_a_replaced_key_signs_is_vouched_for(void **state)
{
    struct replaced r;
    struct follower_step step;

    (void)state;
    replace_key(&r);
    town_say(&r.town, "by the thief");
    assert_int_equal(take(r.follower, &r.town, 1, 2, NULL, &step), ERR_OK);
    assert_false(step.settled || step.just_settled);
    assert_true(key_public_equal(step.trusted, key_private_public(second_key)));
    assert_vouched(r.follower, 10, 1);
    town_rotate(&r.town, stranger_key);
    assert_int_equal(take(r.follower, &r.town, 2, 3, NULL, &step), ERR_OK);
    assert_true(!step.settled && !step.rotated);
    assert_int_equal(take_fresh(r.follower, &r.town, &step), ERR_UNTRUSTED_KEY);
    assert_vouched(r.follower, 10, 1);
    replaced_close(&r);
}

static void an_epoch_of_a_replaced_key_does_not_carry_the_stream_away(void **state)
{
    struct replaced r;
    struct town thief;
    struct town owner;
    struct follower_step step;
    struct position end;

    (void)state;
    replace_key(&r);
    end = town_position(&r.town, 1);
    town_open(&thief, "net", last_epoch, first_key, &end);
    assert_int_equal(take(r.follower, &thief, 0, 1, NULL, &step), ERR_OK);
    assert_false(step.settled || step.just_settled);
    assert_vouched(r.follower, 10, 1);
    assert_int_equal(take_fresh(r.follower, &thief, &step), ERR_UNTRUSTED_KEY);

    throw_provisional_away(&r);
    town_open(&owner, "net", 20, second_key, &end);
    assert_int_equal(take(r.follower, &owner, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.settled && step.just_settled);
    assert_vouched(r.follower, 20, 1);

    /* From then on the old key begins nothing, not even for a while. */
    town_close(&thief);
    end = town_position(&owner, 1);
    town_open(&thief, "net", last_epoch, first_key, &end);
    assert_int_equal(take(r.follower, &thief, 0, 1, NULL, &step), ERR_UNTRUSTED_KEY);
    assert_stands_at(r.follower, FOLLOWER_NET, 20, 1);
    town_close(&thief);
    town_close(&owner);
    replaced_close(&r);
}

static void the_owners_epoch_drops_what_the_thief_added(void **state)
{
    struct replaced r;
    struct town owner;
    struct follower_step step;
    struct position end;

    (void)state;
    replace_key(&r);
    end = town_position(&r.town, 1);
    town_say(&r.town, "by the thief");
    assert_int_equal(take(r.follower, &r.town, 1, 2, NULL, &step), ERR_OK);
    town_open(&owner, "net", 20, second_key, &end);
    assert_int_equal(take(r.follower, &owner, 0, 1, end.chain, &step), ERR_OK);
    assert_true(step.settled && step.just_settled && step.new_epoch);
    assert_int_equal(cursor_compare(step.linked, end.at), 0);
    town_close(&owner);

    /* The same from an epoch that names no past. */
    throw_provisional_away(&r);
    assert_int_equal(take(r.follower, &r.town, 1, 2, NULL, &step), ERR_OK);
    town_open(&owner, "net", 20, second_key, NULL);
    assert_int_equal(take(r.follower, &owner, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.just_settled);
    assert_int_equal(step.linked.epoch, 0);
    town_close(&owner);
    replaced_close(&r);
}

static void lines_in_the_place_of_the_owners_are_asked_for_again(void **state)
{
    struct replaced r;
    struct town honest;
    struct town owner;
    struct follower_step step;
    struct position end;

    (void)state;
    replace_key(&r);
    town_open(&honest, "net", 10, first_key, NULL);
    town_say(&honest, "said before the theft");
    town_say(&honest, "and this too");
    end = town_position(&honest, 3);
    town_say(&r.town, "by the thief");
    town_say(&r.town, "by the thief");
    assert_int_equal(take(r.follower, &r.town, 1, 3, NULL, &step), ERR_OK);
    assert_int_equal(take(r.follower, &honest, 3, 3, NULL, &step), ERR_UNTRUSTED_KEY);
    town_open(&owner, "net", 20, second_key, &end);
    assert_int_equal(take(r.follower, &owner, 0, 1, NULL, &step), ERR_GAP);

    throw_provisional_away(&r);
    assert_int_equal(take(r.follower, &owner, 0, 1, NULL, &step), ERR_GAP);
    assert_int_equal(take(r.follower, &honest, 1, 3, NULL, &step), ERR_OK);
    assert_false(step.settled);
    assert_int_equal(take(r.follower, &owner, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.just_settled && !step.lost);
    assert_int_equal(cursor_compare(step.linked, end.at), 0);
    town_close(&owner);
    town_close(&honest);
    replaced_close(&r);
}

static void an_epoch_of_the_thief_hides_no_lines_of_the_owner(void **state)
{
    struct replaced r;
    struct town thief;
    struct town owner;
    struct follower_step step;
    struct position end;

    (void)state;
    replace_key(&r);
    end = town_position(&r.town, 1);
    town_open(&thief, "net", 15, first_key, &end);
    assert_int_equal(take(r.follower, &thief, 0, 1, NULL, &step), ERR_OK);
    town_say(&r.town, "said before the theft");
    end = town_position(&r.town, 2);
    town_open(&owner, "net", 20, second_key, &end);
    assert_int_equal(take(r.follower, &owner, 0, 1, NULL, &step), ERR_GAP);
    town_close(&thief);
    town_close(&owner);
    replaced_close(&r);
}

static void a_rotation_that_was_not_read_yet_leads_to_the_compared_key(void **state)
{
    struct replaced r;
    struct town next;
    struct follower_step step;
    struct position end;

    (void)state;
    replace_key(&r);
    town_say(&r.town, "one");
    end = town_position(&r.town, 2);
    assert_int_equal(take(r.follower, &r.town, 1, 2, NULL, &step), ERR_OK);
    town_open(&next, "net", 20, first_key, &end);
    town_rotate(&next, second_key);
    assert_int_equal(take(r.follower, &next, 0, 2, NULL, &step), ERR_OK);
    assert_true(!step.settled && cursor_compare(step.linked, end.at) == 0);
    assert_int_equal(take_fresh(r.follower, &next, &step), ERR_OK);
    assert_true(step.just_settled);
    assert_vouched(r.follower, 20, 2);
    town_close(&next);
    replaced_close(&r);
}

/* Pages of `to` come before those of `net`, so that the trusted key has moved by then. */
static void the_second_stream_goes_through_an_epoch_that_began_before_the_rotation(void **state)
{
    static const char *const names[] = {"to/saarbruecken.example", "net"};
    struct follower *follower = follow(first_key);
    struct follower_step step;
    struct town old[2];
    struct town new[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct position end;

        town_open(&old[i], names[i], 10, first_key, NULL);
        assert_int_equal(take(follower, &old[i], 0, 1, NULL, &step), ERR_OK);
        end = town_position(&old[i], 1);
        town_open(&new[i], names[i], 20, first_key, &end);
        town_rotate(&new[i], second_key);
    }
    assert_int_equal(take(follower, &new[0], 0, 2, NULL, &step), ERR_OK);
    assert_null(step.rotated);
    assert_int_equal(take_fresh(follower, &new[0], &step), ERR_OK);
    assert_non_null(step.rotated);
    assert_int_equal(take(follower, &new[1], 0, 2, NULL, &step), ERR_OK);
    assert_false(step.settled);
    assert_int_equal(take_fresh(follower, &new[1], &step), ERR_OK);
    assert_true(step.just_settled);
    for (int i = 0; i < 2; i++) {
        town_close(&old[i]);
        town_close(&new[i]);
    }
    follower_destroy(follower);
}

static void a_replaced_key_proves_no_fork(void **state)
{
    struct replaced r;
    struct town_page read;
    struct follower_step step;

    (void)state;
    replace_key(&r);
    town_page(&r.town, 1, 1, &read);
    read.page.from.chain[0] ^= 1;
    assert_int_equal(follower_page(r.follower, &read.page, NULL, &step, NULL), ERR_UNTRUSTED_KEY);
    read.page.from.at.seq = 0;
    assert_int_equal(follower_page(r.follower, &read.page, r.held.position.chain, &step, NULL), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    town_page_finish(&read);
    replaced_close(&r);
}

/* An honest rotation that was not read yet would else stand still for ever: its origin has no reason to open
 * an epoch that thaws the stream. */
static void an_epoch_of_a_replaced_key_proves_no_fork(void **state)
{
    struct replaced r;
    struct town thief;
    struct follower_step step;
    struct position forged;

    (void)state;
    replace_key(&r);
    forged = town_position(&r.town, 1);
    forged.chain[0] ^= 1;
    town_open(&thief, "net", 20, first_key, &forged);
    assert_int_equal(take(r.follower, &thief, 0, 1, NULL, &step), ERR_UNTRUSTED_KEY);
    assert_stands_at(r.follower, FOLLOWER_NET, 10, 1);
    town_close(&thief);

    /* Under the trusted key the same is one. */
    town_open(&thief, "net", 20, second_key, &forged);
    assert_int_equal(take(r.follower, &thief, 0, 1, NULL, &step), ERR_FORKED);
    town_close(&thief);
    replaced_close(&r);
}

/* He knows the public half of the compared key, and can write that the old one goes over to it. */
static void a_thief_who_names_the_compared_key_forges_no_fork_of_it(void **state)
{
    struct replaced r;
    struct town honest;
    struct follower_step step;
    struct position held;

    (void)state;
    replace_key(&r);
    town_open(&honest, "net", 10, first_key, NULL);
    town_rotate(&honest, second_key);
    town_say(&honest, "by the owner");
    town_say(&honest, "and more");
    town_say(&r.town, "by the thief");
    town_rotate(&r.town, second_key);
    assert_int_equal(take(r.follower, &r.town, 1, 3, NULL, &step), ERR_OK);
    assert_false(step.settled);
    held = town_position(&r.town, 2);
    assert_int_equal(take(r.follower, &honest, 2, 4, held.chain, &step), ERR_OK);
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    assert_int_equal(take(r.follower, &honest, 3, 4, NULL, &step), ERR_UNTRUSTED_KEY);

    throw_provisional_away(&r);
    assert_int_equal(take(r.follower, &honest, 1, 2, NULL, &step), ERR_OK);
    assert_int_equal(take(r.follower, &honest, 2, 4, NULL, &step), ERR_OK);
    assert_true(step.just_settled);
    town_close(&honest);
    replaced_close(&r);
}

/* A peer that is resumed is shown anew from the next head on: until then it is not settled. */
static void a_stranger_carries_nothing_away_from_a_peer_that_is_resumed(void **state)
{
    struct follower *follower = follow(first_key);
    struct town town;
    struct town stranger;
    struct follower_step step;
    struct follower_state stored;
    struct follower *resumed;
    struct position end;

    (void)state;
    town_open(&town, "net", 10, first_key, NULL);
    assert_int_equal(take(follower, &town, 0, 1, NULL, &step), ERR_OK);
    follower_state(follower, FOLLOWER_NET, &stored);
    stored.settled = false;
    resumed = follow(first_key);
    assert_true(follower_restore(resumed, FOLLOWER_NET, &stored));
    follower_destroy(follower);

    end = town_position(&town, 1);
    town_open(&stranger, "net", last_epoch, stranger_key, &end);
    assert_int_equal(take(resumed, &stranger, 0, 1, NULL, &step), ERR_UNTRUSTED_KEY);
    assert_stands_at(resumed, FOLLOWER_NET, 10, 1);
    town_say(&town, "two");
    assert_int_equal(take(resumed, &town, 1, 2, NULL, &step), ERR_OK);
    assert_true(step.verdict == FOLLOWER_APPLY && step.just_settled);
    town_close(&stranger);
    town_close(&town);
    follower_destroy(resumed);
}

static void a_first_sync_that_a_stranger_began_does_not_become_the_owners(void **state)
{
    struct follower *follower = follow(first_key);
    struct town stranger;
    struct town town;
    struct town next;
    struct follower_step step;
    struct position end;

    (void)state;
    town_open(&stranger, "net", 10, stranger_key, NULL);
    town_say(&stranger, "by a stranger");
    assert_int_equal(take(follower, &stranger, 0, 2, NULL, &step), ERR_OK);
    town_open(&town, "net", 10, first_key, NULL);
    town_say(&town, "one");
    end = town_position(&town, 2);
    town_open(&next, "net", 20, first_key, &end);
    assert_int_equal(take(follower, &next, 0, 1, NULL, &step), ERR_GAP);
    town_close(&next);
    town_open(&next, "net", 20, first_key, NULL);
    assert_int_equal(take(follower, &next, 0, 1, NULL, &step), ERR_OK);
    assert_true(step.just_settled && step.linked.epoch == 0);
    town_close(&next);
    town_close(&town);
    town_close(&stranger);
    follower_destroy(follower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_a_replaced_key_signs_is_vouched_for),
        cmocka_unit_test(an_epoch_of_a_replaced_key_does_not_carry_the_stream_away),
        cmocka_unit_test(the_owners_epoch_drops_what_the_thief_added),
        cmocka_unit_test(lines_in_the_place_of_the_owners_are_asked_for_again),
        cmocka_unit_test(an_epoch_of_the_thief_hides_no_lines_of_the_owner),
        cmocka_unit_test(a_rotation_that_was_not_read_yet_leads_to_the_compared_key),
        cmocka_unit_test(the_second_stream_goes_through_an_epoch_that_began_before_the_rotation),
        cmocka_unit_test(a_replaced_key_proves_no_fork),
        cmocka_unit_test(an_epoch_of_a_replaced_key_proves_no_fork),
        cmocka_unit_test(a_thief_who_names_the_compared_key_forges_no_fork_of_it),
        cmocka_unit_test(a_stranger_carries_nothing_away_from_a_peer_that_is_resumed),
        cmocka_unit_test(a_first_sync_that_a_stranger_began_does_not_become_the_owners),
    };
    return cmocka_run_group_tests_name("protocol follower: replaced and unknown keys", tests, make_keys,
                                       destroy_keys);
}
