#include "protocol/json_profile.h"

#include <stdio.h>
#include <string.h>

#include "protocol/authority.h"
#include "protocol/bytes.h"
#include "protocol/entry.h"
#include "protocol/moment.h"

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
    if (!depth_within_limit(text, length)) {
        err_set(err, ERR_MALFORMED, "JSON nested deeper than %d levels", JSON_PROFILE_DEPTH);
        return NULL;
    }
    json_error_t error;
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
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

/* Where in the document a value stands; NULL is the top. */
struct place {
    const struct place *up;
    const char *name; /* NULL: an array item */
    size_t index;
};

/* As an RFC 6901 pointer. */
static void place_print(const struct place *place, struct buffer *out)
{
    if (place == NULL)
        return;
    place_print(place->up, out);
    if (place->name == NULL) {
        buffer_printf(out, "/%zu", place->index);
        return;
    }
    buffer_puts(out, "/");
    for (const char *c = place->name; *c != '\0'; c++)
        buffer_printf(out, *c == '~' ? "~0" : *c == '/' ? "~1" : "%c", *c);
}

static enum err_code complain(struct err *err, const struct place *place, const char *what)
{
    struct buffer pointer = {0};
    place_print(place, &pointer);
    enum err_code code =
        err_set(err, ERR_MALFORMED, "%s: %s", pointer.data == NULL ? "" : (const char *)pointer.data, what);
    buffer_free(&pointer);
    return code;
}

static bool month_valid(const char *text)
{
    char day[MOMENT_SIZE];
    int64_t seconds;
    if (strlen(text) != 7)
        return false;
    snprintf(day, sizeof day, "%s-01T00:00:00Z", text);
    return moment_parse(day, &seconds);
}

static bool b64u_valid(const char *text, size_t size)
{
    struct buffer octets = {0};
    bool valid = bytes_b64u_decode_any(text, strlen(text), &octets) && octets.size == size;
    buffer_free(&octets);
    return valid;
}

static bool listed(const char *text, const char *const *values)
{
    for (; *values != NULL; values++)
        if (strcmp(text, *values) == 0)
            return true;
    return false;
}

static enum err_code check_text(const char *text, const struct json_field *field, const struct place *place,
                                struct err *err)
{
    long long length = (long long)json_profile_text_length(text);
    char what[64];
    if (length >= field->min && (field->max == 0 || length <= field->max))
        return ERR_OK;
    if (length == 0)
        return complain(err, place, "must not be empty");
    if (length < field->min)
        snprintf(what, sizeof what, "shorter than %lld characters", field->min);
    else
        snprintf(what, sizeof what, "longer than %lld characters", field->max);
    return complain(err, place, what);
}

static enum err_code check_integer(json_int_t number, const struct json_field *field,
                                   const struct place *place, struct err *err)
{
    char what[64];
    if (number >= field->min && (field->max == 0 || number <= field->max))
        return ERR_OK;
    if (field->max == 0)
        snprintf(what, sizeof what, "must be at least %lld", field->min);
    else
        snprintf(what, sizeof what, "must lie between %lld and %lld", field->min, field->max);
    return complain(err, place, what);
}

/* Which JSON type a field has, and what to say when it is another. */
static const struct {
    json_type type;
    const char *expected;
} field_types[] = {
    [JSON_FIELD_TEXT] = {JSON_STRING, "must be a text"},
    [JSON_FIELD_INTEGER] = {JSON_INTEGER, "must be an integer"},
    [JSON_FIELD_BOOLEAN] = {JSON_TRUE, "must be true or false"},
    [JSON_FIELD_TIME] = {JSON_STRING, "must be a time of the form YYYY-MM-DDTHH:MM:SSZ"},
    [JSON_FIELD_MONTH] = {JSON_STRING, "must be a month of the form YYYY-MM"},
    [JSON_FIELD_UUID] = {JSON_STRING, "must be a version 4 UUID in lower case"},
    [JSON_FIELD_B64U] = {JSON_STRING, "must be base64url without padding, of the right length"},
    [JSON_FIELD_AUTHORITY] = {JSON_STRING, "must be an authority: host or host:port, lower case"},
    [JSON_FIELD_STREAM] = {JSON_STRING, "must be net, or to/ and an authority"},
    [JSON_FIELD_ENUM] = {JSON_STRING, "must be one of the values listed for it"},
    [JSON_FIELD_OBJECT] = {JSON_OBJECT, "must be an object"},
    [JSON_FIELD_ARRAY] = {JSON_ARRAY, "must be an array"},
};

