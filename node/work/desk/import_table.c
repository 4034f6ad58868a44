#include "node/work/desk/import_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/bytes.h"
#include "protocol/json_profile.h"

#include "node/work/desk/listing_fields.h"
#include "node/work/desk/organisation_fields.h"

enum { PIECE_SIZE = 256, SOURCE_MAX = 300, EXTERNAL_ID_MAX = 80, ERRORS_MAX = 40, HEADER_SHOWN = 120 };

/* What the API calls the columns, whatever a file calls them. */
static const char *const field_names[COLUMN_COUNT] = {
    [COLUMN_ORGANISATION] = "organisation",
    [COLUMN_SECTOR] = "sector",
    [COLUMN_KIND] = "kind",
    [COLUMN_MUNICIPALITY] = "municipality",
    [COLUMN_TITLE] = "title",
    [COLUMN_TEXT] = "text",
    [COLUMN_LANGUAGE] = "language",
    [COLUMN_CATEGORY] = "category",
    [COLUMN_QUANTITY] = "quantity",
    [COLUMN_UNIT] = "unit",
    [COLUMN_DAY] = "day",
    [COLUMN_RETURN_FAVOUR] = "return_favour",
    [COLUMN_NOTE] = "note",
    [COLUMN_STATE] = "state",
    [COLUMN_EXTERNAL_ID] = "external_id",
    [COLUMN_SOURCE] = "source",
};

static const enum vocabulary_column needed[] = {COLUMN_ORGANISATION, COLUMN_TITLE, COLUMN_TEXT,
                                                COLUMN_CATEGORY};

/* Which column an offending field of the API came from; the first row that fits the pointer's beginning. */
struct source_column {
    const char *pointer;
    enum vocabulary_column column;
};
static const struct source_column listing_columns[] = {
    {"/title", COLUMN_TITLE},
    {"/text", COLUMN_TEXT},
    {"/language", COLUMN_LANGUAGE},
    {"/municipality", COLUMN_MUNICIPALITY},
    {"/needed_by", COLUMN_DAY},
    {"/available_until", COLUMN_DAY},
    {"/return_favour", COLUMN_RETURN_FAVOUR},
    {"/note", COLUMN_NOTE},
    {"/help", COLUMN_CATEGORY},
    {"", COLUMN_COUNT},
};
static const struct source_column organisation_columns[] = {
    {"/name", COLUMN_ORGANISATION},         {"/sector", COLUMN_SECTOR}, {"/kind", COLUMN_KIND},
    {"/municipality", COLUMN_MUNICIPALITY}, {"", COLUMN_COUNT},
};

/* -------- the header */

static char *trimmed(char *text)
{
    size_t end;

    text += strspn(text, " \t\n");
    end = strlen(text);
    while (end > 0 && strchr(" \t\n", text[end - 1]))
        text[--end] = '\0';
    return text;
}

static bool read_header(struct import_table *table, struct problem *problem)
{
    const struct csv_row *header = &table->csv->rows[0];

    for (size_t i = 0; i < header->count; i++) {
        enum vocabulary_column column = vocabulary_column(header->cells[i]);

        if (column == COLUMN_COUNT)
            continue;
        if (table->place[column] >= 0) {
            problem_field(problem, "", "duplicate", "two columns mean the same: «%.80s» and «%.80s»",
                          header->cells[table->place[column]], header->cells[i]);
            problem_subject(problem, field_names[column]);
        }
        table->place[column] = (int)i;
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (table->place[needed[i]] < 0) {
            problem_field(problem, "", "missing",
                          "line %zu: no column is called %s (or that in German, Dutch or French)",
                          header->line, field_names[needed[i]]);
            problem_subject(problem, field_names[needed[i]]);
        }
    }
    return problem->code == PROBLEM_NONE;
}

bool import_table_open(struct import_table *table, enum listing_kind kind, const char *content, size_t size,
                       struct problem *problem)
{
    struct csv_error error;

