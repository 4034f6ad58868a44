#include "protocol/entry_listing.h"

#include <string.h>

#include "protocol/entry_codes.h"
#include "protocol/json_profile.h"

enum { HELP_MAX = 7 }; /* as many as there are categories */

static const struct json_field help_fields[] = {
    ENTRY_FIELD_CODE(.name = "category", .required = true),
    ENTRY_FIELD_CODE(.name = "quantity"),
    {.name = NULL},
};

static const struct json_field municipality_fields[] = {
    {.name = "name", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 120},
    {.name = "scheme", .type = JSON_FIELD_TEXT, .min = 1, .max = 16, .check = entry_check_scheme},
    ENTRY_FIELD_CODE(.name = "code"),
    {.name = NULL},
};

/* A code says nothing without the scheme that it is of. */
static bool check_municipality(const json_t *value, struct err *err)
{
    bool has_scheme = json_object_get(value, "scheme") != NULL;
    bool has_code = json_object_get(value, "code") != NULL;

    return has_scheme == has_code || err_refuse(err, "scheme and code come together or not at all");
}

const struct json_field entry_listing_fields[] = {
    {.name = "title", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 200},
    {.name = "text", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 4000},
    {.name = "language", .type = JSON_FIELD_TEXT, .required = true, .check = entry_check_language},
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
    ENTRY_FIELD_CODE(.name = "state", .required = true),
    {.name = NULL},
};

static const char *category(const json_t *help, size_t i)
{
    return json_profile_text(json_array_get(help, i), "category");
}

/* Each category once: two quantities of one would be shown as two things. */
bool entry_listing_check(const json_t *body, struct err *err)
{
    const json_t *help = json_object_get(body, "help");

    for (size_t i = 0; i < json_array_size(help); i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(category(help, i), category(help, j)) == 0)
                return err_refuse(err, "/help: names a category twice");
    return true;
}
