/* CSV: whatever a spreadsheet saved is read alike, mistakes are named by line, and nothing written becomes a
 * formula. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node/core/csv.h"

static struct csv *read_text(const char *text)
{
    struct csv_error error = {0};
    struct csv *csv = csv_read(text, strlen(text), &error);
    if (!csv)
        print_error("line %zu: %s\n", error.line, error.text);
    assert_non_null(csv);
    return csv;
}

static void assert_refused(const char *data, size_t size, size_t line)
{
    struct csv_error error = {0};
    assert_null(csv_read(data, size, &error));
    assert_int_equal(error.line, line);
    assert_true(error.text[0] != '\0');
}

static void commas_semicolons_and_tabs_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        char delimiter;
    } cases[] = {{"a,b,c\n1,2;x,3\n", ','},
                 {"a;b;c\n1;2,5;3\n", ';'},
                 {"a\tb\tc\n1\t2,5;\t3\n", '\t'},
                 {"sep=;\na;b,c;d\n1;2;3\n", ';'},
                 {"\"a,b,c\";d;e\n1;2;3\n", ';'}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct csv *csv = read_text(cases[i].text);
        assert_int_equal(csv->delimiter, cases[i].delimiter);
        assert_int_equal(csv->count, 2);
        assert_int_equal(csv->rows[1].count, 3);
        csv_destroy(csv);
    }
}

static void quotes_hold_delimiters_quotes_and_line_breaks(void **state)
{
    struct csv *csv = read_text("a,b\r\n\"1,\"\"x\"\"\",\"two\r\nlines\"\r\n3,\r\n");
    (void)state;
    assert_int_equal(csv->count, 3);
    assert_string_equal(csv->rows[1].cells[0], "1,\"x\"");
    assert_string_equal(csv->rows[1].cells[1], "two\nlines");
    assert_string_equal(csv->rows[2].cells[1], "");
    csv_destroy(csv);
}

static void lines_are_counted_through_quoted_line_breaks_and_empty_lines(void **state)
{
    struct csv *csv = read_text("a,b\n\"x\ny\nz\",1\n\n , \nlast,2");
    (void)state;
    assert_int_equal(csv->count, 3);
    assert_int_equal(csv->rows[0].line, 1);
    assert_int_equal(csv->rows[1].line, 2);
    assert_int_equal(csv->rows[2].line, 7);
    assert_string_equal(csv->rows[2].cells[1], "2");
    csv_destroy(csv);
}

static void all_three_line_ends_end_lines(void **state)
{
    static const char *const texts[] = {"a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,b\r1,2\r"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct csv *csv = read_text(texts[i]);
        assert_int_equal(csv->count, 2);
        assert_int_equal(csv->rows[1].line, 2);
        assert_string_equal(csv->rows[1].cells[1], "2");
        csv_destroy(csv);
    }
}

static void utf_8_and_windows_1252_say_the_same(void **state)
{
    static const char *const texts[] = {"Ort\nSaarbr\xC3\xBC"
                                        "cken \xE2\x82\xAC\n",
                                        "\xEF\xBB\xBFOrt\nSaarbr\xC3\xBC"
                                        "cken \xE2\x82\xAC\n",
                                        "Ort\nSaarbr\xFC"
                                        "cken \x80\n"};
    static const char *const encodings[] = {"UTF-8", "UTF-8", "Windows-1252"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct csv *csv = read_text(texts[i]);
        assert_string_equal(csv->encoding, encodings[i]);
        assert_string_equal(csv->rows[0].cells[0], "Ort");
        assert_string_equal(csv->rows[1].cells[0], "Saarbr\xC3\xBC"
                                                   "cken \xE2\x82\xAC");
        csv_destroy(csv);
    }
}

static void what_is_no_such_file_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("", 0, 1);
    assert_refused(NULL, 0, 1);
    assert_refused("\n\n", 2, 1);
    assert_refused("a,b\n1,\"open\n2,3\n", 15, 2);
    assert_refused("a,b\n\"x\"y,2\n", 11, 2);
    assert_refused("a,b\nx\"y,2\n", 10, 2);
    assert_refused("a\0b\n", 4, 1);
    assert_refused("\xFF\xFE"
                   "a\0,\0",
                   6, 1);
    assert_refused("a,b\n1,\x81\n", 8, 2); /* in neither encoding */
}

static void utf_16_is_told_from_what_is_no_text(void **state)
{
    static const char *const files[] = {"\xFF\xFE"
                                        "a\0,\0",
                                        "\xFE\xFF\0a\0,"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct csv_error error = {0};
        assert_null(csv_read(files[i], 6, &error));
        assert_non_null(strstr(error.text, "UTF-16"));
    }
}

static void no_file_is_too_wide_or_too_long(void **state)
{
    struct buffer text = {0};
    struct csv_error error;
    struct csv *csv;

    (void)state;
    for (int i = 1; i < CSV_COLUMNS_MAX; i++)
        buffer_puts(&text, "x,");
    buffer_puts(&text, "x");
    csv = read_text((const char *)text.data);
    assert_int_equal(csv->rows[0].count, CSV_COLUMNS_MAX);
    csv_destroy(csv);
    buffer_puts(&text, ",");
    assert_null(csv_read((const char *)text.data, text.size, &error));
    buffer_free(&text);
    for (int i = 0; i <= CSV_ROWS_MAX; i++)
        buffer_puts(&text, "x\n");
    assert_null(csv_read((const char *)text.data, text.size, &error));
    assert_int_equal(error.line, CSV_ROWS_MAX + 1);
    buffer_free(&text);
}

static void no_cell_written_is_a_formula(void **state)
{
    static const char *const cells[] = {"=1+1", "+49 681", "-5", "@SUM(A1)", "\tx"};
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct buffer out = {0};
        struct csv *csv;

        csv_write_cell(&out, ',', CSV_FIRST, cells[i]);
        assert_memory_equal(out.data, "\"'", 2);
        csv_write_end(&out);
        csv = read_text((const char *)out.data);
        assert_string_equal(csv_plain(csv->rows[0].cells[0]), cells[i]);
        csv_destroy(csv);
        buffer_free(&out);
    }
    assert_string_equal(csv_plain("'t is goed"), "'t is goed");
}

static void what_is_written_reads_back(void **state)
{
    static const char *const cells[] = {"plain", "a;b", "say \"yes\"", "two\nlines", "", "caf\xC3\xA9"};
    struct buffer out = {0};
    struct csv *csv;

    (void)state;
    for (size_t i = 0; i < 6; i++)
        csv_write_cell(&out, ';', i == 0 ? CSV_FIRST : CSV_NEXT, cells[i]);
    csv_write_end(&out);
    csv = read_text((const char *)out.data);
    assert_int_equal(csv->rows[0].count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(csv->rows[0].cells[i], cells[i]);
    csv_destroy(csv);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_semicolons_and_tabs_are_told_apart),
        cmocka_unit_test(quotes_hold_delimiters_quotes_and_line_breaks),
        cmocka_unit_test(lines_are_counted_through_quoted_line_breaks_and_empty_lines),
        cmocka_unit_test(all_three_line_ends_end_lines),
        cmocka_unit_test(utf_8_and_windows_1252_say_the_same),
        cmocka_unit_test(what_is_no_such_file_is_refused_with_its_line),
        cmocka_unit_test(utf_16_is_told_from_what_is_no_text),
        cmocka_unit_test(no_file_is_too_wide_or_too_long),
        cmocka_unit_test(no_cell_written_is_a_formula),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
