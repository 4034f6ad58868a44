#include "protocol/origin.h"

#include <string.h>

#include "protocol/check.h"
#include "protocol/json_profile.h"
#include "protocol/page.h"

static enum err_code sign_head(const struct origin_stream *stream, const struct key_private *key,
                               char jws[HEAD_SIZE], struct err *err)
{
    struct head head = {.position = stream->position, .issued_at = stream->last_issued_at};

    strcpy(head.origin, stream->origin);
    strcpy(head.stream, stream->name);
    return head_sign(&head, key, jws, err);
}

/* iat never goes back within a stream, whatever the clock does (SPEC.md section 7): a follower keeps the
 * later of two heads. */
static void stamp(struct origin_stream *stream, const struct key_private *key, int64_t now)
{
    if (now > stream->last_issued_at)
        stream->last_issued_at = now;
    strcpy(stream->key_id, key_public_id(key_private_public(key)));
}

/* The one place where a stream changes: forward, and in its epoch. Its head is signed already; what followers
 * hold of it cannot be taken back. */
static void move_on(struct origin_stream *stream, const struct origin_stream *next, size_t appended)
{
    CHECK(strcmp(next->origin, stream->origin) == 0 && strcmp(next->name, stream->name) == 0);
    CHECK(next->position.at.epoch == stream->position.at.epoch);
    CHECK(next->position.at.seq == stream->position.at.seq + (int64_t)appended);
    CHECK(next->last_issued_at >= stream->last_issued_at);
    /* The same number under another chain is what a fork is made of. */
    CHECK((appended == 0) == (memcmp(next->position.chain, stream->position.chain, CHAIN_SIZE) == 0));
    *stream = *next;
}

/* Where an entry of a type may stand: the first of an epoch is its `epoch` entry, from which a newcomer has
 * the key (SPEC.md section 6.5); a `key` entry ends its append, since a page has one signing key (8.1). */
static enum err_code check_place(const struct entry *entries, size_t count, size_t i, int64_t seq,
                                 struct err *err)
{
    if (seq == 1 && strcmp(entries[i].type, "epoch") != 0)
        return err_set(err, ERR_MALFORMED, "an epoch begins with its epoch entry");
    if (strcmp(entries[i].type, "key") == 0 && i + 1 < count)
        return err_set(err, ERR_MALFORMED, "a key entry must be the last of its append");
    return ERR_OK;
}

/* Numbers, writes and chains the i-th entry; next stands before it, and after it on ERR_OK. */
static enum err_code write_line(struct position *next, struct entry *entries, size_t count, size_t i,
                                struct origin_line *out, struct err *err)
{
    struct entry *entry = &entries[i];
    enum err_code code;

    entry->seq = ++next->at.seq;
    code = check_place(entries, count, i, entry->seq, err);
    if (code == ERR_OK)
        code = entry_write(entry, &out->line, err);
    if (code != ERR_OK)
        return code;
    chain_digest(out->line.data, out->line.size, out->digest);
    chain_link(next->chain, entry->seq, out->digest);
    memcpy(out->chain, next->chain, CHAIN_SIZE);
    return ERR_OK;
}

enum err_code origin_append(struct origin_stream *stream, struct entry *entries, size_t count,
                            const struct key_private *key, int64_t now, struct origin_line *lines,
                            char jws[HEAD_SIZE], struct err *err)
{
    struct origin_stream next = *stream;
    size_t octets = 0;
    enum err_code code = ERR_OK;

    CHECK(stream->position.at.epoch >= 1 && stream->position.at.seq >= 0);
    if (count < 1 || count > PAGE_APPEND_ENTRIES)
        return err_set(err, ERR_TOO_LARGE, "one append has 1 to %d entries", PAGE_APPEND_ENTRIES);
    memset(lines, 0, count * sizeof *lines);
    for (size_t i = 0; i < count && code == ERR_OK; i++) {
        code = write_line(&next.position, entries, count, i, &lines[i], err);
        octets += lines[i].line.size + 1; /* with its LF, as it is served */
        if (code == ERR_OK && octets > PAGE_APPEND_OCTETS)
            code = err_set(err, ERR_TOO_LARGE, "one append has at most %d octets", PAGE_APPEND_OCTETS);
    }
    if (code == ERR_OK) {
        stamp(&next, key, now);
        code = sign_head(&next, key, jws, err);
    }
    if (code != ERR_OK) {
        origin_lines_finish(lines, count);
        return code;
    }
    /* The head covers exactly these lines. */
    CHECK(memcmp(lines[count - 1].chain, next.position.chain, CHAIN_SIZE) == 0);
    CHECK(entries[0].seq == stream->position.at.seq + 1 && entries[count - 1].seq == next.position.at.seq);
    move_on(stream, &next, count);
    return ERR_OK;
}

void origin_lines_finish(struct origin_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_free(&lines[i].line);
}

bool origin_stale(const struct origin_stream *stream, const struct key_private *key, int64_t now)
{
    bool same_key =
        stream->key_id[0] == '\0' || strcmp(stream->key_id, key_public_id(key_private_public(key))) == 0;

    return !same_key || now - stream->last_issued_at > HEAD_FRESH_SECONDS;
}

