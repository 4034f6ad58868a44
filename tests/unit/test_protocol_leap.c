/* Whom a clock is compared with, and from when on it is doubted (SPEC.md section 6.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/leap.h"

enum { NOW = 1790000000, DAY = 86400 };

static void the_database_must_agree_and_one_who_vouches(void **state)
{
    static const struct {
        struct leap_witness witness;
        bool suspected;
    } cases[] = {
        {{NOW, 0, 0, false}, false}, /* a node that never signed anything */
        {{NOW - DAY - 1, 0, 0, false}, true},
        {{NOW, NOW, 0, false}, false},
        {{NOW - DAY, NOW - DAY, 0, false}, false},
        {{NOW + DAY, NOW + DAY, 0, false}, false},
        {{NOW, NOW - DAY - 1, 0, false}, true},
        {{NOW, NOW + DAY + 1, 0, false}, true},
        {{NOW, NOW - 9 * DAY, NOW - DAY, false}, false}, /* a person says so, or the node did */
        {{NOW, NOW - 9 * DAY, NOW - DAY - 1, false}, true},
        {{NOW, NOW - 9 * DAY, 0, true}, false}, /* a peer does */
        {{NOW + DAY + 1, NOW, NOW, true}, true},
        {{NOW - DAY - 1, NOW, NOW, true}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(leap_suspected(&cases[i].witness, NOW), cases[i].suspected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_database_must_agree_and_one_who_vouches)};
    return cmocka_run_group_tests_name("protocol leap", tests, NULL, NULL);
}
