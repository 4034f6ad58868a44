/* hf-node serve: database, puller, server; then wait to be told to stop. */
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/command/command.h"
#include "node/command/renewal.h"
#include "node/db/migrations.h"
#include "node/dispatch.h"
#include "node/federation/discovery.h"
#include "node/federation/pull.h"
#include "node/http/files.h"
#include "node/http/proxies.h"
#include "node/http/server.h"
#include "node/jobs/jobs.h"
#include "node/base/log.h"
#include "node/routes.h"
#include "node/work/leap.h"
#include "node/work/say/writer.h"

/* What is at least so large (the hashing of a password, an import) goes back to the system when it is freed.
 * Left to itself, malloc keeps pieces of any size that was freed once, in every heap, and makes a heap for
 * each thread. */
enum { MEMORY_LARGE = 128 * 1024, MEMORY_HEAPS = 2 };

/* How long all that was begun has to end once the node was told to. */
enum { SERVE_END_SECONDS = 20 };

/* How often it is looked after what nobody asks for: at least, and so many times before the jobs are thought
 * to hang. */
enum { SERVE_TURN_SECONDS = 20, SERVE_LOOKS = 6, SERVE_PULL_PATIENCE_MS = 600000 };

/* Between two tries to reach the database at the start; and what is told to who asks meanwhile. */
enum { SERVE_REST_SECONDS = 5, SERVE_RETRY_SECONDS = 2 };

enum { SERVE_IDLE_SECONDS = 100, SERVE_BODY_SECONDS = 20 };

enum start { START_FAILED, START_STOPPED, START_DONE }; /* stopped: told to, before all was there */

struct serving {
    const struct config *config;
    struct node *node;
    struct router *router;
    struct files *files;
    struct proxies *proxies;
    struct server *server;
    struct puller *puller;
    struct jobs *jobs;
    struct renewal renewal;
    sigset_t signals;                     /* what wait_for_signal waits for */
    int64_t jobs_seen_ms, puller_seen_ms; /* see hangs() */
};

static bool admit_request(void *context, const struct request *request, struct server_admission *admission,
                          struct problem *problem)
{
    const struct serving *serving = context;

    return router_admit(serving->router, request, serving->node->office ? NODE_OFFICE : NODE_CITY, admission,
                        problem);
}

static void *start_worker(void *context)
{
    const struct serving *serving = context;

    return db_create(serving->config->conninfo);
}

static void stop_worker(void *context, void *worker)
{
    (void)context;
    db_destroy(worker);
}

static void refuse(struct problem *problem, enum problem_code code, const char *detail)
{
    problem_set(problem, code, "%s", detail);
    problem->retry_after = SERVE_RETRY_SECONDS;
}

/* Fills the reply where nobody can be known, let alone answered. */
static bool is_unable(const struct serving *serving, const void *worker, struct reply *reply)
{
    struct problem problem = {0};

    if (!serving->node->settled)
        refuse(&problem, PROBLEM_DATABASE_UNAVAILABLE,
               "The node waits for its database. Nothing was changed. Please try again.");
    else if (!worker)
        refuse(&problem, PROBLEM_BUSY, "The node is short of memory. Nothing was changed. Please try again.");
    if (problem.code)
        reply_problem(reply, &problem);
    problem_finish(&problem);
    return reply->status != 0;
}

static void knock(void *context, void *worker, const void *route, const struct request *request,
                  struct reply *reply)
{
    const struct serving *serving = context;

    if (!is_unable(serving, worker, reply))
        dispatch_knock(serving->node, worker, route, request, reply);
}

static void handle_request(void *context, void *worker, const void *route, const struct request *request,
                           struct reply *reply)
{
    const struct serving *serving = context;
    const struct route *row = route;

    if (row->lane != SERVER_AT_ONCE && is_unable(serving, worker, reply))
        return;
    dispatch(serving->node, serving->router, serving->files, worker, row, request, reply);
}

/* While the clock is in doubt nothing is begun: peers that answer can tell what time it is, and the next who
 * writes settles it. */
static bool settle(struct tx *tx, void *arg)
{
    bool leapt;

    if (!leap_look(tx, &leapt))
        return false;
    return leapt ? writer_check(tx, arg) : writer_settle(tx, arg);
}

