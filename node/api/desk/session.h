/* Signing in and out, one's own account, and what this node is. */
#ifndef NODE_API_DESK_SESSION_H
#define NODE_API_DESK_SESSION_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_session_routes[];
extern const struct fields_schema api_session_schemas[];

#endif
