#include <string.h>

#include "protocol/json_profile.h"
#include "tests/fuzz/fuzz.h"

static int depth(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    int deepest = 0;

    json_object_foreach ((json_t *)(uintptr_t)value, name, member)
        deepest = depth(member) > deepest ? depth(member) : deepest;
    json_array_foreach (value, i, member)
        deepest = depth(member) > deepest ? depth(member) : deepest;
    return deepest + (json_is_object(value) || json_is_array(value));
}

static bool has_number_outside(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    bool found = json_is_real(value) || json_integer_value(value) > JSON_PROFILE_INTEGER_MAX ||
                 json_integer_value(value) < -JSON_PROFILE_INTEGER_MAX;

    json_object_foreach ((json_t *)(uintptr_t)value, name, member)
        found |= has_number_outside(member);
    json_array_foreach (value, i, member)
        found |= has_number_outside(member);
    return found;
}

/* jansson's reader and ours agree on every text, but for what the profile forbids besides, and for a zero
 * octet after a number, which jansson swallows. */
static void compare(const uint8_t *data, size_t size, const json_t *ours)
{
    json_t *theirs = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

    if (ours)
        fuzz_demand(theirs && json_equal(ours, theirs));
    else if (json_is_object(theirs) && !memchr(data, 0, size))
        fuzz_demand(depth(theirs) > JSON_PROFILE_DEPTH || has_number_outside(theirs));
    json_decref(theirs);
}

/* What is accepted is accepted again after it was written, and means the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    json_t *object = json_profile_parse((const char *)data, size, &err);
    char *written;
    json_t *again;

    compare(data, size, object);
    if (!object) {
        fuzz_demand(err.code == ERR_MALFORMED);
        return 0;
    }
    written = json_dumps(object, JSON_COMPACT);
    fuzz_demand(written != NULL);
    again = json_profile_parse(written, strlen(written), &err);
    fuzz_demand(again && json_equal(object, again));
    free(written);
    json_decref(again);
    json_decref(object);
    return 0;
}
