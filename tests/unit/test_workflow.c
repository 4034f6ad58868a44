/* The workflow: the way of DOMAIN's method is open, shortcuts are not, and other towns are told no more than
 * they may know. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node/core/workflow.h"
#include "protocol/entry.h"
#include "protocol/entry.h"

static void a_proposal_can_go_all_the_way(void **state)
{
    static const char *const way[] = {"draft",      "submitted",   "needs_information", "submitted",
                                      "prechecked", "scheduled",   "accepted",          "seeking",
                                      "matched",    "in_progress", "completed",         NULL};
    (void)state;
    for (size_t i = 0; way[i + 1]; i++) {
        const struct workflow_transition *step = workflow_find(LISTING_PROPOSAL, way[i], way[i + 1]);
        assert_non_null(step);
        assert_true(permissions_allow(step->may, "coordinator"));
    }
}

static void a_kind_is_told_by_its_name(void **state)
{
    (void)state;
    assert_int_equal(workflow_kind_of(workflow_kind_name(LISTING_PROPOSAL)), LISTING_PROPOSAL);
    assert_int_equal(workflow_kind_of(workflow_kind_name(LISTING_OFFER)), LISTING_OFFER);
}

static void every_transition_joins_states_of_its_kind(void **state)
{
    const char *const *const names[] = {workflow_proposal_states, workflow_offer_states};
    (void)state;
    for (int kind = LISTING_PROPOSAL; kind <= LISTING_OFFER; kind++) {
        for (size_t i = 0; names[kind][i]; i++) {
            const struct workflow_transition *step;
            size_t index = 0;
            while ((step = workflow_next((enum listing_kind)kind, names[kind][i], "admin", &index))) {
                assert_non_null(workflow_state_find((enum listing_kind)kind, step->to));
                assert_string_not_equal(step->to, names[kind][i]);
            }
        }
    }
}

static void from_a_closed_state_nothing_leads_on(void **state)
{
    static const char *const closed[] = {"declined", "completed", "withdrawn", "expired", "not_feasible"};
    (void)state;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        size_t index = 0;
        assert_null(workflow_next(LISTING_PROPOSAL, closed[i], "admin", &index));
    }
}

static void every_open_state_can_be_left_for_good(void **state)
{
    (void)state;
    for (size_t i = 0; workflow_proposal_states[i]; i++) {
        const char *name = workflow_proposal_states[i];
        bool open = workflow_state_find(LISTING_PROPOSAL, name)->open;
        assert_int_equal(workflow_find(LISTING_PROPOSAL, name, "withdrawn") != NULL, open);
        assert_int_equal(workflow_find(LISTING_PROPOSAL, name, "not_feasible") != NULL, open);
        assert_int_equal(workflow_find(LISTING_PROPOSAL, name, "expired") != NULL, open);
    }
}

/* All that disappoints somebody; everything else goes without. */
static void saying_no_and_giving_back_need_a_reason(void **state)
{
    static const struct {
        const char *from, *to;
    } with_reason[] = {
        {"submitted", "needs_information"}, {"prechecked", "needs_information"},
        {"scheduled", "declined"},          {"matched", "seeking"},
        {"in_progress", "seeking"},         {"taken", "available"},
    };
    const char *const *const names[] = {workflow_proposal_states, workflow_offer_states};
    (void)state;
    for (int kind = LISTING_PROPOSAL; kind <= LISTING_OFFER; kind++) {
        for (size_t i = 0; names[kind][i] != NULL; i++) {
            const struct workflow_transition *step;
            size_t index = 0;
            while ((step = workflow_next((enum listing_kind)kind, names[kind][i], "admin", &index)) != NULL) {
                bool expected = strcmp(step->to, "withdrawn") == 0 || strcmp(step->to, "not_feasible") == 0;
                for (size_t c = 0; c < sizeof with_reason / sizeof *with_reason; c++)
                    expected = expected || (strcmp(with_reason[c].from, names[kind][i]) == 0 &&
                                            strcmp(with_reason[c].to, step->to) == 0);
                assert_int_equal(step->needs_reason, expected);
            }
        }
    }
}

