#include "node/http/queue.h"

#include <pthread.h>
#include <stdlib.h>

/* A worker without work, on its own stack. */
struct waiter {
    pthread_cond_t woken;
    bool done;
    struct http_exchange *exchange; /* handed to it; NULL when the queue was closed */
    struct waiter *below;
};

struct queue {
    pthread_mutex_t lock;
    struct waiter *waiting; /* the one that waited least on top; nothing is in the ring then */
    bool closed;
    unsigned capacity;
    unsigned first;
    unsigned length;
    struct http_exchange *ring[];
};

struct queue *queue_create(unsigned capacity)
{
    struct queue *queue = calloc(1, sizeof *queue + capacity * sizeof *queue->ring);

    if (!queue)
        return NULL;
    queue->capacity = capacity;
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

bool queue_push(struct queue *queue, struct http_exchange *exchange)
{
    bool taken;

    pthread_mutex_lock(&queue->lock);
    taken = !queue->closed && queue->length < queue->capacity;
    if (taken && queue->waiting)
        wake(queue, exchange);
    else if (taken)
        queue->ring[(queue->first + queue->length++) % queue->capacity] = exchange;
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

static struct http_exchange *wait_for_one(struct queue *queue)
{
    struct waiter self = {.woken = PTHREAD_COND_INITIALIZER, .below = queue->waiting};

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
        exchange = queue->ring[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->length--;
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
