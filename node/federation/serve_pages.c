/* GET /federation/v1/pages: our streams, as pages after the caller's cursors (SPEC.md sections 8 and 10.2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/say/entries.h"
#include "node/db/network/requests.h"
#include "node/db/say/streams.h"
#include "node/federation/serve.h"
#include "node/work/leap.h"
#include "node/work/say/writer.h"

#include "protocol/page.h"

enum { ASK_TO, ASK_NET, ASKS, PAGE_FRAME = 4096 };

struct ask {
    const char *kind; /* to, net */
    char name[STREAM_NAME_SIZE];
    bool given;
    struct cursor cursor;
    struct cursor served; /* where the answer ends; {0, 0}: it brings nothing of the stream */
    struct origin_following following;
    bool news; /* of how far it follows */
    bool lost; /* it holds lines of an older epoch that we do not know */
};

struct pages {
    struct call *call;
    struct ask asks[ASKS];
    int64_t limit;                       /* -1: none */
    bool (*withholds)(const char *type); /* lines of which the caller gets placeholders */
    struct buffer answer;
    const char *stale; /* a stream whose newest head must be signed anew first */
};

/* ---- what is asked */

static bool read_limit(const char *value, int64_t *limit)
{
    size_t digits = strspn(value, "0123456789");

    if (*limit != -1 || digits < 1 || digits > 9 || value[digits] || (value[0] == '0' && digits > 1))
        return false;
    *limit = strtoll(value, NULL, 10);
    return true;
}

static bool read_parameter(struct pages *pages, const char *name, const char *value)
{
    if (strcmp(name, "limit") == 0)
        return read_limit(value, &pages->limit);
    for (int i = 0; i < ASKS; i++) {
        struct ask *ask = &pages->asks[i];

        if (strcmp(name, ask->kind) != 0)
            continue;
        if (ask->given || !cursor_parse(value, &ask->cursor))
            return false;
        return ask->given = true;
    }
    return false;
}

/* The raw query: nothing in it needs decoding, so nothing is decoded (SPEC.md 10.2). */
static bool read_query(struct pages *pages)
{
    char text[160], *rest = text, *part;
    bool ok = snprintf(text, sizeof text, "%s", pages->call->request->query) < (int)sizeof text;

    while (ok && (part = strsep(&rest, "&"))) {
        char *value = strchr(part, '=');

        if (value)
            *value++ = '\0';
        ok = value && read_parameter(pages, part, value);
    }
    if (ok && (pages->asks[ASK_TO].given || pages->asks[ASK_NET].given))
        return true;
    return problem_set(&pages->call->problem, PROBLEM_MALFORMED,
                       "Ask with to=E.S, net=E.S or both, each once, and limit=k if wanted.");
}

/* ---- one page */

static bool nothing(const char *type)
{
    (void)type;
    return false;
}

static bool is_active(const struct call *call)
{
    return strcmp(call->peer_state, "active") == 0;
}

/* SPEC.md 8.4. */
static bool (*withheld_from(const struct call *call))(const char *type)
{
    if (!is_active(call))
        return entry_erasable;
    return call->signer.office ? entry_is_listing : nothing;
}

static void write_line(const struct pages *pages, const struct db_result *rows, size_t row,
                       struct buffer *out)
{
    int64_t seq = db_cell_integer(rows, row, "seq");
    struct buffer line = {0};
    uint8_t digest[CHAIN_SIZE] = {0};

    db_cell_fixed(rows, row, "digest", digest, sizeof digest);
    if (!db_cell(rows, row, "line"))
        page_write_placeholder(out, PAGE_ERASED, seq, digest);
    else if (pages->withholds(db_cell(rows, row, "type")))
        page_write_placeholder(out, PAGE_WITHHELD, seq, digest);
    else if (db_cell_octets(rows, row, "line", &line))
        page_write_entry(out, (struct bytes){line.data, line.size});
    else
        out->failed = true;
    buffer_free(&line);
}

static bool is_key(const struct db_result *rows, size_t row)
{
    const char *type = db_cell(rows, row, "type");

    return type && strcmp(type, "key") == 0;
}

/* The last row of the page that begins at `first`: at a head we hold, behind a `key` entry at the latest
 * (SPEC.md 8.1: a page has one signing key), and with as many lines as fit one page. SIZE_MAX when the rows
 * end before any head. */
static size_t page_end(const struct pages *pages, const struct db_result *rows, size_t first)
{
    size_t end = SIZE_MAX, octets = 0;

    for (size_t row = first; row < db_rows(rows); row++) {
        const char *line = db_cell(rows, row, "line");

        octets += line ? strlen(line) / 2 : CHAIN_SIZE * 3; /* bytea comes in hex */
        if (octets > PAGE_APPEND_OCTETS && end != SIZE_MAX)
            break;
        if (!db_cell(rows, row, "head"))
            continue;
        end = row;
        if (is_key(rows, row) || (pages->limit > 0 && (int64_t)(row - first) + 1 >= pages->limit))
            break;
    }
    return end;
}

