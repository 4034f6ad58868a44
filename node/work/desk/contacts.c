#include "node/work/desk/contacts.h"

#include "node/db/desk/contacts.h"
#include "node/work/events.h"
#include "node/work/desk/organisations.h"
#include "node/work/expect.h"

static bool read_or_missing(struct tx *tx, const char *id, enum db_reading reading, json_t **contact)
{
    return db_contacts_read(tx, id, reading, contact) && expect_found(tx, *contact, "contact");
}

static bool lock_version(struct tx *tx, const char *id, long version)
{
    json_t *current;
    bool ok = read_or_missing(tx, id, DB_LOCK, &current) && expect_version(tx, current, version);

    json_decref(current);
    return ok;
}

static bool organisation_exists(struct tx *tx, const char *id)
{
    json_t *organisation;
    bool ok = organisations_read(tx, id, &organisation);

    json_decref(organisation);
    return ok;
}

bool contacts_list(struct tx *tx, const char *organisation_id, json_t **contacts)
{
    json_t *items;

    if (!organisation_exists(tx, organisation_id) || !db_contacts_list(tx, organisation_id, &items))
        return false;
    *contacts = json_pack("{s:o}", "items", items);
    return true;
}

bool contacts_create(struct tx *tx, const struct actor *actor, const char *organisation_id, json_t *fields,
                     json_t **contact)
{
    char id[37];
    json_t *row;
    bool ok;

    if (!organisation_exists(tx, organisation_id))
        return false;
    row = json_copy(fields);
    json_object_set_new(row, "organisation_id", json_string(organisation_id));
    ok = db_contacts_insert(tx, row, id) && events_tell(tx, actor, "contact", id, "created", NULL) &&
         db_contacts_read(tx, id, DB_LOOK, contact);
    json_decref(row);
    return ok;
}

bool contacts_read(struct tx *tx, const char *id, json_t **contact)
{
    return read_or_missing(tx, id, DB_LOOK, contact);
}

bool contacts_update(struct tx *tx, const struct actor *actor, const char *id, long version, json_t *changes,
                     json_t **contact)
{
    return lock_version(tx, id, version) && db_contacts_update(tx, id, changes) &&
           events_tell(tx, actor, "contact", id, "edited", NULL) &&
           db_contacts_read(tx, id, DB_LOOK, contact);
}

bool contacts_delete(struct tx *tx, const struct actor *actor, const char *id, long version)
{
    return lock_version(tx, id, version) && db_contacts_delete(tx, id) &&
           events_tell(tx, actor, "contact", id, "deleted", NULL);
}
