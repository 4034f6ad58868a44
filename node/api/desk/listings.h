/* /api/v1/proposals and /api/v1/offers: the same handlers; a row's kind (enum listing_kind) tells which. */
#ifndef NODE_API_DESK_LISTINGS_H
#define NODE_API_DESK_LISTINGS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_listings_routes[];
extern const struct fields_schema api_listings_schemas[];

#endif
