#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

static uint64_t state;

/* SplitMix64 (Steele, Lea, Flood 2014): every seed is a good one. */
static uint64_t next(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void chance_seed(uint64_t seed)
{
    state = seed;
}

uint32_t chance_bits(void)
{
    return (uint32_t)(next() >> 32);
}

int64_t chance_below(int64_t below)
{
    return (int64_t)(next() % (uint64_t)below);
}

bool chance_percent(int percent)
{
    return chance_below(100) < percent;
}

struct kept {
    struct kept *next;
    max_align_t data[];
};
static struct kept *first;

void *keep(size_t size)
{
    struct kept *kept = calloc(1, sizeof *kept + size);

    CHECK(kept);
    kept->next = first;
    first = kept;
    return kept->data;
}

void *keep_copy(const void *data, size_t size)
{
    void *copy = keep(size + 1); /* a text ends with its NUL */

    memcpy(copy, data, size);
    return copy;
}

void keep_nothing(void)
{
    while (first) {
        struct kept *next_one = first->next;

        free(first);
        first = next_one;
    }
}
