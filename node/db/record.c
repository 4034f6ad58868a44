#include "node/db/record.h"

#include <stdio.h>
#include <stdlib.h>

bool db_record_read(struct tx *tx, const struct db_statement *statement, const char *id,
                    const struct db_json_column *columns, json_t **record)
{
    struct db_result *rows;

    *record = NULL;
    if (!DB_QUERY(tx, statement, &rows, db_text(id)))
        return false;
    if (db_rows(rows) > 0)
        *record = db_row_json(rows, 0, columns);
    db_result_destroy(rows);
    return true;
}

bool db_record_insert(struct tx *tx, const struct db_statement *statement, json_t *fields, char id[37])
{
    char *text = json_dumps(fields, JSON_COMPACT);
    struct db_result *rows = NULL;
    bool ok = DB_QUERY(tx, statement, &rows, db_text(text));

    if (ok)
        snprintf(id, 37, "%s", db_cell(rows, 0, "id"));
    db_result_destroy(rows);
    free(text);
    return ok;
}

bool db_record_update(struct tx *tx, const struct db_statement *statement, const char *id, json_t *changes)
{
    char *text = json_dumps(changes, JSON_COMPACT);
    bool ok = DB_QUERY(tx, statement, NULL, db_text(id), db_text(text));

    free(text);
    return ok;
}
