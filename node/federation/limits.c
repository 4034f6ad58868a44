#include "node/federation/limits.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "node/base/node.h"
#include "node/base/clock.h"
#include "node/base/random.h"

enum { BUCKETS = 4096, PROBES = 8 };

struct bucket {
    uint64_t owner; /* hash of the name; 0: free */
    double tokens;
    double at; /* seconds of the monotonic clock */
};

static struct {
    pthread_mutex_t lock;
    uint64_t seed; /* so that nobody can choose names that share a bucket */
    struct bucket buckets[BUCKETS];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* FNV-1a over a random start, with a last mix: good enough to tell senders apart. */
static uint64_t hash(const char *kind, const char *name)
{
    uint64_t value = table.seed ^ 0xcbf29ce484222325u;

    for (const char *c = kind; *c; c++)
        value = (value ^ (unsigned char)*c) * 0x100000001b3u;
    for (const char *c = name; *c; c++)
        value = (value ^ (unsigned char)*c) * 0x100000001b3u;
    value ^= value >> 29;
    return value ? value : 1;
}

static struct bucket *find(uint64_t owner, const struct limit *limit, double now)
{
    struct bucket *oldest = NULL;

    for (size_t i = 0; i < PROBES; i++) {
        struct bucket *bucket = &table.buckets[(owner + i) % BUCKETS];

        if (bucket->owner == owner)
            return bucket;
        if (!oldest || bucket->at < oldest->at)
            oldest = bucket;
    }
    *oldest = (struct bucket){.owner = owner, .tokens = limit->burst, .at = now};
    return oldest;
}

bool limits_take(const struct limit *limit, const char *kind, const char *name, long *retry_after)
{
    double now = (double)clock_ns() / 1e9;
    struct bucket *bucket;
    bool taken;

    pthread_mutex_lock(&table.lock);
    if (table.seed == 0)
        random_octets(&table.seed, sizeof table.seed);
    bucket = find(hash(kind, name), limit, now);
    bucket->tokens += (now - bucket->at) * limit->per_second;
    if (bucket->tokens > limit->burst)
        bucket->tokens = limit->burst;
    bucket->at = now;
    taken = bucket->tokens >= 1;
    if (taken)
        bucket->tokens -= 1;
    *retry_after = taken ? 0 : 1 + (long)((1 - bucket->tokens) / limit->per_second);
    pthread_mutex_unlock(&table.lock);
    return taken;
}