static bool listen_on(struct serving *serving, struct problem *problem)
{
    const struct config *config = serving->config;
    struct renewal_pair pair = {0};
    bool read = !*config->https_listen || renewal_read(&serving->renewal, config, &pair, problem);
    const struct server_settings settings = {
        .https_address = config->https_listen,
        .http_address = config->http_listen,
        .proxies = serving->proxies,
        .certificate_pem = pair.certificate,
        .key_pem = pair.key,
        .workers = (unsigned)config->workers,
        .queue = (unsigned)config->queue,
        .connections = (unsigned)config->connections,
        .connections_per_address = (unsigned)config->connections_per_address,
        .idle_seconds = SERVE_IDLE_SECONDS,
        .body_seconds = SERVE_BODY_SECONDS,
        .context = serving,
        .admit = admit_request,
        .worker_start = start_worker,
        .worker_stop = stop_worker,
        .knock = knock,
        .handle = handle_request,
    };

    if (read && (serving->server = server_create(&settings, problem)))
        renewal_tell(serving->node, serving->server);
    renewal_forget(&pair);
    return serving->server;
}

static bool read_proxies(struct serving *serving, struct problem *problem)
{
    const char *list = serving->config->proxies;

    return !*list || (serving->proxies = proxies_create(list, problem));
}

static bool load_screens(struct serving *serving, struct problem *problem)
{
    const char *directory = serving->config->ui_directory;

    return !*directory || (serving->files = files_load(directory, problem));
}

static void name_stops(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
}

/* Blocked before any thread starts, so that only wait_for_signal sees them. */
static void block_signals(sigset_t *signals)
{
    name_stops(signals);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static void end_at_once(int signal)
{
    static const char words[] =
        "hf-node: not all that was begun ended in time. It is left: what was stored is "
        "kept whole, and of the rest nothing\n";

    (void)signal;
    (void)!write(STDERR_FILENO, words, sizeof words - 1);
    _exit(COMMAND_FAILED);
}

/* Until it is ready the node has nothing to lose, and whom it waits for in the database (another process that
 * migrates, a server that hangs) may take for ever: what was begun there is rolled back. */
static void end_the_start(int signal)
{
    static const char words[] = "hf-node: stopping, before the database was ready\n";

    (void)signal;
    (void)!write(STDERR_FILENO, words, sizeof words - 1);
    _exit(COMMAND_OK);
}

/* A statement or a request to a peer that never ends must not keep the node from ending. */
static void bound_the_end(void)
{
    signal(SIGALRM, end_at_once);
    alarm(SERVE_END_SECONDS);
}

static void raise_files(const struct config *config)
{
    unsigned long most, needed;

    command_raise_files(config, &most, &needed);
    if (most < needed)
        log_warning("this process may open %lu files, but needs up to %lu: raise the limit (LimitNOFILE)",
                    most, needed);
}

/* At most so many seconds, and looks whether the certificate was renewed. False: the node is to stop. */
static bool wait_for_signal(struct serving *serving, int seconds)
{
    const struct timespec turn = {.tv_sec = seconds};
    int signal = sigtimedwait(&serving->signals, NULL, &turn);

    renewal_look(&serving->renewal, serving->node, serving->server,
                 signal == SIGHUP ? RENEWAL_ASKED_FOR : RENEWAL_IF_CHANGED);
    return signal != SIGINT && signal != SIGTERM;
}

static void keep_memory_small(void)
{
    mallopt(M_MMAP_THRESHOLD, MEMORY_LARGE);
    mallopt(M_ARENA_MAX, MEMORY_HEAPS);
}

/* What was read of the program and its libraries (at the start: relocations, tables of errors, self-tests) is
 * on disk, too: it need not stay in memory, and what is needed again comes back by itself. */
static int forget_object(struct dl_phdr_info *object, size_t size, void *arg)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    (void)size;
    (void)arg;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        size_t begin = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        size_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0)
            madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}

static void give_memory_back(void)
{
    malloc_trim(0);
    dl_iterate_phdr(forget_object, NULL);
}

/* Looked at twice and found in the same place: then it is not only this process that was stopped for a while.
 */
static bool hangs(int64_t progressed_ms, int64_t *seen_ms, int64_t patience_ms)
{
    bool same = progressed_ms == *seen_ms;

    *seen_ms = progressed_ms;
    return same && clock_ms() - progressed_ms > patience_ms;
}

/* A database that neither answers nor ends holds a thread for ever; whoever manages the services starts us
 * anew. There is nothing to wait for: what was under way is rolled back. */
static void end_if_something_hangs(struct serving *serving)
{
    int64_t patience = jobs_patience_ms(serving->jobs);
    bool jobs = hangs(jobs_progressed_ms(serving->jobs), &serving->jobs_seen_ms, patience);
    bool puller =
        hangs(puller_progressed_ms(serving->puller), &serving->puller_seen_ms, SERVE_PULL_PATIENCE_MS);

    if (!jobs && !puller)
        return;
    log_error(
        "the thread that %s makes no progress any more: this process ends, so that another one takes over",
        jobs ? "does what the clock asks" : "pulls from others");
    _exit(COMMAND_FAILED);
}

