#include "node/work/publication/candidate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node/core/anonymity.h"
#include "node/db/publication/publications.h"
#include "node/work/publication/gate.h"
#include "node/work/expect.h"
#include "protocol/json_profile.h"

void candidate_finish(struct candidate *candidate)
{
    json_decref(candidate->listing);
    json_decref(candidate->last);
    json_decref(candidate->wording);
    json_decref(candidate->body);
    json_decref(candidate->findings);
}

/* The public wording is what was just typed, else last time's, else the listing's own. */
static json_t *choose_wording(const json_t *request, const json_t *last, const json_t *listing)
{
    static const char *const members[] = {"title", "text", "language"};
    json_t *wording = json_object();

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *said = json_object_get(request, members[i]);

        if (!said)
            said = json_object_get(json_object_get(last, "wording"), members[i]);
        if (said && !json_equal(said, json_object_get(listing, members[i])))
            json_object_set(wording, members[i], said);
    }
    return wording;
}

static json_t *public_help(const json_t *help)
{
    json_t *out = json_array();
    json_t *item;
    size_t index;

    json_array_foreach (help, index, item) {
        json_t *said = json_object();
        const char *band = anonymity_quantity_band(json_profile_integer(item, "quantity", 0));

        json_object_set(said, "category", json_object_get(item, "category"));
        if (band)
            json_object_set_new(said, "quantity", json_string(band));
        json_array_append_new(out, said);
    }
    return out;
}

/* The own town goes with its code, others by name, and the region in place of either when coarsened. */
static json_t *public_municipality(const struct node *node, const char *name, bool coarsened)
{
    json_t *municipality = json_object();
    const json_t *area = json_array_get(node->areas, 0);

    if (coarsened) {
        json_object_set_new(municipality, "name", json_string(node->region_name));
        json_object_set_new(municipality, "scheme", json_string("NUTS"));
        json_object_set_new(municipality, "code", json_string(node->region_code));
        return municipality;
    }
    json_object_set_new(municipality, "name", json_string(name));
    if (area && strcasecmp(name, node->config->name) == 0) {
        json_object_set(municipality, "scheme", json_object_get(area, "scheme"));
        json_object_set(municipality, "code", json_object_get(area, "code"));
    }
    return municipality;
}

/* Exactly the members of SPEC.md 11.1, and nothing else of the organisation. */
static json_t *public_body(const struct node *node, enum listing_kind kind, const struct candidate *candidate)
{
    const json_t *listing = candidate->listing;
    const char *day = json_profile_text(listing, "day");
    char month[ANONYMITY_MONTH_SIZE];
    json_t *body = json_object();

    json_object_set(body, "title", json_object_get(listing, "title"));
    json_object_set(body, "text", json_object_get(listing, "text"));
    json_object_set(body, "language", json_object_get(listing, "language"));
    json_object_update(body, candidate->wording);
    json_object_set_new(body, "help", public_help(json_object_get(listing, "help")));
    json_object_set_new(
        body, "municipality",
        public_municipality(node, json_profile_text(listing, "municipality"), candidate->coarsened));
    if (day && anonymity_month(day, month))
        json_object_set_new(body, "month", json_string(month));
    json_object_set_new(
        body, "state",
        json_string(workflow_state_find(kind, json_profile_text(listing, "state"))->public_name));
    return body;
}

static void digest_of(const json_t *body, char digest[CANDIDATE_DIGEST_SIZE])
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
    uint8_t octets[32] = {0};

    if (text)
        bytes_sha256(text, strlen(text), octets);
    free(text);
    bytes_b64u_encode(octets, sizeof octets, digest);
}

static bool may_be_public(struct tx *tx, enum listing_kind kind, const json_t *listing)
{
    if (workflow_state_find(kind, json_profile_text(listing, "state"))->public_name)
        return true;
    return problem_set(tx->problem, PROBLEM_CONFLICT,
                       "A draft cannot be published. Nothing was changed. Move it on first: %s.",
                       kind == LISTING_PROPOSAL ? "submit it" : "make it available");
}

static bool may_coarsen(struct tx *tx, const struct candidate *candidate)
{
    if (candidate->coarsened && !candidate->region) {
        problem_field(
            tx->problem, "/coarsen", "not_allowed",
            "This place is not known to lie in the region of this node ([node] region and places).");
        return false;
    }
    return true;
}

bool candidate_build(struct tx *tx, const struct node *node, enum listing_kind kind, const char *id,
                     const json_t *request, enum db_reading reading, struct candidate *candidate)
{
    const json_t *coarsen;
    struct gate_text text;

    *candidate = (struct candidate){.id = id};
    if (!db_publications_source(tx, workflow_kind_name(kind), id, reading, &candidate->listing) ||
        !expect_found(tx, candidate->listing, workflow_kind_name(kind)) ||
        !may_be_public(tx, kind, candidate->listing) || !db_publications_read(tx, id, &candidate->last))
        return false;
    coarsen = json_object_get(request, "coarsen");
    candidate->coarsened = json_is_true(!coarsen ? json_object_get(candidate->last, "coarsened") : coarsen);
    candidate->region = node_region_of(node, json_profile_text(candidate->listing, "municipality"));
    if (!may_coarsen(tx, candidate))
        return false;
    candidate->wording = choose_wording(request, candidate->last, candidate->listing);
    candidate->body = public_body(node, kind, candidate);
    digest_of(candidate->body, candidate->digest);
    text = gate_text_of(candidate->body, candidate->coarsened,
                        json_profile_text(candidate->listing, "organisation_id"));
    return gate_check(tx, node, &text, &candidate->findings);
}
