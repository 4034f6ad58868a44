/* Field tables: every mistake of a body is named at once, by JSON pointer, and nothing else passes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node/base/fields.h"

static const char *const colours[] = {"red", "green", NULL};

static const struct json_field inner[] = {
    FIELD_ENUM("colour", FIELD_REQUIRED, colours),
    {.name = "size", .type = JSON_FIELD_INTEGER, .nullable = true, .min = 1, .max = 10},
    FIELD_END,
};

static const struct json_field table[] = {
    FIELD_LINE("title", FIELD_REQUIRED, 1, 5),
    FIELD_TEXT_OR_NULL("note", 1, 20),
    FIELD_LANGUAGE("language", FIELD_REQUIRED),
    FIELD_DATE_OR_NULL("day"),
    FIELD_EMAIL_OR_NULL("mail"),
    {.name = "parts", .type = JSON_FIELD_ARRAY, .min = 1, .max = 2, .fields = inner},
    {.name = "flag", .type = JSON_FIELD_BOOLEAN},
    {.name = "id", .type = JSON_FIELD_UUID},
    FIELD_END,
};

/* Is this the one problem of the body? NULL: it has none. */
static void assert_only(enum fields_whole whole, const char *body, const char *pointer, const char *code)
{
    json_t *object = json_loads(body, 0, NULL);
    struct problem problem = {0};
    assert_non_null(object);
    assert_int_equal(fields_check(object, table, whole, &problem), !pointer);
    if (pointer) {
        const json_t *error = json_array_get(problem.errors, 0);
        assert_int_equal(problem.code, PROBLEM_INVALID_BODY);
        assert_int_equal(json_array_size(problem.errors), 1);
        assert_string_equal(json_string_value(json_object_get(error, "pointer")), pointer);
        assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    }
    problem_finish(&problem);
    json_decref(object);
}

static void good_bodies_pass(void **state)
{
    (void)state;
    assert_only(FIELDS_NEW, "{\"title\":\"Hallo\",\"language\":\"de\"}", NULL, NULL);
    assert_only(FIELDS_NEW,
                "{\"title\":\"\\u00fc\\u00fc\\u00fc\\u00fc\\u00fc\",\"language\":\"de\",\"note\":null,"
                "\"day\":\"2026-12-24\","
                "\"flag\":false,\"id\":\"00000000-0000-4000-8000-000000000001\","
                "\"parts\":[{\"colour\":\"red\",\"size\":null},{\"colour\":\"green\",\"size\":10}]}",
                NULL, NULL);
    assert_only(FIELDS_NEW, "{\"title\":\"a\",\"language\":\"de\",\"note\":\"a\\nb\\tc\"}", NULL, NULL);
    assert_only(FIELDS_CHANGE, "{\"note\":null}", NULL, NULL);
}

