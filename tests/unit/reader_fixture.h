/* What the tests of the reader share: a desk in Saarbrücken that reads Arnhem through a relay, so that who
 * sent something and who signed it can be told apart, and that keeps what it is told to store. */
#ifndef TESTS_UNIT_READER_FIXTURE_H
#define TESTS_UNIT_READER_FIXTURE_H

#include "tests/unit/follower_fixture.h"

#include "protocol/reader.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, POLL = MINUTE };

/* What is stored of a stream. */
struct desk_stream {
    struct follower_state state;
    struct key_public *key; /* of state */
    char signer[KEY_ID_SIZE];
};

struct desk {
    struct reader *reader;
    struct reader_now now;
    struct desk_stream stored[FOLLOWER_STREAMS];
    struct desk_stream vouched[FOLLOWER_STREAMS]; /* as it was when the trusted key last vouched for all */
    const uint8_t *chain;                         /* what a look-up finds */
    struct buffer body;                           /* of the answer to come */
};

static const char *const self = "saarbruecken.example", *const relay = "metz.example",
                         *const arnhem = "arnhem.example";

static inline void desk_stream_finish(struct desk_stream *stream)
{
    key_public_destroy(stream->key);
    *stream = (struct desk_stream){0};
}

static inline void desk_stream_copy(struct desk_stream *to, const struct desk_stream *from)
{
    desk_stream_finish(to);
    *to = *from;
    to->key = from->key ? key_public_copy(from->key) : NULL;
}

static inline void desk_open(struct desk *desk, const struct key_private *trusted)
{
    *desk = (struct desk){.now = {.ms = HOUR, .seconds = TOWN_NOW, .random = UINT32_MAX}};
    desk->reader = reader_create(
        &(struct reader_who){
            .self = self, .via = relay, .origin = arnhem, .trusted = key_private_public(trusted)},
        POLL);
    assert_non_null(desk->reader);
}

static inline void desk_close(struct desk *desk)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++) {
        desk_stream_finish(&desk->stored[i]);
        desk_stream_finish(&desk->vouched[i]);
    }
    buffer_free(&desk->body);
    reader_destroy(desk->reader);
}

/* Tells the reader what is stored. */
static inline void desk_load(struct desk *desk)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++) {
        struct follower_state state = desk->stored[i].state;
        state.key = desk->stored[i].key;
        state.signer = desk->stored[i].signer;
        assert_true(reader_restore(desk->reader, i, &state));
    }
}

/* Another process of the same town, or the same one later: with another trusted key, if people say so. */
static inline void desk_restart(struct desk *desk, const struct key_private *trusted)
{
    struct desk old = *desk;
    desk_open(desk, trusted);
    memcpy(desk->stored, old.stored, sizeof old.stored);
    memcpy(desk->vouched, old.vouched, sizeof old.vouched);
    desk->now = old.now;
    buffer_free(&old.body);
    reader_destroy(old.reader);
    desk_load(desk);
}

static inline struct reader_action desk_next(struct desk *desk)
{
    return reader_next(desk->reader, &desk->now);
}

static inline struct reader_action desk_expect(struct desk *desk, enum reader_kind kind)
{
    struct reader_action action = desk_next(desk);
    assert_int_equal(action.kind, kind);
    return action;
}

/* That went as `result` says. */
static inline void desk_done(struct desk *desk, const struct reader_result *result)
{
    reader_done(desk->reader, result);
}

static inline void desk_ended(struct desk *desk, enum reader_outcome outcome)
{
    desk_done(desk, &(struct reader_result){.outcome = outcome, .slug = "busy", .detail = "It was so."});
}

static inline void desk_note(struct desk *desk, const struct follower_step *step)
{
    struct desk_stream *stored = &desk->stored[step->stream];
    key_public_destroy(stored->key);
    stored->key = key_public_copy(step->key);
    memcpy(stored->signer, step->signer, sizeof stored->signer);
    stored->state.position = step->after;
    stored->state.settled = step->settled;
    stored->state.frozen &= !step->new_epoch;
    if (!step->settled)
        return;
    stored->state.vouched = step->after.at;
    desk_stream_copy(&desk->vouched[step->stream], stored);
}

static inline void desk_discard(struct desk *desk)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++) {
        desk_stream_copy(&desk->stored[i], &desk->vouched[i]);
        desk->stored[i].state.settled = false;
    }
}

