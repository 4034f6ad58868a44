#include "protocol/follower.h"
#include "protocol/json_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is held of one stream. */
struct stream {
    struct position position;
    struct key_public *key;   /* the one that counts; NULL while nothing is held */
    char signer[KEY_ID_SIZE]; /* of the newest head */
    struct cursor vouched;
    bool settled;
    bool frozen;
};

struct follower {
    char origin[AUTHORITY_SIZE];
    char names[FOLLOWER_STREAMS][STREAM_NAME_SIZE];
    struct stream streams[FOLLOWER_STREAMS];
    struct key_public *trusted;

    /* What the page judged last would change; NULL where it changes nothing. */
    struct key_public *next_key;
    struct key_public *next_trusted;
};

struct follower *follower_create(const char *self, const char *origin, const struct key_public *trusted)
{
    struct follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL)
        return NULL;
    snprintf(follower->origin, sizeof follower->origin, "%s", origin);
    snprintf(follower->names[FOLLOWER_TO], STREAM_NAME_SIZE, "to/%s", self);
    snprintf(follower->names[FOLLOWER_NET], STREAM_NAME_SIZE, "net");
    follower->trusted = key_public_copy(trusted);
    if (follower->trusted == NULL) {
        follower_destroy(follower);
        return NULL;
    }
    return follower;
}

static void forget_next(struct follower *follower)
{
    key_public_destroy(follower->next_key);
    key_public_destroy(follower->next_trusted);
    follower->next_key = NULL;
    follower->next_trusted = NULL;
}

void follower_destroy(struct follower *follower)
{
    if (follower == NULL)
        return;
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        key_public_destroy(follower->streams[i].key);
    forget_next(follower);
    key_public_destroy(follower->trusted);
    free(follower);
}

bool follower_trust(struct follower *follower, const struct key_public *trusted)
{
    struct key_public *copy = key_public_copy(trusted);
    if (copy == NULL)
        return false;
    forget_next(follower);
    key_public_destroy(follower->trusted);
    follower->trusted = copy;
    return true;
}

bool follower_restore(struct follower *follower, int stream, const struct follower_state *state)
{
    struct key_public *key = state->key == NULL ? NULL : key_public_copy(state->key);
    if (key == NULL && (state->key != NULL || state->position.at.epoch != 0))
        return false;
    struct stream *held = &follower->streams[stream];
    struct stream restored = {.position = state->position,
                              .key = key,
                              .vouched = state->vouched,
                              .settled = state->settled,
                              .frozen = state->frozen};
    snprintf(restored.signer, sizeof restored.signer, "%s", state->signer == NULL ? "" : state->signer);
    key_public_destroy(held->key);
    *held = restored;
    return true;
}

void follower_state(const struct follower *follower, int stream, struct follower_state *out)
{
    const struct stream *held = &follower->streams[stream];
    *out = (struct follower_state){held->position, held->key,     held->signer,
                                   held->vouched,  held->settled, held->frozen};
}

void follower_freeze(struct follower *follower, int stream)
{
    follower->streams[stream].frozen = true;
}

int follower_stream(const struct follower *follower, const struct page *page)
{
    for (int i = 0; i < FOLLOWER_STREAMS; i++)
        if (strcmp(page->stream, follower->names[i]) == 0)
            return i;
    return -1;
}

static bool same_chain(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, CHAIN_SIZE) == 0;
}

static const struct page_line *last_line(const struct page *page)
{
    return page->count == 0 ? NULL : &page->lines[page->count - 1];
}

/* The page's chain at a number; NULL if it does not reach there. */
static const uint8_t *chain_at(const struct page *page, int64_t seq)
{
    int64_t index = seq - page->from.at.seq;
    if (index < 0 || index > (int64_t)page->count)
        return NULL;
    return index == 0 ? page->from.chain : page->lines[index - 1].chain;
}

