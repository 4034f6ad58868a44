/* SPEC.md section 11.5. */
#include <string.h>

#include "protocol/entry_codes.h"
#include "protocol/entry_type.h"
#include "protocol/json_profile.h"

enum { CELLS_MAX = 500 };

static const char *const measures[] = {"proposals", "offers", "matches", "organisations",
                                       "companies", "hours",  "euros",   NULL};
/* SDMX CL_CONF_STATUS: free, and four reasons not to tell. */
static const char *const statuses[] = {"F", "A", "O", "T", "D", NULL};

static bool check_period(const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    bool quarter = strncmp(rest, "-Q", 2) == 0 && rest[2] >= '1' && rest[2] <= '4' && rest[3] == '\0';

    return (digits == 4 && (*rest == '\0' || quarter)) ||
           err_refuse(err, "must be a year YYYY or a quarter YYYY-Qn");
}

/* A masked cell that told its value all the same would not be masked. */
static bool check_cell(const json_t *cell, struct err *err)
{
    bool is_free = strcmp(json_profile_text(cell, "status"), "F") == 0;

    return is_free != json_is_null(json_object_get(cell, "value")) ||
           err_refuse(err, "value is null exactly when status is not F");
}

/* category and state: null is the total. */
static const struct json_field cell_fields[] = {
    ENTRY_FIELD_CODE(.name = "category", .required = true, .nullable = true),
    ENTRY_FIELD_CODE(.name = "state", .required = true, .nullable = true),
    {.name = "measure", .type = JSON_FIELD_ENUM, .required = true, .values = measures},
    {.name = "value", .type = JSON_FIELD_INTEGER, .required = true, .nullable = true},
    {.name = "status", .type = JSON_FIELD_ENUM, .required = true, .values = statuses},
    {.name = NULL},
};

static const struct json_field fields[] = {
    {.name = "period", .type = JSON_FIELD_TEXT, .required = true, .check = check_period},
    {.name = "cells",
     .type = JSON_FIELD_ARRAY,
     .required = true,
     .max = CELLS_MAX,
     .fields = cell_fields,
     .check = check_cell},
    {.name = NULL},
};

const struct entry_type entry_report = {
    .name = "report",
    .erasable = true,
    .body = fields,
};