static enum err_code check_object(const json_t *object, const struct json_field *table, bool closed,
                                  const struct place *place, struct err *err);

static enum err_code check_further(const json_t *value, const struct json_field *field,
                                   const struct place *place, struct err *err)
{
    struct err inner = {.text = "not valid"};
    if (field->check == NULL || field->check(value, &inner))
        return ERR_OK;
    return complain(err, place, inner.text);
}

static enum err_code check_array(const json_t *array, const struct json_field *field, bool closed,
                                 const struct place *place, struct err *err)
{
    long long count = (long long)json_array_size(array);
    if (count < field->min || (field->max != 0 && count > field->max)) {
        char what[80];
        snprintf(what, sizeof what,
                 field->max == 0 ? "must have at least %lld items" : "must have %lld to %lld items",
                 field->min, field->max);
        return complain(err, place, what);
    }
    size_t i;
    const json_t *item;
    json_array_foreach (array, i, item) {
        struct place at = {.up = place, .index = i};
        enum err_code code = ERR_OK;
        if (field->fields != NULL) {
            code = json_is_object(item) ? check_object(item, field->fields, closed, &at, err)
                                        : complain(err, &at, field_types[JSON_FIELD_OBJECT].expected);
        }
        if (code == ERR_OK)
            code = check_further(item, field, &at, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static bool text_form_valid(const char *text, const struct json_field *field)
{
    int64_t seconds;
    switch (field->type) {
    case JSON_FIELD_TIME:
        return moment_parse(text, &seconds);
    case JSON_FIELD_MONTH:
        return month_valid(text);
    case JSON_FIELD_UUID:
        return entry_uuid_valid(text);
    case JSON_FIELD_B64U:
        return b64u_valid(text, (size_t)field->max);
    case JSON_FIELD_AUTHORITY:
        return authority_valid(text);
    case JSON_FIELD_STREAM:
        return authority_stream_valid(text);
    case JSON_FIELD_ENUM:
        return listed(text, field->values);
    case JSON_FIELD_TEXT:
    case JSON_FIELD_INTEGER:
    case JSON_FIELD_BOOLEAN:
    case JSON_FIELD_OBJECT:
    case JSON_FIELD_ARRAY:
        break;
    }
    return true;
}

static enum err_code check_value(const json_t *value, const struct json_field *field, bool closed,
                                 const struct place *place, struct err *err)
{
    json_type type = json_is_boolean(value) ? JSON_TRUE : json_typeof(value);
    if (type != field_types[field->type].type ||
        (type == JSON_STRING && !text_form_valid(json_string_value(value), field)))
        return complain(err, place, field_types[field->type].expected);
    if (field->type == JSON_FIELD_ARRAY)
        return check_array(value, field, closed, place, err);
    enum err_code code = ERR_OK;
    if (field->type == JSON_FIELD_TEXT)
        code = check_text(json_string_value(value), field, place, err);
    else if (field->type == JSON_FIELD_INTEGER)
        code = check_integer(json_integer_value(value), field, place, err);
    else if (field->type == JSON_FIELD_OBJECT && field->fields != NULL)
        code = check_object(value, field->fields, closed, place, err);
    return code != ERR_OK ? code : check_further(value, field, place, err);
}

static enum err_code check_no_unknown(const json_t *object, const struct json_field *table,
                                      const struct place *place, struct err *err)
{
    const char *name;
    const json_t *value;
    json_object_foreach (iterable(object), name, value) {
        const struct json_field *field = table;
        while (field->name != NULL && strcmp(field->name, name) != 0)
            field++;
        if (field->name == NULL)
            return complain(err, &(struct place){.up = place, .name = name}, "no such member is known here");
    }
    return ERR_OK;
}

static enum err_code check_object(const json_t *object, const struct json_field *table, bool closed,
                                  const struct place *place, struct err *err)
{
    for (const struct json_field *field = table; field->name != NULL; field++) {
        struct place at = {.up = place, .name = field->name};
        const json_t *value = json_object_get(object, field->name);
        enum err_code code = ERR_OK;
        if (value == NULL)
            code = field->required ? complain(err, &at, "is missing") : ERR_OK;
        else if (!json_is_null(value) || !field->nullable)
            code = check_value(value, field, closed, &at, err);
        if (code != ERR_OK)
            return code;
    }
    return closed ? check_no_unknown(object, table, place, err) : ERR_OK;
}

enum err_code json_profile_check(const json_t *object, const struct json_field *table, bool closed,
                                 struct err *err)
{
    return check_object(object, table, closed, NULL, err);
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
