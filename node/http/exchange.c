#include "node/http/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node/http/proxies.h"
#include "node/http/response.h"

_Static_assert(MHD_VERSION == EXCHANGE_LIBRARY_NUMBER,
               "This room is written for libmicrohttpd " EXCHANGE_LIBRARY
               ": see what look_at_head, check_field and head_is_sound read of its buffer before you take "
               "another version");

bool exchange_check_library(const char *version, struct problem *problem)
{
    return strcmp(version, EXCHANGE_LIBRARY) == 0 ||
           problem_set(problem, PROBLEM_INTERNAL,
                       "This machine has libmicrohttpd %s, but hf-node was written for " EXCHANGE_LIBRARY
                       " and relies on what only that version is known to do. Install that version.",
                       version);
}

/* A body that is not wanted is read to its end, if it is not longer than this, so that its sender gets to see
 * the answer: who closes a connection with unread octets resets it, and the answer is lost with it. */
enum { DISCARD_LIMIT = 16 * 1024 * 1024 };

/* -------- the octets of a head

 * libmicrohttpd 0.9.75 takes a line that begins with a colon for the empty one at the end of a head, and a
 mere
 * CR or LF for the end of a line: what stands behind would be the next request for it, and one more field for
 * a proxy before it. When the head is handed over, NULs stand where all these stood. So it is looked at
 before,
 * when only the request line was taken off. */

/* The scan below ends at a NUL at the latest: behind the octets that were read their memory is zero, new or
 * between requests (listener.c, CONNECTION_MEMORY), and at its end lies the library's own entry, made here.
 * Nobody looks for fields of this kind. */
static bool set_sentinel(struct MHD_Connection *connection)
{
    return MHD_set_connection_value(connection, MHD_FOOTER_KIND, "", NULL) == MHD_YES;
}

/* at: where the fields begin. Unseen when their end did not come with the request line. */
static enum exchange_head look_at_fields(const char *at)
{
    for (;;) {
        const char *end = at + strcspn(at, "\r\n");

        if (*end == '\0' || (*end == '\r' && end[1] == '\0'))
            return EXCHANGE_HEAD_UNSEEN;
        if (*end == '\n' || end[1] != '\n' || *at == ':')
            return EXCHANGE_HEAD_UNSOUND;
        if (end == at)
            return EXCHANGE_HEAD_SOUND;
        at = end + 2;
    }
}

/* The version follows the target after one NUL; of the CRLF behind it two were made. */
static enum exchange_head look_at_head(struct MHD_Connection *connection, const char *version)
{
    const char *after = version + strlen(version) + 1;

    if (!set_sentinel(connection))
        return EXCHANGE_HEAD_UNSEEN;
    return *after == '\0' ? look_at_fields(after + 1) : EXCHANGE_HEAD_UNSOUND;
}

/* -------- begin and end */

void *exchange_begin(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct channel *channel = channel_of(connection);
    size_t size = strlen(target) + 1;
    /* The path is a piece of the target, and decoding only shrinks; each parameter ends in a NUL. */
    struct http_exchange *exchange =
        channel ? calloc(1, sizeof *exchange + 3 * size + REQUEST_PARAMETERS) : NULL;

    if (!exchange)
        return NULL;
    exchange->listener = cls;
    exchange->connection = connection;
    exchange->channel = channel;
    exchange->target_start = target;
    exchange->target_end = target + size - 1;
    exchange->head = look_at_head(connection, target + size);
    exchange->path = exchange->target + size;
    exchange->decoded = exchange->path + size;
    memcpy(exchange->target, target, size);
    return exchange;
}

void exchange_end(void *cls, struct MHD_Connection *connection, void **context,
                  enum MHD_RequestTerminationCode how)
{
    struct http_exchange *exchange = *context;

    (void)cls;
    (void)connection;
    (void)how;
    if (!exchange)
        return;
    /* libmicrohttpd calls this before it closes the connection. */
    channel_tell_if_late(exchange->channel);
    channel_phase(exchange->channel, WATCH_HEAD);
    reply_finish(&exchange->reply);
    target_query_finish(&exchange->query);
    buffer_free(&exchange->body);
    free(exchange);
    *context = NULL;
}

