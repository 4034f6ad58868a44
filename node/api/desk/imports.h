/* /api/v1/imports. */
#ifndef NODE_API_DESK_IMPORTS_H
#define NODE_API_DESK_IMPORTS_H

#include "node/base/fields.h"
#include "node/http/router.h"
#include "node/work/desk/import_table.h"

extern const struct route api_imports_routes[];
extern const struct fields_schema api_imports_schemas[];

#endif
