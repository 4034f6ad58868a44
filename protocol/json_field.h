/* Field tables: one row a member serves checking and documentation, for what nodes send each other and for
 * what the API takes. json_t values are borrowed. Checking needs no memory, but for rules that do. No
 * globals; any thread. */
#ifndef PROTOCOL_JSON_FIELD_H
#define PROTOCOL_JSON_FIELD_H

#include <jansson.h>
#include <stdbool.h>

#include "protocol/err.h"

enum json_field_type {
    JSON_FIELD_TEXT,    /* string of min..max code points; max 0: no upper bound */
    JSON_FIELD_INTEGER, /* min..max; max 0: no upper bound but the profile's */
    JSON_FIELD_BOOLEAN,
    JSON_FIELD_TIME,  /* YYYY-MM-DDTHH:MM:SSZ */
    JSON_FIELD_MONTH, /* YYYY-MM */
    JSON_FIELD_UUID,
    JSON_FIELD_B64U, /* of exactly max octets, at most 64 */
    JSON_FIELD_AUTHORITY,
    JSON_FIELD_STREAM, /* net, or to/ and an authority */
    JSON_FIELD_ENUM,   /* string, one of `values` (NULL-terminated) */
    JSON_FIELD_OBJECT, /* `fields` describes it, if given */
    JSON_FIELD_ARRAY   /* min..max items (max 0: no upper bound); each an object by `fields`, or one of
                          `values`, if given */
};

struct json_field {
    const char *name; /* NULL ends a table */
    enum json_field_type type;
    bool required;
    bool nullable;
    long long min, max;
    const char *const *values;
    const struct json_field *fields;
    /* Further rules of the value (of an array: of each item), asked when nothing else is wrong with it; false
     * sets err. NULL: none. A text with such a rule and min = max has a form of its own: the rule says
     * what is wrong with its length. */
    bool (*check)(const json_t *value, struct err *err);
};

struct json_complaint {
    const char *pointer; /* RFC 6901; names that somebody made up are cut after 120 octets */
    const char *code;    /* missing, unknown_key, wrong_type, empty, too_short, too_long, … */
    const char *detail;  /* a sentence's end: "longer than 200 characters" */
};

struct json_rules {
    bool closed;  /* unknown members are wrong */
    bool partial; /* required members may be missing (of the object itself, not of those in it) */
    /* A further rule of all free texts, asked before their length; false sets code and detail. NULL: none. */
    bool (*text)(const char *text, const struct json_field *field, struct json_complaint *complaint);
    /* Is told each thing that is wrong, with texts that live as long as the call; returns whether to look for
     * more. */
    bool (*report)(void *arg, const struct json_complaint *complaint);
    void *arg;
};

/* Checks an object against a table; false if anything was reported. */
bool json_field_check_all(const json_t *object, const struct json_field *table,
                          const struct json_rules *rules);
/* The same for a reader who wants the first complaint alone, as ERR_MALFORMED: "/body/title: longer than 200
 * characters"; or the code of a rule that could not be asked (ERR_NO_MEMORY, ERR_CRYPTO). rest: what becomes
 * of members that the table does not name: they are ignored, or wrong (SPEC.md section 2 calls such an object
 * *closed*). */
enum json_field_rest { JSON_FIELD_OPEN, JSON_FIELD_CLOSED };
enum err_code json_field_check(const json_t *object, const struct json_field *table,
                               enum json_field_rest rest, struct err *err);

#endif
