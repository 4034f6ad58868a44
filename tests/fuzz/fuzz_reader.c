/* A reader and its driver: answers of an origin that says, rotates, restores, forks and is impersonated, with
 * a database that fails, is overtaken and refuses, a clock that goes on and hints at any time, as the input
 * tells. What must hold whatever comes is demanded where the driver carries an action out. */
#include <string.h>

#include "protocol/reader.h"
#include "tests/fuzz/fuzz_town.h"

enum { EVENTS_MAX = 24, PAGES_MAX = 3, ACTIONS_MAX = 64, POLL_MS = 60000, HOUR_MS = 3600000 };

/* What is stored of a stream. */
struct stored {
    struct position position;
    size_t key; /* that counts there */
    char signer[KEY_ID_SIZE];
    struct cursor vouched;
    bool settled, frozen;
    unsigned behind; /* how often what waits is to be applied */
    bool placeholders;
};

struct world {
    struct choices choices;
    struct history histories[FOLLOWER_STREAMS]
                            [2]; /* the older and the newer: two epochs, or two branches of one */
    struct reader *reader;
    struct reader_now now;
    size_t trusted;
    struct stored stored[FOLLOWER_STREAMS], vouched[FOLLOWER_STREAMS];
    bool asked, heads_only; /* a request is under way */
    bool pages;             /* and was answered with pages */
    bool hurried;
    int64_t earliest_ms; /* no pull before, whoever hints */
    struct buffer body;
};

static unsigned pick(struct world *world, unsigned among)
{
    return choose(&world->choices, among);
}

static bool tell_stored(struct world *world)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++) {
        struct stored *stored = &world->stored[i];
        const struct follower_state state = {
            .position = stored->position,
            .key = stored->position.at.epoch == 0 ? NULL : key_private_public(keys[stored->key]),
            .signer = stored->signer,
            .vouched = stored->vouched,
            .settled = stored->settled,
            .frozen = stored->frozen};
        if (!reader_restore(world->reader, i, &state))
            return false;
        stored->behind = 1 + pick(world, 2);
    }
    return true;
}

/* The reader knows what is stored, and nothing else. */
static void compare_stored(const struct world *world)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++) {
        const struct stored *stored = &world->stored[i];
        struct follower_state state;
        reader_state(world->reader, i, &state);
        fuzz_demand(memcmp(&state.position, &stored->position, sizeof state.position) == 0);
        fuzz_demand(cursor_compare(state.vouched, stored->vouched) == 0);
        fuzz_demand(cursor_compare(state.vouched, state.position.at) <= 0);
        fuzz_demand(state.settled == stored->settled && state.frozen == stored->frozen);
    }
}

static void start(struct world *world)
{
    reader_destroy(world->reader);
    world->reader = reader_create(&(struct reader_who){.self = "b.example",
                                                       .via = "c.example",
                                                       .origin = "a.example",
                                                       .trusted = key_private_public(keys[world->trusted])},
                                  POLL_MS);
    fuzz_demand(world->reader && tell_stored(world));
    world->asked = world->pages = world->hurried = false;
    world->earliest_ms = INT64_MIN;
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        world->stored[i].placeholders = world->vouched[i].placeholders = false;
}

/* ---- the driver */

/* Mostly well. */
static enum reader_outcome fate(struct world *world, enum reader_outcome worst)
{
    return pick(world, 4) == 3 ? (enum reader_outcome)pick(world, worst + 1) : READER_CARRIED_OUT;
}

static struct reader_result broken_or_not(struct world *world)
{
    return (struct reader_result){.outcome = pick(world, 8) == 7 ? READER_BROKEN : READER_CARRIED_OUT,
                                  .slug = "broken"};
}

static void note(struct world *world, const struct follower_step *step, bool placeholders, unsigned behind)
{
    struct stored *stored = &world->stored[step->stream];
    stored->position = step->after;
    stored->key = number_of(step->key);
    memcpy(stored->signer, step->signer, sizeof stored->signer);
    stored->settled = step->settled;
    stored->frozen = stored->frozen && !step->new_epoch;
    stored->placeholders |= placeholders;
    stored->behind = behind;
    if (step->rotated)
        world->trusted = number_of(step->rotated);
    if (step->settled) {
        stored->vouched = step->after.at;
        world->vouched[step->stream] = *stored;
    }
}

