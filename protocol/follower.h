/* What to believe of an origin's pages, without I/O: one follower per origin, with its two streams `to` and
 * `net` (SPEC.md sections 9.2 and 9.5).
 *
 * It holds where each stream stands, judges a page and moves on when that was stored. When to ask is
 * pace.h's, what to do with a whole answer reader.h's. Not thread-safe: one thread owns a follower. */
#ifndef PROTOCOL_FOLLOWER_H
#define PROTOCOL_FOLLOWER_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/page.h"

enum { FOLLOWER_TO, FOLLOWER_NET, FOLLOWER_STREAMS };

struct follower;

/* self: our authority; origin: the peer's; trusted: the key that the peer's newest heads must verify under
 * (copied, like the names). NULL: out of memory. */
struct follower *follower_create(const char *self, const char *origin, const struct key_public *trusted);
void follower_destroy(struct follower *follower);
/* Another trusted key (registry or compared fingerprints). False: out of memory. */
bool follower_trust(struct follower *follower, const struct key_public *trusted);

/* What is stored of a stream. Lines beyond `vouched` are provisional: nobody whose word counts has signed for
 * them yet. key may be NULL at {0, 0}. */
struct follower_state {
    struct position position;
    const struct key_public *key; /* that counts there; borrowed */
    const char *signer;           /* key id of the newest head held; borrowed, NULL at {0, 0} */
    struct cursor vouched;        /* as far as a head under the trusted key was ever reached; {0, 0}: never */
    bool settled;                 /* the last head was such a one, and all is shown */
    bool frozen;                  /* this epoch, by a fork */
};
/* False, and nothing is changed: out of memory, or what is stored contradicts itself (no key although
 * something is held, more vouched for than held). */
bool follower_restore(struct follower *follower, int stream, const struct follower_state *state);
/* Key and signer are the follower's, valid until it changes. */
void follower_state(const struct follower *follower, int stream, struct follower_state *out);

/* Which of the two a page is of; -1: neither. */
int follower_stream(const struct follower *follower, const struct page *page);

/* Judges a page that page_read accepted; changes nothing until follower_applied. ERR_OK: step says what to
 * do. Else an alarm, and nothing of the page may be stored:
 * - ERR_FORKED: two signed chains for one number. Keep the page as proof and freeze the stream.
 * - ERR_GAP: it does not begin where we stand; a number, or an epoch before it, is missing.
 * - ERR_UNTRUSTED_KEY: signed under another key than the one that counts, or the stream ends under a key that
 * nobody vouches for.
 * After these three, what is held beyond `vouched` is to be thrown away and the follower restored there.
 * - ERR_SIGNATURE_INVALID: signed by nobody.
 * - ERR_MALFORMED: another origin's or stream's page, or an `epoch` or `key` entry that cannot be read.
 * - ERR_NO_MEMORY, ERR_CRYPTO: no alarm, for it says nothing about the page: ask again.
 *
 * held_chain: the chain stored at the number follower_wants names; NULL when it is not known any more. */
enum follower_verdict { FOLLOWER_IGNORE, FOLLOWER_APPLY };
struct follower_step {
    enum follower_verdict verdict; /* APPLY: store lines, position, key, settled in one transaction */
    int stream;
    bool new_epoch;
    bool settled;          /* the trusted key vouches for all up to here; else store lines, but show none */
    bool just_settled;     /* show everything held so far; also on pages without lines */
    struct position after; /* position to store */
    char signer[KEY_ID_SIZE]; /* of the page's head */
    /* Of a new epoch: */
    bool lost;            /* the origin was put back, and does not know any more all that is held */
    struct cursor linked; /* how far it goes on from what is held ({0, 0}: not at all): provisional lines
                             beyond that are to be thrown away */
    /* Owned by the follower, valid until the next call. */
    const struct key_public *key;     /* that counts after the page */
    const struct key_public *trusted; /* on which this judgement rests */
    const struct key_public *rotated; /* to be trusted from now on: the trusted key named it, and this head is
                                         its own; NULL: none */
};
enum err_code follower_page(struct follower *follower, const struct page *page, const uint8_t *held_chain,
                            struct follower_step *step, struct err *err);
/* At which cursor follower_page needs the stored chain to compare with; false: nowhere. */
bool follower_wants(const struct follower *follower, const struct page *page, struct cursor *out);
/* The step was durably stored: the follower moves on. Only for the step that follower_page gave last, if it
 * is to be applied, and only if the follower was neither restored nor told another key since. */
void follower_applied(struct follower *follower, const struct follower_step *step);
/* A fork was proved: nothing more is taken in this epoch; the next one thaws the stream. */
void follower_freeze(struct follower *follower, int stream);

#endif
