/*
 * A scan: one pass of the identifiers' rules over the characters of a text. What belongs to a finding is
 * taken, so that a bank account is not a telephone number too. For identifiers.c and numbers.c.
 *
 * Borrows reading and findings; one thread.
 */
#ifndef NODE_CORE_SCAN_H
#define NODE_CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/core/findings.h"
#include "node/core/reading.h"

struct scan {
    const struct reading *reading;
    struct findings *findings;
    bool *taken; /* one a character, and one more */
    bool failed; /* out of memory */
};

/* The character at an index and the one before it, 0 outside the text. */
uint32_t scan_at(const struct scan *scan, size_t index);
uint32_t scan_before(const struct scan *scan, size_t index);

bool scan_is_digit(uint32_t c);
bool scan_is_letter(uint32_t c); /* of any script */
bool scan_is_ascii_letter(uint32_t c);
bool scan_is_one_of(uint32_t c, const char *set);

/* How many characters from index are the text (UTF-8, lower case; case is ignored); 0: they are not. */
size_t scan_match(const struct scan *scan, size_t index, const char *text);
size_t scan_match_any(const struct scan *scan, size_t index, const char *const *texts, size_t count);

#define SCAN_MATCH_ANY(scan, index, texts) scan_match_any(scan, index, texts, sizeof texts / sizeof *texts)

bool scan_is_taken(const struct scan *scan, size_t from, size_t to);

/* Takes the characters [from, to) and adds the finding; failure is kept in scan->failed. */
void scan_take(struct scan *scan, enum finding_kind kind, size_t from, size_t to);

#endif
