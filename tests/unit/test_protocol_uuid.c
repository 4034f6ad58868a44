#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/uuid.h"

static void octets_become_a_uuid_of_version_4(void **state)
{
    static const struct {
        uint8_t octets[UUID_OCTETS];
        const char *uuid;
    } cases[] = {
        {{0}, "00000000-0000-4000-8000-000000000000"},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
         "ffffffff-ffff-4fff-bfff-ffffffffffff"},
        {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x5a, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77},
         "01234567-89ab-4def-9a11-223344556677"},
    };
    char uuid[UUID_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uuid_make(cases[i].octets, uuid);
        assert_string_equal(uuid, cases[i].uuid);
        assert_true(uuid_valid(uuid));
    }
}

static void other_forms_are_refused(void **state)
{
    static const char *const refused[] = {
        "",
        "00000000-0000-4000-8000-00000000000",   /* one short */
        "00000000-0000-4000-8000-0000000000000", /* one long */
        "00000000-0000-1000-8000-000000000000",  /* another version */
        "00000000-0000-4000-7000-000000000000",  /* another variant */
        "00000000-0000-4000-c000-000000000000",
        "00000000-0000-4000-8000-00000000000A", /* upper case */
        "00000000-0000-4000-8000-00000000000g",
        "000000000000-4000-8000-0000000000000",
        "{0000000-0000-4000-8000-000000000000",
    };

    (void)state;
    assert_true(uuid_valid("00000000-0000-4000-8000-000000000000"));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(uuid_valid(refused[i]));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_become_a_uuid_of_version_4),
        cmocka_unit_test(other_forms_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
