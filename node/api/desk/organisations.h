/* /api/v1/organisations. */
#ifndef NODE_API_DESK_ORGANISATIONS_H
#define NODE_API_DESK_ORGANISATIONS_H

#include "node/api/fields.h"
#include "node/http/router.h"

extern const struct route api_organisations_routes[];
extern const struct fields_schema api_organisations_schemas[];

/* Does a new organisation fit its field table? All problems are named. */
bool api_organisations_check(const json_t *organisation, struct problem *problem);

#endif
