/* /api/v1/imports. */
#ifndef NODE_API_IMPORTS_H
#define NODE_API_IMPORTS_H

#include "node/api/fields.h"
#include "node/http/router.h"

extern const struct route api_imports_routes[];

#endif
