#include "node/federation/pull.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/random.h"
#include "node/db/locks.h"
#include "node/db/network/peers.h"
#include "node/db/say/streams.h"
#include "node/federation/contact.h"
#include "node/base/log.h"
#include "protocol/check.h"

enum { TAKE_OVER_MS = 3000, GATHER_MS = 25, AGAIN_MS = 1000, MINUTE_MS = 60000, LONGEST_WAIT_MS = 60000 };

/* Something is asked every minute: of whom nothing is heard for so long, somebody else takes the lock. */
enum { LEADS_SECONDS = 300 };

struct place {
    struct contact *contact;
    bool listed;   /* among those to be followed at the last look */
    bool outdated; /* the peer has changed: when its answer has come, a new contact takes its place */
    struct place *next;
};

struct puller {
    const struct node *node;
    struct contact_tools tools;
    struct contact_dials dials;
    struct db *db;
    struct transport *transport;
    struct place *places;
    bool leading;
    uint64_t generation; /* of the connection that holds lock and LISTEN */
    bool refresh;        /* something was notified: at refresh_ms it is looked what */
    int64_t refresh_ms, minute_ms, compare_ms;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    _Atomic int64_t progressed_ms;
};

/* With each contact's turn: each may wait for the database as long as it lets one wait, and many have turns.
 */
static void progressed(struct puller *puller)
{
    puller->progressed_ms = clock_ms();
}

static int64_t drive_contact(struct puller *puller, struct contact *contact)
{
    progressed(puller);
    return contact_drive(contact);
}

/* Not at once what failed (AGAIN_MS), which may fail for long; but it keeps nothing else back. */
static void refresh_within(struct puller *puller, int64_t ms)
{
    int64_t at = clock_ms() + ms;

    if (!puller->refresh || at < puller->refresh_ms)
        puller->refresh_ms = at;
    puller->refresh = true;
}

/* What comes within a moment is looked at together, and whoever caused it has an answer before a whole
 * network begins to stir. */
static void wish_refresh(struct puller *puller)
{
    refresh_within(puller, GATHER_MS);
}

/* ---- the list of peers */

static struct place *find_place(struct puller *puller, const char *authority)
{
    for (struct place *place = puller->places; place; place = place->next)
        if (place->listed && strcmp(contact_via(place->contact), authority) == 0)
            return place;
    return NULL;
}

/* Those that are not followed any more go; one whose answer is still under way when that has come. */
static void sweep(struct puller *puller, bool busy_too)
{
    for (struct place **link = &puller->places; *link;) {
        struct place *place = *link;

        if (place->listed || (contact_busy(place->contact) && !busy_too)) {
            link = &place->next;
            continue;
        }
        *link = place->next;
        contact_destroy(place->contact);
        free(place);
    }
}

static void unlist(struct puller *puller)
{
    for (struct place *place = puller->places; place; place = place->next)
        place->listed = false;
}

/* Also one that is not listed any more, while it is there. */
static const struct contact *find_contact(const struct puller *puller, const char *authority)
{
    for (const struct place *place = puller->places; place; place = place->next)
        if (strcmp(contact_via(place->contact), authority) == 0)
            return place->contact;
    return NULL;
}

/* At the end: who waits to be dialled waits for those who were there before, and for nobody else. */
static bool add_place(struct puller *puller, const struct contact_peer *peer)
{
    struct place *place = calloc(1, sizeof *place), **link = &puller->places;
    struct problem problem = {0};

    progressed(puller);
    if (place)
        place->contact =
            contact_create(&puller->tools, peer, find_contact(puller, peer->authority), &problem);
    problem_finish(&problem);
    if (!place || !place->contact) {
        free(place);
        return false;
    }
    place->listed = true;
    while (*link)
        link = &(*link)->next;
    *link = place;
    return true;
}

/* ---- what the database says */

struct look {
    struct db_result *followed, *wakes, *lagging;
    const struct node *node;
};

static void look_finish(struct look *look)
{
    db_result_destroy(look->followed);
    db_result_destroy(look->wakes);
    db_result_destroy(look->lagging);
    look->followed = look->wakes = look->lagging = NULL;
}

static bool look_around(struct tx *tx, void *arg)
{
    struct look *look = arg;

    look_finish(look);
    return db_relax(tx) && db_peers_followed(tx, &look->followed) && db_peers_take_wakes(tx, &look->wakes) &&
           db_peers_lagging(tx, look->node->authority, &look->lagging);
}

/* Lists the contact of a peer again; false when there is none that fits. */
static bool keep_place(struct puller *puller, const struct contact_peer *peer)
{
    for (struct place *place = puller->places; place; place = place->next) {
        if (strcmp(contact_via(place->contact), peer->authority) != 0)
            continue;
        /* One request at a time to one peer, also while the contact changes (SPEC.md 5.4). */
        place->outdated = contact_version(place->contact) != peer->version;
        place->listed = !place->outdated || contact_busy(place->contact);
        if (place->listed)
            return true;
    }
    return false;
}

