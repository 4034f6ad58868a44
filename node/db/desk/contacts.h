/* Contacts: the people one talks to at an organisation. Rows come and go as JSON in the API's form. */
#ifndef NODE_DB_DESK_CONTACTS_H
#define NODE_DB_DESK_CONTACTS_H

#include "node/db/db.h"

extern const struct db_statement db_contacts_statements[];

/* By name; an array. */
bool db_contacts_list(struct tx *tx, const char *organisation_id, json_t **contacts);
/* *contact is a new reference, NULL when there is none. DB_LOCK: FOR UPDATE. */
bool db_contacts_read(struct tx *tx, const char *id, enum db_reading reading, json_t **contact);
/* fields with organisation_id. */
bool db_contacts_insert(struct tx *tx, json_t *fields, char id[37]);
bool db_contacts_update(struct tx *tx, const char *id, json_t *changes);
bool db_contacts_delete(struct tx *tx, const char *id);

#endif
