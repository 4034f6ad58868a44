/* Accounts and bearer tokens, for administrators; and everybody's own tokens. */
#ifndef NODE_API_PEOPLE_USERS_H
#define NODE_API_PEOPLE_USERS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_users_routes[];
extern const struct fields_schema api_users_schemas[];

#endif
