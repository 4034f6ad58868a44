/* /api/v1/invitations of an office. */
#ifndef NODE_API_NETWORK_INVITATIONS_H
#define NODE_API_NETWORK_INVITATIONS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_invitations_routes[];
extern const struct fields_schema api_invitations_schemas[];

#endif
