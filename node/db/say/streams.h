/* Our own streams as stored: the node's state, one row per stream and epoch, appended lines. */
#ifndef NODE_DB_SAY_STREAMS_H
#define NODE_DB_SAY_STREAMS_H

#include "node/db/db.h"
#include "protocol/origin.h"

extern const struct db_statement db_streams_statements[];

/* Which database this is: two copies of one database differ in at least one of these. */
struct db_identity {
    char system_identifier[32];
    int64_t timeline;
    int64_t database_oid;
};

struct db_node_state {
    bool exists;
    char authority[AUTHORITY_SIZE];
    int64_t epoch;
    struct db_identity opened_in; /* where the epoch was opened */
    struct db_identity now;
    uint8_t key[KEY_SIZE];
};

/* READ: as it is. SHARE: so that no epoch changes under an append. CHANGE: alone among those who change it;
 * never after SHARE in one transaction (two who upgrade wait for each other). */
enum db_streams_lock { DB_STREAMS_READ, DB_STREAMS_SHARE, DB_STREAMS_CHANGE };
bool db_streams_state(struct tx *tx, enum db_streams_lock lock, struct db_node_state *state);
bool db_streams_state_save(struct tx *tx, const struct db_node_state *state);

/* Locks the newest epoch of one of our streams; *id is 0 when there is no such stream. */
bool db_streams_lock(struct tx *tx, const char *origin, const char *name, int64_t *id,
                     struct origin_stream *stream);
/* A new epoch of a stream, empty; *id of its row. */
bool db_streams_create(struct tx *tx, const struct origin_stream *stream, const uint8_t key[KEY_SIZE],
                       int64_t *id);
/* Stores appended lines and the head after them; when the transaction commits, the pulling thread is woken,
 * which tells the peers. */
bool db_streams_append(struct tx *tx, int64_t id, const struct origin_stream *stream,
                       const struct entry *entries, const struct origin_line *lines, size_t count,
                       const char *head);
/* A head signed anew over the same position: the stream's newest. The head kept with the last line stays as
 * it is (a `key` entry's page must close with the old key's). */
bool db_streams_refresh(struct tx *tx, int64_t id, const struct origin_stream *stream, const char *head);
bool db_streams_set_key(struct tx *tx, int64_t id, const uint8_t key[KEY_SIZE]);

/* Names of our streams in ascending order: owned array of strings. */
bool db_streams_names(struct tx *tx, const char *origin, json_t **names);
/* The highest rev we wrote about an object in a stream. */
bool db_streams_last_rev(struct tx *tx, const char *origin, const char *name, const char *object_id,
                         int64_t *rev);
/* Our lines of an object that are still held: array of "E.S". */
bool db_streams_object_lines(struct tx *tx, const char *origin, const char *name, const char *object_id,
                             json_t **cursors);
/* Those of our lines that were erased and that somebody may still hold: likewise. */
bool db_streams_erased_lines(struct tx *tx, const char *origin, const char *name, json_t **cursors);
/* What we know of an epoch of ours: up to which number we have its lines, and up to which we erased those
 * that we lost (0: none); id 0: nothing. */
struct db_known {
    int64_t id, last, lost;
};
bool db_streams_known(struct tx *tx, const char *origin, const char *name, int64_t epoch,
                      struct db_known *known);
bool db_streams_set_lost(struct tx *tx, int64_t id, int64_t seq);
/* An epoch has begun: up to here its stream says again what older ones erased. */
bool db_streams_begun(struct tx *tx, const char *origin, const char *name, int64_t epoch);
/* Notes an epoch that was, and of which we have no line; *id 0: there are `most` such epochs of it already.
 */
bool db_streams_remember(struct tx *tx, const struct origin_stream *stream, int64_t most, int64_t *id);
/* The channel on which the pulling thread listens. */
#define DB_STREAMS_WAKE "hf_wake"
/* Wakes it when this transaction commits. */
bool db_streams_wake(struct tx *tx);

#endif
