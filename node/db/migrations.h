/* The migrations, embedded at build time from node/sql/ in the order of their names, and their application.
 *
 * A migration that ran is never edited: what comes later comes in a new file. Every octet of the file counts,
 * also blanks and comments, so that nobody has to argue which edits are harmless; the database keeps the
 * checksum of what made its tables, and a program with other texts refuses it. */
#ifndef NODE_DB_MIGRATIONS_H
#define NODE_DB_MIGRATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "node/db/db.h"

struct migration {
    const char *name;
    const char *checksum; /* SHA-256 of the file in hexadecimal, as sha256sum prints it */
    const char *sql;
};
extern const struct migration migrations[];
extern const size_t migrations_count;

/* Applies what is missing, each in a transaction of its own, under an advisory lock, so that two nodes may
 * start at once. CONFLICT, and nothing changed: the database knows migrations that we do not, or others under
 * our names. */
bool db_migrations_apply(struct db *db, struct problem *problem);
/* How many are missing; false when the database cannot be asked, or is refused as above. */
bool db_migrations_pending(struct db *db, size_t *pending, struct problem *problem);

#endif
