/* SPEC.md section 11.9. */
#include "protocol/chain.h"
#include "protocol/entry_type.h"
#include "protocol/key.h"

/* Where the origin goes on from: what lies beyond it is lost to it (SPEC.md section 9.2). */
static const struct json_field previous_fields[] = {
    {.name = "epoch", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "seq", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "chain", .type = JSON_FIELD_B64U, .required = true, .max = CHAIN_SIZE},
    {.name = NULL},
};

static const struct json_field fields[] = {
    {.name = "previous",
     .type = JSON_FIELD_OBJECT,
     .required = true,
     .nullable = true, /* nothing came before */
     .fields = previous_fields},
    ENTRY_FIELD_JWK,
    {.name = NULL},
};

const struct entry_type entry_epoch = {
    .name = "epoch",
    .body = fields,
};
