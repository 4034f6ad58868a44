#include "node/jobs/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/db/locks.h"
#include "node/base/log.h"
#include "node/work/clock/due.h"
#include "node/work/clock/retention.h"

enum { JOBS_STANDBY_SECONDS = 5 };

/* What is found is done one by one, each in a transaction of its own, so that what fails stops nothing else.
 * Where there is nothing to find, the job is one thing. */
static const struct job {
    const char *name;
    bool (*find)(struct tx *tx, const struct node *node, json_t **due);
    bool (*run)(struct tx *tx, const struct node *node, const json_t *item);
} table[] = {
    {"erase text of ours whose time is over", retention_find_own, retention_erase_own},
    {"erase text of others whose time is over", retention_find_others, retention_erase_other},
    {"forget nonces", NULL, retention_forget_nonces},
    {"take keys that waited", NULL, retention_take_keys},
    {"expire listings", due_find_listings, due_expire_listing},
    {"forget what nobody needs", NULL, due_forget},
};

struct jobs {
    const struct node *node;
    struct db *db;
    uint64_t generation; /* of the connection that holds the lock; 0: none does */
    pthread_t thread;
    bool started, stop; /* stop: under the lock */
    pthread_mutex_t lock;
    pthread_cond_t stopping;
};

struct running {
    const struct node *node;
    const struct job *job;
    const json_t *item; /* NULL: none */
    json_t *due;
    bool lost; /* the database went away, and with it our lock */
};

static bool find_body(struct tx *tx, void *arg)
{
    struct running *running = arg;

    json_decref(running->due);
    running->due = NULL;
    return running->job->find(tx, running->node, &running->due);
}

static bool run_body(struct tx *tx, void *arg)
{
    struct running *running = arg;

    return running->job->run(tx, running->node, running->item);
}

static bool is_stopping(struct jobs *jobs)
{
    bool stop;

    pthread_mutex_lock(&jobs->lock);
    stop = jobs->stop;
    pthread_mutex_unlock(&jobs->lock);
    return stop;
}

static bool attempt(struct jobs *jobs, struct running *running, bool (*body)(struct tx *tx, void *arg))
{
    struct problem problem = {0};
    bool ok = db_transaction(jobs->db, &problem, body, running);

    if (!ok)
        log_warning("job «%s»: %s", running->job->name, problem.detail);
    running->lost = problem.code == PROBLEM_DATABASE_UNAVAILABLE;
    problem_finish(&problem);
    return ok;
}

/* As long as all goes well there may be more to find; what failed waits for the next round. */
static void run_job(struct jobs *jobs, const struct job *job)
{
    struct running running = {.node = jobs->node, .job = job};
    size_t index;
    bool fine = true;

    if (!job->find) {
        attempt(jobs, &running, run_body);
        return;
    }
    do {
        if (!attempt(jobs, &running, find_body))
            break;
        json_array_foreach (running.due, index, running.item) {
            fine = attempt(jobs, &running, run_body) && fine;
            if (running.lost || is_stopping(jobs))
                break;
        }
    } while (fine && json_array_size(running.due) > 0 && !is_stopping(jobs));
    json_decref(running.due);
}

/* The lock lives and dies with the connection. */
static bool lead_or_wait(struct jobs *jobs)
{
    struct problem problem = {0};
    bool lead = db_ready(jobs->db, &problem) && (jobs->generation == db_generation(jobs->db) ||
                                                 db_try_lock(jobs->db, DB_LOCK_JOBS, &problem));

    jobs->generation = lead ? db_generation(jobs->db) : 0;
    problem_finish(&problem);
    return lead;
}

/* False when it is time to stop. */
static bool wait_a_while(struct jobs *jobs, long seconds)
{
    const struct timespec until = clock_deadline(clock_ms() + seconds * 1000);
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
    bool lead;

    do {
        lead = lead_or_wait(jobs);
        for (size_t i = 0; lead && i < sizeof table / sizeof *table && !is_stopping(jobs); i++)
            run_job(jobs, &table[i]);
    } while (wait_a_while(jobs, lead ? jobs->node->config->jobs_seconds : JOBS_STANDBY_SECONDS));
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
    db_destroy(jobs->db);
    free(jobs);
}
