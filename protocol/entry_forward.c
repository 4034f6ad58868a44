/* SPEC.md section 11.3. It names what the receiver reads in the origin's own stream, and says nothing of it:
 * nobody publishes another's text again. */
#include "protocol/entry_codes.h"
#include "protocol/entry_type.h"

static const struct json_field fields[] = {
    {.name = "origin", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "object", .type = JSON_FIELD_UUID, .required = true},
    {.name = "object_type", .type = JSON_FIELD_ENUM, .required = true, .values = entry_object_types},
    {.name = "note", .type = JSON_FIELD_TEXT, .min = 1, .max = 1000},
    {.name = NULL},
};

const struct entry_type entry_forward = {
    .name = "forward",
    .text_bearing = true,
    .erasable = true,
    .body = fields,
};
