/* The simulator: towns that speak the protocol over a virtual clock, wire and disk (README.md).
 *
 * What decides is the protocol's own: protocol/origin.h writes and answers, protocol/reader.h follows. What
 * node/ does with them through PostgreSQL and libcurl is done here in memory: disk.c stores, town.c drives,
 * world.c carries messages and lets things happen, judge.c looks at what came of it. One thread; everything
 * is told by the seed. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/leap.h"
#include "protocol/origin.h"
#include "protocol/page.h"
#include "protocol/reader.h"

enum {
    TOWNS = 3,
    OBJECTS = 8,
    EPOCHS = 48,
    LINES = 512,
    CASES = 2,
    LETTERS = 64,
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE
};
/* The virtual clock begins here, Unix seconds. */
enum { BEGIN = 1790000000 };

/* ---- chance (chance.c): the same numbers for the same seed */

void chance_seed(uint64_t seed);
uint32_t chance_bits(void);
/* 0 … below-1. */
int64_t chance_below(int64_t below);
/* True in `percent` of a hundred. */
bool chance_percent(int percent);

/* Memory that lives as long as a seed. */
void *keep(size_t size);
void *keep_copy(const void *data, size_t size);
void keep_nothing(void);

/* ---- what is stored (disk.c) */

/* A line as it was written; never changes. */
struct text {
    struct bytes line; /* empty: it came as a placeholder */
    uint8_t digest[CHAIN_SIZE], chain[CHAIN_SIZE];
    char type[ENTRY_TYPE_SIZE];
    int object, version; /* of a proposal, a response */
    int64_t keep_until;  /* 0: for ever */
    const struct cursor *erases;
    size_t erases_count;
};

struct line {
    struct cursor at;
    const struct text *text;
    enum { LINE_HELD, LINE_LOST, LINE_ERASED } status; /* ERASED: its text is gone */
    bool uncovered;                                    /* came erased, and no `erase` names it yet */
    const char *head;                                  /* where an append of ours ended */
};

struct epoch {
    int64_t epoch, seq, issued_at;
    uint8_t chain[CHAIN_SIZE];
    const char *head;
    int64_t lost;             /* ours */
    bool settled, frozen;     /* followed */
    int64_t vouched, applied; /* followed */
    const char *vouched_head; /* followed */
    char signer[KEY_ID_SIZE]; /* followed */
};

struct stream {
    char name[STREAM_NAME_SIZE];
    int origin;
    struct epoch epochs[EPOCHS];
    int epochs_count;
    struct line lines[LINES];
    int lines_count;
};

struct published {
    struct cursor at;
    int version; /* 0: it never was */
    bool stands;
};

/* What is shown of another town's object. */
struct item {
    struct cursor at;
    int version; /* 0: nothing */
};

/* A `forward`, which has an object of its own and version 0, or a `response`: one version of a case, whose
 * latest one stands. */
struct letter {
    struct cursor at;
    int object, version;
};
struct letters {
    struct letter all[LETTERS];
    int count;
};

struct disk {
    int database, opened_in; /* which database it is, and in which the epoch was opened */
    int64_t epoch;
    struct stream own[TOWNS]; /* at our own place `net`, else the one to that town */
    struct stream followed[TOWNS][FOLLOWER_STREAMS];
    struct origin_following peers[TOWNS][FOLLOWER_STREAMS];
    struct published published[OBJECTS];
    struct item items[TOWNS][OBJECTS];
    struct letters said[TOWNS]; /* to each town: what stands, where it was said last */
    struct letters received[TOWNS];
    int64_t heard[TOWNS]; /* what time it was there when it last answered */
};

/* The latest of that object; NULL: there is none. */
struct letter *disk_letter(struct letters *letters, int object);
void disk_add_letter(struct letters *letters, const struct letter *letter);

struct epoch *disk_newest(struct stream *stream);
struct epoch *disk_epoch(struct stream *stream, int64_t epoch);
struct line *disk_line(struct stream *stream, struct cursor at);
struct line *disk_add(struct stream *stream, struct cursor at, const struct text *text);
struct epoch *disk_open(struct stream *stream, int64_t epoch, const uint8_t chain[CHAIN_SIZE]);
const struct text *disk_text(const struct entry *entry, struct bytes line, const uint8_t digest[CHAIN_SIZE],
                             const uint8_t chain[CHAIN_SIZE]);

