/*
 * A map from 64-bit hashes to small values, several values to one hash. The hash stands for the word: with
 * the at most some 10^5 words of a directory two words share one by chance once in 10^9 directories, and what
 * would follow is one false alarm, so the words themselves are not kept.
 *
 * The caller owns it. Reading from several threads is fine while nobody writes.
 */
#ifndef NODE_CORE_MULTIMAP_H
#define NODE_CORE_MULTIMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL: out of memory. */
struct multimap *multimap_create(void);
void multimap_destroy(struct multimap *map);

/* FNV-1a. */
uint64_t multimap_hash(const char *bytes, size_t length);

/* Adds a value unless the hash has it already. False: out of memory. */
bool multimap_add(struct multimap *map, uint64_t hash, uint32_t value);

/* Sets flags in the one value of a hash, which is made if absent. False: out of memory. */
bool multimap_merge(struct multimap *map, uint64_t hash, uint32_t flags);

/* The next value of a hash; *cursor is 0 before the first. False, and *value untouched: no more. */
bool multimap_next(const struct multimap *map, uint64_t hash, size_t *cursor, uint32_t *value);

#endif
