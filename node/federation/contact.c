#include "node/federation/contact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/random.h"
#include "node/db/network/peers.h"
#include "node/db/witness.h"

#include "node/federation/authenticate.h"
#include "node/federation/discovery.h"
#include "node/federation/intake.h"
#include "node/federation/outbound.h"
#include "node/base/log.h"
#include "protocol/check.h"
#include "protocol/reader.h"

/* What is larger may take long to go through, and so may the next of whose last turn did: it waits until it
 * is this contact's turn to take long. */
enum { SMALL_ANSWER = 32768, SHORT_TURN_MS = 20 };

/* Hints are coalesced, and one is repeated while the peer lags (SPEC.md 10.3). */
enum { HINT_AGAIN_MS = 60000, HINT_GAP_MS = 300, DESCRIBE_AGAIN_MS = 3600000, HOUR_SECONDS = 3600 };

/* Of whom only erasures are wanted is asked every tenth time (SPEC.md 8.4). */
enum { SELDOM_POLLS = 10 };

/* So many at once, then one every so often. */
enum { DIALS_AT_ONCE = 32, DIAL_GAP_MS = 250 };

enum contact_doing { IDLE, ASKING, HINTING, SHOWING, DESCRIBING };

struct contact {
    const struct contact_tools *tools;
    char via[AUTHORITY_SIZE];    /* who is asked, hinted and described, and whose health this is */
    char origin[AUTHORITY_SIZE]; /* whose streams are read */
    int64_t version;
    struct reader *reader;
    struct intake intake;
    enum contact_doing doing;
    bool heard, confirmed;
    bool woken;                   /* it is there, so it need not wait */
    int64_t ask_ms;               /* not before */
    struct reader_action put_off; /* READER_ASK: what its reader wants to ask then */
    bool dear;                    /* its last turn took long */
    bool hungry;                  /* it has more to do than fitted into its last turn */
    struct buffer answer;         /* that its reader has and did not go through yet */

    /* Our own newest head that it lacks. */
    char hint[HEAD_SIZE]; /* "": nothing to say */
    char hinted[HEAD_SIZE];
    int64_t hinted_ms;

    bool reached;                 /* since it was stored */
    bool known;                   /* an answer was ever stored by this process */
    char error[READER_SLUG_SIZE]; /* as stored; "": none */
    int64_t heard_hour;           /* what time it was there last, as stored */
    int64_t describe_ms;          /* when to ask where it is; INT64_MAX: known */
};

static struct reader_now reader_time(void)
{
    struct reader_now now = {.ms = clock_ms(), .seconds = clock_seconds()};

    now.random = random_number();
    return now;
}

static void inherit(struct contact *contact, const struct contact *before)
{
    contact->known = before->known;
    if (!contact->heard && !before->heard)
        contact->ask_ms = before->ask_ms;
}

struct contact *contact_create(const struct contact_tools *tools, const struct contact_peer *peer,
                               const struct contact *before, struct problem *problem)
{
    const struct node *node = tools->node;
    struct contact *contact = calloc(1, sizeof *contact);

    if (!contact)
        goto no_memory;
    contact->tools = tools;
    snprintf(contact->via, sizeof contact->via, "%s", peer->authority);
    /* There are no relays: a peer is asked for its own streams, and for nobody else's (SPEC.md 14). */
    snprintf(contact->origin, sizeof contact->origin, "%s", peer->authority);
    contact->version = peer->version;
    contact->heard = peer->heard;
    contact->confirmed = peer->confirmed;
    contact->describe_ms = peer->unplaced && peer->heard ? 0 : INT64_MAX;
    /* Not knowing why, only that the database has to be told when it is reached. */
    snprintf(contact->error, sizeof contact->error, "%s", peer->failing ? "unknown" : "");
    if (before)
        inherit(contact, before);
    contact->reader = reader_create(
        &(struct reader_who){
            .self = node->authority, .via = contact->via, .origin = contact->origin, .trusted = peer->key},
        node->config->poll_seconds * 1000);
    if (!contact->reader)
        goto no_memory;
    contact->intake =
        (struct intake){.node = node, .db = tools->db, .origin = contact->origin, .reader = contact->reader};
    if (intake_load(&contact->intake, problem))
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
    reader_destroy(contact->reader);
    buffer_free(&contact->answer);
    free(contact);
}

