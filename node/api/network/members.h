/* /api/v1/members: an office's health page. */
#ifndef NODE_API_NETWORK_MEMBERS_H
#define NODE_API_NETWORK_MEMBERS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_members_routes[];

#endif
