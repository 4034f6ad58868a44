#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

enum { DAY = 86400, EVENTS = 512, TIMEOUT = 10 * SECOND, JOB = 5 * SECOND, RESTARTS = 20 * SECOND };

struct event {
    int64_t at_ms;
    enum { ARRIVES, ANSWERED, RESTARTED, HAPPENS, WORKS } kind;
    int town, peer, life;
    struct request request;
    struct answer answer;
};

struct world world;
const struct mirror *sim_mirror;
int sim_doubt;
static struct event events[EVENTS];
static int events_count;
static int64_t wakes[TOWNS][TOWNS];

void sim_tell(const char *format, ...)
{
    va_list args;

    if (!world.trace)
        return;
    printf("%10.3f  ", (double)world.ms / SECOND);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void sim_wrong(const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sim_tell("WRONG: %s", text);
    if (!world.wrong)
        world.wrong = keep_copy(text, strlen(text));
}

static void later(int64_t in_ms, struct event event)
{
    event.at_ms = world.ms + in_ms;
    CHECK(events_count < EVENTS);
    events[events_count++] = event;
}

/* ---- the wire: what is sent arrives after a while, or never */

static int64_t delay(void)
{
    return chance_percent(90) ? 1 + chance_below(50) : chance_below(5 * SECOND);
}

static bool lost(void)
{
    return !world.quiet && chance_percent(world.loss);
}

void world_send(struct town *from, int to, const struct request *request)
{
    struct event event = {
        .kind = ARRIVES, .town = from->index, .peer = to, .life = from->life, .request = *request};

    from->busy[to] = true;
    if (!lost()) {
        later(delay(), event);
        return;
    }
    event.kind = ANSWERED;
    later(TIMEOUT, event);
}

void world_hint(struct town *from, int to)
{
    struct town *peer = &world.towns[to];

    if (lost() || !peer->up || !from->up)
        return;
    reader_wake(peer->readers[from->index], world.ms);
    wakes[to][from->index] = world.ms + delay();
}

void world_wake(struct town *town, int peer, int64_t at_ms)
{
    wakes[town->index][peer] = at_ms;
}

static void arrives(struct event *event)
{
    struct town *callee = &world.towns[event->peer];
    int64_t takes = delay();

    world.late = !world.towns[event->town].up || world.towns[event->town].life != event->life;
    if (callee->up) {
        event->answer = town_answer(callee, event->town, &event->request);
        if (callee->up)
            wakes[event->peer][event->town] = world.ms; /* its caller lives */
    }
    if (lost()) {
        event->answer = (struct answer){0};
        takes = TIMEOUT;
    }
    event->kind = ANSWERED;
    later(takes, *event);
}

static void answered(struct event *event)
{
    struct town *caller = &world.towns[event->town];

    if (!caller->up || caller->life != event->life)
        return; /* whoever asked is no more */
    caller->busy[event->peer] = false;
    follow_answer(caller, event->peer, &event->request, &event->answer);
}

/* ---- what happens */

void town_stop(struct town *town)
{
    town->up = false;
    later(RESTARTS + chance_below(2 * MINUTE), (struct event){.kind = RESTARTED, .town = town->index});
}

static void works(struct town *town)
{
    if (town->up)
        town_work(town);
    for (int i = 0; i < TOWNS && town->up; i++)
        if (i != town->index && town_hint(town, i) && world.ms - town->hinted_ms[i] > MINUTE) {
            town->hinted_ms[i] = world.ms;
            world_hint(town, i);
        }
    later(JOB, (struct event){.kind = WORKS, .town = town->index});
}

static void snapshot(struct town *town)
{
    sim_tell("%s is copied at %lld.%lld", town->authority, (long long)town->disk.epoch,
             (long long)disk_newest(&town->disk.own[town->index])->seq);
    town->kept = town->disk;
    town->has_kept = true;
    if (sim_mirror)
        sim_mirror->kept(town);
}

/* A snapshot of the whole machine looks unchanged from inside; a backup is another database. */
static void put_back(struct town *town, bool unnoticed)
{
    if (!town->has_kept)
        return;
    sim_tell("%s is put back (%s)", town->authority, unnoticed ? "unnoticed" : "another database");
    town->disk = town->kept;
    if (!unnoticed)
        town->disk.database = (int)chance_bits();
    if (sim_mirror)
        sim_mirror->put_back(town);
    if (town->up)
        town_stop(town);
}

static void name_streams(struct town *town)
{
    for (int k = 0; k < TOWNS; k++) {
        struct stream *own = &town->disk.own[k];

        own->origin = town->index;
        snprintf(own->name, sizeof own->name, "%s%s", town->index == k ? "net" : "to/",
                 town->index == k ? "" : world.towns[k].authority);
        for (int s = 0; s < FOLLOWER_STREAMS; s++) {
            struct stream *held = &town->disk.followed[k][s];

            held->origin = k;
            snprintf(held->name, sizeof held->name, "%s%s", s == FOLLOWER_NET ? "net" : "to/",
                     s == FOLLOWER_NET ? "" : town->authority);
        }
    }
}

/* The database is lost without a backup: it begins again with an empty one and the same key. Who does that
 * looks at the clock. */
static void start_over(struct town *town)
{
    sim_tell("%s starts over with an empty database", town->authority);
    memset(&town->disk, 0, sizeof town->disk);
    town->disk.database = (int)(chance_bits() | 1);
    town->clock_s = town->database_s = 0;
    name_streams(town);
    if (sim_mirror)
        sim_mirror->emptied(town);
    if (town->up)
        town_stop(town);
}

static int64_t off(void)
{
    int64_t most = chance_percent(50) ? 20000 : 500 * DAY;

    return chance_percent(50) ? 0 : chance_below(2 * most) - most;
}

/* The machine's clock, and mostly its database's with it. */
static void leap(struct town *town)
{
    town->clock_s = off();
    town->database_s = chance_percent(80) ? town->clock_s : off();
    sim_tell("%s's clock is off by %lld s, its database's by %lld s", town->authority,
             (long long)town->clock_s, (long long)town->database_s);
}

static int other_than(int town)
{
    return (int)((town + 1 + chance_below(TOWNS - 1)) % TOWNS);
}

static void happens(struct town *town)
{
    int what = (int)chance_below(100), object = (int)chance_below(OBJECTS);

    if (what < 28 && town->up)
        town_publish(town, object);
    else if (what < 36 && town->up)
        town_erase(town, object);
    else if (what < 64 && town->up)
        town_say(town, other_than(town->index));
    else if (what < 70 && town->up)
        town_stop(town);
    else if (what < 80 && town->disk.epoch)
        snapshot(town);
    else if (what < 86)
        put_back(town, true);
    else if (what < 89)
        put_back(town, false);
    else if (what < 90)
        start_over(town);
    else if (what < 93 && town->disk.epoch)
        leap(town);
    else if (what < 96)
        world.loss = chance_percent(50) ? 0 : (int)chance_below(60);
    else if (town->up)
        reader_compare(town->readers[other_than(town->index)]);
}

/* Somebody may have waited for it, and works there before any peer hears that it was put back. */
static void restart(struct town *town)
{
    town_start(town);
    if (!world.quiet && chance_percent(50))
        happens(town);
}

/* ---- a seed */

static void open_towns(void)
{
    for (int i = 0; i < TOWNS; i++) {
        struct town *town = &world.towns[i];
        uint8_t seed[KEY_SIZE] = {(uint8_t)(i + 1)};

        town->index = i;
        snprintf(town->authority, sizeof town->authority, "%c.example", 'a' + i);
        town->key = key_private_from_seed(seed, NULL);
        CHECK(town->key);
        town->disk.database = 1;
    }
    for (int i = 0; i < TOWNS; i++)
        name_streams(&world.towns[i]);
    for (int i = 0; i < TOWNS; i++) {
        town_start(&world.towns[i]);
        later(JOB, (struct event){.kind = WORKS, .town = i});
    }
}

static void close_towns(void)
{
    for (int i = 0; i < TOWNS; i++) {
        for (int k = 0; k < TOWNS; k++)
            reader_destroy(world.towns[i].readers[k]);
        key_private_destroy(world.towns[i].key);
    }
    keep_nothing();
}

static void dispatch(struct event *event)
{
    struct town *town = &world.towns[event->town];

    switch (event->kind) {
    case ARRIVES:
        arrives(event);
        break;
    case ANSWERED:
        answered(event);
        break;
    case RESTARTED:
        if (!town->up)
            restart(town);
        break;
    case HAPPENS:
        happens(town);
        break;
    case WORKS:
        works(town);
        break;
    }
}

/* The next of what was to come and of the readers' waiting, whichever is first; nothing after until_ms. */
static bool step(int64_t until_ms)
{
    int first = -1, town = -1, peer = -1;
    int64_t at = until_ms;

    for (int i = 0; i < events_count; i++)
        if (events[i].at_ms < at || (first < 0 && events[i].at_ms <= at)) {
            at = events[i].at_ms;
            first = i;
        }
    for (int i = 0; i < TOWNS; i++)
        for (int k = 0; k < TOWNS; k++)
            if (i != k && wakes[i][k] < at) {
                at = wakes[i][k];
                town = i;
                peer = k;
            }
    if (town < 0 && first < 0)
        return false;
    world.ms = at > world.ms ? at : world.ms;
    if (town >= 0) {
        wakes[town][peer] = INT64_MAX;
        follow_drive(&world.towns[town], peer);
    } else {
        struct event event = events[first];

        memmove(&events[first], &events[first + 1], (size_t)(--events_count - first) * sizeof event);
        dispatch(&event);
    }
    return true;
}

static void pass(int64_t span_ms)
{
    int64_t until = world.ms + span_ms;

    while (!world.wrong && step(until))
        continue;
    world.ms = until;
}

/* Everybody comes up, clocks are right, and nothing more happens. */
static void calm(void)
{
    sim_tell("nothing more happens");
    world.quiet = true;
    for (int i = 0; i < TOWNS; i++)
        world.towns[i].clock_s = world.towns[i].database_s = 0;
}

bool world_run(uint64_t seed, bool trace)
{
    const char *wrong = NULL;

    chance_seed(seed);
    memset(&world, 0, sizeof world);
    events_count = 0;
    for (int i = 0; i < TOWNS; i++)
        for (int k = 0; k < TOWNS; k++)
            wakes[i][k] = INT64_MAX;
    world.trace = trace;
    world.loss = (int)chance_below(20);
    world.crash = (int)chance_below(3);
    open_towns();
    pass(2 * MINUTE);
    for (int64_t n = 10 + chance_below(30); n > 0; n--) {
        later(0, (struct event){.kind = HAPPENS, .town = (int)chance_below(TOWNS)});
        pass(chance_percent(60) ? chance_below(3 * SECOND) : chance_below(3 * MINUTE));
    }
    calm();
    /* However long they failed, they are heard again within minutes. */
    for (int minutes = 0; minutes < 60 && !world.wrong && (minutes < 3 || wrong); minutes++) {
        pass(MINUTE);
        wrong = judge_end();
    }
    if (wrong)
        sim_wrong("%s", wrong);
    if (sim_mirror)
        sim_mirror->ended();
    if (world.wrong)
        printf("seed %llu: %s\n", (unsigned long long)seed, world.wrong);
    wrong = world.wrong;
    close_towns();
    return !wrong;
}
