/* Request targets: what is decoded, what is refused, and what handlers get to see of a query. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "node/http/exchange.h"
#include "node/http/target.h"

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* Through exactly sized memory, so that a sanitizer sees every octet too many. */
static void assert_decodes(const char *raw, bool plus, const char *expected)
{
    size_t size = strlen(raw);
    uint8_t *exact = malloc(size + 1);
    char *out = malloc(size + 1);
    bool decoded;

    memcpy(exact, raw, size);
    decoded = target_decode((struct bytes){exact, size}, plus, out);
    assert_int_equal(decoded, expected != NULL);
    if (expected)
        assert_string_equal(out, expected);
    free(out);
    free(exact);
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    assert_decodes("", false, "");
    assert_decodes("plain", false, "plain");
    assert_decodes("%41%7a", false, "Az");
    assert_decodes("%c3%BC%E2%82%aC%f0%9f%90%b6", false, "ü€🐶");
    assert_decodes("%2541", false, "%41");
    assert_decodes("a+b", false, "a+b");
    assert_decodes("a+b%2B", true, "a b+");
}

static void what_is_no_text_is_refused(void **state)
{
    static const char *const raw[] = {
        "%",         "a%",     "%4",        "%4g",          "%g4",          "%-1",          "%00",
        "a%00b",     "%ff",    "%c3",       "%c3x",         "%80",          "%c0%80",       "%c0%af",
        "%ed%a0%80", "%e2%82", "%f5%80%80", "%f4%90%80%80", "%f0%80%80%80", "%fe%fe%ff%ff", "%u00e4",
    };

    (void)state;
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        assert_decodes(raw[i], false, NULL);
}

/* As the path's, which is not ended by a NUL: what stands behind it is not its own. */
static void an_escape_is_not_completed_by_what_follows(void **state)
{
    static const char raw[] = "a%41";
    char out[sizeof raw];

    (void)state;
    for (size_t size = 2; size <= 3; size++)
        assert_false(target_decode((struct bytes){(const uint8_t *)raw, size}, false, out));
    assert_true(target_decode((struct bytes){(const uint8_t *)raw, 4}, false, out));
    assert_string_equal(out, "aA");
}

static void assert_split(const char *target, const char *path, const char *query)
{
    struct problem problem = {0};
    struct bytes found_path, found_query;

    assert_int_equal(target_split(target, &found_path, &found_query, &problem), path != NULL);
    if (!path) {
        assert_int_equal(problem.code, PROBLEM_MALFORMED);
        return;
    }
    assert_true(bytes_text_equal(found_path, path));
    assert_true(bytes_text_equal(found_query, query));
}

static void targets_are_split_at_the_first_question_mark(void **state)
{
    (void)state;
    assert_split("/", "/", "");
    assert_split("/a/b", "/a/b", "");
    assert_split("/a?", "/a", "");
    assert_split("/a?b?c=d", "/a", "b?c=d");
    assert_split("/a%3Fb?c", "/a%3Fb", "c");
    assert_split("https://host:1/a?b", "/a", "b");
    assert_split("HTTP://host?b", "/", "b");
    assert_split("http://host", "/", "");
    assert_split("", NULL, NULL);
    assert_split("a", NULL, NULL);
    assert_split("*", NULL, NULL);
    assert_split("?a", NULL, NULL);
    assert_split("host:80", NULL, NULL);
    assert_split("/a b", NULL, NULL);
    assert_split("/a\tb", NULL, NULL);
    assert_split("/\xc3\xa4", NULL, NULL);
    assert_split("/a#b", NULL, NULL);
    assert_split("/a?b\x7f", NULL, NULL);
}

static bool append(void *arg, const char *name, const char *value)
{
    buffer_printf(arg, "[%s=%s]", name, value);
    return strcmp(name, "stop") != 0;
}

/* expected NULL: refused. Otherwise all parameters as [name=value]. */
static void assert_query(const char *raw, const char *expected)
{
    struct http_exchange exchange = {.request.exchange = &exchange};
    struct problem problem = {0};
    struct buffer list = {0};

    assert_int_equal(target_query_parse(&exchange.query, bytes_of(raw), &problem), expected != NULL);
    assert_int_equal(problem.code, expected ? PROBLEM_NONE : PROBLEM_MALFORMED);
    if (expected) {
        buffer_puts(&list, "");
        request_query_each(&exchange.request, append, &list);
        assert_string_equal((char *)list.data, expected);
    }
    buffer_free(&list);
    target_query_finish(&exchange.query);
}

static void queries_are_taken_apart(void **state)
{
    (void)state;
    assert_query("", "");
    assert_query("&&", "");
    assert_query("a", "[a=]");
    assert_query("a&b&c", "[a=][b=][c=]");
    assert_query("a=1&b=2&a=3", "[a=1][b=2][a=3]");
    assert_query("a==b=&=c", "[a==b=][=c]");
    assert_query("stra%C3%9Fe=%26+%3D", "[straße=& =]");
    assert_query("a=1&stop&b=2", "[a=1][stop=]");
    assert_query("a=%00", NULL);
    assert_query("%00", NULL);
    assert_query("a=1&b=%e4", NULL);
    assert_query("a=1&b=%", NULL);
}

static void a_query_has_a_limited_number_of_parameters(void **state)
{
    char raw[2 * TARGET_QUERY_PARAMETERS + 3] = "";
    char expected[5 * TARGET_QUERY_PARAMETERS] = "";

    (void)state;
    for (int i = 0; i < TARGET_QUERY_PARAMETERS; i++) {
        strcat(raw, i == 0 ? "a" : "&a");
        strcat(expected, "[a=]");
    }
    assert_query(raw, expected);
    strcat(raw, "&a");
    assert_query(raw, NULL);
}

static void parameters_are_found_by_name_and_number(void **state)
{
    struct http_exchange exchange = {.request.exchange = &exchange};
    const struct request *request = &exchange.request;
    struct problem problem = {0};

    (void)state;
    assert_true(target_query_parse(&exchange.query, bytes_of("state=open&limit=5&state=&State=x"), &problem));
    assert_string_equal(request_query(request, "state", 0), "open");
    assert_string_equal(request_query(request, "state", 1), "");
    assert_null(request_query(request, "state", 2));
    assert_string_equal(request_query(request, "limit", 0), "5");
    assert_null(request_query(request, "absent", 0));
    target_query_finish(&exchange.query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(an_escape_is_not_completed_by_what_follows),
        cmocka_unit_test(targets_are_split_at_the_first_question_mark),
        cmocka_unit_test(queries_are_taken_apart),
        cmocka_unit_test(a_query_has_a_limited_number_of_parameters),
        cmocka_unit_test(parameters_are_found_by_name_and_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