/* Oftener where jobs come oftener, which hang the sooner. */
static int turn_seconds(const struct serving *serving)
{
    int64_t turn = jobs_patience_ms(serving->jobs) / SERVE_LOOKS / 1000;

    return turn < SERVE_TURN_SECONDS ? (int)turn : SERVE_TURN_SECONDS;
}

/* Until it is to stop. What was needed once does not stay in memory for ever. */
static void look_after(struct serving *serving)
{
    bool goes_on;

    do {
        give_memory_back();
        goes_on = wait_for_signal(serving, turn_seconds(serving));
        end_if_something_hangs(serving);
        sd_notify(0, "WATCHDOG=1");
    } while (goes_on);
}

/* On this thread alone: those that were started have the signals blocked. */
static bool settle_now(struct serving *serving, struct command *command)
{
    sigset_t stops;
    bool settled;

    name_stops(&stops);
    signal(SIGINT, end_the_start);
    signal(SIGTERM, end_the_start);
    pthread_sigmask(SIG_UNBLOCK, &stops, NULL);
    settled = db_migrations_apply(command->db, &command->problem) &&
              db_transaction(command->db, &command->problem, settle, serving->node);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    return settled;
}

static void tell_waiting(struct command *command, bool again)
{
    const char *away = db_why_away(command->db);

    if (!again)
        log_warning("waiting for the database: until it is here, only /healthz and the screens are answered");
    sd_notifyf(0, "STATUS=Waiting for the database: %s", *away ? away : command->problem.detail);
    problem_finish(&command->problem);
}

/* PostgreSQL may come later than we do, be a standby that is not let write yet, or refuse a password that
 * somebody is about to mend: libpq does not tell these apart. What we find in it when it is here, and cannot
 * use, ends the start. */
static enum start settle_database(struct serving *serving, struct command *command)
{
    bool again = false;

    for (; !settle_now(serving, command); again = true) {
        if (command->problem.code != PROBLEM_DATABASE_UNAVAILABLE)
            return START_FAILED;
        tell_waiting(command, again);
        if (!wait_for_signal(serving, SERVE_REST_SECONDS))
            return START_STOPPED;
    }
    serving->node->settled = true;
    return START_DONE;
}

static bool start_listening(struct serving *serving, struct problem *problem)
{
    return discovery_check(serving->node, problem) && (serving->router = routes_compile(problem)) &&
           load_screens(serving, problem) && read_proxies(serving, problem) && listen_on(serving, problem);
}

static enum start start_all(struct serving *serving, struct command *command)
{
    const char *https = serving->config->https_listen, *http = serving->config->http_listen;
    struct problem *problem = &command->problem;
    enum start settled;

    if (!start_listening(serving, problem))
        return START_FAILED;
    if ((settled = settle_database(serving, command)) != START_DONE)
        return settled;
    if (!(serving->puller = puller_create(serving->node, problem)) ||
        !(serving->jobs = jobs_create(serving->node, problem)))
        return START_FAILED;
    log_info("ready: %s on %s%s%s%s", serving->node->authority, https, *https && *http ? " and " : "",
             *http ? "http " : "", http);
    sd_notify(0, "READY=1\nSTATUS=Serving");
    return START_DONE;
}

int command_serve(const struct config *config, int argc, char **argv)
{
    struct command command;
    struct serving serving = {.config = config};
    enum start started;
    int code = COMMAND_OK;

    (void)argc;
    (void)argv;
    block_signals(&serving.signals);
    keep_memory_small();
    raise_files(config);
    if (!command_open_later(&command, config))
        return COMMAND_FAILED;
    serving.node = command.node;
    started = start_all(&serving, &command);
    if (started == START_DONE) {
        /* The start's connection is not needed any more: one less per node. */
        db_destroy(command.db);
        command.db = NULL;
        look_after(&serving);
    }
    bound_the_end();
    if (started == START_FAILED) {
        code = command_failed(&command);
    } else {
        log_info("stopping");
        sd_notify(0, "STOPPING=1");
    }
    jobs_destroy(serving.jobs);
    puller_destroy(serving.puller);
    server_destroy(serving.server);
    proxies_destroy(serving.proxies);
    files_destroy(serving.files);
    router_destroy(serving.router);
    command_close(&command);
    return code;
}
