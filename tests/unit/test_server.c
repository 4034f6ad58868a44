/* The HTTP server over real sockets: what it answers. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/http/exchange.h"
#include "node/http/server.h"
#include "tests/unit/server_fixture.h"

static void every_answer_carries_the_standing_fields(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[2];

    fixture_start(fixture);
    clients[0] = client_connect(fixture_http_port(fixture), NULL);
    clients[1] = client_connect_tls(fixture_tls_port(fixture), NULL);
    for (int i = 0; i < 2; i++) {
        const char *const targets[] = {"/plain", "/absent"};
        for (int j = 0; j < 2; j++) {
            char request[128];
            struct answer answer;
            snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST, targets[j]);
            client_puts(&clients[i], request);
            answer = client_receive(&clients[i], true);
            assert_int_equal(answer.status, j == 0 ? 200 : 404);
            fixture_assert_field(&answer, "Content-Type", j == 0 ? "text/plain" : "application/problem+json");
            fixture_assert_field(&answer, "X-Content-Type-Options", "nosniff");
            fixture_assert_field(&answer, "Referrer-Policy", "no-referrer");
            fixture_assert_field(&answer, "Cross-Origin-Opener-Policy", "same-origin");
            fixture_assert_field(&answer, "Cross-Origin-Resource-Policy", "same-origin");
            fixture_assert_field(&answer, "Cache-Control", "no-store");
            fixture_assert_field(&answer, "Strict-Transport-Security", i == 0 ? NULL : "max-age=31536000");
            assert_non_null(strstr(answer.head, "Content-Security-Policy: default-src 'none';"));
            assert_non_null(strstr(answer.head, "; frame-ancestors 'none'\r\n"));
            answer_free(&answer);
        }
        client_close(&clients[i]);
    }
}

static void a_reply_keeps_its_own_caching_and_no_split_fields(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;

    fixture_start(fixture);
    answer = client_once(fixture_http_port(fixture), "GET /cached HTTP/1.1\r\n" HOST);
    fixture_assert_field(&answer, "Cache-Control", "max-age=60");
    assert_null(strstr(answer.head, "no-store")); /* not beside it either */
    fixture_assert_field(&answer, "X-Split", NULL);
    fixture_assert_field(&answer, "X-Injected", NULL);
    answer_free(&answer);
    fixture_assert_answer(fixture, "GET /silent HTTP/1.1\r\n" HOST, 500, "\"code\":\"internal\"");
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[2];
    const char *const expected[] = {"plain", "first", "", "plain", "second", "plain"};
    const int statuses[] = {200, 200, 404, 200, 200, 200};

    fixture_start(fixture);
    clients[0] = client_connect(fixture_http_port(fixture), NULL);
    clients[1] = client_connect_tls(fixture_tls_port(fixture), NULL);
    for (int i = 0; i < 2; i++) {
        client_puts(&clients[i],
                    "GET /plain HTTP/1.1\r\n" HOST "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n" HOST "first"
                    "GET /absent HTTP/1.1\r\n" HOST "GET /now HTTP/1.1\r\n" HOST
                    "POST /echo HTTP/1.1\r\nContent-Length: 6\r\n" HOST "second"
                    "GET /plain HTTP/1.1\r\n" HOST);
        for (int j = 0; j < 6; j++) {
            struct answer answer = client_receive(&clients[i], true);
            assert_int_equal(answer.status, statuses[j]);
            if (answer.status == 200)
                assert_string_equal(answer.body, expected[j]);
            answer_free(&answer);
        }
        client_close(&clients[i]);
    }
}

/* Also not where TLS waits for a body before it sends a head. */
static void head_is_answered_without_a_body(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[2];

    fixture_start(fixture);
    clients[0] = client_connect(fixture_http_port(fixture), NULL);
    clients[1] = client_connect_tls(fixture_tls_port(fixture), NULL);
    for (int i = 0; i < 2; i++) {
        static const char *const targets[] = {"/plain", "/now", "/absent"};
        struct answer answer;
        for (int j = 0; j < 3; j++) {
            char request[128];
            snprintf(request, sizeof request, "HEAD %s HTTP/1.1\r\n" HOST, targets[j]);
            client_puts(&clients[i], request);
            answer = client_receive(&clients[i], false);
            assert_int_equal(answer.status, j < 2 ? 200 : 404);
            if (j < 2)
                fixture_assert_field(&answer, "Content-Length", "5");
            answer_free(&answer);
        }
        client_puts(&clients[i], "OPTIONS /plain HTTP/1.1\r\n" HOST);
        answer = client_receive(&clients[i], false);
        assert_int_equal(answer.status, 204);
        answer_free(&answer);
        client_puts(&clients[i], "GET /plain HTTP/1.1\r\n" HOST);
        answer = client_receive(&clients[i], true);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "plain");
        answer_free(&answer);
        client_close(&clients[i]);
    }
}

