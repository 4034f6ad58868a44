#include "node/jobs/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/clock/jobs.h"
#include "node/db/locks.h"
#include "node/work/clock/due.h"
#include "node/work/clock/retention.h"
#include "node/work/clock/schedule.h"
#include "node/work/leap.h"

#include "protocol/json_profile.h"

enum { STANDBY_MS = 5000, SOON = 5, MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR };

/* In periods of the job that comes most often: after so many in which nothing is heard of whoever leads,
 * somebody else does; and after so many without any progress a process had better end, though never sooner
 * than a statement that the database ends by itself. */
enum { LEADS_PERIODS = 5, HANGS_PERIODS = 10, HANGS_LEAST_MS = 20000 };

static const struct job table[] = {
    {"watch the clock", SOON, NULL, due_watch_clock},

    {"say again what stands published", SOON, due_find_outdated, due_say_again},
    {"say again what was said to one town", SOON, due_find_unsaid, due_write_again},
    {"say again who is a member", SOON, due_find_untold, due_tell_member},

    {"erase text of ours whose time is over", MINUTE, retention_find_own, retention_erase_own},
    {"erase text of others whose time is over", MINUTE, retention_find_others, retention_erase_other},
    {"forget nonces", MINUTE, NULL, retention_forget_nonces},
    {"take keys that waited", MINUTE, retention_find_keys, retention_take_key},
    {"take in names that waited", MINUTE, retention_find_names, retention_take_name},
    {"ask again who has room", 10 * MINUTE, retention_find_room, retention_open_room},
    {"expire listings", 10 * MINUTE, due_find_listings, due_expire_listing},
    {"forget what nobody needs", HOUR, NULL, due_forget},
    {"forget proposals and offers at an office", DAY, NULL, retention_withhold},
    {"tidy up the words of searches", DAY, NULL, due_tidy_search},
    {0},
};

struct jobs {
    const struct node *node;
    struct db *db;
    uint64_t generation;       /* of the connection that holds the lock; 0: none does */
    struct schedule *schedule; /* while it leads */
    pthread_t thread;
    bool started, stop; /* stop: under the lock */
    _Atomic int64_t progressed_ms;
    pthread_mutex_t lock;
    pthread_cond_t stopping;
};

/* One transaction of a job. */
struct attempt {
    const struct node *node;
    const struct job *job;
    const json_t *item; /* NULL: none */
    json_t *found;
    enum job_outcome outcome;
};

static bool find_body(struct tx *tx, void *arg)
{
    struct attempt *attempt = arg;

    bool leapt;

    json_decref(attempt->found);
    attempt->found = NULL;
    if (!leap_look(tx, &leapt))
        return false;
    if (!leapt)
        return attempt->job->find(tx, attempt->node, &attempt->found);
    attempt->found = json_array(); /* by this clock nothing is due */
    return true;
}

static bool run_body(struct tx *tx, void *arg)
{
    struct attempt *attempt = arg;

    /* Looked at with each item: it may leap between two. */
    if (attempt->job->run != due_watch_clock && !leap_refuse(tx))
        return false;
    attempt->outcome = attempt->job->run(tx, attempt->node, attempt->item);
    return attempt->outcome != JOB_FAILED;
}

/* Once, and not with every item and every round that fails likewise. */
static void tell_failure(struct jobs *jobs, const struct job *job, const char *detail)
{
    if (schedule_is_news(jobs->schedule, job))
        log_warning("job «%s»: %s", job->name, detail);
}

static bool in_transaction(struct jobs *jobs, struct attempt *attempt, bool (*body)(struct tx *tx, void *arg))
{
    struct problem problem = {0};
    bool ok = db_transaction(jobs->db, &problem, body, attempt);

    if (!ok)
        tell_failure(jobs, attempt->job, problem.detail);
    problem_finish(&problem);
    return ok;
}

static bool find(void *arg, const struct job *job, json_t **items)
{
    struct jobs *jobs = arg;
    struct attempt attempt = {.node = jobs->node, .job = job};
    bool ok = in_transaction(jobs, &attempt, find_body);

    *items = attempt.found;
    return ok;
}

static enum job_outcome run(void *arg, const struct job *job, const json_t *item)
{
    struct jobs *jobs = arg;
    struct attempt attempt = {.node = jobs->node, .job = job, .item = item};

    return in_transaction(jobs, &attempt, run_body) ? attempt.outcome : JOB_FAILED;
}

static void spins(void *arg, const struct job *job)
{
    tell_failure(arg, job, "it found again what it had done");
}

static bool is_stopping(struct jobs *jobs)
{
    bool stop;

    jobs->progressed_ms = clock_ms();
    pthread_mutex_lock(&jobs->lock);
    stop = jobs->stop;
    pthread_mutex_unlock(&jobs->lock);
    return stop;
}

/* The lock lives and dies with the connection: without it somebody else may lead. */
static bool is_leading(struct jobs *jobs)
{
    struct problem problem = {0};
    bool leading = db_ready(jobs->db, &problem) && jobs->generation == db_generation(jobs->db);

    problem_finish(&problem);
    return leading;
}

static bool enough(void *arg)
{
    return is_stopping(arg) || !is_leading(arg);
}

