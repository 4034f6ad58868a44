#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/json_field.h"
#include "protocol/json_profile.h"

static json_t *parse(const char *text)
{
    struct err err;
    json_t *object = json_profile_parse(text, strlen(text), &err);
    if (!object)
        fail_msg("%s", err.text);
    return object;
}

static bool is_even(const json_t *value, struct err *err)
{
    if (json_integer_value(value) % 2 == 0)
        return true;
    err_set(err, ERR_MALFORMED, "must be even");
    return false;
}

static const char *const colours[] = {"red", "blue", NULL};
static const struct json_field inner[] = {
    {.name = "x", .type = JSON_FIELD_INTEGER, .required = true, .min = -1, .max = 8, .check = is_even},
    {.name = NULL},
};
static const struct json_field fields[] = {
    {.name = "text", .type = JSON_FIELD_TEXT, .min = 2, .max = 3},
    {.name = "word", .type = JSON_FIELD_TEXT, .min = 1},
    {.name = "number", .type = JSON_FIELD_INTEGER},
    {.name = "flag", .type = JSON_FIELD_BOOLEAN, .nullable = true},
    {.name = "time", .type = JSON_FIELD_TIME},
    {.name = "month", .type = JSON_FIELD_MONTH},
    {.name = "uuid", .type = JSON_FIELD_UUID},
    {.name = "octets", .type = JSON_FIELD_B64U, .max = 3},
    {.name = "authority", .type = JSON_FIELD_AUTHORITY},
    {.name = "stream", .type = JSON_FIELD_STREAM},
    {.name = "colour", .type = JSON_FIELD_ENUM, .values = colours},
    {.name = "object", .type = JSON_FIELD_OBJECT, .fields = inner},
    {.name = "any", .type = JSON_FIELD_OBJECT},
    {.name = "list", .type = JSON_FIELD_ARRAY, .max = 2, .fields = inner},
    {.name = "numbers", .type = JSON_FIELD_ARRAY, .min = 1, .check = is_even},
    {.name = "a/b~c", .type = JSON_FIELD_BOOLEAN},
    {.name = NULL},
};

/* What is said of a wrong value has its bounds, however much there is to say. */
static void a_list_that_is_too_long_is_cut(void **state)
{
    static char names[20][40];
    static const char *values[21];
    static const struct json_field table[] = {
        {.name = "code", .type = JSON_FIELD_ENUM, .values = values},
        {.name = NULL},
    };
    json_t *object = parse("{\"code\":\"x\"}");
    struct err err;

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        memset(names[i], (char)('a' + i), sizeof names[i] - 1);
        values[i] = names[i];
    }
    assert_int_equal(json_field_check(object, table, JSON_FIELD_CLOSED, &err), ERR_MALFORMED);
    assert_ptr_equal(strstr(err.text, "/code: must be one of aaa"), err.text);
    assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
    json_decref(object);
}

