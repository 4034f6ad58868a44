/* hf-node routes: the tables of routes and fields as JSON, for the test that compares them with openapi.yaml.
 */
#include "node/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/fields.h"
#include "node/command/command.h"
#include "node/core/permissions.h"

static json_t *print_bits(unsigned set, const char *const *names)
{
    json_t *array = json_array();

    for (unsigned bit = 0; names[bit]; bit++)
        if (set & (1u << bit))
            json_array_append_new(array, json_string(names[bit]));
    return array;
}

static json_t *print_fields(const struct json_field *field);

static json_t *print_field(const struct json_field *field)
{
    static const char *const types[] = {"text", "integer",   "boolean", "time", "month",  "uuid",
                                        "b64u", "authority", "stream",  "enum", "object", "array"};
    json_t *row = json_object();

    json_object_set_new(row, "name", json_string(field->name));
    json_object_set_new(row, "type", json_string(types[field->type]));
    json_object_set_new(row, "required", json_boolean(field->required));
    json_object_set_new(row, "nullable", json_boolean(field->nullable));
    json_object_set_new(row, "min", json_integer(field->min));
    json_object_set_new(row, "max", json_integer(field->max));
    if (field->values) {
        json_t *values = json_array();

        for (const char *const *value = field->values; *value; value++)
            json_array_append_new(values, json_string(*value));
        json_object_set_new(row, "values", values);
    }
    if (field->fields)
        json_object_set_new(row, "fields", print_fields(field->fields));
    return row;
}

static json_t *print_fields(const struct json_field *field)
{
    json_t *array = json_array();

    for (; field->name; field++)
        json_array_append_new(array, print_field(field));
    return array;
}

static json_t *print_who(enum permission action)
{
    unsigned who = permissions_who(action);
    json_t *array =
        print_bits(who & (PERMISSIONS_VIEWER - 1), (const char *const[]){"public", "signed", NULL});
    json_t *people = print_bits(who / PERMISSIONS_VIEWER, permissions_people);

    json_array_extend(array, people);
    json_decref(people);
    return array;
}

static json_t *print_row(const struct route *route)
{
    static const char *const nodes[] = {"city", "office", NULL};
    static const char *const listeners[] = {"https", "http", NULL};
    json_t *row = json_object();

    json_object_set_new(row, "method", json_string(route->method));
    json_object_set_new(row, "path", json_string(route->pattern));
    json_object_set_new(row, "roles", print_who(route->may));
    json_object_set_new(row, "nodes", print_bits(route->nodes, nodes));
    json_object_set_new(row, "listeners", print_bits(route->listeners, listeners));
    json_object_set_new(row, "body_limit", json_integer((json_int_t)route->body_limit));
    json_object_set_new(row, "body_type", route->body_type ? json_string(route->body_type) : json_null());
    json_object_set_new(row, "query", route->query ? print_fields(route->query) : json_array());
    return row;
}

static json_t *print_schemas(void)
{
    json_t *object = json_object();

    for (size_t i = 0; fields_schema_tables[i]; i++)
        for (const struct fields_schema *schema = fields_schema_tables[i]; schema->schema; schema++) {
            json_t *row = json_object();

            /* Of two by one name the second would hide the first. */
            if (json_object_get(object, schema->schema))
                abort();
            json_object_set_new(row, "partial", json_boolean(schema->whole == FIELDS_CHANGE));
            json_object_set_new(row, "fields", print_fields(schema->fields));
            json_object_set_new(object, schema->schema, row);
        }
    return object;
}

int command_routes(const struct config *config, int argc, char **argv)
{
    json_t *document = json_object(), *rows = json_array();
    size_t count;
    const struct route *table = routes_table(&count);

    (void)config;
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, print_row(&table[i]));
    json_object_set_new(document, "routes", rows);
    json_object_set_new(document, "schemas", print_schemas());
    json_dumpf(document, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(document);
    return COMMAND_OK;
}
