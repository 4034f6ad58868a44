#include "node/http/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last answer wins: what an earlier step set is given up. Headers stay, they are set beside any body. */
static void set_body(struct reply *reply, int status, const char *content_type, char *body, size_t size)
{
    if (!reply->body_static)
        free(reply->body);
    reply->status = status;
    reply->content_type = content_type;
    reply->body = body;
    reply->size = body ? size : 0;
    reply->body_static = false;
}

/* Takes over `body`, or becomes a bare 500 when memory ran out on the way to it. */
static void set_text(struct reply *reply, int status, const char *content_type, char *body)
{
    if (!body)
        reply_empty(reply, 500);
    else
        set_body(reply, status, content_type, body, strlen(body));
}

void reply_json(struct reply *reply, int status, json_t *body)
{
    set_text(reply, status, "application/json", json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY));
    json_decref(body);
}

void reply_buffer(struct reply *reply, int status, const char *content_type, struct buffer *body)
{
    size_t size = body->size;

    if (body->failed)
        reply_empty(reply, 500);
    else
        set_body(reply, status, content_type, buffer_steal(body), size);
    buffer_free(body);
}

void reply_text(struct reply *reply, int status, const char *content_type, const char *text)
{
    set_text(reply, status, content_type, strdup(text));
}

void reply_static(struct reply *reply, int status, const char *content_type, struct bytes data)
{
    /* Never written through: body_static keeps it from being freed. */
    union {
        const uint8_t *borrowed;
        char *body;
    } view = {.borrowed = data.data};

    set_body(reply, status, content_type, view.body, data.size);
    reply->body_static = true;
}

void reply_empty(struct reply *reply, int status)
{
    set_body(reply, status, NULL, NULL, 0);
}

void reply_problem(struct reply *reply, const struct problem *problem)
{
    set_text(reply, problem_status(problem->code), "application/problem+json", problem_document(problem));
    if (problem->retry_after > 0)
        reply_header(reply, "Retry-After", "%ld", problem->retry_after);
}

void reply_header(struct reply *reply, const char *name, const char *format, ...)
{
    struct reply_header header = {.name = strdup(name)};
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&header.value, format, arguments);
    va_end(arguments);
    if (length < 0)
        header.value = NULL;
    if (header.name && header.value && !strpbrk(header.value, "\r\n") &&
        reply->headers_count < REPLY_HEADERS) {
        reply->headers[reply->headers_count++] = header;
        return;
    }
    free(header.name);
    free(header.value);
}

void reply_finish(struct reply *reply)
{
    set_body(reply, 0, NULL, NULL, 0);
    for (size_t i = 0; i < reply->headers_count; i++) {
        free(reply->headers[i].name);
        free(reply->headers[i].value);
    }
    *reply = (struct reply){0};
}
