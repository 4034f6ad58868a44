/* A follower and an origin that says, rotates, restores, forks and is impersonated, as the input tells. */
#include <stdio.h>
#include <string.h>

#include "protocol/follower.h"
#include "protocol/origin.h"
#include "protocol/pace.h"
#include "tests/fuzz/fuzz.h"

enum { KEYS = 3, LINES_MAX = 24, STEPS_MAX = 48, NOW = 1790000000 };

static struct key_private *keys[KEYS];

/* One history of one epoch. */
struct history {
    struct origin_stream stream;
    struct position start;
    struct origin_line lines[LINES_MAX];
    char heads[LINES_MAX][HEAD_SIZE];
    size_t key;
};

struct world {
    const uint8_t *input;
    size_t left;
    struct history histories[2]; /* the older and the newer: two epochs, or two branches of one */
    struct follower *follower;
    size_t trusted;
    struct position vouched; /* as far as a head under the trusted key was reached, */
    size_t vouched_key;      /* and the key that counted there */
    char vouched_signer[KEY_ID_SIZE];
    struct pace pace;
    int64_t now_ms;
};

static unsigned choose(struct world *world, unsigned choices)
{
    if (world->left == 0)
        return 0;
    world->left--;
    return *world->input++ % choices;
}

static void append(struct history *history, const char *type, json_t *body)
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

static struct position position_at(const struct history *history, int64_t seq)
{
    struct position position = history->start;
    if (seq > 0) {
        position.at.seq = seq;
        memcpy(position.chain, history->lines[seq - 1].chain, CHAIN_SIZE);
    }
    return position;
}

static void open_epoch(struct history *history, int64_t epoch, size_t key, const struct position *previous)
{
    char chain[BYTES_B64U_SIZE(CHAIN_SIZE)];
    json_t *body =
        json_pack("{s:n, s:o}", "previous", "jwk", key_public_to_jwk(key_private_public(keys[key])));
    *history = (struct history){.key = key, .stream = {.origin = "a.example", .name = "net"}};
    history->stream.position.at.epoch = epoch;
    chain_start("a.example", "net", epoch, history->stream.position.chain);
    history->start = history->stream.position;
    if (previous != NULL) {
        bytes_b64u_encode(previous->chain, CHAIN_SIZE, chain);
        json_object_set_new(body, "previous",
                            json_pack("{s:I, s:I, s:s}", "epoch", (json_int_t)previous->at.epoch, "seq",
                                      (json_int_t)previous->at.seq, "chain", chain));
    }
    append(history, "epoch", body);
}

static void close_history(struct history *history)
{
    origin_lines_finish(history->lines, LINES_MAX);
}

/* The newer becomes the older, and a new epoch goes on from somewhere in it. */
static void next_epoch(struct world *world)
{
    close_history(&world->histories[0]);
    world->histories[0] = world->histories[1];
    const struct history *old = &world->histories[0];
    int64_t seq = 1 + (int64_t)choose(world, (unsigned)old->stream.position.at.seq);
    struct position previous = position_at(old, seq);
    open_epoch(&world->histories[1], old->stream.position.at.epoch + 1 + choose(world, 2),
               choose(world, KEYS), choose(world, 8) == 0 ? NULL : &previous);
}

static void rotate(struct history *history, size_t key)
{
    if (history->stream.position.at.seq < LINES_MAX) {
        append(history, "key", json_pack("{s:o}", "jwk", key_public_to_jwk(key_private_public(keys[key]))));
        history->key = key;
    }
}

static void check_step(const struct world *world, const struct page *page, const struct follower_step *step,
                       const struct follower_state *before)
{
    int moved = cursor_compare(step->after.at, before->position.at);
    fuzz_demand(memcmp(&step->after, &page->head.position, sizeof step->after) == 0);
    fuzz_demand(page->count > 0 ? moved > 0 : moved == 0);
    const struct key_public *trusted = step->rotated ? step->rotated : step->trusted;
    fuzz_demand(step->settled == (strcmp(page->head.key_id, key_public_id(trusted)) == 0));
    fuzz_demand(!step->rotated || strcmp(before->signer, key_public_id(step->trusted)) == 0);
    fuzz_demand(!step->just_settled || step->settled);
    fuzz_demand(step->new_epoch == (page->from.at.epoch > before->position.at.epoch));
    fuzz_demand(step->new_epoch || !before->frozen);
    fuzz_demand(step->key != NULL);
    fuzz_demand(key_public_equal(step->trusted, key_private_public(keys[world->trusted])));
    fuzz_demand(cursor_compare(step->linked, before->position.at) <= 0);
    fuzz_demand(step->new_epoch || step->linked.epoch == 0);
}

