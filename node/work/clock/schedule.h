/* When which job of the clock is due, and when it is enough of it. Knows neither database nor clock: the time
 * is handed in, and what a job finds and does is done by the caller's hands. One thread.
 *
 * A job has turns. In a turn it finds what is due, at most SCHEDULE_TURN_ITEMS of it, and does it one by one.
 * A turn ends DONE    nothing was found: the job comes again after its period; LATER   something was done and
 * there may be more: it comes again soon, after the others that are due; FAILED  nothing could be done: it
 * comes again after its period, after twice that, up to eight times. Turns up to the next that is not LATER
 * are one round. What was done is not found again in its round, or else the job does not shrink what it
 * finds: then that counts as failed, so that no job spins. A round that does not end within
 * SCHEDULE_ROUND_TURNS goes on after the job's period. */
#ifndef NODE_WORK_CLOCK_SCHEDULE_H
#define NODE_WORK_CLOCK_SCHEDULE_H

#include "node/base/node.h"
#include "node/db/db.h"

enum { SCHEDULE_TURN_ITEMS = 500, SCHEDULE_ROUND_TURNS = 100, SCHEDULE_SOON_MS = 200, SCHEDULE_PATIENCE = 8 };

enum job_outcome { JOB_DONE, JOB_LATER, JOB_FAILED };

/* A row of the table of jobs. Each find and each run is a transaction of its own. */
struct job {
    const char *name; /* NULL ends the table */
    long period;      /* seconds */
    /* Array of what is due, most of it at least. NULL: the job is one thing, run with no item. */
    bool (*find)(struct tx *tx, const struct node *node, json_t **items);
    /* FAILED with the transaction's problem; an item is never LATER. */
    enum job_outcome (*run)(struct tx *tx, const struct node *node, const json_t *item);
};

/* How the schedule reaches what it does not know. */
struct schedule_hands {
    bool (*find)(void *arg, const struct job *job, json_t **items);
    enum job_outcome (*run)(void *arg, const struct job *job, const json_t *item);
    void (*spins)(void *arg, const struct job *job); /* it found again what it had done: to be told */
    bool (*stop)(void *arg);                         /* no further item is to be begun */
    void *arg;
};

struct schedule;

/* jobs: borrowed; all due at once. longest: no job waits longer than so many seconds, whatever its period.
 * NULL: out of memory. */
struct schedule *schedule_create(const struct job *jobs, long longest, int64_t now_ms);
void schedule_destroy(struct schedule *schedule);
/* The job's last round ended that long ago, perhaps in another process; failures in a row so far. Unknown
 * names are nobody's. */
void schedule_recall(struct schedule *schedule, const char *name, int64_t failures, int64_t ago_ms,
                     int64_t now_ms);

/* The job that has been due longest; NULL: none is. */
const struct job *schedule_next(const struct schedule *schedule, int64_t now_ms);
/* When the next one is due. */
int64_t schedule_wake(const struct schedule *schedule);
/* One turn of it. */
enum job_outcome schedule_turn(struct schedule *schedule, const struct job *job,
                               const struct schedule_hands *hands);
/* The turn ended so, now. */
void schedule_ended(struct schedule *schedule, const struct job *job, enum job_outcome outcome,
                    int64_t now_ms);
/* Rounds in a row that failed. */
int64_t schedule_failures(const struct schedule *schedule, const struct job *job);
/* Something of the job failed: is that news? Only the first time since the job was done. */
bool schedule_is_news(struct schedule *schedule, const struct job *job);

#endif
