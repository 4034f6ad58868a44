#include "protocol/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/origin.h"
#include "protocol/pace.h"

/* How long one peer may keep the others waiting (SPEC.md 9.4). */
enum { TURN_MS = 100 };

enum phase {
    AT_REST,
    PREPARING, /* to ask: first all that is stored is applied, for asking acknowledges it (SPEC.md 9.3) */
    READING,   /* an answer of pages */
    PHASES
};

/* What comes next of the answer. */
enum stage { NEXT_PAGE, LOOK_UP, JUDGE, STAGES };

struct course {
    bool behind;       /* lines that are stored wait to be applied */
    bool placeholders; /* came since the newest head was last reached */
    bool at_end;       /* the answer brought the newest head, and it is where we stand */
    bool bad;          /* a page of it was refused: the rest of the answer has nothing of it */
    bool show;         /* the origin is to be shown what we hold */
};

struct reader {
    char via[AUTHORITY_SIZE], origin[AUTHORITY_SIZE];
    struct follower *follower;
    struct pace pace;
    struct course streams[FOLLOWER_STREAMS];
    enum phase phase;
    struct reader_action given; /* and not done yet; WAIT: none */
    bool compare;               /* the newest heads, at the next occasion */
    bool known;                 /* it has answered as it should, and not failed since */

    bool hurried;

    /* The turn. */
    bool turning;
    bool enough; /* the rest is for the next one */
    int64_t until_ms;

    /* The request. */
    bool heads_only;
    bool repeated; /* sent anew already */
    int64_t retry_after_s;

    /* The answer: the page at hand is the one that ends at `at`. */
    struct bytes answer;
    size_t at;
    enum stage stage;
    struct page page;
    struct follower_step step;
    uint8_t chain[CHAIN_SIZE];
    bool chain_known;
    bool more; /* something new was in it */

    /* What is wrong with it, and what is still to be done about that. */
    bool failed;
    char slug[READER_SLUG_SIZE];
    char detail[READER_DETAIL_SIZE];
    struct reader_alarm alarm;
    struct key_public *offered;
    bool discard, load;
};

/* Steps set *out and return true, or change where the reader is and return false: then it is looked at
 * anew. */
typedef bool step_function(struct reader *reader, const struct reader_now *now, struct reader_action *out);

struct reader *reader_create(const struct reader_who *who, int64_t poll_ms)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    snprintf(reader->via, sizeof reader->via, "%s", who->via);
    snprintf(reader->origin, sizeof reader->origin, "%s", who->origin);
    reader->pace = pace_start(poll_ms);
    reader->follower = follower_create(who->self, who->origin, who->trusted);
    if (!reader->follower) {
        reader_destroy(reader);
        return NULL;
    }
    return reader;
}

void reader_destroy(struct reader *reader)
{
    if (!reader)
        return;
    page_finish(&reader->page);
    key_public_destroy(reader->offered);
    follower_destroy(reader->follower);
    free(reader);
}

bool reader_restore(struct reader *reader, int stream, const struct follower_state *state)
{
    if (!follower_restore(reader->follower, stream, state))
        return false;
    reader->streams[stream].behind = true; /* as far as is known here */

    return true;
}

void reader_state(const struct reader *reader, int stream, struct follower_state *out)
{
    follower_state(reader->follower, stream, out);
}

void reader_wake(struct reader *reader, int64_t now_ms)
{
    pace_wake(&reader->pace, now_ms);
}

void reader_seen(struct reader *reader, int64_t now_ms)
{
    pace_seen(&reader->pace, now_ms);
}

void reader_compare(struct reader *reader)
{
    reader->compare = true;
}

void reader_hurry(struct reader *reader)
{
    reader->hurried = true;
}

bool reader_failing(const struct reader *reader)
{
    return reader->pace.failing;
}

/* The turn. */

static bool turn_is_over(const struct reader *reader, const struct reader_now *now)
{
    return reader->enough || reader->hurried || now->ms >= reader->until_ms;
}

static bool wait_until(int64_t until_ms, struct reader_action *out)
{
    *out = (struct reader_action){.kind = READER_WAIT, .until_ms = until_ms};
    return true;
}

/* The first stream of which that is true; -1: neither. */
static int find_behind(const struct reader *reader)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        if (reader->streams[i].behind)
            return i;
    return -1;
}

static int find_shown(const struct reader *reader)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        if (reader->streams[i].show)
            return i;
    return -1;
}

/* Only the newest head tells that no erasure is under way; what an answer leaves out means nothing (SPEC.md
 * 9.4, 12). */
