/* Rows as JSON: text, written straight from the result, and trees, which are that text read. Declared in
 * db.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/db.h"
#include "node/db/result.h"

static void put_escape(struct buffer *out, unsigned char c)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (const char *form = short_forms; *form; form += 2)
        if ((unsigned char)form[0] == c) {
            buffer_append(out, (const char[]){'\\', form[1]}, 2);
            return;
        }
    buffer_printf(out, "\\u%04X", c);
}

void db_json_text(struct buffer *out, const char *text, size_t size)
{
    size_t from = 0;

    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_append(out, text + from, i - from);
        put_escape(out, c);
        from = i + 1;
    }
    buffer_append(out, text + from, size - from);
    buffer_append(out, "\"", 1);
}

/* "2026-11-30 02:14:59.123456+00" to "2026-11-30T02:14:59Z": sessions have UTC and ISO dates (see db.c). */
void db_json_time(struct buffer *out, const char *text, size_t size)
{
    enum { DAY_AND_TIME = 19, DAY = 10 };

    if (size < DAY_AND_TIME || text[DAY] != ' ') {
        db_json_text(out, text, size); /* infinity, and years beyond 9999 */
        return;
    }
    buffer_append(out, "\"", 1);
    buffer_append(out, text, DAY);
    buffer_append(out, "T", 1);
    buffer_append(out, text + DAY + 1, DAY_AND_TIME - DAY - 1);
    buffer_append(out, "Z\"", 2);
}

static void put_cell(struct buffer *out, enum db_json_kind kind, const char *text, size_t size)
{
    switch (kind) {
    case DB_JSON_INTEGER:
    case DB_JSON_DOCUMENT:
        buffer_append(out, text, size);
        break;
    case DB_JSON_BOOLEAN:
        buffer_puts(out, text[0] == 't' ? "true" : "false");
        break;
    case DB_JSON_TIME:
        db_json_time(out, text, size);
        break;
    case DB_JSON_STRING:
    case DB_JSON_SKIP:
        db_json_text(out, text, size);
        break;
    }
}

/* A column that is written: which, as what, after which text. */
struct written {
    int number;
    enum db_json_kind kind;
    size_t size;
    char before[60];
};

static struct db_json_column find_column(const char *name, const struct db_json_column *columns)
{
    for (; columns && columns->name; columns++)
        if (strcmp(columns->name, name) == 0)
            return *columns;
    return (struct db_json_column){.name = name};
}

/* Names are looked up once for all rows. */
static size_t resolve(const struct db_form *form, const PGresult *rows, struct written *columns)
{
    size_t count = 0;

    for (int number = 0; number < PQnfields(rows); number++) {
        const struct db_json_column column = find_column(PQfname(rows, number), form->columns);
        struct written *written = &columns[count];

        if (column.kind == DB_JSON_SKIP)
            continue;
        *written = (struct written){.number = number, .kind = column.kind};
        written->size = (size_t)snprintf(written->before, sizeof written->before,
                                         "%s\"%s\":", count ? "," : "", column.name);
        count++;
    }
    return count;
}

static void put_row(const struct db_form *form, const struct db_result *result, size_t row,
                    const struct written *columns, size_t count, struct buffer *out)
{
    buffer_append(out, "{", 1);
    for (const struct written *column = columns; column < columns + count; column++) {
        buffer_append(out, column->before, column->size);
        if (PQgetisnull(result->rows, (int)row, column->number))
            buffer_append(out, "null", 4);
        else
            put_cell(out, column->kind, PQgetvalue(result->rows, (int)row, column->number),
                     (size_t)PQgetlength(result->rows, (int)row, column->number));
    }
    if (form->more)
        form->more(out, result, row, form->arg);
    buffer_append(out, "}", 1);
}

static void put_rows(const struct db_form *form, const struct db_result *result, size_t from, size_t to,
                     struct buffer *out)
{
    struct written *columns = calloc((size_t)PQnfields(result->rows) + 1, sizeof *columns);
    size_t count;

    if (!columns) {
        out->failed = true;
        return;
    }
    count = resolve(form, result->rows, columns);
    for (size_t row = from; row < to; row++) {
        if (row > from)
            buffer_append(out, ",", 1);
        put_row(form, result, row, columns, count, out);
    }
    free(columns);
}

void db_form_write(const struct db_form *form, const struct db_result *result, size_t count,
                   struct buffer *out)
{
    put_rows(form, result, 0, count, out);
}

/* Takes the text. */
static json_t *parse(struct buffer *text)
{
    json_t *value = text->failed ? NULL : json_loadb((const char *)text->data, text->size, 0, NULL);

    buffer_free(text);
    return value;
}

json_t *db_form_row(const struct db_form *form, const struct db_result *result, size_t row)
{
    struct buffer text = {0};

    put_rows(form, result, row, row + 1, &text);
    return parse(&text);
}

json_t *db_row_json(const struct db_result *result, size_t row, const struct db_json_column *columns)
{
    return db_form_row(&(struct db_form){.columns = columns}, result, row);
}

json_t *db_rows_json(const struct db_result *result, const struct db_json_column *columns)
{
    struct buffer text = {0};

    buffer_puts(&text, "[");
    db_form_write(&(struct db_form){.columns = columns}, result, db_rows(result), &text);
    buffer_puts(&text, "]");
    return parse(&text);
}