size_t exchange_keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* -------- the head */

static void decide(struct http_exchange *exchange, struct problem *problem)
{
    reply_problem(&exchange->reply, problem);
    problem_finish(problem);
    exchange->decided = true;
}

static enum MHD_Result check_field(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    static const char token[] =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *after = name + strlen(name) + 1;
    bool *sound = arg;

    (void)kind;
    /* A folded line (RFC 9112 section 5.2) is glued to the field's name by libmicrohttpd 0.9.75, so that a
     * length is not seen any more and the body is read as the next request. Such a name is a copy: in the
     * buffer, where every other one lies, the value follows the name. */
    *sound = name[0] != '\0' && name[strspn(name, token)] == '\0' && after + strspn(after, " \t") == value;
    for (const char *at = value; *sound && at && *at != '\0'; at++)
        *sound = ((unsigned char)*at >= ' ' && *at != 0x7f) || *at == '\t';
    return *sound ? MHD_YES : MHD_NO;
}

/* What libmicrohttpd lets pass, although the end of such a message is open to interpretation (RFC 9112
 * section 6.3). */
static bool head_is_sound(struct http_exchange *exchange, const char *version, uint64_t *length,
                          struct problem *problem)
{
    struct request *request = &exchange->request;
    size_t lengths, encodings, hosts;
    const char *declared = request_header(request, "Content-Length", &lengths);
    bool sound = true;

    request_header(request, "Transfer-Encoding", &encodings);
    request_header(request, "Host", &hosts);
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, check_field, &sound);
    /* In libmicrohttpd's buffer method, target and version follow each other, each after one NUL: a NUL
     * earlier was sent. */
    if (request->method + strlen(request->method) + 1 != exchange->target_start ||
        exchange->target_end + 1 != version)
        return problem_set(problem, PROBLEM_MALFORMED, "The request line is malformed.");
    if (!sound || exchange->head == EXCHANGE_HEAD_UNSOUND)
        return problem_set(problem, PROBLEM_MALFORMED, "A header field is malformed.");
    if (hosts > 1 || (hosts == 0 && strcmp(version, "HTTP/1.0") != 0))
        return problem_set(problem, PROBLEM_MALFORMED, "There must be one Host field.");
    if (lengths > 1)
        return problem_set(problem, PROBLEM_MALFORMED, "The length of the body is ambiguous.");
    /* Every body comes with its length: chunks with extensions and trailers would be more to read than they
     * are worth, and one more way for two readers to disagree about where a request ends. */
    if (encodings > 0)
        return problem_set(problem, PROBLEM_LENGTH_REQUIRED,
                           "Send the body whole, with a Content-Length and no Transfer-Encoding.");
    *length = declared ? strtoull(declared, NULL, 10) : 0;
    request->has_body = *length > 0;
    return true;
}

/* Decodes the parameters that the router found in the path. */
static bool take_parameters(struct http_exchange *exchange, const struct server_admission *admission)
{
    char *out = exchange->decoded;

    for (size_t i = 0; i < admission->parameters_count; i++) {
        if (!target_decode(admission->parameters[i], false, out))
            return false;
        exchange->request.parameters[i] = out;
        out += strlen(out) + 1;
    }
    return true;
}

static bool take_target(struct http_exchange *exchange, struct problem *problem)
{
    struct bytes path, query;

    if (!target_split(exchange->target, &path, &query, problem) ||
        !target_query_parse(&exchange->query, query, problem))
        return false;
    memcpy(exchange->path, path.data, path.size);
    exchange->request.target = exchange->target;
    exchange->request.path = exchange->path;
    exchange->request.query = (const char *)query.data;
    if (!target_decode(path, false, exchange->decoded))
        return problem_set(problem, PROBLEM_MALFORMED, "The path is not percent-encoded UTF-8 without NUL.");
    return true;
}

