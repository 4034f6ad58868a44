/* What the database is like that no table says: how it stores text, and whether it can be written. */
#ifndef NODE_DB_INSTALLATION_H
#define NODE_DB_INSTALLATION_H

#include "node/db/db.h"

extern const struct db_statement db_installation_statements[];

struct db_installation {
    char database[64], encoding[32];
    char collation_made[32], collation_here[32]; /* versions; "" where the order has none */
    bool read_only;                              /* a standby, or set so */
};

/* With db_read or in a transaction that may write: one that may not would say so of the database. */
bool db_installation_read(struct tx *tx, struct db_installation *installation);

#endif
