/* Who asks, and how, when a proxy stands in front: what a trusted one says, and nothing of what anybody else
 * does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/http/proxies.h"
#include "tests/unit/server_fixture.h"

/* The clock, and how far the test has it ahead. */
static _Atomic int64_t ahead_ns;

int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + ahead_ns;
}

int64_t clock_seconds(void)
{
    return time(NULL);
}

static void trust(struct fixture *fixture, const char *list)
{
    struct problem problem = {0};

    fixture->proxies = proxies_create(list, &problem);
    assert_non_null(fixture->proxies);
    fixture->settings.proxies = fixture->proxies;
    fixture_start(fixture);
}

/* From a loopback address, with these fields: the address that the handler sees. */
static void assert_address(const struct fixture *fixture, const char *source, const char *fields,
                           const char *expected)
{
    struct client client = client_connect(fixture_http_port(fixture), source);
    struct answer answer;
    char piece[80];

    client_puts(&client, "GET /fields HTTP/1.1\r\n");
    client_puts(&client, fields);
    client_puts(&client, HOST);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, 200);
    snprintf(piece, sizeof piece, "|%s", expected);
    if (strlen(answer.body) < strlen(piece) ||
        strcmp(answer.body + strlen(answer.body) - strlen(piece), piece) != 0)
        fail_msg("%s is not the end of %s, for\n%s", piece, answer.body, fields);
    answer_free(&answer);
    client_close(&client);
}

static void the_rightmost_entry_that_is_not_trusted_is_who_asks(void **state)
{
    static const char *const cases[][2] = {
        {"X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 198.51.100.7, 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1, 10.1.2.3, 127.0.0.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Other: 3\r\nx-forwarded-for: 10.0.0.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For:  192.0.2.1 ,\t10.0.0.9 \r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1:4711\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 2001:DB8:0::1\r\n", "2001:db8::1"},
        {"X-Forwarded-For: [2001:db8::1]:4711\r\n", "2001:db8::1"},
        {"X-Forwarded-For: ::ffff:192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1, 2001:db9::5\r\n", "192.0.2.1"},
        /* Only proxies: the one that stands farthest. */
        {"X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n", "10.0.0.1"},
        /* What is no address says nothing, and hides who stood before it. */
        {"X-Forwarded-For: 192.0.2.1, unknown\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.1\r\n", "127.0.0.1"},
        {"X-Forwarded-For: \r\n", "127.0.0.1"},
        {"X-Forwarded-For: ,\r\n", "127.0.0.1"},
        {"X-Forwarded-For: unix\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 192.0.2.300\r\n", "127.0.0.1"},
        {"X-Forwarded-Proto: https\r\n", "127.0.0.1"},
        {"", "127.0.0.1"},
        /* Of other fields with such a meaning none counts. */
        {"Forwarded: for=192.0.2.1;proto=https\r\n", "127.0.0.1"},
        {"X-Real-IP: 192.0.2.1\r\n", "127.0.0.1"},
    };
    struct fixture *fixture = *state;

    trust(fixture, "127.0.0.1, 10.0.0.0/8, 2001:db9::/32");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_address(fixture, "127.0.0.1", cases[i][0], cases[i][1]);
}

static void who_is_not_trusted_claims_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    struct answer answer;

    trust(fixture, "127.0.0.1, unix");
    assert_address(fixture, "127.0.0.2", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.2");
    client = client_connect(fixture_http_port(fixture), "127.0.0.2");
    client_puts(&client,
                "GET /signed HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n" HOST);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, 404);
    fixture_assert_field(&answer, "Strict-Transport-Security", NULL);
    answer_free(&answer);
    client_close(&client);
}

static void without_the_option_nobody_is_trusted(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture);
    assert_address(fixture, "127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1");
    fixture_assert_answer(fixture, "GET /signed HTTP/1.1\r\nX-Forwarded-Proto: https\r\n" HOST, 404, NULL);
}

