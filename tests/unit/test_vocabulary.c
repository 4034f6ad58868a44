/* The words of tables: four languages, whatever the spelling, and dates and numbers as people write them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node/core/vocabulary.h"

static void columns_are_known_in_four_languages(void **state)
{
    static const struct {
        const char *header;
        enum vocabulary_column column;
    } cases[] = {
        {"Organisation", COLUMN_ORGANISATION},
        {"entreprise", COLUMN_ORGANISATION},
        {"Bereich", COLUMN_SECTOR},
        {"Art", COLUMN_KIND},
        {"Ort", COLUMN_MUNICIPALITY},
        {"Gemeente", COLUMN_MUNICIPALITY},
        {"Titel", COLUMN_TITLE},
        {"Beschreibung", COLUMN_TEXT},
        {"omschrijving", COLUMN_TEXT},
        {"Sprache", COLUMN_LANGUAGE},
        {"catégorie", COLUMN_CATEGORY},
        {"Menge", COLUMN_QUANTITY},
        {"Unité", COLUMN_UNIT},
        {"Benötigt bis", COLUMN_DAY},
        {"BENOETIGT BIS", COLUMN_DAY},
        {"Benotigt bis:", COLUMN_DAY},
        {"needed_by", COLUMN_DAY},
        {"Verfügbar bis", COLUMN_DAY},
        {"available_until", COLUMN_DAY},
        {"Disponible jusqu'au", COLUMN_DAY},
        {"Status", COLUMN_STATE},
        {"Kennung", COLUMN_EXTERNAL_ID},
        {"external_id", COLUMN_EXTERNAL_ID},
        {"Quelle", COLUMN_SOURCE},
        {"", COLUMN_COUNT},
        {"Lieblingsfarbe", COLUMN_COUNT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(vocabulary_column(cases[i].header), cases[i].column);
}

static void the_words_of_the_domain_have_their_codes(void **state)
{
    (void)state;
    assert_string_equal(vocabulary_category("Sachspende"), "goods");
    assert_string_equal(vocabulary_category("Räume"), "space");
    assert_string_equal(vocabulary_category("kennis en kunde"), "expertise");
    assert_string_equal(vocabulary_category("mécénat de compétences"), "expertise");
    assert_string_equal(vocabulary_category("hands"), "hands");
    assert_null(vocabulary_category("middelen")); /* money in one town, goods in another */
    assert_string_equal(vocabulary_sector("Öffentliche Verwaltung"), "public_administration");
    assert_string_equal(vocabulary_sector("bedrijf"), "company");
    assert_string_equal(vocabulary_proposal_state("in Vermittlung"), "seeking");
    assert_string_equal(vocabulary_proposal_state("zurückgezogen"), "withdrawn");
    assert_string_equal(vocabulary_proposal_state("réalisée"), "completed");
    assert_string_equal(vocabulary_offer_state("verfügbar"), "available");
    assert_null(vocabulary_offer_state("seeking"));
    assert_string_equal(vocabulary_language("Français"), "fr");
}

static void a_word_of_any_length_does_no_harm(void **state)
{
    char word[4096];
    (void)state;
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = '\0';
    assert_null(vocabulary_category(word));
    assert_int_equal(vocabulary_column(word), COLUMN_COUNT);
}

static void dates_are_read_as_people_write_them(void **state)
{
    static const char *const good[] = {"24.12.2026", "24/12/2026", "24-12-2026", "2026-12-24"};
    static const char *const bad[] = {"",       "24.12.26",   "31.2.2026",   "2026-13-01",
                                      "24.12.", "12/24/2026", "24.12.2026x", "2026-12-240",
                                      "heute",  "24 12 2026", "20261-2-3",   "."};
    char date[VOCABULARY_DATE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(vocabulary_date(good[i], date));
        assert_string_equal(date, "2026-12-24");
    }
    assert_true(vocabulary_date("1.2.2026", date));
    assert_string_equal(date, "2026-02-01");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(vocabulary_date(bad[i], date));
}

static void quantities_are_whole_numbers_with_or_without_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t quantity;
        const char *rest;
    } good[] = {{"30", 30, ""},
                {"30 kg", 30, "kg"},
                {"1.200", 1200, ""},
                {"1 200 Stück", 1200, "Stück"},
                {"10.000.000", 10000000, ""},
                {"5x", 5, "x"}};
    static const char *const bad[] = {"", "kg", "ca. 30", "2,5", "2.5 kg", "-3", "9999999999999999"};
    int64_t quantity;
    const char *rest;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(vocabulary_quantity(good[i].text, &quantity, &rest));
        assert_int_equal(quantity, good[i].quantity);
        assert_string_equal(rest, good[i].rest);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(vocabulary_quantity(bad[i], &quantity, &rest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_in_four_languages),
        cmocka_unit_test(the_words_of_the_domain_have_their_codes),
        cmocka_unit_test(a_word_of_any_length_does_no_harm),
        cmocka_unit_test(dates_are_read_as_people_write_them),
        cmocka_unit_test(quantities_are_whole_numbers_with_or_without_a_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
