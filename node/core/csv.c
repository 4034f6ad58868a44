#include "node/core/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

/* 0x80 to 0x9F of Windows-1252; 0: not assigned. The rest is as in Latin-1. */
static const unsigned short windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static bool refuse(struct csv_error *error, size_t line, const char *text)
{
    error->line = line;
    snprintf(error->text, sizeof error->text, "%s", text);
    return false;
}

static bool decode_windows_1252(const char *data, size_t size, struct buffer *out, struct csv_error *error)
{
    size_t line = 1;

    for (size_t i = 0; i < size; i++) {
        unsigned char octet = (unsigned char)data[i];
        ucs4_t c = octet >= 0x80 && octet < 0xA0 ? windows_1252[octet - 0x80] : octet;
        uint8_t encoded[6];

        if (c == 0) {
            return refuse(error, line,
                          "a character that is neither UTF-8 nor Windows-1252; save the file as UTF-8");
        }
        line += c == '\n';
        buffer_append(out, encoded, (size_t)u8_uctomb(encoded, c, sizeof encoded));
    }
    return true;
}

/* As UTF-8 without byte order mark. */
static bool decode(struct csv *csv, const char *data, size_t size, struct buffer *out,
                   struct csv_error *error)
{
    bool marked = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0;

    if (size >= 2 && (memcmp(data, "\xFF\xFE", 2) == 0 || memcmp(data, "\xFE\xFF", 2) == 0))
        return refuse(error, 1, "the file is in UTF-16; save it as UTF-8");
    if (memchr(data, '\0', size))
        return refuse(error, 1, "the file holds NUL characters; it is no text file");
    if (!u8_check((const uint8_t *)data, size)) {
        csv->encoding = "UTF-8";
        buffer_append(out, data + (marked ? 3 : 0), size - (marked ? 3 : 0));
        return true;
    }
    csv->encoding = "Windows-1252";
    return decode_windows_1252(data, size, out, error);
}

/* The most frequent of the three in the first line, outside quotes. */
static char find_delimiter(const char *text)
{
    size_t count[3] = {0};
    static const char delimiters[] = ",;\t";
    bool quoted = false;

    for (; *text != '\0' && (quoted || (*text != '\n' && *text != '\r')); text++) {
        const char *which = strchr(delimiters, *text);

        quoted ^= *text == '"';
        if (which && !quoted)
            count[which - delimiters]++;
    }
    return count[1] > count[0] && count[1] >= count[2] ? ';' : count[2] > count[0] ? '\t' : ',';
}

/* Where the reading stands. Cells are written back over the text: they never grow. */
struct csv_place {
    char *from;
    char *to;
    size_t line;
    struct csv_error *error;
};

static bool at_end_of_row(const struct csv_place *at)
{
    return *at->from == '\0' || *at->from == '\n' || *at->from == '\r';
}

static void skip_line_break(struct csv_place *at)
{
    at->line += *at->from != '\0';
    if (*at->from == '\r' && at->from[1] == '\n')
        at->from++;
    at->from += *at->from != '\0';
}

static bool read_quoted(struct csv_place *at, char delimiter)
{
    size_t opened = at->line;

    at->from++;
    for (;;) {
        if (*at->from == '\0')
            return refuse(at->error, opened, "a quotation mark is opened here and never closed");
        if (*at->from == '"' && at->from[1] == '"') {
            *at->to++ = '"';
            at->from += 2;
        } else if (*at->from == '"') {
            at->from++;
            break;
        } else if (*at->from == '\n' || *at->from == '\r') {
            skip_line_break(at);
            *at->to++ = '\n';
        } else {
            *at->to++ = *at->from++;
        }
    }
    return at_end_of_row(at) || *at->from == delimiter ||
           refuse(at->error, at->line,
                  "text behind a closing quotation mark; within quotation marks write \"\"");
}

static bool read_bare(struct csv_place *at, char delimiter)
{
    while (!at_end_of_row(at) && *at->from != delimiter) {
        if (*at->from == '"') {
            return refuse(
                at->error, at->line,
                "a quotation mark within a cell; put the whole cell in quotation marks and write \"\"");
        }
        *at->to++ = *at->from++;
    }
    return true;
}

/* Reads a row; *count 0 for an empty line. The NUL after a cell may fall on the delimiter or line break just
 * passed, so that is looked at first. */
