/* Every operation of core/ that needs memory, and the gate, while one allocation after the other fails: what
 * was not examined to its end is never said to be clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/anonymity.h"
#include "node/core/csv.h"
#include "node/core/vocabulary.h"
#include "node/core/workflow.h"
#include "node/work/publication/gate.h"
#include "protocol/json_profile.h"
#include "tests/unit/fault_alloc.h"

enum { OURS = FAULT_OURS | FAULT_JANSSON };

/* Every rule has its finding, and there are more of them than a list holds at first. */
static const char telling[] =
    "Anna Müller, anna@verein.example, 0681 123456, DE89 3704 0044 0532 0130 00, https://verein.example/, "
    "Bahnhofstraße 12, Wärmestube, Winter-\ngarten: anna@verein.example, anna@verein.example, "
    "anna@verein.example, anna@verein.example, anna@verein.example, anna@verein.example, "
    "anna@verein.example, anna@verein.example, anna@verein.example, anna@verein.example, Gruß von Petra";
static const char rare[] = "Das einzige Tierheim sucht Decken";

static struct names *names;

static bool add_names(struct names *to)
{
    return names_add(to, NAME_PLACE, "", "Saarbrücken") &&
           names_add(to, NAME_ORGANISATION, "1", "Wärmestube Saarbrücken e.V.") &&
           names_add(to, NAME_COMPANY, "2", "Bäckerei Klein & Söhne GmbH") &&
           names_add(to, NAME_CONTACT, "3", "Müller, Anna") &&
           names_add(to, NAME_CONTACT, "4", "Petra Winter");
}

static size_t found_in(const struct names *by, const char *text)
{
    struct findings findings;
    size_t count;

    findings_init(&findings);
    assert_int_equal(anonymity_check(text, strlen(text), "de", by, &findings), READING_OK);
    count = findings.count;
    findings_finish(&findings);
    return count;
}

static int make_names(void **state)
{
    (void)state;
    names = names_create();
    return names && add_names(names) && names_compile(names) ? 0 : -1;
}

static int drop_names(void **state)
{
    (void)state;
    names_destroy(names);
    return 0;
}

/* ---- readings and findings */

static enum fault_result keep_reading(enum reading_status status, struct reading *reading, size_t tokens)
{
    fault_alloc_stop();
    if (status != READING_OK) {
        assert_int_equal(status, READING_NO_MEMORY);
        assert_null(reading);
        return FAULT_NO_MEMORY;
    }
    assert_non_null(reading);
    assert_int_equal(reading->token_count, tokens);
    reading_destroy(reading);
    return FAULT_DONE;
}

static enum fault_result read_text(void *arg)
{
    struct reading *reading;
    enum reading_status status = reading_create(arg, strlen(arg), &reading);

    return keep_reading(status, reading, 4);
}

static enum fault_result read_joined(void *arg)
{
    struct reading *reading;
    enum reading_status status = reading_create_joined(arg, strlen(arg), &reading);

    return keep_reading(status, reading, 3);
}

static void a_text_is_read_whole_or_not_at_all(void **state)
{
    char text[] = "Der Mühlen-\ngrund blüht";

    (void)state;
    fault_alloc_each(OURS, read_text, text);
    fault_alloc_each(OURS, read_joined, text);
}

/* What the rules came to: all that there is to find, or that they could not tell. */
static enum fault_result keep_findings(enum reading_status status, struct findings *findings, size_t expected)
{
    fault_alloc_stop();
    if (status == READING_OK)
        assert_int_equal(findings->count, expected);
    else
        assert_int_equal(status, READING_NO_MEMORY);
    findings_finish(findings);
    return status == READING_OK ? FAULT_DONE : FAULT_NO_MEMORY;
}

static enum fault_result check(void *arg)
{
    struct findings findings;

    findings_init(&findings);
    return keep_findings(anonymity_check(telling, strlen(telling), "de", names, &findings), &findings,
                         *(const size_t *)arg);
}

static enum fault_result check_uniqueness(void *arg)
{
    static const struct uniqueness few = {.same_kind = 1, .participants = 1};
    struct findings findings;

    findings_init(&findings);
    return keep_findings(anonymity_check_uniqueness(rare, strlen(rare), names, &few, &findings), &findings,
                         *(const size_t *)arg);
}

static void no_text_is_clean_for_want_of_memory(void **state)
{
    size_t told = found_in(names, telling);
    size_t unique = 3; /* the only one, of a rare kind, in a place where there are few */

    (void)state;
    assert_true(told > 16);
    fault_alloc_each(OURS, check, &told);
    fault_alloc_each(OURS, check_uniqueness, &unique);
}

