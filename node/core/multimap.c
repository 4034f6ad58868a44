#include "node/core/multimap.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 1024 }; /* a power of two, as every later capacity */

struct slot {
    uint64_t hash;
    uint32_t value;
    bool used;
};

struct multimap {
    struct slot *slots; /* open addressing, linear probing, at most half full */
    size_t capacity;
    size_t count;
};

uint64_t multimap_hash(const char *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

struct multimap *multimap_create(void)
{
    struct multimap *map = calloc(1, sizeof *map);

    if (!map)
        return NULL;
    map->capacity = FIRST_CAPACITY;
    map->slots = calloc(map->capacity, sizeof *map->slots);
    if (!map->slots) {
        multimap_destroy(map);
        return NULL;
    }
    return map;
}

void multimap_destroy(struct multimap *map)
{
    if (!map)
        return;
    free(map->slots);
    free(map);
}

/* The low bits of FNV-1a mix worse than the high ones. */
static size_t first_slot(size_t capacity, uint64_t hash)
{
    return (size_t)(hash ^ (hash >> 32)) & (capacity - 1);
}

static void place(struct slot *slots, size_t capacity, struct slot slot)
{
    size_t i = first_slot(capacity, slot.hash);

    while (slots[i].used)
        i = (i + 1) & (capacity - 1);
    slots[i] = slot;
}

static bool make_room(struct multimap *map)
{
    size_t capacity;
    struct slot *slots;

    if ((map->count + 1) * 2 <= map->capacity)
        return true;

    capacity = map->capacity * 2;
    slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            place(slots, capacity, map->slots[i]);
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

static bool insert(struct multimap *map, uint64_t hash, uint32_t value)
{
    if (!make_room(map))
        return false;
    place(map->slots, map->capacity, (struct slot){.hash = hash, .value = value, .used = true});
    map->count++;
    return true;
}

bool multimap_add(struct multimap *map, uint64_t hash, uint32_t value)
{
    size_t cursor = 0;
    uint32_t known;

    while (multimap_next(map, hash, &cursor, &known))
        if (known == value)
            return true;
    return insert(map, hash, value);
}

bool multimap_merge(struct multimap *map, uint64_t hash, uint32_t flags)
{
    for (size_t i = first_slot(map->capacity, hash); map->slots[i].used; i = (i + 1) & (map->capacity - 1)) {
        if (map->slots[i].hash == hash) {
            map->slots[i].value |= flags;
            return true;
        }
    }
    return insert(map, hash, flags);
}

bool multimap_next(const struct multimap *map, uint64_t hash, size_t *cursor, uint32_t *value)
{
    size_t first = first_slot(map->capacity, hash);

    for (;; (*cursor)++) {
        const struct slot *slot = &map->slots[(first + *cursor) & (map->capacity - 1)];

        if (!slot->used)
            return false;
        if (slot->hash == hash) {
            *value = slot->value;
            (*cursor)++;
            return true;
        }
    }
}
