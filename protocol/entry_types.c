/* The body tables of SPEC.md section 11, one a type. Codes that may grow (categories, bands, states) are only
 * bounded here: a reader shows an unknown one as «other» and does not refuse it. */
#include <string.h>

#include "protocol/chain.h"
#include "protocol/entry.h"
#include "protocol/json_profile.h"
#include "protocol/key.h"

enum { CODE_MAX = 64, HELP_MAX = 7, REPORT_CELLS_MAX = 500 };

const char *const entry_categories[] = {"goods", "transport", "space",   "expertise",
                                        "hands", "training",  "network", NULL};
const char *const entry_quantity_bands[] = {"1", "2-5", "6-20", "21-100", "101-500", "501+", NULL};

const char *const entry_proposal_states[] = {ENTRY_PROPOSAL_STATES, NULL};
const char *const entry_offer_states[] = {ENTRY_OFFER_STATES, NULL};
const char *const entry_responses[] = {"taken_up", "declined", "company_found", "handed_back", NULL};
const char *const entry_node_roles[] = {"city", "office", NULL};

static const char *const object_types[] = {"proposal", "offer", NULL};
static const char *const measures[] = {"proposals", "offers", "matches", "organisations",
                                       "companies", "hours",  "euros",   NULL};
static const char *const statuses[] = {"F", "A", "O", "T", "D", NULL};
static const char *const member_states[] = {"invited", "active", "suspended", "removed", NULL};

bool entry_is_one_of(const char *text, const char *const *set)
{
    for (; *set != NULL; set++)
        if (strcmp(*set, text) == 0)
            return true;
    return false;
}

static bool refuse(struct err *err, const char *what)
{
    err_set(err, ERR_MALFORMED, "%s", what);
    return false;
}

static bool letters(const char *text, size_t length, char first, char last)
{
    size_t i = 0;

    while (text[i] >= first && text[i] <= last)
        i++;
    return i == length && text[i] == '\0';
}

static bool check_language(const json_t *value, struct err *err)
{
    return letters(json_string_value(value), 2, 'a', 'z') || refuse(err, "must be an ISO 639-1 code like de");
}

bool entry_country_valid(const char *text)
{
    return letters(text, 2, 'A', 'Z');
}

bool entry_check_country(const json_t *value, struct err *err)
{
    return entry_country_valid(json_string_value(value)) || refuse(err, "must be an ISO 3166-1 code like DE");
}

bool entry_check_scheme(const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(text) ||
           refuse(err, "must be made of A-Z, 0-9 and -");
}

static bool check_municipality(const json_t *value, struct err *err)
{
    bool has_scheme = json_object_get(value, "scheme") != NULL;

    return has_scheme == (json_object_get(value, "code") != NULL) ||
           refuse(err, "scheme and code come together or not at all");
}

static bool check_jwk(const json_t *value, struct err *err)
{
    struct key_public *key = key_public_from_jwk(value, err);

    key_public_destroy(key);
    return key != NULL;
}

static bool check_period(const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    bool quarter = strncmp(rest, "-Q", 2) == 0 && rest[2] >= '1' && rest[2] <= '4' && rest[3] == '\0';

    return (digits == 4 && (*rest == '\0' || quarter)) ||
           refuse(err, "must be a year YYYY or a quarter YYYY-Qn");
}

static bool check_cell(const json_t *cell, struct err *err)
{
    bool is_free = strcmp(json_profile_text(cell, "status"), "F") == 0;

    return is_free != json_is_null(json_object_get(cell, "value")) ||
           refuse(err, "value is null exactly when status is not F");
}

static bool check_erased_cursor(const json_t *value, struct err *err)
{
    struct cursor cursor;

    return (json_is_string(value) && cursor_parse(json_string_value(value), &cursor) && cursor.epoch >= 1 &&
            cursor.seq >= 1) ||
           refuse(err, "must be a cursor E.S of an entry");
}

static bool check_help_unique(const json_t *body, struct err *err)
{
    const json_t *help = json_object_get(body, "help");

    for (size_t i = 0; i < json_array_size(help); i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(json_profile_text(json_array_get(help, i), "category"),
                       json_profile_text(json_array_get(help, j), "category")) == 0)
                return refuse(err, "/help: names a category twice");
    }
    return true;
}

static bool check_response_reason(const json_t *body, struct err *err)
{
    const char *response = json_profile_text(body, "response");
    bool needs_reason = strcmp(response, "declined") == 0 || strcmp(response, "handed_back") == 0;

    return !needs_reason || json_profile_text(body, "reason") != NULL ||
           refuse(err, "/reason: is missing; declined and handed_back give one");
}

#define CODE(member, must)                                                                                   \
    {                                                                                                        \
        .name = member, .type = JSON_FIELD_TEXT, .required = must, .min = 1, .max = CODE_MAX                 \
    }
#define SCHEME(must)                                                                                         \
    {                                                                                                        \
        .name = "scheme", .type = JSON_FIELD_TEXT, .required = must, .min = 1, .max = 16,                    \
        .check = entry_check_scheme                                                                          \
    }
#define JWK                                                                                                  \
    {                                                                                                        \
        .name = "jwk", .type = JSON_FIELD_OBJECT, .required = true, .check = check_jwk                       \
    }

