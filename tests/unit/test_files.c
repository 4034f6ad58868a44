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
    {"desk.0A1B2C3D.js.br", "br: packed script"},
    {"desk.0A1B2C3D.js.gz", "\x1f\x8b packed script"},
    {"desk.0A1B2C3D.css", "the whole sheet"},
    {"desk.0A1B2C3D.css.gz", "\x1f\x8b packed sheet"},
    {"openapi.json", "{}"},
    {"logo.TOWN.svg", "<svg/>"},
    {"logo.GEMEIND.svg", "<svg/>"},
    {"logo.GEMEINDEN.svg", "<svg/>"},
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
    if (!mkdtemp(directory))
        return 1;
    path_of(path, "texts");
    if (mkdir(path, 0700) != 0)
        return 1;
    for (size_t i = 0; i < sizeof built / sizeof *built; i++) {
        FILE *stream;
        path_of(path, built[i].name);
        stream = fopen(path, "w");
        if (!stream || fputs(built[i].content, stream) < 0 || fclose(stream) != 0)
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
    if (!fixture->files)
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
    /* A hash has eight characters. */
    static const char *const unhashed[] = {"/", "/logo.TOWN.svg", "/logo.GEMEIND.svg", "/logo.GEMEINDEN.svg"};
    struct fixture *fixture = *state;
    struct answer answer;
    char *etag, conditional[128];

    serve(fixture);
    answer = get(fixture, "/desk.0A1B2C3D.js", "");
    fixture_assert_field(&answer, "Cache-Control", "public, max-age=31536000, immutable");
    answer_free(&answer);
    for (size_t i = 0; i < sizeof unhashed / sizeof *unhashed; i++) {
        answer = get(fixture, unhashed[i], "");
        assert_int_equal(answer.status, 200);
        fixture_assert_field(&answer, "Cache-Control", "no-cache");
        answer_free(&answer);
    }
    answer = get(fixture, "/", "");
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

/* What was built under a name, packed or as it is (NULL). */
static const char *content_of(const char *name, const char *coding)
{
    const char *packed = coding && strcmp(coding, "br") == 0 ? ".br" : ".gz";
    const char *ending = coding ? packed : "";
    char whole[64];

    snprintf(whole, sizeof whole, "%s%s", name, ending);
    for (size_t i = 0; i < sizeof built / sizeof *built; i++)
        if (strcmp(built[i].name, whole) == 0)
            return built[i].content;
    fail_msg("%s was not built", whole);
    return NULL;
}

static void packed_files_go_to_those_who_take_them(void **state)
{
    static const struct {
        const char *accepted; /* Accept-Encoding */
        const char *script;   /* its coding where there are br and gzip */
        const char *sheet;    /* where there is gzip alone */
    } cases[] = {
        {"gzip", "gzip", "gzip"},
        {"gzip, deflate, br", "br", "gzip"},
        {"br;q=1, GZIP", "br", "gzip"},
        {"deflate,gzip;q=0.5", "gzip", "gzip"},
        {"gzip ;q=1", "gzip", "gzip"},
        {"gzip ; Q=0.8,br\t;\tq=0.3", "gzip", "gzip"},
        {"gzip;q=0.2, br;q=0.20", "br", "gzip"},
        {"br, gzip;q=0", "br", NULL},
        {"gzip;q=0.001", "gzip", "gzip"},
        {"*", "br", "gzip"},
        {"br;q=0, *;q=0.1", "gzip", "gzip"},
        {"*;q=0, gzip", "gzip", "gzip"},
        {"identity;q=0.5, gzip;q=0.4, br", "br", NULL},
        {"identity, gzip", "gzip", "gzip"},
        {"identity;q=0", NULL, NULL}, /* nothing fits; what is there is better than nothing */
        {"br;q=0, gzip;q=0.0", NULL, NULL},
        {"gzipx, xbr, brr, b", NULL, NULL},
        {"identity", NULL, NULL},
        {"*;q=0", NULL, NULL},
        {"q=1, ;q=1, ,", NULL, NULL},
        {"", NULL, NULL},
    };
    const char *script = "text/javascript; charset=utf-8", *sheet = "text/css; charset=utf-8";
    struct fixture *fixture = *state;
    char field[64];

    serve(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(field, sizeof field, "Accept-Encoding: %s\r\n", cases[i].accepted);
        assert_served(fixture, "/desk.0A1B2C3D.js", field, content_of("desk.0A1B2C3D.js", cases[i].script),
                      script, cases[i].script);
        assert_served(fixture, "/desk.0A1B2C3D.css", field, content_of("desk.0A1B2C3D.css", cases[i].sheet),
                      sheet, cases[i].sheet);
        assert_served(fixture, "/openapi.json", field, "{}", "application/json", NULL);
    }
}

static void each_coding_is_kept_and_checked_for_itself(void **state)
{
    static const char *const codings[] = {"identity", "gzip", "br"};
    struct fixture *fixture = *state;
    char *etags[3], fields[256];

    serve(fixture);
    for (size_t i = 0; i < 3; i++) {
        struct answer answer;
        snprintf(fields, sizeof fields, "Accept-Encoding: %s\r\n", codings[i]);
        answer = get(fixture, "/desk.0A1B2C3D.js", fields);
        fixture_assert_field(&answer, "Vary", "Accept-Encoding");
        etags[i] = answer_field(&answer, "ETag");
        assert_int_equal(etags[i][0], '"'); /* strong: these very octets */
        answer_free(&answer);
    }
    for (size_t i = 0; i < 3; i++)
        for (size_t known = 0; known < 3; known++) {
            struct answer answer;
            snprintf(fields, sizeof fields, "Accept-Encoding: %s\r\nIf-None-Match: %s\r\n", codings[i],
                     etags[known]);
            answer = get(fixture, "/desk.0A1B2C3D.js", fields);
            assert_int_equal(answer.status, i == known ? 304 : 200);
            fixture_assert_field(&answer, "Vary", "Accept-Encoding");
            fixture_assert_field(&answer, "ETag", etags[i]);
            answer_free(&answer);
        }
    for (size_t i = 0; i < 3; i++)
        free(etags[i]);
}

static void head_tells_of_the_same_answer_without_it(void **state)
{
    static const struct {
        const char *accepted, *coding, *length;
    } cases[] = {{"gzip, br", "br", "17"}, {"gzip", "gzip", "16"}, {"identity", NULL, "16"}};
    struct fixture *fixture = *state;
    struct client client;
    char request[256];

    serve(fixture);
    client = client_connect(fixture_http_port(fixture), NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        snprintf(request, sizeof request, "HEAD /desk.0A1B2C3D.js HTTP/1.1\r\nAccept-Encoding: %s\r\n" HOST,
                 cases[i].accepted);
        client_puts(&client, request);
        answer = client_receive(&client, false);
        assert_int_equal(answer.status, 200);
        fixture_assert_field(&answer, "Content-Encoding", cases[i].coding);
        fixture_assert_field(&answer, "Content-Length", cases[i].length);
        answer_free(&answer);
    }
    client_close(&client);
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
        FIXTURE_TEST(each_coding_is_kept_and_checked_for_itself),
        FIXTURE_TEST(head_tells_of_the_same_answer_without_it),
        cmocka_unit_test(a_directory_without_screens_is_refused),
        cmocka_unit_test(a_slash_behind_the_directory_changes_nothing),
    };

    return cmocka_run_group_tests(tests, build, clear);
}
