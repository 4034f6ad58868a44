/* The watch over connections, without a server: who gives way when it is crowded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/http/watch.h"

enum { PATIENT = 3600, CROWDED = 3, FEW = 2, GRACE_MS = 20, PER_SENDER = 4, CONNECTIONS = 8 };

/* The clock for the code under test; so late that nobody's time is over. */
static _Atomic int64_t now_ms = INT64_C(1000000000000);

int64_t clock_ns(void)
{
    return now_ms * 1000000;
}

int64_t clock_seconds(void)
{
    return 0;
}

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

    const struct watch_limits limits = {PATIENT, PATIENT, CROWDED, FEW, PER_SENDER, GRACE_MS};

    crowd = (struct crowd){.watch = watch_create(&limits)};
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

static bool try_to_connect(struct crowd *crowd, const char *sender)
{
    struct connection *connection = &crowd->connections[crowd->count++];
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    *connection = (struct connection){pair[0], pair[1], watch_open(crowd->watch, pair[0], sender)};
    return connection->watched;
}

/* Each later than the one before. */
static void connect_as(struct crowd *crowd, const char *sender, enum watch_phase phase)
{
    assert_true(try_to_connect(crowd, sender));
    watch_phase(crowd->watch, crowd->connections[crowd->count - 1].watched, phase);
    now_ms++;
}

static void connect_one(struct crowd *crowd)
{
    static const char *const senders[CONNECTIONS] = {"a", "b", "c", "d", "e", "f", "g", "h"};

    connect_as(crowd, senders[crowd->count], WATCH_NEW);
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

static void what_is_worked_on_does_not_give_way(void **state)
{
    struct crowd *crowd = *state;

    for (int i = 0; i < CROWDED; i++) {
        connect_one(crowd);
        watch_phase(crowd->watch, crowd->connections[i].watched, WATCH_WORK);
    }
    connect_one(crowd);
    assert_int_equal(ended(crowd), 0);
    connect_one(crowd);
    assert_int_equal(ended(crowd), 1 << CROWDED);
}

static void who_is_idle_gives_way_before_who_says_something(void **state)
{
    struct crowd *crowd = *state;

    connect_as(crowd, "a", WATCH_ANSWER);
    connect_as(crowd, "b", WATCH_NEW);
    connect_as(crowd, "c", WATCH_HEAD);
    connect_as(crowd, "d", WATCH_WORK);
    assert_int_equal(ended(crowd), 1 << 2);
    connect_as(crowd, "e", WATCH_WORK);
    assert_int_equal(ended(crowd), 1 << 2 | 1 << 0);
}

static void who_says_it_slowly_is_as_dispensable_as_who_is_idle(void **state)
{
    struct crowd *crowd = *state;

    connect_as(crowd, "a", WATCH_ANSWER);
    connect_as(crowd, "b", WATCH_BODY);
    now_ms += GRACE_MS;
    connect_as(crowd, "c", WATCH_HEAD);
    connect_as(crowd, "d", WATCH_NEW);
    assert_int_equal(ended(crowd), 1 << 0);
    connect_as(crowd, "e", WATCH_NEW);
    assert_int_equal(ended(crowd), 1 << 0 | 1 << 1);
}

static void whoever_has_most_gives_way_whatever_others_do(void **state)
{
    struct crowd *crowd = *state;

    connect_as(crowd, "idle", WATCH_HEAD);
    connect_as(crowd, "many", WATCH_ANSWER);
    connect_as(crowd, "many", WATCH_BODY);
    connect_as(crowd, "many", WATCH_NEW);
    assert_int_equal(ended(crowd), 1 << 1);
}

/* As many as a browser opens at once are a few. */
static void who_has_a_few_has_no_more_than_who_has_one(void **state)
{
    struct crowd *crowd = *state;

    connect_as(crowd, "slow", WATCH_ANSWER);
    connect_as(crowd, "slower", WATCH_ANSWER);
    for (int i = 0; i < FEW; i++)
        connect_as(crowd, "browser", WATCH_NEW);
    assert_int_equal(ended(crowd), 1 << 0);
}

static void who_has_a_whole_network_has_what_its_addresses_have(void **state)
{
    static const char *const senders[] = {"a", "2001:db8:0:1::/64", "2001:db8:0:2::/64", "2001:db8:0:3::/64",
                                          "b"};
    struct crowd *crowd = *state;

    for (int i = 0; i < CROWDED; i++)
        connect_as(crowd, senders[i], WATCH_HEAD);
    connect_as(crowd, senders[CROWDED], WATCH_HEAD);
    assert_int_equal(ended(crowd), 1 << 1);
    /* What has gone counts no more. */
    connect_as(crowd, senders[CROWDED + 1], WATCH_HEAD);
    assert_int_equal(ended(crowd), 1 << 1 | 1 << 0);
}

static void a_proxy_counts_as_one_of_those_it_stands_for(void **state)
{
    struct crowd *crowd = *state;

    connect_as(crowd, "slow", WATCH_ANSWER);
    for (int i = 0; i < CROWDED; i++)
        connect_as(crowd, "", WATCH_ANSWER);
    assert_int_equal(ended(crowd), 1 << 0);
}

static void nobody_has_more_connections_than_they_may(void **state)
{
    struct crowd *crowd = *state;

    for (int i = 0; i < PER_SENDER; i++)
        connect_as(crowd, "many", WATCH_WORK);
    assert_false(try_to_connect(crowd, "many"));
    assert_true(try_to_connect(crowd, "other"));
    watch_close(crowd->watch, crowd->connections[0].watched);
    crowd->connections[0].watched = NULL;
    assert_true(try_to_connect(crowd, "many"));
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
        cmocka_unit_test_setup_teardown(what_is_worked_on_does_not_give_way, begin, end),
        cmocka_unit_test_setup_teardown(who_is_idle_gives_way_before_who_says_something, begin, end),
        cmocka_unit_test_setup_teardown(who_says_it_slowly_is_as_dispensable_as_who_is_idle, begin, end),
        cmocka_unit_test_setup_teardown(whoever_has_most_gives_way_whatever_others_do, begin, end),
        cmocka_unit_test_setup_teardown(who_has_a_few_has_no_more_than_who_has_one, begin, end),
        cmocka_unit_test_setup_teardown(who_has_a_whole_network_has_what_its_addresses_have, begin, end),
        cmocka_unit_test_setup_teardown(a_proxy_counts_as_one_of_those_it_stands_for, begin, end),
        cmocka_unit_test_setup_teardown(nobody_has_more_connections_than_they_may, begin, end),
        cmocka_unit_test_setup_teardown(who_has_gone_makes_room, begin, end),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
