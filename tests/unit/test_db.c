/* A database that cannot be reached: why is said again and again, and a network that swallows what is sent
 * holds nobody for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/db/db.h"

/* Monotonic; the test sets it. */
static int64_t now_ns = 1000000000;

int64_t clock_ns(void)
{
    return now_ns;
}

int64_t clock_seconds(void)
{
    return 1767225600;
}

static int count(const char *text, const char *words)
{
    int found = 0;

    for (; (text = strstr(text, words)); text++)
        found++;
    return found;
}

static void why_it_is_away_is_told_once_a_minute(void **state)
{
    struct db *db = db_create("host=/nonexistent dbname=town");
    FILE *said = tmpfile();
    int screen = dup(STDERR_FILENO);
    char text[4096];
    size_t size;

    (void)state;
    dup2(fileno(said), STDERR_FILENO);
    for (int second = 0; second < 150; second += 2, now_ns += INT64_C(2000000000)) {
        struct problem problem = {0};

        assert_false(db_ready(db, &problem));
        assert_int_equal(problem.code, PROBLEM_DATABASE_UNAVAILABLE);
        problem_finish(&problem);
    }
    dup2(screen, STDERR_FILENO);
    close(screen);
    rewind(said);
    size = fread(text, 1, sizeof text - 1, said);
    text[size] = '\0';
    fclose(said);
    assert_int_equal(count(text, "warning database: "), 3);
    assert_non_null(strstr(db_why_away(db), "/nonexistent"));
    assert_null(strchr(db_why_away(db), '\n'));
    db_destroy(db);
}

struct network {
    int listener;
    in_port_t port;   /* as it is sent */
    unsigned wait_ms; /* of whoever asks, found out while they wait for an answer */
    int asks_whether_alive;
};

/* The sockets of this process that are connected to the port. */
static void look_at_sockets(struct network *network)
{
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;

        if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0 || peer.sin_family != AF_INET ||
            peer.sin_port != network->port)
            continue;
        size = sizeof network->wait_ms;
        getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &network->wait_ms, &size);
        getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &network->asks_whether_alive, &size);
    }
}

static void *answer_nothing(void *arg)
{
    struct network *network = arg;
    int fd = accept(network->listener, NULL, NULL);
    char octet;

    if (read(fd, &octet, 1) == 1)
        look_at_sockets(network);
    close(fd);
    return NULL;
}

static void a_network_that_swallows_holds_nobody_for_longer_than_30_seconds(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    struct network network = {.listener = socket(AF_INET, SOCK_STREAM, 0)};
    struct problem problem = {0};
    char conninfo[64];
    pthread_t thread;
    struct db *db;

    (void)state;
    assert_int_equal(bind(network.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(network.listener, 1), 0);
    getsockname(network.listener, (struct sockaddr *)&address, &size);
    network.port = address.sin_port;
    pthread_create(&thread, NULL, answer_nothing, &network);
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d dbname=town", ntohs(address.sin_port));
    db = db_create(conninfo);
    assert_false(db_ready(db, &problem));
    pthread_join(thread, NULL);
    assert_int_equal(network.wait_ms, 30000);
    assert_int_equal(network.asks_whether_alive, 1);
    problem_finish(&problem);
    db_destroy(db);
    close(network.listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(why_it_is_away_is_told_once_a_minute),
        cmocka_unit_test(a_network_that_swallows_holds_nobody_for_longer_than_30_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
