#include "node/federation/contact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/db/alarms.h"
#include "node/db/entries.h"
#include "node/db/peers.h"
#include "node/federation/authenticate.h"
#include "node/federation/discovery.h"
#include "node/federation/outbound.h"
#include "node/log.h"
#include "node/work/network.h"

enum { HINT_AGAIN_MS = 60000, HINT_GAP_MS = 300, DESCRIBE_AGAIN_MS = 3600000, SLUG_SIZE = 65 };

enum contact_doing { IDLE, PULLING, HINTING, SHOWING, DESCRIBING };

struct contact {
    const struct contact_tools *tools;
    char authority[AUTHORITY_SIZE];
    struct key_public *key;
    struct follower *follower;
    enum contact_doing doing;

    /* Our own newest head that it lacks. */
    char hint[HEAD_SIZE]; /* "": nothing to say */
    struct cursor hint_at, hinted_at;
    int64_t hinted_ms;

    bool show[FOLLOWER_STREAMS];     /* its own head that we hold, to be shown to it */
    bool erasures[FOLLOWER_STREAMS]; /* placeholders came: look for missing ones at the newest head */
    bool repeated;                   /* the request was sent anew already */
    struct cursor to, net;           /* of the request under way */

    bool reached;          /* since it was stored */
    bool known;            /* an answer was ever stored by this process */
    char error[SLUG_SIZE]; /* as stored; "": none */
    int64_t describe_ms;   /* when to ask where it is; INT64_MAX: known */
};

int64_t contact_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint32_t contact_random(void)
{
    uint32_t number;

    node_random(&number, sizeof number);
    return number;
}

static void stream_name(const struct contact *contact, int stream, char out[STREAM_NAME_SIZE])
{
    if (stream == FOLLOWER_NET)
        snprintf(out, STREAM_NAME_SIZE, "net");
    else
        snprintf(out, STREAM_NAME_SIZE, "to/%s", contact->tools->node->authority);
}

/* ---- stored positions */

static bool restore(struct tx *tx, void *arg)
{
    struct contact *contact = arg;
    bool ok = true;

    for (int stream = 0; ok && stream < FOLLOWER_STREAMS; stream++) {
        char name[STREAM_NAME_SIZE];
        struct db_followed held;

        stream_name(contact, stream, name);
        if (!db_entries_followed(tx, contact->authority, name, &held))
            return false;
        ok = follower_restore(contact->follower, stream,
                              &(struct follower_state){held.position, held.key, held.settled, held.frozen}) ||
             problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
        key_public_destroy(held.key);
    }
    return ok;
}

struct contact *contact_create(const struct contact_tools *tools, const char *authority,
                               const struct key_public *key, bool failing, bool unplaced,
                               struct problem *problem)
{
    struct contact *contact = calloc(1, sizeof *contact);

    if (!contact)
        return NULL;
    contact->tools = tools;
    snprintf(contact->authority, sizeof contact->authority, "%s", authority);
    contact->key = key_public_copy(key);
    contact->follower =
        follower_create(tools->node->authority, authority, key, tools->node->config->poll_seconds * 1000);
    contact->describe_ms = unplaced ? 0 : INT64_MAX;
    /* Not knowing why, only that the database has to be told when it is reached. */
    snprintf(contact->error, sizeof contact->error, "%s", failing ? "unknown" : "");
    if (!contact->key || !contact->follower) {
        problem_set(problem, PROBLEM_INTERNAL, "Out of memory.");
        goto fail;
    }
    if (!db_snapshot(tools->db, problem, restore, contact))
        goto fail;
    return contact;

fail:
    contact_destroy(contact);
    return NULL;
}

void contact_destroy(struct contact *contact)
{
    if (!contact)
        return;
    follower_destroy(contact->follower);
    key_public_destroy(contact->key);
    free(contact);
}

const char *contact_authority(const struct contact *contact)
{
    return contact->authority;
}

bool contact_busy(const struct contact *contact)
{
    return contact->doing != IDLE;
}

void contact_trust(struct contact *contact, const struct key_public *key)
{
    struct key_public *copy;

    if (key_public_equal(contact->key, key) || !(copy = key_public_copy(key)))
        return;
    key_public_destroy(contact->key);
    contact->key = copy;
    follower_trust(contact->follower, key);
}

void contact_wake(struct contact *contact, bool hinted)
{
    if (hinted)
        follower_wake(contact->follower, contact_now());
    else
        follower_seen(contact->follower, contact_now());
}

