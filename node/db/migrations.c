#include "node/db/migrations.h"

#include <string.h>

#include "node/base/log.h"
#include "node/db/locks.h"

static const char *const TABLE =
    "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, checksum text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())";

/* Requests have 15 seconds, and wait 10 for others; tables that were filled for years may need more, and so
 * may another process that is at it. */
static const char *const TAKE_TIME = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

enum { EXISTS, LOCK, LIST, INSERT };

/* Until the first migration ran there is no table to ask, and a failed question would end the transaction;
 * hence also the way round to the checksum, for tables of before there were any. */
static const struct db_statement statements[] = {
    [EXISTS] = {"migrations_table", "SELECT to_regclass('migrations') IS NOT NULL AS exists"},
    [LOCK] = {"migrations_lock", "SELECT pg_advisory_xact_lock($1)"},
    [LIST] = {"migrations_list", "SELECT name, coalesce(to_jsonb(m) ->> 'checksum', '') AS checksum "
                                 "FROM migrations m ORDER BY name COLLATE \"C\""},
    [INSERT] = {"migrations_insert", "INSERT INTO migrations (name, checksum) VALUES ($1, $2)"},
};

/* Is the nth that was applied our nth? */
static bool is_ours(struct tx *tx, size_t n, const char *name, const char *checksum)
{
    if (n >= migrations_count || strcmp(migrations[n].name, name) != 0)
        return problem_set(tx->problem, PROBLEM_CONFLICT,
                           "The database was migrated by another version of hf-node (%s). Nothing was "
                           "changed. Use that version, or a newer one.",
                           name);
    if (strcmp(migrations[n].checksum, checksum) != 0)
        return problem_set(
            tx->problem, PROBLEM_CONFLICT,
            "%s was edited after it ran: this hf-node has another text of that migration than "
            "the one that made the database's tables. Nothing was changed. Use the release that "
            "made them, or a newer one; tables that no release made are made anew, in an empty "
            "database.",
            name);
    return true;
}

/* How many of ours were applied; migrations are applied in order, so this is the next one's index. */
static bool count_applied(struct tx *tx, size_t *applied)
{
    struct db_result *rows;
    bool ok, exists;

    *applied = 0;
    if (!db_query(tx, &statements[EXISTS], NULL, 0, &rows))
        return false;
    exists = db_cell_boolean(rows, 0, "exists");
    db_result_destroy(rows);
    if (!exists)
        return true;
    if (!db_query(tx, &statements[LIST], NULL, 0, &rows))
        return false;
    *applied = db_rows(rows);
    ok = true;
    for (size_t row = 0; ok && row < *applied; row++)
        ok = is_ours(tx, row, db_cell(rows, row, "name"), db_cell(rows, row, "checksum"));
    db_result_destroy(rows);
    return ok;
}

static bool step_body(struct tx *tx, void *arg)
{
    bool *done = arg;
    const struct migration *next;
    size_t applied;

    if (!db_script(tx, TAKE_TIME) || !DB_QUERY(tx, &statements[LOCK], NULL, db_integer(DB_LOCK_MIGRATIONS)) ||
        !count_applied(tx, &applied))
        return false;
    *done = applied == migrations_count;
    if (*done)
        return true;
    next = &migrations[applied];
    log_info("migration %s", next->name);
    return db_script(tx, TABLE) && db_script(tx, next->sql) &&
           DB_QUERY(tx, &statements[INSERT], NULL, db_text(next->name), db_text(next->checksum));
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

    if (!count_applied(tx, &applied))
        return false;
    *pending = migrations_count - applied;
    return true;
}

bool db_migrations_pending(struct db *db, size_t *pending, struct problem *problem)
{
    return db_transaction(db, problem, count_pending, pending);
}