static void wrong_methods_and_places_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;

    fixture_start(fixture);
    answer = client_once(fixture_http_port(fixture), "DELETE /echo HTTP/1.1\r\n" HOST);
    assert_int_equal(answer.status, 405);
    fixture_assert_field(&answer, "Allow", "POST, OPTIONS");
    answer_free(&answer);
    answer = client_once(fixture_http_port(fixture), "OPTIONS /plain HTTP/1.1\r\n" HOST);
    assert_int_equal(answer.status, 204);
    fixture_assert_field(&answer, "Allow", "GET, HEAD, OPTIONS");
    answer_free(&answer);
    fixture_assert_answer(fixture, "BREW /plain HTTP/1.1\r\n" HOST, 405, "method-not-allowed");
    fixture_assert_answer(fixture, "get /plain HTTP/1.1\r\n" HOST, 405, NULL);
    fixture_assert_answer(fixture, "GET /signed HTTP/1.1\r\n" HOST, 404, "not-found");
    fixture_assert_answer(fixture, "OPTIONS /absent HTTP/1.1\r\n" HOST, 404, "not-found");
    fixture_assert_answer(fixture, "GET http://localhost/plain HTTP/1.1\r\n" HOST, 200, "plain");
    fixture_assert_answer(fixture, "GET /plain HTTP/1.0\r\n\r\n", 200, "plain");
}

static void the_target_is_kept_as_sent(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture);
    fixture_assert_answer(
        fixture, "GET /things/a%2Fb%20%c3%bc/parts/x%3F?n=%41&m=+%2B HTTP/1.1\r\n" HOST, 200,
        "a/b ü|x?|/things/a%2Fb%20%c3%bc/parts/x%3F?n=%41&m=+%2B|/things/a%2Fb%20%c3%bc/parts/x%3F|"
        "n=%41&m=+%2B");
    fixture_assert_answer(
        fixture,
        "GET /fields?q=1+2%2b&other&q=%E2%82%ac HTTP/1.1\r\nCookie: a=b; hf=xyz\r\nX-Field: one\r\n"
        "x-field: two\r\n" HOST,
        200, "1 2+|€|xyz|one 2|127.0.0.1");
    fixture_assert_answer(fixture, "GET /fields HTTP/1.1\r\n" HOST, 200, "-|-|-|- 0|");
}

