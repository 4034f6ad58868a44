#include "node/db/installation.h"

#include <stdio.h>

const struct db_statement db_installation_statements[] = {
    {"installation_read",
     "SELECT datname AS database, pg_encoding_to_char(encoding) AS encoding, "
     "coalesce(datcollversion, '') AS made, coalesce(pg_database_collation_actual_version(oid), '') AS here, "
     "current_setting('transaction_read_only')::boolean AS read_only "
     "FROM pg_database WHERE datname = current_database()"},
    {NULL, NULL},
};

bool db_installation_read(struct tx *tx, struct db_installation *installation)
{
    struct db_result *row;

    if (!db_query(tx, &db_installation_statements[0], NULL, 0, &row))
        return false;
    snprintf(installation->database, sizeof installation->database, "%s", db_cell(row, 0, "database"));
    snprintf(installation->encoding, sizeof installation->encoding, "%s", db_cell(row, 0, "encoding"));
    snprintf(installation->collation_made, sizeof installation->collation_made, "%s",
             db_cell(row, 0, "made"));
    snprintf(installation->collation_here, sizeof installation->collation_here, "%s",
             db_cell(row, 0, "here"));
    installation->read_only = db_cell_boolean(row, 0, "read_only");
    db_result_destroy(row);
    return true;
}
