#include "node/work/desk/organisations.h"

#include <stdio.h>
#include <string.h>

#include "node/db/desk/organisations.h"
#include "node/work/events.h"
#include "node/work/expect.h"

/* The database only says that something exists already; here it is known what. */
static bool name_taken(struct tx *tx)
{
    if (tx->problem->code == PROBLEM_CONFLICT && strcmp(db_constraint(tx->db), "organisations_name") == 0) {
        snprintf(tx->problem->detail, sizeof tx->problem->detail,
                 "There is already an organisation of this name in this sector. Nothing was changed. Use "
                 "that one, or add something to the name that tells them apart.");
    }
    return false;
}

static bool read_or_missing(struct tx *tx, const char *id, enum db_reading reading, json_t **organisation)
{
    return db_organisations_read(tx, id, reading, organisation) &&
           expect_found(tx, *organisation, "organisation");
}

static bool lock_version(struct tx *tx, const char *id, long version)
{
    json_t *current;
    bool ok = read_or_missing(tx, id, DB_LOCK, &current) && expect_version(tx, current, version);

    json_decref(current);
    return ok;
}

bool organisations_create(struct tx *tx, const struct actor *actor, json_t *fields, json_t **organisation)
{
    char id[37];

    if (!db_organisations_insert(tx, fields, id))
        return name_taken(tx);
    return events_tell(tx, actor, "organisation", id, "created", NULL) &&
           db_organisations_read(tx, id, DB_LOOK, organisation);
}

bool organisations_read(struct tx *tx, const char *id, json_t **organisation)
{
    return read_or_missing(tx, id, DB_LOOK, organisation);
}

bool organisations_update(struct tx *tx, const struct actor *actor, const char *id, long version,
                          json_t *changes, json_t **organisation)
{
    if (!lock_version(tx, id, version))
        return false;
    if (!db_organisations_update(tx, id, changes))
        return name_taken(tx);
    return events_tell(tx, actor, "organisation", id, "edited", NULL) &&
           db_organisations_read(tx, id, DB_LOOK, organisation);
}

bool organisations_delete(struct tx *tx, const struct actor *actor, const char *id, long version)
{
    json_t *current;
    bool ok = read_or_missing(tx, id, DB_LOCK, &current) && expect_version(tx, current, version);

    if (ok && (json_integer_value(json_object_get(current, "proposals_count")) > 0 ||
               json_integer_value(json_object_get(current, "offers_count")) > 0)) {
        ok = problem_set(
            tx->problem, PROBLEM_CONFLICT,
            "This organisation has proposals or offers. Nothing was deleted. Delete their drafts first; "
            "what was more than a draft keeps its organisation.");
    }
    json_decref(current);
    return ok && db_organisations_delete(tx, id) &&
           events_tell(tx, actor, "organisation", id, "deleted", NULL);
}
