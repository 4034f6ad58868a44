#include "node/federation/intake.h"

#include <stdio.h>
#include <string.h>

#include "node/db/network/alarms.h"
#include "node/db/say/entries.h"
#include "node/base/log.h"
#include "node/work/leap.h"
#include "node/work/network/taken.h"
#include "node/work/network/peers.h"

/* ---- what is stored */

static void stream_name(const struct intake *intake, int stream, char out[STREAM_NAME_SIZE])
{
    if (stream == FOLLOWER_NET)
        snprintf(out, STREAM_NAME_SIZE, "net");
    else
        snprintf(out, STREAM_NAME_SIZE, "to/%s", intake->node->authority);
}

static bool load(struct tx *tx, void *arg)
{
    struct intake *intake = arg;

    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        char name[STREAM_NAME_SIZE];
        struct db_followed held;
        bool ok;

        stream_name(intake, stream, name);
        if (!db_entries_followed(tx, intake->origin, name, &held))
            return false;
        ok = reader_restore(intake->reader, stream,
                            &(struct follower_state){.position = held.position,
                                                     .key = held.key,
                                                     .signer = held.signer,
                                                     .vouched = held.vouched,
                                                     .settled = held.settled,
                                                     .frozen = held.frozen});
        key_public_destroy(held.key);
        if (!ok)
            return problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
    }
    return true;
}

bool intake_load(struct intake *intake, struct problem *problem)
{
    return db_snapshot(intake->db, problem, load, intake);
}

struct newest {
    const struct intake *intake;
    int stream;
    char *head;
};

static bool read_newest(struct tx *tx, void *arg)
{
    const struct newest *newest = arg;
    char name[STREAM_NAME_SIZE];

    stream_name(newest->intake, newest->stream, name);
    return db_entries_newest_head(tx, newest->intake->origin, name, newest->head);
}

bool intake_newest_head(const struct intake *intake, int stream, char head[HEAD_SIZE])
{
    struct newest newest = {intake, stream, head};
    struct problem problem = {0};
    bool ok = db_snapshot(intake->db, &problem, read_newest, &newest);

    problem_finish(&problem);
    return ok;
}

/* ---- the reader's actions, each in one transaction. False with a problem: it was not carried out. */

struct doing {
    struct intake *intake;
    const struct reader_action *action;
    char stream[STREAM_NAME_SIZE]; /* the action's */
    uint8_t chain[CHAIN_SIZE];
    struct problem problem;
    struct reader_result result;
};

static bool do_load(struct doing *d)
{
    return intake_load(d->intake, &d->problem);
}

/* Both streams, for whoever answered for this name answered for both (SPEC.md 9.2). */
static bool discard(struct tx *tx, void *arg)
{
    const struct intake *intake = arg;

    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        char name[STREAM_NAME_SIZE];

        stream_name(intake, stream, name);
        if (!db_entries_discard(tx, intake->origin, name, (struct cursor){0}, INT64_MAX))
            return false;
    }
    return true;
}

static bool do_discard(struct doing *d)
{
    return db_transaction(d->intake->db, &d->problem, discard, d->intake) && do_load(d);
}

static bool look_up(struct tx *tx, void *arg)
{
    struct doing *d = arg;
    bool found;

    if (!db_entries_chain(tx, d->intake->origin, d->stream, d->action->at, d->chain, &found))
        return false;
    d->result.chain = found ? d->chain : NULL;
    return true;
}

static bool do_look_up(struct doing *d)
{
    return db_snapshot(d->intake->db, &d->problem, look_up, d);
}

/* What the page's or the stored lines' way into the database says to the reader. */
static bool applied(struct doing *d, const struct taken_page *page, bool ok)
{
    d->result.placeholders = page->placeholders;
    d->result.behind = page->behind;
    d->result.detail = d->problem.detail;
    if (page->stale)
        d->result.outcome = READER_STALE;
    else if (page->too_many)
        d->result.outcome = READER_TOO_MANY;
    else if (page->refused)
        d->result.outcome = READER_REFUSED;
    return ok || d->result.outcome != READER_CARRIED_OUT;
}

static bool store(struct tx *tx, void *arg)
{
    return taken_apply(tx, arg);
}

static bool do_store(struct doing *d)
{
    struct taken_page page = {.node = d->intake->node,
                              .origin = d->intake->origin,
                              .page = d->action->page,
                              .step = d->action->step};

    return applied(d, &page, db_transaction(d->intake->db, &d->problem, store, &page));
}

struct catching_up {
    struct taken_page page;
    const char *stream;
};

