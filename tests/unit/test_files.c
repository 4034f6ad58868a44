/* The built screens: what is served for which path, and how browsers may keep it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/http/files.h"
#include "tests/unit/server_fixture.h"

static const struct {
    const char *name;
    const char *content;
} built[] = {
    {"index.html", "<!doctype html>"},
    {"desk.0A1B2C3D.js", "the whole script"},
    {"desk.0A1B2C3D.js.gz", "\x1f\x8b packed script"},
    {"openapi.json", "{}"},
    {"texts/de.ZYXWVUTS.json", "{\"a\":1}"},
    {"texts/.hidden", "dots are names too"},
};

static char directory[] = "/tmp/test_files_XXXXXX";

static void path_of(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", directory, name);
}

static int build(void **state)
{
    char path[256];

    (void)state;
    if (mkdtemp(directory) == NULL)
        return 1;
    path_of(path, "texts");
    if (mkdir(path, 0700) != 0)
        return 1;
    for (size_t i = 0; i < sizeof built / sizeof *built; i++) {
        FILE *stream;
        path_of(path, built[i].name);
        stream = fopen(path, "w");
        if (stream == NULL || fputs(built[i].content, stream) < 0 || fclose(stream) != 0)
            return 1;
    }
    return 0;
}

static int clear(void **state)
{
    char path[256];

    (void)state;
    for (size_t i = 0; i < sizeof built / sizeof *built; i++) {
        path_of(path, built[i].name);
        unlink(path);
    }
    path_of(path, "texts");
    return rmdir(path) != 0 || rmdir(directory) != 0;
}

static void serve(struct fixture *fixture)
{
    struct problem problem = {0};

    fixture->files = files_load(directory, &problem);
    if (fixture->files == NULL)
        fail_msg("%s", problem.detail);
    fixture_start(fixture);
}

static struct answer get(const struct fixture *fixture, const char *path, const char *fields)
{
    char request[512];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s" HOST, path, fields);
    return client_once(fixture_http_port(fixture), request);
}

static void assert_served(const struct fixture *fixture, const char *path, const char *fields,
                          const char *content, const char *type, const char *encoding)
{
    struct answer answer = get(fixture, path, fields);

    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, content);
    fixture_assert_field(&answer, "Content-Type", type);
    fixture_assert_field(&answer, "Content-Encoding", encoding);
    answer_free(&answer);
}

static void assert_status(const struct fixture *fixture, const char *path, const char *fields, int status)
{
    struct answer answer = get(fixture, path, fields);

    if (answer.status != status)
        fail_msg("%d for %s", answer.status, path);
    answer_free(&answer);
}

static void files_are_served_by_their_names_alone(void **state)
{
    struct fixture *fixture = *state;

    serve(fixture);
    assert_served(fixture, "/texts/de.ZYXWVUTS.json", "", "{\"a\":1}", "application/json", NULL);
    assert_served(fixture, "/openapi.json?x=1", "", "{}", "application/json", NULL);
    assert_status(fixture, "/texts/../openapi.json", "", 404);
    assert_status(fixture, "/../../../../etc/passwd.txt", "", 404);
    assert_status(fixture, "/texts/%2e%2e/openapi.json", "", 404);
    assert_status(fixture, "/texts/fr.ZYXWVUTS.json", "", 404);
    assert_status(fixture, "//openapi.json", "", 404);
}

static void screens_get_the_index(void **state)
{
    static const char page[] = "Accept: text/html,application/xhtml+xml;q=0.9\r\n";
    static const char *const other_rooms[] = {
        "/api/v1/absent", "/api",       "/federation/v1/absent", "/.well-known/absent", "/healthz",
        "/readyz/x",      "/absent.js",
    };
    struct fixture *fixture = *state;

    serve(fixture);
    assert_served(fixture, "/", "", "<!doctype html>", "text/html; charset=utf-8", NULL);
    assert_served(fixture, "/proposals/7/history?x", page, "<!doctype html>", "text/html; charset=utf-8",
                  NULL);
    assert_served(fixture, "/apiary", page, "<!doctype html>", "text/html; charset=utf-8", NULL);
    for (size_t i = 0; i < sizeof other_rooms / sizeof *other_rooms; i++)
        assert_status(fixture, other_rooms[i], page, 404);
}

static void who_asks_for_no_page_is_told_that_there_is_none(void **state)
{
    struct fixture *fixture = *state;

    serve(fixture);
    assert_status(fixture, "/proposals/7/history", "", 404);
    assert_status(fixture, "/nonsense", "Accept: */*\r\n", 404);
    assert_status(fixture, "//", "Accept: application/json\r\n", 404);
}