    table->kind = kind;
    table->csv = csv_read(content, size, &error);
    if (!table->csv) {
        char line[24];

        snprintf(line, sizeof line, "%zu", error.line);
        problem_field(problem, "", "malformed", "line %zu: %s", error.line, error.text);
        problem_subject(problem, line);
        return false;
    }
    for (int i = 0; i < COLUMN_COUNT; i++)
        table->place[i] = -1;
    for (size_t row = 0; row < table->csv->count; row++)
        for (size_t i = 0; i < table->csv->rows[row].count; i++)
            table->csv->rows[row].cells[i] = trimmed(table->csv->rows[row].cells[i]);
    return read_header(table, problem);
}

void import_table_finish(struct import_table *table)
{
    csv_destroy(table->csv);
    table->csv = NULL;
}

json_t *import_shown(const char *text, size_t characters)
{
    size_t size = 0;

    for (size_t count = 0; text[size] != '\0'; size++) {
        count += ((unsigned char)text[size] & 0xC0) != 0x80;
        if (count > characters)
            break;
    }
    return json_stringn(text, size);
}

json_t *import_table_ignored(const struct import_table *table)
{
    const struct csv_row *header = &table->csv->rows[0];
    json_t *ignored = json_array();

    for (size_t i = 0; i < header->count; i++)
        if (header->cells[i][0] != '\0' && vocabulary_column(header->cells[i]) == COLUMN_COUNT)
            json_array_append_new(ignored, import_shown(header->cells[i], HEADER_SHOWN));
    return ignored;
}

/* -------- errors */

/* line: of the row it repeats, 0: none. */
static void add_error(const struct import_table *table, struct import_row *row, enum vocabulary_column column,
                      const char *code, const char *detail, size_t line)
{
    bool whole = column == COLUMN_COUNT;
    const char *name =
        whole || table->place[column] < 0 ? "" : table->csv->rows[0].cells[table->place[column]];
    json_t *error;

    if (json_array_size(row->errors) >= ERRORS_MAX)
        return;
    error = json_pack("{s:o,s:s?,s:s,s:s,s:o}", "column", import_shown(name, HEADER_SHOWN), "field",
                      whole ? NULL : field_names[column], "code", code, "detail", detail, "line",
                      line == 0 ? json_null() : json_integer((json_int_t)line));
    json_array_append_new(row->errors, error);
}

void import_row_error(const struct import_table *table, struct import_row *row, enum vocabulary_column column,
                      const char *code, const char *detail)
{
    add_error(table, row, column, code, detail, 0);
}

void import_row_repeats(const struct import_table *table, struct import_row *row,
                        enum vocabulary_column column, size_t line)
{
    char detail[80];

    snprintf(detail, sizeof detail, "line %zu is about the same", line);
    add_error(table, row, column, "duplicate", detail, line);
}

static enum vocabulary_column column_of(const struct source_column *columns, const char *pointer)
{
    if (strncmp(pointer, "/help/", 6) == 0 && strstr(pointer, "/quantity"))
        return COLUMN_QUANTITY;
    if (strncmp(pointer, "/help/", 6) == 0 && strstr(pointer, "/unit"))
        return COLUMN_UNIT;
    while (strncmp(pointer, columns->pointer, strlen(columns->pointer)) != 0)
        columns++;
    return columns->column;
}

/* A table knows fewer kinds of mistakes than a body. */
static const char *code_of(const char *code)
{
    static const char *const same[] = {"missing",     "empty",     "too_long",
                                       "not_allowed", "duplicate", "too_many"};

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strcmp(code, same[i]) == 0)
            return same[i];
    return strcmp(code, "too_few") == 0 ? "missing" : "malformed";
}

static void take_errors(const struct import_table *table, struct import_row *row,
                        const struct source_column *columns, struct problem *found)
{
    size_t index;
    json_t *error;

    json_array_foreach (found->errors, index, error) {
        import_row_error(table, row, column_of(columns, json_profile_text(error, "pointer")),
                         code_of(json_profile_text(error, "code")), json_profile_text(error, "detail"));
    }
    problem_finish(found);
}

/* -------- the cells of a row */

