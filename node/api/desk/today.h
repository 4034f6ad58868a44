/* /api/v1/today. */
#ifndef NODE_API_DESK_TODAY_H
#define NODE_API_DESK_TODAY_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_today_routes[];

#endif