/* size 0: the text up to its NUL. */
static void malformed_requests_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text;
        size_t size;
    } requests[] = {
        {"GET /pla\0in HTTP/1.1\r\n" HOST, sizeof "GET /pla\0in HTTP/1.1\r\n" HOST - 1},
        {"GET /plain?a\0b HTTP/1.1\r\n" HOST, sizeof "GET /plain?a\0b HTTP/1.1\r\n" HOST - 1},
        {"GET /plain%00 HTTP/1.1\r\n" HOST, 0},
        {"GET /things/%00/parts/1 HTTP/1.1\r\n" HOST, 0},
        {"GET /things/%ff/parts/1 HTTP/1.1\r\n" HOST, 0},
        {"GET /things/%c0%af/parts/1 HTTP/1.1\r\n" HOST, 0},
        {"GET /things/%ed%a0%80/parts/1 HTTP/1.1\r\n" HOST, 0},
        {"GET /things/%/parts/1 HTTP/1.1\r\n" HOST, 0},
        {"GET /things/%4/parts/1 HTTP/1.1\r\n" HOST, 0},
        {"GET /plain?q=%00 HTTP/1.1\r\n" HOST, 0},
        {"GET /plain?q=%fe HTTP/1.1\r\n" HOST, 0},
        {"GET /plain?%zz HTTP/1.1\r\n" HOST, 0},
        {"GET /plain\xc3\xbc HTTP/1.1\r\n" HOST, 0},
        {"GET /pl ain HTTP/1.1\r\n" HOST, 0},
        {"GET plain HTTP/1.1\r\n" HOST, 0},
        {"GET /plain#fragment HTTP/1.1\r\n" HOST, 0},
        {"CONNECT localhost:80 HTTP/1.1\r\n" HOST, 0},
        {"GET /plain HTTP/1.1\r\n\r\n", 0},
        {"GET /plain HTTP/1.1\r\nHost: a\r\n" HOST, 0},
        {"GET /plain HTTP/1.1\r\nX Y: a\r\n" HOST, 0},
        {"GET /plain HTTP/1.1\r\nX: a\x01\r\n" HOST, 0},
        {"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" HOST "ab", 0},
        {"POST /echo HTTP/1.1\r\nContent-Length:\r\n 2\r\n" HOST "ab", 0},
        {"POST /echo HTTP/1.1\r\nContent-Length: 2\r\n 0\r\n" HOST "ab", 0},
        {"GET /plain HTTP/1.1\r\nX: a\r\n\tb\r\n" HOST, 0},
        {"GET /plain HTTP/1.1\r\nHost: localhost\r\n: a\r\nX: b\r\n\r\n", 0},
        {"GET /plain HTTP/1.1\r\nHost: localhost\r\n:\r\nX: b\r\n\r\n", 0},
        {"GET /plain HTTP/1.1\nHost: localhost\n:a\nX: b\n\n", 0},
        {"GET /plain HTTP/1.0\r\n: a\r\nHost: localhost\r\n\r\n", 0},
        {"GET\0X /plain HTTP/1.1\r\n" HOST, sizeof "GET\0X /plain HTTP/1.1\r\n" HOST - 1},
    };

    fixture_start(fixture);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct client client = client_connect(fixture_http_port(fixture), NULL);
        size_t size = requests[i].size > 0 ? requests[i].size : strlen(requests[i].text);
        struct answer answer;
        client_send(&client, requests[i].text, size);
        answer = client_receive(&client, true);
        if (answer.status != 400 || !strstr(answer.body, "\"code\":\"malformed-request\""))
            fail_msg("%d for\n%s", answer.status, requests[i].text);
        answer_free(&answer);
        client_close(&client);
    }
}

#define ENDS "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"

/* What the library takes for the end of a head, and a proxy does not; in one piece, and in two. */
static void what_only_seems_to_end_a_head_begins_no_other_request(void **state)
{
    static const char *const seeming[] = {"\r\n:\n",   "\n:\n", "\n:\r\n", "\r:\r",
                                          "\r\n:\r\n", "\n\n",  "\r\r",    "\n"};
    static const char first[] = "GET /plain HTTP/1.1\r\nHost: localhost";
    struct fixture *fixture = *state;
    char text[200];

    fixture_start(fixture);
    for (size_t i = 0; i < 4 * sizeof seeming / sizeof *seeming; i++) {
        const bool tls = i % 2 == 0, whole = i / 2 % 2 == 0;
        struct client client = tls ? client_connect_tls(fixture_tls_port(fixture), NULL)
                                   : client_connect(fixture_http_port(fixture), NULL);
        struct answer answer;

        /* What an earlier request left in memory says nothing of this one. */
        client_puts(&client, "POST /echo HTTP/1.1\r\nContent-Length: 80\r\n" HOST ENDS ENDS ENDS ENDS);
        answer = client_receive(&client, true);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        snprintf(text, sizeof text, "%s%sGET /cached HTTP/1.1\r\n" HOST, first, seeming[i / 4]);
        client_send(&client, text, whole ? strlen(text) : strlen(first));
        if (!whole)
            client_puts(&client, text + strlen(first));
        answer = client_receive(&client, true);
        if (whole && answer.status != 400)
            fail_msg("%d for\n%s", answer.status, text);
        answer_free(&answer);
        answer = client_receive(&client, true);
        if (answer.status != 0)
            fail_msg("%d for what stands behind\n%s", answer.status, text);
        answer_free(&answer);
        assert_false(client.silent);
        client_close(&client);
    }
}

