#include "node/work/desk/listing_fields.h"

#include "protocol/entry.h"

static const struct json_field help_fields[] = {
    FIELD_ENUM("category", FIELD_REQUIRED, entry_categories),
    {.name = "quantity", .type = JSON_FIELD_INTEGER, .nullable = true, .min = 1, .max = 1000000},
    FIELD_LINE_OR_NULL("unit", 1, 40),
    FIELD_END,
};

#define COMMON_FIELDS                                                                                        \
    {.name = "organisation_id", .type = JSON_FIELD_UUID, .required = true},                                  \
        {.name = "contact_id", .type = JSON_FIELD_UUID, .nullable = true},                                   \
        FIELD_LINE("title", FIELD_REQUIRED, 1, 200), FIELD_TEXT("text", FIELD_REQUIRED, 1, 4000),            \
        FIELD_LANGUAGE("language", FIELD_REQUIRED),                                                          \
        {.name = "help",                                                                                     \
         .type = JSON_FIELD_ARRAY,                                                                           \
         .required = true,                                                                                   \
         .min = 1,                                                                                           \
         .max = LISTING_HELP_MAX,                                                                            \
         .fields = help_fields},                                                                             \
        FIELD_LINE("municipality", FIELD_REQUIRED, 1, 120), FIELD_TEXT_OR_NULL("note", 1, 4000)

const struct json_field listing_fields_proposal[] = {
    COMMON_FIELDS,
    FIELD_DATE_OR_NULL("needed_by"),
    FIELD_TEXT_OR_NULL("return_favour", 1, 500),
    FIELD_END,
};

const struct json_field listing_fields_offer[] = {
    COMMON_FIELDS,
    FIELD_DATE_OR_NULL("available_until"),
    FIELD_END,
};

bool listing_fields_check(enum listing_kind kind, const json_t *body, enum fields_whole whole,
                          struct problem *problem)
{
    const struct json_field *table =
        kind == LISTING_PROPOSAL ? listing_fields_proposal : listing_fields_offer;
    bool fits = fields_check(body, table, whole, problem);

    return fields_help_unique(body, problem) && fits;
}
