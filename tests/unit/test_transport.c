/* Requests to other nodes: no address that is no place of the public Internet is asked. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/federation/transport.h"

/* How many sockets may still be had, and were. */
static unsigned allowed_sockets, opened_sockets;

/* Nothing leaves this machine: what would be connected to is refused its socket. */
int socket(int family, int type, int protocol)
{
    static int (*real)(int, int, int);

    if ((type & SOCK_STREAM) != 0 && (family == AF_INET || family == AF_INET6) &&
        opened_sockets++ >= allowed_sockets) {
        errno = EACCES;
        return -1;
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "socket");
    return real(family, type, protocol);
}

enum places { PUBLIC_PLACES, ALL_PLACES };

static void assert_asked(const char *authority, enum places allowed, bool asked)
{
    char ca[] = "";
    struct config config = {.ca = ca, .private_addresses = allowed == ALL_PLACES};
    const struct transport_request request = {
        .method = "GET", .authority = authority, .target = "/", .answer_max = 10, .timeout_ms = 10000};
    struct transport_answer answer;

    assert_false(transport_fetch(&config, &request, &answer));
    assert_string_equal(answer.error, asked ? "no-connection" : "address-not-allowed");
}

static void what_lies_beside_a_private_range_is_public(void **state)
{
    static const char *const authorities[] = {
        "9.255.255.255",   "11.0.0.0",    "100.63.255.255", "100.128.0.0",    "126.255.255.255",
        "128.0.0.0",       "169.253.0.1", "169.255.0.0",    "172.15.255.255", "172.32.0.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",     "223.255.255.255",
    };

    (void)state;
    for (size_t i = 0; i < sizeof authorities / sizeof *authorities; i++)
        assert_asked(authorities[i], PUBLIC_PLACES, true);
}

static void no_private_address_is_asked(void **state)
{
    static const char *const authorities[] = {
        "0.0.0.1",      "10.0.0.0",        "10.255.255.255",  "100.64.0.0",      "100.127.255.255",
        "127.0.0.1",    "127.255.255.255", "169.254.169.254", "172.16.0.0",      "172.31.255.255",
        "192.168.0.0",  "192.168.255.255", "198.18.0.0",      "198.19.255.255",  "192.0.2.1",
        "198.51.100.1", "203.0.113.255",   "224.0.0.1",       "255.255.255.255",
    };

    (void)state;
    for (size_t i = 0; i < sizeof authorities / sizeof *authorities; i++)
        assert_asked(authorities[i], PUBLIC_PLACES, false);
}

static void no_private_address_hides_in_version_six(void **state)
{
    static const char *const authorities[] = {
        "[::1]",     "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[2001:db8::1]", "[2002:a00:1::]",
        "[fc00::1]", "[fdff::1]",         "[febf::1]",        "[ff02::1]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof authorities / sizeof *authorities; i++)
        assert_asked(authorities[i], PUBLIC_PLACES, false);
    assert_asked("[2a00::1]", PUBLIC_PLACES, true);
    assert_asked("[fbff::1]", PUBLIC_PLACES, true);
}

/* Networks without IPv4 reach the rest of the world this way (RFC 6052). */
static void a_translated_address_is_as_public_as_the_one_it_stands_for(void **state)
{
    static const struct {
        const char *authority;
        bool asked;
    } cases[] = {
        {"[64:ff9b::b00:1]", true},        {"[64:ff9b::8.8.8.8]", true},
        {"[64:ff9b::10.0.0.1]", false},    {"[64:ff9b::127.0.0.1]", false},
        {"[64:ff9b::192.168.1.1]", false}, {"[64:ff9b::169.254.169.254]", false},
        {"[64:ff9b::0.0.0.0]", false},     {"[64:ff9b::224.0.0.1]", false},
        {"[64:ff9b:1::8.8.8.8]", false},   {"[64:ff9b::1:808:808]", false},
        {"[64:ff9b:0:1::8.8.8.8]", false}, {"[64:ff9a::8.8.8.8]", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_asked(cases[i].authority, PUBLIC_PLACES, cases[i].asked);
}

static void whoever_says_so_may_ask_private_addresses(void **state)
{
    (void)state;
    assert_asked("10.0.0.1", ALL_PLACES, true);
    assert_asked("[fd00::1]", ALL_PLACES, true);
}

static void count_done(void *arg, void *context, const struct transport_answer *answer)
{
    unsigned *done = arg;

    (void)context;
    (void)answer;
    ++*done;
}

/* Whom nobody answers keeps a connection each: half of the files are for others all the same. */
static void no_more_files_are_open_than_half_of_what_there_may_be(void **state)
{
    enum { FILES = 60, REQUESTS = 40, PATIENCE_MS = 10000 };
    struct sockaddr_in silent = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof silent;
    char ca[] = "", authority[32];
    struct config config = {.ca = ca, .private_addresses = true};
    struct rlimit before, few;
    struct transport *transport;
    unsigned done = 0;
    int64_t began = clock_ms();
    int listening;

    (void)state;
    allowed_sockets = 1 + REQUESTS;
    opened_sockets = 0;
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (const void *)&silent, size), 0);
    assert_int_equal(listen(listening, REQUESTS), 0);
    assert_int_equal(getsockname(listening, (void *)&silent, &size), 0);
    snprintf(authority, sizeof authority, "127.0.0.1:%d", ntohs(silent.sin_port));
    getrlimit(RLIMIT_NOFILE, &before);
    few = (struct rlimit){FILES, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    transport = transport_create(&config, count_done, &done);
    for (int i = 0; i < REQUESTS; i++)
        assert_true(transport_send(transport,
                                   &(struct transport_request){.method = "GET",
                                                               .authority = authority,
                                                               .target = "/",
                                                               .answer_max = 10,
                                                               .timeout_ms = PATIENCE_MS},
                                   NULL));
    /* All that can begin begin at the first run; the next few would show more. */
    for (int more = 0; more < 3 && clock_ms() < began + PATIENCE_MS / 2; more += opened_sockets > FILES / 2)
        transport_run(transport, -1, 10);
    assert_int_equal(opened_sockets - 1, FILES / 2);
    assert_int_equal(done, 0);
    transport_destroy(transport);
    setrlimit(RLIMIT_NOFILE, &before);
    close(listening);
    allowed_sockets = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_beside_a_private_range_is_public),
        cmocka_unit_test(no_private_address_is_asked),
        cmocka_unit_test(no_private_address_hides_in_version_six),
        cmocka_unit_test(a_translated_address_is_as_public_as_the_one_it_stands_for),
        cmocka_unit_test(whoever_says_so_may_ask_private_addresses),
        cmocka_unit_test(no_more_files_are_open_than_half_of_what_there_may_be),
    };
    int failed;

    if (!transport_start())
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    transport_stop();
    return failed;
}
