/* The HTTP server over real sockets: nobody can hold it up, and it ends in good order. */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "node/http/server.h"
#include "tests/unit/server_fixture.h"

static void an_endless_body_is_ended(void **state)
{
    struct fixture *fixture = *state;
    struct client client;
    static char piece[65536];
    unsigned sent = 0;

    fixture_start(fixture);
    memset(piece, 'x', sizeof piece);
    client = client_connect(fixture_http_port(fixture), NULL);
    client_puts(&client, "POST /echo HTTP/1.1\r\nContent-Length: 1099511627776\r\n" HOST);
    while (sent < 1000 && client_send(&client, piece, sizeof piece))
        sent++;
    assert_in_range(sent, 0, 999);
    client_close(&client);
    fixture_assert_answer(fixture, "POST /echo HTTP/1.1\r\nContent-Length: 1099511627776\r\n" HOST, 413,
                          "too-large");
    fixture_assert_answer(fixture, "GET /plain HTTP/1.1\r\n" HOST, 200, "plain");
}

static void slow_bodies_are_told_so(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[4];

    fixture->settings.body_seconds = 1;
    fixture_start(fixture);
    for (int i = 0; i < 4; i++) {
        clients[i] = i % 2 == 0 ? client_connect(fixture_http_port(fixture), NULL)
                                : client_connect_tls(fixture_tls_port(fixture), NULL);
        client_puts(&clients[i], "POST /echo HTTP/1.1\r\nContent-Length: 500\r\n" HOST);
    }
    /* The first two keep dripping, the others stay silent: neither gains time. */
    for (bool late = false; !late;) {
        struct pollfd ready = {.fd = clients[0].fd, .events = POLLIN};
        late = poll(&ready, 1, 50) == 1;
        for (int i = 0; i < 2 && !late; i++)
            client_puts(&clients[i], "x");
    }
    for (int i = 0; i < 4; i++) {
        struct answer answer = client_receive(&clients[i], true);
        assert_int_equal(answer.status, 408);
        assert_non_null(strstr(answer.body, "\"code\":\"slow-request\""));
        fixture_assert_field(&answer, "X-Content-Type-Options", "nosniff");
        answer_free(&answer);
        assert_true(client_wait_end(&clients[i]));
        client_close(&clients[i]);
    }
}

