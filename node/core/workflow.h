/* The workflow of proposals and offers: which states there are, who may move what from where to where, and
 * what other towns are told of a state. The one place that knows. Pure; any thread. */
#ifndef NODE_CORE_WORKFLOW_H
#define NODE_CORE_WORKFLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "node/core/permissions.h"

/* Proposals and offers are one thing, a listing, but for their states, their date and their names. */
enum listing_kind { LISTING_PROPOSAL, LISTING_OFFER };

struct workflow_state {
    enum listing_kind kind;
    const char *name;
    bool open;               /* may still be withdrawn, expire, prove not feasible */
    bool expires;            /* by itself, once its day is over: nobody helps yet */
    const char *public_name; /* what other towns read (SPEC.md 11.1); NULL: not theirs to see */
};

struct workflow_transition {
    enum listing_kind kind;
    const char *from; /* NULL: from every open state */
    const char *to;
    enum permission may;
    bool needs_reason;
};

/* "proposal", "offer". */
const char *workflow_kind_name(enum listing_kind kind);
/* Back from a name. */
enum listing_kind workflow_kind_of(const char *name);
/* The names of all states, NULL-terminated. */
enum { WORKFLOW_PROPOSAL_STATES = 14, WORKFLOW_OFFER_STATES = 5 };
extern const char *const workflow_proposal_states[WORKFLOW_PROPOSAL_STATES + 1];
extern const char *const workflow_offer_states[WORKFLOW_OFFER_STATES + 1];

/* NULL when the kind has no such state. */
const struct workflow_state *workflow_state_find(enum listing_kind kind, const char *name);

/* The transition between two states, NULL if there is none. */
const struct workflow_transition *workflow_find(enum listing_kind kind, const char *from, const char *to);

/* The transitions that a role (NULL: the node itself) may make from a state, in the order to offer them:
 * *index is 0 before the first; NULL after the last. */
const struct workflow_transition *workflow_next(enum listing_kind kind, const char *from, const char *role,
                                                size_t *index);

#endif
