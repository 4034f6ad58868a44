/* Rows of a result as JSON: valid whatever stands in them, as jansson would write it, and page by page. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/db.h"
#include "node/db/page.h"
#include "node/db/result.h"

/* A result of texts, as one comes from PostgreSQL; a cell that is NULL is SQL NULL. */
static void make(struct db_result *result, const char *const *names, int columns, const char *const *cells,
                 int rows)
{
    PGresAttDesc attributes[16] = {0};

    for (int i = 0; i < columns; i++)
        attributes[i].name = (char *)(uintptr_t)names[i];
    result->rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    assert_non_null(result->rows);
    assert_true(PQsetResultAttrs(result->rows, columns, attributes));
    for (int i = 0; i < rows * columns; i++)
        assert_true(PQsetvalue(result->rows, i / columns, i % columns, (char *)(uintptr_t)cells[i],
                               cells[i] ? (int)strlen(cells[i]) : -1));
}

static void assert_text(struct buffer *out, const char *expected)
{
    assert_false(out->failed);
    assert_string_equal((const char *)out->data, expected);
    buffer_free(out);
}

static void every_text_is_written_as_jansson_writes_it(void **state)
{
    static const char *const texts[] = {"",
                                        "plain",
                                        "\"quoted\"",
                                        "back\\slash",
                                        "a/b",
                                        "two\nlines\r\n",
                                        "\ttab",
                                        "\b\f",
                                        "\x01\x1f",
                                        "\x7f",
                                        "Stühle für 70 €",
                                        "\xF0\x9F\x99\x82",
                                        "\xE2\x80\xA8",
                                        "\\u0041",
                                        "\"\"\\\\\"",
                                        "ends with \\",
                                        "\xEF\xBF\xBF",
                                        "</script>",
                                        NULL};

    (void)state;
    for (size_t i = 0; texts[i]; i++) {
        json_t *value = json_string(texts[i]);
        char *expected = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        struct buffer out = {0};

        assert_non_null(expected);
        db_json_text(&out, texts[i], strlen(texts[i]));
        assert_text(&out, expected);
        free(expected);
        json_decref(value);
    }
}

