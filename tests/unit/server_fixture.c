#include "tests/unit/server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/permissions.h"
#include "node/http/proxies.h"

struct call {
    struct fixture *fixture;
    const struct request *request;
    struct reply *reply;
};

static char large[FIXTURE_LARGE];

static void plain(struct call *call)
{
    reply_text(call->reply, 200, "text/plain", "plain");
}

static void echo(struct call *call)
{
    struct buffer body = {0};

    buffer_append(&body, call->request->body.data, call->request->body.size);
    reply_buffer(call->reply, 200, "application/octet-stream", &body);
}

static void parameters(struct call *call)
{
    struct buffer body = {0};

    buffer_printf(&body, "%s|%s|%s|%s|%s", call->request->parameters[0], call->request->parameters[1],
                  call->request->target, call->request->path, call->request->query);
    reply_buffer(call->reply, 200, "text/plain", &body);
}

static void fields(struct call *call)
{
    const char *first = request_query(call->request, "q", 0), *second = request_query(call->request, "q", 1);
    const char *cookie = request_cookie(call->request, "hf");
    struct buffer body = {0};
    size_t lines;
    const char *field = request_header(call->request, "X-Field", &lines);

    buffer_printf(&body, "%s|%s|%s|%s %zu|%s", first ? first : "-", second ? second : "-",
                  cookie ? cookie : "-", field ? field : "-", lines, call->request->address);
    reply_buffer(call->reply, 200, "text/plain", &body);
}

