#include "node/http/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A query's text as the JSON value its field wants; what does not fit stays text and is refused by the check.
 */
static json_t *query_value(const struct json_field *field, const char *text)
{
    if (field->type == JSON_FIELD_INTEGER && *text >= '0' && *text <= '9') {
        long long number;
        char *end;

        errno = 0;
        number = strtoll(text, &end, 10);
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

    while (field->name && strcmp(field->name, name) != 0)
        field++;
    if (field->name && field->type == JSON_FIELD_ARRAY) {
        if (!before) {
            before = json_array();
            json_object_set_new(walk->query, name, before);
        }
        json_array_append_new(before, json_string(value));
    } else if (before) {
        char pointer[128];

        snprintf(pointer, sizeof pointer, "?%s", field->name ? name : "");
        problem_field(walk->found, pointer, "duplicate", "is given more than once");
    } else {
        json_object_set_new(walk->query, name, field->name ? query_value(field, value) : json_string(value));
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
    return fields_report(arg, &in_query);
}

bool query_read(const struct request *request, const struct json_field *table, json_t **query,
                struct problem *problem)
{
    struct problem found = {0};
    struct query_walk walk = {.table = table, .query = json_object(), .found = &found};
    struct json_rules rules = {
        .closed = true, .text = fields_readable, .report = report_query, .arg = &found};

    request_query_each(request, query_add, &walk);
    json_field_check_all(walk.query, table, &rules);
    if (!found.errors) {
        *query = walk.query;
        return true;
    }
    json_decref(walk.query);
    problem_set(problem, PROBLEM_INVALID_QUERY, "The address asks for something that is not understood.");
    problem->errors = found.errors;
    found.errors = NULL;
    problem_finish(&found);
    return false;
}
