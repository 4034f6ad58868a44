/*
 * A reading: a text as the rules of this room see it. Characters are normalised one by one (full-width forms,
 * exotic dashes, quotes and spaces become plain, white space is a blank or a line break; invisible ones
 * vanish) and remember where they stood; runs of letters or of digits become tokens, folded for comparison.
 *
 * The caller owns a reading; it borrows nothing and does not change after reading_create, so threads may
 * share it.
 */
#ifndef NODE_CORE_READING_H
#define NODE_CORE_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { READING_BYTES_MAX = 65536, FOLD_MAX = 48, TOKEN_FOLDS_MAX = 3 };

enum reading_status { READING_OK, READING_INVALID_UTF8, READING_TOO_LONG, READING_NO_MEMORY };

/* A character: its normalised code point and its place in the text (bytes; code points). */
struct character {
    uint32_t c;
    uint32_t byte;
    uint32_t at;
    uint32_t size; /* bytes */
};

/* Lower case, without accents, "ij" as "y"; cut at FOLD_MAX bytes. */
struct fold {
    char s[FOLD_MAX];
    size_t length;
};

/*
 * Tokens compare equal if any of their folds do: Müller has muller and mueller, Mueller has mueller and
 * muller. The first is the letters without marks, then umlauts as German transcribes them, then
 * transcriptions undone (long words only, since Dutch "koek" must not become "kok").
 */
struct token {
    size_t from, to; /* characters [from, to) */
    bool number;
    bool capital;        /* first letter upper case */
    bool upper;          /* all letters upper case, two at least; a final "s" is allowed from three on */
    bool sentence_start; /* nothing but punctuation since the text's start, a full stop or a line break */
    size_t fold_count;
    struct fold folds[TOKEN_FOLDS_MAX];
};

struct reading {
    struct character *characters; /* with one more, c = 0, at the end */
    size_t character_count;
    struct token *tokens;
    size_t token_count;
};

/* Reads length bytes. READING_INVALID_UTF8 also for NUL. On error *reading is NULL. */
enum reading_status reading_create(const char *text, size_t length, struct reading **reading);

/* As reading_create, with the words joined again that a hyphen parts at the end of a line ("Mühlen-\ngrund").
 * Such a hyphen may also be the word's own, so both readings count. *reading is NULL too where no word is
 * parted. */
enum reading_status reading_create_joined(const char *text, size_t length, struct reading **reading);

void reading_destroy(struct reading *reading);

/* The character at an index, 0 outside the text; lower-cased for the second. */
uint32_t reading_at(const struct reading *reading, size_t index);
uint32_t reading_lower_at(const struct reading *reading, size_t index);

/* Letter or digit, as tokens are made of. */
bool reading_is_word(uint32_t c);

/* Blank or line break, as a reading has white space. */
bool reading_is_space(uint32_t c);

#endif
