#include "protocol/json_field.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "protocol/authority.h"
#include "protocol/bytes.h"
#include "protocol/check.h"
#include "protocol/json_profile.h"
#include "protocol/moment.h"
#include "protocol/uuid.h"

/* A pointer has room for as many names as the profile has levels, each octet of which may need two. */
enum { NAME_SHOWN = 120, OCTETS_MAX = 64, POINTER_SIZE = JSON_PROFILE_DEPTH * (2 * NAME_SHOWN + 1) + 1 };

/* Where in the document a value stands; NULL is the top. */
struct place {
    const struct place *up;
    const char *name; /* NULL: an array item */
    size_t index;
};

struct walk {
    const struct json_rules *rules;
    size_t complaints;
    bool ended;
    enum err_code failed; /* why a rule could not be asked: no memory */
};

/* A text in somebody's array, so that saying what is wrong needs no memory: who had none would have to say
 * something else. What does not fit is cut. */
struct line {
    char *end;
    size_t left;
};

static struct line begin(char *text, size_t size)
{
    text[0] = '\0';
    return (struct line){text, size - 1};
}

static void put(struct line *line, const char *text, size_t length)
{
    if (length > line->left)
        length = line->left;
    memcpy(line->end, text, length);
    line->end += length;
    line->left -= length;
    *line->end = '\0';
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_name(struct line *line, const char *name)
{
    size_t length = strlen(name);

    if (length > NAME_SHOWN)
        for (length = NAME_SHOWN; ((unsigned char)name[length] & 0xC0) == 0x80;)
            length--;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '~' || name[i] == '/')
            put_text(line, name[i] == '~' ? "~0" : "~1");
        else
            put(line, &name[i], 1);
}

/* As an RFC 6901 pointer. */
static void put_place(struct line *line, const struct place *place)
{
    char index[24];

    if (!place)
        return;
    put_place(line, place->up);
    put_text(line, "/");
    if (place->name) {
        put_name(line, place->name);
        return;
    }
    snprintf(index, sizeof index, "%zu", place->index);
    put_text(line, index);
}

static void __attribute__((format(printf, 4, 5)))
complain(struct walk *walk, const struct place *place, const char *code, const char *format, ...)
{
    char pointer[POINTER_SIZE];
    char detail[ERR_TEXT_SIZE];
    struct line line = begin(pointer, sizeof pointer);
    va_list arguments;

    walk->complaints++; /* also those that nobody hears: they count against the object */
    if (walk->ended)
        return;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    put_place(&line, place);
    walk->ended = !walk->rules->report(
        walk->rules->arg, &(struct json_complaint){.pointer = pointer, .code = code, .detail = detail});
}

static bool is_time(const char *text, const struct json_field *field)
{
    int64_t seconds;

    (void)field;
    return moment_parse(text, &seconds);
}

static bool is_month(const char *text, const struct json_field *field)
{
    char day[MOMENT_SIZE];

    if (strlen(text) != 7)
        return false;
    snprintf(day, sizeof day, "%s-01T00:00:00Z", text);
    return is_time(day, field);
}

static bool is_uuid(const char *text, const struct json_field *field)
{
    (void)field;
    return uuid_valid(text);
}

static bool is_b64u(const char *text, const struct json_field *field)
{
    uint8_t octets[OCTETS_MAX];

    CHECK(field->max >= 1 && field->max <= OCTETS_MAX); /* the table's, and so ours */
    return bytes_b64u_decode(text, strlen(text), octets, (size_t)field->max);
}

static bool is_authority(const char *text, const struct json_field *field)
{
    (void)field;
    return authority_valid(text);
}

static bool is_stream(const char *text, const struct json_field *field)
{
    (void)field;
    return authority_stream_valid(text);
}

