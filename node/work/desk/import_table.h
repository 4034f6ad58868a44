/* A table to import: a CSV file whose header was understood, and its rows as the API's objects with what is
 * wrong in them. Pure but for the rules it is given; the database is imports.c's. */
#ifndef NODE_WORK_DESK_IMPORT_TABLE_H
#define NODE_WORK_DESK_IMPORT_TABLE_H

#include <jansson.h>

#include "node/core/csv.h"
#include "node/core/vocabulary.h"
#include "node/core/workflow.h"
#include "node/base/problem.h"

struct import_table {
    enum listing_kind kind;
    struct csv *csv;
    int place[COLUMN_COUNT]; /* of each column we know in the file's rows; -1: the file has none */
    const char *language, *municipality; /* where a row does not say; borrowed */
};

/* What a row says. */
struct import_row {
    size_t line;
    json_t *organisation; /* OrganisationNew */
    json_t *fields;       /* ProposalNew or OfferNew without organisation_id; external_source, external_id */
    const char *state;
    json_t *errors; /* array of ImportError; empty: good */
    char digest[64];
};

/* INVALID_BODY when the file is no CSV or lacks a column that no row can do without. import_table_finish
 * either way. */
bool import_table_open(struct import_table *table, enum listing_kind kind, const char *content, size_t size,
                       struct problem *problem);
void import_table_finish(struct import_table *table);

/* At most so many characters of a text, as the API shows it: a new reference. */
json_t *import_shown(const char *text, size_t characters);

/* Columns of the file that mean nothing here: a new array of texts. */
json_t *import_table_ignored(const struct import_table *table);

/* Row n, 1 being the first below the header. import_row_finish frees. */
void import_row_read(const struct import_table *table, size_t n, struct import_row *row);
void import_row_finish(struct import_row *row);
/* An earlier row, on this line, is about the same. */
void import_row_repeats(const struct import_table *table, struct import_row *row,
                        enum vocabulary_column column, size_t line);
/* Something is wrong with a column (COLUMN_COUNT: with the row as a whole). */
void import_row_error(const struct import_table *table, struct import_row *row, enum vocabulary_column column,
                      const char *code, const char *detail);

#endif
