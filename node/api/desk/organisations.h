/* /api/v1/organisations. */
#ifndef NODE_API_DESK_ORGANISATIONS_H
#define NODE_API_DESK_ORGANISATIONS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_organisations_routes[];
extern const struct fields_schema api_organisations_schemas[];

#endif
