/* What the bodies of SPEC.md section 11 may hold: sets of codes, forms of short texts, counts. For the tables
 * of the types and for whoever lists or checks the same things elsewhere. Sets are NULL-terminated. Any
 * thread. */
#ifndef PROTOCOL_ENTRY_CODES_H
#define PROTOCOL_ENTRY_CODES_H

#include <jansson.h>
#include <stdbool.h>

#include "protocol/err.h"

enum {
    ENTRY_CODE_MAX = 64,      /* of a code that may grow */
    ENTRY_ERASE_MAX = 1000,   /* cursors in one `erase` */
    ENTRY_RESPONSES_MAX = 100 /* of one case */
};

extern const char *const entry_categories[];
extern const char *const entry_quantity_bands[]; /* ascending */
extern const char *const entry_proposal_states[];
extern const char *const entry_offer_states[];
extern const char *const entry_object_types[]; /* what can be forwarded and responded to */
extern const char *const entry_responses[];
extern const char *const entry_node_roles[];
/* The states once more, for lists that hold others besides. */
#define ENTRY_PROPOSAL_STATES                                                                                \
    "submitted", "prechecked", "scheduled", "accepted", "seeking", "matched", "in_progress", "completed",    \
        "declined", "withdrawn", "expired", "not_feasible"
#define ENTRY_OFFER_STATES "available", "taken", "withdrawn", "expired"

bool entry_is_one_of(const char *text, const char *const *set);
/* ISO 3166-1 alpha-2, by its form: two capital letters. */
bool entry_country_valid(const char *text);

/* Rules for struct json_field.check: value is a text; false sets err (ERR_MALFORMED, a sentence's end). */
bool entry_check_country(const json_t *value, struct err *err);
/* ISO 639-1, by its form: two small letters. */
bool entry_check_language(const json_t *value, struct err *err);
/* Of municipality codes: capital letters, digits and hyphens. */
bool entry_check_scheme(const json_t *value, struct err *err);

#endif
