#include "node/api/fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "protocol/authority.h"
#include "protocol/bytes.h"
#include "protocol/entry.h"
#include "protocol/moment.h"

enum { ERRORS_MAX = 100, POINTER_SIZE = 400, NAME_SHOWN = 120 };

/* Where a check stands and where it reports to. */
struct place {
    struct problem *problem;
    char pointer[POINTER_SIZE];
    const char *mark; /* before the name of a top member: "/", or "?" for queries */
};

static void report(const struct place *place, const char *code, const char *detail)
{
    if (json_array_size(place->problem->errors) < ERRORS_MAX)
        problem_field(place->problem, place->pointer, code, "%s", detail);
}

/* The place of a member, as an RFC 6901 pointer; a made-up name may be long and is cut, at a character's
 * start. */
static struct place place_member(const struct place *up, const char *name)
{
    struct place place = {.problem = up->problem, .mark = "/"};
    struct buffer pointer = {0};
    size_t end = strlen(name);
    if (end > NAME_SHOWN) {
        for (end = NAME_SHOWN; ((unsigned char)name[end] & 0xC0) == 0x80; end--) {
        }
    }
    for (size_t i = 0; i < end; i++)
        buffer_printf(&pointer, name[i] == '~' ? "~0" : name[i] == '/' ? "~1" : "%c", name[i]);
    snprintf(place.pointer, sizeof place.pointer, "%.150s%s%.240s", up->pointer, up->mark,
             pointer.data == NULL ? "" : (const char *)pointer.data);
    buffer_free(&pointer);
    return place;
}

static struct place place_item(const struct place *up, size_t index)
{
    char name[24];
    snprintf(name, sizeof name, "%zu", index);
    return place_member(up, name);
}

/* False for control characters other than LF and TAB. *blank tells whether there is nothing but white space.
 */
static bool printable(const char *text, bool *blank)
{
    *blank = true;
    ucs4_t c;
    for (const uint8_t *at = u8_next(&c, (const uint8_t *)text); at != NULL; at = u8_next(&c, at)) {
        bool control = uc_is_general_category(c, UC_CONTROL) && c != '\n' && c != '\t';
        /* Controls of writing direction can make a text look like another one. */
        if (control || uc_is_property_bidi_control(c) || uc_is_property_not_a_character(c))
            return false;
        *blank = *blank && (uc_is_property_white_space(c) || uc_is_property_default_ignorable_code_point(c));
    }
    return true;
}

static void check_text(const struct place *place, const char *text, const struct json_field *field)
{
    long long length = (long long)json_profile_text_length(text);
    char detail[80];
    bool blank;
    bool fixed =
        field->check != NULL && field->min == field->max; /* a form of its own, which says the length */
    if (!printable(text, &blank)) {
        report(place, "malformed", "holds control characters");
    } else if (blank && field->min > 0) {
        report(place, "empty", "must not be empty");
    } else if (length < field->min && !fixed) {
        snprintf(detail, sizeof detail, "shorter than %lld characters", field->min);
        report(place, "too_short", detail);
    } else if (field->max != 0 && length > field->max && !fixed) {
        snprintf(detail, sizeof detail, "longer than %lld characters", field->max);
        report(place, "too_long", detail);
    }
}

static void check_integer(const struct place *place, json_int_t number, const struct json_field *field)
{
    char detail[80];
    if ((field->min == 0 && field->max == 0) || (number >= field->min && number <= field->max))
        return;
    snprintf(detail, sizeof detail, "must lie between %lld and %lld", field->min, field->max);
    report(place, number < field->min ? "too_small" : "too_large", detail);
}

static bool listed(const char *text, const char *const *values)
{
    for (; *values != NULL; values++)
        if (strcmp(text, *values) == 0)
            return true;
    return false;
}

static void check_listed(const struct place *place, const char *text, const char *const *values)
{
    struct buffer detail = {0};
    if (listed(text, values))
        return;
    buffer_puts(&detail, "must be one of");
    for (; *values != NULL; values++)
        buffer_printf(&detail, " %s", *values);
    report(place, "not_allowed", detail.data == NULL ? "" : (const char *)detail.data);
    buffer_free(&detail);
}

static bool time_valid(const char *text, const struct json_field *field)
{
    int64_t seconds;
    (void)field;
    return moment_parse(text, &seconds);
}

static bool month_valid(const char *text, const struct json_field *field)
{
    char moment[MOMENT_SIZE];
    snprintf(moment, sizeof moment, "%s-01T00:00:00Z", text);
    return strlen(text) == 7 && time_valid(moment, field);
}

