/* /api/v1/audit. */
#ifndef NODE_API_DESK_AUDIT_H
#define NODE_API_DESK_AUDIT_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_audit_routes[];

#endif
