/* CSV as people have it: RFC 4180 in UTF-8 (with or without byte order mark) or Windows-1252, with commas,
 * semicolons or tabs between the cells; and writing it so that a spreadsheet takes no cell for a formula.
 * Pure; any thread.
 *
 * The caller owns a struct csv; it borrows nothing and does not change after csv_read. */
#ifndef NODE_CORE_CSV_H
#define NODE_CORE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/bytes.h"

enum { CSV_ROWS_MAX = 10001, CSV_COLUMNS_MAX = 64, CSV_ERROR_SIZE = 160 };

struct csv_row {
    size_t line; /* of the file, on which it begins; 1 is the first */
    size_t count;
    char **cells; /* UTF-8, line breaks as LF */
};

struct csv {
    const char *encoding; /* "UTF-8", "Windows-1252" */
    char delimiter;       /* ',' ';' '\t' */
    size_t count;         /* without empty rows; the first is the header */
    struct csv_row *rows;
    char *text;   /* all cells live in here */
    char **cells; /* and here are they listed */
};

struct csv_error {
    size_t line;
    char text[CSV_ERROR_SIZE];
};

/* Reads a whole file. NULL with an error that says on which line: quotes where they do not belong, NUL,
 * another encoding, more than CSV_ROWS_MAX rows or CSV_COLUMNS_MAX columns. */
struct csv *csv_read(const char *data, size_t size, struct csv_error *error);
void csv_destroy(struct csv *csv);

enum csv_order { CSV_FIRST, CSV_NEXT };
/* Appends a cell, the first of its row or one behind another, quoted where needed. What a spreadsheet would
 * take for a formula gets a ' in front; csv_plain takes it off again. */
void csv_write_cell(struct buffer *out, char delimiter, enum csv_order order, const char *text);
void csv_write_end(struct buffer *out);
/* The text without that '. */
const char *csv_plain(const char *text);

#endif
