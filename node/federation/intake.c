#include "node/federation/intake.h"

#include <stdio.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/db/network/alarms.h"
#include "node/db/say/entries.h"
#include "node/federation/contact.h"
#include "node/base/log.h"
#include "node/work/network/taken.h"
#include "node/work/network/peers.h"
#include "protocol/origin.h"

/* How long one peer may keep the thread that pulls from all. */
enum { TURN_MS = 1000 };

static bool in_time(const struct intake *intake)
{
    return !atomic_load(intake->stop) && clock_ms() < intake->until_ms;
}

static void stream_name(const struct intake *intake, int stream, char out[STREAM_NAME_SIZE])
{
    if (stream == FOLLOWER_NET)
        snprintf(out, STREAM_NAME_SIZE, "net");
    else
        snprintf(out, STREAM_NAME_SIZE, "to/%s", intake->node->authority);
}

static int stream_number(const struct page *page)
{
    return strcmp(page->stream, "net") == 0 ? FOLLOWER_NET : FOLLOWER_TO;
}

/* ---- what is stored */

static bool restore(struct tx *tx, void *arg)
{
    struct intake *intake = arg;

    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        char name[STREAM_NAME_SIZE];
        struct db_followed held;
        bool ok;

        stream_name(intake, stream, name);
        if (!db_entries_followed(tx, intake->authority, name, &held))
            return false;
        ok = follower_restore(intake->follower, stream,
                              &(struct follower_state){.position = held.position,
                                                       .key = held.key,
                                                       .signer = held.signer,
                                                       .vouched = held.vouched,
                                                       .settled = held.settled,
                                                       .frozen = held.frozen});
        key_public_destroy(held.key);
        if (!ok)
            return problem_set(tx->problem, PROBLEM_INTERNAL, "Out of memory.");
        intake->behind[stream] = true; /* as far as is known here */
    }
    return true;
}

bool intake_restore(struct intake *intake, struct problem *problem)
{
    return db_snapshot(intake->db, problem, restore, intake);
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
    return db_entries_newest_head(tx, newest->intake->authority, name, newest->head);
}

bool intake_newest_head(const struct intake *intake, int stream, char head[HEAD_SIZE])
{
    struct newest newest = {intake, stream, head};
    struct problem problem = {0};
    bool ok = db_snapshot(intake->db, &problem, read_newest, &newest);

    problem_finish(&problem);
    return ok;
}

/* ---- what speaks against a page */

/* Both streams, for whoever answered for this name answered for both. */
static bool discard_provisional(struct tx *tx, void *arg)
{
    const struct intake *intake = arg;

    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        char name[STREAM_NAME_SIZE];

        stream_name(intake, stream, name);
        if (!db_entries_discard(tx, intake->authority, name, (struct cursor){0}, INT64_MAX))
            return false;
    }
    return true;
}

bool intake_discard(struct intake *intake, struct problem *problem)
{
    return db_transaction(intake->db, problem, discard_provisional, intake) &&
           intake_restore(intake, problem);
}

struct objection {
    const struct intake *intake;
    const struct page *page;
    struct db_alarm alarm;
    int64_t freeze;  /* this epoch; 0: none */
    bool offers_key; /* the page begins an epoch under a key that nobody vouches for */
};

/* What people can believe instead, once they have compared its fingerprint. */
static bool note_key(struct tx *tx, const struct objection *objection)
{
    const json_t *body = objection->page->count > 0 ? objection->page->lines[0].entry.body : NULL;
    struct key_public *key = key_public_from_jwk(json_object_get(body, "jwk"), NULL);
    bool ok = !key || peers_note_key(tx, objection->intake->authority, key);

    key_public_destroy(key);
    return ok;
}

static bool store_objection(struct tx *tx, void *arg)
{
    const struct objection *objection = arg;
    const struct page *page = objection->page; /* NULL: about what is stored */

    if (objection->freeze && !db_entries_freeze(tx, page->origin, page->stream, objection->freeze))
        return false;
    if (objection->offers_key && !note_key(tx, objection))
        return false;
    return db_alarms_raise(tx, &objection->alarm);
}

static bool object(struct intake *intake, const struct objection *objection)
{
    struct problem problem = {0};
    bool ok = db_transaction(intake->db, &problem, store_objection, (void *)(uintptr_t)objection);

    log_warning("%s: %s: %s", intake->authority, objection->alarm.kind, objection->alarm.detail);
    problem_finish(&problem);
    return ok;
}

/* What of a page shows that its origin said this, to be kept for as long as the alarm. */
static bool write_proof(const struct intake *intake, const struct page *page, enum err_code code,
                        struct buffer *proof)
{
    int stream = stream_number(page);
    struct follower_state held;
    char head[HEAD_SIZE];

