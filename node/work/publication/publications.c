#include "node/work/publication/publications.h"

#include <stdio.h>
#include <string.h>

#include "node/db/publication/publications.h"
#include "node/work/publication/candidate.h"
#include "node/work/events.h"
#include "node/work/publication/gate.h"
#include "node/work/say/writer.h"
#include "node/work/expect.h"
#include "protocol/entry.h"
#include "protocol/json_profile.h"

enum { FINDINGS_SHOWN = 200 };

/* A published body (SPEC.md 11.1) as the API shows it: absent members are null, bands are called so. */
static json_t *public_entry(const json_t *body)
{
    json_t *entry = json_deep_copy(body);
    json_t *municipality = json_object_get(entry, "municipality");
    json_t *help = json_array();
    json_t *item;
    size_t index;

    json_array_foreach (json_object_get(body, "help"), index, item) {
        json_array_append_new(help, json_pack("{s:O,s:O?}", "category", json_object_get(item, "category"),
                                              "quantity_band", json_object_get(item, "quantity")));
    }
    json_object_set_new(entry, "help", help);
    if (!json_object_get(entry, "month"))
        json_object_set_new(entry, "month", json_null());
    if (!json_object_get(municipality, "scheme")) {
        json_object_set_new(municipality, "scheme", json_null());
        json_object_set_new(municipality, "code", json_null());
    }
    return entry;
}

/* The line as it would be written, with 1 for the number and zeros for the salt, which only publishing gives.
 */
static bool preview_line(struct tx *tx, enum listing_kind kind, const struct candidate *candidate,
                         json_t **line)
{
    struct entry entry = {
        .seq = 1,
        .rev = json_profile_integer(candidate->last, "rev", 0) + 1,
        .at = tx->now,
        .keep_until = writer_keep_until(tx->now),
        .body = candidate->body,
    };
    struct buffer text = {0};
    struct err err = {0};
    bool ok;

    snprintf(entry.type, sizeof entry.type, "%s", workflow_kind_name(kind));
    snprintf(entry.id, sizeof entry.id, "%s", candidate->id);
    ok = entry_write(&entry, &text, &err) == ERR_OK;
    if (ok)
        *line = json_stringn((const char *)text.data, text.size);
    else
        problem_set(tx->problem, PROBLEM_INTERNAL, "This cannot be published as it stands: %s", err.text);
    buffer_free(&text);
    return ok;
}

static bool any_blocking(const json_t *findings)
{
    json_t *finding;
    size_t index;

    json_array_foreach (findings, index, finding)
        if (gate_blocks(finding))
            return true;
    return false;
}

bool publications_preview(struct tx *tx, const struct node *node, enum listing_kind kind, const char *id,
                          const json_t *request, json_t **preview)
{
    struct candidate candidate;
    json_t *recipients = NULL;
    json_t *line = NULL;
    bool ok = candidate_build(tx, node, kind, id, request, DB_LOOK, &candidate) &&
              preview_line(tx, kind, &candidate, &line) && db_publications_recipients(tx, &recipients);

    if (ok) {
        json_t *out = json_object();

        json_object_set(out, "line", line);
        json_object_set_new(out, "entry", public_entry(candidate.body));
        json_object_set_new(out, "coarsened", json_boolean(candidate.coarsened));
        json_object_set_new(out, "region", candidate.region ? json_string(candidate.region) : json_null());
        json_object_set_new(out, "digest", json_string(candidate.digest));
        json_object_set_new(out, "publishable", json_boolean(!any_blocking(candidate.findings)));
        json_object_set(out, "recipients", recipients);
        while (json_array_size(candidate.findings) > FINDINGS_SHOWN)
            json_array_remove(candidate.findings, FINDINGS_SHOWN);
        json_object_set(out, "findings", candidate.findings);
        *preview = out;
    }
    json_decref(recipients);
    json_decref(line);
    candidate_finish(&candidate);
    return ok;
}

static bool show(struct tx *tx, const char *id, json_t **publication)
{
    json_t *last;
    json_t *recipients = NULL;
    json_t *erase_recipients = NULL;
    struct cursor at, erased;
    const char *state;
    bool is_public;
    bool ok;

    if (!db_publications_read(tx, id, &last))
        return false;
    at = (struct cursor){json_profile_integer(last, "epoch", 0), json_profile_integer(last, "seq", 0)};
    erased = (struct cursor){json_profile_integer(last, "erase_epoch", 0),
                             json_profile_integer(last, "erase_seq", 0)};
    state = !last ? "none" : erased.epoch == 0 ? "published" : "erased";
    is_public = strcmp(state, "published") == 0;
    ok = (!last || db_publications_delivered(tx, at, &recipients)) &&
         (erased.epoch == 0 || db_publications_erased(tx, erased, &erase_recipients));
    if (ok) {
        json_t *out = json_object();

        json_object_set_new(out, "state", json_string(state));
        json_object_set_new(out, "rev", json_integer(json_profile_integer(last, "rev", 0)));
        json_object_set_new(out, "public",
                            is_public ? public_entry(json_object_get(last, "body")) : json_null());
        json_object_set_new(out, "coarsened", json_boolean(json_is_true(json_object_get(last, "coarsened"))));
        json_object_set_new(out, "current",
                            json_boolean(is_public && json_is_true(json_object_get(last, "current"))));
        json_object_set_new(out, "at", !last ? json_null() : json_incref(json_object_get(last, "at")));
        json_object_set_new(out, "held_at",
                            !last ? json_null() : json_incref(json_object_get(last, "held_at")));
        json_object_set_new(out, "erased_at",
                            !last ? json_null() : json_incref(json_object_get(last, "erased_at")));
        json_object_set_new(out, "recipients", !recipients ? json_array() : json_incref(recipients));
        json_object_set_new(out, "erase_recipients",
                            !erase_recipients ? json_array() : json_incref(erase_recipients));
        *publication = out;
    }
    json_decref(erase_recipients);
    json_decref(recipients);
    json_decref(last);
    return ok;
}