static size_t number_of(const struct key_public *key)
{
    for (size_t i = 0; i < KEYS; i++)
        if (key_public_equal(key, key_private_public(keys[i])))
            return i;
    fuzz_demand(false);
    return 0;
}

/* What nobody vouches for goes, as intake does it. */
static void throw_away(struct world *world, const struct follower_state *state)
{
    const struct follower_state vouched = {
        .position = world->vouched,
        .key = world->vouched.at.epoch == 0 ? NULL : key_private_public(keys[world->vouched_key]),
        .signer = world->vouched_signer,
        .vouched = world->vouched.at,
        .frozen = state->frozen && state->position.at.epoch == world->vouched.at.epoch};
    fuzz_demand(follower_restore(world->follower, FOLLOWER_NET, &vouched));
}

/* Only a step that is settled vouches for anything, and for all there is. */
static void note_vouched(struct world *world, const struct follower_step *step, size_t key)
{
    struct follower_state after;
    if (step->settled) {
        fuzz_demand(cursor_compare(step->after.at, world->vouched.at) >= 0);
        world->vouched = step->after;
        world->vouched_key = key;
        memcpy(world->vouched_signer, step->signer, sizeof step->signer);
    }
    follower_state(world->follower, FOLLOWER_NET, &after);
    fuzz_demand(cursor_compare(after.vouched, world->vouched.at) == 0);
}

/* Only who has the trusted key, or the one that it named as its next, proves a fork. */
static bool may_prove_fork(const struct world *world, const struct page *page,
                           const struct follower_state *before)
{
    const char *trusted = key_public_id(key_private_public(keys[world->trusted]));
    return strcmp(page->head.key_id, trusted) == 0 ||
           (before->key != NULL && strcmp(page->head.key_id, key_public_id(before->key)) == 0 &&
            strcmp(before->signer, trusted) == 0);
}

/* The follower's own chain where it is asked for: the page may come from another branch. */
static const uint8_t *held_chain(const struct world *world, struct cursor at, uint8_t out[CHAIN_SIZE])
{
    for (int i = 0; i < 2; i++) {
        const struct history *history = &world->histories[i];
        if (history->start.at.epoch == at.epoch && at.seq <= history->stream.position.at.seq) {
            struct position position = position_at(history, at.seq);
            memcpy(out, position.chain, CHAIN_SIZE);
            return out;
        }
    }
    return NULL;
}

static void deliver(struct world *world, const struct page *page)
{
    struct follower_step step;
    struct follower_state before;
    struct follower_state after;
    struct cursor wanted;
    uint8_t chain[CHAIN_SIZE];
    struct err err;
    const uint8_t *held =
        follower_wants(world->follower, page, &wanted) ? held_chain(world, wanted, chain) : NULL;
    follower_state(world->follower, FOLLOWER_NET, &before);
    enum err_code code = follower_page(world->follower, page, held, &step, &err);
    follower_state(world->follower, FOLLOWER_NET, &after);
    fuzz_demand(memcmp(&before.position, &after.position, sizeof before.position) == 0 &&
                before.key == after.key);
    fuzz_demand(code != ERR_FORKED || may_prove_fork(world, page, &before));
    if (code == ERR_FORKED)
        follower_freeze(world->follower, FOLLOWER_NET);
    else if (code == ERR_GAP || code == ERR_UNTRUSTED_KEY)
        throw_away(world, &before);
    if (code != ERR_OK || step.verdict == FOLLOWER_IGNORE)
        return;
    check_step(world, page, &step, &before);
    if (choose(world, 4) == 0)
        return; /* the transaction failed */
    if (step.rotated != NULL)
        world->trusted = number_of(step.rotated);
    size_t key = number_of(step.key);
    follower_applied(world->follower, &step);
    note_vouched(world, &step, key);
}

