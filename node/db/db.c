#include "node/db/db.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/result.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "protocol/check.h"

enum { DB_TRIES = 4, DB_PARAMETERS = 32 };

/* Suspended HTTP connections never time out by themselves: the database must. Plans are made once for any
 * parameters: a statement has a shape that is right for all of them, or there are several. */
static const char *const DB_OPTIONS =
    "-c statement_timeout=15s -c lock_timeout=10s -c idle_in_transaction_session_timeout=30s "
    "-c pg_trgm.word_similarity_threshold=0.5 -c timezone=UTC -c client_min_messages=warning "
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 "
    "-c jit=off -c plan_cache_mode=force_generic_plan -c bytea_output=hex -c datestyle=ISO";

struct db {
    char *conninfo;
    PGconn *connection;
    const struct db_statement **prepared;
    size_t prepared_count, prepared_capacity;
    char constraint[64];
    char why_away[256];
    bool retry; /* the last failure may be retried */
    uint64_t generation;
};

/* Of the whole process: what every connection finds out is told once a minute. */
static atomic_bool away; /* the last attempt to connect failed */
static _Atomic int64_t away_told_ms, read_only_told_ms;

enum { TELL_AGAIN_MS = 60000 };

struct db_value db_null(void)
{
    return (struct db_value){.kind = DB_NULL};
}

struct db_value db_text(const char *text)
{
    return text ? (struct db_value){.kind = DB_TEXT, .text = text} : db_null();
}

struct db_value db_octets(const void *data, size_t size)
{
    return (struct db_value){.kind = DB_OCTETS, .text = data, .size = size};
}

struct db_value db_integer(int64_t value)
{
    return (struct db_value){.kind = DB_INTEGER, .integer = value};
}

struct db_value db_boolean(bool value)
{
    return (struct db_value){.kind = DB_BOOLEAN, .integer = value};
}

struct db *db_create(const char *conninfo)
{
    struct db *db = calloc(1, sizeof *db);

    if (db && !(db->conninfo = strdup(conninfo))) {
        db_destroy(db);
        return NULL;
    }
    return db;
}

static void disconnect(struct db *db)
{
    PQfinish(db->connection);
    db->connection = NULL;
    db->prepared_count = 0;
}

void db_destroy(struct db *db)
{
    if (!db)
        return;
    disconnect(db);
    free(db->prepared);
    free(db->conninfo);
    free(db);
}

static bool unavailable(struct problem *problem)
{
    problem_set(problem, PROBLEM_DATABASE_UNAVAILABLE,
                "The database did not answer. Nothing was changed. Please try again.");
    if (problem->code == PROBLEM_DATABASE_UNAVAILABLE)
        problem->retry_after = 2;
    return false;
}

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* Not with every request that comes meanwhile. */
static bool is_to_be_told(_Atomic int64_t *told_ms)
{
    int64_t told = *told_ms, now = clock_ms();

    return (told == 0 || now - told >= TELL_AGAIN_MS) && atomic_compare_exchange_strong(told_ms, &told, now);
}

/* The server being away, or a password or name that is wrong: for libpq that is one, and so it is for us, who
 * wait. */
static void note_why_away(struct db *db)
{
    const char *message = PQerrorMessage(db->connection);

    snprintf(db->why_away, sizeof db->why_away, "%.*s", (int)strcspn(message, "\n"), message);
    if (!atomic_exchange(&away, true))
        away_told_ms = 0;
    if (is_to_be_told(&away_told_ms))
        log_warning("database: %s", message);
}

static bool connect_once(struct db *db)
{
    static const char *const names[] = {"tcp_user_timeout", "keepalives_idle",  "keepalives_interval",
                                        "dbname",           "connect_timeout",  "client_encoding",
                                        "options",          "application_name", NULL};
    /* What stands before the operator's own words is what they may say otherwise. A network that swallows all
     * is noticed within 30 seconds, whether we wait for it to take a statement or for an answer. */
    const char *const values[] = {"30000", "15", "5", db->conninfo, "5", "UTF8", DB_OPTIONS, "hf-node", NULL};

    disconnect(db);
    db->connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(db->connection) != CONNECTION_OK) {
        note_why_away(db);
        disconnect(db);
        return false;
    }
    db->why_away[0] = '\0';
    if (atomic_exchange(&away, false))
        log_info("database: here again");
    PQsetNoticeReceiver(db->connection, ignore_notice, NULL);
    db->generation++;
    return true;
}

