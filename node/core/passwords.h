/* Which new passwords are refused because they are among the first that are guessed.
 *
 * Not a list of passwords but of what they are made of: words that people take for one (in German, Dutch,
 * French and English), names of months, days and people, the project's own words, rows of keys and of the
 * alphabet, years, repetitions, and what is known of whose password it is. What is left beside those has to
 * be long enough. Case, accents, punctuation, digits for letters ("P4ssw0rt") and reading backwards hide
 * nothing. Random passwords and several words that are in no list pass.
 *
 * Pure; any thread. */
#ifndef NODE_CORE_PASSWORDS_H
#define NODE_CORE_PASSWORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { PASSWORDS_REST = 6 }; /* characters that are not of the listed things */

/* known: texts about the person and the town (e-mail, name, authority), each taken apart into its words; NULL
 * ends them. Borrowed. True also when there is no memory to look. */
bool passwords_is_common(const char *password, const char *const *known);

#endif
