/* What a node does with what a peer answers, without I/O (SPEC.md sections 8.3, 9 and 12): one reader for the
 * two streams of one origin.
 *
 * The reader decides, its driver carries out: the node with sockets and a database, a simulator with neither.
 * After every event the driver takes action after action until there is nothing to do:
 *
 *     while ((action = reader_next(reader, &now)).kind != READER_WAIT)
 *         …carry it out, and say how it went: reader_done…
 *
 * Until that is said (of READER_ASK: until reader_answer brings what came) the reader waits for it. From one
 * READER_WAIT to the next is a turn: a tenth of a second at most, so that no peer keeps the node from the
 * others (9.4); what is left over goes on at the next.
 *
 * `via` is who is asked and who answers, `origin` whose streams these are. They are the same node as long as
 * there are no relays, but not the same thing: how `via` is doing says nothing about what `origin` signed.
 *
 * Nothing is kept but where the streams stand (reader_restore, reader_state): a reader made anew goes on from
 * there. Not thread-safe: one thread owns a reader. */
#ifndef PROTOCOL_READER_H
#define PROTOCOL_READER_H

#include "protocol/bytes.h"
#include "protocol/follower.h"

/* A slug is at most 64 characters [a-z0-9-]. */
enum { READER_SLUG_SIZE = 65, READER_DETAIL_SIZE = 512 };

struct reader;

/* All borrowed. */
struct reader_who {
    const char *self; /* our authority */
    const char *via, *origin;
    const struct key_public *trusted; /* that the origin's newest heads must verify under */
};
/* poll_ms: 60000. NULL: out of memory. */
struct reader *reader_create(const struct reader_who *who, int64_t poll_ms);
void reader_destroy(struct reader *reader);
/* What is stored of a stream, and that some of it may wait to be applied: before the first turn, and as
 * READER_LOAD and READER_DISCARD want it. False: out of memory, or no key although something is held. */
bool reader_restore(struct reader *reader, int stream, const struct follower_state *state);
void reader_state(const struct reader *reader, int stream, struct follower_state *out);

/* Now, as the driver sees it. */
struct reader_now {
    int64_t ms;      /* from any fixed start, never back */
    int64_t seconds; /* Unix: what an epoch is believed by */
    uint32_t random; /* fresh */
};

/* ---- events, at any time */

/* A hint came. */
void reader_wake(struct reader *reader, int64_t now_ms);
/* `via` was heard otherwise: it lives. */
void reader_seen(struct reader *reader, int64_t now_ms);
/* At the next occasion the newest heads are compared with what is stored (9.4: about once an hour, one peer
 * of all). */
void reader_compare(struct reader *reader);
/* The driver is to end: what is under way is brought to its end, nothing further is begun. */
void reader_hurry(struct reader *reader);
/* Has `via` failed since it last answered as it should? While it does there is no use in hinting it. */
bool reader_failing(const struct reader *reader);

/* ---- what to do */

enum reader_kind {
    READER_WAIT, /* until until_ms, or an event; INT64_MAX: for one */
    /* Towards others: */
    READER_ASK,  /* `via` for pages after `to` and `net`; heads_only: with limit=0. Then reader_answer */
    READER_SHOW, /* the origin the newest head of its stream that is held, if any is (8.3, 9.5); done when it
                    has answered, whatever it says */
    /* Towards what is stored, each in one transaction: */
    READER_LOAD,     /* tell anew what is stored of both streams: reader_restore */
    READER_LOOK_UP,  /* the chain at `at` of the stream */
    READER_STORE,    /* page and step: lines, what is derived from them, position (9.3) */
    READER_CATCH_UP, /* apply some more of the stream's lines that are stored and vouched for (9.3) */
    READER_DISCARD,  /* throw the provisional lines of both streams away (9.2), then as LOAD */
    READER_MISSING,  /* the newest head was reached: is each placeholder of the stream covered by an erasure?
                        Else an alarm (12) */
    READER_ALARM,    /* `alarm` */
    /* What became of asking, to be told to people: */
    READER_REACHED, /* the answer was taken in. more: there was something new in it, it goes on at once */
    READER_FAILED,  /* slug: why; detail: a sentence about it, "" when an alarm says it */
    READER_KINDS
};

enum reader_alarm_kind {
    READER_NO_ALARM,
    READER_FORK,          /* two signed histories (9.5) */
    READER_KEY_CONFLICT,  /* a key that nobody vouches for (9.2) */
    READER_ERASE_REFUSED, /* an `erase` that cannot be applied (9.3): a person must look */
    READER_OTHER          /* a page that was not asked for, or says what no honest node does */
};
struct reader_alarm {
    enum reader_alarm_kind kind;
    const char *peer; /* whom it is about: the origin for what it signed, else who sent it */
    const char *detail;
    const struct page *page;          /* its proof; NULL: it is about what is stored */
    int64_t freeze;                   /* this epoch of the page's stream; 0: none */
    bool by_clock;                    /* true only if our clock is right: not raised while that is in doubt */
    const struct key_public *offered; /* that the page uses and people may believe after comparing
                                         fingerprints; NULL: none */
};

/* What it points to is the reader's, until reader_done. */
struct reader_action {
    enum reader_kind kind;
    int64_t until_ms;                 /* WAIT */
    struct cursor to, net;            /* ASK */
    bool heads_only;                  /* ASK */
    int stream;                       /* SHOW, LOOK_UP, STORE, CATCH_UP, MISSING: FOLLOWER_TO, FOLLOWER_NET */
    struct cursor at;                 /* LOOK_UP */
    const struct page *page;          /* STORE */
    const struct follower_step *step; /* STORE */
    struct reader_alarm alarm;        /* ALARM */
    bool more;                        /* REACHED */
    const char *slug, *detail;        /* FAILED */
};
struct reader_action reader_next(struct reader *reader, const struct reader_now *now);

/* ---- how it went */

struct reader_answer {
    long status;           /* 0: none came */
    const char *slug;      /* of its problem document, or why none came; NULL with pages */
    int64_t retry_after_s; /* 0: none */
    bool pages;            /* it is application/x-ndjson */
    struct bytes body;     /* of pages; borrowed until reader_next says READER_WAIT */
};
/* What came of READER_ASK. */
void reader_answer(struct reader *reader, const struct reader_answer *answer);

enum reader_outcome {
    READER_CARRIED_OUT,
    READER_STALE, /* STORE, CATCH_UP: not where the reader thinks, somebody else has moved on; nothing changed
                   */
    READER_TOO_MANY, /* STORE: epochs for now (9.4); nothing changed */
    READER_REFUSED,  /* STORE, CATCH_UP: an `erase` that cannot be applied; nothing changed */
    READER_BROKEN    /* the driver's own trouble; nothing changed */
};
struct reader_result {
    enum reader_outcome outcome;
    const uint8_t *chain; /* LOOK_UP: NULL when it is not known any more */
    bool placeholders;    /* STORE: lines came as erased */
    bool behind;          /* STORE, CATCH_UP: (more) lines wait to be applied */
    const char *slug;     /* BROKEN: what it is called */
    const char *detail;   /* TOO_MANY, REFUSED: a sentence about it */
};
/* What came of any other action. */
void reader_done(struct reader *reader, const struct reader_result *result);

#endif
