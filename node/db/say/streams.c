#include "node/db/say/streams.h"

#include <stdio.h>
#include <string.h>

#include "node/db/locks.h"
#include "protocol/check.h"

enum {
    STATE_READ,
    STATE_SHARE,
    STATE_CHANGE,
    LOCK_EPOCH,
    STATE_SAVE,
    LOCK,
    CREATE,
    APPEND,
    ADVANCE,
    REFRESH,
    SET_KEY,
    NAMES,
    LAST_REV,
    OBJECT_LINES,
    ERASED_LINES,
    LOST,
    SET_LOST,
    BEGUN,
    REMEMBER,
    WAKE
};

/* The timeline of the write-ahead log changes with every promotion and every point-in-time recovery, the
 * system identifier with every initdb, the OID with every CREATE DATABASE. */
#define IDENTITY                                                                                             \
    "(SELECT system_identifier::text FROM pg_control_system()) AS here_system_identifier, "                  \
    "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint AS here_timeline, "       \
    "(SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS here_database_oid"

/* One row also before the first epoch: then only the identity is there. */
#define STATE(lock)                                                                                          \
    "SELECT s.authority, s.epoch, s.system_identifier, s.timeline, s.database_oid, s.key, " IDENTITY         \
    " FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM node_state " lock ") AS s ON true"

const struct db_statement db_streams_statements[] = {
    [STATE_READ] = {"streams_state_read", STATE("")},
    [STATE_SHARE] = {"streams_state_share", STATE("FOR SHARE")},
    [STATE_CHANGE] = {"streams_state_change", STATE("FOR UPDATE")},
    [LOCK_EPOCH] = {"streams_lock_epoch", "SELECT pg_advisory_xact_lock($1)"},
    [STATE_SAVE] =
        {"streams_state_save",
         "INSERT INTO node_state (authority, epoch, system_identifier, timeline, database_oid, key) "
         "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (one) DO UPDATE SET authority = $1, epoch = $2, "
         "system_identifier = $3, timeline = $4, database_oid = $5, key = $6"},
    [LOCK] = {"streams_lock", "SELECT id, epoch, seq, chain, issued_at, head FROM streams "
                              "WHERE origin = $1 AND name = $2 ORDER BY epoch DESC LIMIT 1 FOR UPDATE"},
    [CREATE] = {"streams_create", "INSERT INTO streams (origin, name, epoch, chain, key) "
                                  "VALUES ($1, $2, $3, $4, $5) RETURNING id"},
    [APPEND] =
        {"streams_append",
         "INSERT INTO entries (stream_id, seq, type, object_id, rev, line, digest, chain, head, status, "
         "keep_until) VALUES ($1, $2, $3, $4::uuid, $5, $6, $7, $8, $9, 'held', to_timestamp($10::bigint))"},
    [ADVANCE] =
        {"streams_advance",
         "UPDATE streams SET seq = $2, chain = $3, head = $4, issued_at = $5 WHERE id = $1 AND seq = $6 "
         "RETURNING pg_notify('" DB_STREAMS_WAKE "', '')"},
    [REFRESH] = {"streams_refresh", "UPDATE streams SET head = $2, issued_at = $3 WHERE id = $1"},
    [SET_KEY] = {"streams_set_key", "UPDATE streams SET key = $2 WHERE id = $1"},
    [NAMES] = {"streams_names",
               "SELECT name FROM (SELECT DISTINCT name FROM streams WHERE origin = $1) AS names "
               "ORDER BY name COLLATE \"C\""},
    [LAST_REV] =
        {"streams_last_rev",
         "SELECT max((SELECT e.rev FROM entries e WHERE e.object_id = $3::uuid AND e.stream_id = s.id "
         "ORDER BY e.rev DESC LIMIT 1)) AS rev FROM streams s WHERE s.origin = $1 AND s.name = $2"},
    [OBJECT_LINES] = {"streams_object_lines",
                      "SELECT s.epoch, e.seq FROM entries e JOIN streams s ON s.id = e.stream_id "
                      "WHERE s.origin = $1 AND s.name = $2 AND e.object_id = $3::uuid AND e.line IS NOT NULL "
                      "ORDER BY s.epoch, e.seq"},
    /* Whoever read a line that is older has deleted it by itself. */
    [ERASED_LINES] = {"streams_erased_lines",
                      "SELECT s.epoch, e.seq FROM entries e JOIN streams s ON s.id = e.stream_id "
                      "WHERE s.origin = $1 AND s.name = $2 AND e.status = 'erased' "
                      "AND e.received_at > now() - interval '366 days' ORDER BY s.epoch, e.seq"},
    [LOST] = {"streams_lost", "SELECT id, seq, lost_seq FROM streams "
                              "WHERE origin = $1 AND name = $2 AND epoch = $3 FOR UPDATE"},
    [SET_LOST] = {"streams_set_lost", "UPDATE streams SET lost_seq = $2 WHERE id = $1"},
    [BEGUN] = {"streams_begun",
               "UPDATE streams SET begun_seq = seq WHERE origin = $1 AND name = $2 AND epoch = $3"},
    [REMEMBER] =
        {"streams_remember",
         "INSERT INTO streams (origin, name, epoch, chain) SELECT $1, $2, $3, $4 WHERE "
         "(SELECT count(*) FROM streams WHERE origin = $1 AND name = $2 AND seq = 0) < $5 RETURNING id"},
    [WAKE] = {"streams_wake", "SELECT pg_notify('" DB_STREAMS_WAKE "', '')"},
    {NULL, NULL},
};

