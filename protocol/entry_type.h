/* The types of entries that this edition knows, one file each: its body's field table and the rules across
 * members (SPEC.md section 11). Internal to protocol/: entry.c lists them, and others ask entry.h. */
#ifndef PROTOCOL_ENTRY_TYPE_H
#define PROTOCOL_ENTRY_TYPE_H

#include <jansson.h>
#include <stdbool.h>

#include "protocol/err.h"
#include "protocol/json_field.h"

struct entry_type {
    const char *name;
    bool text_bearing; /* carries keep_until */
    bool erasable;
    const struct json_field *body; /* open: unknown members are ignored */
    /* What the table cannot say of a body that fits it; false sets err, text "/member: what is wrong". NULL:
     * nothing. */
    bool (*check)(const json_t *body, struct err *err);
};

extern const struct entry_type entry_proposal;
extern const struct entry_type entry_offer;
extern const struct entry_type entry_forward;
extern const struct entry_type entry_response;
extern const struct entry_type entry_report;
extern const struct entry_type entry_erase;
extern const struct entry_type entry_key;
extern const struct entry_type entry_member;
extern const struct entry_type entry_epoch;

/* Rows that several tables have. A code that may grow (category, band, state) is only bounded: a reader shows
 * an unknown one as «other» and does not refuse it. */
#define ENTRY_FIELD_CODE(...)                                                                                \
    {                                                                                                        \
        .type = JSON_FIELD_TEXT, .min = 1, .max = ENTRY_CODE_MAX, __VA_ARGS__                                \
    }
#define ENTRY_FIELD_JWK                                                                                      \
    {                                                                                                        \
        .name = "jwk", .type = JSON_FIELD_OBJECT, .required = true, .check = key_check_jwk                   \
    }

#endif
