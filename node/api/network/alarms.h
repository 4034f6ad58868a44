/* /api/v1/alarms: what needs a decision of the administration. */
#ifndef NODE_API_NETWORK_ALARMS_H
#define NODE_API_NETWORK_ALARMS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_alarms_routes[];
extern const struct fields_schema api_alarms_schemas[];

#endif
