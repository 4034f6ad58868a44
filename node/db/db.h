/* The database: connections, transactions, statements, rows. The only room that knows libpq.
 *
 * A struct db is one connection and belongs to one thread at a time. Statements are static rows of a table,
 * prepared on first use of each connection. All work happens in db_transaction(), which retries what
 * PostgreSQL asks to retry. Inside, every function returns false after setting the transaction's problem; the
 * rest is then skipped and rolled back. */
#ifndef NODE_DB_DB_H
#define NODE_DB_DB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/base/problem.h"
#include "protocol/bytes.h"

struct db;
struct db_result;

/* A statement: static text with $1 …; name is unique in the program. */
struct db_statement {
    const char *name;
    const char *sql;
};

/* A parameter, made by the functions below; text and octets are borrowed until the query returns. */
struct db_value {
    enum { DB_NULL, DB_TEXT, DB_OCTETS, DB_INTEGER, DB_BOOLEAN } kind;
    const char *text;
    size_t size;
    int64_t integer;
};
struct db_value db_null(void);
struct db_value db_text(const char *text); /* NULL: SQL NULL */
struct db_value db_octets(const void *data, size_t size);
struct db_value db_integer(int64_t value);
struct db_value db_boolean(bool value);

/* Connects lazily: a struct db exists even while the database is away. conninfo is copied. */
struct db *db_create(const char *conninfo);
void db_destroy(struct db *db);
/* True when connected (connecting now if need be); else problem DATABASE_UNAVAILABLE. */
bool db_ready(struct db *db, struct problem *problem);

/* The last attempt of this process to connect, of whatever struct db, failed. Any thread. */
bool db_is_away(void);

/* Why this one's last attempt to connect failed: one line of libpq's. Borrowed; "" when it did not. */
const char *db_why_away(const struct db *db);

/* A running transaction. */
struct tx {
    struct db *db;
    struct problem *problem; /* borrowed from the caller of db_transaction */
    int64_t now;             /* Unix seconds: one clock reading for all the transaction does */
};

/* Runs body in a transaction (READ COMMITTED) and commits when it returns true. On serialization failures and
 * deadlocks the whole body runs again (at most 4 times), so it must not keep anything outside the transaction
 * half-done. A lost connection is DATABASE_UNAVAILABLE; the connection is made anew by the next call. */
bool db_transaction(struct db *db, struct problem *problem, bool (*body)(struct tx *tx, void *arg),
                    void *arg);
/* The same in REPEATABLE READ, READ ONLY: one snapshot for several reads. */
bool db_snapshot(struct db *db, struct problem *problem, bool (*body)(struct tx *tx, void *arg), void *arg);
/* The same without a transaction: each statement sees what was committed when it began, so a body of one
 * statement is one round trip. It must not write. */
bool db_read(struct db *db, struct problem *problem, bool (*body)(struct tx *tx, void *arg), void *arg);
/* Commits without waiting for the disk (SET LOCAL synchronous_commit = off): for what a crash may lose. */
bool db_relax(struct tx *tx);

/* Of a row that is read: may others change it until the transaction ends? */
enum db_reading { DB_LOOK, DB_LOCK };

/* Runs a statement. result may be NULL when rows do not matter. db_result_destroy frees it.
 * Unique violations become CONFLICT with the constraint's name in db_constraint(). */
bool db_query(struct tx *tx, const struct db_statement *statement, const struct db_value *values,
              size_t count, struct db_result **result);
#define DB_QUERY(tx, statement, result, ...)                                                                 \
    db_query((tx), (statement), (const struct db_value[]){__VA_ARGS__},                                      \
             sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value), (result))
/* Prepares a statement, as db_query does on first use. */
bool db_prepare(struct tx *tx, const struct db_statement *statement);
/* Runs text without parameters, one or many statements: this room's own (BEGIN, LISTEN) and migrations. */
bool db_script(struct tx *tx, const char *sql);

size_t db_rows(const struct db_result *result);
/* Rows changed by INSERT, UPDATE, DELETE. */
int64_t db_affected(const struct db_result *result);
/* Cells by the column's name; row and column must exist. Text is borrowed until the result is destroyed; NULL
 * for SQL NULL. */
