/* What an organisation consists of, whoever brings it: a body of the API or a row of a file. Any thread. */
#ifndef NODE_WORK_DESK_ORGANISATION_FIELDS_H
#define NODE_WORK_DESK_ORGANISATION_FIELDS_H

#include "node/base/fields.h"

/* NULL-terminated. */
extern const char *const organisation_sectors[];
extern const struct json_field organisation_fields[];

#endif
