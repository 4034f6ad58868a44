#include "node/db/due.h"

enum { LISTINGS, LISTING, SESSIONS, IMPORTS };

#define IS_DUE                                                                                               \
    "(kind = 'offer' AND state = 'available' AND day < current_date OR "                                     \
    "kind = 'proposal' AND day < current_date - 30 AND "                                                     \
    "state IN ('submitted', 'needs_information', 'prechecked', 'scheduled', 'accepted', 'seeking'))"

const struct db_statement db_due_statements[] = {
    /* In no order: what cannot be moved must not stand before the rest for ever. */
    [LISTINGS] = {"due_listings",
                  "SELECT kind, id FROM listings WHERE " IS_DUE " ORDER BY random() LIMIT 500"},
    [LISTING] = {"due_listing", "SELECT id FROM listings WHERE id = $1 AND " IS_DUE " FOR UPDATE"},
    [SESSIONS] = {"due_sessions", "DELETE FROM sessions WHERE expires_at < now()"},
    [IMPORTS] = {"due_imports", "DELETE FROM imports WHERE created_at < now() - interval '30 days'"},
    {NULL, NULL},
};

bool db_due_listings(struct tx *tx, json_t **due)
{
    struct db_result *rows;

    if (!db_query(tx, &db_due_statements[LISTINGS], NULL, 0, &rows))
        return false;
    *due = db_rows_json(rows, NULL);
    db_result_destroy(rows);
    return true;
}

bool db_due_listing(struct tx *tx, const char *id, bool *due)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_due_statements[LISTING], &rows, db_text(id)))
        return false;
    *due = db_rows(rows) > 0;
    db_result_destroy(rows);
    return true;
}

bool db_due_forget(struct tx *tx)
{
    return db_query(tx, &db_due_statements[SESSIONS], NULL, 0, NULL) &&
           db_query(tx, &db_due_statements[IMPORTS], NULL, 0, NULL);
}