static int find_unexplained(const struct reader *reader)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        if (reader->streams[i].placeholders && reader->streams[i].at_end)
            return i;
    return -1;
}

/* Asking. */

static struct cursor cursor_of(const struct reader *reader, int stream)
{
    struct follower_state held;
    follower_state(reader->follower, stream, &held);
    return held.position.at;
}

static void prepare_to_ask(struct reader *reader)
{
    reader->phase = PREPARING;
    reader->heads_only = false;
    reader->repeated = false;
    reader->retry_after_s = 0;
}

static bool rest(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    int stream = find_shown(reader);
    if (reader->enough)
        return wait_until(now->ms, out);
    if (stream >= 0) {
        *out = (struct reader_action){.kind = READER_SHOW, .stream = stream};
        return true;
    }
    if (pace_due(&reader->pace, now->ms)) {
        pace_ask(&reader->pace);
        prepare_to_ask(reader);
        return false;
    }
    /* Also of a peer that says nothing new it is seen whether it still says what it said (SPEC.md 9.4). */
    if (reader->compare && reader->known) {
        prepare_to_ask(reader);
        reader->compare = false;
        reader->heads_only = true;
        return false;
    }
    return wait_until(pace_until(&reader->pace), out);
}

static bool catch_up(const struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    int stream = find_behind(reader);
    if (stream < 0 || turn_is_over(reader, now))
        return false;
    *out = (struct reader_action){.kind = READER_CATCH_UP, .stream = stream};
    return true;
}

static bool prepare(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    if (find_behind(reader) >= 0)
        return catch_up(reader, now, out) || wait_until(now->ms, out);
    *out = (struct reader_action){.kind = READER_ASK,
                                  .to = cursor_of(reader, FOLLOWER_TO),
                                  .net = cursor_of(reader, FOLLOWER_NET),
                                  .heads_only = reader->heads_only};
    return true;
}

/* What goes wrong. */

static void fail(struct reader *reader, const char *slug, const char *detail)
{
    reader->failed = true;
    snprintf(reader->slug, sizeof reader->slug, "%s", slug ? slug : "");
    snprintf(reader->detail, sizeof reader->detail, "%s", detail ? detail : "");
}

static void accuse(struct reader *reader, enum reader_alarm_kind kind, const char *peer,
                   const struct page *page)
{
    reader->alarm = (struct reader_alarm){.kind = kind, .peer = peer, .detail = reader->detail, .page = page};
}

static void leave(struct reader *reader)
{
    page_finish(&reader->page);
    reader->answer = (struct bytes){0};
    reader->phase = AT_REST;
    reader->failed = false;
    reader->enough = true; /* the others' turn */
}

static bool give_up(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    bool told = !reader->heads_only;
    if (reader->heads_only)
        pace_wake(&reader->pace, now->ms); /* whatever is wrong, a pull deals with it */
    else if (reader->phase == READING)
        pace_bad(&reader->pace, now->ms, now->random);
    else
        pace_failed(&reader->pace, now->ms, reader->retry_after_s, now->random);
    reader->known = reader->known && !told;
    leave(reader);
    *out = (struct reader_action){.kind = READER_FAILED, .slug = reader->slug, .detail = reader->detail};
    return told;
}

/* Of that stream nothing more is taken from this answer. The other one goes on: its erasures must arrive
 * (SPEC.md 9.4). */
static void give_up_stream(struct reader *reader, int stream)
{
    if (stream < 0 || reader->heads_only || reader->discard)
        return;
    reader->streams[stream].bad = true;
    reader->failed = false;
}

/* An alarm comes first, for it shows the page; then what is thrown away; then it is told that this failed. */
static bool deal_with(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    if (reader->alarm.kind != READER_NO_ALARM)
        *out = (struct reader_action){.kind = READER_ALARM, .alarm = reader->alarm};
    else if (reader->discard)
        *out = (struct reader_action){.kind = READER_DISCARD};
    else if (reader->load)
        *out = (struct reader_action){.kind = READER_LOAD};
    else
        return give_up(reader, now, out);
    return true;
}

/* Lines that nobody vouches for lead to a page that is none of ours to take: they may be somebody else's, so
 * that only without them the owner's can be reached (SPEC.md 9.2). */
static bool is_provisional(const struct reader *reader, int stream)
{
    struct follower_state held;
    follower_state(reader->follower, stream, &held);
    return cursor_compare(held.position.at, held.vouched) > 0;
}

/* What people can believe instead, once they have compared its fingerprint: the key under which the page
 * begins an epoch. */