enum err_code origin_refresh(struct origin_stream *stream, const struct key_private *key, int64_t now,
                             bool *signed_anew, char jws[HEAD_SIZE], struct err *err)
{
    struct origin_stream next = *stream;
    enum err_code code;

    *signed_anew = false;
    jws[0] = '\0';
    if (!origin_stale(stream, key, now))
        return ERR_OK;
    stamp(&next, key, now);
    code = sign_head(&next, key, jws, err);
    if (code != ERR_OK)
        return code;
    move_on(stream, &next, 0);
    *signed_anew = true;
    return ERR_OK;
}

int64_t origin_next_epoch(int64_t previous, int64_t now)
{
    int64_t next = previous + 1 > now ? previous + 1 : now;

    if (next > JSON_PROFILE_INTEGER_MAX)
        return 0;
    /* An epoch that was used once must never be written to again: followers hold its lines. */
    CHECK(next > previous);
    return next;
}

/* Whether an answer of ours has led it there, as far as we know. Who follows us and asks after less was put
 * back itself; what it has is ours still. That somebody asks again after the same says nothing: the answer
 * may have been lost. */
static bool was_led(const struct origin_following *following, struct cursor cursor)
{
    bool followed = cursor_compare(following->asked, following->acknowledged) == 0;
    int order = cursor_compare(cursor, following->asked);

    return (followed && order <= 0) || (order > 0 && cursor_compare(cursor, following->served) <= 0);
}

void origin_asked(struct origin_following *following, struct cursor cursor, struct cursor served)
{
    if (was_led(following, cursor))
        following->acknowledged = cursor;
    following->asked = cursor;
    following->served = served;
}

void origin_shown(struct origin_following *following, struct cursor at)
{
    if (cursor_compare(following->asked, following->acknowledged) != 0)
        *following = (struct origin_following){at, at, at};
}

/* What a cursor asks of one epoch: the lines after it, if it stands in there; all, if it stands before. */
static int64_t lines_from(const struct origin_epoch *epoch, struct cursor cursor)
{
    return epoch->epoch == cursor.epoch ? cursor.seq : 0;
}

int origin_answer(const struct origin_epoch *epochs, size_t count, const struct origin_following *following,
                  struct cursor cursor, struct origin_range *ranges)
{
    const struct origin_epoch *newest;
    int written = 0;

    CHECK(count >= 1);
    newest = &epochs[count - 1];
    /* Beyond the end of an older epoch is no news: that end was lost with the database that the newer epoch
     * replaced (SPEC.md section 8.3). */
    if (cursor.epoch > newest->epoch || (cursor.epoch == newest->epoch && cursor.seq > newest->last))
        return -1;
    /* It may have another history of these numbers: its head tells. */
    if (cursor.epoch == newest->epoch && !was_led(following, cursor))
        return -1;
    for (size_t i = 0; i < count; i++) {
        int64_t from = lines_from(&epochs[i], cursor);

        /* Out of order, a follower would take the first for the newest, and never see the rest. */
        CHECK(epochs[i].last >= 1 && (i == 0 || epochs[i].epoch > epochs[i - 1].epoch));
        if (epochs[i].epoch >= cursor.epoch && from < epochs[i].last)
            ranges[written++] = (struct origin_range){epochs[i].epoch, from, epochs[i].last};
    }
    if (written == 0)
        ranges[written++] = (struct origin_range){newest->epoch, newest->last, newest->last};
    return written;
}

struct origin_range origin_lost(const struct origin_epoch *epoch, int64_t lost, int64_t held)
{
    int64_t most = epoch->last + ORIGIN_LOST_MAX;
    int64_t known = lost > epoch->last ? lost : epoch->last;
    struct origin_range range = {epoch->epoch, known < 1 ? 1 : known, held < most ? held : most};

    if (range.last < range.from)
        range.last = range.from;
    return range;
}

bool origin_epoch_believable(int64_t epoch, int64_t known, int64_t now)
{
    return epoch <= (known > now ? known : now) + ORIGIN_EPOCH_LEAD_SECONDS;
}

enum origin_verdict origin_compare(const struct origin_stream *stream, const struct head *head,
                                   const uint8_t *held_chain, int64_t now)
{
    int64_t own = stream->position.at.epoch;
    int order = cursor_compare(head->position.at, stream->position.at);
    const uint8_t *ours = order == 0 ? stream->position.chain : held_chain;

    /* What an older epoch holds was settled when the newer one was opened. */
    if (head->position.at.epoch < own)
        return ORIGIN_KNOWN;
    /* A thief of the key could else drive a node to its last epoch, which ends it (SPEC.md section 6.5). */
    if (!origin_epoch_believable(head->position.at.epoch, own, now))
        return ORIGIN_ABSURD;
    if (order > 0)
        return ORIGIN_AHEAD;
    return !ours || memcmp(ours, head->position.chain, CHAIN_SIZE) == 0 ? ORIGIN_KNOWN : ORIGIN_DIFFERENT;
}