static bool exists(struct tx *tx, enum listing_kind kind, const char *id, enum db_reading reading)
{
    json_t *listing;
    bool found = db_publications_source(tx, workflow_kind_name(kind), id, reading, &listing) &&
                 expect_found(tx, listing, workflow_kind_name(kind));

    json_decref(listing);
    return found;
}

bool publications_read(struct tx *tx, enum listing_kind kind, const char *id, json_t **publication)
{
    return exists(tx, kind, id, DB_LOOK) && show(tx, id, publication);
}

/* NULL when the finding is not overridden. */
static const char *override_reason(const json_t *request, const json_t *finding)
{
    json_t *override;
    size_t index;

    json_array_foreach (json_object_get(request, "overrides"), index, override)
        if (json_equal(json_object_get(override, "fingerprint"), json_object_get(finding, "fingerprint")))
            return json_profile_text(override, "reason");
    return NULL;
}

/* Every blocking finding needs a reason, and every reason is kept: of what kind it was, not the words
 * themselves. accepted: takes the fingerprints. */
static bool account_for_findings(struct tx *tx, const struct actor *actor, enum listing_kind kind,
                                 const struct candidate *candidate, const json_t *request, json_t *accepted)
{
    json_t *finding;
    size_t index;

    json_array_foreach (candidate->findings, index, finding) {
        struct event event = {.object_type = workflow_kind_name(kind),
                              .object_id = candidate->id,
                              .action = "override",
                              .reason = override_reason(request, finding)};
        bool ok;

        if (!gate_blocks(finding))
            continue;
        if (!event.reason) {
            return problem_set(
                tx->problem, PROBLEM_IDENTIFIERS_FOUND,
                "The text still names somebody: «%s» (%s). Nothing was published. Change the text, or give "
                "a reason why it may stay.",
                json_profile_text(finding, "excerpt"), json_profile_text(finding, "field"));
        }
        event.details = json_pack("{s:O,s:O}", "kind", json_object_get(finding, "kind"), "field",
                                  json_object_get(finding, "field"));
        json_array_append(accepted, json_object_get(finding, "fingerprint"));
        ok = events_add(tx, actor, &event);
        json_decref(event.details);
        if (!ok)
            return false;
    }
    return true;
}

static bool append(struct tx *tx, const struct node *node, enum listing_kind kind, int64_t keep_until,
                   struct db_publication *publication)
{
    struct writer_item item = {
        .stream = "net",
        .type = workflow_kind_name(kind),
        .id = publication->listing_id,
        .body = publication->body,
        .keep_until = keep_until,
    };
    bool ok = writer_append(tx, node, &item, 1);

    publication->rev = item.rev;
    publication->at = item.at;
    return ok;
}

static bool is_published(const json_t *publication)
{
    return publication && json_is_null(json_object_get(publication, "erased_at"));
}

static bool was_looked_at(struct tx *tx, const struct candidate *candidate, const json_t *request)
{
    if (strcmp(candidate->digest, json_profile_text(request, "digest")) == 0)
        return true;
    return problem_set(
        tx->problem, PROBLEM_PREVIEW_OUTDATED,
        "What would be published is no longer what you looked at. Nothing was published. Look at the "
        "preview again.");
}

/* A double click, or an answer that was lost: it stands as it is. */
static bool stands_already(const struct candidate *candidate)
{
    return is_published(candidate->last) && json_is_null(json_object_get(candidate->last, "held_at")) &&
           json_equal(json_object_get(candidate->last, "body"), candidate->body);
}

static bool publish(struct tx *tx, const struct node *node, const struct actor *actor, enum listing_kind kind,
                    const struct candidate *candidate, const json_t *request)
{
    struct db_publication next = {.listing_id = candidate->id,
                                  .body = candidate->body,
                                  .wording = candidate->wording,
                                  .accepted = json_array(),
                                  .coarsened = candidate->coarsened};
    const char *action = is_published(candidate->last) ? "republished" : "published";
    bool ok = account_for_findings(tx, actor, kind, candidate, request, next.accepted) &&
              events_tell(tx, actor, workflow_kind_name(kind), candidate->id, action, NULL) &&
              append(tx, node, kind, writer_keep_until(tx->now), &next) && db_publications_save(tx, &next);

    json_decref(next.accepted);
    return ok;
}