bool db_is_away(void)
{
    return away;
}

const char *db_why_away(const struct db *db)
{
    return db->why_away;
}

/* The server may have closed an idle connection (restart, fail-over): seen here, before a statement is lost
 * to it. */
static bool alive(struct db *db)
{
    struct pollfd poll_fd = {.fd = PQsocket(db->connection), .events = POLLIN};

    if (PQstatus(db->connection) != CONNECTION_OK)
        return false;
    /* Until nothing is left: a server that closes says so first, and the end is behind its words. */
    while (poll(&poll_fd, 1, 0) > 0)
        if (!PQconsumeInput(db->connection))
            return false;
    return PQstatus(db->connection) == CONNECTION_OK;
}

bool db_ready(struct db *db, struct problem *problem)
{
    if (db->connection && alive(db))
        return true;
    return connect_once(db) || unavailable(problem);
}

static bool find_prepared(const struct db *db, const struct db_statement *statement)
{
    for (size_t i = 0; i < db->prepared_count; i++)
        if (db->prepared[i] == statement)
            return true;
    return false;
}

/* Makes room for one more that is prepared. */
static bool reserve_prepared(struct db *db)
{
    size_t capacity = db->prepared_capacity ? db->prepared_capacity * 2 : 32;
    const struct db_statement **grown;

    if (db->prepared_count < db->prepared_capacity)
        return true;
    if (!(grown = realloc(db->prepared, capacity * sizeof *grown)))
        return false;
    db->prepared = grown;
    db->prepared_capacity = capacity;
    return true;
}

#define READ_ONLY "25006"

/* What each class of failure means; the first row that fits wins. */
static const struct {
    const char *sqlstate; /* prefix */
    enum problem_code code;
    bool retry;
    const char *detail;
} db_failures[] = {
    {"40001", PROBLEM_BUSY, true,
     "Others are changing the same thing. Nothing was changed. Please try again."},
    {"40P01", PROBLEM_BUSY, true,
     "Others are changing the same thing. Nothing was changed. Please try again."},
    {"23505", PROBLEM_CONFLICT, false, "This already exists. Nothing was changed."},
    {"23503", PROBLEM_CONFLICT, false,
     "This is still needed elsewhere, or refers to something that is gone."},
    {"55P03", PROBLEM_BUSY, false,
     "Others are changing the same thing. Nothing was changed. Please try again."},
    {"57014", PROBLEM_BUSY, false, "The database took too long. Nothing was changed. Please try again."},
    {"08", PROBLEM_DATABASE_UNAVAILABLE, false,
     "The database did not answer. Nothing was changed. Please try again."},
    {"57P", PROBLEM_DATABASE_UNAVAILABLE, false,
     "The database is restarting. Nothing was changed. Please try again."},
    {"53", PROBLEM_DATABASE_UNAVAILABLE, false,
     "The database is at its limits. Nothing was changed. Please try again."},
    {READ_ONLY, PROBLEM_DATABASE_UNAVAILABLE, false, "The database is read-only. Nothing was changed."},
    {"", PROBLEM_INTERNAL, false, "Something went wrong here. Nothing was changed."},
};

static void tell_failure(const char *what, const char *sqlstate, enum problem_code code, const char *message)
{
    if (strcmp(sqlstate, READ_ONLY) == 0) {
        if (is_to_be_told(&read_only_told_ms))
            log_warning("database: it is read-only; reads are answered, and nothing can be changed");
    } else if (code == PROBLEM_INTERNAL || code == PROBLEM_DATABASE_UNAVAILABLE) {
        log_error("database: %s: %s %s", what, sqlstate, message);
    }
}

