/* What a person types or copies becomes the authority that they mean, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/typed_authority.h"

static void what_people_type_becomes_the_authority_they_mean(void **state)
{
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        {"arnhem.example", "arnhem.example"},
        {"localhost:8441", "localhost:8441"},
        {"127.0.0.1:8441", "127.0.0.1:8441"},
        {" Arnhem.Example \n", "arnhem.example"},
        {"https://arnhem.example", "arnhem.example"},
        {"HTTPS://arnhem.example/", "arnhem.example"},
        {"https://arnhem.example:8441/administration/peers?x=https://a#b", "arnhem.example:8441"},
        {"arnhem.example:443", "arnhem.example"},
        {"https://arnhem.example:443/", "arnhem.example"},
        {"arnhem.example.", "arnhem.example"},
        {"arnhem.example.:8441", "arnhem.example:8441"},
        {"saarbrücken.example", "xn--saarbrcken-feb.example"},
        {"https://SAARBRÜCKEN.example:8441/", "xn--saarbrcken-feb.example:8441"},
        {"saarbru\u0308cken.example", "xn--saarbrcken-feb.example"}, /* as some systems copy it */
        {"straße.example", "xn--strae-oqa.example"},
        {"xn--saarbrcken-feb.example", "xn--saarbrcken-feb.example"},
        {"théâtre.saarbrücken.example", "xn--thtre-4qa2c.xn--saarbrcken-feb.example"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char meant[AUTHORITY_SIZE];
        assert_true(typed_authority_read(cases[i].typed, meant));
        assert_string_equal(meant, cases[i].meant);
    }
}

static void what_means_no_authority_is_none(void **state)
{
    static const char *const cases[] = {
        "",
        "https://",
        "/peers",
        "arnhem example",
        "http://arnhem.example",
        "[::1]",
        "::1",
        "a@b.c",
        "arnhem..nl",
        "0x7f000001",
        "0x7f.0.0.0x1",
        "127.1",
        "127.0.0.01",
        "a_b.example",
        "a:0",
        "a:65536",
        "a:",
        "a:8441:1",
        "-a.example",
        "xn--a.example",
        "a:８",
        "ftp://a.b",
        "https://https://a.example",
    };
    char longest[2000], meant[AUTHORITY_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (typed_authority_read(cases[i], meant))
            fail_msg("%s: %s", cases[i], meant);
    memset(longest, 'a', sizeof longest);
    for (size_t length = 60; length < sizeof longest; length += 60) {
        longest[length] = '\0';
        assert_int_equal(typed_authority_read(longest, meant), length <= AUTHORITY_MAX);
        longest[length] = '.';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_type_becomes_the_authority_they_mean),
        cmocka_unit_test(what_means_no_authority_is_none),
    };
    return cmocka_run_group_tests_name("typed authorities", tests, NULL, NULL);
}