static const struct json_field help_fields[] = {
    CODE("category", true),
    CODE("quantity", false),
    {.name = NULL},
};

static const struct json_field municipality_fields[] = {
    {.name = "name", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 120},
    SCHEME(false),
    CODE("code", false),
    {.name = NULL},
};

/* proposal and offer */
static const struct json_field request_fields[] = {
    {.name = "title", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 200},
    {.name = "text", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 4000},
    {.name = "language", .type = JSON_FIELD_TEXT, .required = true, .check = check_language},
    {.name = "help",
     .type = JSON_FIELD_ARRAY,
     .required = true,
     .min = 1,
     .max = HELP_MAX,
     .fields = help_fields},
    {.name = "municipality",
     .type = JSON_FIELD_OBJECT,
     .required = true,
     .fields = municipality_fields,
     .check = check_municipality},
    {.name = "month", .type = JSON_FIELD_MONTH},
    CODE("state", true),
    {.name = NULL},
};

static const struct json_field forward_fields[] = {
    {.name = "origin", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "object", .type = JSON_FIELD_UUID, .required = true},
    {.name = "object_type", .type = JSON_FIELD_ENUM, .required = true, .values = object_types},
    {.name = "note", .type = JSON_FIELD_TEXT, .min = 1, .max = 1000},
    {.name = NULL},
};

static const struct json_field response_fields[] = {
    {.name = "origin", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "object", .type = JSON_FIELD_UUID, .required = true},
    {.name = "object_type", .type = JSON_FIELD_ENUM, .required = true, .values = object_types},
    {.name = "forward", .type = JSON_FIELD_UUID},
    {.name = "response", .type = JSON_FIELD_ENUM, .required = true, .values = entry_responses},
    {.name = "reason", .type = JSON_FIELD_TEXT, .min = 1, .max = 1000},
    {.name = NULL},
};

static const struct json_field cell_fields[] = {
    {.name = "category",
     .type = JSON_FIELD_TEXT,
     .required = true,
     .nullable = true,
     .min = 1,
     .max = CODE_MAX},
    {.name = "state", .type = JSON_FIELD_TEXT, .required = true, .nullable = true, .min = 1, .max = CODE_MAX},
    {.name = "measure", .type = JSON_FIELD_ENUM, .required = true, .values = measures},
    {.name = "value", .type = JSON_FIELD_INTEGER, .required = true, .nullable = true},
    {.name = "status", .type = JSON_FIELD_ENUM, .required = true, .values = statuses},
    {.name = NULL},
};

static const struct json_field report_fields[] = {
    {.name = "period", .type = JSON_FIELD_TEXT, .required = true, .check = check_period},
    {.name = "cells",
     .type = JSON_FIELD_ARRAY,
     .required = true,
     .max = REPORT_CELLS_MAX,
     .fields = cell_fields,
     .check = check_cell},
    {.name = NULL},
};

static const struct json_field erase_fields[] = {
    {.name = "entries",
     .type = JSON_FIELD_ARRAY,
     .required = true,
     .min = 1,
     .max = ENTRY_ERASE_MAX,
     .check = check_erased_cursor},
    {.name = NULL},
};

static const struct json_field key_fields[] = {
    JWK,
    {.name = NULL},
};

static const struct json_field member_fields[] = {
    {.name = "authority", .type = JSON_FIELD_AUTHORITY, .required = true},
    JWK,
    {.name = "role", .type = JSON_FIELD_ENUM, .required = true, .values = entry_node_roles},
    {.name = "state", .type = JSON_FIELD_ENUM, .required = true, .values = member_states},
    {.name = "name", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 80},
    {.name = "country", .type = JSON_FIELD_TEXT, .required = true, .check = entry_check_country},
    {.name = NULL},
};

static const struct json_field previous_fields[] = {
    {.name = "epoch", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "seq", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "chain", .type = JSON_FIELD_B64U, .required = true, .max = CHAIN_SIZE},
    {.name = NULL},
};

static const struct json_field epoch_fields[] = {
    {.name = "previous",
     .type = JSON_FIELD_OBJECT,
     .required = true,
     .nullable = true,
     .fields = previous_fields},
    JWK,
    {.name = NULL},
};

static const struct entry_type types[] = {
    {.name = "proposal",
     .text_bearing = true,
     .erasable = true,
     .body = request_fields,
     .check = check_help_unique},
    {.name = "offer",
     .text_bearing = true,
     .erasable = true,
     .body = request_fields,
     .check = check_help_unique},
    {.name = "forward", .text_bearing = true, .erasable = true, .directed = true, .body = forward_fields},
    {.name = "response",
     .text_bearing = true,
     .erasable = true,
     .directed = true,
     .body = response_fields,
     .check = check_response_reason},
    {.name = "report", .erasable = true, .directed = true, .body = report_fields},
    {.name = "erase", .body = erase_fields},
    {.name = "key", .body = key_fields},
    {.name = "member", .body = member_fields},
    {.name = "epoch", .body = epoch_fields},
};

const struct entry_type *entry_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

bool entry_erasable(const char *type)
{
    const struct entry_type *known = entry_type_find(type);

    return known == NULL || known->erasable;
}