static bool note_failure(struct tx *tx, const char *what, const PGresult *result)
{
    struct db *db = tx->db;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    size_t row = 0;

    if (PQstatus(db->connection) != CONNECTION_OK || !sqlstate)
        sqlstate = "08006";
    while (strncmp(sqlstate, db_failures[row].sqlstate, strlen(db_failures[row].sqlstate)) != 0)
        row++;
    snprintf(db->constraint, sizeof db->constraint, "%s", constraint ? constraint : "");
    db->retry = db_failures[row].retry;
    /* The primary message names columns and constraints; its detail could quote personal data, so it is not
     * logged. */
    tell_failure(what, sqlstate, db_failures[row].code, message ? message : PQerrorMessage(db->connection));
    problem_set(tx->problem, db_failures[row].code, "%s", db_failures[row].detail);
    if (tx->problem->code == db_failures[row].code && problem_status(tx->problem->code) == 503)
        tx->problem->retry_after = 2;
    return false;
}

static bool is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool db_script(struct tx *tx, const char *sql)
{
    PGresult *result = PQexec(tx->db->connection, sql);
    bool ok = is_success(result) || note_failure(tx, "script", result);

    PQclear(result);
    return ok;
}

bool db_prepare(struct tx *tx, const struct db_statement *statement)
{
    PGresult *result;
    bool ok;

    if (find_prepared(tx->db, statement))
        return true;
    if (!reserve_prepared(tx->db))
        return problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    result = PQprepare(tx->db->connection, statement->name, statement->sql, 0, NULL);
    ok = is_success(result) || note_failure(tx, statement->name, result);
    if (ok)
        tx->db->prepared[tx->db->prepared_count++] = statement;
    PQclear(result);
    return ok;
}

bool db_query(struct tx *tx, const struct db_statement *statement, const struct db_value *values,
              size_t count, struct db_result **result)
{
    struct db *db = tx->db;
    const char *texts[DB_PARAMETERS];
    int lengths[DB_PARAMETERS], formats[DB_PARAMETERS];
    char numbers[DB_PARAMETERS][24];
    PGresult *rows;

    if (result)
        *result = NULL;
    if (tx->problem->code)
        return false;
    if (count > DB_PARAMETERS)
        return problem_set(tx->problem, PROBLEM_INTERNAL, "A statement has too many parameters.");
    for (size_t i = 0; i < count; i++) {
        texts[i] = values[i].text;
        lengths[i] = (int)values[i].size;
        formats[i] = values[i].kind == DB_OCTETS;
        if (values[i].kind == DB_INTEGER)
            snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)values[i].integer);
        if (values[i].kind == DB_BOOLEAN)
            snprintf(numbers[i], sizeof numbers[i], "%s", values[i].integer ? "true" : "false");
        if (values[i].kind == DB_INTEGER || values[i].kind == DB_BOOLEAN)
            texts[i] = numbers[i];
        if (values[i].kind == DB_OCTETS && !texts[i])
            texts[i] = "";
    }
    if (!db_prepare(tx, statement))
        return false;
    rows = PQexecPrepared(db->connection, statement->name, (int)count, texts, lengths, formats, 0);
    if (!is_success(rows)) {
        note_failure(tx, statement->name, rows);
        PQclear(rows);
        return false;
    }
    if (!result) {
        PQclear(rows);
        return true;
    }
    if (!(*result = calloc(1, sizeof **result))) {
        PQclear(rows);
        return problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    }
    (*result)->rows = rows;
    return true;
}

/* A connection that dies in COMMIT leaves it open whether the work was kept. */
static bool commit(struct tx *tx)
{
    /* PostgreSQL answers the COMMIT of a transaction in which something failed with a ROLLBACK, as a success.
     */
    CHECK(PQtransactionStatus(tx->db->connection) != PQTRANS_INERROR);
    if (db_script(tx, "COMMIT"))
        return true;
    if (tx->problem->code == PROBLEM_DATABASE_UNAVAILABLE)
        snprintf(tx->problem->detail, sizeof tx->problem->detail,
                 "The database went away at the last moment: it is not known whether this was saved. Please "
                 "look before you "
                 "try again.");
    return false;
}