static const struct db_statement *statement(int index)
{
    return &db_streams_statements[index];
}

bool db_streams_state(struct tx *tx, enum db_streams_lock lock, struct db_node_state *state)
{
    static const int statements[] = {
        [DB_STREAMS_READ] = STATE_READ, [DB_STREAMS_SHARE] = STATE_SHARE, [DB_STREAMS_CHANGE] = STATE_CHANGE};
    struct db_result *row;
    bool ok = true;

    *state = (struct db_node_state){0};
    /* Before the first epoch there is no row to lock, and a row that was locked but not changed is not read
     * again by those who waited: hence the advisory lock. */
    if (lock == DB_STREAMS_CHANGE && !DB_QUERY(tx, statement(LOCK_EPOCH), NULL, db_integer(DB_LOCK_EPOCH)))
        return false;
    if (!db_query(tx, statement(statements[lock]), NULL, 0, &row))
        return false;
    snprintf(state->now.system_identifier, sizeof state->now.system_identifier, "%s",
             db_cell(row, 0, "here_system_identifier"));
    state->now.timeline = db_cell_integer(row, 0, "here_timeline");
    state->now.database_oid = db_cell_integer(row, 0, "here_database_oid");
    if (db_cell(row, 0, "authority")) {
        state->exists = true;
        snprintf(state->authority, sizeof state->authority, "%s", db_cell(row, 0, "authority"));
        state->epoch = db_cell_integer(row, 0, "epoch");
        snprintf(state->opened_in.system_identifier, sizeof state->opened_in.system_identifier, "%s",
                 db_cell(row, 0, "system_identifier"));
        state->opened_in.timeline = db_cell_integer(row, 0, "timeline");
        state->opened_in.database_oid = db_cell_integer(row, 0, "database_oid");
        ok = db_cell_fixed(row, 0, "key", state->key, KEY_SIZE);
    }
    db_result_destroy(row);
    return ok;
}

bool db_streams_state_save(struct tx *tx, const struct db_node_state *state)
{
    return DB_QUERY(tx, statement(STATE_SAVE), NULL, db_text(state->authority), db_integer(state->epoch),
                    db_text(state->now.system_identifier), db_integer(state->now.timeline),
                    db_integer(state->now.database_oid), db_octets(state->key, KEY_SIZE));
}

/* Who signed the newest head; a stream that was only just begun has none. */
static bool read_signer(const char *jws, struct origin_stream *stream)
{
    struct head head;

    if (!jws)
        return true;
    if (head_parse(jws, strlen(jws), &head, NULL) != ERR_OK)
        return false;
    memcpy(stream->key_id, head.key_id, sizeof stream->key_id);
    return true;
}

bool db_streams_lock(struct tx *tx, const char *origin, const char *name, int64_t *id,
                     struct origin_stream *stream)
{
    struct db_result *row;
    bool ok = true;

    *id = 0;
    *stream = (struct origin_stream){0};
    snprintf(stream->origin, sizeof stream->origin, "%s", origin);
    snprintf(stream->name, sizeof stream->name, "%s", name);
    if (!DB_QUERY(tx, statement(LOCK), &row, db_text(origin), db_text(name)))
        return false;
    if (db_rows(row) > 0) {
        *id = db_cell_integer(row, 0, "id");
        stream->position.at =
            (struct cursor){db_cell_integer(row, 0, "epoch"), db_cell_integer(row, 0, "seq")};
        ok = db_cell_fixed(row, 0, "chain", stream->position.chain, CHAIN_SIZE);
        stream->last_issued_at = db_cell_integer(row, 0, "issued_at");
        ok = ok && read_signer(db_cell(row, 0, "head"), stream);
    }
    db_result_destroy(row);
    return ok || problem_set(tx->problem, PROBLEM_INTERNAL, "The stored end of %s is damaged.", name);
}

bool db_streams_create(struct tx *tx, const struct origin_stream *stream, const uint8_t key[KEY_SIZE],
                       int64_t *id)
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(CREATE), &row, db_text(stream->origin), db_text(stream->name),
                  db_integer(stream->position.at.epoch), db_octets(stream->position.chain, CHAIN_SIZE),
                  db_octets(key, KEY_SIZE)))
        return false;
    *id = db_cell_integer(row, 0, "id");
    db_result_destroy(row);
    return true;
}