static bool catch_up(struct tx *tx, void *arg)
{
    struct catching_up *c = arg;

    return taken_catch_up(tx, &c->page, c->stream);
}

static bool do_catch_up(struct doing *d)
{
    struct catching_up c = {.page = {.node = d->intake->node, .origin = d->intake->origin},
                            .stream = d->stream};

    return applied(d, &c.page, db_transaction(d->intake->db, &d->problem, catch_up, &c));
}

static bool look_for_missing(struct tx *tx, void *arg)
{
    const struct doing *d = arg;

    return taken_missing(tx, d->intake->origin, d->stream);
}

static bool do_missing(struct doing *d)
{
    return db_transaction(d->intake->db, &d->problem, look_for_missing, d);
}

/* ---- alarms */

static const char *const alarm_kinds[] = {[READER_FORK] = "fork",
                                          [READER_KEY_CONFLICT] = "key_conflict",
                                          [READER_ERASE_REFUSED] = "erase_refused",
                                          [READER_OTHER] = "other"};

struct raising {
    const struct reader_alarm *alarm;
    struct db_alarm row;
};

static bool raise_alarm(struct tx *tx, void *arg)
{
    const struct raising *r = arg;
    const struct page *page = r->alarm->page;
    bool leapt = false;

    if (r->alarm->by_clock && !leap_look(tx, &leapt))
        return false;
    if (leapt)
        return true;
    if (r->alarm->freeze && !db_entries_freeze(tx, page->origin, page->stream, r->alarm->freeze))
        return false;
    if (r->alarm->offered && !peers_note_key(tx, r->alarm->peer, r->alarm->offered))
        return false;
    return db_alarms_raise(tx, &r->row);
}

/* What of a page shows that its origin said this, to be kept for as long as the alarm. */
static bool write_proof(const struct intake *intake, const struct reader_alarm *alarm, struct buffer *proof)
{
    const struct page *page = alarm->page;
    int stream = strcmp(page->stream, "net") == 0 ? FOLLOWER_NET : FOLLOWER_TO;
    struct follower_state held;
    char head[HEAD_SIZE];

    /* Of a fork: the other head, the one that is held here, as a page without lines (SPEC.md 9.5). */
    if (alarm->kind == READER_FORK && intake_newest_head(intake, stream, head) && head[0]) {
        reader_state(intake->reader, stream, &held);
        page_write_open(proof, page->origin, page->stream, &held.position);
        page_write_close(proof, head);
    }
    page_write_proof(proof, page);
    return !proof->failed;
}

static bool do_alarm(struct doing *d)
{
    const struct reader_alarm *alarm = &d->action->alarm;
    struct raising r = {
        .alarm = alarm,
        .row = {.kind = alarm_kinds[alarm->kind], .peer = alarm->peer, .detail = alarm->detail}};
    struct buffer proof = {0};
    bool ok;

    log_warning("%s: %s: %s", alarm->peer, r.row.kind, alarm->detail);
    if (alarm->page && write_proof(d->intake, alarm, &proof))
        r.row.proof = (struct bytes){proof.data, proof.size};
    ok = db_transaction(d->intake->db, &d->problem, raise_alarm, &r);
    buffer_free(&proof);
    return ok;
}

/* ---- */

bool intake_carry_out(struct intake *intake, const struct reader_action *action)
{
    static const struct {
        bool (*carry_out)(struct doing *d);
        const char *wanted;
    } rows[READER_KINDS] = {
        [READER_LOAD] = {do_load, "what is stored could not be read"},
        [READER_DISCARD] = {do_discard, "what nobody vouches for could not be thrown away"},
        [READER_LOOK_UP] = {do_look_up, "a chain could not be looked up"},
        [READER_STORE] = {do_store, "a page could not be stored"},
        [READER_CATCH_UP] = {do_catch_up, "what is stored could not be applied"},
        [READER_MISSING] = {do_missing, "placeholders could not be looked for"},
        [READER_ALARM] = {do_alarm, "an alarm could not be raised"},
    };
    struct doing d = {.intake = intake, .action = action};

    if (!rows[action->kind].carry_out)
        return false;
    stream_name(intake, action->stream, d.stream);
    if (!rows[action->kind].carry_out(&d)) {
        d.result = (struct reader_result){.outcome = READER_BROKEN, .slug = problem_slug(d.problem.code)};
        log_error("%s: %s: %s", intake->origin, rows[action->kind].wanted, d.problem.detail);
    }
    reader_done(intake->reader, &d.result);
    problem_finish(&d.problem);
    return true;
}
