/* JSON as SPEC.md section 2 wants it, and field tables: one row a member serves checking and documentation.
 * json_t values are jansson's and reference-counted by the caller. No globals; any thread. */
#ifndef PROTOCOL_JSON_PROFILE_H
#define PROTOCOL_JSON_PROFILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "protocol/err.h"

#define JSON_PROFILE_INTEGER_MAX 9007199254740991LL
enum { JSON_PROFILE_DEPTH = 16 };

/* Parses one JSON object in the profile. Returns a new reference, or NULL with ERR_MALFORMED. */
json_t *json_profile_parse(const char *text, size_t length, struct err *err);

/* Length in Unicode code points of valid UTF-8. */
size_t json_profile_text_length(const char *text);

enum json_field_type {
    JSON_FIELD_TEXT,    /* string of min..max code points; max 0: no upper bound */
    JSON_FIELD_INTEGER, /* min..max; max 0: no upper bound but the profile's */
    JSON_FIELD_BOOLEAN,
    JSON_FIELD_TIME,  /* YYYY-MM-DDTHH:MM:SSZ */
    JSON_FIELD_MONTH, /* YYYY-MM */
    JSON_FIELD_UUID,
    JSON_FIELD_B64U, /* of exactly max octets */
    JSON_FIELD_AUTHORITY,
    JSON_FIELD_STREAM, /* net, or to/ and an authority */
    JSON_FIELD_ENUM,   /* string, one of `values` (NULL-terminated) */
    JSON_FIELD_OBJECT, /* `fields` describes it, if given */
    JSON_FIELD_ARRAY   /* min..max items (max 0: no upper bound); each an object by `fields`, if given */
};

struct json_field {
    const char *name; /* NULL ends a table */
    enum json_field_type type;
    bool required;
    bool nullable;
    long long min, max;
    const char *const *values;
    const struct json_field *fields;
    /* Further rules of the value (of an array: of each item); false sets err's text. NULL: none. */
    bool (*check)(const json_t *value, struct err *err);
};

/* Checks an object against a table. closed: unknown members are an error that names them. The text names the
 * first offending member as a JSON pointer ("/body/title: longer than 200 characters"). */
enum err_code json_profile_check(const json_t *object, const struct json_field *table, bool closed,
                                 struct err *err);

/* Borrowed getters for checked objects: NULL / fallback when absent or null. */
const char *json_profile_text(const json_t *object, const char *name);
long long json_profile_integer(const json_t *object, const char *name, long long fallback);

#endif
