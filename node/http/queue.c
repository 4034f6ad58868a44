#include "node/http/queue.h"

#include <pthread.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
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
    pthread_cond_init(&queue->changed, NULL);
    return queue;
}

void queue_destroy(struct queue *queue)
{
    if (!queue)
        return;
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool queue_push(struct queue *queue, struct http_exchange *exchange)
{
    bool taken;

    pthread_mutex_lock(&queue->lock);
    taken = !queue->closed && queue->length < queue->capacity;
    if (taken) {
        queue->ring[(queue->first + queue->length++) % queue->capacity] = exchange;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

struct http_exchange *queue_pop(struct queue *queue)
{
    struct http_exchange *exchange = NULL;

    pthread_mutex_lock(&queue->lock);
    while (queue->length == 0 && !queue->closed)
        pthread_cond_wait(&queue->changed, &queue->lock);
    if (queue->length > 0) {
        exchange = queue->ring[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->length--;
    }
    pthread_mutex_unlock(&queue->lock);
    return exchange;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
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

unsigned queue_length(struct queue *queue)
{
    unsigned length;

    pthread_mutex_lock(&queue->lock);
    length = queue->length;
    pthread_mutex_unlock(&queue->lock);
    return length;
}
