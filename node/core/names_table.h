/*
 * Inside the directory of names: what names.c fills, names_compile.c compiles and names_find.c reads. For
 * these files only.
 */
#ifndef NODE_CORE_NAMES_TABLE_H
#define NODE_CORE_NAMES_TABLE_H

#include <stdint.h>

#include "node/core/multimap.h"
#include "node/core/names.h"

enum {
    PHRASE_MAX = 8, /* words of a phrase that are compared; more do not make it more certain */
    ACRONYM_MAX = 6,
    ACRONYM_AS_WORD = 4, /* from here on also written as a word: Rewe */
    NONE = -1,
};

/* In which way a word of the text, alone, points to a row; each keeps the first row that it does so for. */
enum role {
    ROLE_DISTINCT,  /* names it by itself */
    ROLE_AMBIGUOUS, /* a surname that is also a word: Winter, de Jong */
    ROLE_FIRST,     /* a first name */
    ROLE_ACRONYM,   /* DRK */
    ROLE_DERIVED,   /* the initials of a name: a guess */
    ROLE_EVERYDAY,  /* the only telling word of a name, but an everyday one: Regenbogen */
    ROLE_TELLING,   /* an everyday word that tells a company from others, after a kind word: Fa. Lange */
    ROLE_COUNT
};

struct row {
    char *id, *name;
    enum name_kind kind;
};

/* One word of the names: every spelling of it leads here through `spellings`. */
struct word {
    int32_t rows[ROLE_COUNT];
    bool place;
};

/* Words that name a row together. Strict: side by side as they stand, but for a connector (&, und, et); else
 * fillers may lie between. */
struct phrase {
    uint32_t row;
    int32_t next; /* phrase with the same first two words */
    uint32_t words[PHRASE_MAX];
    uint8_t capitals;  /* bit i: word i is written with a capital */
    uint8_t connected; /* bit i: a connector stands before word i */
    uint8_t count;
    bool strict;
};

struct names {
    struct words *common;
    struct row *rows;
    size_t row_count, row_capacity;
    struct word *words;
    size_t word_count, word_capacity;
    struct phrase *phrases;
    size_t phrase_count, phrase_capacity;
    struct multimap *spellings; /* folded spelling → word */
    struct multimap *pairs;     /* first two words of a phrase → phrase */
};

uint64_t names_pair_hash(uint32_t a, uint32_t b);

/* Articles, prepositions, legal forms, single letters (initials, e.V., l'). */
bool names_is_filler(const struct names *names, const struct token *token);

/* Does a connector (&, +, und, et) stand right before the token at the index? */
bool names_is_connected(const struct names *names, const struct reading *reading, size_t index);

unsigned names_token_flags(const struct names *names, const struct token *token);

/* The word of the place that a token is, NONE if it is none. */
int32_t names_find_place(const struct names *names, const struct token *token);

/* Makes room for one more row. False: out of memory. */
bool names_grow(void **rows, size_t *capacity, size_t count, size_t size);

#endif
