#include "node/federation/contact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/db/peers.h"
#include "node/federation/authenticate.h"
#include "node/federation/discovery.h"
#include "node/federation/intake.h"
#include "node/federation/outbound.h"
#include "node/log.h"
#include "protocol/pace.h"

enum { HINT_AGAIN_MS = 60000, HINT_GAP_MS = 300, DESCRIBE_AGAIN_MS = 3600000 };

enum contact_doing { IDLE, PULLING, COMPARING, HINTING, SHOWING, DESCRIBING };

struct contact {
    const struct contact_tools *tools;
    char authority[AUTHORITY_SIZE];
    int64_t version;
    struct follower *follower;
    struct pace pace;
    struct intake intake;
    enum contact_doing doing;

    /* Our own newest head that it lacks. */
    char hint[HEAD_SIZE]; /* "": nothing to say */
    struct cursor hint_at, hinted_at;
    int64_t hinted_ms;

    /* The request under way. */
    struct cursor to, net;
    bool repeated; /* sent anew already */

    bool reached;                 /* since it was stored */
    bool known;                   /* an answer was ever stored by this process */
    char error[INTAKE_SLUG_SIZE]; /* as stored; "": none */
    int64_t describe_ms;          /* when to ask where it is; INT64_MAX: known */
    bool compare;                 /* its newest heads, at the next occasion */
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

struct contact *contact_create(const struct contact_tools *tools, const struct contact_peer *peer,
                               struct problem *problem)
{
    const struct node *node = tools->node;
    struct contact *contact = calloc(1, sizeof *contact);