static void a_table_says_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text;
        const char *complaint; /* NULL: none */
    } cases[] = {
        {"{}", NULL},
        {"{\"text\":\"ab\",\"number\":9007199254740991,\"flag\":false,\"time\":\"2026-11-01T00:00:00Z\"}",
         NULL},
        {"{\"text\":\"üöä\",\"month\":\"2026-12\",\"octets\":\"AAAA\",\"colour\":\"blue\",\"any\":{\"z\":[]}"
         "}",
         NULL},
        {"{\"flag\":null,\"list\":[],\"numbers\":[0,2],\"stream\":\"to/a.example\",\"a/b~c\":true}", NULL},
        {"{\"text\":\"\"}", "/text: must not be empty"},
        {"{\"word\":\"\"}", "/word: must not be empty"},
        {"{\"text\":\"a\"}", "/text: shorter than 2 characters"},
        {"{\"text\":\"abcd\"}", "/text: longer than 3 characters"},
        {"{\"text\":1}", "/text: must be a text"},
        {"{\"text\":null}", "/text: must be a text"},
        {"{\"number\":-1}", "/number: must be at least 0"},
        {"{\"number\":\"1\"}", "/number: must be an integer"},
        {"{\"flag\":0}", "/flag: must be true or false"},
        {"{\"time\":\"2026-11-01\"}", "/time: must be a time of the form YYYY-MM-DDTHH:MM:SSZ"},
        {"{\"month\":\"2026-13\"}", "/month: must be a month of the form YYYY-MM"},
        {"{\"month\":\"2026-1\"}", "/month: must be a month of the form YYYY-MM"},
        {"{\"uuid\":\"x\"}", "/uuid: must be a version 4 UUID in lower case"},
        {"{\"octets\":\"AAA\"}", "/octets: must be base64url without padding, of the right length"},
        {"{\"octets\":\"AAA=\"}", "/octets: must be base64url without padding, of the right length"},
        {"{\"authority\":\"A\"}", "/authority: must be an authority: host or host:port, lower case"},
        {"{\"stream\":\"to/\"}", "/stream: must be net, or to/ and an authority"},
        {"{\"colour\":\"green\"}", "/colour: must be one of red blue"},
        {"{\"object\":[]}", "/object: must be an object"},
        {"{\"object\":{}}", "/object/x: is missing"},
        {"{\"object\":{\"x\":9}}", "/object/x: must lie between -1 and 8"},
        {"{\"object\":{\"x\":3}}", "/object/x: must be even"},
        {"{\"object\":{\"x\":2,\"y\":1}}", "/object/y: is not known here"},
        {"{\"list\":{}}", "/list: must be an array"},
        {"{\"list\":[{\"x\":2},{\"x\":1}]}", "/list/1/x: must be even"},
        {"{\"list\":[{\"x\":2},1]}", "/list/1: must be an object"},
        {"{\"list\":[{\"x\":2},{\"x\":2},{\"x\":2}]}", "/list: must have at most 2 items"},
        {"{\"numbers\":[]}", "/numbers: must have at least 1 items"},
        {"{\"numbers\":[2,4,5]}", "/numbers/2: must be even"},
        {"{\"a/b~c\":1}", "/a~1b~0c: must be true or false"},
        {"{\"other\":1}", "/other: is not known here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *object = parse(cases[i].text);
        struct err err = {.code = ERR_OK};
        enum err_code code = json_field_check(object, fields, JSON_FIELD_CLOSED, &err);
        assert_string_equal(err.text, !cases[i].complaint ? "" : cases[i].complaint);
        assert_int_equal(code, !cases[i].complaint ? ERR_OK : ERR_MALFORMED);
        assert_int_equal(json_field_check(object, fields, JSON_FIELD_CLOSED, NULL), code);
        json_decref(object);
    }
}

static void an_open_table_lets_unknown_members_pass(void **state)
{
    json_t *object = parse("{\"other\":1,\"object\":{\"x\":2,\"y\":1}}");

    (void)state;
    assert_int_equal(json_field_check(object, fields, JSON_FIELD_OPEN, NULL), ERR_OK);
    json_decref(object);
}

static void lengths_count_code_points(void **state)
{
    (void)state;
    assert_int_equal(json_profile_text_length(""), 0);
    assert_int_equal(json_profile_text_length("aüß"), 3);
    assert_int_equal(json_profile_text_length("😀e\xCC\x81"), 3);
}

static void getters_give_what_is_there_or_the_fallback(void **state)
{
    json_t *object = parse("{\"t\":\"x\",\"i\":5,\"n\":null}");

    (void)state;
    assert_string_equal(json_profile_text(object, "t"), "x");
    assert_null(json_profile_text(object, "i"));
    assert_null(json_profile_text(object, "none"));
    assert_int_equal(json_profile_integer(object, "i", 0), 5);
    assert_int_equal(json_profile_integer(object, "n", 7), 7);
    json_decref(object);
}

