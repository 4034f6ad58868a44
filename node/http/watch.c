#include "node/http/watch.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "node/base/clock.h"

#define NEVER INT64_MAX

struct watched {
    struct watched *next;
    struct watched **link; /* what points here */
    int socket;
    enum watch_phase phase;
    int64_t deadline; /* milliseconds of the monotonic clock */
};

struct watch {
    pthread_mutex_t lock;
    pthread_cond_t
        sooner; /* for the thread: there is an earlier deadline than the one it waits for, or the end */
    pthread_cond_t settled; /* for watch_settle: `answering` came down to 0 */
    pthread_t thread;
    bool started;
    bool ending;
    int64_t idle;
    int64_t body;
    int64_t wakes_at;
    unsigned answering;
    unsigned open, crowded;
    struct watched *first; /* the newest */
};

/* With the lock held. */
static void set_phase(struct watch *watch, struct watched *watched, enum watch_phase phase)
{
    int64_t now = clock_ms();

    if (watched->phase == WATCH_ANSWER && --watch->answering == 0)
        pthread_cond_broadcast(&watch->settled);
    watched->phase = phase;
    switch (phase) {
    case WATCH_NEW:
        watched->deadline = now + (watch->body < watch->idle ? watch->body : watch->idle);
        break;
    case WATCH_HEAD:
    case WATCH_LATE:
        watched->deadline = now + watch->idle;
        break;
    case WATCH_BODY:
        watched->deadline = now + watch->body;
        break;
    case WATCH_ANSWER:
        watched->deadline = NEVER;
        watch->answering++;
        break;
    }
    if (watched->deadline < watch->wakes_at)
        pthread_cond_signal(&watch->sooner);
}

/* With the lock held. A sender who is late with a body is to be told so, and can still be written to. */
static void end_late(struct watch *watch, struct watched *watched)
{
    if (watched->phase == WATCH_BODY) {
        shutdown(watched->socket, SHUT_RD);
        set_phase(watch, watched, WATCH_LATE);
    } else {
        shutdown(watched->socket, SHUT_RDWR);
        watched->deadline = NEVER;
    }
}

static void *watch_run(void *arg)
{
    struct watch *watch = arg;

    pthread_mutex_lock(&watch->lock);
    while (!watch->ending) {
        int64_t now = clock_ms();
        watch->wakes_at = NEVER;
        for (struct watched *each = watch->first; each; each = each->next) {
            if (each->deadline <= now)
                end_late(watch, each);
            if (each->deadline < watch->wakes_at)
                watch->wakes_at = each->deadline;
        }
        if (watch->wakes_at == NEVER) {
            pthread_cond_wait(&watch->sooner, &watch->lock);
        } else {
            struct timespec until = clock_deadline(watch->wakes_at);
            pthread_cond_timedwait(&watch->sooner, &watch->lock, &until);
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct watch *watch_create(unsigned idle_seconds, unsigned body_seconds, unsigned crowded)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    watch->idle = (int64_t)idle_seconds * 1000;
    watch->body = (int64_t)body_seconds * 1000;
    watch->crowded = crowded;
    watch->wakes_at = NEVER;
    pthread_mutex_init(&watch->lock, NULL);
    clock_condition_init(&watch->sooner);
    clock_condition_init(&watch->settled);
    watch->started = pthread_create(&watch->thread, NULL, watch_run, watch) == 0;
    if (!watch->started) {
        watch_destroy(watch);
        return NULL;
    }
    return watch;
}

void watch_destroy(struct watch *watch)
{
    if (!watch)
        return;
    if (watch->started) {
        pthread_mutex_lock(&watch->lock);
        watch->ending = true;
        pthread_cond_signal(&watch->sooner);
        pthread_mutex_unlock(&watch->lock);
        pthread_join(watch->thread, NULL);
    }
    pthread_cond_destroy(&watch->settled);
    pthread_cond_destroy(&watch->sooner);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

/* With the lock held. Who has not said anything yet for longest gives way: a handshake takes milliseconds,
 * and connections that somebody opens and leaves must not keep others out. */
static void make_room(struct watch *watch)
{
    struct watched *oldest = NULL;

    for (struct watched *each = watch->first; each; each = each->next)
        if (each->phase == WATCH_NEW && each->deadline != NEVER)
            oldest = each;
    if (oldest)
        end_late(watch, oldest);
}

struct watched *watch_open(struct watch *watch, int socket)
{
    struct watched *watched = calloc(1, sizeof *watched);

    if (!watched)
        return NULL;
    watched->socket = socket;
    pthread_mutex_lock(&watch->lock);
    if (++watch->open > watch->crowded)
        make_room(watch);
    watched->next = watch->first;
    watched->link = &watch->first;
    if (watched->next)
        watched->next->link = &watched->next;
    watch->first = watched;
    set_phase(watch, watched, WATCH_NEW);
    pthread_mutex_unlock(&watch->lock);
    return watched;
}

void watch_phase(struct watch *watch, struct watched *watched, enum watch_phase phase)
{
    pthread_mutex_lock(&watch->lock);
    set_phase(watch, watched, phase);
    pthread_mutex_unlock(&watch->lock);
}

bool watch_take_late(struct watch *watch, struct watched *watched)
{
    bool late;

    pthread_mutex_lock(&watch->lock);
    late = watched->phase == WATCH_LATE;
    if (late)
        set_phase(watch, watched, WATCH_HEAD);
    pthread_mutex_unlock(&watch->lock);
    return late;
}

void watch_close(struct watch *watch, struct watched *watched)
{
    if (!watched)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->open--;
    set_phase(watch, watched, WATCH_HEAD);
    *watched->link = watched->next;
    if (watched->next)
        watched->next->link = watched->link;
    pthread_mutex_unlock(&watch->lock);
    free(watched);
}

bool watch_settle(struct watch *watch, unsigned seconds)
{
    struct timespec until = clock_deadline(clock_ms() + (int64_t)seconds * 1000);
    int timed_out = 0;
    bool settled;

    pthread_mutex_lock(&watch->lock);
    while (watch->answering > 0 && timed_out == 0)
        timed_out = pthread_cond_timedwait(&watch->settled, &watch->lock, &until);
    settled = watch->answering == 0;
    pthread_mutex_unlock(&watch->lock);
    return settled;
}