static bool uuid_valid(const char *text, const struct json_field *field)
{
    (void)field;
    return entry_uuid_valid(text);
}

static bool b64u_valid(const char *text, const struct json_field *field)
{
    struct buffer octets = {0};
    bool fits = bytes_b64u_decode_any(text, strlen(text), &octets) && octets.size == (size_t)field->max;
    buffer_free(&octets);
    return fits;
}

static bool node_valid(const char *text, const struct json_field *field)
{
    (void)field;
    return authority_valid(text);
}

static void check_object(const struct place *place, const json_t *object, const struct json_field *table,
                         bool partial);

static void check_array(const struct place *place, const json_t *array, const struct json_field *field)
{
    size_t index;
    const json_t *item;
    if (json_array_size(array) < (size_t)field->min)
        report(place, "too_few", "has too few items");
    if (field->max != 0 && json_array_size(array) > (size_t)field->max) {
        report(place, "too_many", "has too many items");
        return;
    }
    json_array_foreach (array, index, item) {
        struct place at = place_item(place, index);
        if (field->fields != NULL && json_is_object(item))
            check_object(&at, item, field->fields, false);
        else if (field->fields != NULL)
            report(&at, "wrong_type", "must be an object");
        else if (field->values != NULL && json_is_string(item))
            check_listed(&at, json_string_value(item), field->values);
        else if (field->values != NULL)
            report(&at, "wrong_type", "must be a text");
    }
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
    [JSON_FIELD_TIME] = {JSON_STRING, time_valid, "must be a time of the form YYYY-MM-DDTHH:MM:SSZ"},
    [JSON_FIELD_MONTH] = {JSON_STRING, month_valid, "must be a month of the form YYYY-MM"},
    [JSON_FIELD_UUID] = {JSON_STRING, uuid_valid, "must be an id (UUID, lower case)"},
    [JSON_FIELD_B64U] = {JSON_STRING, b64u_valid, "must be base64url of the right length, without padding"},
    [JSON_FIELD_AUTHORITY] = {JSON_STRING, node_valid,
                              "must be a node's authority: host or host:port, lower case"},
    [JSON_FIELD_ENUM] = {JSON_STRING, NULL, "must be a text"},
    [JSON_FIELD_OBJECT] = {JSON_OBJECT, NULL, "must be an object"},
    [JSON_FIELD_ARRAY] = {JSON_ARRAY, NULL, "must be an array"},
};

static void check_value(const struct place *place, const json_t *value, const struct json_field *field)
{
    size_t before = json_array_size(place->problem->errors);
    json_type type = json_is_boolean(value) ? JSON_TRUE : json_typeof(value);
    struct err err = {.text = "is malformed"};

    if (json_is_null(value) && field->nullable)
        return;
    if (type != types[field->type].type) {
        report(place, "wrong_type", types[field->type].expected);
        return;
    }
    if (field->type == JSON_FIELD_TEXT)
        check_text(place, json_string_value(value), field);
    else if (field->type == JSON_FIELD_INTEGER)
        check_integer(place, json_integer_value(value), field);
    else if (field->type == JSON_FIELD_ENUM)
        check_listed(place, json_string_value(value), field->values);
    else if (field->type == JSON_FIELD_ARRAY)
        check_array(place, value, field);
    else if (field->type == JSON_FIELD_OBJECT && field->fields != NULL)
        check_object(place, value, field->fields, false);
    else if (types[field->type].valid != NULL && !types[field->type].valid(json_string_value(value), field))
        report(place, "malformed", types[field->type].expected);
    if (field->check != NULL && json_array_size(place->problem->errors) == before &&
        !field->check(value, &err))
        report(place, "malformed", err.text);
}

static void check_known(const struct place *place, const json_t *object, const struct json_field *table)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        const struct json_field *field = table;
        while (field->name != NULL && strcmp(field->name, name) != 0)
            field++;
        if (field->name == NULL) {
            struct place at = place_member(place, name);
            report(&at, "unknown_key", "is not known here");
        }
    }
}

static void check_object(const struct place *place, const json_t *object, const struct json_field *table,
                         bool partial)
{
    check_known(place, object, table);
    for (const struct json_field *field = table; field->name != NULL; field++) {
        struct place at = place_member(place, field->name);
        const json_t *value = json_object_get(object, field->name);
        if (value != NULL)
            check_value(&at, value, field);
        else if (field->required && !partial)
            report(&at, "missing", "is missing");
    }
}

