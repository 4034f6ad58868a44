#include "protocol/follower.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/json_profile.h"

/* What is held of one stream. */
struct stream {
    struct position position;
    struct key_public *key;   /* the one that counts (SPEC.md section 9.2); NULL while nothing is held */
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

    CHECK(authority_valid(self) && authority_valid(origin));
    if (!follower)
        return NULL;
    snprintf(follower->origin, sizeof follower->origin, "%s", origin);
    snprintf(follower->names[FOLLOWER_TO], STREAM_NAME_SIZE, "to/%s", self);
    snprintf(follower->names[FOLLOWER_NET], STREAM_NAME_SIZE, "net");
    follower->trusted = key_public_copy(trusted);
    if (!follower->trusted) {
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
    if (!follower)
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

    if (!copy)
        return false;
    forget_next(follower);
    key_public_destroy(follower->trusted);
    follower->trusted = copy;
    return true;
}

static bool is_stream(int stream)
{
    return stream >= 0 && stream < FOLLOWER_STREAMS;
}

/* What is stored was not written by this run of the program, so that it is judged and not trusted. */
static bool contradicts_itself(const struct follower_state *state)
{
    return (!state->key && state->position.at.epoch != 0) ||
           cursor_compare(state->vouched, state->position.at) > 0;
}

bool follower_restore(struct follower *follower, int stream, const struct follower_state *state)
{
    struct key_public *key = NULL;
    struct stream *held;
    struct stream restored;

    CHECK(is_stream(stream));
    held = &follower->streams[stream];
    if (contradicts_itself(state))
        return false;
    if (state->key && !(key = key_public_copy(state->key)))
        return false;
    forget_next(follower); /* judged from another position */
    restored = (struct stream){.position = state->position,
                               .key = key,
                               .vouched = state->vouched,
                               .settled = state->settled,
                               .frozen = state->frozen};
    snprintf(restored.signer, sizeof restored.signer, "%s", state->signer ? state->signer : "");
    key_public_destroy(held->key);
    *held = restored;
    return true;
}

void follower_state(const struct follower *follower, int stream, struct follower_state *out)
{
    const struct stream *held;

    CHECK(is_stream(stream));
    held = &follower->streams[stream];
    *out = (struct follower_state){held->position, held->key,     held->signer,
                                   held->vouched,  held->settled, held->frozen};
}

void follower_freeze(struct follower *follower, int stream)
{
    CHECK(is_stream(stream));
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

/* Of a page that begins an epoch. page_read saw to it that it has one, and that it is the `epoch` entry. */
static const struct page_line *first_line(const struct page *page)
{
    CHECK(page->count > 0 && page->lines[0].seq == 1 && strcmp(page->lines[0].entry.type, "epoch") == 0);
    return &page->lines[0];
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

/* The key that a `key` or `epoch` entry names. *out: owned by the caller. */
static enum err_code key_of_entry(const struct page_line *line, struct key_public **out, struct err *err)
{
    struct err inner;
    enum err_code code = entry_check(&line->entry, &inner);

    if (code == ERR_OK) {
        *out = key_public_from_jwk(json_object_get(line->entry.body, "jwk"), &inner);
        code = *out ? ERR_OK : inner.code;
    }
    if (code != ERR_OK)
        err_set(err, code, "%s entry %lld: %s", line->entry.type, (long long)line->seq, inner.text);
    return code;
}

/* The trusted key named this one as its next, in the last line that is held. A name is no proof that whoever
 * wrote it has the key; a head that it signs is. */
static bool is_next_key(const struct follower *follower, const struct stream *stream,
                        const struct key_public *key)
{
    return stream->key && key_public_equal(key, stream->key) && !key_public_equal(key, follower->trusted) &&
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

    /* The position moves by exactly these lines, from where it is: a gap would never be noticed again. */
    CHECK(step->new_epoch ? page->from.at.seq == 0
                          : cursor_compare(page->from.at, stream->position.at) == 0 &&
                                same_chain(page->from.chain, stream->position.chain));
    CHECK(page->head.position.at.seq == page->from.at.seq + (int64_t)page->count);
    /* Who stands at the newest head under a key that nobody trusts was led there. */
    if (!trusted && !last) {
        return err_set(err, ERR_UNTRUSTED_KEY, "the stream ends under key %s, which nobody vouches for",
                       key_public_id(key));
    }
    if (rotated) {
        step->rotated = follower->next_trusted = key_public_copy(key);
        if (!follower->next_trusted)
            return err_set(err, ERR_NO_MEMORY, "out of memory");
    }
    if (last && strcmp(last->entry.type, "key") == 0) {
        struct key_public *next;
        enum err_code code = key_of_entry(last, &next, err);

        if (code != ERR_OK)
            return code;
        key_public_destroy(follower->next_key);
        follower->next_key = next;
    }
    /* Lines under any other key are provisional: stored, and nothing else (SPEC.md section 9.2). */
    step->just_settled = trusted && !step->settled;
    step->settled = trusted;
    step->after = page->head.position;
    if (follower->next_key)
        step->key = follower->next_key;
    memcpy(step->signer, page->head.key_id, sizeof step->signer);
    /* A head that differs in iat alone is no news; one of another signer is: the trust may have moved. */
    if (last || step->just_settled || strcmp(step->signer, stream->signer) != 0)
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

/* Lines we have already. They change nothing, but may show a fork (SPEC.md section 9.5): where they begin, or
 * where we stand. */
static enum err_code judge_repeated(const struct follower *follower, const struct stream *stream,
                                    const struct page *page, const uint8_t *held_chain, struct err *err)
{
    int64_t seq = stream->position.at.seq;
    const uint8_t *here = chain_at(page, seq);
    bool early = held_chain && !same_chain(held_chain, page->from.chain) &&
                 proves_fork(follower, stream, page->from.at.seq);
    bool late = here && !same_chain(here, stream->position.chain) && proves_fork(follower, stream, seq);
    enum err_code code;

    if (!early && !late)
        return ERR_OK;
    code = verify_head(page, stream->key, err);
    if (code == ERR_OK)
        return err_set(err, ERR_FORKED, "the origin signed another history of what is held here");
    /* What nobody signed proves nothing. */
    return code == ERR_SIGNATURE_INVALID || code == ERR_UNTRUSTED_KEY ? ERR_OK : code;
}

static enum err_code judge_same_epoch(struct follower *follower, const struct stream *stream,
                                      const struct page *page, const uint8_t *held_chain,
                                      struct follower_step *step, struct err *err)
{
    int64_t from = page->from.at.seq;
    int64_t here = stream->position.at.seq;
    enum err_code code;

    CHECK(stream->key != NULL); /* something is held, so a key counts */
    if (from > here) {
        return err_set(err, ERR_GAP, "the page begins after %lld; held is %lld", (long long)from,
                       (long long)here);
    }
    if (from < here)
        return judge_repeated(follower, stream, page, held_chain, err);
    code = verify_head(page, stream->key, err);
    if (code != ERR_OK)
        return code;
    if (same_chain(page->from.chain, stream->position.chain))
        return accept_page(follower, stream, page, stream->key, step, err);
    if (proves_fork(follower, stream, here))
        return err_set(err, ERR_FORKED, "the origin signed another history up to %lld", (long long)here);
    return err_set(err, ERR_UNTRUSTED_KEY, "nobody vouches for one of two histories up to %lld",
                   (long long)here);
}

/* previous of an `epoch` entry; false: null, or nonsense (follower_wants asks before the body was checked).
 */
static bool read_previous(const json_t *body, struct position *out)
{
    const json_t *previous = json_object_get(body, "previous");
    const char *chain = json_profile_text(previous, "chain");

    out->at.epoch = json_profile_integer(previous, "epoch", 0);
    out->at.seq = json_profile_integer(previous, "seq", 0);
    return out->at.epoch >= 1 && out->at.seq >= 1 && chain &&
           bytes_b64u_decode(chain, strlen(chain), out->chain, CHAIN_SIZE);
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

/* Is something missing between what is held and what the epoch goes on from? Provisional lines that it does
 * not go on from may stand where lines of its origin are missing. Of a frozen epoch nothing more is taken, so
 * nothing of it can be waited for (SPEC.md 9.2). */
static bool is_gap(const struct stream *stream, struct cursor previous)
{
    struct cursor here = stream->position.at;
    bool provisional = cursor_compare(here, stream->vouched) > 0;

    return !stream->frozen && ((previous.epoch == here.epoch && previous.seq > here.seq) ||
                               (provisional && previous.epoch < here.epoch));
}

/* Our chain at a number of our epoch that is at most ours; NULL: not known, or we are not that far. */
static const uint8_t *chain_held(const struct stream *stream, struct cursor at, const uint8_t *looked_up)
{
    int order = cursor_compare(at, stream->position.at);

    return order == 0 ? stream->position.chain : order < 0 ? looked_up : NULL;
}

/* Whether a new epoch goes on from what is held, and what of that is lost to its origin. */
static enum err_code check_previous(const struct follower *follower, const struct stream *stream,
                                    const struct entry *epoch, const struct key_public *key,
                                    const uint8_t *looked_up, struct follower_step *step, struct err *err)
{
    struct position previous;
    struct cursor here = stream->position.at;
    const uint8_t *held;

    /* Of two histories one is lost, whatever the epoch goes on from (SPEC.md 9.5). */
    step->lost = stream->frozen;
    /* When nothing is held, what came before is not known to us, whatever it was. */
    if (here.epoch == 0)
        return ERR_OK;
    /* Its origin knows nothing any more of what is held. */
    if (!read_previous(epoch->body, &previous)) {
        step->lost = true;
        return ERR_OK;
    }
    if (is_gap(stream, previous.at)) {
        return err_set(err, ERR_GAP, "the new epoch goes on from %lld.%lld; held is %lld.%lld",
                       (long long)previous.at.epoch, (long long)previous.at.seq, (long long)here.epoch,
                       (long long)here.seq);
    }
    /* What its origin does not go on from, it can neither answer for nor erase (SPEC.md section 14). */
    step->lost |= cursor_compare(previous.at, here) < 0;
    if (previous.at.epoch != here.epoch)
        return ERR_OK;
    held = chain_held(stream, previous.at, looked_up);
    if (held && same_chain(held, previous.chain)) {
        step->linked = previous.at;
        return ERR_OK;
    }
    /* A frozen stream is known to have two histories; the origin goes on from one of them. */
    if (stream->frozen)
        return ERR_OK;
    if (cursor_compare(previous.at, stream->vouched) > 0) {
        return err_set(err, ERR_GAP, "the new epoch goes on from other lines up to %lld.%lld",
                       (long long)previous.at.epoch, (long long)previous.at.seq);
    }
    return held ? judge_other_history(follower, stream, key, previous.at, err) : ERR_OK;
}

static enum err_code judge_new_epoch(struct follower *follower, const struct stream *stream,
                                     const struct page *page, const uint8_t *held_chain,
                                     struct follower_step *step, struct err *err)
{
    struct key_public *key;
    enum err_code code;

    if (page->from.at.seq != 0) {
        return err_set(err, ERR_GAP, "the first page of epoch %lld begins after %lld",
                       (long long)page->from.at.epoch, (long long)page->from.at.seq);
    }
    code = key_of_entry(first_line(page), &key, err);
    if (code != ERR_OK)
        return code;
    follower->next_key = key; /* it is the follower's now, also when the page is refused */
    /* Once the trusted key was reached, a stranger who answers for this name must not carry the position away
     * with an epoch of his own. Under the key that counts here, which the trusted one may have followed, the
     * epoch is provisional. */
    if (stream->vouched.epoch != 0 && !key_public_equal(key, stream->key) &&
        !key_public_equal(key, follower->trusted)) {
        return err_set(err, ERR_UNTRUSTED_KEY, "epoch %lld begins under key %s, which nobody vouches for",
                       (long long)page->from.at.epoch, key_public_id(key));
    }
    code = verify_head(page, key, err);
    if (code == ERR_OK)
        code = check_previous(follower, stream, &first_line(page)->entry, key, held_chain, step, err);
    if (code != ERR_OK)
        return code;
    step->new_epoch = true;
    return accept_page(follower, stream, page, key, step, err);
}

enum err_code follower_page(struct follower *follower, const struct page *page, const uint8_t *held_chain,
                            struct follower_step *step, struct err *err)
{
    int i = follower_stream(follower, page);
    const struct stream *stream;
    int64_t epoch = page->from.at.epoch;
    int64_t here;

    forget_next(follower);
    *step = (struct follower_step){.verdict = FOLLOWER_IGNORE};
    if (i < 0 || strcmp(page->origin, follower->origin) != 0) {
        return err_set(err, ERR_MALFORMED, "a page of %s's stream %s was not asked for", page->origin,
                       page->stream);
    }
    stream = &follower->streams[i];
    here = stream->position.at.epoch;
    step->stream = i;
    step->settled = stream->settled;
    step->after = stream->position;
    step->key = stream->key;
    step->trusted = follower->trusted;
    /* An older epoch was settled when the newer one began; in a frozen one both histories are its origin's.
     */
    if (epoch < here || (epoch == here && stream->frozen))
        return ERR_OK;
    return epoch == here ? judge_same_epoch(follower, stream, page, held_chain, step, err)
                         : judge_new_epoch(follower, stream, page, held_chain, step, err);
}

bool follower_wants(const struct follower *follower, const struct page *page, struct cursor *out)
{
    int i = follower_stream(follower, page);
    struct position previous;
    struct cursor here;

    if (i < 0)
        return false;
    here = follower->streams[i].position.at;
    if (page->from.at.epoch == here.epoch) {
        *out = page->from.at;
        return page->from.at.seq > 0 && page->from.at.seq < here.seq;
    }
    if (page->from.at.epoch < here.epoch || page->from.at.seq != 0 ||
        !read_previous(first_line(page)->entry.body, &previous))
        return false;
    *out = previous.at;
    return previous.at.epoch == here.epoch && previous.at.seq < here.seq;
}

/* Is this what the page judged last would change? A step of an earlier judgement, or of one before the
 * follower was restored or told another key, has been stored against a state that is no more. */
static bool is_judged_last(const struct follower *follower, const struct follower_step *step)
{
    const struct stream *stream = &follower->streams[step->stream];

    return step->rotated == follower->next_trusted && step->trusted == follower->trusted &&
           step->key == (follower->next_key ? follower->next_key : stream->key);
}

void follower_applied(struct follower *follower, const struct follower_step *step)
{
    struct stream *stream;

    CHECK(is_stream(step->stream) && step->verdict == FOLLOWER_APPLY);
    CHECK(is_judged_last(follower, step) && step->key);
    stream = &follower->streams[step->stream];
    /* Forward only: an origin is told by the next cursor that all before it is dealt with. */
    CHECK(cursor_compare(step->after.at, stream->position.at) >= 0);
    CHECK(step->new_epoch == (step->after.at.epoch > stream->position.at.epoch));
    CHECK(step->new_epoch || !stream->frozen);
    stream->position = step->after;
    memcpy(stream->signer, step->signer, sizeof stream->signer);
    stream->settled = step->settled;
    if (step->settled)
        stream->vouched = step->after.at;
    /* Nobody has vouched for what was not verified. */
    CHECK(cursor_compare(stream->vouched, stream->position.at) <= 0);
    stream->frozen = stream->frozen && !step->new_epoch;
    if (follower->next_key) {
        key_public_destroy(stream->key);
        stream->key = follower->next_key;
        follower->next_key = NULL;
    }
    if (follower->next_trusted) {
        key_public_destroy(follower->trusted);
        follower->trusted = follower->next_trusted;
        follower->next_trusted = NULL;
    }
}