/* What a value of each type must be in JSON, of which form, and what to say when it is not. */
static const struct {
    json_type type;
    bool (*valid)(const char *text, const struct json_field *field);
    const char *expected;
} types[] = {
    [JSON_FIELD_TEXT] = {JSON_STRING, NULL, "must be a text"},
    [JSON_FIELD_INTEGER] = {JSON_INTEGER, NULL, "must be an integer"},
    [JSON_FIELD_BOOLEAN] = {JSON_TRUE, NULL, "must be true or false"},
    [JSON_FIELD_TIME] = {JSON_STRING, is_time, "must be a time of the form YYYY-MM-DDTHH:MM:SSZ"},
    [JSON_FIELD_MONTH] = {JSON_STRING, is_month, "must be a month of the form YYYY-MM"},
    [JSON_FIELD_UUID] = {JSON_STRING, is_uuid, "must be a version 4 UUID in lower case"},
    [JSON_FIELD_B64U] = {JSON_STRING, is_b64u, "must be base64url without padding, of the right length"},
    [JSON_FIELD_AUTHORITY] = {JSON_STRING, is_authority,
                              "must be an authority: host or host:port, lower case"},
    [JSON_FIELD_STREAM] = {JSON_STRING, is_stream, "must be net, or to/ and an authority"},
    [JSON_FIELD_ENUM] = {JSON_STRING, NULL, "must be a text"},
    [JSON_FIELD_OBJECT] = {JSON_OBJECT, NULL, "must be an object"},
    [JSON_FIELD_ARRAY] = {JSON_ARRAY, NULL, "must be an array"},
};

static bool has_type(struct walk *walk, const struct place *place, const json_t *value,
                     enum json_field_type wanted)
{
    json_type type = json_is_boolean(value) ? JSON_TRUE : json_typeof(value);

    if (type == types[wanted].type)
        return true;
    complain(walk, place, "wrong_type", "%s", types[wanted].expected);
    return false;
}

static void check_text(struct walk *walk, const struct place *place, const char *text,
                       const struct json_field *field)
{
    long long length = (long long)json_profile_text_length(text);
    struct json_complaint complaint = {0};

    if (walk->rules->text && !walk->rules->text(text, field, &complaint))
        complain(walk, place, complaint.code, "%s", complaint.detail);
    else if (field->check && field->min == field->max)
        return;
    else if (length == 0 && field->min > 0)
        complain(walk, place, "empty", "must not be empty");
    else if (length < field->min)
        complain(walk, place, "too_short", "shorter than %lld characters", field->min);
    else if (field->max != 0 && length > field->max)
        complain(walk, place, "too_long", "longer than %lld characters", field->max);
}

static void check_integer(struct walk *walk, const struct place *place, json_int_t number,
                          const struct json_field *field)
{
    const char *code = number < field->min ? "too_small" : "too_large";

    if (number >= field->min && (field->max == 0 || number <= field->max))
        return;
    if (field->max == 0)
        complain(walk, place, code, "must be at least %lld", field->min);
    else
        complain(walk, place, code, "must lie between %lld and %lld", field->min, field->max);
}

static void check_listed(struct walk *walk, const struct place *place, const char *text,
                         const char *const *values)
{
    char list[ERR_TEXT_SIZE];
    struct line line = begin(list, sizeof list);

    for (const char *const *value = values; *value; value++) {
        if (strcmp(text, *value) == 0)
            return;
        put_text(&line, " ");
        put_text(&line, *value);
    }
    complain(walk, place, "not_allowed", "must be one of%s", list);
}

/* A rule that could not be asked says nothing about the value. */
static void check_further(struct walk *walk, const struct place *place, const json_t *value,
                          const struct json_field *field)
{
    struct err err = {.code = ERR_MALFORMED, .text = "not valid"};

    if (!field->check || field->check(value, &err))
        return;
    if ((err.code == ERR_NO_MEMORY || err.code == ERR_CRYPTO) && !walk->ended)
        walk->failed = err.code;
    complain(walk, place, "malformed", "%s", err.text);
}

static void check_object(struct walk *walk, const struct place *place, const json_t *object,
                         const struct json_field *table);

static void check_item(struct walk *walk, const struct place *place, const json_t *item,
                       const struct json_field *field)
{
    size_t before = walk->complaints;

    if (field->fields && has_type(walk, place, item, JSON_FIELD_OBJECT))
        check_object(walk, place, item, field->fields);
    else if (field->values && has_type(walk, place, item, JSON_FIELD_ENUM))
        check_listed(walk, place, json_string_value(item), field->values);
    if (walk->complaints == before)
        check_further(walk, place, item, field);
}

