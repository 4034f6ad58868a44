#include "protocol/origin.h"

#include <string.h>

#include "protocol/json_profile.h"
#include "protocol/page.h"

/* How far beyond its own epoch and the time an honest node's epochs can lie: its clock was wrong by so much.
 */
enum { EPOCH_LEAD_SECONDS = 86400 };

static enum err_code sign_head(const struct origin_stream *stream, const struct key_private *key,
                               char jws[HEAD_SIZE], struct err *err)
{
    struct head head = {.position = stream->position, .issued_at = stream->last_issued_at};

    strcpy(head.origin, stream->origin);
    strcpy(head.stream, stream->name);
    return head_sign(&head, key, jws, err);
}

/* iat never goes back within a stream, whatever the clock does. */
static void stamp(struct origin_stream *stream, const struct key_private *key, int64_t now)
{
    if (now > stream->last_issued_at)
        stream->last_issued_at = now;
    strcpy(stream->key_id, key_public_id(key_private_public(key)));
}

/* Where an entry of a type may stand: the first of an epoch is its `epoch` entry, a `key` entry ends its
 * append. */
static enum err_code check_place(const struct entry *entries, size_t count, size_t i, int64_t seq,
                                 struct err *err)
{
    if (seq == 1 && strcmp(entries[i].type, "epoch") != 0)
        return err_set(err, ERR_MALFORMED, "an epoch begins with its epoch entry");
    if (strcmp(entries[i].type, "key") == 0 && i + 1 < count)
        return err_set(err, ERR_MALFORMED, "a key entry must be the last of its append");
    return ERR_OK;
}

enum err_code origin_append(struct origin_stream *stream, struct entry *entries, size_t count,
                            const struct key_private *key, int64_t now, struct origin_line *lines,
                            char jws[HEAD_SIZE], struct err *err)
{
    struct origin_stream next = *stream;
    size_t octets = 0;
    enum err_code code = ERR_OK;

    if (count < 1 || count > PAGE_APPEND_ENTRIES)
        return err_set(err, ERR_TOO_LARGE, "one append has 1 to %d entries", PAGE_APPEND_ENTRIES);
    memset(lines, 0, count * sizeof *lines);
    for (size_t i = 0; i < count && code == ERR_OK; i++) {
        struct origin_line *line = &lines[i];

        entries[i].seq = ++next.position.at.seq;
        code = check_place(entries, count, i, entries[i].seq, err);
        if (code == ERR_OK)
            code = entry_write(&entries[i], &line->line, err);
        octets += line->line.size + 1;
        if (code == ERR_OK && octets > PAGE_APPEND_OCTETS)
            code = err_set(err, ERR_TOO_LARGE, "one append has at most %d octets", PAGE_APPEND_OCTETS);
        if (code == ERR_OK) {
            chain_digest(line->line.data, line->line.size, line->digest);
            chain_link(next.position.chain, entries[i].seq, line->digest);
            memcpy(line->chain, next.position.chain, CHAIN_SIZE);
        }
    }
    if (code == ERR_OK) {
        stamp(&next, key, now);
        code = sign_head(&next, key, jws, err);
    }
    if (code != ERR_OK) {
        origin_lines_finish(lines, count);
        return code;
    }
    *stream = next;
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
    if (code == ERR_OK) {
        *stream = next;
        *signed_anew = true;
    }
    return code;
}

int64_t origin_next_epoch(int64_t previous, int64_t now)
{
    if (previous >= JSON_PROFILE_INTEGER_MAX)
        return 0;
    return previous + 1 > now ? previous + 1 : now;
}

int origin_answer(const struct origin_epoch *epochs, size_t count, struct cursor cursor,
                  struct origin_range *ranges)
{
    const struct origin_epoch *newest = &epochs[count - 1];
    int written = 0;

    /* Beyond the end of an older epoch is no news: that end was lost with the database that the newer epoch
     * replaced. */
    if (cursor.epoch > newest->epoch || (cursor.epoch == newest->epoch && cursor.seq > newest->last))
        return -1;
    for (size_t i = 0; i < count; i++) {
        int64_t from = epochs[i].epoch == cursor.epoch ? cursor.seq : 0;

        if (epochs[i].epoch >= cursor.epoch && from < epochs[i].last)
            ranges[written++] = (struct origin_range){epochs[i].epoch, from, epochs[i].last};
    }
    if (written == 0)
        ranges[written++] = (struct origin_range){newest->epoch, newest->last, newest->last};
    return written;
}

bool origin_epoch_believable(int64_t epoch, int64_t known, int64_t now)
{
    return epoch <= (known > now ? known : now) + EPOCH_LEAD_SECONDS;
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
    if (!origin_epoch_believable(head->position.at.epoch, own, now))
        return ORIGIN_ABSURD;
    if (order > 0)
        return ORIGIN_AHEAD;
    return ours == NULL || memcmp(ours, head->position.chain, CHAIN_SIZE) == 0 ? ORIGIN_KNOWN
                                                                               : ORIGIN_DIFFERENT;
}
