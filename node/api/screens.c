#include "node/api/screens.h"

#include "node/call.h"
#include "node/core/permissions.h"
#include "node/db/installation.h"
#include "node/db/migrations.h"
#include "node/http/files.h"

static void healthz_get(struct call *call)
{
    reply_text(call->reply, 200, "text/plain",
               call->node->settled && !db_is_away() ? "ok\n" : "ok, and waiting for the database\n");
}

static bool read_installation(struct tx *tx, void *arg)
{
    return db_installation_read(tx, arg);
}

static void readyz_get(struct call *call)
{
    struct db_installation installation = {0};
    size_t pending = 0;

    if (!db_migrations_pending(call->db, &pending, &call->problem) ||
        !db_read(call->db, &call->problem, read_installation, &installation))
        return;
    if (installation.read_only) {
        problem_set(&call->problem, PROBLEM_DATABASE_UNAVAILABLE,
                    "The database is read-only: what is read is answered, and nothing can be changed.");
        return;
    }
    if (pending > 0) {
        problem_set(&call->problem, PROBLEM_DATABASE_UNAVAILABLE,
                    "The database still waits for %zu migrations.", pending);
        return;
    }
    reply_text(call->reply, 200, "text/plain", "ready\n");
}

static void openapi_get(struct call *call)
{
    if (!call->files || !files_serve_name(call->files, "/openapi.json", call->request, call->reply))
        problem_set(&call->problem, PROBLEM_NOT_FOUND,
                    "This node serves no screens and no description of its API.");
}

static void screens_get(struct call *call)
{
    if (call->files)
        files_serve(call->files, call->request, call->reply);
    else
        problem_set(&call->problem, PROBLEM_NOT_FOUND, "This node serves no screens.");
}

const struct route api_screens_routes[] = {
    {"GET", "/healthz", MAY_VISIT, NODE_ANY, ON_BOTH, .lane = SERVER_AT_ONCE, .handle = healthz_get},
    {"GET", "/readyz", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = readyz_get},
    {"GET", "/api/v1/openapi.json", MAY_VISIT, NODE_ANY, ON_BOTH, .lane = SERVER_AT_ONCE,
     .handle = openapi_get},
    {"GET", "*", MAY_VISIT, NODE_ANY, ON_BOTH, .lane = SERVER_AT_ONCE, .handle = screens_get},
    {0},
};
