#include "node/http/watch.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "node/base/address_group.h"
#include "node/base/clock.h"

#define NEVER INT64_MAX

/* Who has connections that were not ended here. */
struct sender {
    struct sender *next;
    struct sender *network; /* that it is of: its count is that of all; NULL: it is one itself */
    unsigned count;
    char name[];
};

struct watched {
    struct watched *next;
    struct watched **link; /* what points here */
    int socket;
    struct sender *sender; /* NULL: ended here, it counts no more */
    enum watch_phase phase;
    int64_t since;    /* milliseconds of the monotonic clock */
    int64_t deadline; /* likewise */
};

struct watch {
    pthread_mutex_t lock;
    pthread_cond_t
        sooner; /* for the thread: there is an earlier deadline than the one it waits for, or the end */
    pthread_cond_t settled; /* for watch_settle: `busy` came down to 0 */
    pthread_t thread;
    bool started;
    bool ending;
    int64_t idle;
    int64_t body;
    int64_t wakes_at;
    unsigned busy; /* in phase WORK or ANSWER */
    unsigned open; /* and not ended here */
    unsigned crowded, few, per_sender;
    int64_t grace_ms;
    struct watched *first;
    struct sender *senders;
};

static bool is_busy(enum watch_phase phase)
{
    return phase == WATCH_WORK || phase == WATCH_ANSWER;
}

/* With the lock held. */
static void set_phase(struct watch *watch, struct watched *watched, enum watch_phase phase)
{
    int64_t now = clock_ms();

    watch->busy += is_busy(phase);
    watch->busy -= is_busy(watched->phase);
    if (watch->busy == 0)
        pthread_cond_broadcast(&watch->settled);
    watched->phase = phase;
    watched->since = now;
    if (!watched->sender)
        return;
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
    case WATCH_WORK:
    case WATCH_ANSWER:
        watched->deadline = NEVER;
        break;
    }
    if (watched->deadline < watch->wakes_at)
        pthread_cond_signal(&watch->sooner);
}

/* With the lock held; takes NULL. */
static void leave(struct watch *watch, struct sender *sender)
{
    struct sender **link = &watch->senders;

    if (!sender)
        return;
    leave(watch, sender->network);
    if (--sender->count > 0)
        return;
    while (*link != sender)
        link = &(*link)->next;
    *link = sender->next;
    free(sender);
}

/* With the lock held. */
static void leave_sender(struct watch *watch, struct watched *watched)
{
    if (!watched->sender)
        return;
    leave(watch, watched->sender);
    watched->sender = NULL;
    watch->open--;
}

/* With the lock held. */
static void end_now(struct watch *watch, struct watched *watched)
{
    shutdown(watched->socket, SHUT_RDWR);
    watched->deadline = NEVER;
    leave_sender(watch, watched);
}

/* With the lock held. A sender who is late with a body is to be told so, and can still be written to. */
static void end_late(struct watch *watch, struct watched *watched)
{
    if (watched->phase == WATCH_BODY) {
        shutdown(watched->socket, SHUT_RD);
        set_phase(watch, watched, WATCH_LATE);
    } else {
        end_now(watch, watched);
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

struct watch *watch_create(const struct watch_limits *limits)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    watch->idle = (int64_t)limits->idle_seconds * 1000;
    watch->body = (int64_t)limits->body_seconds * 1000;
    watch->crowded = limits->crowded;
    watch->few = limits->few;
    watch->per_sender = limits->per_sender;
    watch->grace_ms = limits->grace_ms;
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

/* A browser opens a few at once, and a proxy brings everybody: neither is held against them. Whoever has an
 * IPv6 network has as many senders as there are. */
static unsigned weight(const struct watch *watch, const struct sender *sender)
{
    unsigned count = sender->network ? sender->network->count : sender->count;

    return *sender->name == '\0' || count < watch->few ? watch->few : count;
}

/* Since when it could be done without. An idle one comes back when it needs to: that costs it a handshake.
 * Who
 * sends or reads is better than that, but only for a while: else the slow ones would keep the others out. */
static int64_t dispensable_since(const struct watch *watch, const struct watched *watched)
{
    return watched->since + (watched->phase == WATCH_HEAD ? 0 : watch->grace_ms);
}

static bool gives_way_before(const struct watch *watch, const struct watched *one,
                             const struct watched *other)
{
    unsigned heavier = weight(watch, one->sender), than = weight(watch, other->sender);

    if (heavier != than)
        return heavier > than;
    return dispensable_since(watch, one) < dispensable_since(watch, other);
}

/* With the lock held. */
static void make_room(struct watch *watch)
{
    struct watched *least = NULL;

    for (struct watched *each = watch->first; each; each = each->next)
        if (each->sender && each->phase != WATCH_WORK && (!least || gives_way_before(watch, each, least)))
            least = each;
    if (least)
        end_now(watch, least);
}

/* With the lock held. */
static struct sender *find(const struct watch *watch, const char *name)
{
    struct sender *sender = watch->senders;

    while (sender && strcmp(sender->name, name) != 0)
        sender = sender->next;
    return sender;
}

/* With the lock held. NULL without memory. */
static struct sender *join(struct watch *watch, const char *name)
{
    struct sender *sender = find(watch, name);

    if (!sender) {
        sender = calloc(1, sizeof *sender + strlen(name) + 1);
        if (!sender)
            return NULL;
        strcpy(sender->name, name);
        sender->next = watch->senders;
        watch->senders = sender;
    }
    sender->count++;
    return sender;
}

/* Of a /64 the /48 that it is of; of all else "". */
static void network_of(const char *name, char out[ADDRESS_GROUP_SIZE])
{
    char address[ADDRESS_GROUP_SIZE];
    size_t length = strcspn(name, "/");

    out[0] = '\0';
    if (name[length] == '\0' || length >= sizeof address)
        return;
    memcpy(address, name, length);
    address[length] = '\0';
    address_network(address, out);
}

/* With the lock held. NULL if it has as many as it may, or there is no memory. */
static struct sender *join_sender(struct watch *watch, const char *name)
{
    struct sender *sender = find(watch, name), *network = NULL;
    char whole[ADDRESS_GROUP_SIZE];

    if (sender && *name != '\0' && sender->count >= watch->per_sender)
        return NULL;
    network_of(name, whole);
    if (*whole && !(network = join(watch, whole)))
        return NULL;
    if (!(sender = join(watch, name))) {
        leave(watch, network);
        return NULL;
    }
    sender->network = network;
    watch->open++;
    return sender;
}

struct watched *watch_open(struct watch *watch, int socket, const char *sender)
{
    struct watched *watched = calloc(1, sizeof *watched);

    if (!watched)
        return NULL;
    pthread_mutex_lock(&watch->lock);
    *watched = (struct watched){.socket = socket, .sender = join_sender(watch, sender)};
    if (!watched->sender) {
        pthread_mutex_unlock(&watch->lock);
        free(watched);
        return NULL;
    }
    if (watch->open > watch->crowded)
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
    set_phase(watch, watched, WATCH_HEAD);
    leave_sender(watch, watched);
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
    while (watch->busy > 0 && timed_out == 0)
        timed_out = pthread_cond_timedwait(&watch->settled, &watch->lock, &until);
    settled = watch->busy == 0;
    pthread_mutex_unlock(&watch->lock);
    return settled;
}