/* NULL when the file has no such column; "" when the row ends before it. */
static const char *cell(const struct import_table *table, size_t n, enum vocabulary_column column)
{
    const struct csv_row *row = &table->csv->rows[n];
    int place = table->place[column];

    if (place < 0)
        return NULL;
    return (size_t)place < row->count ? csv_plain(row->cells[place]) : "";
}

/* Cell n of several in one, as «goods + transport»; false when there are no more. */
static bool piece(const char *text, const char *separators, size_t n, char out[PIECE_SIZE])
{
    size_t length;

    for (; n > 0; n--) {
        text += strcspn(text, separators);
        if (*text == '\0')
            return false;
        text++;
    }
    length = strcspn(text, separators);
    if (length >= PIECE_SIZE) {
        for (length = PIECE_SIZE - 1; ((unsigned char)text[length] & 0xC0) == 0x80; length--) {
        }
    }
    snprintf(out, PIECE_SIZE, "%.*s", (int)length, text);
    memmove(out, trimmed(out), strlen(trimmed(out)) + 1);
    return true;
}

static void set_text(json_t *object, const char *member, const char *text)
{
    if (text)
        json_object_set_new(object, member, *text == '\0' ? json_null() : json_string(text));
}

static json_t *read_help(const struct import_table *table, size_t n, struct import_row *row)
{
    const char *categories = cell(table, n, COLUMN_CATEGORY);
    const char *quantities = cell(table, n, COLUMN_QUANTITY);
    const char *units = cell(table, n, COLUMN_UNIT);
    char word[PIECE_SIZE], amount[PIECE_SIZE], unit[PIECE_SIZE];
    json_t *help = json_array();

    /* One more than there may be is enough to be told so. */
    for (size_t i = 0;
         i <= LISTING_HELP_MAX && piece(categories, "+,;/|&\n", i, word) && (i > 0 || word[0] != '\0'); i++) {
        const char *code = vocabulary_category(word);
        json_t *item = json_object();

        json_object_set_new(item, "category", json_string(!code ? word : code));
        if (units && piece(units, "+\n", i, unit) && unit[0] != '\0')
            json_object_set_new(item, "unit", json_string(unit));
        if (quantities && piece(quantities, "+\n", i, amount) && amount[0] != '\0') {
            const char *rest;
            int64_t quantity;

            if (vocabulary_quantity(amount, &quantity, &rest) &&
                (*rest == '\0' || !json_object_get(item, "unit"))) {
                json_object_set_new(item, "quantity", json_integer(quantity));
            } else {
                import_row_error(
                    table, row, COLUMN_QUANTITY, "malformed",
                    "must be a whole number, and may be followed by its unit if there is no column for that");
                rest = "";
            }
            if (*rest != '\0' && !json_object_get(item, "unit"))
                json_object_set_new(item, "unit", json_string(rest));
        }
        json_array_append_new(help, item);
    }
    return help;
}

static void read_day(const struct import_table *table, size_t n, struct import_row *row)
{
    const char *text = cell(table, n, COLUMN_DAY);
    const char *member = table->kind == LISTING_PROPOSAL ? "needed_by" : "available_until";
    char date[VOCABULARY_DATE_SIZE];

    if (!text || *text == '\0')
        set_text(row->fields, member, text);
    else if (vocabulary_date(text, date))
        json_object_set_new(row->fields, member, json_string(date));
    else
        import_row_error(table, row, COLUMN_DAY, "malformed", "must be a day, as 24.12.2026 or 2026-12-24");
}

static void read_state(const struct import_table *table, size_t n, struct import_row *row)
{
    const char *text = cell(table, n, COLUMN_STATE);
    bool proposal = table->kind == LISTING_PROPOSAL;

    row->state = proposal ? "submitted" : "available";
    if (text && *text != '\0')
        row->state = proposal ? vocabulary_proposal_state(text) : vocabulary_offer_state(text);
    if (!row->state)
        import_row_error(table, row, COLUMN_STATE, "not_allowed", "is no state that is known here");
}