static void offer_key(struct reader *reader)
{
    const struct page *page = &reader->page;
    if (page->from.at.seq != 0 || page->count == 0)
        return;
    reader->offered = key_public_from_jwk(json_object_get(page->lines[0].entry.body, "jwk"), NULL);
    reader->alarm.offered = reader->offered;
}

/* What speaks against a page, beyond that it is not stored. */
static const struct objection {
    enum reader_alarm_kind alarm;
    bool discards; /* what stands before it, if that is provisional (SPEC.md 9.2) */
} objections[ERR_COUNT] = {
    [ERR_FORKED] = {READER_FORK, false},
    [ERR_UNTRUSTED_KEY] = {READER_KEY_CONFLICT, true},
    [ERR_GAP] = {READER_NO_ALARM, true},
    [ERR_MALFORMED] = {READER_OTHER, false},
};

static void object(struct reader *reader, const struct err *err)
{
    const struct objection *objection = &objections[err->code];
    int stream = follower_stream(reader->follower, &reader->page);
    if (err->code == ERR_GAP && reader->heads_only) {
        reader->more = true; /* what lies between the newest head and us is no gap, but a reason to pull */
        return;
    }
    fail(reader, err_slug(err->code), err->text);
    reader->discard = objection->discards && is_provisional(reader, stream);
    if (objection->alarm != READER_NO_ALARM)
        accuse(reader, objection->alarm, objection->alarm == READER_OTHER ? reader->via : reader->origin,
               &reader->page);
    if (objection->alarm == READER_KEY_CONFLICT)
        offer_key(reader);
    /* That stream stands still in its epoch; the other one and the next epoch do not (SPEC.md 9.5). */
    if (objection->alarm == READER_FORK) {
        reader->failed = false;
        reader->alarm.freeze = cursor_of(reader, stream).epoch;
    } else {
        give_up_stream(reader, stream);
    }
}

/* A page of the answer. */

/* Its origin may be the victim of a restore that does not know yet, or has not heard us: it is shown what we
 * hold with every answer, until it begins another epoch (SPEC.md 9.5). */
static void show_what_is_frozen(struct reader *reader)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++) {
        struct follower_state held;
        follower_state(reader->follower, i, &held);
        reader->streams[i].show |= held.frozen;
    }
}

static void end_answer(struct reader *reader, const struct reader_now *now)
{
    leave(reader);
    show_what_is_frozen(reader);
    reader->known = true;
    if (reader->more && reader->heads_only)
        pace_wake(&reader->pace, now->ms);
    else if (reader->more)
        pace_again(&reader->pace, now->ms);
    else if (!reader->heads_only)
        pace_done(&reader->pace, now->ms, now->random);
}

static bool finish_answer(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    int stream = find_unexplained(reader);
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        reader->failed |= reader->streams[i].bad;
    if (reader->failed)
        return false;
    reader->more |= find_behind(reader) >= 0;
    if (!reader->more && stream >= 0) {
        *out = (struct reader_action){.kind = READER_MISSING, .stream = stream};
        return true;
    }
    end_answer(reader, now);
    *out = (struct reader_action){.kind = READER_REACHED, .more = reader->more};
    return !reader->heads_only;
}

static bool next_page(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    struct err err = {0};
    size_t used = 0;
    bool first = reader->at == 0 && !reader->enough && !reader->hurried;
    page_finish(&reader->page);
    if (reader->at == reader->answer.size)
        return finish_answer(reader, now, out);
    /* The first page is always read: a turn that brings nothing forward would be repeated for ever. */
    if (!first && turn_is_over(reader, now)) {
        reader->more = true;
        return finish_answer(reader, now, out);
    }
    if (page_read((const char *)reader->answer.data + reader->at, reader->answer.size - reader->at,
                  &reader->page, &used, &err) != ERR_OK) {
        fail(reader, err_slug(err.code), err.text);
        return false;
    }
    reader->at += used;
    reader->stage = LOOK_UP;
    return false;
}

/* Whether a page shows another history is told by the chain that is stored where it begins. */
static bool look_up(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    int stream = follower_stream(reader->follower, &reader->page);
    (void)now;
    if (stream >= 0 && reader->streams[stream].bad) {
        reader->stage = NEXT_PAGE;
        return false;
    }
    reader->stage = JUDGE;
    reader->chain_known = false;
    *out = (struct reader_action){.kind = READER_LOOK_UP, .stream = stream};
    return follower_wants(reader->follower, &reader->page, &out->at);
}

