#include "node/db/desk/imports.h"

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
#define READ_ONE                                                                                             \
    "SELECT id, kind, report, " DB_TIME("created_at") " AS created_at, "                                     \
    DB_TIME("applied_at") " AS applied_at FROM imports WHERE id = $1"

static const struct db_json_column columns[] = {
    {"report", DB_JSON_DOCUMENT},
    {NULL, DB_JSON_STRING},
};

enum { FORGET, INSERT, READ, LOCK, CONTENT, APPLIED };

const struct db_statement db_imports_statements[] = {
    [FORGET] = {"imports_forget", "DELETE FROM imports WHERE created_at < now() - interval '30 days'"},
    [INSERT] = {"imports_insert",
        "INSERT INTO imports (kind, user_id, content, report) VALUES ($1, nullif($2, '')::uuid, $3, $4) "
        "RETURNING id"},
    [READ] = {"imports_read", READ_ONE},
    /* Whoever comes second need not wait for thousands of rows: the first one does what both want. */
    [LOCK] = {"imports_lock", READ_ONE " FOR UPDATE NOWAIT"},
    [CONTENT] = {"imports_content", "SELECT content FROM imports WHERE id = $1"},
    [APPLIED] = {"imports_applied",
        "UPDATE imports SET report = $2, applied_at = now(), content = '' WHERE id = $1"},
    {NULL, NULL},
};
/* clang-format on */

bool db_imports_insert(struct tx *tx, const char *kind, const char *user_id, struct bytes content,
                       json_t *report, char id[37])
{
    char *text = json_dumps(report, JSON_COMPACT);
    struct db_result *rows = NULL;
    bool ok = db_query(tx, &db_imports_statements[FORGET], NULL, 0, NULL) &&
              DB_QUERY(tx, &db_imports_statements[INSERT], &rows, db_text(kind), db_text(user_id),
                       db_octets(content.data, content.size), db_text(text));

    if (ok)
        snprintf(id, 37, "%s", db_cell(rows, 0, "id"));
    db_result_destroy(rows);
    free(text);
    return ok;
}

bool db_imports_read(struct tx *tx, const char *id, enum db_reading reading, json_t **import)
{
    struct db_result *rows;

    *import = NULL;
    if (!DB_QUERY(tx, &db_imports_statements[reading == DB_LOCK ? LOCK : READ], &rows, db_text(id)))
        return false;
    if (db_rows(rows) > 0) {
        *import = db_row_json(rows, 0, columns);
        json_object_update(*import, json_object_get(*import, "report"));
        json_object_del(*import, "report");
    }
    db_result_destroy(rows);
    return true;
}

bool db_imports_content(struct tx *tx, const char *id, struct buffer *content)
{
    struct db_result *rows;
    bool ok;

    if (!DB_QUERY(tx, &db_imports_statements[CONTENT], &rows, db_text(id)))
        return false;
    ok = db_cell_octets(rows, 0, "content", content);
    db_result_destroy(rows);
    return ok || problem_set(tx->problem, PROBLEM_INTERNAL, "The file of this import could not be read.");
}

bool db_imports_applied(struct tx *tx, const char *id, json_t *report)
{
    char *text = json_dumps(report, JSON_COMPACT);
    bool ok = DB_QUERY(tx, &db_imports_statements[APPLIED], NULL, db_text(id), db_text(text));

    free(text);
    return ok;
}
