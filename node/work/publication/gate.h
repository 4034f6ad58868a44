/* The gate: does this text name somebody? What the rules of core/anonymity find, with this node's names and
 * numbers, as the API shows it. Whatever text leaves for another town has passed here, also text that left
 * before: names may have been recorded since. Runs in the caller's transaction. */
#ifndef NODE_WORK_PUBLICATION_GATE_H
#define NODE_WORK_PUBLICATION_GATE_H

#include <jansson.h>

#include "node/db/db.h"
#include "node/base/node.h"
#include "node/core/anonymity.h"

/* What would be published, borrowed. */
struct gate_text {
    const char *title, *text, *language;
    const char *municipality;
    bool coarsened;              /* municipality is the region already */
    const char *organisation_id; /* whose need or offer it is */
};

/* A body as SPEC.md 11.1 has it, looked at as a text. */
struct gate_text gate_text_of(const json_t *body, bool coarsened, const char *organisation_id);

/* All that these names and facts tell of a text: a new array of Finding, sorted within each field, blocking
 * or warning. NULL: it could not be examined and shown to its end (no memory; no UTF-8; a text is missing),
 * and nothing may leave. Needs no database. */
json_t *gate_examine(const struct node *node, const struct names *names, const struct gate_text *text,
                     struct uniqueness facts);

/* *findings: the same with what this node knows. False with a problem, and *findings is NULL. */
bool gate_check(struct tx *tx, const struct node *node, const struct gate_text *text, json_t **findings);

/* Is there a blocking one? */
bool gate_blocks(const json_t *finding);

/* A note or a reason for another town; false with IDENTIFIERS_FOUND, or when it could not be examined.
 * pointer: the member it came in, as the user knows it. */
bool gate_check_note(struct tx *tx, const struct node *node, const char *pointer, const char *text);

#endif
