/* The jobs of the clock, by a table of the test's own and a time that it holds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node/work/clock/schedule.h"

enum { SECOND = 1000, JOBS_SEEN = 4096 };

/* What the jobs of the table do. */
static struct {
    int64_t now_ms;
    int due;          /* items that `work` has to do */
    bool never_less;  /* `work` finds them again and again */
    bool stuck;       /* one more item, which cannot be done */
    int refused;      /* how often it was tried */
    bool find_fails;  /* `work` does not even find */
    bool all_at_once; /* find keeps to no bound */
    int told, spins;
    const char *ran[JOBS_SEEN]; /* turn by turn */
    int64_t at[JOBS_SEEN];
    size_t turns;
} world;

static bool find_work(struct tx *tx, const struct node *node, json_t **items)
{
    int most = world.all_at_once ? world.due : 100;

    (void)tx;
    (void)node;
    *items = json_array();
    if (world.stuck)
        json_array_append_new(*items, json_string("stuck"));
    for (int i = 0; i < world.due && i < most; i++)
        json_array_append_new(*items, json_integer(world.due - i));
    return !world.find_fails;
}

static enum job_outcome do_work(struct tx *tx, const struct node *node, const json_t *item)
{
    (void)tx;
    (void)node;
    if (json_is_string(item)) {
        world.refused++;
        return JOB_FAILED;
    }
    if (!world.never_less)
        world.due--;
    return JOB_DONE;
}

static enum job_outcome sweep(struct tx *tx, const struct node *node, const json_t *nothing)
{
    (void)tx;
    (void)node;
    assert_null(nothing);
    return JOB_DONE;
}

static const struct job table[] = {
    {"work", 60, find_work, do_work}, {"sweep", 60, NULL, sweep}, {"tidy", 3600, NULL, sweep}, {0}};
static const struct job *const work = &table[0];

static bool hand_find(void *arg, const struct job *job, json_t **items)
{
    (void)arg;
    return job->find(NULL, NULL, items);
}

static enum job_outcome hand_run(void *arg, const struct job *job, const json_t *item)
{
    enum job_outcome outcome = job->run(NULL, NULL, item);

    world.told += outcome == JOB_FAILED && schedule_is_news(arg, job);
    return outcome;
}

static void hand_spins(void *arg, const struct job *job)
{
    (void)arg;
    assert_ptr_equal(job, work);
    world.spins++;
}

static bool hand_stop(void *arg)
{
    (void)arg;
    return false;
}

/* Does all that is due until then, and notes which turns there were. */
static void live(struct schedule *schedule, int64_t until_ms)
{
    const struct schedule_hands hands = {hand_find, hand_run, hand_spins, hand_stop, schedule};
    const struct job *job;

    world.turns = 0;
    for (; world.now_ms <= until_ms; world.now_ms = schedule_wake(schedule))
        while ((job = schedule_next(schedule, world.now_ms))) {
            assert_true(world.turns < JOBS_SEEN);
            world.ran[world.turns] = job->name;
            world.at[world.turns++] = world.now_ms;
            schedule_ended(schedule, job, schedule_turn(schedule, job, &hands), world.now_ms);
        }
    world.now_ms = until_ms;
}

static size_t turns_of(const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < world.turns; i++)
        count += strcmp(world.ran[i], name) == 0;
    return count;
}

static int begin(void **state)
{
    memset(&world, 0, sizeof world);
    *state = schedule_create(table, 86400, world.now_ms);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    schedule_destroy(*state);
    return 0;
}

static void each_job_comes_after_its_own_period(void **state)
{
    live(*state, 3600 * SECOND);
    assert_int_equal(turns_of("work"), 61);
    assert_int_equal(turns_of("sweep"), 61);
    assert_int_equal(turns_of("tidy"), 2);
}

static void no_job_rests_longer_than_it_may(void **state)
{
    struct schedule *schedule = schedule_create(table, 2, 0);

    (void)state;
    live(schedule, 10 * SECOND);
    assert_int_equal(turns_of("tidy"), 6);
    schedule_destroy(schedule);
}

static void who_has_more_to_do_comes_soon_but_behind_the_others(void **state)
{
    world.due = 250;
    live(*state, 0);
    assert_int_equal(world.turns, 3);
    assert_int_equal(world.due, 150);
    live(*state, 59 * SECOND);
    assert_int_equal(world.due, 0);
    assert_int_equal(turns_of("work"), 3); /* 100, 50, and one that finds nothing */
    assert_int_equal(world.at[2], 3 * SCHEDULE_SOON_MS);
    live(*state, 60 * SECOND);
    assert_int_equal(turns_of("sweep"), 1);
    assert_int_equal(turns_of("work"), 0); /* its period began when it was done */
}

