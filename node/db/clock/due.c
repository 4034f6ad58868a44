#include "node/db/clock/due.h"

#include <stdlib.h>

enum { LISTINGS, LISTING, SESSIONS, IMPORTS, KEYS, TRIES, BROWSERS, TOKENS };

enum { PART_ROWS = 1000 }; /* of each kind, forgotten in one transaction */

#define IS_DUE "$1::jsonb ? state AND day < current_date - CASE kind WHEN 'offer' THEN 0 ELSE 30 END"

const struct db_statement db_due_statements[] = {
    /* In no order: what cannot be moved must not stand before the rest for ever. */
    [LISTINGS] = {"due_listings",
                  "SELECT kind, id FROM listings WHERE " IS_DUE " ORDER BY random() LIMIT 500"},
    [LISTING] = {"due_listing", "SELECT id FROM listings WHERE id = $2 AND " IS_DUE " FOR UPDATE"},
    [SESSIONS] = {"due_sessions", "DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions "
                                  "WHERE expires_at < now() LIMIT $1)"},
    [IMPORTS] = {"due_imports", "DELETE FROM imports WHERE id IN (SELECT id FROM imports "
                                "WHERE created_at < now() - interval '30 days' LIMIT $1)"},
    [KEYS] = {"due_keys", "DELETE FROM idempotency_keys WHERE (user_id, key) IN (SELECT user_id, key "
                          "FROM idempotency_keys WHERE created_at < now() - interval '1 day' LIMIT $1)"},
    /* Older than any window. Who begins to count anew meanwhile is spared. */
    [TRIES] = {"due_tries",
               "DELETE FROM sign_in_attempts WHERE since < now() - interval '1 hour' AND bucket IN "
               "(SELECT bucket FROM sign_in_attempts WHERE since < now() - interval '1 hour' LIMIT $1)"},
    [BROWSERS] = {"due_browsers",
                  "DELETE FROM known_browsers WHERE token_hash IN (SELECT token_hash FROM known_browsers "
                  "WHERE seen_at < now() - interval '180 days' LIMIT $1)"},
    /* Shown for a month as what has ended. */
    [TOKENS] = {"due_tokens", "DELETE FROM api_tokens WHERE id IN (SELECT id FROM api_tokens "
                              "WHERE expires_at < now() - interval '30 days' LIMIT $1)"},
    {NULL, NULL},
};

bool db_due_listings(struct tx *tx, const json_t *states, json_t **due)
{
    char *text = json_dumps(states, JSON_COMPACT);
    struct db_result *rows;
    bool ok = DB_QUERY(tx, &db_due_statements[LISTINGS], &rows, db_text(text));

    if (ok)
        *due = db_rows_json(rows, NULL);
    db_result_destroy(rows);
    free(text);
    return ok;
}

bool db_due_listing(struct tx *tx, const json_t *states, const char *id, bool *due)
{
    char *text = json_dumps(states, JSON_COMPACT);
    struct db_result *rows;
    bool ok = DB_QUERY(tx, &db_due_statements[LISTING], &rows, db_text(text), db_text(id));

    *due = ok && db_rows(rows) > 0;
    db_result_destroy(rows);
    free(text);
    return ok;
}

static bool forget(struct tx *tx, const struct db_statement *statement, bool *more)
{
    struct db_result *result;

    if (!DB_QUERY(tx, statement, &result, db_integer(PART_ROWS)))
        return false;
    *more = *more || db_affected(result) == PART_ROWS;
    db_result_destroy(result);
    return true;
}

bool db_due_forget(struct tx *tx, bool *more)
{
    static const int kinds[] = {SESSIONS, IMPORTS, KEYS, TRIES, BROWSERS, TOKENS};

    *more = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!forget(tx, &db_due_statements[kinds[i]], more))
            return false;
    return true;
}
