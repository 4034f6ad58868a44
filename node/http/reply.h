/* An answer under construction; the server sends it when the handler returns. Owned by the server, filled by
 * one worker. */
#ifndef NODE_HTTP_REPLY_H
#define NODE_HTTP_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "node/base/problem.h"
#include "protocol/bytes.h"

enum { REPLY_HEADERS = 12 };

struct reply_header {
    char *name;
    char *value;
};

struct reply {
    int status; /* 0: nothing set yet */
    char *body; /* owned, malloc, unless body_static */
    size_t size;
    bool body_static;         /* borrowed, and outlives the server */
    const char *content_type; /* static text */
    struct reply_header headers[REPLY_HEADERS];
    size_t headers_count;
};

/* Steals the reference. */
void reply_json(struct reply *reply, int status, json_t *body);
/* Steals the buffer. */
void reply_buffer(struct reply *reply, int status, const char *content_type, struct buffer *body);
/* Copies the text. */
void reply_text(struct reply *reply, int status, const char *content_type, const char *text);
/* Borrows data that outlives the server. */
void reply_static(struct reply *reply, int status, const char *content_type, struct bytes data);
void reply_empty(struct reply *reply, int status);
/* application/problem+json, with Retry-After where the problem has one. */
void reply_problem(struct reply *reply, const struct problem *problem);
/* printf form; values with CR or LF are refused (dropped). */
void reply_header(struct reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reply_finish(struct reply *reply);

#endif
