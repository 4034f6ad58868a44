#include "protocol/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"

static const char *const placeholder_names[] = {[PAGE_ERASED] = "erased", [PAGE_WITHHELD] = "withheld"};

void page_write_open(struct buffer *out, const char *origin, const char *stream, const struct position *from)
{
    char chain[BYTES_B64U_SIZE(CHAIN_SIZE)];

    CHECK(authority_valid(origin) && authority_stream_valid(stream));
    CHECK(from->at.epoch >= 1 && from->at.seq >= 0);
    bytes_b64u_encode(from->chain, CHAIN_SIZE, chain);
    buffer_printf(
        out,
        "{\"page\":1,\"origin\":\"%s\",\"stream\":\"%s\",\"epoch\":%lld,\"from\":%lld,\"chain\":\"%s\"}\n",
        origin, stream, (long long)from->at.epoch, (long long)from->at.seq, chain);
}

void page_write_entry(struct buffer *out, struct bytes line)
{
    /* It was read or written as an entry once. With a line break in it, it would be two lines to a follower,
     * and its stream could not be read beyond it. */
    CHECK(line.size >= 2 && line.size <= ENTRY_MAX && !memchr(line.data, '\n', line.size));
    buffer_append(out, line.data, line.size);
    buffer_puts(out, "\n");
}

void page_write_placeholder(struct buffer *out, enum page_line_kind kind, int64_t seq,
                            const uint8_t digest[CHAIN_SIZE])
{
    char text[BYTES_B64U_SIZE(CHAIN_SIZE)];

    CHECK(kind == PAGE_ERASED || kind == PAGE_WITHHELD);
    CHECK(seq > 1); /* what an epoch begins with cannot be erased, nor withheld (SPEC.md section 8.1) */
    bytes_b64u_encode(digest, CHAIN_SIZE, text);
    buffer_printf(out, "{\"seq\":%lld,\"%s\":\"%s\"}\n", (long long)seq, placeholder_names[kind], text);
}

void page_write_close(struct buffer *out, const char *head_jws)
{
    CHECK(head_jws[0] != '\0' && strlen(head_jws) < HEAD_SIZE); /* a page is cut at heads, and nowhere else */
    buffer_printf(out, "{\"head\":\"%s\"}\n", head_jws);
}

/* A proof is kept for as long as the alarm, which may be for ever: texts have terms, so they stay out. The
 * chain runs over digests and shows the same without them (SPEC.md section 6.3). */
void page_write_proof(struct buffer *out, const struct page *page)
{
    char jws[HEAD_SIZE];
    size_t octets = 0;

    CHECK(page->head_jws.size < sizeof jws); /* cut, it would prove nothing */
    snprintf(jws, sizeof jws, "%.*s", (int)page->head_jws.size, (const char *)page->head_jws.data);
    page_write_open(out, page->origin, page->stream, &page->from);
    for (size_t i = 0; i < page->count; i++) {
        const struct page_line *line = &page->lines[i];

        if (!entry_erasable(line->entry.type) && octets + line->line.size <= PAGE_PROOF_OCTETS) {
            octets += line->line.size;
            page_write_entry(out, line->line);
        } else {
            page_write_placeholder(out, line->kind == PAGE_ENTRY ? PAGE_WITHHELD : line->kind, line->seq,
                                   line->digest);
        }
    }
    page_write_close(out, jws);
}

/* These are closed (SPEC.md section 8.1), unlike entries: nothing of them is kept that a later edition could
 * read.
 */
static const struct json_field opening_fields[] = {
    {.name = "page", .type = JSON_FIELD_INTEGER, .required = true, .min = 1, .max = 1},
    {.name = "origin", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "stream", .type = JSON_FIELD_STREAM, .required = true},
    {.name = "epoch", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "from", .type = JSON_FIELD_INTEGER, .required = true},
    {.name = "chain", .type = JSON_FIELD_B64U, .required = true, .max = CHAIN_SIZE},
    {.name = NULL},
};

static const struct json_field closing_fields[] = {
    {.name = "head", .type = JSON_FIELD_TEXT, .required = true},
    {.name = NULL},
};

/* What is left to read. */
struct rest {
    const char *at;
    const char *end;
    size_t number; /* of the line last read, for messages */
};

/* The next line without its LF; data NULL when no whole line is left. */
static struct bytes next_line(struct rest *rest)
{
    const char *start = rest->at;
    const char *newline = memchr(start, '\n', (size_t)(rest->end - start));

    if (!newline)
        return (struct bytes){NULL, 0};
    rest->at = newline + 1;
    rest->number++;
    return (struct bytes){(const uint8_t *)start, (size_t)(newline - start)};
}

static void decode_digest(const char *text, uint8_t out[CHAIN_SIZE])
{
    CHECK(bytes_b64u_decode(text, strlen(text), out, CHAIN_SIZE)); /* its field table has said so */
}

