#include "node/db/migrations.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"

/* Any fixed number: it only has to be ours. */
static const char *const LOCK = "SELECT pg_advisory_xact_lock(4853200101)";

static const char *const TABLE = "CREATE TABLE IF NOT EXISTS migrations ("
                                 "name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())";

/* Until the first migration ran there is no table to ask, and a failed question would end the transaction. */
static const struct db_statement statements[] = {
    {"migrations_table", "SELECT to_regclass('migrations') IS NOT NULL"},
    {"migrations_list", "SELECT name FROM migrations ORDER BY name"},
    {"migrations_insert", "INSERT INTO migrations (name) VALUES ($1)"},
};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < migrations_count; i++)
        if (strcmp(migrations[i].name, name) == 0)
            return true;
    return false;
}

/* How many of ours were applied; migrations are applied in order, so this is the next one's index. */
static bool is_applied(struct tx *tx, size_t *applied)
{
    struct db_result *rows;
    bool ok = true;

    *applied = 0;
    if (!db_query(tx, &statements[0], NULL, 0, &rows))
        return false;
    ok = db_cell_boolean(rows, 0, 0);
    db_result_destroy(rows);
    if (!ok)
        return true;
    if (!db_query(tx, &statements[1], NULL, 0, &rows))
        return false;
    ok = true;
    for (size_t row = 0; ok && row < db_rows(rows); row++)
        if (!is_known(db_cell(rows, row, 0)))
            ok = problem_set(tx->problem, PROBLEM_CONFLICT,
                             "The database was migrated by a newer hf-node (%s). Use that version.",
                             db_cell(rows, row, 0));
    *applied = db_rows(rows);
    db_result_destroy(rows);
    return ok;
}

static bool step_body(struct tx *tx, void *arg)
{
    bool *done = arg;
    size_t applied;

    if (!db_script(tx, LOCK) || !db_script(tx, TABLE) || !is_applied(tx, &applied))
        return false;
    *done = applied == migrations_count;
    if (*done)
        return true;
    log_info("migration %s", migrations[applied].name);
    return db_script(tx, migrations[applied].sql) &&
           DB_QUERY(tx, &statements[2], NULL, db_text(migrations[applied].name));
}

bool db_migrations_apply(struct db *db, struct problem *problem)
{
    bool done = false;

    while (!done)
        if (!db_transaction(db, problem, step_body, &done))
            return false;
    return true;
}

static bool count_pending(struct tx *tx, void *arg)
{
    size_t *pending = arg, applied;

    if (!is_applied(tx, &applied))
        return false;
    *pending = migrations_count - applied;
    return true;
}

bool db_migrations_pending(struct db *db, size_t *pending, struct problem *problem)
{
    return db_transaction(db, problem, count_pending, pending);
}