/* Asks the owner whether and where this request may go on. */
static bool admit(struct http_exchange *exchange, uint64_t length, struct problem *problem)
{
    const struct server_settings *settings = exchange->listener->settings;
    struct server_admission admission = {0};
    bool admitted = settings->admit(settings->context, &exchange->request, &admission, problem);

    if (admission.allow && (admitted ? !admission.route : problem->code == PROBLEM_METHOD_NOT_ALLOWED))
        reply_header(&exchange->reply, "Allow", "%s", admission.allow);
    if (!admitted)
        return problem_set(problem, PROBLEM_NOT_FOUND, "Nothing is served at this path.");
    if (exchange->request.has_body && admission.body_limit == 0)
        return problem_set(problem, PROBLEM_TOO_LARGE, "This request takes no body.");
    if (length > admission.body_limit)
        return problem_set(problem, PROBLEM_TOO_LARGE, "The body may have %zu octets at most.",
                           admission.body_limit);
    if (!admission.route) {
        reply_empty(&exchange->reply, 204);
        exchange->decided = true;
    }
    exchange->route = admission.route;
    exchange->lane = admission.lane;
    return take_parameters(exchange, &admission) ||
           problem_set(problem, PROBLEM_MALFORMED, "The path is not percent-encoded UTF-8 without NUL.");
}

/* RFC 9110 section 6.4.1. */
static bool has_body(const struct http_exchange *exchange)
{
    const struct reply *reply = &exchange->reply;

    return reply->size > 0 && reply->status != 204 && reply->status != 304 &&
           strcmp(exchange->request.method, "HEAD") != 0;
}

static enum MHD_Result send_reply(struct http_exchange *exchange)
{
    bool body_follows = has_body(exchange); /* asked first: the response takes the body over */
    struct MHD_Response *response = response_create(&exchange->reply, exchange->request.listener);
    enum MHD_Result queued;