/* A new reference, or NULL. */
static json_t *parse_line(struct bytes line, struct err *err)
{
    if (!line.data) {
        err_set(err, ERR_MALFORMED, "ends in the middle");
        return NULL;
    }
    if (line.size > ENTRY_MAX) {
        err_set(err, ERR_TOO_LARGE, "more than %d octets", ENTRY_MAX);
        return NULL;
    }
    if (line.size < 2 || line.data[0] != '{' || line.data[line.size - 1] != '}' ||
        memchr(line.data, '\r', line.size)) {
        err_set(err, ERR_MALFORMED, "a line runs from { to }, without CR");
        return NULL;
    }
    return json_profile_parse((const char *)line.data, line.size, err);
}

static enum err_code read_opening(const json_t *object, struct page *page, struct err *err)
{
    enum err_code code = json_field_check(object, opening_fields, JSON_FIELD_CLOSED, err);

    if (code != ERR_OK)
        return code;
    strcpy(page->origin, json_profile_text(object, "origin"));
    strcpy(page->stream, json_profile_text(object, "stream"));
    page->from.at.epoch = json_profile_integer(object, "epoch", 0);
    page->from.at.seq = json_profile_integer(object, "from", 0);
    decode_digest(json_profile_text(object, "chain"), page->from.chain);
    /* A follower that begins with this stream has nothing of its own to compare with. */
    if (page->from.at.seq == 0) {
        uint8_t start[CHAIN_SIZE];

        chain_start(page->origin, page->stream, page->from.at.epoch, start);
        if (memcmp(start, page->from.chain, CHAIN_SIZE) != 0)
            return err_set(err, ERR_CHAIN_BROKEN, "/chain: is not the one every stream begins with");
    }
    return ERR_OK;
}

static enum err_code read_closing(const json_t *object, struct bytes line, struct page *page, struct err *err)
{
    enum err_code code = json_field_check(object, closing_fields, JSON_FIELD_CLOSED, err);
    const char *jws = json_profile_text(object, "head");
    const uint8_t *found;

    if (code != ERR_OK)
        return code;
    /* The page borrows the head from its text, so it must stand there as it is: the alphabet of a JWS needs
     * no escapes. */
    found = memmem(line.data, line.size, jws, strlen(jws));
    if (!found)
        return err_set(err, ERR_MALFORMED, "/head: written with escapes");
    page->head_jws = (struct bytes){found, strlen(jws)};
    return head_parse(jws, strlen(jws), &page->head, err);
}

static enum err_code read_placeholder(const json_t *object, enum page_line_kind kind, struct page_line *out,
                                      struct err *err)
{
    const struct json_field fields[] = {
        {.name = "seq", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
        {.name = placeholder_names[kind], .type = JSON_FIELD_B64U, .required = true, .max = CHAIN_SIZE},
        {.name = NULL},
    };
    enum err_code code = json_field_check(object, fields, JSON_FIELD_CLOSED, err);

    if (code != ERR_OK)
        return code;
    out->kind = kind;
    out->seq = json_profile_integer(object, "seq", 0);
    decode_digest(json_profile_text(object, placeholder_names[kind]), out->digest);
    return ERR_OK;
}

/* An entry whose envelope is nonsense is kept all the same, and the stream goes on (SPEC.md 9.3). But what
 * says that it is a `key` or an `erase` is not skipped: it keeps its type, and whoever takes it in refuses
 * it. */
static void read_nonsense(const json_t *object, struct entry *out)
{
    static const char *const not_skipped[] = {"key", "erase"};
    const char *type = json_profile_text(object, "type");

    *out = (struct entry){.seq = json_profile_integer(object, "seq", 0)};
    for (size_t i = 0; type && i < sizeof not_skipped / sizeof *not_skipped; i++)
        if (strcmp(type, not_skipped[i]) == 0)
            strcpy(out->type, type);
}

static void read_entry(const json_t *object, struct bytes line, struct page_line *out)
{
    if (entry_from_json(object, &out->entry, NULL) != ERR_OK)
        read_nonsense(object, &out->entry);
    out->kind = PAGE_ENTRY;
    out->seq = out->entry.seq;
    out->line = line;
    chain_digest(line.data, line.size, out->digest);
}

/* An entry has neither member (SPEC.md section 6.2), so that a line is one or the other to every reader. */
static enum err_code read_line(const json_t *object, struct bytes line, struct page_line *out,
                               struct err *err)
{
    *out = (struct page_line){0};
    if (json_object_get(object, "erased"))
        return read_placeholder(object, PAGE_ERASED, out, err);
    if (json_object_get(object, "withheld"))
        return read_placeholder(object, PAGE_WITHHELD, out, err);
    read_entry(object, line, out);
    return ERR_OK;
}

/* Makes room for one more line and returns it, or NULL. What a line costs besides its octets is bounded, too.
 */
static struct page_line *new_line(struct page *page, size_t *capacity, struct err *err)
{
    if (page->count == PAGE_LINES_MAX) {
        err_set(err, ERR_TOO_LARGE, "more than %d lines", PAGE_LINES_MAX);
        return NULL;
    }
    if (page->count == *capacity) {
        size_t more = *capacity == 0 ? 16 : *capacity * 2;
        struct page_line *lines = reallocarray(page->lines, more, sizeof *lines);

        if (!lines) {
            err_set(err, ERR_NO_MEMORY, "out of memory");
            return NULL;
        }
        page->lines = lines;
        *capacity = more;
    }
    return &page->lines[page->count];
}

/* Numbers, places and chain of the line after `before` (SPEC.md section 8.1). Whoever could leave a line out,
 * or go on after a `key` entry under the old key, could show different towns different streams under one
 * head. */
static enum err_code link_line(const struct page *page, const struct position *before, struct page_line *line,
                               struct err *err)
{
    if (line->seq != before->at.seq + 1) {
        return err_set(err, ERR_MALFORMED, "/seq: %lld where %lld is next", (long long)line->seq,
                       (long long)before->at.seq + 1);
    }
    if (line->seq == 1 && strcmp(line->entry.type, "epoch") != 0)
        return err_set(err, ERR_MALFORMED, "an epoch begins with its epoch entry");
    if (page->count > 0 && strcmp(page->lines[page->count - 1].entry.type, "key") == 0)
        return err_set(err, ERR_MALFORMED, "a key entry must be the last line of its page");
    memcpy(line->chain, before->chain, CHAIN_SIZE);
    chain_link(line->chain, line->seq, line->digest);
    return ERR_OK;
}

/* Reads lines up to and with the closing one. */
static enum err_code read_lines(struct rest *rest, struct page *page, struct err *err)
{
    struct position last = page->from;
    size_t capacity = 0;