static void each_mistake_is_named(void **state)
{
    static const struct {
        const char *member, *pointer, *code;
    } cases[] = {
        {"\"tilte\":1", "/tilte", "unknown_key"},
        {"\"a/b~c\":1", "/a~1b~0c", "unknown_key"},
        {"\"title\":\"\"", "/title", "empty"},
        {"\"title\":\" \\u00a0\\n\"", "/title", "empty"},
        {"\"title\":\"sechs!\"", "/title", "too_long"},
        {"\"title\":5", "/title", "wrong_type"},
        {"\"title\":null", "/title", "wrong_type"},
        {"\"title\":\"a\\nb\"", "/title", "malformed"},
        {"\"title\":\"a\\u0007b\"", "/title", "malformed"},
        {"\"title\":\"a\\u0085b\"", "/title", "malformed"},
        {"\"note\":\"a\\u001bb\"", "/note", "malformed"},
        {"\"note\":\"invoice\\u202efdp.exe\"", "/note", "malformed"},
        {"\"note\":\"a\\u2066b\"", "/note", "malformed"},
        {"\"mail\":\"anna\"", "/mail", "malformed"},
        {"\"mail\":\"@b.example\"", "/mail", "malformed"},
        {"\"mail\":\"anna@\"", "/mail", "malformed"},
        {"\"mail\":\"a@b@c.example\"", "/mail", "malformed"},
        {"\"mail\":\"a@b.example c\"", "/mail", "malformed"},
        {"\"language\":\"d\"", "/language", "malformed"},
        {"\"language\":\"DE\"", "/language", "malformed"},
        {"\"language\":\"deu\"", "/language", "malformed"},
        {"\"day\":\"2026-02-30\"", "/day", "malformed"},
        {"\"day\":\"24.12.2026\"", "/day", "malformed"},
        {"\"id\":\"00000000-0000-4000-8000-00000000000X\"", "/id", "malformed"},
        {"\"flag\":\"true\"", "/flag", "wrong_type"},
        {"\"flag\":1", "/flag", "wrong_type"},
        {"\"parts\":[]", "/parts", "too_few"},
        {"\"parts\":{}", "/parts", "wrong_type"},
        {"\"parts\":[{\"colour\":\"red\"},{\"colour\":\"red\"},{\"colour\":\"red\"}]", "/parts", "too_many"},
        {"\"parts\":[7]", "/parts/0", "wrong_type"},
        {"\"parts\":[{}]", "/parts/0/colour", "missing"},
        {"\"parts\":[{\"colour\":\"blue\"}]", "/parts/0/colour", "not_allowed"},
        {"\"parts\":[{\"colour\":\"red\"},{\"colour\":\"red\",\"size\":0}]", "/parts/1/size", "too_small"},
        {"\"parts\":[{\"colour\":\"red\",\"size\":11}]", "/parts/0/size", "too_large"},
        {"\"parts\":[{\"colour\":\"red\",\"size\":1.5}]", "/parts/0/size", "wrong_type"},
        {"\"parts\":[{\"colour\":\"red\",\"more\":1}]", "/parts/0/more", "unknown_key"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[256];
        snprintf(body, sizeof body, "{%s}", cases[i].member);
        assert_only(FIELDS_CHANGE, body, cases[i].pointer, cases[i].code);
    }
}

static void all_mistakes_are_told_at_once(void **state)
{
    json_t *body =
        json_loads("{\"note\":7,\"day\":\"x\",\"parts\":[{},{\"colour\":1}],\"x\":1,\"y\":2}", 0, NULL);
    struct problem problem = {0};
    (void)state;
    assert_false(fields_check(body, table, FIELDS_NEW, &problem));
    assert_int_equal(json_array_size(problem.errors), 8); /* with title and language missing */
    problem_finish(&problem);
    json_decref(body);
}

static void a_change_must_change_something(void **state)
{
    (void)state;
    assert_only(FIELDS_CHANGE, "{}", "", "empty");
}

static void ten_thousand_mistakes_make_no_endless_answer(void **state)
{
    json_t *body = json_object();
    struct problem problem = {0};
    (void)state;
    for (int i = 0; i < 10000; i++) {
        char name[2048];
        memset(name, 'x', sizeof name);
        snprintf(name, sizeof name, "%d", i);
        json_object_set_new(body, name, json_true());
    }
    assert_false(fields_check(body, table, FIELDS_CHANGE, &problem));
    assert_int_equal(json_array_size(problem.errors), 100);
    problem_finish(&problem);
    json_decref(body);
}

static void a_long_made_up_name_is_cut_at_a_character(void **state)
{
    char name[4096] = "";
    json_t *body = json_object();
    struct problem problem = {0};
    const char *pointer;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof name; i += 2) {
        memcpy(name + i, i % 6 == 0 ? "~/" : "\xC3\xBC", 2);
        name[i + 2] = '\0';
    }
    json_object_set_new(body, name, json_true());
    assert_false(fields_check(body, table, FIELDS_CHANGE, &problem));
    pointer = json_string_value(json_object_get(json_array_get(problem.errors, 0), "pointer"));
    assert_non_null(pointer);
    assert_in_range(strlen(pointer), 60, 400);
    problem_finish(&problem);
    json_decref(body);
}

static void each_category_of_help_stands_once(void **state)
{
    static const struct {
        const char *help, *pointer;
    } cases[] = {
        {"[\"goods\",\"hands\",\"goods\"]", "/help/2/category"},
        {"[\"hands\",\"goods\",\"goods\"]", "/help/2/category"},
        {"[\"goods\",\"goods\"]", "/help/1/category"},
        {"[\"goods\",\"hands\"]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *categories = json_loads(cases[i].help, 0, NULL);
        json_t *help = json_array();
        json_t *body = json_pack("{s:o}", "help", help);
        struct problem problem = {0};
        json_t *category;
        size_t n;
        json_array_foreach (categories, n, category)
            json_array_append_new(help, json_pack("{s:O}", "category", category));
        assert_int_equal(fields_help_unique(body, &problem), cases[i].pointer == NULL);
        if (cases[i].pointer != NULL)
            assert_string_equal(
                json_string_value(json_object_get(json_array_get(problem.errors, 0), "pointer")),
                cases[i].pointer);
        problem_finish(&problem);
        json_decref(body);
        json_decref(categories);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_bodies_pass),
        cmocka_unit_test(each_mistake_is_named),
        cmocka_unit_test(all_mistakes_are_told_at_once),
        cmocka_unit_test(a_change_must_change_something),
        cmocka_unit_test(ten_thousand_mistakes_make_no_endless_answer),
        cmocka_unit_test(a_long_made_up_name_is_cut_at_a_character),
        cmocka_unit_test(each_category_of_help_stands_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