static void take_followed(struct puller *puller, const struct db_result *rows)
{
    for (size_t row = 0; row < db_rows(rows); row++) {
        struct contact_peer peer = {.authority = db_cell(rows, row, "authority"),
                                    .version = db_cell_integer(rows, row, "version"),
                                    .heard = db_cell_boolean(rows, row, "heard"),
                                    .failing = db_cell_boolean(rows, row, "failing"),
                                    .unplaced = db_cell_boolean(rows, row, "unplaced"),
                                    .confirmed = db_cell_boolean(rows, row, "confirmed")};
        struct key_public *key = NULL;
        uint8_t raw[KEY_SIZE];

        if (!db_cell_fixed(rows, row, "key", raw, KEY_SIZE) || !(key = key_public_from_raw(raw, NULL)))
            continue;
        peer.key = key;
        if (!keep_place(puller, &peer) && !add_place(puller, &peer))
            refresh_within(puller, AGAIN_MS);
        key_public_destroy(key);
    }
}

static void take_wakes(struct puller *puller, const struct db_result *rows)
{
    for (size_t row = 0; row < db_rows(rows); row++) {
        struct place *place = find_place(puller, db_cell(rows, row, "authority"));

        if (place)
            contact_wake(place->contact, db_cell_boolean(rows, row, "hinted"));
    }
}

static void take_lagging(struct puller *puller, const struct db_result *rows)
{
    for (size_t row = 0; row < db_rows(rows); row++) {
        struct place *place = find_place(puller, db_cell(rows, row, "authority"));

        if (place)
            contact_lags(place->contact, db_cell(rows, row, "head"));
    }
}

static void refresh(struct puller *puller)
{
    struct look look = {.node = puller->node};
    struct problem problem = {0};

    puller->refresh = false;
    if (db_transaction(puller->db, &problem, look_around, &look)) {
        unlist(puller);
        take_followed(puller, look.followed);
        transport_keep(puller->transport, db_rows(look.followed));
        sweep(puller, false);
        take_wakes(puller, look.wakes);
        take_lagging(puller, look.lagging);
    } else {
        refresh_within(puller, AGAIN_MS);
    }
    look_finish(&look);
    problem_finish(&problem);
}

/* ---- by the clock */

static bool store_reached(struct tx *tx, void *arg)
{
    return db_relax(tx) && db_peers_reached(tx, arg);
}

/* One write a minute for all peers that were reached, however often. */
static void flush_reached(struct puller *puller)
{
    json_t *authorities = json_array();
    struct problem problem = {0};

    for (struct place *place = puller->places; place; place = place->next)
        if (place->listed && contact_reached(place->contact))
            json_array_append_new(authorities, json_string(contact_via(place->contact)));
    if (json_array_size(authorities) > 0)
        db_transaction(puller->db, &problem, store_reached, authorities);
    problem_finish(&problem);
    json_decref(authorities);
}

static void every_minute(struct puller *puller)
{
    puller->minute_ms = clock_ms();
    flush_reached(puller);
    /* What a large page needed is given back: many nodes may share a machine. */
    malloc_trim(0);
    wish_refresh(puller); /* also those that lag are hinted again (SPEC.md 10.3) */
}

/* One peer, chosen by lot: so each is looked at now and then, and nobody can tell when (SPEC.md 9.4). */
static void compare_one(struct puller *puller)
{
    uint32_t count = 0, lot;

    puller->compare_ms = clock_ms() + puller->node->config->compare_seconds * 1000;
    for (struct place *place = puller->places; place; place = place->next)
        count += place->listed;
    if (count == 0)
        return;
    lot = random_number() % count;
    for (struct place *place = puller->places; place; place = place->next)
        if (place->listed && lot-- == 0)
            contact_compare(place->contact);
}

/* ---- leading */

static void step_down(struct puller *puller)
{
    puller->leading = false;
    unlist(puller);
    sweep(puller, false);
}

static bool take_over(struct puller *puller)
{
    struct problem problem = {0};

    puller->leading = db_try_lock(puller->db, DB_LOCK_PULL, LEADS_SECONDS, &problem) &&
                      db_listen(puller->db, DB_STREAMS_WAKE, &problem);
    problem_finish(&problem);
    if (!puller->leading)
        return false;
    log_info("this process pulls for %s", puller->node->authority);
    puller->generation = db_generation(puller->db);
    wish_refresh(puller);
    puller->minute_ms = clock_ms() - MINUTE_MS; /* what was due while nobody led is due now */
    puller->compare_ms = clock_ms() + puller->node->config->compare_seconds * 1000;
    return true;
}

