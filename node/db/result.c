/* Reading results, cell by cell. Declared in db.h. */
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

const char *db_at(const struct db_result *result, size_t row, int column)
{
    /* A statement and its reader that disagree are a mistake of ours: no row of another shape is read as
     * this. */
    CHECK(column >= 0 && row < db_rows(result));
    return PQgetisnull(result->rows, (int)row, column) ? NULL : PQgetvalue(result->rows, (int)row, column);
}

int db_column(const struct db_result *result, const char *name)
{
    return PQfnumber(result->rows, name);
}

const char *db_cell(const struct db_result *result, size_t row, const char *column)
{
    return db_at(result, row, db_column(result, column));
}

static int64_t integer_of(const char *text)
{
    return text ? strtoll(text, NULL, 10) : 0;
}

static bool boolean_of(const char *text)
{
    return text && text[0] == 't';
}

int64_t db_at_integer(const struct db_result *result, size_t row, int column)
{
    return integer_of(db_at(result, row, column));
}

bool db_at_boolean(const struct db_result *result, size_t row, int column)
{
    return boolean_of(db_at(result, row, column));
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

void db_result_destroy(struct db_result *result)
{
    if (!result)
        return;
    PQclear(result->rows);
    free(result);
}
