/*
 * Names: the directory of every name a node knows, compiled so that a text is read against all of them in one
 * pass.
 *
 * Which part of a name gives it away: of "Wärmestube Saarbrücken e.V." the word Wärmestube, of a contact the
 * surname. Words that name nobody by themselves (words.h, and the places the caller lists) count only
 * together: "Haus der Kinder" as it stands, "Tierheim Saarbrücken" with small gaps, a contact called Winter
 * after "Frau" or her first name. All words of a name side by side count however common each is, with one
 * connector for another (&, und, et). A first name alone, or the one everyday word of a name (Kita
 * Regenbogen), only warns, unless what stands around it says that a name is meant (Fa. Sommer, Anna M.).
 *
 * The caller owns a struct names. It is filled (names_add) and compiled once; any number of threads may then
 * read it. Findings borrow ids from it. A name that comes later is compiled by itself (names_extend), while
 * nobody reads.
 */
#ifndef NODE_CORE_NAMES_H
#define NODE_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "node/core/findings.h"
#include "node/core/reading.h"
#include "node/core/words.h"

enum name_kind {
    NAME_ORGANISATION,
    NAME_COMPANY,
    NAME_CONTACT, /* "Anna Müller" or "Müller, Anna", titles allowed */
    NAME_PLACE,   /* a municipality or region that may be published: makes names less telling, never a finding
                   */
};

/* NULL: out of memory. */
struct names *names_create(void);
void names_destroy(struct names *names);

/* Copies id and name. False: out of memory, or the name is not UTF-8 or longer than READING_BYTES_MAX; a
 * caller must not go on then, since a name left out is a name let through. Not after names_compile. */
bool names_add(struct names *names, enum name_kind kind, const char *id, const char *name);

/* False: out of memory. */
bool names_compile(struct names *names);

/* Adds a name to a compiled directory, as if it had been there before. Not a place: places decide what all
 * other names are worth (see names_knows_place). False: as names_add. */
bool names_extend(struct names *names, enum name_kind kind, const char *id, const char *name);

/* Is every word of it one of the places given? Else it takes a new directory. */
bool names_knows_place(const struct names *names, const char *place);

/* Adds what the directory knows of the text. `language` is "de", "nl", "fr", "en" or NULL: it decides what a
 * capital letter tells. False: out of memory. */
bool names_find(const struct names *names, const struct reading *reading, const char *language,
                struct findings *findings);

/* Is the token one of the places given? */
bool names_has_place(const struct names *names, const struct token *token);

/* The table of everyday words that the directory uses, borrowed. */
const struct words *names_words(const struct names *names);

#endif