/* Carries an action out as it is wanted. */
static inline void desk_carry_out(struct desk *desk, const struct reader_action *action)
{
    struct reader_result result = {.chain = desk->chain};
    if (action->kind == READER_STORE)
        desk_note(desk, action->step);
    if (action->kind == READER_DISCARD)
        desk_discard(desk);
    if (action->kind == READER_DISCARD || action->kind == READER_LOAD)
        desk_load(desk);
    if (action->kind == READER_ALARM && action->alarm.freeze)
        for (int i = 0; i < FOLLOWER_STREAMS; i++)
            desk->stored[i].state.frozen |= desk->stored[i].state.position.at.epoch == action->alarm.freeze;
    reader_done(desk->reader, &result);
}

/* Expects an action and carries it out. */
static inline void desk_do(struct desk *desk, enum reader_kind kind)
{
    struct reader_action action = desk_expect(desk, kind);
    desk_carry_out(desk, &action);
}

/* Waits until it is time, through turns that end because others have theirs. */
static inline struct reader_action desk_wait(struct desk *desk)
{
    struct reader_action action = desk_expect(desk, READER_WAIT);
    while (action.until_ms <= desk->now.ms) {
        action = desk_next(desk);
        if (action.kind != READER_WAIT)
            return action;
    }
    return action;
}

/* Nothing but waiting until then, and then it asks. */
static inline void desk_waits_until(struct desk *desk, int64_t until_ms)
{
    struct reader_action action = desk_wait(desk);
    assert_int_equal(action.kind, READER_WAIT);
    assert_int_equal(action.until_ms, until_ms);
    desk->now.ms = until_ms - 1;
    desk_expect(desk, READER_WAIT);
    desk->now.ms = until_ms;
    desk_expect(desk, READER_ASK);
}

/* ---- answers */

static inline void desk_page(struct desk *desk, const struct town *town, int64_t from, int64_t last)
{
    struct town_page page;
    town_page(town, from, last, &page);
    buffer_append(&desk->body, page.text.data, page.text.size);
    town_page_finish(&page);
}

static inline void desk_fresh(struct desk *desk, const struct town *town)
{
    struct town_page page;
    town_page_fresh(town, &page);
    buffer_append(&desk->body, page.text.data, page.text.size);
    town_page_finish(&page);
}

/* The answer is what was put together. */
static inline void desk_answer(struct desk *desk)
{
    reader_answer(
        desk->reader,
        &(struct reader_answer){.status = 200, .pages = true, .body = {desk->body.data, desk->body.size}});
}

static inline void desk_answered(struct desk *desk)
{
    buffer_free(&desk->body);
}

static inline void desk_refuse(struct desk *desk, long status, const char *slug, int64_t retry_after_s)
{
    reader_answer(desk->reader,
                  &(struct reader_answer){.status = status, .slug = slug, .retry_after_s = retry_after_s});
}

static inline void desk_failed(struct desk *desk, const char *slug)
{
    struct reader_action action = desk_expect(desk, READER_FAILED);
    assert_string_equal(action.slug, slug);
    desk_carry_out(desk, &action);
    desk_answered(desk);
}

static inline void desk_reached(struct desk *desk, bool more)
{
    struct reader_action action = desk_expect(desk, READER_REACHED);
    assert_int_equal(action.more, more);
    desk_carry_out(desk, &action);
    desk_answered(desk);
}

/* Asks for and takes in the lines of one page, all of which go well. */
static inline void desk_take(struct desk *desk, const struct town *town, int64_t from, int64_t last)
{
    desk_page(desk, town, from, last);
    desk_expect(desk, READER_ASK);
    desk_answer(desk);
    desk_do(desk, READER_STORE);
    desk_reached(desk, true);
    desk_expect(desk, READER_WAIT);
}

static inline void desk_stands_at(const struct desk *desk, int stream, int64_t epoch, int64_t seq)
{
    struct follower_state state;
    reader_state(desk->reader, stream, &state);
    assert_int_equal(state.position.at.epoch, epoch);
    assert_int_equal(state.position.at.seq, seq);
}

/* Two histories of `net` by the same key; the desk holds the left one up to 2. */
struct forked {
    struct desk desk;
    struct town left, right, to;
};

static inline void fork_open(struct forked *f)
{
    town_open(&f->left, "net", 10, first_key, NULL);
    town_open(&f->right, "net", 10, first_key, NULL);
    town_open(&f->to, "to/saarbruecken.example", 10, first_key, NULL);
    town_say(&f->left, "one");
    town_say(&f->right, "another");
    town_say(&f->right, "and more");
    desk_open(&f->desk, first_key);
    desk_take(&f->desk, &f->left, 0, 2);
}

static inline void fork_close(struct forked *f)
{
    town_close(&f->left);
    town_close(&f->right);
    town_close(&f->to);
    desk_close(&f->desk);
}

#endif