static void every_octet_below_128_comes_back(void **state)
{
    char text[2] = {0};

    (void)state;
    for (int c = 1; c < 128; c++) {
        struct buffer out = {0};
        json_t *value;

        text[0] = (char)c;
        db_json_text(&out, text, 1);
        value = json_loadb((const char *)out.data, out.size, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        assert_string_equal(json_string_value(value), text);
        json_decref(value);
        buffer_free(&out);
    }
}

static void a_time_is_whole_seconds_of_utc(void **state)
{
    static const struct {
        const char *from, *to;
    } times[] = {
        {"2026-11-30 02:14:59+00", "\"2026-11-30T02:14:59Z\""},
        {"2026-11-30 02:14:59.999999+00", "\"2026-11-30T02:14:59Z\""},
        {"1970-01-01 00:00:00+00", "\"1970-01-01T00:00:00Z\""},
        {"infinity", "\"infinity\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct buffer out = {0};

        db_json_time(&out, times[i].from, strlen(times[i].from));
        assert_text(&out, times[i].to);
    }
}

static const struct db_json_column columns[] = {
    {"n", DB_JSON_INTEGER},     {"yes", DB_JSON_BOOLEAN}, {"at", DB_JSON_TIME},
    {"help", DB_JSON_DOCUMENT}, {"secret", DB_JSON_SKIP}, {NULL, DB_JSON_STRING},
};
static const char *const names[] = {"n", "secret", "title", "yes", "at", "help"};
static const char *const cells[] = {
    "9007199254740991",
    "hidden",
    "a \"title\"",
    "t",
    "2026-11-30 02:14:59.5+00",
    "[{\"category\": \"goods\"}]",
    "-1",
    NULL,
    "",
    "f",
    "2026-12-01 00:00:00+00",
    "{}",
    NULL,
    "hidden",
    NULL,
    NULL,
    NULL,
    NULL,
};

static void each_column_becomes_what_the_table_says(void **state)
{
    const struct db_form form = {.columns = columns};
    struct db_result result;
    struct buffer out = {0};

    (void)state;
    make(&result, names, 6, cells, 3);
    db_form_write(&form, &result, 3, &out);
    assert_text(&out, "{\"n\":9007199254740991,\"title\":\"a \\\"title\\\"\",\"yes\":true,"
                      "\"at\":\"2026-11-30T02:14:59Z\",\"help\":[{\"category\": \"goods\"}]},"
                      "{\"n\":-1,\"title\":\"\",\"yes\":false,\"at\":\"2026-12-01T00:00:00Z\",\"help\":{}},"
                      "{\"n\":null,\"title\":null,\"yes\":null,\"at\":null,\"help\":null}");
    PQclear(result.rows);
}

static void no_rows_are_no_text(void **state)
{
    const struct db_form form = {.columns = columns};
    struct db_result result;
    struct buffer out = {0};
    json_t *array;

    (void)state;
    make(&result, names, 6, NULL, 0);
    db_form_write(&form, &result, 0, &out);
    assert_int_equal(out.size, 0);
    array = db_rows_json(&result, columns);
    assert_true(json_is_array(array));
    assert_int_equal(json_array_size(array), 0);
    json_decref(array);
    buffer_free(&out);
    PQclear(result.rows);
}

static void put_row_number(struct buffer *out, const struct db_result *result, size_t row, void *arg)
{
    assert_int_equal(db_rows(result), 3);
    buffer_printf(out, ",\"row\":%zu", row);
    ++*(int *)arg;
}

static void a_tree_is_the_text_read(void **state)
{
    int asked = 0;
    const struct db_form form = {.columns = columns, .more = put_row_number, .arg = &asked};
    struct db_result result;
    json_t *row, *plain, *all;

    (void)state;
    make(&result, names, 6, cells, 3);
    row = db_form_row(&form, &result, 1);
    assert_int_equal(json_integer_value(json_object_get(row, "row")), 1);
    assert_int_equal(json_integer_value(json_object_get(row, "n")), -1);
    assert_true(json_is_false(json_object_get(row, "yes")));
    assert_null(json_object_get(row, "secret"));
    assert_int_equal(asked, 1);
    plain = db_row_json(&result, 1, columns);
    all = db_rows_json(&result, columns);
    assert_int_equal(json_array_size(all), 3);
    assert_true(json_equal(json_array_get(all, 1), plain));
    json_decref(all);
    json_decref(plain);
    json_decref(row);
    PQclear(result.rows);
}

static const struct db_order by_name = {DB_ORDER_TEXT, {"", DB_ORDER_FIRST, NULL}};
/* Each row with the total. */
static void take(struct db_page *page, int64_t limit, const char *total, int rows)
{
    static const char *const page_names[] = {"page_total", "id", "page_key"};
    static const struct db_json_column shown[] = {
        {"page_total", DB_JSON_SKIP}, {"page_key", DB_JSON_SKIP}, {NULL, DB_JSON_STRING}};
    const char *some[] = {total, "1", "a", total, "2", "b", total, "3", "c"};
    const struct db_form form = {.columns = shown};
    struct db_result result;

    *page = (struct db_page){.limit = limit};
    make(&result, page_names, 3, some, rows);
    db_page_take(page, &by_name, &form, &result);
    PQclear(result.rows);
}

static void a_row_more_than_the_limit_is_the_next_page(void **state)
{
    struct db_page page;
    char *next;

    (void)state;
    take(&page, 2, "7", 3);
    assert_string_equal((const char *)page.items.data, "{\"id\":\"1\"},{\"id\":\"2\"}");
    next = json_dumps(page.next, JSON_COMPACT);
    assert_string_equal(next, "[\"b\",\"2\"]");
    free(next);
    json_decref(page.next);
    buffer_free(&page.items);
}

static void a_page_has_the_total_up_to_the_bound(void **state)
{
    static const struct {
        const char *counted;
        int64_t total;
        bool is_bound;
    } totals[] = {{"0", 0, false}, {"3", 3, false}, {"1000", 1000, false}, {"1001", 1000, true}};
    struct db_page page;

    (void)state;
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        for (int rows = 0; rows <= 3; rows++) {
            take(&page, 3, totals[i].counted, rows);
            assert_null(page.next);
            assert_int_equal(page.total, rows ? totals[i].total : 0);
            assert_int_equal(page.total_is_bound, rows && totals[i].is_bound);
            assert_true((page.items.size == 0) == (rows == 0));
            buffer_free(&page.items);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_written_as_jansson_writes_it),
        cmocka_unit_test(every_octet_below_128_comes_back),
        cmocka_unit_test(a_time_is_whole_seconds_of_utc),
        cmocka_unit_test(each_column_becomes_what_the_table_says),
        cmocka_unit_test(no_rows_are_no_text),
        cmocka_unit_test(a_tree_is_the_text_read),
        cmocka_unit_test(a_row_more_than_the_limit_is_the_next_page),
        cmocka_unit_test(a_page_has_the_total_up_to_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
