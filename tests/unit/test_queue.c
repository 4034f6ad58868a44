/* The queue before the workers: its senders take turns, and it holds no more than it can. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "node/http/exchange.h"
#include "node/http/queue.h"

enum { CAPACITY = 3 };

static struct http_exchange first, second, third, fourth;
static struct http_exchange *const waiting[CAPACITY + 1] = {&first, &second, &third, &fourth};

static void who_came_first_is_served_first(void **state)
{
    struct queue *queue = queue_create(CAPACITY);

    (void)state;
    /* So often that the ring comes round. */
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < CAPACITY - 1; i++)
            assert_null(queue_push(queue, waiting[i], "one", "one"));
        for (int i = 0; i < CAPACITY - 1; i++)
            assert_ptr_equal(queue_pop(queue), waiting[i]);
    }
    assert_int_equal(queue_length(queue), 0);
    queue_destroy(queue);
}

static void a_full_queue_takes_no_more(void **state)
{
    struct queue *queue = queue_create(CAPACITY);

    (void)state;
    for (int i = 0; i < CAPACITY; i++)
        assert_null(queue_push(queue, waiting[i], "one", "one"));
    assert_ptr_equal(queue_push(queue, waiting[CAPACITY], "one", "one"), waiting[CAPACITY]);
    assert_ptr_equal(queue_pop(queue), waiting[0]);
    assert_null(queue_push(queue, waiting[CAPACITY], "one", "one"));
    for (int i = 1; i <= CAPACITY; i++)
        assert_ptr_equal(queue_pop(queue), waiting[i]);
    queue_destroy(queue);
}

static void senders_take_turns(void **state)
{
    struct queue *queue = queue_create(8);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_null(queue_push(queue, waiting[0], "many", "many"));
    assert_null(queue_push(queue, &second, "few", "few"));
    assert_ptr_equal(queue_pop(queue), &first);
    assert_ptr_equal(queue_pop(queue), &second);
    /* Who comes anew is first of those that have the same turn, and passes by no earlier one. */
    assert_null(queue_push(queue, &third, "new", "new"));
    assert_ptr_equal(queue_pop(queue), &third);
    assert_null(queue_push(queue, &third, "new", "new"));
    assert_ptr_equal(queue_pop(queue), &first);
    assert_ptr_equal(queue_pop(queue), &third);
    assert_ptr_equal(queue_pop(queue), &first);
    assert_int_equal(queue_length(queue), 0);
    queue_destroy(queue);
}

static void of_a_full_queue_whoever_has_most_waiting_gives_way(void **state)
{
    struct queue *queue = queue_create(CAPACITY);

    (void)state;
    assert_null(queue_push(queue, &first, "many", "many"));
    assert_null(queue_push(queue, &second, "many", "many"));
    assert_null(queue_push(queue, &third, "many", "many"));
    assert_ptr_equal(queue_push(queue, &fourth, "few", "few"), &third);
    assert_ptr_equal(queue_push(queue, &third, "many", "many"), &third);
    assert_ptr_equal(queue_pop(queue), &first);
    assert_ptr_equal(queue_pop(queue), &fourth);
    assert_ptr_equal(queue_pop(queue), &second);
    queue_destroy(queue);
}

enum { SENDERS = 200 };

/* One of many senders has its next one. What had to go for it. */
static struct http_exchange *push_of(struct queue *queue, int sender)
{
    static char names[SENDERS][8];

    snprintf(names[sender], sizeof names[sender], "%d", sender);
    return queue_push(queue, &second, names[sender], names[sender]);
}

/* More senders than there are places, each of which comes back at once when it was served or sent away. */
static void who_was_not_served_yet_is_kept_out_by_nobody(void **state)
{
    struct queue *queue = queue_create(SENDERS / 2);
    int pops = 0;

    (void)state;
    for (int i = 0; i < SENDERS; i++) {
        assert_null(push_of(queue, i));
        assert_ptr_equal(queue_pop(queue), &second);
    }
    for (int i = 0; i < SENDERS / 2; i++)
        assert_null(push_of(queue, i));
    assert_ptr_equal(queue_push(queue, &first, "new", "new"), &second);
    do {
        for (int i = 0; i < SENDERS; i++)
            assert_ptr_not_equal(push_of(queue, i), &first);
        pops++;
    } while (queue_pop(queue) != &first);
    assert_in_range(pops, 1, SENDERS / 2);
    queue_destroy(queue);
}