/* Also where a text seems to go on: what ends it must not be swallowed as part of a character. */
static void texts_are_well_formed_utf_8(void **state)
{
    static const struct {
        const char *octets;
        bool good;
    } cases[] = {
        {"\x7f", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xbf", false},
        {"\xc1\xbf", false},
        {"\xc3"
         "A",
         false},
        {"\xc3\xc3", false},
        {"\xe2\x82"
         "A",
         false},
        {"\xe2"
         "A\x82",
         false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf0\x9f\x98"
         "A",
         false},
        {"\xf4\x90\x80\x80", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\xff", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        json_t *object;
        snprintf(text, sizeof text, "{\"a\":\"%s\"}", cases[i].octets);
        object = json_profile_parse(text, strlen(text), NULL);
        if ((object != NULL) != cases[i].good)
            fail_msg("case %zu", i);
        if (object != NULL)
            assert_string_equal(json_profile_text(object, "a"), cases[i].octets);
        json_decref(object);
    }
}

static void escapes_are_the_characters_they_name(void **state)
{
    static const struct {
        const char *escaped;
        const char *octets; /* NULL: of no character */
    } cases[] = {
        {"\\u0001", "\x01"},
        {"\\u007f", "\x7f"},
        {"\\u0080", "\xc2\x80"},
        {"\\u07ff", "\xdf\xbf"},
        {"\\u0800", "\xe0\xa0\x80"},
        {"\\uD7FF", "\xed\x9f\xbf"},
        {"\\ue000", "\xee\x80\x80"},
        {"\\ud800\\udc00", "\xf0\x90\x80\x80"},
        {"\\udbff\\udfff", "\xf4\x8f\xbf\xbf"},
        {"\\udc00", NULL},
        {"\\udfff", NULL},
        {"\\ud800", NULL},
        {"\\udbff", NULL},
        {"\\ud800\\ud800", NULL},
        {"\\ud800\\u0041", NULL},
        {"\\ud800\\ue000", NULL},
        {"\\u0000", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        json_t *object;
        snprintf(text, sizeof text, "{\"a\":\"%s\"}", cases[i].escaped);
        object = json_profile_parse(text, strlen(text), NULL);
        if ((object != NULL) != (cases[i].octets != NULL))
            fail_msg("%s", cases[i].escaped);
        if (object != NULL)
            assert_string_equal(json_profile_text(object, "a"), cases[i].octets);
        json_decref(object);
    }
}

static void integers_are_read_to_both_their_ends(void **state)
{
    json_t *object = parse("{\"a\":9007199254740991,\"b\":-9007199254740991,\"c\":9007199254740990}");
    (void)state;
    assert_int_equal(json_profile_integer(object, "a", 0), 9007199254740991);
    assert_int_equal(json_profile_integer(object, "b", 0), -9007199254740991);
    assert_int_equal(json_profile_integer(object, "c", 0), 9007199254740990);
    json_decref(object);
    assert_null(json_profile_parse("{\"a\":9007199254740992}", 22, NULL));
    assert_null(json_profile_parse("{\"a\":-9007199254740992}", 23, NULL));
    assert_null(json_profile_parse("{\"a\":90071992547409910}", 23, NULL));
}

static void an_error_never_repeats_foreign_octets(void **state)
{
    static const char text[] = "{\"a\": \xff\xfe}";
    struct err err;

    (void)state;
    assert_null(json_profile_parse(text, sizeof text - 1, &err));
    for (const char *c = err.text; *c != '\0'; c++)
        assert_true(*c >= 0x20 && *c < 0x7f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_that_is_too_long_is_cut),
        cmocka_unit_test(a_table_says_what_is_wrong_and_where),
        cmocka_unit_test(an_open_table_lets_unknown_members_pass),
        cmocka_unit_test(lengths_count_code_points),
        cmocka_unit_test(getters_give_what_is_there_or_the_fallback),
        cmocka_unit_test(texts_are_well_formed_utf_8),
        cmocka_unit_test(escapes_are_the_characters_they_name),
        cmocka_unit_test(integers_are_read_to_both_their_ends),
        cmocka_unit_test(an_error_never_repeats_foreign_octets),
    };
    return cmocka_run_group_tests_name("protocol json_profile", tests, NULL, NULL);
}
