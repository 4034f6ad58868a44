#include "node/db/people/users.h"

#include <stdio.h>

enum {
    ACCOUNT,
    ACCOUNT_BY_ID,
    LIST,
    READ,
    LOCK,
    CREATE,
    CHANGE,
    ADMINS,
    SESSION_ADD,
    SESSION_FIND,
    SESSION_USED,
    SESSION_REMOVE,
    SESSIONS_REMOVE,
    TOKEN_ADD,
    TOKEN_FIND,
    TOKEN_USED,
    TOKEN_LIST,
    TOKEN_REMOVE,
    TOKENS_REMOVE
};

#define ACCOUNT_COLUMNS "u.id, u.email, u.name, u.role, u.language, u.password_hash"
#define USER_COLUMNS                                                                                         \
    "id, email, name, role, language, disabled, version, " DB_TIME(                                          \
        "last_sign_in_at") " AS last_sign_in_at, " DB_TIME("created_at") " AS created_at, " DB_TIME("update" \
                                                                                                    "d_at") " AS updated_at"

/* A session lives 12 hours from its last use and a week at most. Its last use is written once a minute, a
 * token's once an hour: who reads does not write. */
const struct db_statement db_users_statements[] = {
    [ACCOUNT] = {"take_account", "SELECT " ACCOUNT_COLUMNS
                                 " FROM users u WHERE lower(u.email COLLATE \"C\") = lower($1 COLLATE \"C\") "
                                 "AND NOT u.disabled"},
    [ACCOUNT_BY_ID] = {"users_account_by_id",
                       "SELECT " ACCOUNT_COLUMNS " FROM users u WHERE u.id = $1::uuid AND NOT u.disabled"},
    [LIST] = {"users_list", "SELECT " USER_COLUMNS " FROM users ORDER BY name, id"},
    [READ] = {"users_read", "SELECT " USER_COLUMNS " FROM users WHERE id = $1::uuid"},
    /* With all who administer, for a change may not take away the last one; in one order, since they change
     * each other. Whoever writes an event about somebody (FOR KEY SHARE) is not waited for. */
    [LOCK] = {"users_lock", "SELECT FROM users WHERE id = $1::uuid OR (role = 'admin' AND NOT disabled) "
                            "ORDER BY id FOR NO KEY UPDATE"},
    [CREATE] = {"users_create", "INSERT INTO users (email, name, role, language, password_hash) "
                                "VALUES ($1, $2, $3, $4, $5) RETURNING id"},
    [CHANGE] = {"users_change",
                "UPDATE users SET name = coalesce($2, name), role = coalesce($3, role), "
                "language = coalesce($4, language), password_hash = coalesce($5, password_hash), "
                "disabled = coalesce($6::boolean, disabled), version = version + 1, updated_at = now() "
                "WHERE id = $1::uuid"},
    [ADMINS] = {"users_admins", "SELECT count(*) AS count FROM users WHERE role = 'admin' AND NOT disabled"},
    [SESSION_ADD] = {"users_session_add",
                     "WITH gone AS (DELETE FROM sessions WHERE expires_at < now()), "
                     "seen AS (UPDATE users SET last_sign_in_at = now() "
                     "WHERE id = $2::uuid AND password_hash = $3 AND NOT disabled RETURNING id) "
                     "INSERT INTO sessions (token_hash, user_id, expires_at) "
                     "SELECT $1, id, now() + interval '12 hours' FROM seen"},
    [SESSION_FIND] = {"users_session_find",
                      "SELECT " ACCOUNT_COLUMNS ", s.seen_at < now() - interval '1 minute' AS stale "
                      "FROM sessions s JOIN users u ON u.id = s.user_id "
                      "WHERE s.token_hash = $1 AND s.expires_at > now() AND NOT u.disabled"},
    [SESSION_USED] = {"users_session_used",
                      "UPDATE sessions SET seen_at = now(), expires_at = least(now() + interval '12 hours', "
                      "created_at + interval '7 days') WHERE token_hash = $1 AND expires_at > now() "
                      "AND seen_at < now() - interval '1 minute'"},
    [SESSION_REMOVE] = {"users_session_remove", "DELETE FROM sessions WHERE token_hash = $1"},
    [SESSIONS_REMOVE] = {"users_sessions_remove",
                         "DELETE FROM sessions WHERE user_id = $1::uuid AND token_hash IS DISTINCT FROM $2"},
    [TOKEN_ADD] = {"users_token_add", "INSERT INTO api_tokens (token_hash, user_id, label, expires_at) "
                                      "VALUES ($1, $2::uuid, $3, now() + $4 * interval '1 day') "
                                      "RETURNING id, " DB_TIME("expires_at") " AS expires_at"},
    [TOKEN_FIND] = {"users_token_find",
                    "SELECT " ACCOUNT_COLUMNS ", coalesce(t.last_used_at, '-infinity') < "
                    "now() - interval '1 hour' AS stale FROM api_tokens t JOIN users u ON u.id = t.user_id "
                    "WHERE t.token_hash = $1 AND t.expires_at > now() AND NOT u.disabled"},
    [TOKEN_USED] = {"users_token_used",
                    "UPDATE api_tokens SET last_used_at = now() WHERE token_hash = $1 "
                    "AND coalesce(last_used_at, '-infinity') < now() - interval '1 hour'"},
    [TOKEN_LIST] = {"users_token_list",
                    "SELECT id, label, created_at, last_used_at, expires_at FROM api_tokens "
                    "WHERE user_id = $1::uuid ORDER BY created_at, id"},
    [TOKEN_REMOVE] = {"users_token_remove", "DELETE FROM api_tokens WHERE id = $1::uuid "
                                            "AND user_id = coalesce($2::uuid, user_id)"},
    [TOKENS_REMOVE] = {"users_tokens_remove", "DELETE FROM api_tokens WHERE user_id = $1::uuid"},
    {NULL, NULL},
};

