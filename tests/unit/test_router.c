/* The route table: which row answers a request, and what is said when none does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node/core/permissions.h"
#include "node/http/router.h"

#define ROW(method, pattern, nodes, listeners)                                                               \
    {                                                                                                        \
        method, pattern, MAY_VISIT, nodes, listeners, .handle = NULL                                         \
    }

static const struct route table[] = {
    ROW("GET", "/", NODE_ANY, ON_BOTH),
    ROW("GET", "/items", NODE_ANY, ON_BOTH),
    ROW("POST", "/items", NODE_ANY, ON_BOTH),
    ROW("GET", "/items/{id}", NODE_ANY, ON_BOTH),
    ROW("PATCH", "/items/{id}", NODE_ANY, ON_BOTH),
    ROW("DELETE", "/items/{id}", NODE_ANY, ON_TLS),
    ROW("GET", "/items/all", NODE_ANY, ON_BOTH),
    ROW("PUT", "/items/{id}/{part}/{n}", NODE_ANY, ON_BOTH),
    ROW("GET", "/items/{id}/parts/{n}", NODE_ANY, ON_BOTH),
    ROW("GET", "/members", NODE_OFFICE, ON_BOTH),
    ROW("GET", "/signed", NODE_ANY, ON_TLS),
    ROW("GET", "/1/2/3/4/5/6/7/8/9/10/11/{last}", NODE_ANY, ON_TLS),
    ROW("GET", "*", NODE_ANY, ON_LOOPBACK),
};

static struct router *router;

static int setup(void **state)
{
    struct problem problem = {0};

    (void)state;
    router = router_compile(table, sizeof table / sizeof *table, &problem);
    return !router;
}

static int teardown(void **state)
{
    (void)state;
    router_destroy(router);
    return 0;
}

static struct router_match find(const char *method, const char *path, enum http_listener listener,
                                enum router_verdict expected)
{
    struct router_match match;

    assert_int_equal(router_find(router, method, path, NODE_CITY, listener, &match), expected);
    return match;
}

static void assert_row(const char *method, const char *path, const char *pattern)
{
    struct router_match match = find(method, path, HTTP_LISTENER_TLS, ROUTER_FOUND);

    assert_string_equal(match.route->pattern, pattern);
}

static void literal_segments_win_over_parameters(void **state)
{
    (void)state;
    assert_row("GET", "/", "/");
    assert_row("GET", "/items", "/items");
    assert_row("GET", "/items/7", "/items/{id}");
    assert_row("GET", "/items/all", "/items/all");
    assert_row("GET", "/items/all/parts/2", "/items/{id}/parts/{n}");
    assert_row("PUT", "/items/7/other/2", "/items/{id}/{part}/{n}");
    assert_row("GET", "/items/all%2f", "/items/{id}");
    assert_row("GET", "/1/2/3/4/5/6/7/8/9/10/11/12", "/1/2/3/4/5/6/7/8/9/10/11/{last}");
}

static void parameters_come_raw_and_in_order(void **state)
{
    struct router_match match = find("PUT", "/items/a%2Fb/c/%20", HTTP_LISTENER_TLS, ROUTER_FOUND);

    (void)state;
    assert_int_equal(match.parameters_count, 3);
    assert_true(bytes_text_equal(match.parameters[0], "a%2Fb"));
    assert_true(bytes_text_equal(match.parameters[1], "c"));
    assert_true(bytes_text_equal(match.parameters[2], "%20"));
}

static void a_path_must_fit_whole(void **state)
{
    static const char *const paths[] = {"/item",
                                        "/itemss",
                                        "/items/",
                                        "//items",
                                        "/items//",
                                        "/ITEMS",
                                        "/items/7/",
                                        "/items/7/x",
                                        "/items//parts/2",
                                        "/items/all/p/",
                                        "/%69tems",
                                        "/signed/x",
                                        "/1/2/3/4/5/6/7/8/9/10/11/12/13",
                                        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_null(find("GET", paths[i], HTTP_LISTENER_TLS, ROUTER_UNKNOWN_PATH).route);
}

static void known_paths_say_which_methods_they_take(void **state)
{
    (void)state;
    assert_string_equal(find("PUT", "/items", HTTP_LISTENER_TLS, ROUTER_WRONG_METHOD).allow,
                        "GET, HEAD, POST, OPTIONS");
    assert_string_equal(find("PUT", "/items/7", HTTP_LISTENER_TLS, ROUTER_WRONG_METHOD).allow,
                        "GET, HEAD, PATCH, DELETE, OPTIONS");
    assert_string_equal(find("PUT", "/items/7", HTTP_LISTENER_LOOPBACK, ROUTER_WRONG_METHOD).allow,
                        "GET, HEAD, PATCH, OPTIONS");
    assert_string_equal(find("OPTIONS", "/items", HTTP_LISTENER_TLS, ROUTER_OPTIONS).allow,
                        "GET, HEAD, POST, OPTIONS");
    assert_string_equal(find("get", "/items", HTTP_LISTENER_TLS, ROUTER_WRONG_METHOD).allow,
                        "GET, HEAD, POST, OPTIONS");
    assert_string_equal(find("TRACE", "/items/all", HTTP_LISTENER_TLS, ROUTER_WRONG_METHOD).allow,
                        "GET, HEAD, OPTIONS");
}

static void head_is_answered_by_get(void **state)
{
    (void)state;
    assert_row("HEAD", "/items/7", "/items/{id}");
    assert_null(find("HEAD", "/items/7/a/b", HTTP_LISTENER_TLS, ROUTER_WRONG_METHOD).route);
}

static void what_is_elsewhere_is_unknown_here(void **state)
{
    struct router_match match;

    (void)state;
    find("GET", "/members", HTTP_LISTENER_TLS, ROUTER_UNKNOWN_PATH);
    assert_int_equal(router_find(router, "GET", "/members", NODE_OFFICE, HTTP_LISTENER_TLS, &match),
                     ROUTER_FOUND);
    find("GET", "/signed", HTTP_LISTENER_TLS, ROUTER_FOUND);
    find("DELETE", "/items/7", HTTP_LISTENER_TLS, ROUTER_FOUND);
    find("DELETE", "/items/7", HTTP_LISTENER_LOOPBACK, ROUTER_WRONG_METHOD);
}

static void the_rest_goes_to_the_star(void **state)
{
    (void)state;
    assert_string_equal(find("GET", "/any/thing", HTTP_LISTENER_LOOPBACK, ROUTER_FOUND).route->pattern, "*");
    assert_string_equal(find("HEAD", "/signed", HTTP_LISTENER_LOOPBACK, ROUTER_FOUND).route->pattern, "*");
    assert_string_equal(find("GET", "/items", HTTP_LISTENER_LOOPBACK, ROUTER_FOUND).route->pattern, "/items");
    find("POST", "/any/thing", HTTP_LISTENER_LOOPBACK, ROUTER_UNKNOWN_PATH);
    find("OPTIONS", "/any/thing", HTTP_LISTENER_LOOPBACK, ROUTER_UNKNOWN_PATH);
    find("GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15", HTTP_LISTENER_LOOPBACK, ROUTER_FOUND);
    find("PUT", "/items", HTTP_LISTENER_LOOPBACK, ROUTER_WRONG_METHOD);
}

static void a_table_with_a_mistake_is_refused(void **state)
{
    static const struct route tables[][2] = {
        {ROW("FETCH", "/a", NODE_ANY, ON_BOTH), ROW("GET", "/b", NODE_ANY, ON_BOTH)},
        {ROW("GET", "a", NODE_ANY, ON_BOTH), ROW("GET", "/b", NODE_ANY, ON_BOTH)},
        {ROW("GET", "/a/", NODE_ANY, ON_BOTH), ROW("GET", "/b", NODE_ANY, ON_BOTH)},
        {ROW("GET", "/{a}/{b}/{c}/{d}/{e}", NODE_ANY, ON_BOTH), ROW("GET", "/b", NODE_ANY, ON_BOTH)},
        {ROW("GET", "/a", NODE_ANY, ON_BOTH), ROW("GET", "/a", NODE_CITY, ON_TLS)},
        {ROW("GET", "/a/{x}", NODE_ANY, ON_BOTH), ROW("GET", "/a/{y}", NODE_ANY, ON_BOTH)},
        {ROW("GET", "*", NODE_ANY, ON_BOTH), ROW("GET", "*", NODE_ANY, ON_BOTH)},
        /* Who sends a body needs a worker. */
        {{"POST", "/a", MAY_VISIT, NODE_ANY, ON_BOTH, 1, .lane = SERVER_AT_ONCE},
         ROW("GET", "/b", NODE_ANY, ON_BOTH)},
    };
    static const struct route apart[] = {
        ROW("GET", "/a", NODE_CITY, ON_BOTH),   ROW("GET", "/a", NODE_OFFICE, ON_BOTH),
        ROW("POST", "/a", NODE_CITY, ON_TLS),   ROW("POST", "/a", NODE_CITY, ON_LOOPBACK),
        ROW("GET", "/{x}", NODE_CITY, ON_BOTH),
    };
    struct problem problem = {0};
    struct router *good;

    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        problem = (struct problem){0};
        assert_null(router_compile(tables[i], 2, &problem));
        assert_int_equal(problem.code, PROBLEM_INTERNAL);
        assert_non_null(strstr(problem.detail, "malformed or there twice"));
    }
    problem = (struct problem){0};
    good = router_compile(apart, sizeof apart / sizeof *apart, &problem);
    assert_non_null(good);
    router_destroy(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literal_segments_win_over_parameters),
        cmocka_unit_test(parameters_come_raw_and_in_order),
        cmocka_unit_test(a_path_must_fit_whole),
        cmocka_unit_test(known_paths_say_which_methods_they_take),
        cmocka_unit_test(head_is_answered_by_get),
        cmocka_unit_test(what_is_elsewhere_is_unknown_here),
        cmocka_unit_test(the_rest_goes_to_the_star),
        cmocka_unit_test(a_table_with_a_mistake_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