    if (!contact)
        goto no_memory;
    contact->tools = tools;
    snprintf(contact->authority, sizeof contact->authority, "%s", peer->authority);
    contact->version = peer->version;
    contact->describe_ms = peer->unplaced && peer->active ? 0 : INT64_MAX;
    /* Not knowing why, only that the database has to be told when it is reached. */
    snprintf(contact->error, sizeof contact->error, "%s", peer->failing ? "unknown" : "");
    contact->pace = pace_start(node->config->poll_seconds * 1000);
    contact->follower = follower_create(node->authority, peer->authority, peer->key);
    if (!contact->follower)
        goto no_memory;
    contact->intake = (struct intake){.node = node,
                                      .db = tools->db,
                                      .authority = contact->authority,
                                      .follower = contact->follower,
                                      .stop = tools->stop};
    if (intake_restore(&contact->intake, problem))
        return contact;
    contact_destroy(contact);
    return NULL;

no_memory:
    problem_set(problem, PROBLEM_INTERNAL, "Out of memory.");
    contact_destroy(contact);
    return NULL;
}

void contact_destroy(struct contact *contact)
{
    if (!contact)
        return;
    follower_destroy(contact->follower);
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

int64_t contact_version(const struct contact *contact)
{
    return contact->version;
}

void contact_wake(struct contact *contact, bool hinted)
{
    if (hinted)
        pace_wake(&contact->pace, contact_now());
    else
        pace_seen(&contact->pace, contact_now());
}

void contact_lags(struct contact *contact, struct cursor at, const char *head)
{
    bool same = cursor_compare(at, contact->hinted_at) == 0;

    if (same && contact_now() - contact->hinted_ms < HINT_AGAIN_MS)
        return;
    contact->hint_at = at;
    snprintf(contact->hint, sizeof contact->hint, "%s", head);
}

void contact_compare(struct contact *contact)
{
    contact->compare = true;
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

static void failed(struct contact *contact, const char *slug)
{
    const struct health health = {contact->authority, slug};
    struct problem problem = {0};

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

static bool send_pages(struct contact *contact, enum contact_doing doing, const char *limit)
{
    char to[CURSOR_SIZE], net[CURSOR_SIZE], target[128];

    cursor_format(contact->to, to);
    cursor_format(contact->net, net);
    snprintf(target, sizeof target, FEDERATION_PAGES "?to=%s&net=%s%s", to, net, limit);
    return send_request(contact, doing, target, NULL, (struct bytes){0});
}

static bool send_pull(struct contact *contact)
{
    return send_pages(contact, PULLING, "");
}

/* Also of a peer that says nothing new it is seen whether it still says what it said. */
static bool send_compare(struct contact *contact)
{
    contact->compare = false;
    return send_pages(contact, COMPARING, "&limit=0");
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

/* What we hold of its own, when it seems to have lost something. */
static bool send_shown(struct contact *contact)
{
    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        char head[HEAD_SIZE];
        bool show = contact->intake.show[stream];

        contact->intake.show[stream] = false;
        if (show && intake_newest_head(&contact->intake, stream, head) && head[0] &&
            send_head(contact, SHOWING, head))
            return true;
    }
    return false;
}

/* While it cannot be reached there is no use in telling it anything: it asks by itself when it is back. */
static bool hint_due(const struct contact *contact, int64_t now)
{
    return contact->hint[0] && !contact->pace.failing && now >= contact->hinted_ms + HINT_GAP_MS;
}

static bool send_hint(struct contact *contact, int64_t now)
{
    bool ok = send_head(contact, HINTING, contact->hint);

    contact->hint[0] = '\0';
    contact->hinted_at = contact->hint_at;
    contact->hinted_ms = now;
    return ok;
}

/* Before it is asked: asking acknowledges. */
static bool caught_up(struct contact *contact)
{
    if (!intake_catch_up(&contact->intake)) {
        pace_ask(&contact->pace);
        pace_failed(&contact->pace, contact_now(), 0, contact_random());
        failed(contact, contact->intake.slug);
        return false;
    }
    return !intake_behind(&contact->intake);
}

int64_t contact_drive(struct contact *contact)
{
    int64_t now = contact_now(), until;
    struct follower_state held;

    if (contact_busy(contact))
        return INT64_MAX;
    if (hint_due(contact, now) && send_hint(contact, now))
        return INT64_MAX;
    if (send_shown(contact))
        return INT64_MAX;
    if (pace_due(&contact->pace, now)) {
        if (!caught_up(contact))
            return contact_now();
        follower_state(contact->follower, FOLLOWER_TO, &held);
        contact->to = held.position.at;
        follower_state(contact->follower, FOLLOWER_NET, &held);
        contact->net = held.position.at;
        contact->repeated = false;
        pace_ask(&contact->pace);
        if (!send_pull(contact)) {
            pace_failed(&contact->pace, now, 0, contact_random());
            failed(contact, "out-of-memory");
        }
        return contact_busy(contact) ? INT64_MAX : now;
    }
    if (now >= contact->describe_ms && contact->known && !contact->error[0] && send_discovery(contact))
        return INT64_MAX;
    if (contact->compare && contact->known && !contact->error[0] && send_compare(contact))
        return INT64_MAX;
    until = pace_until(&contact->pace);
    if (contact->hint[0] && !contact->pace.failing && until > contact->hinted_ms + HINT_GAP_MS)
        until = contact->hinted_ms + HINT_GAP_MS;
    return until;
}

/* ---- answers */

static void take_pages(struct contact *contact, const struct buffer *body)
{
    if (!intake_answer(&contact->intake, (struct bytes){body->data, body->size}, false)) {
        pace_bad(&contact->pace, contact_now(), contact_random());
        failed(contact, contact->intake.slug);
        return;
    }
    succeeded(contact);
    pace_done(&contact->pace, contact_now(), contact->intake.more, contact_random());
}

static void take_pull(struct contact *contact, const struct transport_answer *answer)
{
    char slug[INTAKE_SLUG_SIZE];

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
        struct problem problem = {0};

        /* What somebody else began under this name would be ahead for ever, and its heads are none to show.
         */
        intake_discard(&contact->intake, &problem);
        problem_finish(&problem);
        contact->intake.show[FOLLOWER_TO] = true;
        contact->intake.show[FOLLOWER_NET] = true;
    }
    pace_failed(&contact->pace, contact_now(), answer->retry_after, contact_random());
    failed(contact, slug);
}

/* Whatever is new or wrong about it: a pull deals with it. */
static void take_compare(struct contact *contact, const struct transport_answer *answer)
{
    const struct bytes body = {answer->body.data, answer->body.size};

    if (answer->status == 200 && answer->pages &&
        (!intake_answer(&contact->intake, body, true) || contact->intake.more))
        pace_wake(&contact->pace, contact_now());
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
    else if (doing == COMPARING)
        take_compare(contact, answer);
    else if (doing == DESCRIBING)
        take_discovery(contact, answer);
    else if (doing == HINTING && answer->status != 204)
        contact->hinted_at = (struct cursor){0}; /* said again at the next occasion, while it lags */
}

void contact_drop(struct contact *contact)
{
    contact->doing = IDLE;
}
