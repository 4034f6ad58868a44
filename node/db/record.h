/* What the tables of records (organisations, contacts, listings) have in common: rows as JSON in the API's
 * form. A change is the JSON that the caller sent, already checked; SQL's jsonb_populate_record lays it over
 * the row. */
#ifndef NODE_DB_RECORD_H
#define NODE_DB_RECORD_H

#include "node/db/db.h"

/* By $1 = id. *record is a new reference, NULL when there is no row. */
bool db_record_read(struct tx *tx, const struct db_statement *statement, const char *id,
                    const struct db_json_column *columns, json_t **record);
/* $1 = fields; the row returned begins with the id. */
bool db_record_insert(struct tx *tx, const struct db_statement *statement, json_t *fields, char id[37]);
/* $1 = id, $2 = changes. */
bool db_record_update(struct tx *tx, const struct db_statement *statement, const char *id, json_t *changes);

#endif
