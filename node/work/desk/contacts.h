/* Contacts: the people one talks to at an organisation. Fields are JSON in the API's form, already checked;
 * objects that come out are new references. Runs in the caller's transaction. Events name the contact by id
 * only. */
#ifndef NODE_WORK_DESK_CONTACTS_H
#define NODE_WORK_DESK_CONTACTS_H

#include "node/base/actor.h"
#include "node/db/db.h"

/* *contacts: {items: […]}; NOT_FOUND without such an organisation. */
bool contacts_list(struct tx *tx, const char *organisation_id, json_t **contacts);
bool contacts_create(struct tx *tx, const struct actor *actor, const char *organisation_id, json_t *fields,
                     json_t **contact);
bool contacts_read(struct tx *tx, const char *id, json_t **contact);
bool contacts_update(struct tx *tx, const struct actor *actor, const char *id, long version, json_t *changes,
                     json_t **contact);
/* Proposals and offers that named it go on without. */
bool contacts_delete(struct tx *tx, const struct actor *actor, const char *id, long version);

#endif