    if (!response)
        return MHD_NO;
    if (exchange->head != EXCHANGE_HEAD_SOUND || queue_is_closed(exchange->listener->queues[SERVER_WORKERS]))
        MHD_add_response_header(response, "Connection", "close");
    channel_phase(exchange->channel, WATCH_ANSWER);
    if (body_follows)
        channel_expect_body(exchange->channel);
    queued = MHD_queue_response(exchange->connection, (unsigned)exchange->reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

static void decide_busy(struct http_exchange *exchange)
{
    struct problem problem = {.retry_after = 1};

    problem_set(&problem, PROBLEM_BUSY,
                "Too many requests are waiting. Nothing was changed; please send it again.");
    decide(exchange, &problem);
}

/* -------- body */

static void expect_body(struct http_exchange *exchange)
{
    exchange->stage = EXCHANGE_BODY;
    if (exchange->request.has_body)
        channel_phase(exchange->channel, WATCH_BODY);
}

/* Without a worker that would have time for it. */
static void turn_away(struct http_exchange *exchange)
{
    decide_busy(exchange);
    if (exchange->stage == EXCHANGE_KNOCKING)
        expect_body(exchange);
    else
        exchange->stage = EXCHANGE_ANSWERED;
    MHD_resume_connection(exchange->connection);
}

static void wait_for_worker(struct http_exchange *exchange, enum exchange_stage stage)
{
    /* To be looked at is quick, whatever it waits for then. */
    enum server_lane lane = stage == EXCHANGE_KNOCKING ? SERVER_WORKERS : exchange->lane;
    struct http_exchange *gone;

    exchange->stage = stage;
    channel_phase(exchange->channel, WATCH_WORK);
    /* Suspended first: a worker may be done with it before queue_push returns. */
    MHD_suspend_connection(exchange->connection);
    gone = queue_push(exchange->listener->queues[lane], exchange, exchange->sender, exchange->network);
    if (gone)
        turn_away(gone);
}

static enum MHD_Result take_head(struct http_exchange *exchange, const char *method, const char *version)
{
    struct request *request = &exchange->request;
    struct problem problem = {0};
    uint64_t length = 0;

    request->exchange = exchange;
    request->listener = exchange->listener->kind;
    request->address = exchange->channel->address;
    request->method = method;
    /* A response queued before the body makes libmicrohttpd close the connection. That is right for a head
     * that cannot be trusted, for a body too long to throw away, and for a sender who waits for a word before
     * sending it. */
    if (!head_is_sound(exchange, version, &length, &problem)) {
        decide(exchange, &problem);
        return send_reply(exchange);
    }
    proxies_apply(exchange->listener->settings->proxies, request, exchange->client);
    address_group(request->address, exchange->sender);
    address_network(request->address, exchange->network);
    request->sender = exchange->sender;
    if (!take_target(exchange, &problem) || !admit(exchange, length, &problem))
        decide(exchange, &problem);
    if (exchange->decided && request->has_body &&
        (length > DISCARD_LIMIT || request_header(request, "Expect", NULL)))
        return send_reply(exchange);
    exchange->to_come = length;
    /* Strangers take neither much memory nor a place among what takes long. */
    if (!exchange->decided && (length > SERVER_BODY_OPEN || exchange->lane == SERVER_LONG)) {
        wait_for_worker(exchange, EXCHANGE_KNOCKING);
        return MHD_YES;
    }
    expect_body(exchange);
    return MHD_YES;
}

/* -------- handler, answer */

/* No longer than its declared length, which was looked at with the head. */
static enum MHD_Result take_body(struct http_exchange *exchange, const char *data, size_t *size)
{
    if (!exchange->decided)
        buffer_append(&exchange->body, data, *size);
    exchange->to_come -= *size;
    *size = 0;
    return MHD_YES;
}

static void run_handler(struct http_exchange *exchange, void *worker)
{
    const struct server_settings *settings = exchange->listener->settings;
    struct problem problem = {0};

    settings->handle(settings->context, worker, exchange->route, &exchange->request, &exchange->reply);
    if (exchange->reply.status == 0) {
        problem_set(&problem, PROBLEM_INTERNAL, "The request was understood, but nothing answered it.");
        reply_problem(&exchange->reply, &problem);
        problem_finish(&problem);
    }
    exchange->stage = EXCHANGE_ANSWERED;
}

/* The request is complete: it is answered here, or goes on to the workers. */
static enum MHD_Result hand_on(struct http_exchange *exchange)
{
    if (exchange->body.failed && !exchange->decided)
        decide_busy(exchange);
    if (exchange->decided)
        return send_reply(exchange);
    exchange->request.body = (struct bytes){exchange->body.data, exchange->body.size};
    if (exchange->lane == SERVER_AT_ONCE) {
        run_handler(exchange, NULL);
        return send_reply(exchange);
    }
    wait_for_worker(exchange, EXCHANGE_WAITING);
    return MHD_YES;
}

static void run_knock(struct http_exchange *exchange, void *worker)
{
    const struct server_settings *settings = exchange->listener->settings;

    settings->knock(settings->context, worker, exchange->route, &exchange->request, &exchange->reply);
    exchange->decided = exchange->reply.status != 0;
    expect_body(exchange);
}

void exchange_handle(struct http_exchange *exchange, void *worker)
{
    if (exchange->stage == EXCHANGE_KNOCKING)
        run_knock(exchange, worker);
    else
        run_handler(exchange, worker);
    MHD_resume_connection(exchange->connection);
}

enum MHD_Result exchange_step(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *size,
                              void **context)
{
    struct http_exchange *exchange = *context;

    (void)cls;
    (void)connection;
    (void)url;
    if (!exchange)
        return MHD_NO;
    switch (exchange->stage) {
    case EXCHANGE_HEAD:
        return take_head(exchange, method, version);
    case EXCHANGE_BODY:
        if (*size > 0)
            return take_body(exchange, data, size);
        /* A connection that was suspended at its head comes by once more before its body. */
        return exchange->to_come > 0 ? MHD_YES : hand_on(exchange);
    case EXCHANGE_KNOCKING:
    case EXCHANGE_WAITING:
        return MHD_YES;
    case EXCHANGE_ANSWERED:
        return send_reply(exchange);
    }
    return MHD_NO;
}
