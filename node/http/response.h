/* Replies as they leave: the one place for the fields that every answer carries. Any thread. */
#ifndef NODE_HTTP_RESPONSE_H
#define NODE_HTTP_RESPONSE_H

#include <microhttpd.h>

#include "node/http/reply.h"
#include "node/http/request.h"

/* Takes over the body; the reply still has to be finished. NULL without memory. */
struct MHD_Response *response_create(struct reply *reply, enum http_listener listener);

/* Answers with a problem in the middle of a body, where libmicrohttpd cannot (it queues responses only before
 * and after it), and leaves the connection to be closed by the caller. Nothing else may be writing to the
 * connection. */
void response_interrupt(struct MHD_Connection *connection, enum problem_code code, const char *detail);

#endif