/* Nobody who has a network is new with each of its addresses. */
static void of_a_network_that_was_served_no_address_is_new(void **state)
{
    struct queue *queue = queue_create(1);

    (void)state;
    assert_null(queue_push(queue, &first, "2001:db8:1:1::/64", "2001:db8:1::/48"));
    assert_ptr_equal(queue_pop(queue), &first);
    assert_null(queue_push(queue, &second, "2001:db8:1:2::/64", "2001:db8:1::/48"));
    assert_ptr_equal(queue_push(queue, &third, "192.0.2.1", "192.0.2.1"), &second);
    assert_ptr_equal(queue_push(queue, &fourth, "2001:db8:1:3::/64", "2001:db8:1::/48"), &fourth);
    assert_ptr_equal(queue_pop(queue), &third);
    queue_destroy(queue);
}

static void what_waits_when_it_closes_is_handed_out_still(void **state)
{
    struct queue *queue = queue_create(CAPACITY);

    (void)state;
    assert_null(queue_push(queue, waiting[0], "one", "one"));
    assert_false(queue_is_closed(queue));
    queue_close(queue);
    assert_true(queue_is_closed(queue));
    assert_ptr_equal(queue_push(queue, waiting[1], "one", "one"), waiting[1]);
    assert_ptr_equal(queue_pop(queue), waiting[0]);
    assert_null(queue_pop(queue));
    queue_destroy(queue);
    queue_destroy(NULL);
}

struct worker {
    struct queue *queue;
    pthread_t thread;
    struct http_exchange *got;
};

static void *work_once(void *arg)
{
    struct worker *worker = arg;

    worker->got = queue_pop(worker->queue);
    return NULL;
}

/* Starts one after the other, each when the one before it waits. */
static void start_waiting(struct worker *workers, unsigned count, struct queue *queue)
{
    for (unsigned i = 0; i < count; i++) {
        workers[i] = (struct worker){.queue = queue};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work_once, &workers[i]), 0);
        for (int tries = 0; queue_waiting(queue) != i + 1; tries++) {
            assert_true(tries < 10000);
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
}

static void of_workers_that_wait_the_last_one_is_woken(void **state)
{
    struct queue *queue = queue_create(CAPACITY);
    struct worker workers[3];

    (void)state;
    start_waiting(workers, 3, queue);
    assert_null(queue_push(queue, &first, "one", "one"));
    pthread_join(workers[2].thread, NULL);
    assert_ptr_equal(workers[2].got, &first);
    assert_int_equal(queue_length(queue), 0);
    assert_int_equal(queue_waiting(queue), 2);
    assert_null(queue_push(queue, &second, "one", "one"));
    assert_null(queue_push(queue, &third, "one", "one"));
    pthread_join(workers[1].thread, NULL);
    pthread_join(workers[0].thread, NULL);
    assert_ptr_equal(workers[1].got, &second);
    assert_ptr_equal(workers[0].got, &third);
    queue_destroy(queue);
}

static void closing_sends_all_who_wait_home(void **state)
{
    struct queue *queue = queue_create(CAPACITY);
    struct worker workers[2];

    (void)state;
    start_waiting(workers, 2, queue);
    queue_close(queue);
    for (int i = 0; i < 2; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_null(workers[i].got);
    }
    queue_destroy(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_came_first_is_served_first),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(senders_take_turns),
        cmocka_unit_test(of_a_full_queue_whoever_has_most_waiting_gives_way),
        cmocka_unit_test(who_was_not_served_yet_is_kept_out_by_nobody),
        cmocka_unit_test(of_a_network_that_was_served_no_address_is_new),
        cmocka_unit_test(what_waits_when_it_closes_is_handed_out_still),
        cmocka_unit_test(of_workers_that_wait_the_last_one_is_woken),
        cmocka_unit_test(closing_sends_all_who_wait_home),
    };

    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
