/* Forwards between towns, and the cases of our own proposals and offers. */
#ifndef NODE_API_FORWARDS_H
#define NODE_API_FORWARDS_H

#include "node/api/fields.h"
#include "node/http/router.h"

extern const struct route api_forwards_routes[];
extern const struct fields_schema api_forwards_schemas[];

#endif