/* ---- a town (town.c: what it says; follow.c: what it hears) */

struct town {
    int index;
    char authority[AUTHORITY_SIZE];
    struct key_private *key;
    struct disk disk;
    struct disk kept; /* a backup, or a snapshot of the whole machine */
    bool has_kept;
    int64_t clock_s, database_s; /* how far its clock is off, and its database's */

    bool up;
    int life; /* which start of its process this is */
    struct reader *readers[TOWNS];
    bool busy[TOWNS]; /* a request to that peer is under way */
    struct bytes answer[TOWNS];
    int64_t hinted_ms[TOWNS];
};

struct world {
    int64_t ms;
    struct town towns[TOWNS];
    bool quiet;   /* nothing happens any more */
    int loss;     /* of a hundred messages */
    int crash;    /* of a hundred writes */
    int forwards; /* how many were ever written: each has an object of its own */
    bool late;    /* what arrives was sent by a process that is no more */
    bool trace;
    const char *wrong; /* the first thing that was */
};
extern struct world world;

/* What is wrong with this seed; the first one counts. */
void sim_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sim_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

int64_t town_seconds(const struct town *town);
/* May nothing be done by this clock? */
bool town_leapt(struct town *town);
/* A write begins, or has ended: false when the process dies here. */
bool town_write(struct town *town);
void town_start(struct town *town);
void town_stop(struct town *town);

void town_publish(struct town *town, int object);
void town_erase(struct town *town, int object);
void town_say(struct town *town, int to);
/* What stands in an epoch that is over is said again, to all or to one; what its term has ended for is
 * erased, ours and others'. */
void town_work(struct town *town);
/* Does that peer lag behind our newest heads? */
const char *town_hint(const struct town *town, int peer);

struct request {
    bool show; /* else it asks for pages */
    struct cursor to, net;
    bool heads_only;
    char head[HEAD_SIZE];
};
struct answer {
    long status;
    const char *slug;
    struct bytes body;
};
/* What it answers to a request that comes from a peer; status 0: it died meanwhile. */
struct answer town_answer(struct town *town, int peer, const struct request *request);

/* Lets the reader of that peer do what it can; it goes on by itself when time has passed or an answer came.
 */
void follow_drive(struct town *town, int peer);
void follow_answer(struct town *town, int peer, const struct request *request, const struct answer *answer);
void follow_begin(struct town *town, int peer);
void follow_expire(struct town *town, int peer);

/* ---- the world (world.c) */

void world_send(struct town *from, int to, const struct request *request);
void world_hint(struct town *from, int to);
void world_wake(struct town *town, int peer, int64_t at_ms);
/* Runs one seed; false: something is wrong. */
bool world_run(uint64_t seed, bool trace);

/* ---- a second disk */

/* Somebody else who keeps what the followers keep, and hears of all that becomes of it
 * (tests/unit/test_replay.c with the node's own code and PostgreSQL). */
struct mirror {
    void (*carried_out)(struct town *town, int peer, const struct reader_action *action,
                        const struct reader_result *result);
    void (*expired)(struct town *town, int peer); /* some lines */
    void (*kept)(struct town *town);              /* a copy, in place of the last one */
    void (*put_back)(struct town *town);          /* to that copy */
    void (*emptied)(struct town *town);
    void (*ended)(void); /* the story; what must be true was judged */
};
extern const struct mirror *sim_mirror; /* NULL: nobody */

/* Of a hundred pages so many are stored as if nobody vouched for them yet, which a head under an old key does
 * (SPEC.md 9.2); what was read so is not shown, though its origin takes it for delivered. */
extern int sim_doubt;

/* ---- what must be true (judge.c) */

/* At any time: of what counts as delivered nothing is missing there. */
void judge_delivered(const struct town *origin, int peer, int stream);
/* When nothing happens any more. why: the first thing that is not as it must be; NULL: all is. */
const char *judge_end(void);

#endif