void contact_lags(struct contact *contact, struct cursor at, const char *head)
{
    bool same = cursor_compare(at, contact->hinted_at) == 0;

    if (same && contact_now() - contact->hinted_ms < HINT_AGAIN_MS)
        return;
    contact->hint_at = at;
    snprintf(contact->hint, sizeof contact->hint, "%s", head);
}

bool contact_reached(struct contact *contact)
{
    bool reached = contact->reached;

    contact->reached = false;
    return reached;
}

/* ---- how it is doing, as stored: written only when it changed */

struct health {
    const char *authority, *error;
};

static bool store_failed(struct tx *tx, void *arg)
{
    const struct health *health = arg;

    return db_relax(tx) && db_peers_failed(tx, health->authority, health->error);
}

static bool store_reached(struct tx *tx, void *arg)
{
    const struct contact *contact = arg;
    json_t *authorities = json_pack("[s]", contact->authority);
    bool ok = db_relax(tx) && db_peers_reached(tx, authorities);

    json_decref(authorities);
    return ok;
}

static void succeeded(struct contact *contact)
{
    struct problem problem = {0};

    contact->reached = true;
    if (contact->known && !contact->error[0])
        return;
    if (contact->error[0])
        log_info("%s: reached again", contact->authority);
    if (db_transaction(contact->tools->db, &problem, store_reached, contact)) {
        contact->known = true;
        contact->error[0] = '\0';
        contact->reached = false;
    }
    problem_finish(&problem);
}

static void failed(struct contact *contact, const char *slug, long retry_after)
{
    const struct health health = {contact->authority, slug};
    struct problem problem = {0};

    follower_failed(contact->follower, contact_now(), retry_after, contact_random());
    if (strcmp(contact->error, slug) == 0)
        return;
    log_warning("%s: pull failed: %s", contact->authority, slug);
    if (db_transaction(contact->tools->db, &problem, store_failed, (void *)(uintptr_t)&health))
        snprintf(contact->error, sizeof contact->error, "%s", slug);
    problem_finish(&problem);
}

/* ---- requests */

static bool send_request(struct contact *contact, enum contact_doing doing, const char *target,
                         const char *type, struct bytes body)
{
    const struct contact_tools *tools = contact->tools;
    struct outbound outbound;
    struct err err = {0};
    bool ok = outbound_sign(&outbound, tools->node, contact->authority, target, type, body, &err) &&
              transport_send(tools->transport, &outbound.request, contact);

    if (ok)
        contact->doing = doing;
    outbound_finish(&outbound);
    return ok;
}

static bool send_pull(struct contact *contact)
{
    char to[CURSOR_SIZE], net[CURSOR_SIZE], target[128];

    cursor_format(contact->to, to);
    cursor_format(contact->net, net);
    snprintf(target, sizeof target, FEDERATION_PAGES "?to=%s&net=%s", to, net);
    return send_request(contact, PULLING, target, NULL, (struct bytes){0});
}

static bool send_head(struct contact *contact, enum contact_doing doing, const char *head)
{
    return send_request(contact, doing, FEDERATION_HINT, "application/jose",
                        (struct bytes){(const uint8_t *)head, strlen(head)});
}

static bool send_discovery(struct contact *contact)
{
    const struct transport_request request = discovery_request(contact->authority);

    contact->describe_ms = contact_now() + DESCRIBE_AGAIN_MS;
    if (!transport_send(contact->tools->transport, &request, contact))
        return false;
    contact->doing = DESCRIBING;
    return true;
}

struct newest {
    const struct contact *contact;
    int stream;
    char head[HEAD_SIZE];
};

static bool read_newest(struct tx *tx, void *arg)
{
    struct newest *newest = arg;
    char name[STREAM_NAME_SIZE];

    stream_name(newest->contact, newest->stream, name);
    return db_entries_newest_head(tx, newest->contact->authority, name, newest->head);
}

/* It answered that we are ahead of it: it lost something, and our copy of its head tells it so. */
static bool send_shown(struct contact *contact)
{
    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        struct newest newest = {.contact = contact, .stream = stream};
        struct problem problem = {0};
        bool ok;

        if (!contact->show[stream])
            continue;
        contact->show[stream] = false;
        ok = db_snapshot(contact->tools->db, &problem, read_newest, &newest) && newest.head[0];
        problem_finish(&problem);
        if (ok && send_head(contact, SHOWING, newest.head))
            return true;
    }
    return false;
}