bool db_streams_append(struct tx *tx, int64_t id, const struct origin_stream *stream,
                       const struct entry *entries, const struct origin_line *lines, size_t count,
                       const char *head)
{
    struct db_result *row;

    for (size_t i = 0; i < count; i++)
        if (!DB_QUERY(tx, statement(APPEND), NULL, db_integer(id), db_integer(entries[i].seq),
                      db_text(entries[i].type), db_text(entries[i].id), db_integer(entries[i].rev),
                      db_octets(lines[i].line.data, lines[i].line.size),
                      db_octets(lines[i].digest, CHAIN_SIZE), db_octets(lines[i].chain, CHAIN_SIZE),
                      i + 1 == count ? db_text(head) : db_null(),
                      entries[i].keep_until ? db_integer(entries[i].keep_until) : db_null()))
            return false;
    if (!DB_QUERY(tx, statement(ADVANCE), &row, db_integer(id), db_integer(stream->position.at.seq),
                  db_octets(stream->position.chain, CHAIN_SIZE), db_text(head),
                  db_integer(stream->last_issued_at), db_integer(entries[0].seq - 1)))
        return false;
    /* It was locked: nobody else can have gone on from where these lines begin. */
    CHECK(db_rows(row) == 1);
    db_result_destroy(row);
    return true;
}

bool db_streams_refresh(struct tx *tx, int64_t id, const struct origin_stream *stream, const char *head)
{
    return DB_QUERY(tx, statement(REFRESH), NULL, db_integer(id), db_text(head),
                    db_integer(stream->last_issued_at));
}

bool db_streams_set_key(struct tx *tx, int64_t id, const uint8_t key[KEY_SIZE])
{
    return DB_QUERY(tx, statement(SET_KEY), NULL, db_integer(id), db_octets(key, KEY_SIZE));
}

bool db_streams_names(struct tx *tx, const char *origin, json_t **names)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, statement(NAMES), &rows, db_text(origin)))
        return false;
    *names = json_array();
    for (size_t row = 0; row < db_rows(rows); row++)
        json_array_append_new(*names, json_string(db_cell(rows, row, "name")));
    db_result_destroy(rows);
    return true;
}

bool db_streams_last_rev(struct tx *tx, const char *origin, const char *name, const char *object_id,
                         int64_t *rev)
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(LAST_REV), &row, db_text(origin), db_text(name), db_text(object_id)))
        return false;
    *rev = db_cell_integer(row, 0, "rev");
    db_result_destroy(row);
    return true;
}

/* Array of "E.S". */
static json_t *take_cursors(struct db_result *rows)
{
    json_t *cursors = json_array();

    for (size_t row = 0; row < db_rows(rows); row++) {
        char cursor[CURSOR_SIZE];

        cursor_format((struct cursor){db_cell_integer(rows, row, "epoch"), db_cell_integer(rows, row, "seq")},
                      cursor);
        json_array_append_new(cursors, json_string(cursor));
    }
    db_result_destroy(rows);
    return cursors;
}

bool db_streams_object_lines(struct tx *tx, const char *origin, const char *name, const char *object_id,
                             json_t **cursors)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, statement(OBJECT_LINES), &rows, db_text(origin), db_text(name), db_text(object_id)))
        return false;
    *cursors = take_cursors(rows);
    return true;
}

bool db_streams_erased_lines(struct tx *tx, const char *origin, const char *name, json_t **cursors)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, statement(ERASED_LINES), &rows, db_text(origin), db_text(name)))
        return false;
    *cursors = take_cursors(rows);
    return true;
}

bool db_streams_known(struct tx *tx, const char *origin, const char *name, int64_t epoch,
                      struct db_known *known)
{
    struct db_result *row;

    *known = (struct db_known){0};
    if (!DB_QUERY(tx, statement(LOST), &row, db_text(origin), db_text(name), db_integer(epoch)))
        return false;
    if (db_rows(row) > 0)
        *known = (struct db_known){db_cell_integer(row, 0, "id"), db_cell_integer(row, 0, "seq"),
                                   db_cell_integer(row, 0, "lost_seq")};
    db_result_destroy(row);
    return true;
}

bool db_streams_set_lost(struct tx *tx, int64_t id, int64_t seq)
{
    return DB_QUERY(tx, statement(SET_LOST), NULL, db_integer(id), db_integer(seq));
}

bool db_streams_begun(struct tx *tx, const char *origin, const char *name, int64_t epoch)
{
    return DB_QUERY(tx, statement(BEGUN), NULL, db_text(origin), db_text(name), db_integer(epoch));
}

bool db_streams_remember(struct tx *tx, const struct origin_stream *stream, int64_t most, int64_t *id)
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(REMEMBER), &row, db_text(stream->origin), db_text(stream->name),
                  db_integer(stream->position.at.epoch), db_octets(stream->position.chain, CHAIN_SIZE),
                  db_integer(most)))
        return false;
    *id = db_rows(row) > 0 ? db_cell_integer(row, 0, "id") : 0;
    db_result_destroy(row);
    return true;
}

bool db_streams_wake(struct tx *tx)
{
    return db_query(tx, statement(WAKE), NULL, 0, NULL);
}
