/* The list of findings: none that blocks is lost in it, however many there are and however they overlap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/findings.h"

static const char text[] = "Größe für Anna Müllerß und noch viel mehr Text, über den etwas zu sagen ist.";

static int read_the_text(void **state)
{
    struct reading *reading;

    assert_int_equal(reading_create(text, strlen(text), &reading), READING_OK);
    *state = reading;
    return 0;
}

static int drop_the_text(void **state)
{
    reading_destroy(*state);
    return 0;
}

static void a_warning_swallows_no_block(void **state)
{
    struct findings findings;

    findings_init(&findings);
    assert_true(findings_add(&findings, *state, FINDING_NAME_PART, 10, 22, "outer"));
    assert_true(findings_add(&findings, *state, FINDING_NAME, 15, 20, "inner"));
    findings_settle(&findings);
    assert_int_equal(findings.count, 1);
    assert_true(findings_block(&findings));
    assert_int_equal(findings.rows[0].kind, FINDING_NAME);
    assert_string_equal(findings.rows[0].name, "inner");
    assert_int_equal(findings.rows[0].start, 10);
    assert_int_equal(findings.rows[0].end, 22);
    findings_finish(&findings);
}

static void what_blocks_is_found_wherever_it_stands(void **state)
{
    static const size_t places[] = {0, 10, 30};

    for (size_t blocking = 0; blocking < 3; blocking++) {
        struct findings findings;

        findings_init(&findings);
        assert_false(findings_block(&findings));
        for (size_t i = 0; i < 3; i++)
            assert_true(findings_add(&findings, *state, i == blocking ? FINDING_EMAIL : FINDING_NAME_PART,
                                     places[i], places[i] + 5, NULL));
        findings_settle(&findings);
        assert_int_equal(findings.count, 3);
        assert_true(findings_block(&findings));
        findings_finish(&findings);
    }
}

static void only_the_outer_of_two_is_kept_whichever_was_there_first(void **state)
{
    static const size_t ends[2][2] = {{5, 14}, {14, 5}};

    for (size_t order = 0; order < 2; order++) {
        struct findings findings;

        findings_init(&findings);
        for (size_t i = 0; i < 2; i++)
            assert_true(findings_add(&findings, *state, FINDING_EMAIL, 0, ends[order][i], NULL));
        findings_settle(&findings);
        assert_int_equal(findings.count, 1);
        assert_int_equal(findings.rows[0].end, 14);
        findings_finish(&findings);
    }
}

static void a_finding_ends_with_the_last_octet_of_its_last_character(void **state)
{
    struct findings findings;

    findings_init(&findings);
    assert_true(findings_add(&findings, *state, FINDING_NAME, 10, 22, NULL));
    assert_int_equal(findings.rows[0].end_byte - findings.rows[0].start_byte, strlen("Anna Müllerß"));
    assert_memory_equal(text + findings.rows[0].start_byte, "Anna Müllerß", strlen("Anna Müllerß"));
    findings_finish(&findings);
}

static void a_list_has_no_end(void **state)
{
    struct findings findings;

    findings_init(&findings);
    for (size_t i = 0; i < 70; i++)
        assert_true(
            findings_add(&findings, *state, i == 69 ? FINDING_PHONE : FINDING_NAME_PART, i, i + 1, NULL));
    findings_settle(&findings);
    assert_int_equal(findings.count, 70);
    assert_true(findings_block(&findings));
    findings_finish(&findings);
}

/* What is unique says something else about the same words than a name does. */
static void what_is_about_a_place_or_unique_stays_beside_a_name(void **state)
{
    struct findings findings;

    findings_init(&findings);
    assert_true(findings_add(&findings, *state, FINDING_NAME, 0, 5, NULL));
    assert_true(findings_add(&findings, *state, FINDING_RARE_KIND, 0, 5, NULL));
    assert_true(findings_add_whole(&findings, FINDING_FEW_KNOWN, true));
    findings_settle(&findings);
    assert_int_equal(findings.count, 3);
    findings_finish(&findings);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_swallows_no_block),
        cmocka_unit_test(what_blocks_is_found_wherever_it_stands),
        cmocka_unit_test(only_the_outer_of_two_is_kept_whichever_was_there_first),
        cmocka_unit_test(a_finding_ends_with_the_last_octet_of_its_last_character),
        cmocka_unit_test(a_list_has_no_end),
        cmocka_unit_test(what_is_about_a_place_or_unique_stays_beside_a_name),
    };

    return cmocka_run_group_tests_name("findings", tests, read_the_text, drop_the_text);
}