/* Says that it is here, and waits until the test opens the gate. */
static void gate(struct call *call)
{
    struct fixture *fixture = call->fixture;

    pthread_mutex_lock(&fixture->lock);
    fixture->entered++;
    pthread_cond_broadcast(&fixture->changed);
    while (!fixture->open)
        pthread_cond_wait(&fixture->changed, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
    reply_text(call->reply, 200, "text/plain", "through");
}

static void cached(struct call *call)
{
    reply_header(call->reply, "Cache-Control", "max-age=60");
    reply_header(call->reply, "X-Split", "a\r\nX-Injected: %d", 1);
    reply_text(call->reply, 200, "text/plain", "cached");
}

static void silent(struct call *call)
{
    (void)call;
}

static void much(struct call *call)
{
    reply_static(call->reply, 200, "text/plain", (struct bytes){(const uint8_t *)large, sizeof large});
}

static void page(struct call *call)
{
    reply_static(call->reply, 200, "text/plain", (struct bytes){(const uint8_t *)large, FIXTURE_PAGE});
}

static void file(struct call *call)
{
    struct problem problem = {0};

    if (call->fixture->files) {
        files_serve(call->fixture->files, call->request, call->reply);
        return;
    }
    problem_set(&problem, PROBLEM_NOT_FOUND, "no files");
    reply_problem(call->reply, &problem);
}

static void size_of_body(struct call *call)
{
    struct buffer body = {0};

    buffer_printf(&body, "%zu octets", call->request->body.size);
    reply_buffer(call->reply, 200, "text/plain", &body);
}

static const struct route table[] = {
    {"GET", "/plain", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = plain},
    {"POST", "/echo", MAY_VISIT, NODE_ANY, ON_BOTH, 1000, .handle = echo},
    {"PUT", "/json", MAY_VISIT, NODE_ANY, ON_BOTH, 1000, "application/json", .handle = echo},
    {"GET", "/things/{id}/parts/{part}", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = parameters},
    {"GET", "/fields", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = fields},
    {"GET", "/now", MAY_VISIT, NODE_ANY, ON_BOTH, .lane = SERVER_AT_ONCE, .handle = plain},
    {"GET", "/gate", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = gate},
    {"GET", "/slow", MAY_VISIT, NODE_ANY, ON_BOTH, .lane = SERVER_SLOW, .handle = gate},
    {"GET", "/long", MAY_VISIT, NODE_ANY, ON_BOTH, .lane = SERVER_LONG, .handle = gate},
    {"POST", "/import", MAY_VISIT, NODE_ANY, ON_BOTH, 4 * SERVER_BODY_OPEN, .handle = size_of_body},
    {"GET", "/cached", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = cached},
    {"GET", "/silent", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = silent},
    {"GET", "/large", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = much},
    {"GET", "/page", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = page},
    {"GET", "/signed", MAY_EXCHANGE, NODE_ANY, ON_TLS, .handle = plain},
    {"GET", "*", MAY_VISIT, NODE_ANY, ON_BOTH, .lane = SERVER_AT_ONCE, .handle = file},
    {"DELETE", "/echo", MAY_VISIT, NODE_OFFICE, ON_BOTH, .handle = plain},
};

static bool admit(void *context, const struct request *request, struct server_admission *admission,
                  struct problem *problem)
{
    const struct fixture *fixture = context;

    return router_admit(fixture->router, request, NODE_CITY, admission, problem);
}

static void knock(void *context, void *worker, const void *route, const struct request *request,
                  struct reply *reply)
{
    struct problem problem = {0};

    (void)route;
    assert_ptr_equal(worker, context);
    assert_null(request->body.data);
    if (request_header(request, "X-Known", NULL))
        return;
    problem_set(&problem, PROBLEM_UNAUTHENTICATED, "a stranger");
    reply_problem(reply, &problem);
}

static void handle(void *context, void *worker, const void *route, const struct request *request,
                   struct reply *reply)
{
    struct call call = {.fixture = context, .request = request, .reply = reply};
    const struct route *row = route;

    assert_ptr_equal(worker, row->lane == SERVER_AT_ONCE ? NULL : context);
    row->handle(&call);
}

static void count_workers(struct fixture *fixture, unsigned difference)
{
    pthread_mutex_lock(&fixture->lock);
    fixture->workers += difference;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

static void *worker_start(void *context)
{
    count_workers(context, 1);
    return context;
}

static void worker_stop(void *context, void *worker)
{
    (void)worker;
    count_workers(context, -1u);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct problem problem = {0};

    fixture->router = router_compile(table, sizeof table / sizeof *table, &problem);
    assert_non_null(fixture->router);
    pthread_mutex_init(&fixture->lock, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    memset(large, 'x', sizeof large);
    client_make_certificate(&fixture->certificate, &fixture->key);
    fixture->settings = (struct server_settings){
        .https_address = "127.0.0.1:0",
        .http_address = "127.0.0.1:0",
        .certificate_pem = fixture->certificate,
        .key_pem = fixture->key,
        .workers = 2,
        .queue = 16,
        .connections = 512,
        .connections_per_address = 512,
        .idle_seconds = 30,
        .body_seconds = 30,
        .context = fixture,
        .admit = admit,
        .worker_start = worker_start,
        .worker_stop = worker_stop,
        .knock = knock,
        .handle = handle,
    };
    *state = fixture;
    return 0;
}

void fixture_open_gate(struct fixture *fixture)
{
    pthread_mutex_lock(&fixture->lock);
    fixture->open = true;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

void fixture_wait_for_entered(struct fixture *fixture, unsigned count)
{
    pthread_mutex_lock(&fixture->lock);
    while (fixture->entered < count)
        pthread_cond_wait(&fixture->changed, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
}

void fixture_wait_for_workers(struct fixture *fixture, unsigned count)
{
    pthread_mutex_lock(&fixture->lock);
    while (fixture->workers != count)
        pthread_cond_wait(&fixture->changed, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
}

void fixture_stop(struct fixture *fixture)
{
    server_destroy(fixture->server);
    fixture->server = NULL;
    assert_int_equal(fixture->workers, 0);
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    fixture_open_gate(fixture);
    fixture_stop(fixture);
    router_destroy(fixture->router);
    files_destroy(fixture->files);
    proxies_destroy(fixture->proxies);
    free(fixture->certificate);
    free(fixture->key);
    pthread_cond_destroy(&fixture->changed);
    pthread_mutex_destroy(&fixture->lock);
    free(fixture);
    return 0;
}

void fixture_start(struct fixture *fixture)
{
    struct problem problem = {0};

    fixture->server = server_create(&fixture->settings, &problem);
    if (!fixture->server)
        fail_msg("%s", problem.detail);
}

unsigned fixture_http_port(const struct fixture *fixture)
{
    return server_port(fixture->server, HTTP_LISTENER_LOOPBACK);
}

unsigned fixture_tls_port(const struct fixture *fixture)
{
    return server_port(fixture->server, HTTP_LISTENER_TLS);
}

void fixture_assert_field(const struct answer *answer, const char *name, const char *expected)
{
    char *value = answer_field(answer, name);

    if (!expected)
        assert_null(value);
    else if (!value)
        fail_msg("no field %s in\n%s", name, answer->head);
    else
        assert_string_equal(value, expected);
    free(value);
}

void fixture_assert_answer(const struct fixture *fixture, const char *request, int status, const char *piece)
{
    struct answer answer = client_once(fixture_http_port(fixture), request);

    if (answer.status != status)
        fail_msg("%d instead of %d for\n%s", answer.status, status, request);
    if (piece && !strstr(answer.body, piece))
        fail_msg("'%s' is not in\n%s", piece, answer.body);
    answer_free(&answer);
}