    for (;;) {
        struct bytes text = next_line(rest);
        json_t *object = parse_line(text, err);
        struct page_line *line;
        enum err_code code;

        if (!object)
            return err->code;
        /* An entry may have a member `head` that this edition ignores; it always has a number. */
        if (json_object_get(object, "head") && !json_object_get(object, "seq")) {
            code = read_closing(object, text, page, err);
            json_decref(object);
            return code;
        }
        line = new_line(page, &capacity, err);
        code = line ? read_line(object, text, line, err) : err->code;
        json_decref(object);
        if (code == ERR_OK) {
            code = link_line(page, &last, line, err);
            if (code != ERR_OK)
                entry_finish(&line->entry);
        }
        if (code != ERR_OK)
            return code;
        page->count++;
        last.at.seq = line->seq;
        memcpy(last.chain, line->chain, CHAIN_SIZE);
    }
}

/* The head must be that of the last line: one of an earlier line would leave the rest unsigned, one of
 * another stream or epoch would carry this one's lines over there. */
static enum err_code check_head(const struct page *page, struct err *err)
{
    const struct head *head = &page->head;
    const uint8_t *chain = page->count == 0 ? page->from.chain : page->lines[page->count - 1].chain;

    if (strcmp(head->origin, page->origin) != 0 || strcmp(head->stream, page->stream) != 0 ||
        head->position.at.epoch != page->from.at.epoch ||
        head->position.at.seq != page->from.at.seq + (int64_t)page->count)
        return err_set(err, ERR_MALFORMED, "the head is not that of this page's stream, epoch and last line");
    if (memcmp(head->position.chain, chain, CHAIN_SIZE) != 0)
        return err_set(err, ERR_CHAIN_BROKEN, "the lines do not lead to the head's chain");
    return ERR_OK;
}

enum err_code page_read(const char *text, size_t length, struct page *out, size_t *used, struct err *err)
{
    struct rest rest = {.at = text, .end = text + length};
    struct err inner;
    json_t *opening;
    enum err_code code;

    *out = (struct page){0};
    if (length > PAGE_ANSWER_MAX)
        return err_set(err, ERR_TOO_LARGE, "an answer of more than %d octets", PAGE_ANSWER_MAX);
    opening = parse_line(next_line(&rest), &inner);
    code = opening ? read_opening(opening, out, &inner) : inner.code;
    json_decref(opening);
    if (code == ERR_OK)
        code = read_lines(&rest, out, &inner);
    if (code == ERR_OK)
        code = check_head(out, &inner);
    if (code != ERR_OK) {
        page_finish(out);
        return err_set(err, code, "page, line %zu: %s", rest.number, inner.text);
    }
    /* Whoever reads an answer page by page gets on with each. */
    *used = (size_t)(rest.at - text);
    CHECK(*used > 0 && *used <= length);
    return ERR_OK;
}

void page_finish(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        entry_finish(&page->lines[i].entry);
    free(page->lines);
    *page = (struct page){0};
}