static const struct db_json_column user_columns[] = {
    {"version", DB_JSON_INTEGER},
    {"disabled", DB_JSON_BOOLEAN},
    {NULL, DB_JSON_STRING},
};

/* Takes the result. */
static bool take_account(struct db_result *row, struct db_account *account)
{
    struct actor *actor = &account->actor;

    *account = (struct db_account){.exists = db_rows(row) > 0};
    if (account->exists) {
        account->stale = db_column(row, "stale") >= 0 && db_cell_boolean(row, 0, "stale");
        snprintf(actor->user_id, sizeof actor->user_id, "%s", db_cell(row, 0, "id"));
        snprintf(actor->email, sizeof actor->email, "%s", db_cell(row, 0, "email"));
        snprintf(actor->name, sizeof actor->name, "%s", db_cell(row, 0, "name"));
        snprintf(actor->role, sizeof actor->role, "%s", db_cell(row, 0, "role"));
        snprintf(actor->language, sizeof actor->language, "%s", db_cell(row, 0, "language"));
        snprintf(account->password_hash, sizeof account->password_hash, "%s",
                 db_cell(row, 0, "password_hash") ? db_cell(row, 0, "password_hash") : "");
    }
    db_result_destroy(row);
    return true;
}

bool db_users_account(struct tx *tx, const char *email, struct db_account *account)
{
    struct db_result *row;

    return DB_QUERY(tx, &db_users_statements[ACCOUNT], &row, db_text(email)) && take_account(row, account);
}

bool db_users_account_by_id(struct tx *tx, const char *id, struct db_account *account)
{
    struct db_result *row;

    return DB_QUERY(tx, &db_users_statements[ACCOUNT_BY_ID], &row, db_text(id)) && take_account(row, account);
}

bool db_users_list(struct tx *tx, json_t **out)
{
    struct db_result *rows;

    if (!db_query(tx, &db_users_statements[LIST], NULL, 0, &rows))
        return false;
    *out = db_rows_json(rows, user_columns);
    db_result_destroy(rows);
    return true;
}

bool db_users_read(struct tx *tx, const char *id, enum db_reading reading, json_t **out)
{
    struct db_result *row;

    /* Read after it was waited for: as it is now. */
    if ((reading == DB_LOCK && !DB_QUERY(tx, &db_users_statements[LOCK], NULL, db_text(id))) ||
        !DB_QUERY(tx, &db_users_statements[READ], &row, db_text(id)))
        return false;
    *out = db_rows(row) ? db_row_json(row, 0, user_columns) : NULL;
    db_result_destroy(row);
    return true;
}

static bool take_id(struct db_result *row, char id[37])
{
    snprintf(id, 37, "%s", db_cell(row, 0, "id"));
    db_result_destroy(row);
    return true;
}

