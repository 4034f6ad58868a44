/* err, bytes, moment and authority: the small ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/authority.h"
#include "protocol/bytes.h"
#include "protocol/chain.h"
#include "protocol/err.h"
#include "protocol/moment.h"

static bool equal(const char *a, const char *b)
{
    return bytes_equal((struct bytes){(const uint8_t *)a, strlen(a)},
                       (struct bytes){(const uint8_t *)b, strlen(b)});
}

static void octets_are_equal_when_all_of_them_are(void **state)
{
    (void)state;
    assert_true(equal("", ""));
    assert_true(equal("abc", "abc"));
    assert_false(equal("abc", "abd"));
    assert_false(equal("ab", "abc"));
    assert_false(equal("abc", "ab"));
    assert_false(equal("", "a"));
}

static void every_error_has_a_slug_and_no_two_share_one(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        assert_non_null(err_slug((enum err_code)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(err_slug((enum err_code)i), err_slug((enum err_code)j));
    }
    assert_string_equal(err_slug(ERR_OK), "ok");
}

static void errors_are_set_and_wrapped(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(err_set(&err, ERR_GAP, "%d of %s", 3, "them"), ERR_GAP);
    assert_int_equal(err_wrap(&err, "outer"), ERR_GAP);
    assert_string_equal(err.text, "outer: 3 of them");
    assert_int_equal(err_set(&err, ERR_SKEW, "%s!", err.text), ERR_SKEW);
    assert_string_equal(err.text, "outer: 3 of them!");
    assert_int_equal(err_set(NULL, ERR_GAP, "nobody reads this"), ERR_GAP);
    err_wrap(NULL, "nor this");
}

static void a_cut_error_text_stays_valid_utf8(void **state)
{
    static const char *const letters[] = {"x", "ü", "€", "😀"};

    (void)state;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            struct buffer text = {0};
            struct err err;
            size_t size;

            buffer_append(&text, "abcd", shift);
            while (text.size < 2 * ERR_TEXT_SIZE)
                buffer_puts(&text, letters[i]);
            err_set(&err, ERR_GAP, "%s", (const char *)text.data);
            size = strlen(letters[i]);
            assert_int_equal((strlen(err.text) - shift) % size, 0);
            assert_true(strlen(err.text) > ERR_TEXT_SIZE - 1 - size);
            buffer_free(&text);
        }
    }
}

static void a_buffer_grows_and_ends_in_nul(void **state)
{
    struct buffer buffer = {0};
    char *text;

    (void)state;
    for (int i = 0; i < 1000; i++)
        buffer_printf(&buffer, "%d,", i % 10);
    buffer_append(&buffer, "\x12\0\x34", 3);
    buffer_append(&buffer, NULL, 0);
    assert_int_equal(buffer.size, 2003);
    assert_memory_equal(buffer.data + 2000, "\x12\0\x34", 4);
    text = buffer_steal(&buffer);
    assert_memory_equal(text, "0,1,2,", 6);
    assert_null(buffer.data);
    free(text);
    text = buffer_steal(&buffer);
    assert_string_equal(text, "");
    free(text);
}

static void a_failed_buffer_stays_failed(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    buffer_puts(&buffer, "x");
    buffer_append(&buffer, "x", SIZE_MAX / 2);
    assert_true(buffer.failed);
    buffer_puts(&buffer, "y");
    assert_int_equal(buffer.size, 1);
    assert_null(buffer_steal(&buffer));
    buffer_puts(&buffer, "again");
    assert_false(buffer.failed);
    buffer_free(&buffer);
}

static void views_are_compared_by_content(void **state)
{
    struct bytes abc = {(const uint8_t *)"abc", 3};

    (void)state;
    assert_true(bytes_text_equal(abc, "abc"));
    assert_false(bytes_text_equal(abc, "abd"));
    assert_false(bytes_text_equal(abc, "ab"));
    assert_true(bytes_equal((struct bytes){NULL, 0}, (struct bytes){NULL, 0}));
}

static void b64u_of_another_size_is_refused(void **state)
{
    uint8_t out[16];

    (void)state;
    assert_true(bytes_b64u_decode("AAAA", 4, out, 3));
    assert_false(bytes_b64u_decode("AAAA", 4, out, 2));
    assert_false(bytes_b64u_decode("AAAA", 4, out, 4));
    assert_true(bytes_b64u_decode("", 0, out, 0));
}

static void sha256_is_that_of_fips_180(void **state)
{
    uint8_t digest[32];
    char text[BYTES_B64U_SIZE(32)];

    (void)state;
    bytes_sha256("abc", 3, digest);
    bytes_b64u_encode(digest, sizeof digest, text);
    assert_string_equal(text, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

static void moments_go_both_ways(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},          {951782400, "2000-02-29T00:00:00Z"},
        {1790000000, "2026-09-21T14:13:20Z"}, {4107542399, "2100-02-28T23:59:59Z"},
        {4107542400, "2100-03-01T00:00:00Z"}, {253402300799, "9999-12-31T23:59:59Z"},
    };
    char text[MOMENT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t seconds;

        moment_format(cases[i].seconds, text);
        assert_string_equal(text, cases[i].text);
        assert_true(moment_parse(text, &seconds));
        assert_int_equal(seconds, cases[i].seconds);
    }
    moment_format(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    moment_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void what_is_no_moment_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "2026",
        "2026-11-01",
        "2026-11-01T09:00:00",
        "2026-11-01T09:00:00Z ",
        " 2026-11-01T09:00:00Z",
        "2026-11-01 09:00:00Z",
        "2026-11-01T09:00:00+00:00",
        "2026-11-01T09:00:00.000Z",
        "2026-11-31T09:00:00Z",
        "2026-00-01T09:00:00Z",
        "2026-11-00T09:00:00Z",
        "2026-11-01T24:00:00Z",
        "2026-11-01T09:60:00Z",
        "2026-11-01T09:00:60Z",
        "1900-01-01T00:00:00Z",
        "202\xD9\xA6-11-01T09:00:0Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t seconds = 42;
        assert_false(moment_parse(cases[i], &seconds));
        assert_int_equal(seconds, 42);
    }
}

static void streams_are_net_or_to_an_authority(void **state)
{
    (void)state;
    assert_true(authority_stream_valid("net"));
    assert_true(authority_stream_valid("to/localhost:8441"));
    assert_false(authority_stream_valid(""));
    assert_false(authority_stream_valid("Net"));
    assert_false(authority_stream_valid("net "));
    assert_false(authority_stream_valid("to/"));
    assert_false(authority_stream_valid("to/A"));
    assert_false(authority_stream_valid("to/a/b"));
}

static void cursors_are_ordered_by_epoch_then_number(void **state)
{
    (void)state;
    assert_true(cursor_compare((struct cursor){1, 9}, (struct cursor){2, 1}) < 0);
    assert_true(cursor_compare((struct cursor){2, 1}, (struct cursor){1, 9}) > 0);
    assert_true(cursor_compare((struct cursor){1, 1}, (struct cursor){1, 2}) < 0);
    assert_true(cursor_compare((struct cursor){1, 2}, (struct cursor){1, 1}) > 0);
    assert_int_equal(cursor_compare((struct cursor){1, 2}, (struct cursor){1, 2}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_are_equal_when_all_of_them_are),
        cmocka_unit_test(every_error_has_a_slug_and_no_two_share_one),
        cmocka_unit_test(errors_are_set_and_wrapped),
        cmocka_unit_test(a_cut_error_text_stays_valid_utf8),
        cmocka_unit_test(a_buffer_grows_and_ends_in_nul),
        cmocka_unit_test(a_failed_buffer_stays_failed),
        cmocka_unit_test(views_are_compared_by_content),
        cmocka_unit_test(b64u_of_another_size_is_refused),
        cmocka_unit_test(sha256_is_that_of_fips_180),
        cmocka_unit_test(moments_go_both_ways),
        cmocka_unit_test(what_is_no_moment_is_refused),
        cmocka_unit_test(streams_are_net_or_to_an_authority),
        cmocka_unit_test(cursors_are_ordered_by_epoch_then_number),
    };
    return cmocka_run_group_tests_name("protocol basics", tests, NULL, NULL);
}
