#include "node/jobs/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "node/db/db.h"
#include "node/db/locks.h"
#include "node/log.h"
#include "node/work/due.h"
#include "node/work/retention.h"

enum { JOBS_STANDBY_SECONDS = 5 };

/* Each runs again at once while it says that there is more; a failure waits for the next round. */
static const struct job {
    const char *name;
    bool (*run)(struct tx *tx, const struct node *node, bool *more);
} table[] = {
    {"erase text of ours whose time is over", retention_erase_own},
    {"erase text of others whose time is over", retention_erase_others},
    {"forget nonces", retention_forget_nonces},
    {"take keys that waited", retention_take_keys},
    {"expire listings", due_expire_listings},
    {"forget what nobody needs", due_forget},
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
    const struct jobs *jobs;
    const struct job *job;
    bool more;
};

static bool job_body(struct tx *tx, void *arg)
{
    struct running *running = arg;

    running->more = false;
    return running->job->run(tx, running->jobs->node, &running->more);
}

static bool is_stopping(struct jobs *jobs)
{
    bool stop;

    pthread_mutex_lock(&jobs->lock);
    stop = jobs->stop;
    pthread_mutex_unlock(&jobs->lock);
    return stop;
}

static void run_due(struct jobs *jobs, const struct job *job)
{
    struct running running = {.jobs = jobs, .job = job};
    struct problem problem = {0};

    while (db_transaction(jobs->db, &problem, job_body, &running) && running.more && !is_stopping(jobs))
        continue;
    if (problem.code)
        log_warning("job «%s»: %s", job->name, problem.detail);
    problem_finish(&problem);
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
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
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
            run_due(jobs, &table[i]);
    } while (wait_a_while(jobs, lead ? jobs->node->config->jobs_seconds : JOBS_STANDBY_SECONDS));
    return NULL;
}

struct jobs *jobs_create(const struct node *node, struct problem *problem)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    pthread_condattr_t monotonic;

    if (!jobs || !(jobs->db = db_create(node->config->conninfo))) {
        free(jobs);
        problem_set(problem, PROBLEM_INTERNAL, "Out of memory.");
        return NULL;
    }
    jobs->node = node;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->stopping, &monotonic);
    pthread_condattr_destroy(&monotonic);
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
