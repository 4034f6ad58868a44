#include "node/http/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "node/http/exchange.h"
#include "node/http/listener.h"

/* How long answers may take to reach their readers when the server ends. */
enum { SETTLE_SECONDS = 5 };

/* What nobody is blamed for when it is crowded: as many connections as a browser opens at once, and as long
 * as a handshake, a small body or a small answer takes on a bad line. */
enum { FEW_CONNECTIONS = 6, GRACE_MS = 5000 };

enum { LISTENERS = HTTP_LISTENER_LOOPBACK + 1 };

struct server {
    struct server_settings settings;
    struct queue *queues[SERVER_QUEUES];
    struct watch *watch;
    struct certificates *certificates;
    struct listener listeners[LISTENERS];
    struct worker *workers;
    unsigned workers_count; /* started */
};

struct worker {
    pthread_t thread;
    const struct server *server;
    enum server_lane lane;
};

static void *run_worker(void *arg)
{
    const struct worker *self = arg;
    const struct server_settings *settings = &self->server->settings;
    void *worker = settings->worker_start(settings->context);
    struct http_exchange *exchange;

    while ((exchange = queue_pop(self->server->queues[self->lane])))
        exchange_handle(exchange, worker);
    settings->worker_stop(settings->context, worker);
    return NULL;
}

/* As many for the first lane as the settings say; one for each of the others. */
static enum server_lane lane_of(const struct server *server, unsigned n)
{
    return n < server->settings.workers ? SERVER_WORKERS : SERVER_WORKERS + 1 + n - server->settings.workers;
}

static bool start_workers(struct server *server, struct problem *problem)
{
    unsigned wanted = server->settings.workers + SERVER_QUEUES - 1;

    server->workers = calloc(wanted, sizeof *server->workers);
    if (!server->workers)
        return problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the server's workers.");
    for (unsigned *n = &server->workers_count; *n < wanted; ++*n) {
        struct worker *worker = &server->workers[*n];

        worker->server = server;
        worker->lane = lane_of(server, *n);
        if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0)
            return problem_set(problem, PROBLEM_INTERNAL, "Only %u of %u workers could be started.", *n,
                               wanted);
    }
    return true;
}

static bool is_address(const char *address)
{
    return address && address[0] != '\0';
}

static bool start_listeners(struct server *server, struct problem *problem)
{
    const char *const addresses[LISTENERS] = {
        [HTTP_LISTENER_TLS] = server->settings.https_address,
        [HTTP_LISTENER_LOOPBACK] = server->settings.http_address,
    };

    for (int kind = 0; kind < LISTENERS; kind++) {
        server->listeners[kind] = (struct listener){
            .kind = (enum http_listener)kind,
            .settings = &server->settings,
            .queues = server->queues,
            .watch = server->watch,
            .certificates = server->certificates,
            .socket = -1,
        };
        if (is_address(addresses[kind]) &&
            !listener_start(&server->listeners[kind], addresses[kind], problem))
            return false;
    }
    return true;
}

static bool take_certificate(struct server *server, struct problem *problem)
{
    const struct server_settings *settings = &server->settings;

    return !is_address(settings->https_address) ||
           server_renew_certificate(server, settings->certificate_pem, settings->key_pem, problem);
}

static bool create_queues(struct server *server)
{
    const struct server_settings *settings = &server->settings;
    const unsigned capacities[SERVER_QUEUES] = {
        [SERVER_WORKERS] = settings->queue,
        /* Each that waits keeps a connection: some are left for who wants nothing slow. */
        [SERVER_SLOW] = settings->connections / 2,
        /* And these keep a whole file. */
        [SERVER_LONG] = settings->connections / 16 + 1,
    };
    bool ok = true;

    for (int lane = 0; lane < SERVER_QUEUES; lane++)
        ok = (server->queues[lane] = queue_create(capacities[lane])) && ok;
    return ok;
}

struct server *server_create(const struct server_settings *settings, struct problem *problem)
{
    struct server *server = calloc(1, sizeof *server);
    sigset_t all, before;

    if (!server) {
        problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the server.");
        return NULL;
    }
    server->settings = *settings;
    /* Signals are the main thread's: every thread made here inherits that it gets none. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    server->watch = watch_create(&(struct watch_limits){
        .idle_seconds = settings->idle_seconds,
        .body_seconds = settings->body_seconds,
        .crowded = settings->connections / 4 * 3,
        .few = FEW_CONNECTIONS,
        .per_sender = settings->connections_per_address,
        .grace_ms = GRACE_MS,
    });
    server->certificates = certificates_create();
    if (!create_queues(server) || !server->watch || !server->certificates)
        problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the server.");
    else if (exchange_check_library(MHD_get_version(), problem) && take_certificate(server, problem) &&
             start_workers(server, problem) && start_listeners(server, problem))
        goto started;
    server_destroy(server);
    server = NULL;
started:
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return server;
}

void server_destroy(struct server *server)
{
    if (!server)
        return;
    for (int kind = 0; kind < LISTENERS; kind++)
        listener_quiesce(&server->listeners[kind]);
    for (int lane = 0; lane < SERVER_QUEUES; lane++)
        if (server->queues[lane])
            queue_close(server->queues[lane]);
    for (unsigned i = 0; i < server->workers_count; i++)
        pthread_join(server->workers[i].thread, NULL);
    /* From here on nothing can be suspended: the queues are empty, and take nothing in. */
    if (server->watch)
        watch_settle(server->watch, SETTLE_SECONDS);
    for (int kind = 0; kind < LISTENERS; kind++)
        listener_stop(&server->listeners[kind]);
    watch_destroy(server->watch);
    for (int lane = 0; lane < SERVER_QUEUES; lane++)
        queue_destroy(server->queues[lane]);
    certificates_destroy(server->certificates);
    free(server->workers);
    free(server);
}

bool server_renew_certificate(struct server *server, const char *certificate_pem, const char *key_pem,
                              struct problem *problem)
{
    return certificates_change(server->certificates, certificate_pem, key_pem, problem);
}

int64_t server_certificate_end(const struct server *server)
{
    return certificates_end(server->certificates);
}

unsigned server_backlog(const struct server *server)
{
    return queue_length(server->queues[SERVER_WORKERS]);
}

unsigned server_port(const struct server *server, enum http_listener listener)
{
    return listener_port(&server->listeners[listener]);
}

enum server_address server_try_address(const char *address, enum http_listener kind, struct problem *problem)
{
    return listener_try_address(address, kind, problem);
}
