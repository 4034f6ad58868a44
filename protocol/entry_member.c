/* SPEC.md section 11.8. */
#include "protocol/entry_codes.h"
#include "protocol/entry_type.h"
#include "protocol/key.h"

static const char *const states[] = {"invited", "active", "suspended", "removed", NULL};

static const struct json_field fields[] = {
    {.name = "authority", .type = JSON_FIELD_AUTHORITY, .required = true},
    ENTRY_FIELD_JWK,
    {.name = "role", .type = JSON_FIELD_ENUM, .required = true, .values = entry_node_roles},
    {.name = "state", .type = JSON_FIELD_ENUM, .required = true, .values = states},
    {.name = "name", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 80},
    {.name = "country", .type = JSON_FIELD_TEXT, .required = true, .check = entry_check_country},
    {.name = NULL},
};

const struct entry_type entry_member = {
    .name = "member",
    .body = fields,
};