const char *contact_via(const struct contact *contact)
{
    return contact->via;
}

bool contact_busy(const struct contact *contact)
{
    return contact->doing != IDLE;
}

bool contact_hungry(const struct contact *contact)
{
    return contact->hungry && !contact_busy(contact);
}

int64_t contact_version(const struct contact *contact)
{
    return contact->version;
}

void contact_wake(struct contact *contact, bool hinted)
{
    if (!hinted || !contact->heard) {
        reader_seen(contact->reader, clock_ms());
        return;
    }
    contact->ask_ms = 0;
    contact->woken = true;
    reader_wake(contact->reader, clock_ms());
}

void contact_lags(struct contact *contact, const char *head)
{
    bool same = strcmp(head, contact->hinted) == 0;

    if (same && clock_ms() - contact->hinted_ms < HINT_AGAIN_MS)
        return;
    snprintf(contact->hint, sizeof contact->hint, "%s", head);
}

void contact_compare(struct contact *contact)
{
    reader_compare(contact->reader);
}

bool contact_reached(struct contact *contact)
{
    bool reached = contact->reached;

    contact->reached = false;
    return reached;
}

/* ---- how it is doing, as stored: written only when it changed */

struct health {
    const char *via, *error;
};

static bool store_failed(struct tx *tx, void *arg)
{
    const struct health *health = arg;

    return db_relax(tx) && db_peers_failed(tx, health->via, health->error);
}

static bool store_reached(struct tx *tx, void *arg)
{
    const struct contact *contact = arg;
    json_t *authorities = json_pack("[s]", contact->via);
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
        log_info("%s: reached again", contact->via);
    if (db_transaction(contact->tools->db, &problem, store_reached, contact)) {
        contact->known = true;
        contact->error[0] = '\0';
        contact->reached = false;
    }
    problem_finish(&problem);
}

struct said {
    const char *via;
    int64_t date;
};

static bool store_said(struct tx *tx, void *arg)
{
    const struct said *said = arg;

    return db_relax(tx) && db_witness_peer(tx, said->via, said->date);
}

/* Whatever it answers says what time it is there; kept to the hour. */
static void heard(struct contact *contact, int64_t date)
{
    struct said said = {contact->via, date};
    struct problem problem = {0};

    if (date == 0 || date / HOUR_SECONDS == contact->heard_hour)
        return;
    if (db_transaction(contact->tools->db, &problem, store_said, &said))
        contact->heard_hour = date / HOUR_SECONDS;
    problem_finish(&problem);
}

static void failed(struct contact *contact, const char *slug, const char *detail)
{
    struct health health = {contact->via, slug};
    struct problem problem = {0};

    if (detail[0])
        log_warning("%s: %s", contact->via, detail);
    if (strcmp(contact->error, slug) == 0)
        return;
    log_warning("%s: pull failed: %s", contact->via, slug);
    if (db_transaction(contact->tools->db, &problem, store_failed, &health))
        snprintf(contact->error, sizeof contact->error, "%s", slug);
    problem_finish(&problem);
}

/* ---- requests */

static bool send_request(struct contact *contact, enum contact_doing doing, const char *to,
                         const char *target, const char *type, struct bytes body)
{
    const struct contact_tools *tools = contact->tools;
    struct outbound outbound;
    struct err err = {0};
    bool ok = outbound_sign(&outbound, tools->node, to, target, type, body, &err) &&
              transport_send(tools->transport, &outbound.request, contact);

    if (ok)
        contact->doing = doing;
    outbound_finish(&outbound);
    return ok;
}