/* Whoever opens an epoch far ahead wants that none can follow it (SPEC.md 6.5, 9.2). */
static bool is_believable(const struct reader *reader, const struct reader_now *now)
{
    return !reader->step.new_epoch ||
           origin_epoch_believable(reader->page.from.at.epoch, cursor_of(reader, reader->step.stream).epoch,
                                   now->seconds);
}

static void disbelieve(struct reader *reader)
{
    struct err err;
    err_set(&err, ERR_MALFORMED, "epoch %lld lies more than a day ahead",
            (long long)reader->page.from.at.epoch);
    fail(reader, err_slug(err.code), err.text);
    accuse(reader, READER_OTHER, reader->origin, &reader->page);
    reader->alarm.by_clock = true;
    give_up_stream(reader, reader->step.stream);
}

static bool is_at_end(const struct reader *reader)
{
    const struct page *page = &reader->page;
    return page->count == 0 && reader->step.settled &&
           cursor_compare(page->head.position.at, cursor_of(reader, reader->step.stream)) == 0;
}

static bool judge(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    struct follower_step *step = &reader->step;
    struct err err = {0};
    reader->stage = NEXT_PAGE;
    if (follower_page(reader->follower, &reader->page, reader->chain_known ? reader->chain : NULL, step,
                      &err) != ERR_OK) {
        object(reader, &err);
        return false;
    }
    if (!is_believable(reader, now)) {
        disbelieve(reader);
        return false;
    }
    reader->streams[step->stream].at_end = is_at_end(reader);
    *out = (struct reader_action){
        .kind = READER_STORE, .stream = step->stream, .page = &reader->page, .step = step};
    return step->verdict == FOLLOWER_APPLY;
}

static bool read_on(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    static step_function *const stages[STAGES] = {
        [NEXT_PAGE] = next_page, [LOOK_UP] = look_up, [JUDGE] = judge};
    /* Page by page, so that what is applied keeps up with what is stored. */
    if (reader->stage == NEXT_PAGE && catch_up(reader, now, out))
        return true;
    return stages[reader->stage](reader, now, out);
}

/* What to do. */

static bool is_in_trouble(const struct reader *reader)
{
    return reader->failed || reader->alarm.kind != READER_NO_ALARM || reader->discard || reader->load;
}

static bool decide(struct reader *reader, const struct reader_now *now, struct reader_action *out)
{
    static step_function *const phases[PHASES] = {
        [AT_REST] = rest, [PREPARING] = prepare, [READING] = read_on};
    if (is_in_trouble(reader))
        return deal_with(reader, now, out);
    if (reader->hurried && reader->phase != READING)
        return wait_until(INT64_MAX, out);
    return phases[reader->phase](reader, now, out);
}

struct reader_action reader_next(struct reader *reader, const struct reader_now *now)
{
    struct reader_action action = {.kind = READER_WAIT, .until_ms = INT64_MAX};
    if (!reader->turning) {
        reader->turning = true;
        reader->enough = false;
        reader->until_ms = now->ms + TURN_MS;
    }
    while (reader->given.kind == READER_WAIT && !decide(reader, now, &action))
        continue;
    if (action.kind == READER_WAIT)
        reader->turning = false;
    else
        reader->given = action;
    return action;
}

/* How it went. */

/* False: nothing to go on with, and it is known why. */
static bool succeeded(struct reader *reader, const struct reader_result *result, const struct page *page)
{
    switch (result->outcome) {
    case READER_CARRIED_OUT:
        return true;
    case READER_STALE: /* so do we move on, from there */
        reader->load = true;
        break;
    case READER_TOO_MANY:
        fail(reader, "too-many-epochs", result->detail);
        break;
    case READER_REFUSED: /* nobody may skip an erasure (SPEC.md 9.3) */
        fail(reader, "erase-refused", result->detail);
        accuse(reader, READER_ERASE_REFUSED, reader->origin, page);
        break;
    case READER_BROKEN:
        fail(reader, result->slug, NULL);
        break;
    }
    return false;
}

static void looked_up(struct reader *reader, const struct reader_result *result)
{
    if (!succeeded(reader, result, NULL))
        return;
    reader->chain_known = result->chain != NULL;
    if (reader->chain_known)
        memcpy(reader->chain, result->chain, CHAIN_SIZE);
}

/* A name is no proof that whoever wrote it has the key; a head that it signs is (SPEC.md 9.2). */
static bool is_signed_by_trust(const struct follower_step *step)
{
    return strcmp(step->signer, key_public_id(step->rotated ? step->rotated : step->trusted)) == 0;
}

