/* SPEC.md section 11.4. */
#include <string.h>

#include "protocol/entry_codes.h"
#include "protocol/entry_type.h"
#include "protocol/json_profile.h"

static const struct json_field fields[] = {
    {.name = "origin", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "object", .type = JSON_FIELD_UUID, .required = true},
    {.name = "object_type", .type = JSON_FIELD_ENUM, .required = true, .values = entry_object_types},
    {.name = "forward", .type = JSON_FIELD_UUID},
    {.name = "response", .type = JSON_FIELD_ENUM, .required = true, .values = entry_responses},
    {.name = "reason", .type = JSON_FIELD_TEXT, .min = 1, .max = 1000},
    {.name = NULL},
};

/* Whoever says no owes a reason: it is what the asking town reads. */
static bool check(const json_t *body, struct err *err)
{
    static const char *const need_reason[] = {"declined", "handed_back", NULL};

    return !entry_is_one_of(json_profile_text(body, "response"), need_reason) ||
           json_profile_text(body, "reason") ||
           err_refuse(err, "/reason: is missing; declined and handed_back give one");
}

const struct entry_type entry_response = {
    .name = "response",
    .text_bearing = true,
    .erasable = true,
    .body = fields,
    .check = check,
};
