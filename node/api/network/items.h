/* /api/v1/network: what other towns need and offer, and our answers. */
#ifndef NODE_API_NETWORK_ITEMS_H
#define NODE_API_NETWORK_ITEMS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_items_routes[];
extern const struct fields_schema api_items_schemas[];

#endif
