/* Problems: the first one stands, and its document is RFC 9457 and JSON whatever it quotes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "node/http/reply.h"
#include "node/base/problem.h"

static json_t *document_of(const struct problem *problem)
{
    char *text = problem_document(problem);
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(document);
    free(text);
    return document;
}

static const char *member(const json_t *document, const char *name)
{
    return json_string_value(json_object_get(document, name));
}

static void the_document_has_the_members_of_rfc_9457(void **state)
{
    struct problem problem = {0};
    json_t *document;

    (void)state;
    assert_false(problem_set(&problem, PROBLEM_STALE_VERSION, "Version %d is gone.", 3));
    document = document_of(&problem);
    assert_string_equal(member(document, "type"), PROBLEM_TYPE_BASE "stale-version");
    assert_string_equal(member(document, "code"), "stale-version");
    assert_string_equal(member(document, "title"), problem_title(PROBLEM_STALE_VERSION));
    assert_string_equal(member(document, "detail"), "Version 3 is gone.");
    assert_int_equal(json_integer_value(json_object_get(document, "status")), 412);
    assert_int_equal(json_object_size(document), 5);
    json_decref(document);
    problem_finish(&problem);
}

static void the_first_problem_stands(void **state)
{
    struct problem problem = {0};

    (void)state;
    problem_set(&problem, PROBLEM_FORBIDDEN, "first");
    problem_set(&problem, PROBLEM_NOT_FOUND, "second");
    problem_field(&problem, "/title", "required", "third");
    assert_int_equal(problem.code, PROBLEM_FORBIDDEN);
    assert_string_equal(problem.detail, "first");
    assert_null(problem.errors);
    problem_finish(&problem);
    assert_int_equal(problem.code, PROBLEM_NONE);
}

static void what_names_somebody_is_told_word_by_word(void **state)
{
    struct problem problem = {0};
    json_t *document, *first;

    (void)state;
    problem_set(&problem, PROBLEM_IDENTIFIERS_FOUND, "Nothing was sent.");
    problem_identifier(&problem, "/note", "0681 5550142");
    problem_field(&problem, "/note", "too-long", "Another cause comes too late.");
    document = document_of(&problem);
    assert_string_equal(member(document, "code"), "identifiers-found");
    assert_int_equal(json_array_size(json_object_get(document, "errors")), 1);
    first = json_array_get(json_object_get(document, "errors"), 0);
    assert_string_equal(member(first, "pointer"), "/note");
    assert_string_equal(member(first, "code"), "identifier");
    assert_string_equal(member(first, "subject"), "0681 5550142");
    json_decref(document);
    problem_finish(&problem);
}

static void all_fields_are_told_at_once(void **state)
{
    struct problem problem = {0};
    json_t *document, *second;

    (void)state;
    problem_field(&problem, "/title", "too-long", "At most %d characters.", 200);
    problem_field(&problem, "/help/0/quantity", "too-small", "At least 1.");
    document = document_of(&problem);
    assert_string_equal(member(document, "code"), "invalid-body");
    assert_int_equal(json_array_size(json_object_get(document, "errors")), 2);
    second = json_array_get(json_object_get(document, "errors"), 1);
    assert_string_equal(member(second, "pointer"), "/help/0/quantity");
    assert_string_equal(member(second, "code"), "too-small");
    assert_string_equal(member(second, "detail"), "At least 1.");
    assert_null(json_object_get(document, "detail"));
    json_decref(document);
    problem_finish(&problem);
}

static void extensions_add_and_never_replace(void **state)
{
    struct problem problem = {0};
    json_t *document;

    (void)state;
    problem_set(&problem, PROBLEM_SKEW, "Your clock is late.");
    problem_extend(&problem, "server_time", json_string("2026-01-01T00:00:00Z"));
    problem_extend(&problem, "status", json_integer(200));
    document = document_of(&problem);
    assert_string_equal(member(document, "server_time"), "2026-01-01T00:00:00Z");
    assert_int_equal(json_integer_value(json_object_get(document, "status")), 401);
    json_decref(document);
    problem_finish(&problem);
}

static void details_are_text_whatever_they_quote(void **state)
{
    struct problem problem = {0};
    char quoted[1024];
    json_t *document;

    (void)state;
    problem_set(&problem, PROBLEM_MALFORMED_JSON, "Near '%s'.", "a\xff\xc3z\xe2\x82");
    assert_string_equal(problem.detail, "Near 'a?\?z?\?'.");
    document = document_of(&problem);
    assert_string_equal(member(document, "detail"), problem.detail);
    json_decref(document);
    problem_finish(&problem);
    /* Cut within a character: the whole character goes. */
    for (size_t i = 0; i < 341; i++)
        memcpy(quoted + 3 * i, "€", 4);
    problem_set(&problem, PROBLEM_MALFORMED_JSON, "%s", quoted);
    assert_int_equal(strlen(problem.detail), 510);
    problem_finish(&problem);
}

static void protocol_errors_keep_their_slug(void **state)
{
    (void)state;
    for (int code = ERR_OK + 1; code < ERR_COUNT; code++) {
        struct err err = {.code = (enum err_code)code, .text = "why"};
        struct problem problem = {0};
        assert_false(problem_from_err(&problem, &err));
        assert_string_equal(problem.detail, "why");
        if (code >= ERR_CHAIN_BROKEN)
            assert_int_equal(problem.code, PROBLEM_INTERNAL);
        else
            assert_string_equal(problem_slug(problem.code), err_slug(err.code));
        problem_finish(&problem);
    }
}

static void a_reply_carries_the_problem(void **state)
{
    struct problem problem = {.retry_after = 7};
    struct reply reply = {0};

    (void)state;
    reply_text(&reply, 200, "text/plain", "given up");
    problem_set(&problem, PROBLEM_TOO_MANY_ATTEMPTS, "Wait.");
    reply_problem(&reply, &problem);
    assert_int_equal(reply.status, 429);
    assert_string_equal(reply.content_type, "application/problem+json");
    assert_int_equal(reply.size, strlen(reply.body));
    assert_int_equal(reply.headers_count, 1);
    assert_string_equal(reply.headers[0].name, "Retry-After");
    assert_string_equal(reply.headers[0].value, "7");
    reply_finish(&reply);
    problem_finish(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_has_the_members_of_rfc_9457),
        cmocka_unit_test(the_first_problem_stands),
        cmocka_unit_test(all_fields_are_told_at_once),
        cmocka_unit_test(what_names_somebody_is_told_word_by_word),
        cmocka_unit_test(extensions_add_and_never_replace),
        cmocka_unit_test(details_are_text_whatever_they_quote),
        cmocka_unit_test(protocol_errors_keep_their_slug),
        cmocka_unit_test(a_reply_carries_the_problem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