static bool send_head(struct contact *contact, enum contact_doing doing, const char *to, const char *head)
{
    return send_request(contact, doing, to, FEDERATION_HINT, "application/jose",
                        (struct bytes){(const uint8_t *)head, strlen(head)});
}

static bool send_discovery(struct contact *contact)
{
    const struct transport_request request = discovery_request(contact->via);

    contact->describe_ms = clock_ms() + DESCRIBE_AGAIN_MS;
    if (!transport_send(contact->tools->transport, &request, contact))
        return false;
    contact->doing = DESCRIBING;
    return true;
}

/* While it cannot be reached there is no use in telling it anything: it asks by itself when it is back. Nor
 * is it dialled for this before it is its turn. */
static bool hint_wanted(const struct contact *contact)
{
    return contact->hint[0] && !reader_failing(contact->reader) && contact->known;
}

static bool send_hint(struct contact *contact, int64_t now)
{
    bool ok = send_head(contact, HINTING, contact->via, contact->hint);

    memcpy(contact->hinted, contact->hint, sizeof contact->hinted);
    contact->hint[0] = '\0';
    contact->hinted_ms = now;
    return ok;
}

/* ---- what its reader wants */

static void carried_out(struct contact *contact)
{
    reader_done(contact->reader, &(struct reader_result){.outcome = READER_CARRIED_OUT});
}

static void ask(struct contact *contact, const struct reader_action *action)
{
    char to[CURSOR_SIZE], net[CURSOR_SIZE], target[128];

    contact->put_off.kind = READER_WAIT;
    contact->woken = false;
    if (!contact->heard)
        contact->ask_ms = clock_ms() + SELDOM_POLLS * contact->tools->node->config->poll_seconds * 1000;
    cursor_format(action->to, to);
    cursor_format(action->net, net);
    snprintf(target, sizeof target, FEDERATION_PAGES "?to=%s&net=%s%s", to, net,
             action->heads_only ? "&limit=0" : "");
    if (!send_request(contact, ASKING, contact->via, target, NULL, (struct bytes){0}))
        reader_answer(contact->reader, &(struct reader_answer){.slug = "out-of-memory"});
}

/* Now, if it is this one's turn to be dialled, else when to look again: nobody's turn is kept for who may
 * never take it. Whoever was reached a while ago has a connection still. */
static int64_t dial_ms(const struct contact *contact, int64_t now)
{
    int64_t *next = &contact->tools->dials->next_ms[contact->confirmed];

    if (contact->woken || (contact->heard && contact->known && !contact->error[0]))
        return now;
    if (*next < now - DIALS_AT_ONCE * DIAL_GAP_MS)
        *next = now - DIALS_AT_ONCE * DIAL_GAP_MS;
    if (*next > now)
        return *next;
    *next += DIAL_GAP_MS;
    return now;
}

static void ask_put_off(struct contact *contact)
{
    const struct reader_action action = contact->put_off;
    int64_t now = clock_ms();

    if (action.kind != READER_ASK || now < contact->ask_ms)
        return;
    contact->ask_ms = dial_ms(contact, now);
    if (contact->ask_ms <= now)
        ask(contact, &action);
}

static void ask_in_time(struct contact *contact, const struct reader_action *action)
{
    contact->put_off = *action;
    ask_put_off(contact);
}

/* What we hold of its own, when it seems to have lost something (SPEC.md 8.3, 9.5). */
static void show(struct contact *contact, const struct reader_action *action)
{
    char head[HEAD_SIZE];

    if (!intake_newest_head(&contact->intake, action->stream, head) || !head[0] ||
        !send_head(contact, SHOWING, contact->origin, head))
        carried_out(contact);
}

