/* /api/v1/organisations/{id}/contacts and /api/v1/contacts. */
#ifndef NODE_API_DESK_CONTACTS_H
#define NODE_API_DESK_CONTACTS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_contacts_routes[];
extern const struct fields_schema api_contacts_schemas[];

#endif