bool publications_publish(struct tx *tx, const struct node *node, const struct actor *actor,
                          enum listing_kind kind, const char *id, const json_t *request, json_t **publication)
{
    struct candidate candidate;
    bool ok = candidate_build(tx, node, kind, id, request, DB_LOCK, &candidate) &&
              was_looked_at(tx, &candidate, request) &&
              (stands_already(&candidate) || publish(tx, node, actor, kind, &candidate, request)) &&
              show(tx, id, publication);

    candidate_finish(&candidate);
    return ok;
}

bool publications_erase(struct tx *tx, const struct node *node, const struct actor *actor,
                        enum listing_kind kind, const char *id, const char *reason, json_t **publication)
{
    json_t *last = NULL;
    bool ok = exists(tx, kind, id, DB_LOCK) && db_publications_read(tx, id, &last);

    /* Lines that are gone already (their term was over) need no erasure; then this is as far as anybody has
     * to be. */
    struct cursor at = {json_profile_integer(last, "epoch", 0), json_profile_integer(last, "seq", 0)};
    if (ok && !is_published(last))
        ok = problem_set(tx->problem, PROBLEM_CONFLICT, "This is not published. Nothing was changed.");
    json_decref(last);
    return ok && events_tell(tx, actor, workflow_kind_name(kind), id, "erased", reason) &&
           writer_erase_object(tx, node, "net", id, &at) && db_publications_erase(tx, id, at) &&
           show(tx, id, publication);
}

static bool is_accepted(const json_t *accepted, const json_t *finding)
{
    json_t *fingerprint;
    size_t index;

    json_array_foreach (accepted, index, fingerprint)
        if (json_equal(fingerprint, json_object_get(finding, "fingerprint")))
            return true;
    return false;
}

/* Names may have been recorded since it was published. What was accepted then stays accepted. */
static bool passes_still(struct tx *tx, const struct node *node, const json_t *last, bool *passes)
{
    const struct gate_text text =
        gate_text_of(json_object_get(last, "body"), json_is_true(json_object_get(last, "coarsened")),
                     json_profile_text(last, "organisation_id"));
    json_t *findings = NULL, *finding;
    size_t index;
    bool ok = gate_check(tx, node, &text, &findings);

    *passes = ok;
    json_array_foreach (findings, index, finding)
        if (gate_blocks(finding) && !is_accepted(json_object_get(last, "accepted"), finding))
            *passes = false;
    json_decref(findings);
    return ok;
}

/* Says again what is published, with the state of now. A text that now names somebody is not said again: it
 * waits for a coordinator to change or withdraw it. */
static bool renew(struct tx *tx, const struct node *node, const struct actor *actor, enum listing_kind kind,
                  const char *id, const char *state, const json_t *last, int64_t keep_until)
{
    struct db_publication next = {.listing_id = id, .body = json_object_get(last, "body")};
    bool passes;

    if (!passes_still(tx, node, last, &passes))
        return false;
    if (!passes)
        return events_tell(tx, actor, workflow_kind_name(kind), id, "held_back", NULL) &&
               db_publications_hold(tx, id);
    json_object_set_new(next.body, "state", json_string(workflow_state_find(kind, state)->public_name));
    return events_tell(tx, actor, workflow_kind_name(kind), id, "republished", NULL) &&
           append(tx, node, kind, keep_until, &next) && db_publications_restate(tx, &next);
}

bool publications_restate(struct tx *tx, const struct node *node, const struct actor *actor,
                          enum listing_kind kind, const char *id, const char *state)
{
    json_t *last;
    const char *told;
    bool ok;

    if (!db_publications_read(tx, id, &last))
        return false;
    told = json_profile_text(json_object_get(last, "body"), "state");
    ok = !is_published(last) || strcmp(told, workflow_state_find(kind, state)->public_name) == 0 ||
         renew(tx, node, actor, kind, id, state, last, writer_keep_until(tx->now));
    json_decref(last);
    return ok;
}

/* Each with its listing locked. Consumes the array. */
static bool renew_all(struct tx *tx, const struct node *node, json_t *publications)
{
    json_t *last;
    size_t index;
    bool ok = true;

    json_array_foreach (publications, index, last) {
        enum listing_kind kind = workflow_kind_of(json_profile_text(last, "kind"));

        ok = ok && renew(tx, node, NULL, kind, json_profile_text(last, "id"),
                         json_profile_text(last, "state"), last, json_profile_integer(last, "keep_until", 0));
    }
    json_decref(publications);
    return ok;
}

bool publications_republish(struct tx *tx, const struct node *node, const char *peer)
{
    json_t *withheld;

    return db_publications_withheld(tx, peer, &withheld) && renew_all(tx, node, withheld);
}

bool publications_find_outdated(struct tx *tx, json_t **publications)
{
    return db_publications_outdated(tx, publications);
}

bool publications_say_again(struct tx *tx, const struct node *node, const char *id)
{
    json_t *outdated;

    return db_publications_outdated_one(tx, id, &outdated) && renew_all(tx, node, outdated);
}
