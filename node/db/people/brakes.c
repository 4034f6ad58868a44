#include "node/db/people/brakes.h"

enum { COUNT, UNCOUNT, EMPTY, UNLOCK, BROWSER_FIND, BROWSER_ADD, BROWSERS_TRIM, BROWSERS_REMOVE };

#define IS_OPEN "a.since > now() - $3 * interval '1 second'"

const struct db_statement db_brakes_statements[] = {
    [COUNT] =
        {"brakes_count",
         "INSERT INTO sign_in_attempts AS a (bucket, account, failures, since) VALUES ($1, $2, 1, now()) "
         "ON CONFLICT (bucket) DO UPDATE SET "
         "failures = CASE WHEN " IS_OPEN " THEN a.failures + 1 ELSE 1 END, "
         "since = CASE WHEN " IS_OPEN " THEN a.since ELSE now() END "
         "RETURNING failures AS tries, "
         "ceil(extract(epoch FROM since + $3 * interval '1 second' - now()))::bigint AS seconds_left"},
    [UNCOUNT] = {"brakes_uncount", "UPDATE sign_in_attempts SET failures = failures - 1 "
                                   "WHERE bucket = $1 AND failures > 0"},
    [EMPTY] = {"brakes_empty", "DELETE FROM sign_in_attempts WHERE bucket = $1"},
    [UNLOCK] = {"brakes_unlock", "DELETE FROM sign_in_attempts WHERE account = $1"},
    [BROWSER_FIND] = {"brakes_browser_find",
                      "SELECT token_hash FROM known_browsers WHERE user_id = nullif($1, '')::uuid "
                      "AND token_hash IN ($2, $3, $4, $5, $6) AND seen_at > now() - interval '180 days'"},
    [BROWSER_ADD] = {"brakes_browser_add",
                     "INSERT INTO known_browsers (user_id, token_hash) VALUES ($1::uuid, $2) "
                     "ON CONFLICT (token_hash) DO UPDATE SET seen_at = now()"},
    [BROWSERS_TRIM] =
        {"brakes_browsers_trim",
         "DELETE FROM known_browsers WHERE token_hash IN (SELECT token_hash FROM known_browsers "
         "WHERE user_id = $1::uuid ORDER BY seen_at DESC, token_hash OFFSET 20)"},
    [BROWSERS_REMOVE] = {"brakes_browsers_remove", "DELETE FROM known_browsers WHERE user_id = $1::uuid "
                                                   "AND token_hash IS DISTINCT FROM $2"},
    {NULL, NULL},
};

bool db_brakes_count(struct tx *tx, struct db_bucket *bucket)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_brakes_statements[COUNT], &row, db_octets(bucket->name, USERS_HASH_SIZE),
                  bucket->account ? db_octets(bucket->account, USERS_HASH_SIZE) : db_null(),
                  db_integer(bucket->window)))
        return false;
    bucket->tries = db_cell_integer(row, 0, "tries");
    bucket->seconds_left = db_cell_integer(row, 0, "seconds_left");
    db_result_destroy(row);
    return true;
}

bool db_brakes_uncount(struct tx *tx, const struct db_bucket *bucket)
{
    return DB_QUERY(tx, &db_brakes_statements[UNCOUNT], NULL, db_octets(bucket->name, USERS_HASH_SIZE));
}

bool db_brakes_empty(struct tx *tx, const struct db_bucket *bucket)
{
    return DB_QUERY(tx, &db_brakes_statements[EMPTY], NULL, db_octets(bucket->name, USERS_HASH_SIZE));
}

bool db_brakes_unlock(struct tx *tx, const uint8_t account[USERS_HASH_SIZE], int64_t *count)
{
    struct db_result *result;

    if (!DB_QUERY(tx, &db_brakes_statements[UNLOCK], &result, db_octets(account, USERS_HASH_SIZE)))
        return false;
    *count = db_affected(result);
    db_result_destroy(result);
    return true;
}

bool db_brakes_browser_find(struct tx *tx, const char *user_id, struct db_browser *browser)
{
    struct db_value values[1 + BRAKES_BROWSER_TOKENS] = {db_text(user_id)};
    struct db_result *row;

    for (size_t i = 0; i < BRAKES_BROWSER_TOKENS; i++)
        values[1 + i] = i < browser->count ? db_octets(browser->hashes[i], USERS_HASH_SIZE) : db_null();
    if (!db_query(tx, &db_brakes_statements[BROWSER_FIND], values, 1 + BRAKES_BROWSER_TOKENS, &row))
        return false;
    browser->known = db_rows(row) > 0 && db_cell_fixed(row, 0, "token_hash", browser->hash, USERS_HASH_SIZE);
    db_result_destroy(row);
    return true;
}

bool db_brakes_browser_add(struct tx *tx, const char *user_id, const uint8_t hash[USERS_HASH_SIZE])
{
    return DB_QUERY(tx, &db_brakes_statements[BROWSER_ADD], NULL, db_text(user_id),
                    db_octets(hash, USERS_HASH_SIZE)) &&
           DB_QUERY(tx, &db_brakes_statements[BROWSERS_TRIM], NULL, db_text(user_id));
}

bool db_brakes_browsers_remove(struct tx *tx, const char *user_id, const uint8_t *except)
{
    return DB_QUERY(tx, &db_brakes_statements[BROWSERS_REMOVE], NULL, db_text(user_id),
                    except ? db_octets(except, USERS_HASH_SIZE) : db_null());
}
