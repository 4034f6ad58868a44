#include "node/db/due.h"

enum { LISTINGS, SESSIONS, IMPORTS };

const struct db_statement db_due_statements[] = {
    [LISTINGS] =
        {"due_listings",
         "SELECT kind, id FROM listings WHERE "
         "kind = 'offer' AND state = 'available' AND day < current_date OR "
         "kind = 'proposal' AND day < current_date - 30 AND "
         "state IN ('submitted', 'needs_information', 'prechecked', 'scheduled', 'accepted', 'seeking') "
         "ORDER BY day, id LIMIT 50 FOR UPDATE SKIP LOCKED"},
    [SESSIONS] = {"due_sessions", "DELETE FROM sessions WHERE expires_at < now()"},
    [IMPORTS] = {"due_imports", "DELETE FROM imports WHERE created_at < now() - interval '30 days'"},
    {NULL, NULL},
};

bool db_due_listings(struct tx *tx, struct db_result **rows)
{
    return db_query(tx, &db_due_statements[LISTINGS], NULL, 0, rows);
}

bool db_due_forget(struct tx *tx)
{
    return db_query(tx, &db_due_statements[SESSIONS], NULL, 0, NULL) &&
           db_query(tx, &db_due_statements[IMPORTS], NULL, 0, NULL);
}
