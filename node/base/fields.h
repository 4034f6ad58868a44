/* Objects against their field tables: the one truth about the API's input (compared with openapi.yaml both
 * ways by a test), and about the rows of a file that is imported. All problems are collected, by JSON
 * pointer. Any thread.
 *
 * On top of what struct json_field says, texts are refused when they are blank or hold control characters
 * other than LF and TAB; unknown members are errors that name them. */
#ifndef NODE_BASE_FIELDS_H
#define NODE_BASE_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "node/base/problem.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"

/* NEW: all that is required must be there. CHANGE: every member may be left out, but one must be there. */
enum fields_whole { FIELDS_NEW, FIELDS_CHANGE };

/* One of the API's input objects, by its name in openapi.yaml. */
struct fields_schema {
    const char *schema; /* NULL ends a table */
    const struct json_field *fields;
    enum fields_whole whole;
};
/* All of them, by noun: node/routes.c. NULL-terminated. */
extern const struct fields_schema *const fields_schema_tables[];

/* {reason}: why somebody does it. */
extern const struct json_field fields_reason[];
extern const struct fields_schema fields_schemas[];

/* True when body fits the table; else INVALID_BODY with every offending field. body NULL counts as {}. */
bool fields_check(const json_t *body, const struct json_field *table, enum fields_whole whole,
                  struct problem *problem);

/* For whoever checks another kind of object by the same rules: texts that people can read, and complaints
 * into a problem (arg), at most a hundred. */
bool fields_readable(const char *text, const struct json_field *field, struct json_complaint *complaint);
bool fields_report(void *arg, const struct json_complaint *complaint);

/* Each category of a help list once; a further rule for bodies that hold one. */
bool fields_help_unique(const json_t *body, struct problem *problem);

/* Rules for struct json_field.check. */
bool fields_line(const json_t *value, struct err *err);     /* a text of one line */
bool fields_date(const json_t *value, struct err *err);     /* YYYY-MM-DD, a real day */
bool fields_language(const json_t *value, struct err *err); /* two lower case letters */
bool fields_email(const json_t *value, struct err *err); /* one @ with something on both sides, no blanks */

/* Rows for tables; need is one of these. */
enum { FIELD_OPTIONAL = false, FIELD_REQUIRED = true };
#define FIELD_LINE(field, need, low, high)                                                                   \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_TEXT, .required = need, .min = low, .max = high,                   \
        .check = fields_line                                                                                 \
    }
#define FIELD_LINE_OR_NULL(field, low, high)                                                                 \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_TEXT, .nullable = true, .min = low, .max = high,                   \
        .check = fields_line                                                                                 \
    }
#define FIELD_EMAIL_OR_NULL(field)                                                                           \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_TEXT, .nullable = true, .min = 3, .max = 254,                      \
        .check = fields_email                                                                                \
    }
#define FIELD_TEXT(field, need, low, high)                                                                   \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_TEXT, .required = need, .min = low, .max = high                    \
    }
#define FIELD_TEXT_OR_NULL(field, low, high)                                                                 \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_TEXT, .nullable = true, .min = low, .max = high                    \
    }
#define FIELD_ENUM(field, need, list)                                                                        \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_ENUM, .required = need, .values = list                             \
    }
#define FIELD_DATE_OR_NULL(field)                                                                            \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_TEXT, .nullable = true, .min = 10, .max = 10, .check = fields_date \
    }
#define FIELD_LANGUAGE(field, need)                                                                          \
    {                                                                                                        \
        .name = field, .type = JSON_FIELD_TEXT, .required = need, .min = 2, .max = 2,                        \
        .check = fields_language                                                                             \
    }
#define FIELD_LIMIT                                                                                          \
    {                                                                                                        \
        .name = "limit", .type = JSON_FIELD_INTEGER, .min = 1, .max = 200                                    \
    }
#define FIELD_CURSOR                                                                                         \
    {                                                                                                        \
        .name = "cursor", .type = JSON_FIELD_TEXT, .min = 1, .max = 500                                      \
    }
#define FIELD_SEARCH                                                                                         \
    {                                                                                                        \
        .name = "q", .type = JSON_FIELD_TEXT, .min = 1, .max = 200                                           \
    }
#define FIELD_END                                                                                            \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }

enum { FIELDS_LIMIT_DEFAULT = 50 };

#endif
