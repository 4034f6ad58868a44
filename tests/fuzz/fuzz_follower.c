/* A follower and an origin that says, rotates, restores, forks and is impersonated, as the input tells. */
#include <string.h>

#include "protocol/follower.h"
#include "tests/fuzz/fuzz_town.h"

enum { STEPS_MAX = 48 };

struct world {
    struct choices choices;
    struct history histories[2]; /* the older and the newer: two epochs, or two branches of one */
    struct follower *follower;
    size_t trusted;
    struct position vouched; /* as far as a head under the trusted key was reached, */
    size_t vouched_key;      /* and the key that counted there */
    char vouched_signer[KEY_ID_SIZE];
};

static void check_step(const struct world *world, const struct page *page, const struct follower_step *step,
                       const struct follower_state *before)
{
    int moved = cursor_compare(step->after.at, before->position.at);
    const struct key_public *trusted;

    fuzz_demand(memcmp(&step->after, &page->head.position, sizeof step->after) == 0);
    fuzz_demand(page->count > 0 ? moved > 0 : moved == 0);
    trusted = step->rotated ? step->rotated : step->trusted;
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
           (before->key && strcmp(page->head.key_id, key_public_id(before->key)) == 0 &&
            strcmp(before->signer, trusted) == 0);
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
        follower_wants(world->follower, page, &wanted) ? chain_of(world->histories, wanted, chain) : NULL;
    enum err_code code;
    size_t key;

    follower_state(world->follower, FOLLOWER_NET, &before);
    code = follower_page(world->follower, page, held, &step, &err);
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
    if (choose(&world->choices, 4) == 0)
        return; /* the transaction failed */
    if (step.rotated)
        world->trusted = number_of(step.rotated);
    key = number_of(step.key);
    follower_applied(world->follower, &step);
    note_vouched(world, &step, key);
}

static void serve(struct world *world, const struct history *history)
{
    struct buffer text = {0};
    struct page page;
    size_t used;
    struct follower_state state;
    follower_state(world->follower, FOLLOWER_NET, &state);
    write_page(&world->choices, history, state.position.at, &text);
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
    struct follower *again;

    follower_state(world->follower, FOLLOWER_NET, &state);
    again = follower_create("b.example", "a.example", key_private_public(keys[world->trusted]));
    fuzz_demand(again && follower_restore(again, FOLLOWER_NET, &state));
    follower_destroy(world->follower);
    world->follower = again;
}

static void act(struct world *world)
{
    struct history *history = &world->histories[choose(&world->choices, 2)];
    switch (choose(&world->choices, 9)) {
    case 0:
        append(history, "novelty", json_pack("{s:i}", "n", (int)choose(&world->choices, 2)));
        break;
    case 1:
        rotate(history, choose(&world->choices, KEYS));
        break;
    case 2:
        next_epoch(&world->choices, world->histories, 1 + choose(&world->choices, 2));
        break;
    case 3:
        restart(world);
        break;
    case 4:
        world->trusted = choose(&world->choices, KEYS);
        fuzz_demand(follower_trust(world->follower, key_private_public(keys[world->trusted])));
        break;
    default:
        serve(world, history);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.choices = {data, size}};
    make_keys();
    world.follower = follower_create("b.example", "a.example", key_private_public(keys[0]));
    fuzz_demand(world.follower != NULL);
    open_epoch(&world.histories[0], "net", 10, 0, NULL);
    open_epoch(&world.histories[1], "net", 10, 0, NULL);
    for (int i = 0; i < STEPS_MAX && world.choices.left > 0; i++)
        act(&world);
    close_history(&world.histories[0]);
    close_history(&world.histories[1]);
    follower_destroy(world.follower);
    return 0;
}
