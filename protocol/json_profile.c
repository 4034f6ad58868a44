#include "protocol/json_profile.h"

#include <stdint.h>

/* jansson would parse 2048 levels by recursion. Braces outside strings count; whether they match is its
 * business. */
static bool depth_within_limit(const char *text, size_t length)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_PROFILE_DEPTH)
                return false;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

/* jansson's iterators want json_t * although they change nothing. */
static json_t *iterable(const json_t *object)
{
    return (json_t *)(uintptr_t)object;
}

static bool numbers_in_profile(const json_t *value)
{
    const char *name;
    const json_t *member;
    size_t i;

    if (json_is_real(value))
        return false;
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);

        return number >= -JSON_PROFILE_INTEGER_MAX && number <= JSON_PROFILE_INTEGER_MAX;
    }
    json_object_foreach (iterable(value), name, member)
        if (!numbers_in_profile(member))
            return false;
    json_array_foreach (value, i, member)
        if (!numbers_in_profile(member))
            return false;
    return true;
}

/* jansson's own texts quote the input, which may be anything. */
static const char *parse_error_text(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
        return "not valid UTF-8";
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_end_of_input_expected:
        return "more text after the end of the object";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "U+0000 is not allowed";
    case json_error_duplicate_key:
        return "a member name occurs twice in one object";
    case json_error_numeric_overflow:
        return "a number is out of range";
    case json_error_out_of_memory:
        return "out of memory";
    case json_error_unknown:
    case json_error_stack_overflow:
    case json_error_cannot_open_file:
    case json_error_invalid_argument:
    case json_error_invalid_syntax:
    case json_error_invalid_format:
    case json_error_wrong_type:
    case json_error_null_value:
    case json_error_item_not_found:
    case json_error_index_out_of_range:
        break;
    }
    return "not valid JSON";
}

json_t *json_profile_parse(const char *text, size_t length, struct err *err)
{
    json_error_t error;
    json_t *object;

    if (!depth_within_limit(text, length)) {
        err_set(err, ERR_MALFORMED, "JSON nested deeper than %d levels", JSON_PROFILE_DEPTH);
        return NULL;
    }
    object = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (object == NULL) {
        enum err_code code =
            json_error_code(&error) == json_error_out_of_memory ? ERR_NO_MEMORY : ERR_MALFORMED;

        err_set(err, code, "JSON: %s (line %d, column %d)", parse_error_text(&error), error.line,
                error.column);
        return NULL;
    }
    if (!json_is_object(object)) {
        err_set(err, ERR_MALFORMED, "JSON: an object is expected");
        goto fail;
    }
    if (!numbers_in_profile(object)) {
        err_set(err, ERR_MALFORMED,
                "JSON: a number has a fraction or an exponent, or lies outside ±9007199254740991");
        goto fail;
    }
    return object;

fail:
    json_decref(object);
    return NULL;
}

size_t json_profile_text_length(const char *text)
{
    size_t length = 0;

    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xC0) != 0x80;
    return length;
}

const char *json_profile_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

long long json_profile_integer(const json_t *object, const char *name, long long fallback)
{
    const json_t *value = json_object_get(object, name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}
