/* The queue before the workers: first come, first served, and no more than it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
            assert_true(queue_push(queue, waiting[i]));
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
        assert_true(queue_push(queue, waiting[i]));
    assert_false(queue_push(queue, waiting[CAPACITY]));
    assert_ptr_equal(queue_pop(queue), waiting[0]);
    assert_true(queue_push(queue, waiting[CAPACITY]));
    for (int i = 1; i <= CAPACITY; i++)
        assert_ptr_equal(queue_pop(queue), waiting[i]);
    queue_destroy(queue);
}

static void what_waits_when_it_closes_is_handed_out_still(void **state)
{
    struct queue *queue = queue_create(CAPACITY);

    (void)state;
    assert_true(queue_push(queue, waiting[0]));
    assert_false(queue_is_closed(queue));
    queue_close(queue);
    assert_true(queue_is_closed(queue));
    assert_false(queue_push(queue, waiting[1]));
    assert_ptr_equal(queue_pop(queue), waiting[0]);
    assert_null(queue_pop(queue));
    queue_destroy(queue);
    queue_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_came_first_is_served_first),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(what_waits_when_it_closes_is_handed_out_still),
    };

    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