/* RFC 9110 section 15.5.12. What stands between chunks (extensions, trailers) is never read. */
static void bodies_come_with_their_length(void **state)
{
    static const char *const heads[] = {
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST,
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n" HOST,
        "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n" HOST,
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" HOST,
        "GET /plain HTTP/1.1\r\nTransfer-Encoding: identity\r\n" HOST,
    };
    static const char *const bodies[] = {"0\r\n\r\n", "g\r\n", "1;"};
    struct fixture *fixture = *state;
    char request[48 * 1024];

    fixture_start(fixture);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        for (size_t j = 0; j < sizeof bodies / sizeof *bodies; j++) {
            snprintf(request, sizeof request, "%s%s", heads[i], bodies[j]);
            fixture_assert_answer(fixture, request, 411, "length-required");
        }
    /* A chunk extension longer than all the memory a connection has. */
    snprintf(request, sizeof request, "%s1;%040000d", heads[0], 0);
    fixture_assert_answer(fixture, request, 411, "length-required");
}

static void bodies_are_taken_up_to_the_limit(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    struct answer answer;
    char thousand[1001], request[2048];

    fixture_start(fixture);
    memset(thousand, 'x', 1000);
    thousand[1000] = '\0';
    snprintf(request, sizeof request, "POST /echo HTTP/1.1\r\nContent-Length: 1000\r\n" HOST "%s", thousand);
    fixture_assert_answer(fixture, request, 200, thousand);
    snprintf(request, sizeof request, "POST /echo HTTP/1.1\r\nContent-Length: 1001\r\n" HOST "%sx", thousand);
    fixture_assert_answer(fixture, request, 413, "too-large");
    fixture_assert_answer(fixture, "GET /plain HTTP/1.1\r\nContent-Length: 1\r\n" HOST "x", 413,
                          "takes no body");
    fixture_assert_answer(fixture, "POST /absent HTTP/1.1\r\nContent-Length: 1\r\n" HOST "x", 404,
                          "not-found");
    fixture_assert_answer(fixture,
                          "PUT /json HTTP/1.1\r\nContent-Type: text/json\r\nContent-Length: 2\r\n" HOST "{}",
                          415, "unsupported-media-type");
    fixture_assert_answer(fixture,
                          "PUT /json HTTP/1.1\r\nContent-Type: application/json\r\n"
                          "Content-Encoding: gzip\r\nContent-Length: 2\r\n" HOST "{}",
                          415, "unsupported-media-type");
    fixture_assert_answer(fixture,
                          "PUT /json HTTP/1.1\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
                          "Content-Length: 2\r\n" HOST "{}",
                          200, "{}");
    /* What was refused and read to its end leaves the connection usable. */
    client = client_connect(fixture_http_port(fixture), NULL);
    snprintf(request, sizeof request, "POST /echo HTTP/1.1\r\nContent-Length: 1001\r\n" HOST "%sx", thousand);
    client_puts(&client, request);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, 413);
    answer_free(&answer);
    client_puts(&client, "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_close(&client);
}

static void a_sender_who_asks_first_is_told_first(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    struct answer answer;

    fixture_start(fixture);
    client = client_connect(fixture_http_port(fixture), NULL);
    client_puts(&client, "POST /echo HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n" HOST);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, 100);
    answer_free(&answer);
    client_puts(&client, "body");
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "body");
    answer_free(&answer);
    client_puts(&client, "POST /echo HTTP/1.1\r\nContent-Length: 4000\r\nExpect: 100-continue\r\n" HOST);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, 413);
    answer_free(&answer);
    assert_true(client_wait_end(&client));
    client_close(&client);
    fixture_assert_answer(fixture, "POST /echo HTTP/1.1\r\nContent-Length: 100000000000\r\n" HOST, 413,
                          "too-large");
    fixture_assert_answer(fixture, "POST /echo HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n" HOST,
                          413, "too-large");
}

static void one_connection_serves_two_thousand_requests(void **state)
{
    struct fixture *fixture = *state;
    struct client client;

    fixture_start(fixture);
    client = client_connect(fixture_http_port(fixture), NULL);
    for (int i = 0; i < 2000; i++) {
        char request[128], body[16];
        struct answer answer;
        int length = snprintf(body, sizeof body, "%d", i);
        snprintf(request, sizeof request, "POST /echo HTTP/1.1\r\nContent-Length: %d\r\n" HOST "%s", length,
                 body);
        assert_true(client_puts(&client, request));
        answer = client_receive(&client, true);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, body);
        answer_free(&answer);
    }
    client_close(&client);
}

