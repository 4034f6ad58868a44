/* How the jobs of the clock went, for the process that does them next and for whoever looks after the node.
 */
#ifndef NODE_DB_CLOCK_JOBS_H
#define NODE_DB_CLOCK_JOBS_H

#include "node/db/db.h"

extern const struct db_statement db_jobs_statements[];

/* Array of {name, ago (milliseconds), failures (rounds in a row)}. */
bool db_jobs_read(struct tx *tx, json_t **jobs);
/* The job's round ended just now. */
bool db_jobs_ended(struct tx *tx, const char *name, int64_t failures);

#endif