static void check_step(const struct world *world, const struct reader_action *action)
{
    const struct stored *stored = &world->stored[action->stream];
    const struct follower_step *step = action->step;
    const struct key_public *trusted = !step->rotated ? step->trusted : step->rotated;
    fuzz_demand(step->stream == action->stream && step->verdict == FOLLOWER_APPLY);
    fuzz_demand(memcmp(&step->after, &action->page->head.position, sizeof step->after) == 0);
    fuzz_demand(cursor_compare(step->after.at, stored->position.at) >= (action->page->count > 0));
    fuzz_demand(step->new_epoch
                    ? action->page->from.at.seq == 0
                    : memcmp(&action->page->from, &stored->position, sizeof stored->position) == 0);
    fuzz_demand(step->new_epoch || !stored->frozen);
    fuzz_demand(step->settled == (strcmp(step->signer, key_public_id(trusted)) == 0));
    fuzz_demand(number_of(step->trusted) == world->trusted);
    fuzz_demand(!step->new_epoch || action->page->from.at.epoch <= NOW + 86400);
}

static struct reader_result store(struct world *world, const struct reader_action *action)
{
    struct reader_result result = {
        .outcome = fate(world, READER_BROKEN), .slug = "broken", .detail = "It was so."};
    unsigned behind = pick(world, 4) == 0 ? pick(world, 4) : 0;
    check_step(world, action);
    if (result.outcome != READER_CARRIED_OUT)
        return result;
    result.placeholders = pick(world, 4) == 0;
    result.behind = behind > 0;
    note(world, action->step, result.placeholders, behind);
    return result;
}

static struct reader_result apply(struct world *world, const struct reader_action *action)
{
    struct stored *stored = &world->stored[action->stream];
    struct reader_result result = {
        .outcome = fate(world, READER_BROKEN), .slug = "broken", .detail = "It was so."};
    fuzz_demand(stored->behind > 0);
    if (result.outcome != READER_CARRIED_OUT)
        return result;
    stored->behind--;
    result.behind = stored->behind > 0;
    return result;
}

static struct reader_result load(struct world *world)
{
    struct reader_result result = broken_or_not(world);
    if (result.outcome == READER_CARRIED_OUT)
        fuzz_demand(tell_stored(world));
    return result;
}

static struct reader_result discard(struct world *world)
{
    struct reader_result result = broken_or_not(world);
    for (int i = 0; i < FOLLOWER_STREAMS && result.outcome == READER_CARRIED_OUT; i++) {
        struct stored *stored = &world->stored[i];
        const struct stored *vouched = &world->vouched[i];
        bool frozen = stored->frozen && stored->position.at.epoch == vouched->position.at.epoch;
        bool placeholders = stored->placeholders;
        *stored = *vouched;
        stored->settled = false;
        stored->frozen = frozen;
        stored->placeholders = placeholders;
    }
    if (result.outcome == READER_CARRIED_OUT)
        fuzz_demand(tell_stored(world));
    return result;
}

/* Only who has the trusted key, or the one that it named as its next, proves a fork. */
static void check_fork(const struct world *world, const struct stored *stored,
                       const struct reader_alarm *alarm)
{
    const char *trusted = key_public_id(key_private_public(keys[world->trusted]));
    const char *signer = alarm->page->head.key_id;
    fuzz_demand(alarm->freeze == stored->position.at.epoch && alarm->freeze > 0);
    fuzz_demand(strcmp(signer, trusted) == 0 ||
                (strcmp(signer, key_public_id(key_private_public(keys[stored->key]))) == 0 &&
                 strcmp(stored->signer, trusted) == 0));
}

