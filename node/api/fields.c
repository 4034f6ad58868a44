#include "node/api/fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "protocol/moment.h"
#include "protocol/uuid.h"

enum { ERRORS_MAX = 100 };

const struct json_field fields_reason[] = {FIELD_TEXT("reason", true, 1, 1000), FIELD_END};
const struct fields_schema fields_schemas[] = {{"Reason", fields_reason, false}, {NULL, NULL, false}};

/* False for control characters other than LF and TAB. *blank tells whether there is nothing but white space.
 */
static bool printable(const char *text, bool *blank)
{
    ucs4_t c;

    *blank = true;
    for (const uint8_t *at = u8_next(&c, (const uint8_t *)text); at != NULL; at = u8_next(&c, at)) {
        bool control = uc_is_general_category(c, UC_CONTROL) && c != '\n' && c != '\t';
        /* Controls of writing direction can make a text look like another one. */
        if (control || uc_is_property_bidi_control(c) || uc_is_property_not_a_character(c))
            return false;
        *blank = *blank && (uc_is_property_white_space(c) || uc_is_property_default_ignorable_code_point(c));
    }
    return true;
}

static bool readable(const char *text, const struct json_field *field, struct json_complaint *complaint)
{
    bool blank;

    if (!printable(text, &blank))
        *complaint = (struct json_complaint){.code = "malformed", .detail = "holds control characters"};
    else if (blank && field->min > 0)
        *complaint = (struct json_complaint){.code = "empty", .detail = "must not be empty"};
    return complaint->code == NULL;
}

static bool report(void *arg, const struct json_complaint *complaint)
{
    struct problem *problem = arg;

    problem_field(problem, complaint->pointer, complaint->code, "%s", complaint->detail);
    return json_array_size(problem->errors) < ERRORS_MAX;
}

bool fields_check(const json_t *body, const struct json_field *table, bool partial, struct problem *problem)
{
    struct json_rules rules = {
        .closed = true, .partial = partial, .text = readable, .report = report, .arg = problem};

    if (partial && json_object_size(body) == 0) {
        problem_field(problem, "", "empty", "names nothing to change");
        return false;
    }
    return json_field_check_all(body, table, &rules);
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
    struct problem *found;
};

static bool query_add(void *arg, const char *name, const char *value)
{
    struct query_walk *walk = arg;
    const struct json_field *field = walk->table;
    json_t *before = json_object_get(walk->query, name);

    while (field->name != NULL && strcmp(field->name, name) != 0)
        field++;
    if (field->name != NULL && field->type == JSON_FIELD_ARRAY) {
        if (before == NULL) {
            before = json_array();
            json_object_set_new(walk->query, name, before);
        }
        json_array_append_new(before, json_string(value));
    } else if (before != NULL) {
        char pointer[128];
        snprintf(pointer, sizeof pointer, "?%s", field->name == NULL ? "" : name);
        problem_field(walk->found, pointer, "duplicate", "is given more than once");
    } else {
        json_object_set_new(walk->query, name,
                            field->name == NULL ? json_string(value) : query_value(field, value));
    }
    return true;
}

/* A query has no pointers: "/q" is "?q". */
static bool report_query(void *arg, const struct json_complaint *complaint)
{
    struct json_complaint in_query = *complaint;
    char pointer[512];

    snprintf(pointer, sizeof pointer, "?%s", complaint->pointer + 1);
    in_query.pointer = pointer;
    return report(arg, &in_query);
}

bool fields_query(struct call *call, const struct json_field *table, json_t **query)
{
    struct problem found = {0};
    struct query_walk walk = {.table = table, .query = json_object(), .found = &found};
    struct json_rules rules = {.closed = true, .text = readable, .report = report_query, .arg = &found};

    request_query_each(call->request, query_add, &walk);
    json_field_check_all(walk.query, table, &rules);
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
    if (id != NULL && uuid_valid(id))
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
    if (moment_day_valid(json_string_value(value)))
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

/* What the other side takes only its server knows; this refuses what is no address at all. */
bool fields_email(const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    const char *at = strchr(text, '@');
    if (at != NULL && at != text && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
        strpbrk(text, " \n\t") == NULL)
        return true;
    return err_set(err, ERR_MALFORMED, "must be an e-mail address") == ERR_OK;
}