static json_t *read_organisation(const struct import_table *table, size_t n)
{
    const char *sector = cell(table, n, COLUMN_SECTOR);
    json_t *organisation = json_object();

    if (!sector || *sector == '\0')
        sector = table->kind == LISTING_PROPOSAL ? "civil_society" : "company";
    else if (vocabulary_sector(sector))
        sector = vocabulary_sector(sector);
    json_object_set_new(organisation, "name", json_string(cell(table, n, COLUMN_ORGANISATION)));
    json_object_set_new(organisation, "sector", json_string(sector));
    set_text(organisation, "kind", cell(table, n, COLUMN_KIND));
    set_text(organisation, "municipality", cell(table, n, COLUMN_MUNICIPALITY));
    return organisation;
}

static void read_fields(const struct import_table *table, size_t n, struct import_row *row)
{
    const char *language = cell(table, n, COLUMN_LANGUAGE);
    const char *municipality = cell(table, n, COLUMN_MUNICIPALITY);
    const char *code = !language || *language == '\0' ? table->language : vocabulary_language(language);
    json_t *fields = row->fields;

    json_object_set_new(fields, "title", json_string(cell(table, n, COLUMN_TITLE)));
    json_object_set_new(fields, "text", json_string(cell(table, n, COLUMN_TEXT)));
    json_object_set_new(fields, "language", json_string(!code ? language : code));
    json_object_set_new(
        fields, "municipality",
        json_string(!municipality || *municipality == '\0' ? table->municipality : municipality));
    json_object_set_new(fields, "help", read_help(table, n, row));
    set_text(fields, "note", cell(table, n, COLUMN_NOTE));
    if (table->kind == LISTING_PROPOSAL)
        set_text(fields, "return_favour", cell(table, n, COLUMN_RETURN_FAVOUR));
    read_day(table, n, row);
}

/* Where a row came from is the import's own; the API has no such fields. */
static void read_origin(const struct import_table *table, size_t n, struct import_row *row)
{
    static const struct {
        enum vocabulary_column column;
        const char *member;
        size_t max;
    } members[] = {{COLUMN_EXTERNAL_ID, "external_id", EXTERNAL_ID_MAX},
                   {COLUMN_SOURCE, "external_source", SOURCE_MAX}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *text = cell(table, n, members[i].column);

        set_text(row->fields, members[i].member, text);
        if (text && json_profile_text_length(text) > members[i].max)
            import_row_error(table, row, members[i].column, "too_long", "is too long");
    }
}

/* The organisation may not exist yet: any id will do for looking at the rest. */
static void check(const struct import_table *table, struct import_row *row)
{
    struct problem found = {0};

    json_object_set_new(row->fields, "organisation_id", json_string("00000000-0000-4000-8000-000000000000"));
    listing_fields_check(table->kind, row->fields, FIELDS_NEW, &found);
    take_errors(table, row, listing_columns, &found);
    fields_check(row->organisation, organisation_fields, FIELDS_NEW, &found);
    take_errors(table, row, organisation_columns, &found);
    json_object_del(row->fields, "organisation_id");
}

static void digest(struct import_row *row)
{
    json_t *said = json_pack("[O,O,s]", row->organisation, row->fields, !row->state ? "" : row->state);
    char *text = json_dumps(said, JSON_COMPACT | JSON_SORT_KEYS);
    uint8_t octets[32];

    bytes_sha256(!text ? "" : text, !text ? 0 : strlen(text), octets);
    bytes_b64u_encode(octets, sizeof octets, row->digest);
    free(text);
    json_decref(said);
}

void import_row_read(const struct import_table *table, size_t n, struct import_row *row)
{
    *row = (struct import_row){
        .line = table->csv->rows[n].line, .fields = json_object(), .errors = json_array()};
    if (table->csv->rows[n].count > table->csv->rows[0].count) {
        import_row_error(table, row, COLUMN_COUNT, "too_many",
                         "has more cells than the header; is a text not quoted?");
    }
    row->organisation = read_organisation(table, n);
    read_state(table, n, row);
    read_fields(table, n, row);
    check(table, row);
    read_origin(table, n, row);
    digest(row);
}

void import_row_finish(struct import_row *row)
{
    json_decref(row->organisation);
    json_decref(row->fields);
    json_decref(row->errors);
}