    /* Of a fork: the other head, the one that is held here, as a page without lines. */
    if (code == ERR_FORKED && intake_newest_head(intake, stream, head) && head[0]) {
        follower_state(intake->follower, stream, &held);
        page_write_open(proof, page->origin, page->stream, &held.position);
        page_write_close(proof, head);
    }
    page_write_proof(proof, page);
    return !proof->failed;
}

static bool object_with_proof(struct intake *intake, struct objection *objection, enum err_code code)
{
    struct buffer proof = {0};
    bool ok;

    if (write_proof(intake, objection->page, code, &proof))
        objection->alarm.proof = (struct bytes){proof.data, proof.size};
    ok = object(intake, objection);
    buffer_free(&proof);
    return ok;
}

/* Lines that nobody vouches for lead to a page that is none of ours to take: they may be somebody else's, so
 * that only without them the owner's can be reached. */
static void drop_provisional(struct intake *intake, int stream)
{
    struct follower_state held;
    struct problem problem = {0};

    follower_state(intake->follower, stream, &held);
    if (cursor_compare(held.position.at, held.vouched) > 0)
        intake_discard(intake, &problem);
    problem_finish(&problem);
}

/* A fork freezes the stream in its epoch; the peer is shown the head we hold, for it may be the victim of a
 * restore that does not know yet. Nothing of the page is stored. True: the answer goes on. */
static bool judge(struct intake *intake, const struct page *page, const struct err *err)
{
    int stream = stream_number(page);
    struct objection objection = {.intake = intake,
                                  .page = page,
                                  .alarm = {.kind = "other", .peer = intake->authority, .detail = err->text}};
    struct follower_state held;

    if (err->code == ERR_GAP && intake->newest)
        return intake->more = true;
    snprintf(intake->slug, sizeof intake->slug, "%s", err_slug(err->code));
    if (err->code == ERR_FORKED) {
        objection.alarm.kind = "fork";
        follower_state(intake->follower, stream, &held);
        objection.freeze = held.position.at.epoch;
        intake->show[stream] = intake->more = true;
        follower_freeze(intake->follower, stream);
        return object_with_proof(intake, &objection, err->code);
    }
    if (err->code == ERR_UNTRUSTED_KEY) {
        objection.alarm.kind = "key_conflict";
        objection.offers_key = page->from.at.seq == 0;
        object_with_proof(intake, &objection, err->code);
        drop_provisional(intake, stream);
    } else if (err->code == ERR_MALFORMED) {
        object_with_proof(intake, &objection, err->code);
    } else {
        log_warning("%s: %s", intake->authority, err->text);
        if (err->code == ERR_GAP)
            drop_provisional(intake, stream);
    }
    return false;
}

/* ---- a page */

struct held_chain {
    const struct page *page;
    struct cursor at;
    uint8_t chain[CHAIN_SIZE];
    bool found;
};

static bool read_chain(struct tx *tx, void *arg)
{
    struct held_chain *held = arg;

    return db_entries_chain(tx, held->page->origin, held->page->stream, held->at, held->chain, &held->found);
}

static bool apply(struct tx *tx, void *arg)
{
    return taken_apply(tx, arg);
}

/* Somebody else has moved on meanwhile: so do we, from there. */
static bool give_way(struct intake *intake)
{
    struct problem problem = {0};
    bool ok = intake_restore(intake, &problem);

    if (!ok)
        snprintf(intake->slug, sizeof intake->slug, "%s", problem_slug(problem.code));
    problem_finish(&problem);
    intake->enough = intake->more = true;
    return ok;
}

static bool store_page(struct intake *intake, const struct page *page, const struct follower_step *step)
{
    struct taken_page applying = {
        .node = intake->node, .origin = intake->authority, .page = page, .step = step};
    struct problem problem = {0};
    bool ok = db_transaction(intake->db, &problem, apply, &applying);

    if (ok && !applying.stale) {
        intake->placeholders[step->stream] |= applying.placeholders;
        intake->more |= page->count > 0;
        intake->behind[step->stream] |= applying.behind;
        follower_applied(intake->follower, step);
    } else if (applying.stale) {
        ok = give_way(intake);
    } else if (applying.too_many) {
        snprintf(intake->slug, sizeof intake->slug, "too-many-epochs");
        log_warning("%s", problem.detail);
    } else if (applying.refused) {
        struct objection objection = {
            .intake = intake,
            .page = page,
            .alarm = {.kind = "erase_refused", .peer = intake->authority, .detail = problem.detail}};

        snprintf(intake->slug, sizeof intake->slug, "erase-refused");
        object_with_proof(intake, &objection, ERR_MALFORMED);
    } else {
        snprintf(intake->slug, sizeof intake->slug, "%s", problem_slug(problem.code));
        log_error("%s: a page could not be stored: %s", intake->authority, problem.detail);
    }
    problem_finish(&problem);
    return ok;
}

