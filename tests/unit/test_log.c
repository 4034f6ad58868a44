/* What came from outside writes no lines of its own and turns nobody's screen around. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/base/log.h"

static const struct {
    const char *text, *cleaned;
} cases[] = {
    {"Städtepartnerschaft Ελλάδα – «東京» 🎉", "Städtepartnerschaft Ελλάδα – «東京» 🎉"},
    {"two\nlines\r\n\tand\x1b[31mred\x7f", "two lines   and [31mred "},
    {"C1: \xc2\x80\xc2\x85\xc2\x9b"
     "31m\xc2\x9f\xc2\xa0",
     "C1:    31m \xc2\xa0"},
    {"bidi: \u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069.",
     "bidi:             ."},
    {"lines: \u2028\u2029.", "lines:   ."},
    {"unseen: \u200b\u2060\ufeff\u00ad\U000e0041.", "unseen:      ."},
    {"no UTF-8: \x9b\xff\xc2", "no UTF-8: ???"},
    {"cut: \xe2\x80", "cut: ??"},
    {"", ""},
};

static void a_line_holds_nothing_that_a_terminal_obeys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        char expected[200];

        log_say(out, "%s", cases[i].text);
        fclose(out);
        snprintf(expected, sizeof expected, "%s\n", cases[i].cleaned);
        assert_string_equal(text, expected);
        free(text);
    }
}

static void a_long_line_is_said_whole(void **state)
{
    char *text = NULL, *long_text = malloc(5001);
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    memset(long_text, 'x', 5000);
    long_text[5000] = '\0';
    log_say(out, "%s.", long_text);
    fclose(out);
    assert_int_equal(size, 5002);
    free(long_text);
    free(text);
}

static void the_log_keeps_to_it(void **state)
{
    char line[2000] = "";
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    (void)state;
    unsetenv("JOURNAL_STREAM");
    dup2(fileno(file), STDERR_FILENO);
    log_warning("%s said %s", "peer\u202e.example",
                "\xc2\x9b"
                "2J\nforged");
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_non_null(strstr(line, " warning peer .example said  2J forged\n"));
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_holds_nothing_that_a_terminal_obeys),
        cmocka_unit_test(a_long_line_is_said_whole),
        cmocka_unit_test(the_log_keeps_to_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
