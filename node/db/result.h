/* Between db.c and result.c only: what a result is. */
#ifndef NODE_DB_RESULT_H
#define NODE_DB_RESULT_H

#include <libpq-fe.h>

struct db_result {
    PGresult *rows;
};

#endif