/* ---- the directory */

static enum fault_result make_directory(void *arg)
{
    struct names *made = names_create();
    bool ok = made && add_names(made) && names_compile(made);

    fault_alloc_stop();
    if (ok)
        assert_int_equal(found_in(made, telling), *(const size_t *)arg);
    names_destroy(made);
    return ok ? FAULT_DONE : FAULT_NO_MEMORY;
}

static enum fault_result extend_directory(void *arg)
{
    struct names *extended = arg;
    bool ok = names_extend(extended, NAME_CONTACT, "5", "Karin Schröder-Böhm");

    fault_alloc_stop();
    if (ok)
        assert_int_equal(found_in(extended, "Karin Schröder-Böhm"), 1);
    assert_int_equal(found_in(extended, "Wärmestube"), 1);
    return ok ? FAULT_DONE : FAULT_NO_MEMORY;
}

/* Each time by a directory of its own, since what was added stays. */
static enum fault_result extend_new_directory(void *arg)
{
    struct names *made = names_create();
    enum fault_result result;

    (void)arg;
    result = made && add_names(made) && names_compile(made) ? extend_directory(made) : FAULT_NO_MEMORY;
    fault_alloc_stop();
    names_destroy(made);
    return result;
}

static void a_directory_knows_all_its_names_or_is_none(void **state)
{
    size_t told = found_in(names, telling);

    (void)state;
    fault_alloc_each(OURS, make_directory, &told);
    fault_alloc_each(OURS, extend_new_directory, NULL);
}

static enum fault_result know_place(void *arg)
{
    bool known = names_knows_place(names, "Saarbrücken");

    (void)arg;
    fault_alloc_stop();
    return known ? FAULT_DONE : FAULT_NO_MEMORY;
}

/* Then the directory is made anew, which tells what is lacking. */
static void a_place_is_rather_unknown(void **state)
{
    (void)state;
    fault_alloc_each(OURS, know_place, NULL);
}

/* ---- tables */

static enum fault_result read_table(void *arg)
{
    struct csv_error error = {0};
    struct csv *csv = csv_read(arg, strlen(arg), &error);

    fault_alloc_stop();
    if (!csv) {
        assert_string_equal(error.text, "out of memory");
        return FAULT_NO_MEMORY;
    }
    assert_int_equal(csv->count, 3);
    assert_string_equal(csv->rows[2].cells[1], "zwölf");
    csv_destroy(csv);
    return FAULT_DONE;
}

static enum fault_result write_row(void *arg)
{
    struct buffer out = {0};
    bool whole;

    (void)arg;
    csv_write_cell(&out, ';', CSV_FIRST, "=a \"formula\"");
    csv_write_cell(&out, ';', CSV_NEXT,
                   "and a text that is long enough for the buffer to grow again and again");
    csv_write_end(&out);
    fault_alloc_stop();
    whole = !out.failed;
    buffer_free(&out);
    return whole ? FAULT_DONE : FAULT_NO_MEMORY;
}

static void a_table_is_read_and_written_whole_or_not_at_all(void **state)
{
    char utf8[] = "a;b\n1;eins\n2;\"zwölf\"\n";
    char windows[] = "a;b\n1;eins\n2;zw\xF6lf\n";

    (void)state;
    fault_alloc_each(OURS, read_table, utf8);
    fault_alloc_each(OURS, read_table, windows);
    fault_alloc_each(OURS, write_row, NULL);
}

/* ---- the gate */

static char town[] = "Saarbrücken", no_places[] = "";
static const struct config config = {.name = town, .places = no_places};
static const struct node node = {.config = &config, .region_code = "DEC0", .region_name = "Saarland"};

enum place { MUNICIPALITY, REGION };

static json_t *examine(const char *title, const char *text, enum place place)
{
    static const struct uniqueness few = {.same_kind = 1, .participants = 1};
    const struct gate_text subject = {.title = title,
                                      .text = text,
                                      .language = "de",
                                      .municipality = "Saarbrücken",
                                      .coarsened = place == REGION};

    return gate_examine(&node, names, &subject, few);
}

static enum fault_result keep_shown(json_t *shown, json_t *expected)
{
    fault_alloc_stop();
    if (!shown)
        return FAULT_NO_MEMORY;
    assert_true(json_equal(shown, expected));
    json_decref(shown);
    return FAULT_DONE;
}