static void a_large_answer_reaches_a_slow_reader_whole(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[2];

    fixture_start(fixture);
    clients[0] = client_connect(fixture_http_port(fixture), NULL);
    clients[1] = client_connect_tls(fixture_tls_port(fixture), NULL);
    for (int i = 0; i < 2; i++) {
        struct answer answer;
        client_puts(&clients[i], "GET /large HTTP/1.1\r\n" HOST);
        answer = client_receive(&clients[i], true);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.size, FIXTURE_LARGE);
        assert_int_equal(strspn(answer.body, "x"), FIXTURE_LARGE);
        answer_free(&answer);
        client_close(&clients[i]);
    }
}

static unsigned open_files(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void assert_refused(struct fixture *fixture, const char *piece)
{
    struct problem problem = {0};
    unsigned files = open_files();

    assert_null(server_create(&fixture->settings, &problem));
    if (!strstr(problem.detail, piece))
        fail_msg("'%s' is not in '%s'", piece, problem.detail);
    assert_int_equal(open_files(), files);
    assert_int_equal(fixture->workers, 0);
}

static void what_cannot_be_served_is_refused_at_start(void **state)
{
    struct fixture *fixture = *state;
    struct server_settings good = fixture->settings;
    char taken[32];

    fixture->settings.http_address = "0.0.0.0:0";
    assert_refused(fixture, "not a loopback address");
    fixture->settings.http_address = "127.0.0.1";
    assert_refused(fixture, "no address to listen on");
    fixture->settings = good;
    fixture->settings.certificate_pem = "nonsense";
    assert_refused(fixture, "certificate");
    fixture->settings = good;
    fixture_start(fixture);
    snprintf(taken, sizeof taken, "127.0.0.1:%u", fixture_http_port(fixture));
    fixture->settings.http_address = taken;
    {
        struct problem problem = {0};
        assert_null(server_create(&fixture->settings, &problem));
        assert_non_null(strstr(problem.detail, "Address already in use"));
    }
    fixture_stop(fixture);
    fixture->settings = good;
    fixture->settings.https_address = "";
    fixture->settings.http_address = "[::1]:0";
    fixture_start(fixture);
    assert_int_equal(fixture_tls_port(fixture), 0);
    assert_true(fixture_http_port(fixture) > 0);
}

/* What exchange.c reads of libmicrohttpd's buffer is known of one version only. */
static void another_libmicrohttpd_is_refused(void **state)
{
    static const char *const others[] = {"0.9.7", "0.9.76", "0.9.75.1", "1.0.0", ""};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct problem problem = {0};
        assert_false(exchange_check_library(others[i], &problem));
        assert_non_null(strstr(problem.detail, others[i]));
        assert_non_null(strstr(problem.detail, "0.9.75"));
        problem_finish(&problem);
    }
    assert_true(exchange_check_library(MHD_get_version(), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(every_answer_carries_the_standing_fields),
        FIXTURE_TEST(a_reply_keeps_its_own_caching_and_no_split_fields),
        FIXTURE_TEST(pipelined_requests_are_answered_in_order),
        FIXTURE_TEST(head_is_answered_without_a_body),
        FIXTURE_TEST(wrong_methods_and_places_are_told_apart),
        FIXTURE_TEST(the_target_is_kept_as_sent),
        FIXTURE_TEST(malformed_requests_are_refused),
        FIXTURE_TEST(what_only_seems_to_end_a_head_begins_no_other_request),
        FIXTURE_TEST(bodies_come_with_their_length),
        FIXTURE_TEST(bodies_are_taken_up_to_the_limit),
        FIXTURE_TEST(a_sender_who_asks_first_is_told_first),
        FIXTURE_TEST(one_connection_serves_two_thousand_requests),
        FIXTURE_TEST(a_large_answer_reaches_a_slow_reader_whole),
        FIXTURE_TEST(what_cannot_be_served_is_refused_at_start),
        cmocka_unit_test(another_libmicrohttpd_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
