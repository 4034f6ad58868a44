/* A town for fuzz targets: histories of its streams, written by three keys, and the input as choices. */
#ifndef TESTS_FUZZ_FUZZ_TOWN_H
#define TESTS_FUZZ_FUZZ_TOWN_H

#include <string.h>

#include "protocol/origin.h"
#include "protocol/page.h"
#include "tests/fuzz/fuzz.h"

enum { KEYS = 3, LINES_MAX = 24, NOW = 1790000000 };

static struct key_private *keys[KEYS];

static inline void make_keys(void)
{
    for (uint8_t i = 0; i < KEYS && !keys[i]; i++) {
        uint8_t seed[KEY_SIZE] = {i};
        keys[i] = key_private_from_seed(seed, NULL);
    }
}

static inline size_t number_of(const struct key_public *key)
{
    for (size_t i = 0; i < KEYS; i++)
        if (key_public_equal(key, key_private_public(keys[i])))
            return i;
    fuzz_demand(false);
    return 0;
}

struct choices {
    const uint8_t *input;
    size_t left;
};

static inline unsigned choose(struct choices *choices, unsigned among)
{
    if (choices->left == 0)
        return 0;
    choices->left--;
    return *choices->input++ % among;
}

/* One history of one epoch of one stream. */
struct history {
    struct origin_stream stream;
    struct position start;
    struct origin_line lines[LINES_MAX];
    char heads[LINES_MAX][HEAD_SIZE];
    size_t key;
};

static inline void append(struct history *history, const char *type, json_t *body)
{
    int64_t at = history->stream.position.at.seq;
    struct entry entry = {.rev = 1, .at = NOW, .body = body};
    strcpy(entry.type, type);
    strcpy(entry.id, "00000000-0000-4000-8000-000000000001");
    if (at < LINES_MAX) {
        enum err_code code = origin_append(&history->stream, &entry, 1, keys[history->key], NOW,
                                           &history->lines[at], history->heads[at], NULL);
        fuzz_demand(code == ERR_OK);
    }
    entry_finish(&entry);
}

static inline struct position position_at(const struct history *history, int64_t seq)
{
    struct position position = history->start;
    if (seq > 0) {
        position.at.seq = seq;
        memcpy(position.chain, history->lines[seq - 1].chain, CHAIN_SIZE);
    }
    return position;
}

static inline void open_epoch(struct history *history, const char *name, int64_t epoch, size_t key,
                              const struct position *previous)
{
    char chain[BYTES_B64U_SIZE(CHAIN_SIZE)];
    json_t *body =
        json_pack("{s:n, s:o}", "previous", "jwk", key_public_to_jwk(key_private_public(keys[key])));
    *history = (struct history){.key = key, .stream = {.origin = "a.example"}};
    strcpy(history->stream.name, name);
    history->stream.position.at.epoch = epoch;
    chain_start("a.example", name, epoch, history->stream.position.chain);
    history->start = history->stream.position;
    if (previous) {
        bytes_b64u_encode(previous->chain, CHAIN_SIZE, chain);
        json_object_set_new(body, "previous",
                            json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)previous->at.epoch, "seq",
                                      (json_int_t)previous->at.seq, "chain", chain));
    }
    append(history, "epoch", body);
}

static inline void close_history(struct history *history)
{
    origin_lines_finish(history->lines, LINES_MAX);
}

static inline void rotate(struct history *history, size_t key)
{
    if (history->stream.position.at.seq < LINES_MAX) {
        append(history, "key", json_pack("{s:o}", "jwk", key_public_to_jwk(key_private_public(keys[key]))));
        history->key = key;
    }
}

/* The newer of two becomes the older, and a new epoch goes on from somewhere in it. */
static inline void next_epoch(struct choices *choices, struct history histories[2], int64_t ahead)
{
    const struct history *old;
    int64_t seq;
    struct position previous;

    close_history(&histories[0]);
    histories[0] = histories[1];
    old = &histories[0];
    seq = 1 + (int64_t)choose(choices, (unsigned)old->stream.position.at.seq);
    previous = position_at(old, seq);
    open_epoch(&histories[1], old->stream.name, old->stream.position.at.epoch + ahead, choose(choices, KEYS),
               choose(choices, 8) == 0 ? NULL : &previous);
}

/* The chain of one of two histories at a number: a page may come from the other. */
static inline const uint8_t *chain_of(const struct history histories[2], struct cursor at,
                                      uint8_t out[CHAIN_SIZE])
{
    for (int i = 0; i < 2; i++) {
        const struct history *history = &histories[i];
        if (history->start.at.epoch == at.epoch && at.seq <= history->stream.position.at.seq) {
            struct position position = position_at(history, at.seq);
            memcpy(out, position.chain, CHAIN_SIZE);
            return out;
        }
    }
    return NULL;
}

/* Some page of a history: often what who stands at `at` asks for, so that it gets on. */
static inline void write_page(struct choices *choices, const struct history *history, struct cursor at,
                              struct buffer *out)
{
    char fresh[HEAD_SIZE];
    bool anew;
    int64_t last = 1 + (int64_t)choose(choices, (unsigned)history->stream.position.at.seq);
    int64_t from = (int64_t)choose(choices, (unsigned)last + 1);
    struct position start;
    const char *head;

    if (choose(choices, 2) == 0) {
        last = history->stream.position.at.seq;
        from = at.epoch == history->start.at.epoch && at.seq <= last ? at.seq : 0;
    }
    start = position_at(history, from);
    head = history->heads[last - 1];
    if (from == last && choose(choices, 2) == 0) {
        struct origin_stream stream = history->stream;
        stream.position = start;
        fuzz_demand(origin_refresh(&stream, keys[history->key], NOW + 1000, &anew, fresh, NULL) == ERR_OK &&
                    anew);
        head = fresh;
    }
    page_write_open(out, "a.example", history->stream.name, &start);
    for (int64_t i = from; i < last; i++)
        page_write_entry(out, (struct bytes){history->lines[i].line.data, history->lines[i].line.size});
    page_write_close(out, head);
}

#endif