static enum err_code verify_head(const struct page *page, const struct key_public *key, struct err *err)
{
    if (strcmp(page->head.key_id, key_public_id(key)) != 0) {
        return err_set(err, ERR_UNTRUSTED_KEY, "the head is signed by key %s; the one that counts here is %s",
                       page->head.key_id, key_public_id(key));
    }
    return head_verify((const char *)page->head_jws.data, page->head_jws.size, key, err);
}

static struct key_public *key_of_entry(const struct page_line *line, struct err *err)
{
    struct err inner;
    if (entry_check(&line->entry, &inner) != ERR_OK) {
        err_set(err, ERR_MALFORMED, "%s entry %lld: %s", line->entry.type, (long long)line->seq, inner.text);
        return NULL;
    }
    return key_public_from_jwk(json_object_get(line->entry.body, "jwk"), err);
}

/* The trusted key named this one as its next, in the last line that is held. A name is no proof that whoever
 * wrote it has the key; a head that it signs is. */
static bool is_next_key(const struct follower *follower, const struct stream *stream,
                        const struct key_public *key)
{
    return stream->key != NULL && key_public_equal(key, stream->key) &&
           !key_public_equal(key, follower->trusted) &&
           strcmp(stream->signer, key_public_id(follower->trusted)) == 0;
}

/* Whose heads are the origin's own word. */
static bool is_trusted(const struct follower *follower, const struct stream *stream,
                       const struct key_public *key)
{
    return key_public_equal(key, follower->trusted) || is_next_key(follower, stream, key);
}