static void carry_out(struct contact *contact, const struct reader_action *action)
{
    if (intake_carry_out(&contact->intake, action))
        return;

    if (action->kind == READER_ASK) {
        ask_in_time(contact, action);
    } else if (action->kind == READER_SHOW) {
        show(contact, action);
    } else if (action->kind == READER_REACHED) {
        succeeded(contact);
        carried_out(contact);
    } else {
        CHECK(action->kind == READER_FAILED);
        failed(contact, action->slug, action->detail);
        carried_out(contact);
    }
}

/* Returns until when the reader waits. */
static int64_t read_on(struct contact *contact)
{
    for (;;) {
        const struct reader_now now = reader_time();
        struct reader_action action;

        if (atomic_load(contact->tools->stop))
            reader_hurry(contact->reader);
        action = reader_next(contact->reader, &now);
        if (action.kind == READER_WAIT)
            return action.until_ms;
        carry_out(contact, &action);
    }
}

/* One turn; returns until when there is nothing to do. */
static int64_t take_turn(struct contact *contact)
{
    int64_t begun = clock_ms(), until;

    ask_put_off(contact);
    until = read_on(contact);
    contact->dear = clock_ms() - begun > SHORT_TURN_MS;
    if (contact->put_off.kind == READER_ASK)
        until = contact->ask_ms;
    buffer_free(&contact->answer);
    contact->hungry = until <= clock_ms();
    return until;
}

int64_t contact_drive(struct contact *contact)
{
    int64_t now = clock_ms(), hint_ms = contact->hinted_ms + HINT_GAP_MS, until;

    if (contact_busy(contact) || (hint_wanted(contact) && now >= hint_ms && send_hint(contact, now)))
        return INT64_MAX;
    until = take_turn(contact);
    if (contact_busy(contact))
        return INT64_MAX;
    if (now >= contact->describe_ms && contact->known && !contact->error[0] && send_discovery(contact))
        return INT64_MAX;
    return hint_wanted(contact) && until > hint_ms ? hint_ms : until;
}

/* ---- answers */

static void take_answer(struct contact *contact, const struct transport_answer *answer)
{
    struct buffer *body = &contact->answer;
    char slug[READER_SLUG_SIZE];

    outbound_error(answer, slug, sizeof slug);
    buffer_append(body, answer->body.data, answer->body.size);
    if (body->failed)
        snprintf(slug, sizeof slug, "out-of-memory");
    reader_answer(contact->reader, &(struct reader_answer){.status = body->failed ? 0 : answer->status,
                                                           .slug = slug,
                                                           .retry_after_s = answer->retry_after,
                                                           .pages = answer->pages,
                                                           .body = {body->data, body->size}});
    contact->hungry = contact->dear || body->size > SMALL_ANSWER;
    if (!contact->hungry)
        take_turn(contact);
}

/* What it is to us is not its own to change: what is withheld from an office hangs on that (SPEC.md 9.1). */
static bool describe(struct tx *tx, void *arg)
{
    const struct discovery *discovery = arg;
    struct db_peer_card card = discovery->card;
    struct db_peer known;

    if (!db_peers_get(tx, card.authority, DB_LOOK, &known))
        return false;
    card.role = known.role;
    return !known.exists || db_peers_describe(tx, &card);
}

static void take_discovery(struct contact *contact, const struct transport_answer *answer)
{
    struct discovery discovery;
    struct problem problem = {0};

    if (discovery_take(contact->via, answer, &discovery, &problem)) {
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
    heard(contact, answer->date);
    if (doing == ASKING)
        take_answer(contact, answer);
    else if (doing == SHOWING)
        carried_out(contact);
    else if (doing == DESCRIBING)
        take_discovery(contact, answer);
    else if (doing == HINTING && answer->status != 204)
        contact->hinted[0] = '\0'; /* said again at the next occasion, while it lags */
}

void contact_drop(struct contact *contact)
{
    contact->doing = IDLE;
}