bool fields_check(const json_t *body, const struct json_field *table, bool partial, struct problem *problem)
{
    struct place top = {.problem = problem, .mark = "/"};
    json_t *nothing = json_object();
    check_object(&top, body == NULL ? nothing : body, table, partial);
    if (partial && json_object_size(body) == 0)
        report(&top, "empty", "names nothing to change");
    json_decref(nothing);
    return json_array_size(problem->errors) == 0;
}

/* A query's text as the JSON value its field wants; what does not fit stays text and is refused by the check.
 */
static json_t *query_value(const struct json_field *field, const char *text)
{
    if (field->type == JSON_FIELD_INTEGER && *text >= '0' && *text <= '9') {
        char *end;
        errno = 0;
        long long number = strtoll(text, &end, 10);
        if (*end == '\0' && errno == 0)
            return json_integer(number);
    }
    if (field->type == JSON_FIELD_BOOLEAN && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        return json_boolean(*text == 't');
    return json_string(text);
}

struct query_walk {
    const struct json_field *table;
    json_t *query;
    struct place *top;
};

static bool query_add(void *arg, const char *name, const char *value)
{
    struct query_walk *walk = arg;
    const struct json_field *field = walk->table;
    while (field->name != NULL && strcmp(field->name, name) != 0)
        field++;
    json_t *before = json_object_get(walk->query, name);
    if (field->name != NULL && field->type == JSON_FIELD_ARRAY) {
        if (before == NULL) {
            before = json_array();
            json_object_set_new(walk->query, name, before);
        }
        json_array_append_new(before, json_string(value));
    } else if (before != NULL) {
        struct place at = place_member(walk->top, name);
        report(&at, "duplicate", "is given more than once");
    } else {
        json_object_set_new(walk->query, name,
                            field->name == NULL ? json_string(value) : query_value(field, value));
    }
    return true;
}

bool fields_query(struct call *call, const struct json_field *table, json_t **query)
{
    struct problem found = {0};
    struct place top = {.problem = &found, .mark = "?"};
    struct query_walk walk = {.table = table, .query = json_object(), .top = &top};

    request_query_each(call->request, query_add, &walk);
    check_object(&top, walk.query, table, false);
    if (found.errors == NULL) {
        *query = walk.query;
        return true;
    }
    json_decref(walk.query);
    problem_set(&call->problem, PROBLEM_INVALID_QUERY,
                "The address asks for something that is not understood.");
    call->problem.errors = found.errors;
    found.errors = NULL;
    problem_finish(&found);
    return false;
}

const char *fields_uuid(struct call *call, size_t n)
{
    const char *id = call->request->parameters[n];
    if (id != NULL && entry_uuid_valid(id))
        return id;
    problem_set(&call->problem, PROBLEM_NOT_FOUND, "There is nothing with this id.");
    return NULL;
}

bool fields_version(struct call *call)
{
    return call->version != 0 || problem_set(&call->problem, PROBLEM_PRECONDITION_REQUIRED,
                                             "Nothing was changed. Send the version you read in If-Match.");
}

bool fields_help_unique(const json_t *body, struct problem *problem)
{
    const json_t *help = json_object_get(body, "help");
    for (size_t i = 0; i < json_array_size(help); i++) {
        for (size_t before = 0; before < i; before++) {
            if (json_equal(json_object_get(json_array_get(help, i), "category"),
                           json_object_get(json_array_get(help, before), "category"))) {
                char pointer[48];
                snprintf(pointer, sizeof pointer, "/help/%zu/category", i);
                problem_field(problem, pointer, "duplicate", "each category once");
                break;
            }
        }
    }
    return json_array_size(problem->errors) == 0;
}

bool fields_line(const json_t *value, struct err *err)
{
    if (strpbrk(json_string_value(value), "\n\t") == NULL)
        return true;
    return err_set(err, ERR_MALFORMED, "must be one line, without tabs") == ERR_OK;
}

bool fields_date(const json_t *value, struct err *err)
{
    char moment[MOMENT_SIZE];
    int64_t seconds;
    snprintf(moment, sizeof moment, "%sT00:00:00Z", json_string_value(value));
    if (strlen(json_string_value(value)) == 10 && moment_parse(moment, &seconds))
        return true;
    return err_set(err, ERR_MALFORMED, "must be a day of the form YYYY-MM-DD") == ERR_OK;
}

bool fields_language(const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    if (strspn(text, "abcdefghijklmnopqrstuvwxyz") == 2 && text[2] == '\0')
        return true;
    return err_set(err, ERR_MALFORMED, "must be a language code of two lower case letters") == ERR_OK;
}
