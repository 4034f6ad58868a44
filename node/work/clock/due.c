#include "node/work/clock/due.h"

#include <stdio.h>
#include <string.h>

#include "node/core/workflow.h"
#include "node/db/clock/due.h"
#include "node/db/network/alarms.h"
#include "node/db/network/peers.h"

#include "node/db/search.h"
#include "node/work/desk/listings.h"
#include "node/work/leap.h"
#include "node/work/network/cases.h"
#include "node/work/network/member.h"

#include "node/work/publication/publications.h"
#include "node/work/say/writer.h"

#include "protocol/json_profile.h"
#include "protocol/moment.h"

/* What is matched or under way is left to people. */
static json_t *expiring_states(void)
{
    json_t *expiring = json_array();

    for (size_t i = 0; workflow_proposal_states[i]; i++)
        if (workflow_state_find(LISTING_PROPOSAL, workflow_proposal_states[i])->expires)
            json_array_append_new(expiring, json_string(workflow_proposal_states[i]));
    for (size_t i = 0; workflow_offer_states[i]; i++)
        if (workflow_state_find(LISTING_OFFER, workflow_offer_states[i])->expires)
            json_array_append_new(expiring, json_string(workflow_offer_states[i]));
    return expiring;
}

bool due_find_listings(struct tx *tx, const struct node *node, json_t **due)
{
    json_t *states = expiring_states();
    bool ok = db_due_listings(tx, states, due);

    (void)node;
    json_decref(states);
    return ok;
}

static bool still_due(struct tx *tx, const char *id, bool *due)
{
    json_t *states = expiring_states();
    bool ok = db_due_listing(tx, states, id, due);

    json_decref(states);
    return ok;
}

enum job_outcome due_expire_listing(struct tx *tx, const struct node *node, const json_t *listing)
{
    enum listing_kind kind = workflow_kind_of(json_profile_text(listing, "kind"));
    const char *id = json_profile_text(listing, "id");
    json_t *expired = NULL;
    bool due, ok;

    if (!still_due(tx, id, &due))
        return JOB_FAILED;
    if (!due)
        return JOB_DONE;
    ok = listings_transition(tx, node, NULL, kind, id, "expired", NULL, &expired);
    json_decref(expired);
    return ok ? JOB_DONE : JOB_FAILED;
}

/* Nobody who vouches for the time settles that: the epoch stays ahead, and so does every later one. */
static bool watch_epoch(struct tx *tx)
{
    char day[MOMENT_SIZE], detail[300];
    const struct db_alarm alarm = {.kind = "epoch_ahead", .detail = detail};
    int64_t from;

    if (!writer_epoch_ahead(tx, &from))
        return false;
    if (from == 0)
        return true;
    moment_format(from, day);
    snprintf(detail, sizeof detail,
             "The clock was more than a day ahead when this node opened its epoch: until %.10s no town that "
             "has not "
             "read of it already takes what it says. `hf-node check` says what to do.",
             day);
    return db_alarms_raise_new(tx, &alarm);
}

enum job_outcome due_watch_clock(struct tx *tx, const struct node *node, const json_t *nothing)
{
    static const struct db_alarm alarm = {
        .kind = "clock",
        .detail =
            "The clock of this machine or of its database leapt by more than a day, or this node was off "
            "for longer and no peer has told it the time since. Until the clock is right again, a peer "
            "answers or somebody says that it is right, nothing is published, read, erased or expired."};
    bool leapt, ok;

    (void)nothing;
    if (!leap_look(tx, &leapt))
        return JOB_FAILED;
    ok = leapt ? db_alarms_raise_once(tx, &alarm)
               : db_alarms_settle(tx, alarm.kind, "The clock is right again.") && writer_settle(tx, node) &&
                     leap_believe(tx) && watch_epoch(tx);
    return ok ? JOB_DONE : JOB_FAILED;
}

bool due_find_outdated(struct tx *tx, const struct node *node, json_t **publications)
{
    (void)node;
    return publications_find_outdated(tx, publications);
}

enum job_outcome due_say_again(struct tx *tx, const struct node *node, const json_t *publication)
{
    return publications_say_again(tx, node, json_profile_text(publication, "id")) ? JOB_DONE : JOB_FAILED;
}

bool due_find_unsaid(struct tx *tx, const struct node *node, json_t **letters)
{
    (void)node;
    return cases_find_unsaid(tx, letters);
}

enum job_outcome due_write_again(struct tx *tx, const struct node *node, const json_t *letter)
{
    return cases_say_again(tx, node, letter) ? JOB_DONE : JOB_FAILED;
}

bool due_find_untold(struct tx *tx, const struct node *node, json_t **authorities)
{
    if (node->office)
        return db_peers_untold(tx, authorities);
    *authorities = json_array();
    return true;
}

enum job_outcome due_tell_member(struct tx *tx, const struct node *node, const json_t *authority)
{
    return member_tell(tx, node, json_string_value(authority)) ? JOB_DONE : JOB_FAILED;
}

enum job_outcome due_forget(struct tx *tx, const struct node *node, const json_t *nothing)
{
    bool more;

    (void)node;
    (void)nothing;
    if (!db_due_forget(tx, &more))
        return JOB_FAILED;
    return more ? JOB_LATER : JOB_DONE;
}

enum job_outcome due_tidy_search(struct tx *tx, const struct node *node, const json_t *nothing)
{
    (void)node;
    (void)nothing;
    return db_search_tidy(tx) ? JOB_DONE : JOB_FAILED;
}