static void there_is_no_way_around_the_pre_check(void **state)
{
    (void)state;
    assert_null(workflow_find(LISTING_PROPOSAL, "submitted", "seeking"));
    assert_null(workflow_find(LISTING_PROPOSAL, "draft", "prechecked"));
    assert_null(workflow_find(LISTING_PROPOSAL, "draft", "withdrawn"));
    assert_null(workflow_find(LISTING_PROPOSAL, "no such state", "submitted"));
    assert_null(workflow_find(LISTING_OFFER, "available", "seeking"));
}

static void readers_move_nothing_and_the_clock_only_lets_expire(void **state)
{
    const struct workflow_transition *step;
    size_t index = 0;
    (void)state;
    assert_null(workflow_next(LISTING_PROPOSAL, "seeking", "viewer", &index));
    index = 0;
    assert_null(workflow_next(LISTING_PROPOSAL, "seeking", "match_group", &index));
    index = 0;
    step = workflow_next(LISTING_PROPOSAL, "seeking", NULL, &index);
    assert_string_equal(step->to, "expired");
    assert_null(workflow_next(LISTING_PROPOSAL, "seeking", NULL, &index));
}

/* What is published must be a state of SPEC.md 11.1, and drafts and questions are nobody else's business. */
static void other_towns_read_only_states_of_the_protocol(void **state)
{
    static const enum listing_kind kinds[] = {LISTING_PROPOSAL, LISTING_OFFER};
    const char *const *const names[] = {workflow_proposal_states, workflow_offer_states};
    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t i = 0; names[kind][i]; i++) {
            const char *shown = workflow_state_find(kinds[kind], names[kind][i])->public_name;
            struct entry entry = {.seq = 1, .rev = 1, .at = 1790000000, .keep_until = 1800000000};
            struct buffer line = {0};
            if (strcmp(names[kind][i], "draft") == 0) {
                assert_null(shown);
                continue;
            }
            strcpy(entry.type, workflow_kind_name(kinds[kind]));
            strcpy(entry.id, "00000000-0000-4000-8000-000000000001");
            entry.body =
                json_pack("{s:s,s:s,s:s,s:[{s:s}],s:{s:s},s:s}", "title", "t", "text", "t", "language", "de",
                          "help", "category", "goods", "municipality", "name", "m", "state", shown);
            assert_int_equal(entry_write(&entry, &line, NULL), ERR_OK);
            buffer_free(&line);
            json_decref(entry.body);
        }
    }
    assert_string_equal(workflow_state_find(LISTING_PROPOSAL, "needs_information")->public_name, "submitted");
}

static void what_expires_by_itself_may_expire_and_nobody_helps_yet(void **state)
{
    static const char *const matched[] = {"matched", "in_progress", "taken", NULL};
    (void)state;
    for (enum listing_kind kind = LISTING_PROPOSAL; kind <= LISTING_OFFER; kind++) {
        const char *const *names = kind == LISTING_OFFER ? workflow_offer_states : workflow_proposal_states;
        for (; *names; names++) {
            const struct workflow_transition *expiry = workflow_find(kind, *names, "expired");
            bool may = expiry && permissions_allow(expiry->may, NULL);
            bool expires = workflow_state_find(kind, *names)->expires;
            assert_int_equal(expires, may && !entry_is_one_of(*names, matched));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_expires_by_itself_may_expire_and_nobody_helps_yet),
        cmocka_unit_test(a_proposal_can_go_all_the_way),
        cmocka_unit_test(a_kind_is_told_by_its_name),
        cmocka_unit_test(every_transition_joins_states_of_its_kind),
        cmocka_unit_test(from_a_closed_state_nothing_leads_on),
        cmocka_unit_test(every_open_state_can_be_left_for_good),
        cmocka_unit_test(saying_no_and_giving_back_need_a_reason),
        cmocka_unit_test(there_is_no_way_around_the_pre_check),
        cmocka_unit_test(readers_move_nothing_and_the_clock_only_lets_expire),
        cmocka_unit_test(other_towns_read_only_states_of_the_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
