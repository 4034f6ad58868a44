/* Everything recorded here as tables of text, in the columns that an import takes. */
#ifndef NODE_DB_DESK_EXPORT_H
#define NODE_DB_DESK_EXPORT_H

#include "node/db/db.h"

extern const struct db_statement db_export_statements[];

struct db_export {
    const char *name;           /* proposals, offers, organisations; NULL ends the table */
    const char *const *columns; /* NULL-terminated, in the order of the rows' cells */
    int statement;
};
extern const struct db_export db_exports[];

/* The caller destroys the rows. */
bool db_export_rows(struct tx *tx, const struct db_export *table, struct db_result **rows);

#endif
