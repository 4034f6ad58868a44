/* The migrations, embedded at build time from node/sql/ in the order of their names, and their application.
 */
#ifndef NODE_DB_MIGRATIONS_H
#define NODE_DB_MIGRATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "node/db/db.h"

struct migration {
    const char *name;
    const char *sql;
};
extern const struct migration migrations[];
extern const size_t migrations_count;

/* Applies what is missing, each in a transaction of its own, under an advisory lock, so that two nodes may
 * start at once. A database that knows migrations we do not is refused. */
bool db_migrations_apply(struct db *db, struct problem *problem);
/* How many are missing; false when the database cannot be asked. */
bool db_migrations_pending(struct db *db, size_t *pending, struct problem *problem);

#endif
