#include "node/http/queue.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/address_group.h"
#include "node/base/random.h"

/* A worker without work, on its own stack. */
struct waiter {
    pthread_cond_t woken;
    bool done;
    struct http_exchange *exchange; /* handed to it; NULL when the queue was closed */
    struct waiter *below;
};

/* What waits. */
struct place {
    struct http_exchange *exchange;
    const char *sender, *network;
    uint64_t turn;
};

/* Whom something was handed out for. One forgets another of the same hash: whoever is forgotten passes for
 * new, so more than these would have to come back all the time to keep somebody out. */
enum { REMEMBERED = 1024 };

struct served {
    char network[ADDRESS_GROUP_SIZE];
    uint64_t serial; /* counted from 1; 0: never */
};

/* Start-time fair queueing (Goyal, Vin and Cheng, 1996) with requests that all count the same: a sender's
 * next one has the turn after its last, and whoever had none waiting the turn after the one being served. */
struct queue {
    pthread_mutex_t lock;
    struct waiter *waiting; /* the one that waited least on top; nothing is in a place then */
    bool closed;
    uint64_t turn;   /* of what was handed out last */
    uint64_t serial; /* likewise */
    uint32_t seed;
    struct served served[REMEMBERED];
    unsigned capacity;
    unsigned length;
    struct place places[]; /* in the order in which they came */
};

struct queue *queue_create(unsigned capacity)
{
    struct queue *queue = calloc(1, sizeof *queue + capacity * sizeof *queue->places);

    if (!queue)
        return NULL;
    queue->capacity = capacity;
    queue->seed = random_number();
    pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    if (!queue)
        return;
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

/* Who waited least: its database connection has its statements prepared and its caches are warm, while the
 * others may stay asleep. */
static void wake(struct queue *queue, struct http_exchange *exchange)
{
    struct waiter *waiter = queue->waiting;

    queue->waiting = waiter->below;
    waiter->exchange = exchange;
    waiter->done = true;
    pthread_cond_signal(&waiter->woken);
}

static struct http_exchange *take_out(struct queue *queue, unsigned at)
{
    struct http_exchange *exchange = queue->places[at].exchange;

    queue->length--;
    memmove(&queue->places[at], &queue->places[at + 1], (queue->length - at) * sizeof *queue->places);
    return exchange;
}

static uint64_t next_turn(const struct queue *queue, const char *sender)
{
    uint64_t turn = queue->turn;

    for (unsigned i = 0; i < queue->length; i++)
        if (queue->places[i].turn > turn && strcmp(queue->places[i].sender, sender) == 0)
            turn = queue->places[i].turn;
    return turn + 1;
}

/* Where it is remembered, if it is (FNV-1a); nobody outside knows whose place is whose. */
static unsigned find_served(const struct queue *queue, const char *network)
{
    uint32_t hash = queue->seed;

    while (*network != '\0')
        hash = (hash ^ (unsigned char)*network++) * 16777619u;
    return hash % REMEMBERED;
}

static void remember(struct queue *queue, const char *network)
{
    struct served *served = &queue->served[find_served(queue, network)];

    snprintf(served->network, sizeof served->network, "%s", network);
    served->serial = ++queue->serial;
}

static uint64_t last_served(const struct queue *queue, const char *network)
{
    const struct served *served = &queue->served[find_served(queue, network)];

    return strcmp(served->network, network) == 0 ? served->serial : 0;
}

/* Of two that have the same turn the one whose network was served longer ago comes first. */
static bool precedes(const struct queue *queue, const struct place *a, const struct place *b)
{
    if (a->turn != b->turn)
        return a->turn < b->turn;
    return last_served(queue, a->network) < last_served(queue, b->network);
}

static unsigned find_last(const struct queue *queue)
{
    unsigned last = 0;

    for (unsigned i = 1; i < queue->length; i++)
        if (!precedes(queue, &queue->places[i], &queue->places[last]))
            last = i;
    return last;
}

static unsigned find_next(const struct queue *queue)
{
    unsigned next = 0;

    for (unsigned i = 1; i < queue->length; i++)
        if (precedes(queue, &queue->places[i], &queue->places[next]))
            next = i;
    return next;
}

/* What has to go for it. */
static struct http_exchange *put_in(struct queue *queue, struct place place)
{
    struct http_exchange *gone = NULL;

    place.turn = next_turn(queue, place.sender);
    if (queue->length == queue->capacity) {
        unsigned last = find_last(queue);

        if (!precedes(queue, &place, &queue->places[last]))
            return place.exchange;
        gone = take_out(queue, last);
    }
    queue->places[queue->length++] = place;
    return gone;
}

struct http_exchange *queue_push(struct queue *queue, struct http_exchange *exchange, const char *sender,
                                 const char *network)
{
    struct http_exchange *gone = NULL;

    pthread_mutex_lock(&queue->lock);
    if (queue->closed) {
        gone = exchange;
    } else if (queue->waiting) {
        remember(queue, network);
        wake(queue, exchange);
    } else {
        gone = put_in(queue, (struct place){exchange, sender, network, 0});
    }
    pthread_mutex_unlock(&queue->lock);
    return gone;
}

static struct http_exchange *wait_for_one(struct queue *queue)
{
    struct waiter self = {.woken = PTHREAD_COND_INITIALIZER, .below = queue->waiting};

    /* cppcheck-suppress autoVariables ; wake() takes it off before done */
    queue->waiting = &self;
    while (!self.done)
        pthread_cond_wait(&self.woken, &queue->lock);
    pthread_cond_destroy(&self.woken);
    return self.exchange;
}

struct http_exchange *queue_pop(struct queue *queue)
{
    struct http_exchange *exchange = NULL;

    pthread_mutex_lock(&queue->lock);
    if (queue->length > 0) {
        unsigned next = find_next(queue);

        queue->turn = queue->places[next].turn;
        remember(queue, queue->places[next].network);
        exchange = take_out(queue, next);
    } else if (!queue->closed) {
        exchange = wait_for_one(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return exchange;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    while (queue->waiting)
        wake(queue, NULL);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_closed(struct queue *queue)
{
    bool closed;

    pthread_mutex_lock(&queue->lock);
    closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}

unsigned queue_waiting(struct queue *queue)
{
    unsigned count = 0;

    pthread_mutex_lock(&queue->lock);
    for (const struct waiter *waiter = queue->waiting; waiter; waiter = waiter->below)
        count++;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

unsigned queue_length(struct queue *queue)
{
    unsigned length;

    pthread_mutex_lock(&queue->lock);
    length = queue->length;
    pthread_mutex_unlock(&queue->lock);
    return length;
}
