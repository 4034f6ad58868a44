/* The writing side of one stream, without I/O: numbering, chaining, signing, and what to answer to a cursor
 * (SPEC.md sections 6.4, 6.5, 7, 8.3). The caller holds the lock, stores the result, and commits. Any thread.
 */
#ifndef PROTOCOL_ORIGIN_H
#define PROTOCOL_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/entry.h"
#include "protocol/head.h"

/* Where a stream stands. epoch > 0; seq 0 and chain_start() before its first entry. */
struct origin_stream {
    char origin[AUTHORITY_SIZE];
    char name[STREAM_NAME_SIZE];
    struct position position;
    int64_t last_issued_at;   /* iat of the newest head, Unix seconds; 0: none */
    char key_id[KEY_ID_SIZE]; /* of the key that signed the newest head; "" if not known */
};

/* One appended line. */
struct origin_line {
    struct buffer line; /* owned */
    uint8_t digest[CHAIN_SIZE];
    uint8_t chain[CHAIN_SIZE];
};

/* Numbers entries[0..count) (setting seq; at, salt, id, rev, body are the caller's), writes and chains them,
 * signs the head at now (Unix seconds; the head's iat never goes back). On success stream is moved on,
 * lines[0..count) and jws are filled, to be stored in the same transaction; on error stream and jws are
 * unchanged and lines are empty. At most PAGE_APPEND_ENTRIES entries and PAGE_APPEND_OCTETS octets
 * (ERR_TOO_LARGE). The first entry of an epoch must be its `epoch` entry, and a `key` entry the last of its
 * append (ERR_MALFORMED, as of entries that entry_write refuses). ERR_NO_MEMORY, ERR_CRYPTO. */
enum err_code origin_append(struct origin_stream *stream, struct entry *entries, size_t count,
                            const struct key_private *key, int64_t now, struct origin_line *lines,
                            char jws[HEAD_SIZE], struct err *err);
/* Frees the lines, also those that were never written. */
void origin_lines_finish(struct origin_line *lines, size_t count);

/* Whether the newest head is older than HEAD_FRESH_SECONDS, or by another key: after a rotation nobody takes
 * the old key's word any more. */
bool origin_stale(const struct origin_stream *stream, const struct key_private *key, int64_t now);
/* Signs the same position (of at least one entry) again when the newest head is stale. *signed_anew tells; if
 * not, jws is "". Keep it beside the head that origin_append signed, not in its place: it closes only pages
 * without lines. On error (ERR_NO_MEMORY, ERR_CRYPTO) stream is unchanged. */
enum err_code origin_refresh(struct origin_stream *stream, const struct key_private *key, int64_t now,
                             bool *signed_anew, char jws[HEAD_SIZE], struct err *err);

/* The epoch a node opens next (SPEC.md section 6.5): max(previous + 1, now), previous 0 if it had none; 0
 * when there is none left. */
int64_t origin_next_epoch(int64_t previous, int64_t now);
/* How far beyond its own epoch and the time an honest node's epochs can lie: its clock was wrong by so much
 * (SPEC.md section 6.5). */
enum { ORIGIN_EPOCH_LEAD_SECONDS = 86400 };
/* Could an honest node have opened this epoch, when the newest one known of it is `known` (0: none)? At most
 * a day ahead of that and of the time (SPEC.md 6.5, 9.2). */
bool origin_epoch_believable(int64_t epoch, int64_t known, int64_t now);

/* How far a peer follows a stream of ours, told from what it asks after (SPEC.md 10.2). It may hold another
 * history of the same numbers, if we were put back to an older state: so a cursor counts only where an answer
 * of ours has led it. */
struct origin_following {
    struct cursor asked;  /* what it asked after last */
    struct cursor served; /* where the answer to that ended */
    struct cursor
        acknowledged; /* as far as it has our lines; where this is not what it asked, that is in doubt */
};
/* It asks after `cursor`, and the answer ends at `served` ({0, 0}: it brings nothing). Zero is who never
 * asked. */
void origin_asked(struct origin_following *following, struct cursor cursor, struct cursor served);
/* It showed a head of ours, verified, over the chain that we have there. */
void origin_shown(struct origin_following *following, struct cursor at);

/* One epoch of a stream as held: lines 1..last. */
struct origin_epoch {
    int64_t epoch;
    int64_t last;
};

/* Which lines answer a cursor. epochs ascend, count >= 1, each with last >= 1. Writes at most count ranges
 * [from+1 .. last]; returns how many, or -1 for ERR_CURSOR_AHEAD: also when no answer of ours has led the
 * asker to where it says it stands in the newest epoch. When nothing is new, one empty range in the newest
 * epoch. The caller cuts a range into pages at heads that origin_append signed, and always after a `key`
 * entry (page.h). */
struct origin_range {
    int64_t epoch;
    int64_t from;
    int64_t last;
};
int origin_answer(const struct origin_epoch *epochs, size_t count, const struct origin_following *following,
                  struct cursor cursor, struct origin_range *ranges);

/* More than any town loses with a backup of the night before, of an epoch, and more often than one is put
 * back: whoever asks could else make us name numbers for ever. */
enum { ORIGIN_LOST_MAX = 1000, ORIGIN_UNKNOWN_MAX = 16 };
/* Somebody holds an older epoch of ours up to the number `held`; we have its lines up to epoch->last (0:
 * none), and erased the numbers behind them up to `lost` (0: not yet). Which we erase now (SPEC.md
 * section 6.5): [from+1 .. last], empty where from == last; never number 1, and of an epoch at most
 * ORIGIN_LOST_MAX, however often it is said. range.last is the next `lost`. Of epochs with last 0,
 * ORIGIN_UNKNOWN_MAX are listened to. */
struct origin_range origin_lost(const struct origin_epoch *epoch, int64_t lost, int64_t held);

/* What a head of our own, verified and shown by a peer, means (SPEC.md section 6.5). held_chain: our chain at
 * head's number, NULL if we have none there. ABSURD: so far in the future that we never signed it, though our
 * key did. */
enum origin_verdict { ORIGIN_KNOWN, ORIGIN_AHEAD, ORIGIN_DIFFERENT, ORIGIN_ABSURD };
enum origin_verdict origin_compare(const struct origin_stream *stream, const struct head *head,
                                   const uint8_t *held_chain, int64_t now);

#endif