static void slow_heads_and_idle_connections_end(void **state)
{
    struct fixture *fixture = *state;
    struct client idle, dripping;
    struct answer answer;

    fixture->settings.idle_seconds = 1;
    fixture_start(fixture);
    idle = client_connect(fixture_http_port(fixture), NULL);
    dripping = client_connect(fixture_http_port(fixture), NULL);
    client_puts(&idle, "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(&idle, true);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_puts(&dripping, "GET /plain HTTP/1.1\r\nX: ");
    for (bool over = false; !over;) {
        struct pollfd ready = {.fd = dripping.fd, .events = POLLIN};
        over = poll(&ready, 1, 50) == 1 || !client_puts(&dripping, "x");
    }
    assert_true(client_wait_end(&dripping));
    assert_true(client_wait_end(&idle));
    client_close(&dripping);
    client_close(&idle);
}

static void wait_for_backlog(const struct fixture *fixture, unsigned length)
{
    time_t patience = time(NULL) + 30;

    while (server_backlog(fixture->server) != length && time(NULL) < patience)
        sched_yield();
    assert_int_equal(server_backlog(fixture->server), length);
}

static void a_full_queue_is_busy_and_recovers(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[4];
    struct answer answer;

    fixture->settings.workers = 1;
    fixture->settings.queue = 2;
    fixture_start(fixture);
    for (int i = 0; i < 4; i++)
        clients[i] = client_connect(fixture_http_port(fixture), NULL);
    client_puts(&clients[0], "GET /gate HTTP/1.1\r\n" HOST);
    fixture_wait_for_entered(fixture, 1);
    for (unsigned i = 1; i <= 2; i++) {
        client_puts(&clients[i], "GET /gate HTTP/1.1\r\n" HOST);
        wait_for_backlog(fixture, i);
    }
    client_puts(&clients[3], "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(&clients[3], true);
    assert_int_equal(answer.status, 503);
    fixture_assert_field(&answer, "Retry-After", "1");
    assert_non_null(strstr(answer.body, "\"code\":\"busy\""));
    answer_free(&answer);
    fixture_open_gate(fixture);
    for (int i = 0; i < 3; i++) {
        answer = client_receive(&clients[i], true);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "through");
        answer_free(&answer);
    }
    client_puts(&clients[3], "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(&clients[3], true);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    for (int i = 0; i < 4; i++)
        client_close(&clients[i]);
}

/* Not even a worker that never comes back keeps a health check or the screens from being answered. */
static void what_is_answered_at_once_waits_for_no_worker(void **state)
{
    struct fixture *fixture = *state;
    struct client waiting[2];
    struct answer answer;

    fixture->settings.workers = 1;
    fixture->settings.queue = 1;
    fixture_start(fixture);
    for (int i = 0; i < 2; i++)
        waiting[i] = client_connect(fixture_http_port(fixture), NULL);
    client_puts(&waiting[0], "GET /gate HTTP/1.1\r\n" HOST);
    fixture_wait_for_entered(fixture, 1);
    client_puts(&waiting[1], "GET /gate HTTP/1.1\r\n" HOST);
    wait_for_backlog(fixture, 1);
    fixture_assert_answer(fixture, "GET /plain HTTP/1.1\r\n" HOST, 503, "busy");
    fixture_assert_answer(fixture, "GET /now HTTP/1.1\r\n" HOST, 200, "plain");
    fixture_assert_answer(fixture, "GET /absent HTTP/1.1\r\n" HOST, 404, "not-found");
    fixture_assert_answer(fixture, "PUT /plain HTTP/1.1\r\n" HOST, 405, "method-not-allowed");
    fixture_open_gate(fixture);
    for (int i = 0; i < 2; i++) {
        answer = client_receive(&waiting[i], true);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        client_close(&waiting[i]);
    }
}

static void assert_import(const struct fixture *fixture, const char *more, unsigned size, int status,
                          const char *piece)
{
    static char body[2 * SERVER_BODY_OPEN];
    struct client client = client_connect(fixture_http_port(fixture), NULL);
    struct answer answer;
    char head[200];

    snprintf(head, sizeof head, "POST /import HTTP/1.1\r\n%sContent-Length: %u\r\n" HOST, more, size);
    client_puts(&client, head);
    client_send(&client, body, size);
    answer = client_receive(&client, true);
    assert_int_equal(answer.status, status);
    assert_non_null(strstr(answer.body, piece));
    answer_free(&answer);
    /* It was read to its end: the next request is the next one. */
    client_puts(&client, "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(&client, true);
    assert_string_equal(answer.body, "plain");
    answer_free(&answer);
    client_close(&client);
}

/* However many want what takes long, it is done one after the other, and no other request waits. */
static void what_is_slow_or_long_keeps_only_itself_waiting(void **state)
{
    enum { EACH = 10 };
    static const char *const requests[] = {"GET /slow HTTP/1.1\r\n" HOST,
                                           "GET /long HTTP/1.1\r\nX-Known: yes\r\n" HOST};
    struct fixture *fixture = *state;
    struct client clients[2 * EACH];

    fixture->settings.workers = 1;
    fixture->settings.queue = EACH;
    fixture_start(fixture);
    for (int i = 0; i < 2 * EACH; i++) {
        clients[i] = client_connect(fixture_http_port(fixture), NULL);
        client_puts(&clients[i], requests[i % 2]);
    }
    fixture_wait_for_entered(fixture, 2);
    fixture_assert_answer(fixture, "GET /plain HTTP/1.1\r\n" HOST, 200, "plain");
    /* A stranger is not sent to wait, either, with a large body or for what takes long. */
    assert_import(fixture, "", SERVER_BODY_OPEN + 1, 401, "a stranger");
    fixture_assert_answer(fixture, "GET /long HTTP/1.1\r\n" HOST, 401, "a stranger");
    assert_int_equal(fixture->entered, 2);
    fixture_open_gate(fixture);
    for (int i = 0; i < 2 * EACH; i++) {
        struct answer answer = client_receive(&clients[i], true);

        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        client_close(&clients[i]);
    }
}

/* The fixture's knock looks that nothing of the body was read before. */
static void a_large_body_is_read_only_from_whom_it_is_wanted(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture);
    assert_import(fixture, "", SERVER_BODY_OPEN, 200, "65536 octets");
    assert_import(fixture, "", SERVER_BODY_OPEN + 1, 401, "a stranger");
    assert_import(fixture, "X-Known: yes\r\n", 2 * SERVER_BODY_OPEN, 200, "131072 octets");
}

static void two_requests_are_handled_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct client http, tls;
    struct answer answer;

    fixture_start(fixture);
    http = client_connect(fixture_http_port(fixture), NULL);
    tls = client_connect_tls(fixture_tls_port(fixture), NULL);
    client_puts(&http, "GET /gate HTTP/1.1\r\n" HOST);
    client_puts(&tls, "GET /gate HTTP/1.1\r\n" HOST);
    /* Neither comes through before both are in. */
    fixture_wait_for_entered(fixture, 2);
    fixture_open_gate(fixture);
    answer = client_receive(&http, true);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    answer = client_receive(&tls, true);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_close(&http);
    client_close(&tls);
}

static double processor_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double clock_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* With epoll, a single one of these would keep the I/O thread spinning. */
static void half_open_handshakes_cost_nothing_and_end(void **state)
{
    enum { HALF_OPEN = 200 };
    static const char beginning[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01}; /* of a ClientHello */
    struct fixture *fixture = *state;
    struct client half_open[HALF_OPEN];
    double processor, clock;

    fixture->settings.idle_seconds = 3;
    fixture->settings.connections_per_address = HALF_OPEN;
    fixture_start(fixture);
    for (int i = 0; i < HALF_OPEN; i++) {
        half_open[i] = client_connect(fixture_tls_port(fixture), NULL);
        client_send(&half_open[i], beginning, sizeof beginning);
    }
    for (int i = 0; i < 5; i++) {
        struct client client = client_connect_tls(fixture_tls_port(fixture), "127.0.0.2");
        struct answer answer;
        client_puts(&client, "GET /plain HTTP/1.1\r\n" HOST);
        answer = client_receive(&client, true);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        client_close(&client);
    }
    processor = processor_seconds();
    clock = clock_seconds();
    for (int i = 0; i < HALF_OPEN; i++) {
        assert_true(client_wait_end(&half_open[i]));
        client_close(&half_open[i]);
    }
    processor = processor_seconds() - processor;
    clock = clock_seconds() - clock;
    if (processor > clock / 2)
        fail_msg("%.2f s of processor time in %.2f s", processor, clock);
}

/* A browser opens six connections before it says anything on the first. */
static void assert_browser_is_answered(const struct fixture *fixture, int n)
{
    enum { AT_ONCE = 6 };
    struct client clients[AT_ONCE];
    char sender[sizeof "127.0.1." + 11];

    snprintf(sender, sizeof sender, "127.0.1.%d", n);
    for (int i = 0; i < AT_ONCE; i++)
        clients[i] = client_connect(fixture_http_port(fixture), sender);
    for (int i = 0; i < AT_ONCE; i++) {
        struct answer answer;

        client_puts(&clients[i], "GET /plain HTTP/1.1\r\n" HOST);
        answer = client_receive(&clients[i], true);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        client_close(&clients[i]);
    }
}

/* All connections that there may be, from as few addresses as can have them. */
static void who_is_idle_or_does_not_read_gives_way_to_a_newcomer(void **state)
{
    enum { CONNECTIONS = 32, SENDERS = 4 };
    static const char *const requests[] = {"GET /plain HTTP/1.1\r\n" HOST, "GET /large HTTP/1.1\r\n" HOST};
    static const char *const senders[SENDERS] = {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"};
    struct fixture *fixture = *state;

    fixture->settings.connections = CONNECTIONS;
    fixture->settings.connections_per_address = CONNECTIONS / SENDERS;
    fixture_start(fixture);
    for (size_t r = 0; r < sizeof requests / sizeof *requests; r++) {
        struct client clients[CONNECTIONS];

        for (int i = 0; i < CONNECTIONS; i++) {
            struct answer answer;

            clients[i] = client_connect(fixture_http_port(fixture), senders[i % SENDERS]);
            client_puts(&clients[i], requests[r]);
            answer = client_receive(&clients[i], r == 0);
            assert_int_equal(answer.status, 200);
            answer_free(&answer);
        }
        for (int n = 1; n <= CONNECTIONS; n++)
            assert_browser_is_answered(fixture, n);
        for (int i = 0; i < CONNECTIONS; i++)
            client_close(&clients[i]);
    }
}

/* Opened and left, they would keep everybody else out until their time is over. */
static void half_open_handshakes_give_way_to_those_who_talk(void **state)
{
    enum { HALF_OPEN = 40 };
    static const char beginning[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};
    struct fixture *fixture = *state;
    struct client half_open[HALF_OPEN];
    double clock;

    fixture->settings.connections = 16;
    fixture->settings.connections_per_address = 16;
    fixture_start(fixture);
    clock = clock_seconds();
    for (int i = 0; i < HALF_OPEN; i++) {
        half_open[i] = client_connect(fixture_tls_port(fixture), NULL);
        client_send(&half_open[i], beginning, sizeof beginning);
    }
    for (int i = 0; i < 5; i++) {
        struct client client = client_connect_tls(fixture_tls_port(fixture), NULL);
        struct answer answer;
        client_puts(&client, "GET /plain HTTP/1.1\r\n" HOST);
        answer = client_receive(&client, true);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        client_close(&client);
    }
    if (clock_seconds() - clock > fixture->settings.idle_seconds / 2.0)
        fail_msg("answered only when the others' time was over");
    for (int i = 0; i < HALF_OPEN; i++)
        client_close(&half_open[i]);
}

static void one_address_cannot_take_all_connections(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[5];
    struct answer answer;

    fixture->settings.connections_per_address = 4;
    fixture_start(fixture);
    for (int i = 0; i < 4; i++) {
        clients[i] = client_connect(fixture_http_port(fixture), NULL);
        client_puts(&clients[i], "GET /plain HTTP/1.1\r\n" HOST);
        answer = client_receive(&clients[i], true);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
    }
    clients[4] = client_connect(fixture_http_port(fixture), NULL);
    client_puts(&clients[4], "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(&clients[4], true);
    assert_int_equal(answer.status, 0);
    answer_free(&answer);
    assert_false(clients[4].silent);
    client_close(&clients[4]);
    clients[4] = client_connect(fixture_http_port(fixture), "127.0.0.2");
    client_puts(&clients[4], "GET /plain HTTP/1.1\r\n" HOST);
    answer = client_receive(&clients[4], true);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    for (int i = 0; i < 5; i++)
        client_close(&clients[i]);
}

static void clients_that_leave_early_harm_nobody(void **state)
{
    struct fixture *fixture = *state;

    fixture_start(fixture);
    for (int i = 0; i < 8; i++) {
        struct client client = i % 2 == 0 ? client_connect(fixture_http_port(fixture), NULL)
                                          : client_connect_tls(fixture_tls_port(fixture), NULL);
        client_puts(&client, i < 4 ? "GET /gate HTTP/1.1\r\n" HOST
                                   : "POST /echo HTTP/1.1\r\nContent-Length: 9\r\n" HOST);
        if (i < 2)
            fixture_wait_for_entered(fixture, (unsigned)i + 1);
        client_close(&client);
    }
    fixture_open_gate(fixture);
    fixture_assert_answer(fixture, "GET /plain HTTP/1.1\r\n" HOST, 200, "plain");
}

struct load {
    struct client client;
    unsigned whole;
    bool torn;
};

/* One request and its answer; false at the end. Every answer must be whole, and one that was meant. */
static bool load_once(struct load *load)
{
    struct answer answer = {0};
    bool more;

    if (client_puts(&load->client, "POST /echo HTTP/1.1\r\nContent-Length: 4\r\n" HOST "body"))
        answer = client_receive(&load->client, true);
    more = answer.head != NULL;
    if (answer.status == 200 && strcmp(answer.body, "body") == 0)
        load->whole++;
    else if (more && answer.status != 503)
        load->torn = true;
    answer_free(&answer);
    return more;
}

static void *load_run(void *arg)
{
    struct load *load = arg;

    while (load_once(load))
        continue;
    return NULL;
}

static void *end_run(void *arg)
{
    server_destroy(arg);
    return NULL;
}

/* Ends the server on a thread of its own, which is to be joined. */
static pthread_t end_server(struct fixture *fixture)
{
    pthread_t ending;

    pthread_create(&ending, NULL, end_run, fixture->server);
    fixture->server = NULL;
    return ending;
}

static void ending_under_load_answers_what_was_begun(void **state)
{
    enum { LOADS = 8 };
    struct fixture *fixture = *state;
    struct load loads[LOADS] = {0};
    pthread_t threads[LOADS];
    pthread_t ending;
    struct client inside;
    struct answer answer;

    fixture->settings.workers = 3;
    fixture_start(fixture);
    inside = client_connect(fixture_http_port(fixture), NULL);
    client_puts(&inside, "GET /gate HTTP/1.1\r\n" HOST);
    fixture_wait_for_entered(fixture, 1);
    for (int i = 0; i < LOADS; i++) {
        loads[i].client = i % 2 == 0 ? client_connect(fixture_http_port(fixture), NULL)
                                     : client_connect_tls(fixture_tls_port(fixture), NULL);
        load_once(&loads[i]);
        assert_int_equal(loads[i].whole, 1);
    }
    for (int i = 0; i < LOADS; i++)
        pthread_create(&threads[i], NULL, load_run, &loads[i]);
    ending = end_server(fixture);
    /* The load comes to an end; the one at the gate is waited for. */
    for (int i = 0; i < LOADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(loads[i].torn);
        assert_false(loads[i].client.silent);
        client_close(&loads[i].client);
    }
    fixture_open_gate(fixture);
    answer = client_receive(&inside, true);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "through");
    answer_free(&answer);
    client_close(&inside);
    pthread_join(ending, NULL);
    assert_int_equal(fixture->workers, 0);
}

static void an_answer_on_its_way_is_finished(void **state)
{
    struct fixture *fixture = *state;
    struct client clients[2];
    pthread_t ending;

    fixture_start(fixture);
    clients[0] = client_connect(fixture_http_port(fixture), NULL);
    clients[1] = client_connect_tls(fixture_tls_port(fixture), NULL);
    for (int i = 0; i < 2; i++) {
        struct answer answer;
        client_puts(&clients[i], "GET /large HTTP/1.1\r\nConnection: close\r\n" HOST);
        /* The head is here, most of the body is not. */
        answer = client_receive(&clients[i], false);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
    }
    ending = end_server(fixture);
    fixture_wait_for_workers(fixture, 0);
    for (int i = 0; i < 2; i++) {
        char *body = client_rest(&clients[i]);
        assert_int_equal(strspn(body, "x"), FIXTURE_LARGE);
        free(body);
        client_close(&clients[i]);
    }
    pthread_join(ending, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(an_endless_body_is_ended),
        FIXTURE_TEST(slow_bodies_are_told_so),
        FIXTURE_TEST(slow_heads_and_idle_connections_end),
        FIXTURE_TEST(a_full_queue_is_busy_and_recovers),
        FIXTURE_TEST(what_is_answered_at_once_waits_for_no_worker),
        FIXTURE_TEST(what_is_slow_or_long_keeps_only_itself_waiting),
        FIXTURE_TEST(a_large_body_is_read_only_from_whom_it_is_wanted),
        FIXTURE_TEST(two_requests_are_handled_at_once),
        FIXTURE_TEST(half_open_handshakes_cost_nothing_and_end),
        FIXTURE_TEST(half_open_handshakes_give_way_to_those_who_talk),
        FIXTURE_TEST(who_is_idle_or_does_not_read_gives_way_to_a_newcomer),
        FIXTURE_TEST(one_address_cannot_take_all_connections),
        FIXTURE_TEST(clients_that_leave_early_harm_nobody),
        FIXTURE_TEST(ending_under_load_answers_what_was_begun),
        FIXTURE_TEST(an_answer_on_its_way_is_finished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