static enum fault_result pass_gate(void *arg)
{
    return keep_shown(examine(telling, rare, MUNICIPALITY), arg);
}

static enum fault_result pass_gate_coarsened(void *arg)
{
    return keep_shown(examine("Decken", "Bitte Decken", REGION), arg);
}

static size_t shown_with(const json_t *shown, const char *member, const char *value)
{
    size_t count = 0;
    size_t index;
    json_t *finding;

    json_array_foreach (shown, index, finding)
        count += strcmp(json_profile_text(finding, member), value) == 0;
    return count;
}

/* A finding that cannot be shown fails the check: whoever is shown the others would believe it was all. */
static void a_finding_that_cannot_be_shown_fails_the_check(void **state)
{
    json_t *all = examine(telling, rare, MUNICIPALITY);
    json_t *few = examine("Decken", "Bitte Decken", REGION);

    (void)state;
    assert_non_null(all);
    assert_true(shown_with(all, "severity", "block") > 16);
    assert_int_equal(shown_with(all, "kind", "small_group"), 1); /* it is about the place: said once */
    assert_int_equal(shown_with(all, "field", "text"), 2);
    assert_int_equal(json_array_size(few), 1);
    assert_string_equal(json_profile_text(json_array_get(few, 0), "suggestion"), "Saarland");
    fault_alloc_each(OURS, pass_gate, all);
    fault_alloc_each(OURS, pass_gate_coarsened, few);
    json_decref(few);
    json_decref(all);
}

static void the_place_is_searched_for_names_too(void **state)
{
    static const struct uniqueness unknown = {.same_kind = -1, .participants = -1};
    struct gate_text subject = {
        .title = "Decken", .text = "Bitte Decken", .language = "de", .municipality = "Anna Müllers Hof"};
    json_t *shown = gate_examine(&node, names, &subject, unknown);

    (void)state;
    assert_int_equal(json_array_size(shown), 1);
    assert_true(gate_blocks(json_array_get(shown, 0)));
    assert_string_equal(json_profile_text(json_array_get(shown, 0), "field"), "municipality");
    json_decref(shown);
    subject.municipality = "Saarbrücken";
    shown = gate_examine(&node, names, &subject, unknown);
    assert_int_equal(json_array_size(shown), 0);
    json_decref(shown);
}

/* As it would be missing from a body that was put together without memory, or that no reader takes. */
static void a_text_that_cannot_be_read_does_not_pass(void **state)
{
    static const struct uniqueness unknown = {.same_kind = -1, .participants = -1};
    const struct gate_text placeless = {.title = "Decken", .text = "Bitte Decken", .language = "de"};

    (void)state;
    assert_null(examine(NULL, "Bitte Decken", MUNICIPALITY));
    assert_null(examine("Decken", NULL, MUNICIPALITY));
    assert_null(gate_examine(&node, names, &placeless, unknown));
    assert_null(examine("Decken", "Bitte \xff", MUNICIPALITY));
}

/* ---- what needs no memory */

static enum fault_result ask_tables(void *arg)
{
    size_t index = 0;

    (void)arg;
    assert_non_null(workflow_find(LISTING_PROPOSAL, "draft", "submitted"));
    assert_non_null(workflow_next(LISTING_PROPOSAL, "draft", "coordinator", &index));
    assert_true(permissions_allow(MAY_MOVE, "coordinator"));
    assert_string_equal(anonymity_quantity_band(7), "6-20");
    assert_string_equal(csv_plain("'=1"), "=1");
    assert_string_equal(vocabulary_language("Niederländisch"), "nl");
    fault_alloc_stop();
    return FAULT_DONE;
}

static void the_rules_need_no_memory(void **state)
{
    (void)state;
    fault_alloc_none(ask_tables, NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_read_whole_or_not_at_all),
        cmocka_unit_test(no_text_is_clean_for_want_of_memory),
        cmocka_unit_test(a_directory_knows_all_its_names_or_is_none),
        cmocka_unit_test(a_place_is_rather_unknown),
        cmocka_unit_test(a_table_is_read_and_written_whole_or_not_at_all),
        cmocka_unit_test(a_finding_that_cannot_be_shown_fails_the_check),
        cmocka_unit_test(the_place_is_searched_for_names_too),
        cmocka_unit_test(a_text_that_cannot_be_read_does_not_pass),
        cmocka_unit_test(the_rules_need_no_memory),
    };

    fault_alloc_install();
    return cmocka_run_group_tests(tests, make_names, drop_names);
}