/* The page is good, begins where we stand and is signed by `key`: what follows from it. */
static enum err_code accept_page(struct follower *follower, const struct stream *stream,
                                 const struct page *page, const struct key_public *key,
                                 struct follower_step *step, struct err *err)
{
    bool rotated = is_next_key(follower, stream, key);
    bool trusted = is_trusted(follower, stream, key);
    const struct page_line *last = last_line(page);
    if (!trusted && last == NULL) {
        return err_set(err, ERR_UNTRUSTED_KEY, "the stream ends under key %s, which nobody vouches for",
                       key_public_id(key));
    }
    if (rotated) {
        step->rotated = follower->next_trusted = key_public_copy(key);
        if (follower->next_trusted == NULL)
            return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    if (last != NULL && strcmp(last->entry.type, "key") == 0) {
        struct key_public *next = key_of_entry(last, err);
        if (next == NULL)
            return ERR_MALFORMED;
        key_public_destroy(follower->next_key);
        follower->next_key = next;
    }
    step->just_settled = trusted && !step->settled;
    step->settled = trusted;
    step->after = page->head.position;
    if (follower->next_key != NULL)
        step->key = follower->next_key;
    memcpy(step->signer, page->head.key_id, sizeof step->signer);
    if (last != NULL || step->just_settled || strcmp(step->signer, stream->signer) != 0)
        step->verdict = FOLLOWER_APPLY;
    return ERR_OK;
}

/* Whether another history of this number of the present epoch is a fork: only where the trusted key vouches
 * for ours and signs the other, for whoever has another key can write any history. */
static bool proves_fork(const struct follower *follower, const struct stream *stream, int64_t seq)
{
    return key_public_equal(stream->key, follower->trusted) &&
           cursor_compare((struct cursor){stream->position.at.epoch, seq}, stream->vouched) <= 0;
}

/* Lines we have already. They change nothing, but may show a fork. */
static enum err_code judge_repeated(const struct follower *follower, const struct stream *stream,
                                    const struct page *page, const uint8_t *held_chain, struct err *err)
{
    int64_t seq = stream->position.at.seq;
    const uint8_t *here = chain_at(page, seq);
    bool early = held_chain != NULL && !same_chain(held_chain, page->from.chain) &&
                 proves_fork(follower, stream, page->from.at.seq);
    bool late =
        here != NULL && !same_chain(here, stream->position.chain) && proves_fork(follower, stream, seq);
    if ((early || late) && verify_head(page, stream->key, NULL) == ERR_OK)
        return err_set(err, ERR_FORKED, "the origin signed another history of what is held here");
    return ERR_OK;
}

static enum err_code judge_same_epoch(struct follower *follower, const struct stream *stream,
                                      const struct page *page, const uint8_t *held_chain,
                                      struct follower_step *step, struct err *err)
{
    int64_t from = page->from.at.seq;
    int64_t here = stream->position.at.seq;
    if (from > here) {
        return err_set(err, ERR_GAP, "the page begins after %lld; held is %lld", (long long)from,
                       (long long)here);
    }
    if (from < here)
        return judge_repeated(follower, stream, page, held_chain, err);
    enum err_code code = verify_head(page, stream->key, err);
    if (code != ERR_OK)
        return code;
    if (same_chain(page->from.chain, stream->position.chain))
        return accept_page(follower, stream, page, stream->key, step, err);
    if (proves_fork(follower, stream, here))
        return err_set(err, ERR_FORKED, "the origin signed another history up to %lld", (long long)here);
    return err_set(err, ERR_UNTRUSTED_KEY, "nobody vouches for one of two histories up to %lld",
                   (long long)here);
}

/* previous of an `epoch` entry; false: null. */
static bool read_previous(const json_t *body, struct position *out)
{
    const json_t *previous = json_object_get(body, "previous");
    const char *chain = json_profile_text(previous, "chain");
    out->at.epoch = json_profile_integer(previous, "epoch", 0);
    out->at.seq = json_profile_integer(previous, "seq", 0);
    return chain != NULL && bytes_b64u_decode(chain, strlen(chain), out->chain, CHAIN_SIZE);
}

/* The epoch goes on from another history of what was vouched for. Whoever has another key can write that, and
 * would freeze a stream whose origin has no reason to open an epoch that thaws it: so a head under a key that
 * is not trusted proves no fork (SPEC.md 9.2). */
static enum err_code judge_other_history(const struct follower *follower, const struct stream *stream,
                                         const struct key_public *key, struct cursor previous,
                                         struct err *err)
{
    if (!is_trusted(follower, stream, key)) {
        return err_set(err, ERR_UNTRUSTED_KEY, "nobody vouches for one of two histories up to %lld.%lld",
                       (long long)previous.epoch, (long long)previous.seq);
    }
    return err_set(err, ERR_FORKED, "the new epoch goes on from another history at %lld.%lld",
                   (long long)previous.epoch, (long long)previous.seq);
}

/* Whether a new epoch goes on from what is held, and what of that is lost to its origin. Provisional lines
 * that it does not go on from may stand where lines of its origin are missing. */
static enum err_code check_previous(const struct follower *follower, const struct stream *stream,
                                    const struct entry *epoch, const struct key_public *key,
                                    const uint8_t *held_chain, struct follower_step *step, struct err *err)
{
    struct position previous;
    struct cursor here = stream->position.at;
    /* When nothing is held, what came before is not known to us, whatever it was. */
    if (here.epoch == 0 || !read_previous(epoch->body, &previous))
        return ERR_OK;
    bool provisional = cursor_compare(here, stream->vouched) > 0;
    bool beyond = previous.at.epoch == here.epoch && previous.at.seq > here.seq;
    if (beyond || (provisional && previous.at.epoch < here.epoch)) {
        return err_set(err, ERR_GAP, "the new epoch goes on from %lld.%lld; held is %lld.%lld",
                       (long long)previous.at.epoch, (long long)previous.at.seq, (long long)here.epoch,
                       (long long)here.seq);
    }
    step->lost = cursor_compare(previous.at, here) < 0;
    if (previous.at.epoch != here.epoch)
        return ERR_OK;
    const uint8_t *held = previous.at.seq == here.seq ? stream->position.chain : held_chain;
    if (held != NULL && same_chain(held, previous.chain)) {
        step->linked = previous.at;
        return ERR_OK;
    }
    if (cursor_compare(previous.at, stream->vouched) > 0) {
        return err_set(err, ERR_GAP, "the new epoch goes on from other lines up to %lld.%lld",
                       (long long)previous.at.epoch, (long long)previous.at.seq);
    }
    /* A frozen stream is known to have two histories; the origin goes on from one of them. */
    if (stream->frozen || held == NULL)
        return ERR_OK;
    return judge_other_history(follower, stream, key, previous.at, err);
}

static enum err_code judge_new_epoch(struct follower *follower, const struct stream *stream,
                                     const struct page *page, const uint8_t *held_chain,
                                     struct follower_step *step, struct err *err)
{
    if (page->from.at.seq != 0) {
        return err_set(err, ERR_GAP, "the first page of epoch %lld begins after %lld",
                       (long long)page->from.at.epoch, (long long)page->from.at.seq);
    }
    /* page_read saw to it that an epoch's first line is its `epoch` entry. */
    struct key_public *key = key_of_entry(&page->lines[0], err);
    if (key == NULL)
        return ERR_MALFORMED;
    follower->next_key = key;
    /* Once the trusted key was reached, a stranger who answers for this name must not carry the position away
     * with an epoch of his own. Under the key that counts here, which the trusted one may have followed, the
     * epoch is provisional. */
    if (stream->vouched.epoch != 0 && !key_public_equal(key, stream->key) &&
        !key_public_equal(key, follower->trusted)) {
        return err_set(err, ERR_UNTRUSTED_KEY, "epoch %lld begins under key %s, which nobody vouches for",
                       (long long)page->from.at.epoch, key_public_id(key));
    }
    enum err_code code = verify_head(page, key, err);
    if (code == ERR_OK)
        code = check_previous(follower, stream, &page->lines[0].entry, key, held_chain, step, err);
    if (code != ERR_OK)
        return code;
    step->new_epoch = true;
    return accept_page(follower, stream, page, key, step, err);
}

enum err_code follower_page(struct follower *follower, const struct page *page, const uint8_t *held_chain,
                            struct follower_step *step, struct err *err)
{
    int i = follower_stream(follower, page);
    forget_next(follower);
    *step = (struct follower_step){.verdict = FOLLOWER_IGNORE};
    if (i < 0 || strcmp(page->origin, follower->origin) != 0) {
        return err_set(err, ERR_MALFORMED, "a page of %s's stream %s was not asked for", page->origin,
                       page->stream);
    }
    const struct stream *stream = &follower->streams[i];
    int64_t epoch = page->from.at.epoch;
    int64_t here = stream->position.at.epoch;
    step->stream = i;
    step->settled = stream->settled;
    step->after = stream->position;
    step->key = stream->key;
    step->trusted = follower->trusted;
    if (epoch < here || (epoch == here && stream->frozen))
        return ERR_OK;
    return epoch == here ? judge_same_epoch(follower, stream, page, held_chain, step, err)
                         : judge_new_epoch(follower, stream, page, held_chain, step, err);
}

bool follower_wants(const struct follower *follower, const struct page *page, struct cursor *out)
{
    int i = follower_stream(follower, page);
    if (i < 0)
        return false;
    struct cursor here = follower->streams[i].position.at;
    struct position previous;
    if (page->from.at.epoch == here.epoch) {
        *out = page->from.at;
        return page->from.at.seq > 0 && page->from.at.seq < here.seq;
    }
    if (page->from.at.epoch < here.epoch || page->from.at.seq != 0 ||
        !read_previous(page->lines[0].entry.body, &previous))
        return false;
    *out = previous.at;
    return previous.at.epoch == here.epoch && previous.at.seq < here.seq;
}

void follower_applied(struct follower *follower, const struct follower_step *step)
{
    struct stream *stream = &follower->streams[step->stream];
    stream->position = step->after;
    memcpy(stream->signer, step->signer, sizeof stream->signer);
    stream->settled = step->settled;
    if (step->settled)
        stream->vouched = step->after.at;
    stream->frozen = stream->frozen && !step->new_epoch;
    if (follower->next_key != NULL) {
        key_public_destroy(stream->key);
        stream->key = follower->next_key;
        follower->next_key = NULL;
    }
    if (follower->next_trusted != NULL) {
        key_public_destroy(follower->trusted);
        follower->trusted = follower->next_trusted;
        follower->next_trusted = NULL;
    }
}