static void hashed_names_are_kept_and_others_checked(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;
    char *etag, conditional[128];

    serve(fixture);
    answer = get(fixture, "/desk.0A1B2C3D.js", "");
    fixture_assert_field(&answer, "Cache-Control", "public, max-age=31536000, immutable");
    answer_free(&answer);
    answer = get(fixture, "/", "");
    fixture_assert_field(&answer, "Cache-Control", "no-cache");
    etag = answer_field(&answer, "ETag");
    assert_non_null(etag);
    answer_free(&answer);
    snprintf(conditional, sizeof conditional, "If-None-Match: \"other\", W/%s\r\n", etag);
    answer = get(fixture, "/", conditional);
    assert_int_equal(answer.status, 304);
    assert_int_equal(answer.size, 0);
    fixture_assert_field(&answer, "ETag", etag);
    answer_free(&answer);
    answer = get(fixture, "/openapi.json", conditional);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    free(etag);
}

static void packed_files_go_to_those_who_take_them(void **state)
{
    struct fixture *fixture = *state;
    static const char *const packed[] = {"gzip", "br;q=1, GZIP", "deflate,gzip;q=0.5", "gzip ;q=1"};
    static const char *const plain[] = {"br", "gzip;q=0", "gzip;q=0.0, br", "gzipx", "identity"};
    const char *type = "text/javascript; charset=utf-8";
    char field[64];

    serve(fixture);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        snprintf(field, sizeof field, "Accept-Encoding: %s\r\n", packed[i]);
        assert_served(fixture, "/desk.0A1B2C3D.js", field, "\x1f\x8b packed script", type, "gzip");
        assert_served(fixture, "/openapi.json", field, "{}", "application/json", NULL);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        snprintf(field, sizeof field, "Accept-Encoding: %s\r\n", plain[i]);
        assert_served(fixture, "/desk.0A1B2C3D.js", field, "the whole script", type, NULL);
    }
}

static void a_directory_without_screens_is_refused(void **state)
{
    struct problem problem = {0};
    char path[256];

    (void)state;
    path_of(path, "texts");
    assert_null(files_load(path, &problem));
    assert_non_null(strstr(problem.detail, "index.html"));
    problem_finish(&problem);
    path_of(path, "absent");
    assert_null(files_load(path, &problem));
    assert_non_null(strstr(problem.detail, "No such file"));
}

static void a_slash_behind_the_directory_changes_nothing(void **state)
{
    struct problem problem = {0};
    struct files *files;
    char path[256];

    (void)state;
    path_of(path, "/");
    files = files_load(path, &problem);
    assert_non_null(files);
    files_destroy(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(files_are_served_by_their_names_alone),
        FIXTURE_TEST(screens_get_the_index),
        FIXTURE_TEST(who_asks_for_no_page_is_told_that_there_is_none),
        FIXTURE_TEST(hashed_names_are_kept_and_others_checked),
        FIXTURE_TEST(packed_files_go_to_those_who_take_them),
        cmocka_unit_test(a_directory_without_screens_is_refused),
        cmocka_unit_test(a_slash_behind_the_directory_changes_nothing),
    };

    return cmocka_run_group_tests(tests, build, clear);
}