static void check_array(struct walk *walk, const struct place *place, const json_t *array,
                        const struct json_field *field)
{
    long long count = (long long)json_array_size(array);
    size_t i;
    const json_t *item;

    if (count < field->min)
        complain(walk, place, "too_few", "must have at least %lld items", field->min);
    /* What is too long is not looked through: its items may each cost more than it took to send them. */
    if (field->max != 0 && count > field->max) {
        complain(walk, place, "too_many", "must have at most %lld items", field->max);
        return;
    }
    json_array_foreach (array, i, item)
        check_item(walk, &(struct place){.up = place, .index = i}, item, field);
}

static void check_value(struct walk *walk, const struct place *place, const json_t *value,
                        const struct json_field *field)
{
    size_t before = walk->complaints;

    if (!has_type(walk, place, value, field->type))
        return;
    if (field->type == JSON_FIELD_TEXT)
        check_text(walk, place, json_string_value(value), field);
    else if (field->type == JSON_FIELD_INTEGER)
        check_integer(walk, place, json_integer_value(value), field);
    else if (field->type == JSON_FIELD_ENUM)
        check_listed(walk, place, json_string_value(value), field->values);
    else if (field->type == JSON_FIELD_ARRAY)
        check_array(walk, place, value, field);
    else if (field->type == JSON_FIELD_OBJECT && field->fields)
        check_object(walk, place, value, field->fields);
    else if (types[field->type].valid && !types[field->type].valid(json_string_value(value), field))
        complain(walk, place, "malformed", "%s", types[field->type].expected);
    if (walk->complaints == before && field->type != JSON_FIELD_ARRAY)
        check_further(walk, place, value, field);
}

static void check_no_unknown(struct walk *walk, const struct place *place, const json_t *object,
                             const struct json_field *table)
{
    const char *name;
    const json_t *value;

    /* jansson's iterators want json_t * although they change nothing. */
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        const struct json_field *field = table;

        while (field->name && strcmp(field->name, name) != 0)
            field++;
        if (!field->name)
            complain(walk, &(struct place){.up = place, .name = name}, "unknown_key", "is not known here");
    }
}

static void check_object(struct walk *walk, const struct place *place, const json_t *object,
                         const struct json_field *table)
{
    bool partial = !place && walk->rules->partial;

    for (const struct json_field *field = table; field->name && !walk->ended; field++) {
        struct place at = {.up = place, .name = field->name};
        const json_t *value = json_object_get(object, field->name);

        if (!value && field->required && !partial)
            complain(walk, &at, "missing", "is missing");
        else if (value && !(json_is_null(value) && field->nullable))
            check_value(walk, &at, value, field);
    }
    if (walk->rules->closed)
        check_no_unknown(walk, place, object, table);
}

/* ERR_OK, ERR_MALFORMED, or why something could not be checked. */
static enum err_code check(const json_t *object, const struct json_field *table,
                           const struct json_rules *rules)
{
    struct walk walk = {.rules = rules};

    check_object(&walk, NULL, object, table);
    return walk.complaints == 0 ? ERR_OK : walk.failed != ERR_OK ? walk.failed : ERR_MALFORMED;
}

bool json_field_check_all(const json_t *object, const struct json_field *table,
                          const struct json_rules *rules)
{
    return check(object, table, rules) == ERR_OK;
}

static bool report_first(void *arg, const struct json_complaint *complaint)
{
    err_set(arg, ERR_MALFORMED, "%s: %s", complaint->pointer, complaint->detail);
    return false;
}

/* Controls of writing direction make a text look like another one, and those after it too: the marks, the
 * embeddings and overrides, the isolates (SPEC.md section 2). */
static bool plain(const char *text, const struct json_field *field, struct json_complaint *complaint)
{
    static const char *const controls[] = {
        "\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c",
        "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
    };

    (void)field;
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        if (strstr(text, controls[i]))
            *complaint =
                (struct json_complaint){.code = "malformed", .detail = "holds controls of direction"};
    return !complaint->code;
}

enum err_code json_field_check(const json_t *object, const struct json_field *table,
                               enum json_field_rest rest, struct err *err)
{
    struct json_rules rules = {
        .closed = rest == JSON_FIELD_CLOSED, .text = plain, .report = report_first, .arg = err};
    enum err_code code = check(object, table, &rules);

    if (code != ERR_OK && err)
        err->code = code;
    return code;
}