static bool attempt_body(struct db *db, struct problem *problem, const char *begin,
                         bool (*body)(struct tx *, void *), void *arg)
{
    struct tx tx = {.db = db, .problem = problem, .now = clock_seconds()};

    db->retry = false;
    if (!db_ready(db, problem) || !db_script(&tx, begin))
        return false;
    if (body(&tx, arg) && !problem->code && commit(&tx))
        return true;
    if (!problem->code)
        problem_set(problem, PROBLEM_INTERNAL, "Something went wrong here. Nothing was changed.");
    if (db->connection && PQtransactionStatus(db->connection) != PQTRANS_IDLE)
        PQclear(PQexec(db->connection, "ROLLBACK"));
    return false;
}

static bool run_body(struct db *db, struct problem *problem, const char *begin,
                     bool (*body)(struct tx *, void *), void *arg)
{
    for (int attempt = 1;; attempt++) {
        if (attempt_body(db, problem, begin, body, arg))
            return true;
        if (!db->retry || attempt == DB_TRIES)
            return false;
        problem_finish(problem);
    }
}

bool db_transaction(struct db *db, struct problem *problem, bool (*body)(struct tx *tx, void *arg), void *arg)
{
    return run_body(db, problem, "BEGIN", body, arg);
}

bool db_snapshot(struct db *db, struct problem *problem, bool (*body)(struct tx *tx, void *arg), void *arg)
{
    return run_body(db, problem, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", body, arg);
}

bool db_read(struct db *db, struct problem *problem, bool (*body)(struct tx *tx, void *arg), void *arg)
{
    struct tx tx = {.db = db, .problem = problem, .now = clock_seconds()};

    if (db_ready(db, problem) && body(&tx, arg) && !problem->code)
        return true;
    if (!problem->code)
        problem_set(problem, PROBLEM_INTERNAL, "Something went wrong here. Nothing was changed.");
    return false;
}

bool db_relax(struct tx *tx)
{
    return db_script(tx, "SET LOCAL synchronous_commit = off");
}

const char *db_constraint(const struct db *db)
{
    return db->constraint;
}

static const struct db_statement db_lock_statements[] = {
    {"db_try_lock",
     "SELECT pg_try_advisory_lock($1) AS locked, set_config('idle_session_timeout', $2, false)"},
    {NULL, NULL},
};

struct lock_wish {
    int64_t key;
    long idle_seconds;
};

static bool try_lock_body(struct tx *tx, void *arg)
{
    const struct lock_wish *wish = arg;
    struct db_result *result;
    char idle[24];
    bool locked;

    snprintf(idle, sizeof idle, "%lds", wish->idle_seconds);
    if (!DB_QUERY(tx, &db_lock_statements[0], &result, db_integer(wish->key), db_text(idle)))
        return false;
    locked = db_cell_boolean(result, 0, "locked");
    db_result_destroy(result);
    return locked || problem_set(tx->problem, PROBLEM_BUSY, "Another process holds this lock.");
}

bool db_try_lock(struct db *db, int64_t key, long idle_seconds, struct problem *problem)
{
    struct lock_wish wish = {key, idle_seconds};

    return db_transaction(db, problem, try_lock_body, &wish);
}

bool db_listen(struct db *db, const char *channel, struct problem *problem)
{
    struct tx tx = {.db = db, .problem = problem};
    char sql[96], *quoted;
    bool ok;

    if (!db_ready(db, problem))
        return false;
    if (!(quoted = PQescapeIdentifier(db->connection, channel, strlen(channel))))
        return unavailable(problem);
    ok = snprintf(sql, sizeof sql, "LISTEN %s", quoted) < (int)sizeof sql && db_script(&tx, sql);
    PQfreemem(quoted);
    return ok;
}

bool db_notified(struct db *db)
{
    bool any = false;
    PGnotify *notification;

    if (!db->connection || !PQconsumeInput(db->connection))
        return false;
    while ((notification = PQnotifies(db->connection))) {
        any = true;
        PQfreemem(notification);
    }
    return any;
}

int db_socket(const struct db *db)
{
    return db->connection ? PQsocket(db->connection) : -1;
}

uint64_t db_generation(const struct db *db)
{
    return db->generation;
}
