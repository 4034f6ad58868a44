#include "node/core/workflow.h"

#include <string.h>

enum { OFFICE = WORKFLOW_COORDINATOR | WORKFLOW_ADMIN, CLOCK = OFFICE | WORKFLOW_SYSTEM };

/* Name, open, expires by itself, what other towns read. That we asked back is between the organisation and
 * us: to others the proposal is submitted. */
#define PROPOSAL_STATES(X)                                                                                   \
    X("draft", false, false, NULL)                                                                           \
    X("submitted", true, true, "submitted")                                                                  \
    X("needs_information", true, true, "submitted")                                                          \
    X("prechecked", true, true, "prechecked")                                                                \
    X("scheduled", true, true, "scheduled")                                                                  \
    X("accepted", true, true, "accepted")                                                                    \
    X("declined", false, false, "declined")                                                                  \
    X("seeking", true, true, "seeking")                                                                      \
    X("matched", true, false, "matched")                                                                     \
    X("in_progress", true, false, "in_progress")                                                             \
    X("completed", false, false, "completed")                                                                \
    X("withdrawn", false, false, "withdrawn")                                                                \
    X("expired", false, false, "expired")                                                                    \
    X("not_feasible", false, false, "not_feasible")

#define OFFER_STATES(X)                                                                                      \
    X("draft", false, false, NULL)                                                                           \
    X("available", true, true, "available")                                                                  \
    X("taken", true, false, "taken")                                                                         \
    X("withdrawn", false, false, "withdrawn")                                                                \
    X("expired", false, false, "expired")

#define PROPOSAL_STATE(name, open, expires, public_name) {LISTING_PROPOSAL, name, open, expires, public_name},
#define OFFER_STATE(name, open, expires, public_name)    {LISTING_OFFER, name, open, expires, public_name},
#define STATE_NAME(name, open, expires, public_name)     name,

static const struct workflow_state states[] = {PROPOSAL_STATES(PROPOSAL_STATE) OFFER_STATES(OFFER_STATE)};
const char *const workflow_proposal_states[WORKFLOW_PROPOSAL_STATES + 1] = {PROPOSAL_STATES(STATE_NAME) NULL};
const char *const workflow_offer_states[WORKFLOW_OFFER_STATES + 1] = {OFFER_STATES(STATE_NAME) NULL};

static const struct workflow_transition transitions[] = {
    {LISTING_PROPOSAL, "draft", "submitted", OFFICE, false},
    {LISTING_PROPOSAL, "submitted", "prechecked", OFFICE, false},
    {LISTING_PROPOSAL, "submitted", "needs_information", OFFICE, true},
    {LISTING_PROPOSAL, "needs_information", "submitted", OFFICE, false},
    {LISTING_PROPOSAL, "prechecked", "scheduled", OFFICE, false},
    {LISTING_PROPOSAL, "prechecked", "seeking", OFFICE, false}, /* the fast lane, between meetings */
    {LISTING_PROPOSAL, "prechecked", "needs_information", OFFICE, true},
    {LISTING_PROPOSAL, "scheduled", "accepted", OFFICE, false},
    {LISTING_PROPOSAL, "scheduled", "declined", OFFICE, true},
    {LISTING_PROPOSAL, "scheduled", "prechecked", OFFICE, false}, /* put off to a later meeting */
    {LISTING_PROPOSAL, "accepted", "seeking", OFFICE, false},
    {LISTING_PROPOSAL, "seeking", "matched", OFFICE, false},
    {LISTING_PROPOSAL, "matched", "in_progress", OFFICE, false},
    {LISTING_PROPOSAL, "matched", "seeking", OFFICE, true}, /* it fell through */
    {LISTING_PROPOSAL, "in_progress", "completed", OFFICE, false},
    {LISTING_PROPOSAL, "in_progress", "seeking", OFFICE, true},
    {LISTING_PROPOSAL, NULL, "withdrawn", OFFICE, true},
    {LISTING_PROPOSAL, NULL, "not_feasible", OFFICE, true},
    {LISTING_PROPOSAL, NULL, "expired", CLOCK, false},
    {LISTING_OFFER, "draft", "available", OFFICE, false},
    {LISTING_OFFER, "available", "taken", OFFICE, false},
    {LISTING_OFFER, "taken", "available", OFFICE, true}, /* it fell through */
    {LISTING_OFFER, NULL, "withdrawn", OFFICE, true},
    {LISTING_OFFER, NULL, "expired", CLOCK, false},
};

enum { STATES = sizeof states / sizeof states[0], TRANSITIONS = sizeof transitions / sizeof transitions[0] };

static const struct {
    const char *name;
    unsigned bit;
} roles[] = {
    {"coordinator", WORKFLOW_COORDINATOR},
    {"admin", WORKFLOW_ADMIN},
    {"system", WORKFLOW_SYSTEM},
};

const char *workflow_kind_name(enum listing_kind kind)
{
    return kind == LISTING_PROPOSAL ? "proposal" : "offer";
}

enum listing_kind workflow_kind_of(const char *name)
{
    return strcmp(name, "offer") == 0 ? LISTING_OFFER : LISTING_PROPOSAL;
}

const struct workflow_state *workflow_state_find(enum listing_kind kind, const char *name)
{
    for (size_t i = 0; i < STATES; i++)
        if (states[i].kind == kind && strcmp(states[i].name, name) == 0)
            return &states[i];
    return NULL;
}

static bool leads_from(const struct workflow_transition *transition, const struct workflow_state *state)
{
    if (transition->kind != state->kind)
        return false;
    return transition->from == NULL ? state->open : strcmp(transition->from, state->name) == 0;
}

const struct workflow_transition *workflow_find(enum listing_kind kind, const char *from, const char *to)
{
    const struct workflow_state *state = workflow_state_find(kind, from);
    for (size_t i = 0; state != NULL && i < TRANSITIONS; i++)
        if (leads_from(&transitions[i], state) && strcmp(transitions[i].to, to) == 0)
            return &transitions[i];
    return NULL;
}

bool workflow_allowed(const struct workflow_transition *transition, const char *role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, role) == 0)
            return (transition->roles & roles[i].bit) != 0;
    return false;
}

const struct workflow_transition *workflow_next(enum listing_kind kind, const char *from, const char *role,
                                                size_t *index)
{
    const struct workflow_state *state = workflow_state_find(kind, from);
    while (state != NULL && *index < TRANSITIONS) {
        const struct workflow_transition *transition = &transitions[(*index)++];
        if (leads_from(transition, state) && workflow_allowed(transition, role))
            return transition;
    }
    return NULL;
}