static void a_turn_does_no_more_than_its_share(void **state)
{
    world.due = 2000;
    world.all_at_once = true;
    live(*state, 0);
    assert_int_equal(world.due, 2000 - SCHEDULE_TURN_ITEMS);
}

static void what_cannot_be_done_stops_nothing_else_and_is_told_once(void **state)
{
    world.due = 250;
    world.stuck = true;
    live(*state, 59 * SECOND);
    assert_int_equal(world.due, 0);
    live(*state, 3600 * SECOND);
    assert_int_equal(world.told, 1);
    assert_int_equal(turns_of("sweep"), 60);
}

static void who_fails_comes_later_each_time_but_not_for_ever(void **state)
{
    static const int64_t rests[] = {60, 120, 240, 480, 480, 480};
    int64_t at = 0;
    size_t n = 0;

    world.stuck = true;
    live(*state, 1859 * SECOND);
    for (size_t i = 0; i < world.turns; i++)
        if (strcmp(world.ran[i], "work") == 0) {
            assert_int_equal(world.at[i], at * SECOND);
            at += rests[n++];
        }
    assert_int_equal(n, 6);
    assert_int_equal(schedule_failures(*state, work), world.refused);

    world.stuck = false;
    live(*state, world.now_ms + 480 * SECOND);
    assert_int_equal(schedule_failures(*state, work), 0);
    live(*state, world.now_ms + 600 * SECOND);
    assert_int_equal(turns_of("work"), 10);
    world.stuck = true;
    live(*state, world.now_ms + 60 * SECOND);
    assert_int_equal(world.told, 2); /* after it had gone well it is news again */
}

static void a_job_that_does_not_even_find_fails(void **state)
{
    world.due = 1;
    world.find_fails = true;
    live(*state, 59 * SECOND);
    assert_int_equal(turns_of("work"), 1);
    assert_int_equal(schedule_failures(*state, work), 1);
    assert_int_equal(world.due, 1);
}

static void a_job_that_finds_again_what_it_has_done_fails_instead_of_spinning(void **state)
{
    world.due = 30;
    world.never_less = true;
    live(*state, 59 * SECOND);
    assert_int_equal(turns_of("work"), 2); /* the one that seemed to go well, and the one that shows */
    assert_int_equal(world.spins, 30);
    assert_int_equal(schedule_failures(*state, work), 1);
    live(*state, 3600 * SECOND);
    assert_true(turns_of("work") < 20);
}

/* Of more than it finds at a time, always others. */
static void a_round_without_end_pauses(void **state)
{
    world.due = 100 * (SCHEDULE_ROUND_TURNS + 5);
    live(*state, 60 * SECOND);
    assert_int_equal(turns_of("work"), SCHEDULE_ROUND_TURNS);
    assert_int_equal(world.due, 500);
    live(*state, 130 * SECOND);
    assert_int_equal(world.due, 0);
}

static void what_another_process_did_counts(void **state)
{
    schedule_recall(*state, "tidy", 0, 3000 * SECOND, 0);
    schedule_recall(*state, "work", 3, 200 * SECOND, 0); /* rests 240 s */
    schedule_recall(*state, "of another version", 0, 0, 0);
    live(*state, 39 * SECOND);
    assert_int_equal(world.turns, 1); /* sweep */
    live(*state, 40 * SECOND);
    assert_int_equal(turns_of("work"), 1);
    live(*state, 599 * SECOND);
    assert_int_equal(turns_of("tidy"), 0);
    live(*state, 600 * SECOND);
    assert_int_equal(turns_of("tidy"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_job_comes_after_its_own_period, begin, end),
        cmocka_unit_test_setup_teardown(no_job_rests_longer_than_it_may, begin, end),
        cmocka_unit_test_setup_teardown(who_has_more_to_do_comes_soon_but_behind_the_others, begin, end),
        cmocka_unit_test_setup_teardown(a_turn_does_no_more_than_its_share, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_done_stops_nothing_else_and_is_told_once, begin, end),
        cmocka_unit_test_setup_teardown(who_fails_comes_later_each_time_but_not_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(a_job_that_does_not_even_find_fails, begin, end),
        cmocka_unit_test_setup_teardown(a_job_that_finds_again_what_it_has_done_fails_instead_of_spinning,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_round_without_end_pauses, begin, end),
        cmocka_unit_test_setup_teardown(what_another_process_did_counts, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
