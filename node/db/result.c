/* Reading results: cells, and rows as JSON. Declared in db.h. */
#include "node/db/result.h"

#include <stdlib.h>
#include <string.h>

#include "node/db/db.h"
#include "protocol/check.h"

size_t db_rows(const struct db_result *result)
{
    return (size_t)PQntuples(result->rows);
}

int64_t db_affected(const struct db_result *result)
{
    return strtoll(PQcmdTuples(result->rows), NULL, 10);
}

static const char *cell_at(const struct db_result *result, size_t row, int column)
{
    /* A statement and its reader that disagree are a mistake of ours: no row of another shape is read as
     * this. */
    CHECK(column >= 0 && row < db_rows(result));
    return PQgetisnull(result->rows, (int)row, column) ? NULL : PQgetvalue(result->rows, (int)row, column);
}

const char *db_cell(const struct db_result *result, size_t row, const char *column)
{
    return cell_at(result, row, PQfnumber(result->rows, column));
}

static int64_t integer_of(const char *text)
{
    return text ? strtoll(text, NULL, 10) : 0;
}

static bool boolean_of(const char *text)
{
    return text && text[0] == 't';
}

int64_t db_cell_integer(const struct db_result *result, size_t row, const char *column)
{
    return integer_of(db_cell(result, row, column));
}

bool db_cell_boolean(const struct db_result *result, size_t row, const char *column)
{
    return boolean_of(db_cell(result, row, column));
}

bool db_cell_octets(const struct db_result *result, size_t row, const char *column, struct buffer *out)
{
    const char *text = db_cell(result, row, column);
    size_t size = 0;
    unsigned char *octets = text ? PQunescapeBytea((const unsigned char *)text, &size) : NULL;

    if (!octets)
        return false;
    buffer_append(out, octets, size);
    PQfreemem(octets);
    return !out->failed;
}

bool db_cell_fixed(const struct db_result *result, size_t row, const char *column, uint8_t *out, size_t size)
{
    struct buffer octets = {0};
    bool ok = db_cell_octets(result, row, column, &octets) && octets.size == size;

    if (ok)
        memcpy(out, octets.data, size);
    buffer_free(&octets);
    return ok;
}

json_t *db_cell_json(const struct db_result *result, size_t row, const char *column)
{
    const char *text = db_cell(result, row, column);

    return text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
}

static enum db_json_kind db_column_kind(const char *name, const struct db_json_column *columns)
{
    for (; columns && columns->name; columns++)
        if (strcmp(columns->name, name) == 0)
            return columns->kind;
    return DB_JSON_STRING;
}

static json_t *json_of(const char *text, enum db_json_kind kind)
{
    if (!text)
        return json_null();
    switch (kind) {
    case DB_JSON_INTEGER:
        return json_integer(integer_of(text));
    case DB_JSON_BOOLEAN:
        return json_boolean(boolean_of(text));
    case DB_JSON_DOCUMENT:
        return json_loads(text, JSON_DECODE_ANY, NULL);
    case DB_JSON_STRING:
    case DB_JSON_SKIP:
        break;
    }
    return json_string(text);
}

json_t *db_row_json(const struct db_result *result, size_t row, const struct db_json_column *columns)
{
    json_t *object = json_object();

    for (int column = 0; column < PQnfields(result->rows); column++) {
        const char *name = PQfname(result->rows, column);
        enum db_json_kind kind = db_column_kind(name, columns);

        if (kind != DB_JSON_SKIP)
            json_object_set_new(object, name, json_of(cell_at(result, row, column), kind));
    }
    return object;
}

json_t *db_rows_json(const struct db_result *result, const struct db_json_column *columns)
{
    json_t *array = json_array();

    for (size_t row = 0; row < db_rows(result); row++)
        json_array_append_new(array, db_row_json(result, row, columns));
    return array;
}

void db_result_destroy(struct db_result *result)
{
    if (!result)
        return;
    PQclear(result->rows);
    free(result);
}
