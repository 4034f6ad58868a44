/* /api/v1/proposals and /api/v1/offers: the same handlers; a row's kind (enum listing_kind) tells which. */
#ifndef NODE_API_DESK_LISTINGS_H
#define NODE_API_DESK_LISTINGS_H

#include "node/api/fields.h"
#include "node/core/workflow.h"
#include "node/http/router.h"

extern const struct route api_listings_routes[];
extern const struct fields_schema api_listings_schemas[];

/* Does a new listing fit its field table? All problems are named. */
bool api_listings_check(enum listing_kind kind, const json_t *fields, struct problem *problem);

#endif
