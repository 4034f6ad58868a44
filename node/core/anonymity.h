/*
 * Anonymity: may this text leave the city? Facts in, findings out (findings.h).
 *
 * (a) Direct identifiers block: e-mail, telephone, bank account, web address, street address, every name of
 * the node's own directory. (b) Uniqueness only warns: rare kinds, superlatives, few of the kind, a small
 * municipality; such a finding has `coarsen` where publishing the region in place of the municipality would
 * mend it.
 *
 * The caller owns everything; no state is kept, so any thread may call. Titles and texts are checked one by
 * one.
 */
#ifndef NODE_CORE_ANONYMITY_H
#define NODE_CORE_ANONYMITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/core/findings.h"
#include "node/core/names.h"
#include "node/core/reading.h"

enum { ANONYMITY_MONTH_SIZE = 8 }; /* with the closing NUL */

/*
 * (a): adds to findings, sorted and without one inside another. `names` must be compiled. `language` is the
 * text's ("de", "nl", "fr", "en"; NULL or another: unknown). READING_INVALID_UTF8 also for NUL;
 * READING_TOO_LONG above READING_BYTES_MAX; then nothing was checked and nothing may be published.
 */
enum reading_status anonymity_check(const char *text, size_t length, const char *language,
                                    const struct names *names, struct findings *findings);

/* What is known of the municipality beside the text; -1: unknown. */
struct uniqueness {
    int64_t same_kind;    /* organisations of the same kind that the node knows there, this one included */
    int64_t participants; /* organisations (for an offer: companies) that the node knows there, this one
                             included */
};

/* (b): adds to findings. Errors as anonymity_check. */
enum reading_status anonymity_check_uniqueness(const char *text, size_t length, const struct names *names,
                                               const struct uniqueness *facts, struct findings *findings);

/* The band of a quantity as SPEC.md 11.1 has it: "1", "2-5" … "501+"; NULL below 1. Static. */
const char *anonymity_quantity_band(int64_t quantity);

/* "2026-11-24" → "2026-11". False: not a date of that form. */
bool anonymity_month(const char *date, char month[ANONYMITY_MONTH_SIZE]);

#endif
