/* A town in memory for tests: one stream, written through protocol/origin, served as pages. */
#ifndef TESTS_UNIT_TOWN_H
#define TESTS_UNIT_TOWN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/origin.h"
#include "protocol/page.h"

enum { TOWN_LINES = 64, TOWN_NOW = 1790000000 };

static const char *const town_id = "00000000-0000-4000-8000-000000000001";

struct town {
    struct origin_stream stream;
    const struct key_private *key;
    struct position start;
    struct origin_line lines[TOWN_LINES];
    char heads[TOWN_LINES][HEAD_SIZE];
};

/* Page text and what was read from it. */
struct town_page {
    struct buffer text;
    struct page page;
};

/* A key that is the same in every run. */
static inline struct key_private *town_key(uint8_t number)
{
    uint8_t seed[KEY_SIZE] = {number};
    struct key_private *key = key_private_from_seed(seed, NULL);
    assert_non_null(key);
    return key;
}

static inline struct entry town_entry(const char *type, json_t *body)
{
    struct entry entry = {.rev = 1, .at = TOWN_NOW, .body = body};
    strcpy(entry.type, type);
    strcpy(entry.id, town_id);
    return entry;
}

/* Takes body over. */
static inline void town_append(struct town *town, const char *type, json_t *body)
{
    int64_t at = town->stream.position.at.seq;
    struct entry entry = town_entry(type, body);
    struct err err;
    assert_true(at < TOWN_LINES);
    if (origin_append(&town->stream, &entry, 1, town->key, TOWN_NOW, &town->lines[at], town->heads[at],
                      &err) != ERR_OK)
        fail_msg("%s", err.text);
    entry_finish(&entry);
}

/* An entry that means nothing, so that streams can differ by it. */
static inline void town_say(struct town *town, const char *text)
{
    town_append(town, "novelty", json_pack("{s:s}", "text", text));
}

static inline json_t *town_epoch_body(const struct key_private *key, const struct position *previous)
{
    char chain[BYTES_B64U_SIZE(CHAIN_SIZE)];
    json_t *body = json_pack("{s:n, s:o}", "previous", "jwk", key_public_to_jwk(key_private_public(key)));
    if (previous) {
        bytes_b64u_encode(previous->chain, CHAIN_SIZE, chain);
        json_object_set_new(body, "previous",
                            json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)previous->at.epoch, "seq",
                                      (json_int_t)previous->at.seq, "chain", chain));
    }
    return body;
}

/* Opens an epoch with its entry. To be closed with town_close. */
static inline void town_open(struct town *town, const char *stream, int64_t epoch,
                             const struct key_private *key, const struct position *previous)
{
    *town = (struct town){.key = key, .stream = {.origin = "arnhem.example", .position.at.epoch = epoch}};
    strcpy(town->stream.name, stream);
    chain_start(town->stream.origin, stream, epoch, town->stream.position.chain);
    town->start = town->stream.position;
    town_append(town, "epoch", town_epoch_body(key, previous));
}

/* Signs the key away: the `key` entry under the old key, what follows under the new one. */
static inline void town_rotate(struct town *town, const struct key_private *key)
{
    town_append(town, "key", json_pack("{s:o}", "jwk", key_public_to_jwk(key_private_public(key))));
    town->key = key;
}

static inline void town_close(struct town *town)
{
    origin_lines_finish(town->lines, TOWN_LINES);
}

static inline struct position town_position(const struct town *town, int64_t seq)
{
    struct position position = town->start;
    if (seq > 0) {
        position.at.seq = seq;
        memcpy(position.chain, town->lines[seq - 1].chain, CHAIN_SIZE);
    }
    return position;
}

/* Lines from+1 … last with the given head. To be finished with town_page_finish. */
static inline void town_page_under(const struct town *town, int64_t from, int64_t last, const char *jws,
                                   struct town_page *out)
{
    struct position start = town_position(town, from);
    size_t used;
    struct err err;
    *out = (struct town_page){0};
    page_write_open(&out->text, town->stream.origin, town->stream.name, &start);
    for (int64_t i = from; i < last; i++) {
        const struct buffer *line = &town->lines[i].line;
        page_write_entry(&out->text, (struct bytes){line->data, line->size});
    }
    page_write_close(&out->text, jws);
    if (page_read((const char *)out->text.data, out->text.size, &out->page, &used, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

static inline void town_page(const struct town *town, int64_t from, int64_t last, struct town_page *out)
{
    town_page_under(town, from, last, town->heads[last - 1], out);
}

/* Nothing after the newest line, under a head signed anew by the key that counts now. */
static inline void town_page_fresh(const struct town *town, struct town_page *out)
{
    struct origin_stream stream = town->stream;
    bool signed_anew;
    char jws[HEAD_SIZE];
    assert_int_equal(origin_refresh(&stream, town->key, TOWN_NOW + 901, &signed_anew, jws, NULL), ERR_OK);
    assert_true(signed_anew);
    town_page_under(town, stream.position.at.seq, stream.position.at.seq, jws, out);
}

static inline void town_page_finish(struct town_page *page)
{
    page_finish(&page->page);
    buffer_free(&page->text);
}

#endif
