/* SPEC.md sections 11.6 and 12. Which lines it may name, only who holds them can tell. */
#include "protocol/chain.h"
#include "protocol/entry_codes.h"
#include "protocol/entry_type.h"

/* 0.0 and E.0 are cursors, too, but of no line. */
static bool check_cursor(const json_t *value, struct err *err)
{
    struct cursor cursor;

    return (json_is_string(value) && cursor_parse(json_string_value(value), &cursor) && cursor.epoch >= 1 &&
            cursor.seq >= 1) ||
           err_refuse(err, "must be a cursor E.S of an entry");
}

static const struct json_field fields[] = {
    {.name = "entries",
     .type = JSON_FIELD_ARRAY,
     .required = true,
     .min = 1,
     .max = ENTRY_ERASE_MAX,
     .check = check_cursor},
    {.name = NULL},
};

const struct entry_type entry_erase = {
    .name = "erase",
    .body = fields,
};