/* Adds what was written if there is room in the answer. */
static bool add_page(struct pages *pages, struct buffer *page)
{
    bool fits = !page->failed && pages->answer.size + page->size <= PAGE_ANSWER_MAX;

    if (fits)
        buffer_append(&pages->answer, page->data, page->size);
    pages->answer.failed |= page->failed;
    buffer_free(page);
    return fits;
}

/* Pages of one range, as many as there is room for. *whole: the range was written to its end. */
static bool write_range(struct tx *tx, struct pages *pages, struct ask *ask, int64_t stream_id,
                        const struct origin_range *range, bool *whole)
{
    const char *self = pages->call->node->authority;
    struct position from = {.at = {range->epoch, range->from}};
    int64_t written = 0, room = PAGE_ANSWER_MAX - (int64_t)pages->answer.size - PAGE_FRAME;
    struct db_result *rows;
    bool found;

    *whole = false;
    if (room <= 0)
        return true;
    if (!db_entries_chain(tx, self, ask->name, from.at, from.chain, &found))
        return false;
    if (!found)
        return problem_set(tx->problem, PROBLEM_INTERNAL, "The chain of %s is missing.", ask->name);
    if (!db_entries_lines(tx, stream_id, range->from, room, &rows))
        return false;
    for (size_t first = 0; first < db_rows(rows);) {
        size_t end = page_end(pages, rows, first);
        struct buffer page = {0};

        if (end == SIZE_MAX)
            break;
        page_write_open(&page, self, ask->name, &from);
        for (size_t row = first; row <= end; row++)
            write_line(pages, rows, row, &page);
        page_write_close(&page, db_cell(rows, end, "head"));
        written += (int64_t)(end - first) + 1;
        from.at.seq = db_cell_integer(rows, end, "seq");
        first = end + 1;
        if (!add_page(pages, &page) || !db_cell_fixed(rows, end, "chain", from.chain, CHAIN_SIZE))
            break;
        ask->served = from.at;
        if (pages->limit > 0 && written >= pages->limit)
            break;
        *whole = from.at.seq == range->last;
    }
    db_result_destroy(rows);
    return true;
}

/* Nothing is new: a page without lines, under a head that is fresh and signed by today's key (SPEC.md
 * 7, 8.3). */
static bool write_empty(struct tx *tx, struct pages *pages, struct ask *ask, const struct db_epoch *newest)
{
    const struct node *node = pages->call->node;
    struct origin_stream stream = {.last_issued_at = newest->issued_at};
    struct buffer page = {0};
    struct head head;
    bool leapt;

    if (head_parse(newest->head, strlen(newest->head), &head, NULL) != ERR_OK)
        return problem_set(&pages->call->problem, PROBLEM_INTERNAL, "The stored head of %s is damaged.",
                           ask->name);
    memcpy(stream.key_id, head.key_id, sizeof stream.key_id);
    if (origin_stale(&stream, node->key, tx->now)) {
        if (!leap_look(tx, &leapt))
            return false;
        /* A head from the future would make all later ones prove no freshness; an old one proves none, and is
         * good. */
        pages->stale = leapt ? NULL : ask->name;
        if (pages->stale)
            return true;
    }
    page_write_open(&page, node->authority, ask->name, &head.position);
    page_write_close(&page, newest->head);
    if (add_page(pages, &page))
        ask->served = head.position.at;
    return true;
}

/* ---- the answer */

static const struct db_epoch *epoch_of(const struct db_epoch *epochs, int64_t epoch)
{
    while (epochs->epoch != epoch)
        epochs++;
    return epochs;
}

/* May it have lines of ours that we do not know any more, since we were put back (SPEC.md 6.5)? A cursor is
 * its word alone, and counts as long as it is a peer. */
static bool holds_lost(const struct ask *ask, const struct db_epoch *epochs, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (epochs[i].epoch == ask->cursor.epoch)
            return ask->cursor.seq > epochs[i].last && ask->cursor.seq > epochs[i].lost;
    return count > 0 && ask->cursor.epoch > 0 && ask->cursor.epoch < epochs[count - 1].epoch;
}

static bool write_ranges(struct tx *tx, struct pages *pages, struct ask *ask, const struct db_epoch *epochs,
                         size_t count)
{
    struct origin_epoch *held = calloc(count, sizeof *held);
    struct origin_range *ranges = calloc(count, sizeof *ranges);
    int answered = -1;
    bool ok = held && ranges, whole = true;

    for (size_t i = 0; ok && i < count; i++)
        held[i] = (struct origin_epoch){epochs[i].epoch, epochs[i].last};
    if (ok)
        answered = origin_answer(held, count, &ask->following, ask->cursor, ranges);
    if (ok && answered < 0)
        ok =
            problem_set(tx->problem, PROBLEM_CURSOR_AHEAD,
                        "The cursor is ahead of this stream. Send the newest head you hold of it as a hint.");
    for (int i = 0; ok && whole && i < answered; i++)
        if (ranges[i].from == ranges[i].last)
            ok = write_empty(tx, pages, ask, &epochs[count - 1]);
        else
            ok = write_range(tx, pages, ask, epoch_of(epochs, ranges[i].epoch)->id, &ranges[i], &whole);
    free(held);
    free(ranges);
    return ok;
}