static void stored(struct reader *reader, const struct reader_result *result)
{
    const struct follower_step *step = &reader->step;
    struct course *stream = &reader->streams[step->stream];
    if (!succeeded(reader, result, &reader->page)) {
        if (result->outcome == READER_REFUSED || result->outcome == READER_TOO_MANY)
            give_up_stream(reader, step->stream);
        return;
    }
    CHECK(cursor_compare(step->after.at, cursor_of(reader, step->stream)) >= 0);
    CHECK(step->settled == is_signed_by_trust(step));
    follower_applied(reader->follower, step);
    stream->placeholders |= result->placeholders;
    stream->behind |= result->behind;
    reader->more |= reader->page.count > 0;
}

static void caught_up(struct reader *reader, const struct reader_result *result)
{
    if (succeeded(reader, result, NULL))
        reader->streams[reader->given.stream].behind = result->behind;
}

static void loaded(struct reader *reader, const struct reader_result *result)
{
    reader->load = false;
    reader->enough = reader->more = true;
    if (result->outcome != READER_CARRIED_OUT)
        fail(reader, result->slug, NULL);
}

static void discarded(struct reader *reader, const struct reader_result *result)
{
    reader->discard = false;
    /* What could not be thrown away is, when it is refused for the next time; until then it is none to show
     * (SPEC.md 9.2). */
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        if (result->outcome != READER_CARRIED_OUT)
            reader->streams[i].show = false;
}

/* A fork that could not be noted is none yet: its page will be there again. */
static void alarmed(struct reader *reader, const struct reader_result *result)
{
    bool fork = reader->alarm.kind == READER_FORK;
    reader->alarm = (struct reader_alarm){0};
    key_public_destroy(reader->offered);
    reader->offered = NULL;
    reader->detail[0] = '\0';
    if (fork && result->outcome != READER_CARRIED_OUT) {
        reader->failed = true;
    } else if (fork) {
        int stream = follower_stream(reader->follower, &reader->page);
        follower_freeze(reader->follower, stream);
        reader->more = true; /* its next epoch, once it was shown what we hold */
    }
}

static void explained(struct reader *reader, const struct reader_result *result)
{
    struct course *stream = &reader->streams[reader->given.stream];
    stream->at_end = false;
    if (result->outcome == READER_CARRIED_OUT)
        stream->placeholders = false;
}

static void shown(struct reader *reader, const struct reader_result *result)
{
    (void)result; /* said again when it is a reason again */
    reader->streams[reader->given.stream].show = false;
}

void reader_done(struct reader *reader, const struct reader_result *result)
{
    static void (*const endings[READER_KINDS])(struct reader *, const struct reader_result *) = {
        [READER_SHOW] = shown,        [READER_LOAD] = loaded,        [READER_LOOK_UP] = looked_up,
        [READER_STORE] = stored,      [READER_CATCH_UP] = caught_up, [READER_DISCARD] = discarded,
        [READER_MISSING] = explained, [READER_ALARM] = alarmed};
    CHECK(reader->given.kind != READER_WAIT && reader->given.kind != READER_ASK);
    if (endings[reader->given.kind])
        endings[reader->given.kind](reader, result);
    reader->given.kind = READER_WAIT;
}

/* Whatever it says in words changes nothing of what is believed (SPEC.md 9.4); three statuses say what to do
 * next. */
static void refused(struct reader *reader, const struct reader_answer *answer)
{
    const char *slug = answer->slug ? answer->slug : "";
    if (reader->heads_only) {
        reader->phase = AT_REST;
        return;
    }
    /* Something on the way sent it twice: signed anew, once (SPEC.md 5.3). */
    if (answer->status == 401 && strcmp(slug, "replayed") == 0 && !reader->repeated) {
        reader->repeated = true;
        return;
    }
    /* What somebody else began under this name would be ahead for ever, and its heads are none to show
     * (SPEC.md 9.2, 8.3). */
    if (answer->status == 409 && strcmp(slug, "cursor-ahead") == 0) {
        reader->discard = true;
        for (int i = 0; i < FOLLOWER_STREAMS; i++)
            reader->streams[i].show = true;
    }
    reader->retry_after_s = answer->retry_after_s;
    fail(reader, slug, NULL);
}

void reader_answer(struct reader *reader, const struct reader_answer *answer)
{
    CHECK(reader->given.kind == READER_ASK);
    reader->given.kind = READER_WAIT;
    if (answer->status != 200 || !answer->pages) {
        refused(reader, answer);
        return;
    }
    reader->phase = READING;
    reader->stage = NEXT_PAGE;
    reader->answer = answer->body;
    reader->at = 0;
    reader->more = false;
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        reader->streams[i].at_end = reader->streams[i].bad = false;
}