static struct reader_result raise_alarm(struct world *world, const struct reader_alarm *alarm)
{
    struct reader_result result = broken_or_not(world);
    int i = alarm->page && strcmp(alarm->page->stream, "net") == 0 ? FOLLOWER_NET : FOLLOWER_TO;
    fuzz_demand(alarm->kind > READER_NO_ALARM && alarm->kind <= READER_OTHER);
    fuzz_demand(alarm->detail[0] != '\0');
    fuzz_demand(alarm->kind == READER_ERASE_REFUSED || alarm->page);
    fuzz_demand(alarm->kind == READER_OTHER || strcmp(alarm->peer, "a.example") == 0);
    fuzz_demand((alarm->kind == READER_FORK) == (alarm->freeze != 0));
    if (alarm->kind == READER_FORK)
        check_fork(world, &world->stored[i], alarm);
    if (alarm->freeze != 0 && result.outcome == READER_CARRIED_OUT) {
        world->stored[i].frozen = true;
        world->vouched[i].frozen |= world->vouched[i].position.at.epoch == alarm->freeze;
    }
    return result;
}

static struct reader_result look_for_missing(struct world *world, int stream)
{
    struct reader_result result = broken_or_not(world);
    fuzz_demand(world->pages && world->stored[stream].placeholders && world->stored[stream].settled);
    if (result.outcome == READER_CARRIED_OUT)
        world->stored[stream].placeholders = false;
    return result;
}

static void ask(struct world *world, const struct reader_action *action)
{
    const struct stored *to = &world->stored[FOLLOWER_TO], *net = &world->stored[FOLLOWER_NET];
    fuzz_demand(!world->asked && !world->hurried);
    fuzz_demand(to->behind == 0 && net->behind == 0); /* asking acknowledges */
    fuzz_demand(cursor_compare(action->to, to->position.at) == 0 &&
                cursor_compare(action->net, net->position.at) == 0);
    fuzz_demand(action->heads_only || world->now.ms >= world->earliest_ms);
    world->asked = true;
    world->heads_only = action->heads_only;
}

static void check_told(struct world *world, const struct reader_action *action)
{
    if (action->kind == READER_REACHED) {
        fuzz_demand(world->pages && !world->heads_only);
        fuzz_demand(!reader_failing(world->reader));
        return;
    }
    fuzz_demand(action->slug[0] != '\0' && reader_failing(world->reader));
    if (world->pages)
        world->earliest_ms = world->now.ms + 2000;
}

/* False: the action is the driver's own affair until an event comes. */
static bool carry_out(struct world *world, const struct reader_action *action)
{
    uint8_t chain[CHAIN_SIZE];
    struct reader_result result = {0};
    switch (action->kind) {
    case READER_ASK:
        ask(world, action);
        return false;
    case READER_STORE:
        result = store(world, action);
        break;
    case READER_CATCH_UP:
        result = apply(world, action);
        break;
    case READER_LOAD:
        result = load(world);
        break;
    case READER_DISCARD:
        result = discard(world);
        break;
    case READER_ALARM:
        result = raise_alarm(world, &action->alarm);
        break;
    case READER_MISSING:
        result = look_for_missing(world, action->stream);
        break;
    case READER_LOOK_UP:
        result = broken_or_not(world);
        result.chain = chain_of(world->histories[action->stream], action->at, chain);
        break;
    case READER_REACHED:
    case READER_FAILED:
        check_told(world, action);
        break;
    case READER_SHOW:
    case READER_WAIT:
    case READER_KINDS:
        break;
    }
    reader_done(world->reader, &result);
    return true;
}

static void take_turn(struct world *world)
{
    struct reader_action action;
    for (int actions = 0;; actions++) {
        fuzz_demand(actions < ACTIONS_MAX);
        world->now.random = pick(world, 256) * 16843009u;
        action = reader_next(world->reader, &world->now);
        if (action.kind == READER_WAIT)
            break;
        if (carry_out(world, &action))
            compare_stored(world);
        if (pick(world, 8) == 7)
            world->now.ms += pick(world, 256) * 8;
    }
    fuzz_demand(action.until_ms >= world->now.ms);
    fuzz_demand((action.until_ms == INT64_MAX) == (world->asked || world->hurried));
    fuzz_demand(action.until_ms == INT64_MAX || action.until_ms <= world->now.ms + HOUR_MS);
    world->pages = false;
    buffer_free(&world->body);
}

