/* Organisations: who asks and who gives. Rows come and go as JSON in the API's form. */
#ifndef NODE_DB_DESK_ORGANISATIONS_H
#define NODE_DB_DESK_ORGANISATIONS_H

#include "node/db/db.h"
#include "node/db/page.h"

extern const struct db_statement db_organisations_statements[];

struct db_organisations_filter {
    const char *q; /* NULL: any */
    const char *sector;
};

bool db_organisations_list(struct tx *tx, const struct db_organisations_filter *filter, struct db_page *page);
/* *organisation is a new reference, NULL when there is none. DB_LOCK: FOR UPDATE. */
bool db_organisations_read(struct tx *tx, const char *id, enum db_reading reading, json_t **organisation);
/* The id of the organisation of this name (however spelled) and sector; "" if there is none. */
bool db_organisations_find(struct tx *tx, const char *name, const char *sector, char id[37]);
bool db_organisations_insert(struct tx *tx, json_t *fields, char id[37]);
/* Members that are in changes are set, the others stay. */
bool db_organisations_update(struct tx *tx, const char *id, json_t *changes);
bool db_organisations_delete(struct tx *tx, const char *id);

#endif
