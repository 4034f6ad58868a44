/* SPEC.md section 11.7. */
#include "protocol/entry_type.h"
#include "protocol/key.h"

static const struct json_field fields[] = {
    ENTRY_FIELD_JWK,
    {.name = NULL},
};

const struct entry_type entry_key = {
    .name = "key",
    .body = fields,
};
