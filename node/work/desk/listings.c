#include "node/work/desk/listings.h"

#include <string.h>

#include "node/db/desk/contacts.h"
#include "node/db/desk/history.h"
#include "node/db/desk/listings.h"
#include "node/db/desk/organisations.h"
#include "node/db/desk/today.h"
#include "node/work/events.h"
#include "node/work/publication/publications.h"
#include "node/work/expect.h"
#include "protocol/json_profile.h"

/* NULL: the node itself. */
static const char *role_of(const struct actor *actor)
{
    return actor ? actor->role : NULL;
}

/* Fields as the database takes them, which calls the date `day` in both: a new reference. */
static json_t *fields_stored(enum listing_kind kind, const json_t *fields)
{
    json_t *stored = json_copy((json_t *)(uintptr_t)fields);
    const char *name = kind == LISTING_PROPOSAL ? "needed_by" : "available_until";
    json_t *day = json_object_get(stored, name);

    if (day) {
        json_object_set(stored, "day", day);
        json_object_del(stored, name);
    }
    return stored;
}

static bool read_or_missing(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                            enum db_reading reading, json_t **listing)
{
    return db_listings_read(tx, kind, role_of(actor), id, reading, listing) &&
           expect_found(tx, *listing, workflow_kind_name(kind));
}

/* The organisation exists, and the contact, if any, is one of its own. */
static bool belongs_together(struct tx *tx, const char *organisation_id, const char *contact_id)
{
    json_t *organisation = NULL;
    json_t *contact = NULL;
    bool ok = db_organisations_read(tx, organisation_id, DB_LOOK, &organisation) &&
              (!contact_id || db_contacts_read(tx, contact_id, DB_LOOK, &contact));
    if (ok && !organisation) {
        problem_field(tx->problem, "/organisation_id", "not_found", "there is no such organisation");
        ok = false;
    } else if (ok && contact_id &&
               (!contact || strcmp(json_profile_text(contact, "organisation_id"), organisation_id) != 0)) {
        problem_field(tx->problem, "/contact_id", "not_found", "this organisation has no such contact");
        ok = false;
    }
    json_decref(contact);
    json_decref(organisation);
    return ok;
}

bool listings_add(struct tx *tx, const struct actor *actor, enum listing_kind kind, const json_t *fields,
                  const char *state, const char *action, char id[37])
{
    json_t *row;
    bool ok;

    if (!belongs_together(tx, json_profile_text(fields, "organisation_id"),
                          json_profile_text(fields, "contact_id")))
        return false;
    row = fields_stored(kind, fields);
    json_object_set_new(row, "kind", json_string(workflow_kind_name(kind)));
    json_object_set_new(row, "state", json_string(state));
    ok =
        db_listings_insert(tx, row, id) && events_tell(tx, actor, workflow_kind_name(kind), id, action, NULL);
    json_decref(row);
    return ok;
}

bool listings_create(struct tx *tx, const struct actor *actor, enum listing_kind kind, const json_t *fields,
                     json_t **listing)
{
    char id[37];

    return listings_add(tx, actor, kind, fields, "draft", "created", id) &&
           listings_read(tx, actor, kind, id, listing);
}

bool listings_read(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                   json_t **listing)
{
    return read_or_missing(tx, actor, kind, id, DB_LOOK, listing);
}

/* Which members were sent, for the audit; not what they say. */
static bool tell_edited(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                        json_t *changes)
{
    struct event event = {.object_type = workflow_kind_name(kind), .object_id = id, .action = "edited"};
    json_t *names = json_array();
    const char *name;
    json_t *value;
    bool ok;

    json_object_foreach (changes, name, value)
        json_array_append_new(names, json_string(name));
    event.details = json_pack("{s:o}", "fields", names);
    ok = events_add(tx, actor, &event);
    json_decref(event.details);
    return ok;
}

/* Reads and locks; the caller frees in any case. */
static bool lock_version(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                         long version, json_t **current)
{
    return read_or_missing(tx, actor, kind, id, DB_LOCK, current) && expect_version(tx, *current, version);
}

