/* The bounded queue between the I/O threads and the workers. Any thread. The queue borrows what it holds.
 *
 * Senders take turns: who has ten requests waiting has its second served after everybody's first. So one
 * sender can make itself wait, and nobody else. When it is full of many who all wait for their first, whoever
 * was served last gives way: nobody is kept out by senders who always come back at once. */
#ifndef NODE_HTTP_QUEUE_H
#define NODE_HTTP_QUEUE_H

#include <stdbool.h>

struct http_exchange;
struct queue;

struct queue *queue_create(unsigned capacity);
/* Only when nobody uses it any more. */
void queue_destroy(struct queue *queue);

/* sender: whose turn it is, and network: who is remembered as served (base/address_group); both borrowed
 * while it waits. What cannot wait is returned, NULL when all can: of a full queue that which would have
 * waited longest, of a closed one the exchange itself. */
struct http_exchange *queue_push(struct queue *queue, struct http_exchange *exchange, const char *sender,
                                 const char *network);
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