const char *db_cell(const struct db_result *result, size_t row, const char *column);
int64_t db_cell_integer(const struct db_result *result, size_t row, const char *column); /* NULL: 0 */
bool db_cell_boolean(const struct db_result *result, size_t row, const char *column);
/* The same, many rows at a time: the column is looked up once (-1: there is none) and read by its number. */
int db_column(const struct db_result *result, const char *name);
const char *db_at(const struct db_result *result, size_t row, int column);
int64_t db_at_integer(const struct db_result *result, size_t row, int column);
bool db_at_boolean(const struct db_result *result, size_t row, int column);
/* bytea: appends to out; false when NULL or malformed. */
bool db_cell_octets(const struct db_result *result, size_t row, const char *column, struct buffer *out);
/* bytea of exactly size octets. */
bool db_cell_fixed(const struct db_result *result, size_t row, const char *column, uint8_t *out, size_t size);
/* json or jsonb: new reference, NULL when SQL NULL. */
json_t *db_cell_json(const struct db_result *result, size_t row, const char *column);
void db_result_destroy(struct db_result *result);

/* How rows become JSON: column names are member names, the table says what each column becomes. Columns that
 * are not in it become strings; NULL becomes null. */
enum db_json_kind {
    DB_JSON_STRING,
    DB_JSON_INTEGER,
    DB_JSON_BOOLEAN,
    DB_JSON_DOCUMENT, /* json or jsonb, as PostgreSQL writes it */
    DB_JSON_TIME,     /* timestamptz, in SPEC's form: whole seconds of UTC */
    DB_JSON_SKIP      /* for the statement's caller only */
};
struct db_json_column {
    const char *name; /* NULL ends the table */
    enum db_json_kind kind;
};
struct db_form {
    const struct db_json_column *columns; /* NULL: all are strings */
    /* Adds members of its own to a row, a comma before each. NULL: none. */
    void (*more)(struct buffer *out, const struct db_result *result, size_t row, void *arg);
    void *arg;
};
/* Appends the first count rows as JSON objects, with commas between. */
void db_form_write(const struct db_form *form, const struct db_result *result, size_t count,
                   struct buffer *out);
/* One row, for whoever has to look into it: new reference. */
json_t *db_form_row(const struct db_form *form, const struct db_result *result, size_t row);
/* A text as a JSON string. It must be UTF-8, as all that PostgreSQL gives is. */
void db_json_text(struct buffer *out, const char *text, size_t size);
/* A timestamptz as PostgreSQL writes it, as DB_JSON_TIME. */
void db_json_time(struct buffer *out, const char *text, size_t size);

/* A row, and all rows as an array, where the columns say all. New references. */
json_t *db_row_json(const struct db_result *result, size_t row, const struct db_json_column *columns);
json_t *db_rows_json(const struct db_result *result, const struct db_json_column *columns);

/* SQL text for a timestamptz in the API's form, where it is not a column of its own (that is DB_JSON_TIME):
 * DB_TIME("p.created_at"). */
#define DB_TIME(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
/* Of a row c of peer_cursors: what the peer asked after last is what it has acknowledged, so that it follows
 * our newest head (SPEC.md 10.2). */
#define DB_FOLLOWS "(c.asked_epoch, c.asked_seq) = (c.epoch, c.seq)"
/* Of one for our stream `net`, likewise: it has read, too, what was erased in epochs before that
 * (SPEC.md 6.5). */
#define DB_HAS_BEGUN                                                                                         \
    DB_FOLLOWS                                                                                               \
    " AND c.seq >= (SELECT b.begun_seq FROM node_state n JOIN streams b ON b.origin = n.authority "          \
    "WHERE b.name = 'net' AND b.epoch = c.epoch)"

/* The constraint that the last CONFLICT named, "" if none. */
const char *db_constraint(const struct db *db);

/* Session-level advisory lock, tried once; held until the connection ends, which PostgreSQL does when it
 * hears nothing on it for idle_seconds (0: however long): whoever holds it and hangs, or is cut off, does not
 * hold it for ever. */
bool db_try_lock(struct db *db, int64_t key, long idle_seconds, struct problem *problem);
/* LISTEN on a channel; db_notified drains what came (true if anything). db_socket: for poll, -1 while away.
 */
bool db_listen(struct db *db, const char *channel, struct problem *problem);
bool db_notified(struct db *db);
int db_socket(const struct db *db);
/* Another number for every connection: locks die with it. */
uint64_t db_generation(const struct db *db);

#endif
