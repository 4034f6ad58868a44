/* Lines of streams: reading our own for pages, keeping those of others, taking out what was erased. */
#ifndef NODE_DB_SAY_ENTRIES_H
#define NODE_DB_SAY_ENTRIES_H

#include "node/db/db.h"
#include "protocol/follower.h"
#include "protocol/head.h"
#include "protocol/origin.h"

extern const struct db_statement db_entries_statements[];

/* Our own: the epochs of a stream, ascending. */
struct db_epoch {
    int64_t id; /* of the streams row */
    int64_t epoch, last;
    int64_t lost; /* beyond `last`: up to where lines were erased that we do not know any more; 0: none */
    int64_t issued_at;
    char head[HEAD_SIZE];
};
/* *epochs is owned (free), *count 0 when there is no such stream. */
bool db_entries_epochs(struct tx *tx, const char *origin, const char *name, struct db_epoch **epochs,
                       size_t *count);
/* Lines after `from` of one epoch, ascending, together at most octets_max; seq, type, line, digest, chain,
 * head. */
bool db_entries_lines(struct tx *tx, int64_t stream_id, int64_t from, int64_t octets_max,
                      struct db_result **rows);
/* The chain at a number of a stream, own or followed; *found false: we have nothing there. */
bool db_entries_chain(struct tx *tx, const char *origin, const char *name, struct cursor at,
                      uint8_t chain[CHAIN_SIZE], bool *found);

/* A key that the newest epoch of our stream names (its `epoch` and `key` entries), by its id; *key is owned,
 * NULL if none. One that was replaced is not among them: its replacement began an epoch. */
bool db_entries_own_key(struct tx *tx, const char *origin, const char *name, const char *key_id,
                        struct key_public **key);

/* Did the newest epoch of origin's `net` (ours, or a followed one) name this key before the one that counts
 * now? Then its owner rotated it away. */
bool db_entries_key_retired(struct tx *tx, const char *origin, const struct key_public *key,
                            const struct key_public *current, bool *retired);

/* A followed stream's newest epoch. *key is owned, NULL when there is nothing yet (then id is 0). */
struct db_followed {
    int64_t id;
    struct position position;
    struct key_public *key;
    char signer[KEY_ID_SIZE]; /* of the newest head */
    struct cursor vouched;    /* {0, 0}: nothing of the stream */
    bool settled, frozen;
};
bool db_entries_followed(struct tx *tx, const char *origin, const char *name, struct db_followed *followed);
/* Our stored newest head of a followed stream, to show it to its origin; "" if none. */
bool db_entries_newest_head(struct tx *tx, const char *origin, const char *name, char head[HEAD_SIZE]);

/* Locks the row of this epoch, making it if need be. */
struct db_locked {
    int64_t id, seq;
    bool settled;
    int64_t last; /* that is held: beyond seq after db_entries_rewind */
    bool behind;  /* of some epoch of the stream there are lines that were not gone through yet */
};
bool db_entries_lock(struct tx *tx, const char *origin, const char *name, int64_t epoch,
                     struct db_locked *locked);
/* How many epochs of a followed stream came within the last ten minutes. */
bool db_entries_opened(struct tx *tx, const char *origin, const char *name, int64_t *count);
struct db_line {
    int64_t seq;
    const char *type, *object_id; /* NULL: unknown */
    int64_t rev, at, keep_until;  /* 0: unknown */
    struct bytes line;
    const uint8_t *digest, *chain;
    const char *status; /* held, quarantined, erased, withheld */
    bool covered;
    bool dropped; /* withheld by ourselves: its peer is not active, or has no room */
};
/* All in one statement. What is there already stays as it is: what was erased is not taken in again. Only
 * what was dropped takes its place. */
bool db_entries_insert(struct tx *tx, int64_t stream_id, const struct db_line *lines, size_t count);
/* keep_until: the latest. */
bool db_entries_quarantine(struct tx *tx, int64_t stream_id, int64_t seq, int64_t keep_until);
bool db_entries_advance(struct tx *tx, int64_t stream_id, const struct head *head, const char *jws,
                        const uint8_t key[KEY_SIZE], bool settled);
/* A head under the trusted key was reached: it vouches for all that is held of the stream. applied: and all
 * of it was gone through. */
bool db_entries_vouch(struct tx *tx, const char *origin, const char *name, bool applied);
bool db_entries_freeze(struct tx *tx, const char *origin, const char *name, int64_t epoch);
/* Throws away the provisional lines of epochs before another that stand beyond `linked`; the stream stands
 * again where what is left ends. */
bool db_entries_discard(struct tx *tx, const char *origin, const char *name, struct cursor linked,
                        int64_t before_epoch);
/* What epochs that begin to count now do not go on from, as their `epoch` entries say, is lost to its origin:
 * also all of an epoch that was frozen and that the next one goes on from in another history. Those lines
 * stay, marked, and are not applied again; texts in `net` are deleted. *lost: there were some. */
bool db_entries_lose(struct tx *tx, const char *origin, const char *name, bool *lost);
/* All that is held of the stream (NULL: of both) is to be gone through anew. */
bool db_entries_show_anew(struct tx *tx, const char *origin, const char *name);

/* Both streams stand again before the first line that was dropped, so that it is asked for; what is held
 * beyond stays, and whoever says something else there has forked. */
bool db_entries_rewind(struct tx *tx, const char *origin);

/* The oldest lines of a followed stream that are vouched for and were not gone through yet: one epoch's,
 * numbers from+1 ... to, at most 200, and about 256 KiB. stream_id 0: there are none. */
struct db_span {
    int64_t stream_id, epoch, from, to;
};
bool db_entries_unapplied(struct tx *tx, const char *origin, const char *name, struct db_span *span);
/* Those of them that change something, in order: seq, line. Not what is shown already, or replaced; of
 * `member` entries only the last of each, and none unless it is a registry that we follow. */
bool db_entries_held(struct tx *tx, const char *origin, const char *name, const struct db_span *span,
                     bool registry, struct db_result **rows);
bool db_entries_applied(struct tx *tx, int64_t stream_id, int64_t seq);
/* Whether an `erase` of this epoch that names these (array of "E.S") makes sense: of its own epoch all are
 * there, and none is of a type that cannot be erased. */
bool db_entries_erasable(struct tx *tx, const char *origin, const char *name, const json_t *cursors,
                         int64_t epoch, bool *erasable);
/* Deletes lines (array of "E.S"), ours or theirs, for good, but none that cannot be erased: keeps number,
 * digest and chain, and of ours what they were about. rows (NULL: not wanted): what was still there: epoch,
 * seq, type, object_id. */
bool db_entries_erase(struct tx *tx, const char *origin, const char *name, const json_t *cursors,
                      struct db_result **rows);
/* Placeholders that no erase covers: how many. */
bool db_entries_uncovered(struct tx *tx, const char *origin, const char *name, int64_t *count);
/* Lines whose keep_until has passed: array of {origin, stream, epoch, seq, object_id, type}, at most 500, in
 * no order (one that cannot be erased must not stand before the rest for ever). Either ours or
 * others'. */
enum db_entries_whose { DB_ENTRIES_OURS, DB_ENTRIES_OTHERS };
bool db_entries_expired(struct tx *tx, const char *self, enum db_entries_whose whose, json_t **lines);

/* Some of what others' streams say of proposals and offers, or cannot be read here, becomes as if it had been
 * withheld from the start; more: there may be others. */
bool db_entries_withhold(struct tx *tx, const char *self, bool *more);

#endif
