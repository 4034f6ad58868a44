/* The watch over connections, without a server: who gives way when it is crowded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/http/watch.h"

enum { PATIENT = 3600, CROWDED = 3, CONNECTIONS = 8 };

struct connection {
    int ours, theirs;
    struct watched *watched;
};

struct crowd {
    struct watch *watch;
    struct connection connections[CONNECTIONS];
    size_t count;
};

static int begin(void **state)
{
    static struct crowd crowd;

    crowd = (struct crowd){.watch = watch_create(PATIENT, PATIENT, CROWDED)};
    *state = &crowd;
    return crowd.watch == NULL;
}

static int end(void **state)
{
    struct crowd *crowd = *state;

    for (size_t i = 0; i < crowd->count; i++) {
        watch_close(crowd->watch, crowd->connections[i].watched);
        close(crowd->connections[i].ours);
        close(crowd->connections[i].theirs);
    }
    watch_destroy(crowd->watch);
    return 0;
}

static void connect_one(struct crowd *crowd)
{
    struct connection *connection = &crowd->connections[crowd->count++];
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    *connection = (struct connection){pair[0], pair[1], watch_open(crowd->watch, pair[0])};
    assert_non_null(connection->watched);
}

static bool is_ended(const struct crowd *crowd, size_t n)
{
    char octet;

    return recv(crowd->connections[n].theirs, &octet, 1, MSG_DONTWAIT) == 0;
}

/* Which of them were ended, one bit each. */
static unsigned ended(const struct crowd *crowd)
{
    unsigned which = 0;

    for (size_t i = 0; i < crowd->count; i++)
        which |= (unsigned)is_ended(crowd, i) << i;
    return which;
}

static void of_silent_connections_the_oldest_gives_way(void **state)
{
    struct crowd *crowd = *state;

    for (int i = 0; i < CROWDED; i++)
        connect_one(crowd);
    assert_int_equal(ended(crowd), 0);
    connect_one(crowd);
    assert_int_equal(ended(crowd), 1);
    connect_one(crowd);
    assert_int_equal(ended(crowd), 1 + 2);
}

static void who_talks_does_not_give_way_to_those_who_do_not(void **state)
{
    static const enum watch_phase talking[] = {WATCH_HEAD, WATCH_BODY, WATCH_ANSWER};
    struct crowd *crowd = *state;

    for (int i = 0; i < CROWDED; i++) {
        connect_one(crowd);
        watch_phase(crowd->watch, crowd->connections[i].watched, talking[i]);
    }
    connect_one(crowd);
    assert_int_equal(ended(crowd), 0);
    connect_one(crowd);
    assert_int_equal(ended(crowd), 1 << CROWDED);
}

static void who_has_gone_makes_room(void **state)
{
    struct crowd *crowd = *state;

    for (int i = 0; i < CROWDED; i++)
        connect_one(crowd);
    watch_close(crowd->watch, crowd->connections[0].watched);
    crowd->connections[0].watched = NULL;
    connect_one(crowd);
    assert_int_equal(ended(crowd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_silent_connections_the_oldest_gives_way, begin, end),
        cmocka_unit_test_setup_teardown(who_talks_does_not_give_way_to_those_who_do_not, begin, end),
        cmocka_unit_test_setup_teardown(who_has_gone_makes_room, begin, end),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
