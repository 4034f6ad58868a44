/* The bounded queue between the I/O threads and the workers. Any thread. The queue borrows what it holds. */
#ifndef NODE_HTTP_QUEUE_H
#define NODE_HTTP_QUEUE_H

#include <stdbool.h>

struct http_exchange;
struct queue;

struct queue *queue_create(unsigned capacity);
/* Only when nobody uses it any more. */
void queue_destroy(struct queue *queue);

/* False when it is full or closed. */
bool queue_push(struct queue *queue, struct http_exchange *exchange);
/* Waits for the next; NULL when the queue is closed and empty. Of several that wait, the one that came last
 * gets what comes next. */
struct http_exchange *queue_pop(struct queue *queue);
/* From now on nothing is taken in; what is in it is still handed out. */
void queue_close(struct queue *queue);
bool queue_is_closed(struct queue *queue);
unsigned queue_length(struct queue *queue);
/* How many wait in queue_pop. */
unsigned queue_waiting(struct queue *queue);

#endif