/* While it cannot be reached there is no use in telling it anything: it asks by itself when it is back. */
static bool hint_due(const struct contact *contact, int64_t now)
{
    return contact->hint[0] && !follower_failing_since(contact->follower) &&
           now >= contact->hinted_ms + HINT_GAP_MS;
}

static bool send_hint(struct contact *contact, int64_t now)
{
    bool ok = send_head(contact, HINTING, contact->hint);

    contact->hint[0] = '\0';
    contact->hinted_at = contact->hint_at;
    contact->hinted_ms = now;
    return ok;
}

int64_t contact_drive(struct contact *contact)
{
    int64_t now = contact_now(), until;
    struct follower_action action;

    if (contact_busy(contact))
        return INT64_MAX;
    if (hint_due(contact, now) && send_hint(contact, now))
        return INT64_MAX;
    if (send_shown(contact))
        return INT64_MAX;
    action = follower_next(contact->follower, now);
    if (action.kind == FOLLOWER_FETCH) {
        contact->to = action.to;
        contact->net = action.net;
        contact->repeated = false;
        if (!send_pull(contact))
            failed(contact, "out-of-memory", 0);
        return contact_busy(contact) ? INT64_MAX : now;
    }
    if (now >= contact->describe_ms && contact->known && !contact->error[0] && send_discovery(contact))
        return INT64_MAX;
    until = action.until_ms;
    if (contact->hint[0] && !follower_failing_since(contact->follower) &&
        until > contact->hinted_ms + HINT_GAP_MS)
        until = contact->hinted_ms + HINT_GAP_MS;
    return until;
}

/* ---- answers */

static bool raise_alarm(struct tx *tx, void *arg)
{
    return db_alarms_raise(tx, arg);
}

static void alarm_about(struct contact *contact, const char *kind, const char *detail, struct bytes proof)
{
    struct db_alarm alarm = {.kind = kind, .peer = contact->authority, .detail = detail, .proof = proof};
    struct problem problem = {0};

    log_warning("%s: alarm %s: %s", contact->authority, kind, detail);
    db_transaction(contact->tools->db, &problem, raise_alarm, &alarm);
    problem_finish(&problem);
}

struct held_chain {
    const struct contact *contact;
    const struct page *page;
    struct cursor at;
    uint8_t chain[CHAIN_SIZE];
    bool found;
};

static bool read_chain(struct tx *tx, void *arg)
{
    struct held_chain *held = arg;

    return db_entries_chain(tx, held->contact->authority, held->page->stream, held->at, held->chain,
                            &held->found);
}

static bool freeze(struct tx *tx, void *arg)
{
    const struct page *page = arg;

    return db_entries_freeze(tx, page->origin, page->stream, page->from.at.epoch);
}

static bool apply(struct tx *tx, void *arg)
{
    return network_apply(tx, arg);
}

/* What the follower says against a page. A fork is kept as proof and freezes the stream in its epoch;
 * everything else is a failure like any other: nothing of it is stored. True: go on with the next page. */
static bool judge_error(struct contact *contact, const struct page *page, struct bytes text,
                        const struct err *err, char slug[SLUG_SIZE])
{
    struct problem problem = {0};

    snprintf(slug, SLUG_SIZE, "%s", err_slug(err->code));
    if (err->code != ERR_FORKED) {
        log_warning("%s: %s", contact->authority, err->text);
        return false;
    }
    alarm_about(contact, "fork", err->text, text);
    db_transaction(contact->tools->db, &problem, freeze, (void *)(uintptr_t)page);
    problem_finish(&problem);
    follower_freeze(contact->follower, strcmp(page->stream, "net") == 0 ? FOLLOWER_NET : FOLLOWER_TO);
    return true;
}

/* Judges and stores one page. False with a slug when the pull ends here; "" when the positions were read
 * anew. */