static bool read_row(struct csv_place *at, char delimiter, char **cells, size_t *count)
{
    bool more = true;

    *count = 0;
    if (at_end_of_row(at)) {
        skip_line_break(at);
        return true;
    }
    while (more) {
        if (*count == CSV_COLUMNS_MAX)
            return refuse(at->error, at->line, "more than 64 columns");
        cells[(*count)++] = at->to;
        if (!(*at->from == '"' ? read_quoted(at, delimiter) : read_bare(at, delimiter)))
            return false;
        more = *at->from == delimiter;
        if (more)
            at->from++;
        else
            skip_line_break(at);
        *at->to++ = '\0';
    }
    return true;
}

static bool all_blank(char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cells[i][strspn(cells[i], " \t\n")] != '\0')
            return false;
    return true;
}

static bool grow(struct csv *csv, size_t cells_used)
{
    struct csv_row *rows = realloc(csv->rows, (csv->count + 1) * sizeof *rows);
    char **cells;

    if (!rows)
        return false;
    csv->rows = rows;
    cells = realloc(csv->cells, (cells_used + CSV_COLUMNS_MAX) * sizeof *cells);
    if (!cells)
        return false;
    csv->cells = cells;
    return true;
}

/* A spreadsheet's own hint: "sep=;" on the first line. */
static void skip_hint(struct csv *csv, struct csv_place *at)
{
    bool hint = strncasecmp(at->from, "sep=", 4) == 0 && at->from[4] != '\0' && strchr(",;\t", at->from[4]) &&
                strchr("\r\n", at->from[5]);

    if (hint) {
        csv->delimiter = at->from[4];
        at->from += 5;
        skip_line_break(at);
    }
}

static bool read_rows(struct csv *csv, struct csv_error *error)
{
    struct csv_place at = {.from = csv->text, .to = csv->text, .line = 1, .error = error};
    size_t used = 0;

    csv->delimiter = find_delimiter(csv->text);
    skip_hint(csv, &at);
    while (*at.from != '\0') {
        struct csv_row row = {.line = at.line};

        if (csv->count == CSV_ROWS_MAX)
            return refuse(error, at.line, "more than 10000 rows; split the file");
        if (!grow(csv, used))
            return refuse(error, at.line, "out of memory");
        if (!read_row(&at, csv->delimiter, csv->cells + used, &row.count))
            return false;
        if (!all_blank(csv->cells + used, row.count)) {
            csv->rows[csv->count++] = row;
            used += row.count;
        }
    }
    /* The list of cells does not move any more. */
    used = 0;
    for (size_t i = 0; i < csv->count; i++) {
        csv->rows[i].cells = csv->cells + used;
        used += csv->rows[i].count;
    }
    return csv->count > 0 || refuse(error, 1, "the file is empty");
}

struct csv *csv_read(const char *data, size_t size, struct csv_error *error)
{
    struct csv *csv = calloc(1, sizeof *csv);
    struct buffer text = {0};

    if (!csv) {
        refuse(error, 1, "out of memory");
        return NULL;
    }
    if (!decode(csv, size == 0 ? "" : data, size, &text, error))
        goto fail;
    buffer_puts(&text, "");
    csv->text = buffer_steal(&text);
    if (!csv->text) {
        refuse(error, 1, "out of memory");
        goto fail;
    }
    if (read_rows(csv, error))
        return csv;

fail:
    buffer_free(&text);
    csv_destroy(csv);
    return NULL;
}

void csv_destroy(struct csv *csv)
{
    if (!csv)
        return;
    free(csv->rows);
    free(csv->cells);
    free(csv->text);
    free(csv);
}

static bool like_formula(const char *text)
{
    return *text != '\0' && strchr("=+-@\t\r", *text);
}

void csv_write_cell(struct buffer *out, char delimiter, enum csv_order order, const char *text)
{
    const char separator[2] = {delimiter, '\0'};

    if (order == CSV_NEXT)
        buffer_puts(out, separator);
    if (!like_formula(text) && !strpbrk(text, ",;\"\r\n\t")) {
        buffer_puts(out, text);
        return;
    }
    buffer_puts(out, like_formula(text) ? "\"'" : "\"");
    for (; *text != '\0'; text++) {
        buffer_append(out, text, 1);
        if (*text == '"')
            buffer_puts(out, "\"");
    }
    buffer_puts(out, "\"");
}

void csv_write_end(struct buffer *out)
{
    buffer_puts(out, "\r\n");
}

const char *csv_plain(const char *text)
{
    return *text == '\'' && like_formula(text + 1) ? text + 1 : text;
}
