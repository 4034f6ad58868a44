/*
 * Words: what the rules know of everyday German, Dutch, French and English. A table of words that by
 * themselves name nobody (Verein, school, maison, winter), of legal forms and salutations, and the endings by
 * which words are inflected.
 *
 * The caller owns a struct words; it does not change after words_create, so any number of threads may read
 * it. Words are passed folded, as reading.h makes them.
 */
#ifndef NODE_CORE_WORDS_H
#define NODE_CORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum word_flag {
    WORD_FILLER = 1 << 0,      /* der, van, pour; Stadt, gemeente: never part of what makes a name */
    WORD_LEGAL_FORM = 1 << 1,  /* GmbH, asbl */
    WORD_SALUTATION = 1 << 2,  /* Frau, dhr, Mme: a name follows */
    WORD_KIND = 1 << 3,        /* Verein, stichting: what organisations and companies are */
    WORD_HEAD = 1 << 4,        /* a kind that ends compounds: Angelverein */
    WORD_EVERYDAY = 1 << 5,    /* Sonne, jeugd, rouge */
    WORD_FIRST_NAME = 1 << 6,  /* Anna */
    WORD_RARE_KIND = 1 << 7,   /* Tierheim: a town has one or two */
    WORD_SUPERLATIVE = 1 << 8, /* einzige, oldest */
    WORD_GERMAN_NOUN = 1 << 9, /* its capital in a German sentence tells nothing */
    WORD_GERMAN = 1 << 10,     /* the languages that write compounds in one word: in which it may be part */
    WORD_DUTCH = 1 << 11,      /* … of one */
    WORD_IMAGE = 1 << 12,      /* Regenbogen, zonne: with a kind not a kind but a name, Regenbogenhaus */
    WORD_CONNECTOR = 1 << 13,  /* und, et: as "&" within a name */
    WORD_ANNOUNCER = 1 << 14,  /* Fa., Ets: the name of one follows */
    WORD_KIN = 1 << 15,        /* Söhne, fils: a surname stands before it */
    WORD_CALENDAR = 1 << 16,   /* May, Monday: English writes them with a capital whatever they mean */
    WORD_INDEFINITE = 1 << 17, /* ein, keine: what follows is a thing of that kind */
    WORD_COMMON = WORD_FILLER | WORD_LEGAL_FORM | WORD_SALUTATION | WORD_KIND | WORD_EVERYDAY,
};

/* NULL: out of memory. */
struct words *words_create(void);
void words_destroy(struct words *words);

/* The flags of a word, or, if the table lacks it, of the word without one ending; 0: unknown. */
unsigned words_flags(const struct words *words, const char *word, size_t length);

/* Does the word name nobody by itself: in the table, or a compound of its words that ends in a kind
 * (Angelverein, not Regenbogenhaus)? */
bool words_is_generic(const struct words *words, const char *word, size_t length);

/* The stems of a word, index by index: 0 is the word itself. *stem is the stem's length, 0 where that ending
 * does not fit; false after the last index. */
bool words_stem(const char *word, size_t length, size_t index, size_t *stem);

#endif
