/* What stands behind the ? of a target, against a field table: checked like a body, complaints as "?name".
 * Any thread. */
#ifndef NODE_HTTP_QUERY_H
#define NODE_HTTP_QUERY_H

#include "node/base/fields.h"
#include "node/http/request.h"

/* The query as an object, typed by its table and checked like a body, else INVALID_QUERY. An array field (its
 * items are one of `values`, if given) may be repeated, others not. *query is a new reference. */
bool query_read(const struct request *request, const struct json_field *table, json_t **query,
                struct problem *problem);

#endif