bool db_users_create(struct tx *tx, const char *email, const char *name, const char *role,
                     const char *language, const char *password_hash, char id[37])
{
    struct db_result *row;

    return DB_QUERY(tx, &db_users_statements[CREATE], &row, db_text(email), db_text(name), db_text(role),
                    db_text(language), db_text(password_hash)) &&
           take_id(row, id);
}

bool db_users_change(struct tx *tx, const char *id, const struct db_user_change *change)
{
    return DB_QUERY(tx, &db_users_statements[CHANGE], NULL, db_text(id), db_text(change->name),
                    db_text(change->role), db_text(change->language), db_text(change->password_hash),
                    change->disabled < 0 ? db_null() : db_boolean(change->disabled));
}

bool db_users_admins(struct tx *tx, int64_t *count)
{
    struct db_result *row;

    if (!db_query(tx, &db_users_statements[ADMINS], NULL, 0, &row))
        return false;
    *count = db_cell_integer(row, 0, "count");
    db_result_destroy(row);
    return true;
}

bool db_users_session_add(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE],
                          const struct db_account *account, bool *added)
{
    struct db_result *result;

    if (!DB_QUERY(tx, &db_users_statements[SESSION_ADD], &result, db_octets(hash, USERS_HASH_SIZE),
                  db_text(account->actor.user_id), db_text(account->password_hash)))
        return false;
    *added = db_affected(result) == 1;
    db_result_destroy(result);
    return true;
}

bool db_users_session_find(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE], struct db_account *account)
{
    struct db_result *row;

    return DB_QUERY(tx, &db_users_statements[SESSION_FIND], &row, db_octets(hash, USERS_HASH_SIZE)) &&
           take_account(row, account);
}

bool db_users_session_used(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE])
{
    return DB_QUERY(tx, &db_users_statements[SESSION_USED], NULL, db_octets(hash, USERS_HASH_SIZE));
}

bool db_users_session_remove(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE])
{
    return DB_QUERY(tx, &db_users_statements[SESSION_REMOVE], NULL, db_octets(hash, USERS_HASH_SIZE));
}

bool db_users_sessions_remove(struct tx *tx, const char *user_id, const uint8_t *except)
{
    return DB_QUERY(tx, &db_users_statements[SESSIONS_REMOVE], NULL, db_text(user_id),
                    except ? db_octets(except, USERS_HASH_SIZE) : db_null());
}

bool db_users_token_add(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE], const char *user_id,
                        struct db_token *token)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_users_statements[TOKEN_ADD], &row, db_octets(hash, USERS_HASH_SIZE),
                  db_text(user_id), db_text(token->label), db_integer(token->days)))
        return false;
    snprintf(token->expires_at, sizeof token->expires_at, "%s", db_cell(row, 0, "expires_at"));
    return take_id(row, token->id);
}

bool db_users_token_find(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE], struct db_account *account)
{
    struct db_result *row;

    return DB_QUERY(tx, &db_users_statements[TOKEN_FIND], &row, db_octets(hash, USERS_HASH_SIZE)) &&
           take_account(row, account);
}

bool db_users_token_used(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE])
{
    return DB_QUERY(tx, &db_users_statements[TOKEN_USED], NULL, db_octets(hash, USERS_HASH_SIZE));
}

bool db_users_token_list(struct tx *tx, const char *user_id, json_t **out)
{
    static const struct db_json_column columns[] = {{"created_at", DB_JSON_TIME},
                                                    {"last_used_at", DB_JSON_TIME},
                                                    {"expires_at", DB_JSON_TIME},
                                                    {NULL, DB_JSON_STRING}};
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_users_statements[TOKEN_LIST], &rows, db_text(user_id)))
        return false;
    *out = db_rows_json(rows, columns);
    db_result_destroy(rows);
    return true;
}

bool db_users_token_remove(struct tx *tx, const char *id, const char *owner, bool *removed)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_users_statements[TOKEN_REMOVE], &row, db_text(id), db_text(owner)))
        return false;
    *removed = db_affected(row) == 1;
    db_result_destroy(row);
    return true;
}

bool db_users_tokens_remove(struct tx *tx, const char *user_id)
{
    return DB_QUERY(tx, &db_users_statements[TOKENS_REMOVE], NULL, db_text(user_id));
}
