#include "node/work/desk/organisation_fields.h"

const char *const organisation_sectors[] = {"civil_society", "company", "public_administration", NULL};

const struct json_field organisation_fields[] = {
    FIELD_LINE("name", FIELD_REQUIRED, 1, 200),
    FIELD_ENUM("sector", FIELD_REQUIRED, organisation_sectors),
    FIELD_LINE_OR_NULL("kind", 1, 80),
    FIELD_LINE_OR_NULL("municipality", 1, 120),
    FIELD_LINE_OR_NULL("website", 1, 400),
    FIELD_TEXT_OR_NULL("note", 1, 4000),
    FIELD_END,
};