static void what_needs_tls_is_there_exactly_when_a_trusted_proxy_says_https(void **state)
{
    static const struct {
        const char *fields;
        int status;
    } cases[] = {
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", 200},
        {"X-Forwarded-Proto: HTTPS\r\n", 200},
        {"X-Forwarded-Proto: https, https\r\n", 200},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n", 404},
        {"X-Forwarded-For: 192.0.2.1\r\n", 404},
        {"X-Forwarded-Proto: http, https\r\n", 404},
        {"X-Forwarded-Proto: https, http\r\n", 404},
        {"X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", 404},
        {"X-Forwarded-Proto: httpsx\r\n", 404},
        {"X-Forwarded-Proto: \r\n", 404},
        {"", 404},
    };
    struct fixture *fixture = *state;

    trust(fixture, "127.0.0.0/8");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[256];
        struct answer answer;

        snprintf(request, sizeof request, "GET /signed HTTP/1.1\r\n%s" HOST, cases[i].fields);
        answer = client_once(fixture_http_port(fixture), request);
        if (answer.status != cases[i].status)
            fail_msg("%d for\n%s", answer.status, cases[i].fields);
        fixture_assert_field(&answer, "Strict-Transport-Security",
                             cases[i].status == 200 ? "max-age=31536000" : NULL);
        answer_free(&answer);
    }
}

/* A proxy that speaks TLS with us says how it was asked; who comes by TLS without one has TLS. */
static void over_tls_a_trusted_proxy_is_believed_too(void **state)
{
    static const struct {
        const char *fields;
        int status;
    } cases[] = {
        {"X-Forwarded-Proto: https\r\n", 200},
        {"X-Forwarded-Proto: http\r\n", 404},
        {"X-Forwarded-For: 192.0.2.1\r\n", 404},
        {"", 200},
    };
    struct fixture *fixture = *state;

    trust(fixture, "127.0.0.1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct client client = client_connect_tls(fixture_tls_port(fixture), "127.0.0.1");
        struct answer answer;

        client_puts(&client, "GET /signed HTTP/1.1\r\n");
        client_puts(&client, cases[i].fields);
        client_puts(&client, HOST);
        answer = client_receive(&client, true);
        assert_int_equal(answer.status, cases[i].status);
        answer_free(&answer);
        client_close(&client);
    }
}

static void networks_are_read_whole_or_not_at_all(void **state)
{
    static const char *const wrong[] = {"10.0.0.0/33",    "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                                        "10.0.0",         "::/129",      "localhost", "10.0.0.1 1",
                                        "10.0.0.1,proxy", "/8",          ",,x"};
    static const struct {
        const char *list, *address;
        bool trusted;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"192.0.2.77/25", "192.0.2.1", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
        {"10.0.0.1", "unix", false},
        {"unix", "unix", true},
        {"unix", "127.0.0.1", false},

    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct problem problem = {0};

        assert_null(proxies_create(wrong[i], &problem));
        assert_non_null(strstr(problem.detail, "[proxy] trusted"));
        problem_finish(&problem);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problem problem = {0};
        struct proxies *proxies = proxies_create(cases[i].list, &problem);

        assert_non_null(proxies);
        if (proxies_trusts(proxies, cases[i].address) != cases[i].trusted)
            fail_msg("%s in %s", cases[i].address, cases[i].list);
        proxies_destroy(proxies);
    }
}

static struct client connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct client client = {.fd = socket(AF_UNIX, SOCK_STREAM, 0), .received = calloc(1, 1)};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(connect(client.fd, (const void *)&address, sizeof address), 0);
    return client;
}

static void assert_through_socket(const char *path, const char *request, int status, const char *piece)
{
    struct client client = connect_unix(path);
    struct answer answer;

    client_puts(&client, request);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, status);
    if (piece)
        assert_non_null(strstr(answer.body, piece));
    answer_free(&answer);
    client_close(&client);
}