/* Whoever opens an epoch far ahead wants that none can follow it. */
static bool is_believable(const struct intake *intake, const struct page *page,
                          const struct follower_step *step, struct err *err)
{
    struct follower_state held;

    follower_state(intake->follower, step->stream, &held);
    if (!step->new_epoch ||
        origin_epoch_believable(page->from.at.epoch, held.position.at.epoch, clock_seconds()))
        return true;
    err_set(err, ERR_MALFORMED, "epoch %lld lies more than a day ahead", (long long)page->from.at.epoch);
    return false;
}

static bool take_page(struct intake *intake, const struct page *page)
{
    struct held_chain held = {.page = page};
    struct follower_step step;
    struct problem problem = {0};
    struct err err = {0};

    if (follower_wants(intake->follower, page, &held.at) &&
        !db_snapshot(intake->db, &problem, read_chain, &held)) {
        snprintf(intake->slug, sizeof intake->slug, "%s", problem_slug(problem.code));
        problem_finish(&problem);
        return false;
    }
    if (follower_page(intake->follower, page, held.found ? held.chain : NULL, &step, &err) != ERR_OK ||
        !is_believable(intake, page, &step, &err))
        return judge(intake, page, &err);
    return step.verdict == FOLLOWER_IGNORE || store_page(intake, page, &step);
}

/* ---- at the newest head */

struct at_end {
    const struct intake *intake;
    int stream;
};

static bool look_for_missing(struct tx *tx, void *arg)
{
    const struct at_end *end = arg;
    char name[STREAM_NAME_SIZE];

    stream_name(end->intake, end->stream, name);
    return taken_missing(tx, end->intake->authority, name);
}

/* Nothing more is coming: whatever came as a placeholder must be covered by an erasure now. */
static void reached_end(struct intake *intake)
{
    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++) {
        struct at_end end = {intake, stream};
        struct problem problem = {0};

        if (intake->placeholders[stream] && db_transaction(intake->db, &problem, look_for_missing, &end))
            intake->placeholders[stream] = false;
        problem_finish(&problem);
    }
}

/* ---- what waits to be applied */

struct catching_up {
    struct taken_page page;
    char stream[STREAM_NAME_SIZE];
};

static bool apply_more(struct tx *tx, void *arg)
{
    struct catching_up *c = arg;

    return taken_catch_up(tx, &c->page, c->stream);
}

static bool apply_stored(struct intake *intake, int stream)
{
    struct catching_up c = {.page = {.node = intake->node, .origin = intake->authority}};
    struct objection objection = {.intake = intake,
                                  .alarm = {.kind = "erase_refused", .peer = intake->authority}};
    struct problem problem = {0};
    bool ok;

    stream_name(intake, stream, c.stream);
    ok = db_transaction(intake->db, &problem, apply_more, &c);
    if (ok) {
        intake->behind[stream] = c.page.behind;
    } else if (c.page.stale) {
        ok = give_way(intake);
    } else {
        objection.alarm.detail = problem.detail;
        snprintf(intake->slug, sizeof intake->slug, "%s",
                 c.page.refused ? "erase-refused" : problem_slug(problem.code));
        if (!c.page.refused || !object(intake, &objection))
            log_error("%s: what is stored could not be applied: %s", intake->authority, problem.detail);
    }
    problem_finish(&problem);
    return ok;
}

static bool apply_all(struct intake *intake)
{
    bool ok = true;

    for (int stream = 0; stream < FOLLOWER_STREAMS; stream++)
        while (ok && intake->behind[stream] && !intake->enough && in_time(intake))
            ok = apply_stored(intake, stream);
    return ok;
}

static void begin(struct intake *intake)
{
    intake->until_ms = clock_ms() + TURN_MS;
    intake->more = intake->enough = false;
    intake->slug[0] = '\0';
}

bool intake_behind(const struct intake *intake)
{
    return intake->behind[FOLLOWER_TO] || intake->behind[FOLLOWER_NET];
}

bool intake_catch_up(struct intake *intake)
{
    begin(intake);
    return apply_all(intake);
}

bool intake_answer(struct intake *intake, struct bytes answer, bool newest)
{
    size_t at = 0, used = 0;
    bool ok = true;

    begin(intake);
    intake->newest = newest;
    for (; ok && !intake->enough && at < answer.size; at += used) {
        struct err err = {0};
        struct page page;

        if (atomic_load(intake->stop) || (at > 0 && !in_time(intake)))
            return intake->more = true;
        if (page_read((const char *)answer.data + at, answer.size - at, &page, &used, &err) != ERR_OK) {
            snprintf(intake->slug, sizeof intake->slug, "%s", err_slug(err.code));
            log_warning("%s: %s", intake->authority, err.text);
            return false;
        }
        ok = take_page(intake, &page) && apply_all(intake);
        page_finish(&page);
    }
    intake->more |= intake_behind(intake);
    if (ok && !intake->more)
        reached_end(intake);
    return ok;
}