/* The lock lives as long as the connection it was taken on. */
static bool still_leading(struct puller *puller)
{
    struct problem problem = {0};
    bool connected = db_ready(puller->db, &problem);

    problem_finish(&problem);
    return connected && db_generation(puller->db) == puller->generation;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* One whose peer has changed has no turn until the look that replaces it. */
static bool is_driven(const struct place *place)
{
    return place->listed && !place->outdated;
}

/* Who had a turn comes after all others. */
static void move_to_end(struct place **link)
{
    struct place *place = *link;

    *link = place->next;
    while (*link)
        link = &(*link)->next;
    *link = place;
    place->next = NULL;
}

/* Those who have much to say go round: one of them between two looks at all others, so that these wait for
 * one turn whoever they are (SPEC.md 9.4). */
static int64_t drive_hungry(struct puller *puller)
{
    struct place **link = &puller->places, *place;

    while (*link && !(is_driven(*link) && contact_hungry((*link)->contact)))
        link = &(*link)->next;
    if (!(place = *link))
        return INT64_MAX;
    move_to_end(link);
    return drive_contact(puller, place->contact);
}

/* Those who wait to be dialled go round likewise. */
static int64_t drive_others(struct puller *puller)
{
    struct place **link = &puller->places, *last = puller->places, *place = NULL;
    int64_t until = INT64_MAX;

    while (last && last->next)
        last = last->next;
    for (; *link && place != last && !atomic_load(&puller->stop);) {
        place = *link;
        if (is_driven(place) && !contact_busy(place->contact) && !contact_hungry(place->contact)) {
            until = earlier(until, drive_contact(puller, place->contact));
            if (contact_busy(place->contact) && place != last) {
                move_to_end(link);
                continue;
            }
        }
        link = &place->next;
    }
    return until;
}

/* Returns when to call it again at the latest. */
static int64_t drive(struct puller *puller)
{
    int64_t until = drive_others(puller);

    if (!atomic_load(&puller->stop))
        until = earlier(until, drive_hungry(puller));
    for (struct place *place = puller->places; place; place = place->next)
        if (is_driven(place) && contact_hungry(place->contact))
            return clock_ms();
    return until;
}

/* Does all that is due; returns how long there is nothing to do. */
static int pull_once(struct puller *puller)
{
    int64_t now = clock_ms(), until = now + LONGEST_WAIT_MS;

    if (db_notified(puller->db))
        wish_refresh(puller);
    if (now >= puller->minute_ms + MINUTE_MS)
        every_minute(puller);
    if (puller->refresh && now >= puller->refresh_ms)
        refresh(puller);
    sweep(puller, false);
    if (now >= puller->compare_ms)
        compare_one(puller);
    until = earlier(until, puller->compare_ms);
    until = earlier(until, drive(puller));
    until = earlier(until, puller->minute_ms + MINUTE_MS);
    /* What came with an answer to one of these queries does not make the socket readable again. */
    if (db_notified(puller->db))
        wish_refresh(puller);
    if (puller->refresh)
        until = earlier(until, puller->refresh_ms);
    return clock_left(until);
}

static void answered(void *arg, void *context, const struct transport_answer *answer)
{
    struct puller *puller = arg;
    struct place *place = puller->places;

    while (place && place->contact != context)
        place = place->next;
    CHECK(place);
    progressed(puller);
    if (place->listed && !place->outdated) {
        contact_answer(place->contact, answer);
        return;
    }
    /* Nobody wants it any more: the next contact, or the next leader, goes on from what is stored. */
    contact_drop(place->contact);
    if (place->listed)
        wish_refresh(puller);
}

static void *pull_thread(void *arg)
{
    struct puller *puller = arg;

    while (!atomic_load(&puller->stop)) {
        int idle_ms;

        progressed(puller);
        if (puller->leading && !still_leading(puller))
            step_down(puller);
        if (!puller->leading && !take_over(puller)) {
            sweep(puller, false);
            transport_run(puller->transport, -1, TAKE_OVER_MS);
            continue;
        }
        /* First this: it may connect anew, and then the socket is another. */
        idle_ms = pull_once(puller);
        transport_run(puller->transport, db_socket(puller->db), idle_ms);
    }
    return NULL;
}

int64_t puller_progressed_ms(const struct puller *puller)
{
    return puller->progressed_ms;
}

struct puller *puller_create(const struct node *node, struct problem *problem)
{
    struct puller *puller = calloc(1, sizeof *puller);

    if (!puller)
        goto fail;
    puller->node = node;
    puller->progressed_ms = clock_ms();
    puller->db = db_create(node->config->conninfo);
    puller->transport = transport_create(node->config, answered, puller);
    if (!puller->db || !puller->transport)
        goto fail;
    puller->tools =
        (struct contact_tools){node, puller->db, puller->transport, &puller->dials, &puller->stop};
    puller->started = pthread_create(&puller->thread, NULL, pull_thread, puller) == 0;
    if (puller->started)
        return puller;

fail:
    problem_set(problem, PROBLEM_INTERNAL, "The pulling thread could not be started: out of memory.");
    puller_destroy(puller);
    return NULL;
}

void puller_destroy(struct puller *puller)
{
    if (!puller)
        return;
    if (puller->started) {
        atomic_store(&puller->stop, true);
        transport_wake(puller->transport);
        pthread_join(puller->thread, NULL);
    }
    transport_destroy(puller->transport);
    unlist(puller);
    sweep(puller, true);
    db_destroy(puller->db);
    free(puller);
}
