/* Forwards between towns, and the cases of our own proposals and offers. */
#ifndef NODE_API_NETWORK_CASES_H
#define NODE_API_NETWORK_CASES_H

#include "node/base/fields.h"
#include "node/http/router.h"
#include "node/work/network/cases.h"

extern const struct route api_cases_routes[];
extern const struct fields_schema api_cases_schemas[];

/* Whose object the path names, and which: /{id} is ours, /{origin}/{id} another town's. */
struct cases_object api_cases_object(const struct call *call);

#endif
