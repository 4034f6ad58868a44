#include "node/work/clock/schedule.h"

#include <stdlib.h>
#include <string.h>

struct place {
    int64_t due_ms;
    int64_t failures;
    bool told;      /* that something failed, since it was last done */
    int turns;      /* of the round */
    json_t *closed; /* object: what was done in the round, by its text */
};

struct schedule {
    const struct job *jobs;
    size_t count;
    int64_t longest_ms;
    struct place *places; /* one a job */
};

struct schedule *schedule_create(const struct job *jobs, long longest, int64_t now_ms)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);

    if (!schedule)
        return NULL;
    schedule->jobs = jobs;
    schedule->longest_ms = (int64_t)longest * 1000;
    while (jobs[schedule->count].name)
        schedule->count++;
    if (!(schedule->places = calloc(schedule->count, sizeof *schedule->places)))
        goto fail;
    for (size_t i = 0; i < schedule->count; i++) {
        schedule->places[i].due_ms = now_ms;
        if (!(schedule->places[i].closed = json_object()))
            goto fail;
    }
    return schedule;
fail:
    schedule_destroy(schedule);
    return NULL;
}

void schedule_destroy(struct schedule *schedule)
{
    if (!schedule)
        return;
    for (size_t i = 0; schedule->places && i < schedule->count; i++)
        json_decref(schedule->places[i].closed);
    free(schedule->places);
    free(schedule);
}

static struct place *place_of(const struct schedule *schedule, const struct job *job)
{
    return &schedule->places[job - schedule->jobs];
}

/* How long it rests after a round. */
static int64_t rest(const struct schedule *schedule, const struct job *job, int64_t failures)
{
    int64_t periods = 1, ms;

    while (--failures > 0 && periods < SCHEDULE_PATIENCE)
        periods *= 2;
    ms = periods * job->period * 1000;
    return ms < schedule->longest_ms ? ms : schedule->longest_ms;
}

void schedule_recall(struct schedule *schedule, const char *name, int64_t failures, int64_t ago_ms,
                     int64_t now_ms)
{
    for (size_t i = 0; i < schedule->count; i++)
        if (strcmp(schedule->jobs[i].name, name) == 0) {
            schedule->places[i].failures = failures;
            schedule->places[i].due_ms = now_ms - ago_ms + rest(schedule, &schedule->jobs[i], failures);
        }
}

static size_t earliest(const struct schedule *schedule)
{
    size_t first = 0;

    for (size_t i = 1; i < schedule->count; i++)
        if (schedule->places[i].due_ms < schedule->places[first].due_ms)
            first = i;
    return first;
}

const struct job *schedule_next(const struct schedule *schedule, int64_t now_ms)
{
    size_t first = earliest(schedule);

    return schedule->places[first].due_ms <= now_ms ? &schedule->jobs[first] : NULL;
}

int64_t schedule_wake(const struct schedule *schedule)
{
    return schedule->places[earliest(schedule)].due_ms;
}

/* Does one item, unless it was done in this round already. */
static enum job_outcome do_item(struct place *place, const struct job *job,
                                const struct schedule_hands *hands, const json_t *item)
{
    char *text = json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    enum job_outcome outcome = JOB_FAILED;

    if (json_object_get(place->closed, text))
        hands->spins(hands->arg, job);
    else if (text)
        outcome = hands->run(hands->arg, job, item);
    if (outcome == JOB_DONE)
        json_object_set_new(place->closed, text, json_true());
    free(text);
    return outcome;
}

enum job_outcome schedule_turn(struct schedule *schedule, const struct job *job,
                               const struct schedule_hands *hands)
{
    json_t *items = NULL;
    size_t done = 0, count;
    bool found;

    if (!job->find)
        return hands->run(hands->arg, job, NULL);
    found = hands->find(hands->arg, job, &items);
    count = json_array_size(items);
    for (size_t i = 0; found && i < count && i < SCHEDULE_TURN_ITEMS && !hands->stop(hands->arg); i++)
        if (do_item(place_of(schedule, job), job, hands, json_array_get(items, i)) == JOB_DONE)
            done++;
    json_decref(items);
    if (found && count == 0)
        return JOB_DONE;
    return done > 0 ? JOB_LATER : JOB_FAILED;
}

void schedule_ended(struct schedule *schedule, const struct job *job, enum job_outcome outcome,
                    int64_t now_ms)
{
    struct place *place = place_of(schedule, job);

    if (outcome == JOB_LATER && ++place->turns < SCHEDULE_ROUND_TURNS) {
        place->due_ms = now_ms + SCHEDULE_SOON_MS;
        return;
    }
    place->failures = outcome == JOB_FAILED ? place->failures + 1 : 0;
    place->told = place->told && outcome != JOB_DONE;
    place->due_ms = now_ms + rest(schedule, job, place->failures);
    place->turns = 0;
    json_object_clear(place->closed);
}

int64_t schedule_failures(const struct schedule *schedule, const struct job *job)
{
    return place_of(schedule, job)->failures;
}

bool schedule_is_news(struct schedule *schedule, const struct job *job)
{
    struct place *place = place_of(schedule, job);
    bool news = !place->told;

    place->told = true;
    return news;
}
