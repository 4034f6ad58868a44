/* All statements of the program, so that a check can prepare every one against the tables as they are. */
#ifndef NODE_DB_STATEMENTS_H
#define NODE_DB_STATEMENTS_H

#include "node/db/db.h"

/* False with a problem that names the first statement that PostgreSQL does not accept. */
bool db_statements_prepare(struct tx *tx, size_t *count);

#endif