static bool write_stream(struct tx *tx, struct pages *pages, struct ask *ask)
{
    struct db_epoch *epochs = NULL;
    struct origin_following before;
    size_t count;
    bool ok;

    ask->served = (struct cursor){0};
    if (!db_requests_following(tx, pages->call->peer, ask->kind, &before) ||
        !db_entries_epochs(tx, pages->call->node->authority, ask->name, &epochs, &count))
        return false;
    ask->following = before;
    if (count > 0 && pages->limit == 0)
        ok = write_empty(tx, pages, ask, &epochs[count - 1]);
    else if (count == 0)
        ok = ask->cursor.epoch == 0 || pages->limit == 0 ||
             problem_set(tx->problem, PROBLEM_CURSOR_AHEAD, "There is no stream %s here.", ask->name);
    else
        ok = write_ranges(tx, pages, ask, epochs, count);
    ask->lost = ok && is_active(pages->call) && holds_lost(ask, epochs, count);
    free(epochs);
    /* Who only compares heads moves no position (SPEC.md 8.3). */
    if (pages->limit != 0)
        origin_asked(&ask->following, ask->cursor, ask->served);
    ask->news = memcmp(&ask->following, &before, sizeof before) != 0;
    return ok;
}

/* Lines and heads in one snapshot (SPEC.md 6.4). */
static bool write_answer(struct tx *tx, void *arg)
{
    struct pages *pages = arg;

    buffer_free(&pages->answer);
    pages->stale = NULL;
    for (int i = 0; i < ASKS; i++)
        if (pages->asks[i].given && !pages->stale && !write_stream(tx, pages, &pages->asks[i]))
            return false;
    return !pages->answer.failed || problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
}

static bool refresh_head(struct tx *tx, void *arg)
{
    const struct pages *pages = arg;
    const struct node *node = pages->call->node;
    struct origin_stream stream;
    char head[HEAD_SIZE];
    struct err err = {0};
    bool signed_anew;
    int64_t id;

    if (!serve_may_sign(tx, node, DB_STREAMS_SHARE) ||
        !db_streams_lock(tx, node->authority, pages->stale, &id, &stream))
        return false;
    if (origin_refresh(&stream, node->key, tx->now, &signed_anew, head, &err) != ERR_OK)
        return problem_from_err(tx->problem, &err);
    /* Another process may have done so meanwhile. */
    return !signed_anew || db_streams_refresh(tx, id, &stream, head);
}

static bool acknowledge(struct tx *tx, void *arg)
{
    const struct pages *pages = arg;

    for (int i = 0; i < ASKS; i++)
        if (pages->asks[i].given && pages->asks[i].news &&
            !db_requests_acknowledge(tx, pages->call->peer, pages->asks[i].kind, &pages->asks[i].following,
                                     pages->call->signature_created))
            return false;
    return db_relax(tx);
}

/* What it has acknowledged is in doubt now, whatever came of its question. */
static void doubt(struct pages *pages)
{
    struct problem ignored = {0};

    if (pages->call->problem.code == PROBLEM_CURSOR_AHEAD)
        db_transaction(pages->call->db, &ignored, acknowledge, pages);
    problem_finish(&ignored);
}

static bool erase_lost(struct tx *tx, void *arg)
{
    const struct pages *pages = arg;

    for (int i = 0; i < ASKS; i++)
        if (pages->asks[i].lost &&
            !writer_erase_lost(tx, pages->call->node, pages->asks[i].name, pages->asks[i].cursor))
            return false;
    return true;
}

void serve_pages(struct call *call)
{
    struct pages pages = {.call = call,
                          .asks = {[ASK_TO] = {.kind = "to"}, [ASK_NET] = {.kind = "net", .name = "net"}},
                          .limit = -1,
                          .withholds = withheld_from(call)};
    bool ok;

    snprintf(pages.asks[ASK_TO].name, STREAM_NAME_SIZE, "to/%s", call->peer);
    ok = read_query(&pages) && db_snapshot(call->db, &call->problem, write_answer, &pages);
    for (int i = 0; ok && pages.stale && i <= ASKS; i++)
        ok = db_transaction(call->db, &call->problem, refresh_head, &pages) &&
             db_snapshot(call->db, &call->problem, write_answer, &pages);
    if (!ok)
        doubt(&pages);
    /* Asking acknowledges (SPEC.md 10.2); but HEAD brings no page, so it acknowledges none. */
    if (ok && (pages.asks[ASK_TO].news || pages.asks[ASK_NET].news) &&
        strcmp(call->request->method, "HEAD") != 0)
        ok = db_transaction(call->db, &call->problem, acknowledge, &pages);
    if (ok && (pages.asks[ASK_TO].lost || pages.asks[ASK_NET].lost))
        ok = db_transaction(call->db, &call->problem, erase_lost, &pages);
    if (ok) {
        reply_header(call->reply, "Cache-Control", "no-store");
        reply_buffer(call->reply, 200, "application/x-ndjson", &pages.answer);
    }
    buffer_free(&pages.answer);
}