static void who_may_open_the_unix_socket_is_a_proxy_if_that_is_said(void **state)
{
    struct fixture *fixture = *state;
    char directory[] = "/tmp/test_proxies.XXXXXX", path[64];
    struct problem problem = {0};
    struct stat file;

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/http.sock", directory);
    fixture->settings.http_address = path;
    fixture->settings.https_address = "";
    for (int trusted = 0; trusted <= 1; trusted++) {
        /* The second time the socket of before lies there still. */
        if (trusted)
            trust(fixture, "unix");
        else
            fixture_start(fixture);
        assert_int_equal(stat(path, &file), 0);
        assert_int_equal(file.st_mode & 0777, 0660);
        assert_int_equal(server_try_address(path, HTTP_LISTENER_LOOPBACK, &problem), SERVER_ADDRESS_TAKEN);
        problem_finish(&problem);
        assert_through_socket(path, "GET /fields HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n" HOST, 200,
                              trusted ? "|192.0.2.1" : "|unix");
        assert_through_socket(path, "GET /signed HTTP/1.1\r\nX-Forwarded-Proto: https\r\n" HOST,
                              trusted ? 200 : 404, NULL);
        fixture_stop(fixture);
    }
    unlink(path);
    rmdir(directory);
}

/* A configuration that names a file by mistake must not cost that file. */
static void only_a_socket_that_nobody_listens_on_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/test_proxies.XXXXXX";
    int file = mkstemp(path);
    struct problem problem = {0};

    assert_true(file >= 0);
    close(file);
    assert_int_equal(server_try_address(path, HTTP_LISTENER_LOOPBACK, &problem), SERVER_ADDRESS_REFUSED);
    problem_finish(&problem);
    fixture->settings.http_address = path;
    assert_null(server_create(&fixture->settings, &problem));
    assert_non_null(strstr(problem.detail, "Cannot listen on"));
    problem_finish(&problem);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
}

/* The first request of every hour, and not one for whether the node lives, which is the proxy's own. */
static void a_proxy_that_does_not_say_who_asks_is_told(void **state)
{
    static const struct {
        const char *request;
        int after_seconds, told;
    } cases[] = {
        {"GET /plain HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n" HOST, 0, 0},
        {"GET /healthz HTTP/1.1\r\n" HOST, 0, 0},
        {"GET /readyz HTTP/1.1\r\n" HOST, 0, 0},
        {"GET /plain HTTP/1.1\r\nX-Forwarded-Proto: https\r\n" HOST, 3700, 1},
        {"GET /plain HTTP/1.1\r\n" HOST, 0, 1},
        {"GET /plain HTTP/1.1\r\n" HOST, 3500, 1},
        {"GET /plain HTTP/1.1\r\nForwarded: for=192.0.2.1\r\n" HOST, 200, 2},
    };
    struct fixture *fixture = *state;
    FILE *said = tmpfile();
    int screen = dup(STDERR_FILENO), told[sizeof cases / sizeof *cases];
    struct answer answer;

    trust(fixture, "127.0.0.1");
    dup2(fileno(said), STDERR_FILENO);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[512];

        ahead_ns += cases[i].after_seconds * INT64_C(1000000000);
        answer = client_once(fixture_http_port(fixture), cases[i].request);
        answer_free(&answer);
        rewind(said);
        for (told[i] = 0; fgets(line, sizeof line, said);)
            told[i] += strstr(line, "warning a trusted proxy does not say who asks") != NULL;
    }
    dup2(screen, STDERR_FILENO);
    close(screen);
    fclose(said);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (told[i] != cases[i].told)
            fail_msg("told %d times after\n%s", told[i], cases[i].request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_proxy_that_does_not_say_who_asks_is_told),
        FIXTURE_TEST(the_rightmost_entry_that_is_not_trusted_is_who_asks),
        FIXTURE_TEST(who_is_not_trusted_claims_nothing),
        FIXTURE_TEST(without_the_option_nobody_is_trusted),
        FIXTURE_TEST(what_needs_tls_is_there_exactly_when_a_trusted_proxy_says_https),
        FIXTURE_TEST(over_tls_a_trusted_proxy_is_believed_too),
        FIXTURE_TEST(who_may_open_the_unix_socket_is_a_proxy_if_that_is_said),
        FIXTURE_TEST(only_a_socket_that_nobody_listens_on_is_replaced),
        cmocka_unit_test(networks_are_read_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