/* After the change, with what stays as it was. */
static bool change_fits(struct tx *tx, const json_t *current, const json_t *changes)
{
    const char *organisation = json_profile_text(changes, "organisation_id");
    const json_t *contact = json_object_get(changes, "contact_id");
    if (!organisation && !contact)
        return true;
    return belongs_together(
        tx, organisation ? organisation : json_profile_text(json_object_get(current, "organisation"), "id"),
        json_profile_text(contact ? changes : current, "contact_id"));
}

bool listings_update(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                     long version, json_t *changes, json_t **listing)
{
    json_t *current;
    json_t *stored = fields_stored(kind, changes);
    bool ok = lock_version(tx, actor, kind, id, version, &current) && change_fits(tx, current, changes) &&
              db_listings_update(tx, id, stored) && tell_edited(tx, actor, kind, id, changes) &&
              listings_read(tx, actor, kind, id, listing);
    json_decref(stored);
    json_decref(current);
    return ok;
}

bool listings_delete(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                     long version)
{
    json_t *current;
    bool ok = lock_version(tx, actor, kind, id, version, &current);
    if (ok && strcmp(json_profile_text(current, "state"), "draft") != 0) {
        ok = problem_set(tx->problem, PROBLEM_CONFLICT,
                         "Only drafts can be deleted. Nothing was changed. Withdraw it instead.");
    }
    json_decref(current);
    return ok && db_listings_delete(tx, id) &&
           events_tell(tx, actor, workflow_kind_name(kind), id, "deleted", NULL);
}

static bool step_allowed(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *from,
                         const char *to, const char *reason)
{
    const struct workflow_transition *transition = workflow_find(kind, from, to);
    if (!transition) {
        return problem_set(tx->problem, PROBLEM_TRANSITION_NOT_ALLOWED,
                           "There is no way from %s to %s. Nothing was changed.", from, to);
    }
    if (!permissions_allow(transition->may, role_of(actor))) {
        return problem_set(tx->problem, PROBLEM_FORBIDDEN,
                           "Your role may not take this step. Nothing was changed.");
    }
    if (transition->needs_reason && !reason) {
        problem_field(tx->problem, "/reason", "missing", "this step needs a reason");
        return false;
    }
    return true;
}

bool listings_transition(struct tx *tx, const struct node *node, const struct actor *actor,
                         enum listing_kind kind, const char *id, const char *to, const char *reason,
                         json_t **listing)
{
    struct event event = {.object_type = workflow_kind_name(kind),
                          .object_id = id,
                          .action = "transition",
                          .to_state = to,
                          .reason = reason};
    json_t *current;
    bool ok;

    if (!read_or_missing(tx, actor, kind, id, DB_LOCK, &current))
        return false;
    event.from_state = json_profile_text(current, "state");
    ok = step_allowed(tx, actor, kind, event.from_state, to, reason) && db_listings_set_state(tx, id, to) &&
         events_add(tx, actor, &event) && publications_restate(tx, node, actor, kind, id, to) &&
         listings_read(tx, actor, kind, id, listing);
    json_decref(current);
    return ok;
}

bool listings_expect(struct tx *tx, enum listing_kind kind, const char *id)
{
    const char *name = workflow_kind_name(kind);
    bool exists;

    return db_listings_exists(tx, name, id, &exists) &&
           (exists || problem_set(tx->problem, PROBLEM_NOT_FOUND, "There is no such %s.", name));
}

/* Nearly all have a history, so it is seldom asked whether there is such a listing. */
bool listings_history(struct tx *tx, enum listing_kind kind, const char *id, struct buffer *out)
{
    size_t before = out->size;

    return db_history_read(tx, workflow_kind_name(kind), id, out) &&
           (out->size > before || listings_expect(tx, kind, id));
}

bool listings_seen(struct tx *tx, enum listing_kind kind, const char *id)
{
    return listings_expect(tx, kind, id) && db_today_seen(tx, id);
}
