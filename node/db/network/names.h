/* New names from registries: how fast an office may bring them, and those that wait (SPEC.md 9.1). */
#ifndef NODE_DB_NETWORK_NAMES_H
#define NODE_DB_NETWORK_NAMES_H

#include <jansson.h>

#include "node/db/db.h"

extern const struct db_statement db_names_statements[];

/* Takes one of the new names that this office may bring, at most an_hour at once and in the long run. *may:
 * there was one. */
bool db_names_take(struct tx *tx, const char *office, int64_t an_hour, bool *may);

/* What this office says of a new one waits. *put: false when too many of its wait already. */
bool db_names_put_off(struct tx *tx, const char *office, const char *authority, const json_t *body,
                      bool *put);
/* It waits no longer. *body: what was said of it; NULL: nothing waited. body may be NULL. */
bool db_names_withdraw(struct tx *tx, const char *office, const char *authority, json_t **body);
/* The one whose time has come, of each office: array of {office, authority}. */
bool db_names_due(struct tx *tx, json_t **names);

#endif
