#include "node/db/asked.h"

#include <string.h>

#include "protocol/entry_codes.h"

static bool stands_in(const char *name, const json_t *asked)
{
    size_t index;
    json_t *one;

    json_array_foreach (asked, index, one)
        if (strcmp(json_string_value(one), name) == 0)
            return true;
    return false;
}

struct db_value db_asked_names(const json_t *asked, const char *const *names, struct buffer *out)
{
    const char *before = "{";

    for (; *names; names++)
        if (!asked || stands_in(*names, asked)) {
            buffer_printf(out, "%s%s", before, *names);
            before = ",";
        }
    buffer_puts(out, *before == '{' ? "{}" : "}");
    return db_text((const char *)out->data);
}

struct db_value db_asked_categories(const json_t *asked)
{
    int64_t bits = 0;

    for (int i = 0; entry_categories[i]; i++)
        if (stands_in(entry_categories[i], asked))
            bits |= 1 << i;
    return db_integer(asked ? bits : -1);
}

struct db_value db_asked_boolean(const json_t *asked)
{
    return db_text(!asked ? "{t,f}" : json_is_true(asked) ? "{t}" : "{f}");
}

void db_asked_only(struct db_value *values, const json_t *const *asked, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!asked[i])
            values[i] = db_null();
}
