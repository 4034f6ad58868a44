/*
 * A walk: one pass of the addresses' rules over the tokens of a text, since a street is a word or a few, and
 * a number. For addresses.c and streets.c.
 *
 * Borrows reading, names and findings; one thread.
 */
#ifndef NODE_CORE_WALK_H
#define NODE_CORE_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "node/core/findings.h"
#include "node/core/names.h"
#include "node/core/reading.h"

enum { WALK_REACH = 3 };

struct walk {
    const struct reading *reading;
    const struct names *names;
    struct findings *findings;
    bool failed; /* out of memory */
};

/* NULL after the last one. */
const struct token *walk_token(const struct walk *walk, size_t index);

size_t walk_letters(const struct token *token);
unsigned walk_flags(const struct walk *walk, const struct token *token);

/* Words are folded, as reading.h makes them. */
bool walk_is_word(const struct token *token, const char *word);
bool walk_is_among(const struct token *token, const char *const *words, size_t count);

#define WALK_COUNT(array)           (sizeof(array) / sizeof *(array))
#define WALK_IS_AMONG(token, words) walk_is_among(token, words, WALK_COUNT(words))

/* Only characters of `set` between two tokens, WALK_REACH at most. */
bool walk_is_apart_by(const struct walk *walk, const struct token *a, const struct token *b, const char *set);

/* token may be NULL. */
bool walk_is_house_number(const struct token *token);

/* The index after a house number with what belongs to it: 12a, 12-A, 41-II, 4-6, 12/3. Not "12 bis", which is
 * a span in German, nor "3 m". */
size_t walk_number_end(const struct walk *walk, size_t index);

/* The index after a postal code and place that follow a street, which belong to it; `end`: none do. */
size_t walk_with_place(const struct walk *walk, size_t end);

/* Adds tokens [from, end) as an address; failure is kept in walk->failed. */
void walk_add(struct walk *walk, size_t from, size_t end);

#endif