/* ---- the world */

static struct history *pick_history(struct world *world)
{
    return &world->histories[pick(world, FOLLOWER_STREAMS)][pick(world, 2)];
}

static void answer_pages(struct world *world)
{
    for (unsigned pages = pick(world, PAGES_MAX + 1); pages > 0; pages--) {
        int stream = (int)pick(world, FOLLOWER_STREAMS);
        write_page(&world->choices, &world->histories[stream][pick(world, 2)],
                   world->stored[stream].position.at, &world->body);
    }
    if (pick(world, 16) == 15 && world->body.size > 0)
        world->body.data[pick(world, 256) * world->body.size / 256] ^= (uint8_t)(1 + pick(world, 255));
    world->pages = true;
    reader_answer(world->reader, &(struct reader_answer){.status = 200,
                                                         .slug = "",
                                                         .pages = true,
                                                         .body = {world->body.data, world->body.size}});
}

static void refuse(struct world *world)
{
    static const struct reader_answer refusals[] = {
        {.slug = "timeout"},
        {.status = 401, .slug = "replayed"},
        {.status = 409, .slug = "cursor-ahead"},
        {.status = 429, .slug = "rate-limited", .retry_after_s = 30},
        {.status = 503, .slug = "busy", .retry_after_s = INT64_MAX},
        {.status = 200, .slug = "status-200"},
    };
    reader_answer(world->reader, &refusals[pick(world, sizeof refusals / sizeof *refusals)]);
}

static void answer(struct world *world)
{
    if (!world->asked)
        return;
    world->asked = false;
    if (pick(world, 4) == 3)
        refuse(world);
    else
        answer_pages(world);
    take_turn(world);
}

static void change_origin(struct world *world)
{
    struct history *history = pick_history(world);
    switch (pick(world, 3)) {
    case 0:
        append(history, "novelty", json_pack("{s:i}", "n", (int)pick(world, 2)));
        break;
    case 1:
        rotate(history, pick(world, KEYS));
        break;
    default:
        /* Sometimes so far ahead that it is not to be believed. */
        next_epoch(&world->choices, world->histories[pick(world, FOLLOWER_STREAMS)],
                   pick(world, 8) == 7 ? NOW + 86400 : 1 + (int64_t)pick(world, 2));
        break;
    }
}

static void interfere(struct world *world)
{
    switch (pick(world, 6)) {
    case 0:
        reader_wake(world->reader, world->now.ms);
        break;
    case 1:
        reader_seen(world->reader, world->now.ms);
        break;
    case 2:
        reader_compare(world->reader);
        break;
    case 3:
        world->now.ms += pick(world, 256) * 1000;
        break;
    case 4:
        start(world);
        break;
    default:
        if (pick(world, 4) == 3) {
            reader_hurry(world->reader);
            world->hurried = true;
        } else {
            world->trusted = pick(world, KEYS); /* people decided */
            start(world);
        }
        break;
    }
}

static void live(struct world *world)
{
    switch (pick(world, 4)) {
    case 0:
        change_origin(world);
        break;
    case 1:
        interfere(world);
        break;
    default:
        answer(world);
        break;
    }
    take_turn(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[FOLLOWER_STREAMS] = {"to/b.example", "net"};
    struct world world = {.choices = {data, size}, .now = {.ms = 1, .seconds = NOW}};
    make_keys();
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        for (int branch = 0; branch < 2; branch++)
            open_epoch(&world.histories[i][branch], names[i], 10, 0, NULL);
    start(&world);
    for (int i = 0; i < EVENTS_MAX && world.choices.left > 0; i++)
        live(&world);
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        for (int branch = 0; branch < 2; branch++)
            close_history(&world.histories[i][branch]);
    reader_destroy(world.reader);
    buffer_free(&world.body);
    return 0;
}