static bool take_page(struct contact *contact, const struct page *page, struct bytes text, bool *more,
                      char slug[SLUG_SIZE])
{
    struct db *db = contact->tools->db;
    struct held_chain held = {.contact = contact, .page = page};
    struct follower_step step;
    struct network_page applying = {
        .node = contact->tools->node, .origin = contact->authority, .page = page, .step = &step};
    struct problem problem = {0};
    struct err err = {0};
    bool ok;

    snprintf(slug, SLUG_SIZE, "database-unavailable");
    if (follower_wants(contact->follower, page, &held.at) && !db_snapshot(db, &problem, read_chain, &held)) {
        problem_finish(&problem);
        return false;
    }
    if (follower_page(contact->follower, page, held.found ? held.chain : NULL, &step, &err) != ERR_OK)
        return judge_error(contact, page, text, &err, slug);
    if (step.verdict == FOLLOWER_IGNORE)
        return true;
    ok = db_transaction(db, &problem, apply, &applying);
    if (!ok && applying.refused) {
        snprintf(slug, SLUG_SIZE, "erase-refused");
        alarm_about(contact, "erase_refused", problem.detail, text);
    } else if (!ok) {
        log_error("%s: a page could not be stored: %s", contact->authority, problem.detail);
    } else if (applying.stale) {
        slug[0] = '\0';
        ok = false;
        db_snapshot(db, &problem, restore, contact);
    } else {
        contact->erasures[step.stream] |= applying.erasures;
        *more |= page->count > 0;
        if (step.rotated) {
            struct key_public *copy = key_public_copy(step.key);

            key_public_destroy(contact->key);
            contact->key = copy;
        }
        follower_applied(contact->follower, &step);
    }
    problem_finish(&problem);
    return ok;
}

struct at_end {
    const struct contact *contact;
    int stream;
};

static bool look_for_missing(struct tx *tx, void *arg)
{
    const struct at_end *end = arg;
    char name[STREAM_NAME_SIZE];

    stream_name(end->contact, end->stream, name);
    return network_missing(tx, end->contact->authority, name);
}

/* Nothing more is coming: whatever came as a placeholder must be covered by now. */
static void reached_end(struct contact *contact)
{
    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        struct at_end end = {contact, stream};
        struct problem problem = {0};

        if (contact->erasures[stream] && db_transaction(contact->tools->db, &problem, look_for_missing, &end))
            contact->erasures[stream] = false;
        problem_finish(&problem);
    }
}

static void take_pages(struct contact *contact, const struct buffer *body)
{
    char slug[SLUG_SIZE] = "";
    size_t at = 0, used;
    bool more = false, ok = true;

    while (ok && at < body->size) {
        const char *text = (const char *)body->data + at;
        struct err err = {0};
        struct page page;

        if (page_read(text, body->size - at, &page, &used, &err) != ERR_OK) {
            snprintf(slug, sizeof slug, "%s", err_slug(err.code));
            log_warning("%s: %s", contact->authority, err.text);
            ok = false;
            break;
        }
        ok = take_page(contact, &page, (struct bytes){(const uint8_t *)text, used}, &more, slug);
        page_finish(&page);
        at += used;
    }
    if (!ok && slug[0]) {
        failed(contact, slug, 0);
        return;
    }
    if (ok && !more)
        reached_end(contact);
    succeeded(contact);
    follower_done(contact->follower, contact_now(), more, contact_random());
}

static void take_pull(struct contact *contact, const struct transport_answer *answer)
{
    char slug[SLUG_SIZE];

    if (answer->status == 200 && answer->pages) {
        take_pages(contact, &answer->body);
        return;
    }
    outbound_error(answer, slug, sizeof slug);
    if (answer->status == 401 && strcmp(slug, "replayed") == 0 && !contact->repeated) {
        contact->repeated = true;
        if (send_pull(contact))
            return;
    }
    if (answer->status == 409 && strcmp(slug, "cursor-ahead") == 0) {
        contact->show[FOLLOWER_TO] = contact->to.seq > 0;
        contact->show[FOLLOWER_NET] = contact->net.seq > 0;
    }
    failed(contact, slug, answer->retry_after);
}

static bool describe(struct tx *tx, void *arg)
{
    const struct discovery *discovery = arg;

    return db_peers_describe(tx, &discovery->card);
}

static void take_discovery(struct contact *contact, const struct transport_answer *answer)
{
    struct discovery discovery;
    struct problem problem = {0};

    if (discovery_take(contact->authority, answer, &discovery, &problem)) {
        if (db_transaction(contact->tools->db, &problem, describe, &discovery))
            contact->describe_ms = INT64_MAX;
        discovery_finish(&discovery);
    }
    problem_finish(&problem);
}

void contact_answer(struct contact *contact, const struct transport_answer *answer)
{
    enum contact_doing doing = contact->doing;

    contact->doing = IDLE;
    if (doing == PULLING)
        take_pull(contact, answer);
    else if (doing == DESCRIBING)
        take_discovery(contact, answer);
    else if (doing == HINTING && answer->status != 204)
        contact->hinted_at = (struct cursor){0}; /* said again at the next occasion, while it lags */
}

void contact_drop(struct contact *contact)
{
    contact->doing = IDLE;
}