static void serve(struct world *world, const struct history *history)
{
    struct buffer text = {0};
    struct page page;
    size_t used;
    char fresh[HEAD_SIZE];
    bool anew;
    int64_t last = 1 + (int64_t)choose(world, (unsigned)history->stream.position.at.seq);
    int64_t from = (int64_t)choose(world, (unsigned)last + 1);
    struct follower_state state;
    follower_state(world->follower, FOLLOWER_NET, &state);
    if (choose(world, 2) == 0) { /* what it asks for, so that it gets on */
        last = history->stream.position.at.seq;
        from = state.position.at.epoch == history->start.at.epoch && state.position.at.seq <= last
                   ? state.position.at.seq
                   : 0;
    }
    struct position start = position_at(history, from);
    const char *head = history->heads[last - 1];
    if (from == last && choose(world, 2) == 0) {
        struct origin_stream stream = history->stream;
        stream.position = start;
        fuzz_demand(origin_refresh(&stream, keys[history->key], NOW + 1000, &anew, fresh, NULL) == ERR_OK &&
                    anew);
        head = fresh;
    }
    page_write_open(&text, "a.example", "net", &start);
    for (int64_t i = from; i < last; i++)
        page_write_entry(&text, (struct bytes){history->lines[i].line.data, history->lines[i].line.size});
    page_write_close(&text, head);
    /* A key entry in the middle is the one thing that this origin does wrong. */
    if (page_read((const char *)text.data, text.size, &page, &used, NULL) == ERR_OK) {
        deliver(world, &page);
        page_finish(&page);
    }
    buffer_free(&text);
}

static void restart(struct world *world)
{
    struct follower_state state;
    follower_state(world->follower, FOLLOWER_NET, &state);
    struct follower *again =
        follower_create("b.example", "a.example", key_private_public(keys[world->trusted]));
    fuzz_demand(again != NULL && follower_restore(again, FOLLOWER_NET, &state));
    follower_destroy(world->follower);
    world->follower = again;
}

static void pass_time(struct world *world)
{
    uint32_t random = choose(world, 256) * 16843009u;
    world->now_ms += choose(world, 256) * 1000;
    switch (choose(world, 3)) {
    case 0:
        pace_wake(&world->pace, world->now_ms);
        break;
    case 1:
        pace_seen(&world->pace, world->now_ms);
        break;
    default:
        break;
    }
    if (!pace_due(&world->pace, world->now_ms)) {
        fuzz_demand(pace_until(&world->pace) > world->now_ms);
        return;
    }
    pace_ask(&world->pace);
    fuzz_demand(!pace_due(&world->pace, INT64_MAX));
    switch (choose(world, 3)) {
    case 0:
        if (choose(world, 2) == 0)
            pace_again(&world->pace, world->now_ms);
        else
            pace_done(&world->pace, world->now_ms, random);
        break;
    case 1:
        pace_bad(&world->pace, world->now_ms, random);
        break;
    default:
        pace_failed(&world->pace, world->now_ms, choose(world, 3) * 1800, random);
        break;
    }
    fuzz_demand(pace_until(&world->pace) <= world->now_ms + 3600 * 1000);
}

static void act(struct world *world)
{
    struct history *history = &world->histories[choose(world, 2)];
    switch (choose(world, 10)) {
    case 0:
        append(history, "novelty", json_pack("{s:i}", "n", (int)choose(world, 2)));
        break;
    case 1:
        rotate(history, choose(world, KEYS));
        break;
    case 2:
        next_epoch(world);
        break;
    case 3:
        restart(world);
        break;
    case 4:
        pass_time(world);
        break;
    case 5:
        world->trusted = choose(world, KEYS);
        fuzz_demand(follower_trust(world->follower, key_private_public(keys[world->trusted])));
        break;
    default:
        serve(world, history);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.input = data, .left = size, .pace = pace_start(60000)};
    for (uint8_t i = 0; i < KEYS && keys[i] == NULL; i++) {
        uint8_t seed[KEY_SIZE] = {i};
        keys[i] = key_private_from_seed(seed, NULL);
    }
    world.follower = follower_create("b.example", "a.example", key_private_public(keys[0]));
    fuzz_demand(world.follower != NULL);
    open_epoch(&world.histories[0], 10, 0, NULL);
    open_epoch(&world.histories[1], 10, 0, NULL);
    for (int i = 0; i < STEPS_MAX && world.left > 0; i++)
        act(&world);
    close_history(&world.histories[0]);
    close_history(&world.histories[1]);
    follower_destroy(world.follower);
    return 0;
}
