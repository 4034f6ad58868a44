#include "node/http/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "node/http/exchange.h"
#include "node/http/listener.h"

/* How long answers may take to reach their readers when the server ends. */
enum { SETTLE_SECONDS = 5 };

enum { LISTENERS = HTTP_LISTENER_LOOPBACK + 1 };

struct server {
    struct server_settings settings;
    struct queue *queue;
    struct watch *watch;
    struct listener listeners[LISTENERS];
    pthread_t *workers;
    unsigned workers_count; /* started */
};

static void *worker_run(void *arg)
{
    const struct server *server = arg;
    const struct server_settings *settings = &server->settings;
    void *worker = settings->worker_start(settings->context);
    struct http_exchange *exchange;

    while ((exchange = queue_pop(server->queue)))
        exchange_handle(exchange, worker);
    settings->worker_stop(settings->context, worker);
    return NULL;
}

static bool start_workers(struct server *server, struct problem *problem)
{
    server->workers = calloc(server->settings.workers, sizeof *server->workers);
    if (!server->workers)
        return problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the server's workers.");
    while (server->workers_count < server->settings.workers) {
        if (pthread_create(&server->workers[server->workers_count], NULL, worker_run, server) != 0)
            return problem_set(problem, PROBLEM_INTERNAL, "Only %u of %u workers could be started.",
                               server->workers_count, server->settings.workers);
        server->workers_count++;
    }
    return true;
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
            .queue = server->queue,
            .watch = server->watch,
            .socket = -1,
        };
        if (addresses[kind] && addresses[kind][0] != '\0' &&
            !listener_start(&server->listeners[kind], addresses[kind], problem))
            return false;
    }
    return true;
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
    server->queue = queue_create(settings->queue);
    server->watch =
        watch_create(settings->idle_seconds, settings->body_seconds, settings->connections / 4 * 3);
    if (!server->queue || !server->watch)
        problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the server.");
    else if (exchange_check_library(MHD_get_version(), problem) && start_workers(server, problem) &&
             start_listeners(server, problem))
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
    if (server->queue)
        queue_close(server->queue);
    for (unsigned i = 0; i < server->workers_count; i++)
        pthread_join(server->workers[i], NULL);
    /* From here on nothing can be suspended: the queue is empty, and takes nothing in. */
    if (server->watch)
        watch_settle(server->watch, SETTLE_SECONDS);
    for (int kind = 0; kind < LISTENERS; kind++)
        listener_stop(&server->listeners[kind]);
    watch_destroy(server->watch);
    queue_destroy(server->queue);
    free(server->workers);
    free(server);
}

unsigned server_backlog(const struct server *server)
{
    return queue_length(server->queue);
}

unsigned server_port(const struct server *server, enum http_listener listener)
{
    return listener_port(&server->listeners[listener]);
}

bool server_check_address(const char *address, enum http_listener kind, struct problem *problem)
{
    return listener_check_address(address, kind, problem);
}