static bool recall_body(struct tx *tx, void *arg)
{
    return db_jobs_read(tx, arg);
}

/* Goes on where whoever led before ended. */
static bool recall(struct jobs *jobs, struct problem *problem)
{
    json_t *ended = NULL, *row;
    size_t index;

    if (!db_transaction(jobs->db, problem, recall_body, &ended) ||
        !(jobs->schedule = schedule_create(table, jobs->node->config->jobs_seconds, clock_ms())))
        goto fail;
    json_array_foreach (ended, index, row)
        schedule_recall(jobs->schedule, json_profile_text(row, "name"),
                        json_profile_integer(row, "failures", 0), json_profile_integer(row, "ago", 0),
                        clock_ms());
fail:
    json_decref(ended);
    return jobs->schedule != NULL;
}

static long shortest_period(const struct jobs *jobs)
{
    return jobs->node->config->jobs_seconds < MINUTE ? jobs->node->config->jobs_seconds : MINUTE;
}

int64_t jobs_progressed_ms(const struct jobs *jobs)
{
    return jobs->progressed_ms;
}

int64_t jobs_patience_ms(const struct jobs *jobs)
{
    int64_t patience = (int64_t)HANGS_PERIODS * shortest_period(jobs) * 1000;

    return patience < HANGS_LEAST_MS ? HANGS_LEAST_MS : patience;
}

static bool take_over(struct jobs *jobs)
{
    struct problem problem = {0};
    bool leads;

    schedule_destroy(jobs->schedule);
    jobs->schedule = NULL;
    leads = db_ready(jobs->db, &problem) &&
            db_try_lock(jobs->db, DB_LOCK_JOBS, LEADS_PERIODS * shortest_period(jobs), &problem) &&
            recall(jobs, &problem);
    jobs->generation = leads ? db_generation(jobs->db) : 0;
    problem_finish(&problem);
    return leads;
}

struct ended {
    const char *name;
    int64_t failures;
};

static bool ended_body(struct tx *tx, void *arg)
{
    const struct ended *ended = arg;

    return db_relax(tx) && db_jobs_ended(tx, ended->name, ended->failures);
}

static void work_off(struct jobs *jobs, const struct job *job)
{
    const struct schedule_hands hands = {find, run, spins, enough, jobs};
    enum job_outcome outcome = schedule_turn(jobs->schedule, job, &hands);
    struct problem problem = {0};
    struct ended ended = {.name = job->name};

    if (enough(jobs)) /* cut short: no word on how it went */
        return;
    if (outcome == JOB_DONE && schedule_failures(jobs->schedule, job) > 0)
        log_info("job «%s»: done again", job->name);
    schedule_ended(jobs->schedule, job, outcome, clock_ms());
    ended.failures = schedule_failures(jobs->schedule, job);
    if (outcome != JOB_LATER)
        db_transaction(jobs->db, &problem, ended_body, &ended);
    problem_finish(&problem);
}

/* False when it is time to stop. */
static bool wait_until(struct jobs *jobs, int64_t until_ms)
{
    const struct timespec until = clock_deadline(until_ms);
    bool stop;

    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stop && pthread_cond_timedwait(&jobs->stopping, &jobs->lock, &until) == 0)
        continue;
    stop = jobs->stop;
    pthread_mutex_unlock(&jobs->lock);
    return !stop;
}

static void *jobs_thread(void *arg)
{
    struct jobs *jobs = arg;
    const struct job *job;
    int64_t until;

    do {
        jobs->progressed_ms = clock_ms();
        until = jobs->progressed_ms + STANDBY_MS;
        if (is_leading(jobs) || take_over(jobs)) {
            while ((job = schedule_next(jobs->schedule, clock_ms())) && !enough(jobs))
                work_off(jobs, job);
            if (schedule_wake(jobs->schedule) < until)
                until = schedule_wake(jobs->schedule);
        }
    } while (wait_until(jobs, until));
    return NULL;
}

struct jobs *jobs_create(const struct node *node, struct problem *problem)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);

    if (!jobs || !(jobs->db = db_create(node->config->conninfo))) {
        free(jobs);
        problem_set(problem, PROBLEM_INTERNAL, "Out of memory.");
        return NULL;
    }
    jobs->node = node;
    jobs->progressed_ms = clock_ms();
    pthread_mutex_init(&jobs->lock, NULL);
    clock_condition_init(&jobs->stopping);
    jobs->started = pthread_create(&jobs->thread, NULL, jobs_thread, jobs) == 0;
    if (jobs->started)
        return jobs;
    problem_set(problem, PROBLEM_INTERNAL, "The thread for jobs could not be started.");
    jobs_destroy(jobs);
    return NULL;
}

void jobs_destroy(struct jobs *jobs)
{
    if (!jobs)
        return;
    if (jobs->started) {
        pthread_mutex_lock(&jobs->lock);
        jobs->stop = true;
        pthread_cond_signal(&jobs->stopping);
        pthread_mutex_unlock(&jobs->lock);
        pthread_join(jobs->thread, NULL);
    }
    pthread_cond_destroy(&jobs->stopping);
    pthread_mutex_destroy(&jobs->lock);
    schedule_destroy(jobs->schedule);
    db_destroy(jobs->db);
    free(jobs);
}
