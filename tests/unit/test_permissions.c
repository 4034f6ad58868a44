/* Permissions: each role may just what the table says, and who has none may nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node/core/permissions.h"

static void assert_may(enum permission action, const char *const *who)
{
    static const char *const all[] = {"viewer", "match_group", "coordinator", "admin", "system"};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool expected = false;

        for (size_t w = 0; who[w]; w++)
            expected = expected || strcmp(who[w], all[i]) == 0;
        assert_int_equal(permissions_allow(action, all[i]), expected);
    }
}

static const char *const people[] = {"viewer", "match_group", "coordinator", "admin", NULL};
static const char *const office[] = {"coordinator", "admin", NULL};
static const char *const admin[] = {"admin", NULL};
static const char *const clock_too[] = {"coordinator", "admin", "system", NULL};
static const char *const nobody[] = {NULL};

static void everybody_signed_in_reads_and_has_an_account(void **state)
{
    (void)state;
    assert_may(MAY_READ, people);
    assert_may(MAY_OWN_ACCOUNT, people);
    assert_may(MAY_SEE_SESSION, people);
}

static void the_office_writes_moves_publishes_and_answers(void **state)
{
    static const enum permission actions[] = {MAY_WRITE, MAY_IMPORT, MAY_MOVE, MAY_PUBLISH, MAY_ANSWER};

    (void)state;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        assert_may(actions[i], office);
}

static void only_administrators_decide_about_people_and_peers(void **state)
{
    static const enum permission actions[] = {MAY_MANAGE_PEERS, MAY_MANAGE_USERS, MAY_READ_AUDIT,
                                              MAY_SETTLE_ALARMS};

    (void)state;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        assert_may(actions[i], admin);
}

static void the_clock_expires_and_does_nothing_else(void **state)
{
    (void)state;
    assert_may(MAY_EXPIRE, clock_too);
    assert_true(permissions_allow(MAY_EXPIRE, NULL));
    for (enum permission action = 0; action < PERMISSIONS_COUNT; action++)
        if (action != MAY_EXPIRE)
            assert_false(permissions_allow(action, NULL));
}

static void what_needs_no_session_is_nobodys_by_role(void **state)
{
    (void)state;
    assert_may(MAY_VISIT, nobody);
    assert_may(MAY_EXCHANGE, nobody);
    assert_int_equal(permissions_who(MAY_EXCHANGE), PERMISSIONS_PEER);
    assert_int_equal(permissions_who(MAY_VISIT), PERMISSIONS_PUBLIC);
}

static void an_unknown_role_may_nothing(void **state)
{
    static const char *const names[] = {"", "Admin", "admin ", "root", "public", "peer"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(permissions_role(names[i]), 0);
        for (enum permission action = 0; action < PERMISSIONS_COUNT; action++)
            assert_false(permissions_allow(action, names[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_signed_in_reads_and_has_an_account),
        cmocka_unit_test(the_office_writes_moves_publishes_and_answers),
        cmocka_unit_test(only_administrators_decide_about_people_and_peers),
        cmocka_unit_test(the_clock_expires_and_does_nothing_else),
        cmocka_unit_test(what_needs_no_session_is_nobodys_by_role),
        cmocka_unit_test(an_unknown_role_may_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
