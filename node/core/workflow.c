#include "node/core/workflow.h"

#include <string.h>

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
    {LISTING_PROPOSAL, "draft", "submitted", MAY_MOVE, false},
    {LISTING_PROPOSAL, "submitted", "prechecked", MAY_MOVE, false},
    {LISTING_PROPOSAL, "submitted", "needs_information", MAY_MOVE, true},
    {LISTING_PROPOSAL, "needs_information", "submitted", MAY_MOVE, false},
    {LISTING_PROPOSAL, "prechecked", "scheduled", MAY_MOVE, false},
    {LISTING_PROPOSAL, "prechecked", "seeking", MAY_MOVE, false}, /* the fast lane, between meetings */
    {LISTING_PROPOSAL, "prechecked", "needs_information", MAY_MOVE, true},
    {LISTING_PROPOSAL, "scheduled", "accepted", MAY_MOVE, false},
    {LISTING_PROPOSAL, "scheduled", "declined", MAY_MOVE, true},
    {LISTING_PROPOSAL, "scheduled", "prechecked", MAY_MOVE, false}, /* put off to a later meeting */
    {LISTING_PROPOSAL, "accepted", "seeking", MAY_MOVE, false},
    {LISTING_PROPOSAL, "seeking", "matched", MAY_MOVE, false},
    {LISTING_PROPOSAL, "matched", "in_progress", MAY_MOVE, false},
    {LISTING_PROPOSAL, "matched", "seeking", MAY_MOVE, true}, /* it fell through */
    {LISTING_PROPOSAL, "in_progress", "completed", MAY_MOVE, false},
    {LISTING_PROPOSAL, "in_progress", "seeking", MAY_MOVE, true},
    {LISTING_PROPOSAL, NULL, "withdrawn", MAY_MOVE, true},
    {LISTING_PROPOSAL, NULL, "not_feasible", MAY_MOVE, true},
    {LISTING_PROPOSAL, NULL, "expired", MAY_EXPIRE, false},
    {LISTING_OFFER, "draft", "available", MAY_MOVE, false},
    {LISTING_OFFER, "available", "taken", MAY_MOVE, false},
    {LISTING_OFFER, "taken", "available", MAY_MOVE, true}, /* it fell through */
    {LISTING_OFFER, NULL, "withdrawn", MAY_MOVE, true},
    {LISTING_OFFER, NULL, "expired", MAY_EXPIRE, false},
};

enum { STATES = sizeof states / sizeof states[0], TRANSITIONS = sizeof transitions / sizeof transitions[0] };

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
    return !transition->from ? state->open : strcmp(transition->from, state->name) == 0;
}

const struct workflow_transition *workflow_find(enum listing_kind kind, const char *from, const char *to)
{
    const struct workflow_state *state = workflow_state_find(kind, from);

    for (size_t i = 0; state && i < TRANSITIONS; i++)
        if (leads_from(&transitions[i], state) && strcmp(transitions[i].to, to) == 0)
            return &transitions[i];
    return NULL;
}

const struct workflow_transition *workflow_next(enum listing_kind kind, const char *from, const char *role,
                                                size_t *index)
{
    const struct workflow_state *state = workflow_state_find(kind, from);

    while (state && *index < TRANSITIONS) {
        const struct workflow_transition *transition = &transitions[(*index)++];

        if (leads_from(transition, state) && permissions_allow(transition->may, role))
            return transition;
    }
    return NULL;
}
