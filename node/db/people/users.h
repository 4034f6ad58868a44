/* People who sign in: accounts, sessions, tokens. E-mails are the same when they differ in the
 * case of A to Z only, whatever the database's locale folds. */
#ifndef NODE_DB_PEOPLE_USERS_H
#define NODE_DB_PEOPLE_USERS_H

#include "node/base/actor.h"
#include "node/db/db.h"

enum { USERS_HASH_SIZE = 32, USERS_PASSWORD_HASH_SIZE = 160 };

extern const struct db_statement db_users_statements[];

/* What signing in needs; exists is false when there is no such enabled account. */
struct db_account {
    bool exists;
    bool stale; /* found by a session or token whose last use was written too long ago */
    struct actor actor;
    char password_hash[USERS_PASSWORD_HASH_SIZE]; /* "" if none is set */
};
bool db_users_account(struct tx *tx, const char *email, struct db_account *account);
bool db_users_account_by_id(struct tx *tx, const char *id, struct db_account *account);

/* User objects of the API; *out is NULL when there is none. lock: it and all administrators, so that two
 * cannot remove each other at once. */
bool db_users_list(struct tx *tx, json_t **out);
bool db_users_read(struct tx *tx, const char *id, enum db_reading reading, json_t **out);
bool db_users_create(struct tx *tx, const char *email, const char *name, const char *role,
                     const char *language, const char *password_hash, char id[37]);
/* NULL members stay as they are; disabled < 0 likewise. */
struct db_user_change {
    const char *name, *role, *language, *password_hash;
    int disabled;
};
bool db_users_change(struct tx *tx, const char *id, const struct db_user_change *change);
/* How many enabled administrators there are; final for who has locked them. */
bool db_users_admins(struct tx *tx, int64_t *count);

/* Unless the account was disabled or got another password since it was read: who changes it is waited for. */
bool db_users_session_add(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE],
                          const struct db_account *account, bool *added);
/* Who a session or token belongs to; exists false when unknown, expired or disabled. */
bool db_users_session_find(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE], struct db_account *account);
/* It is used now. */
bool db_users_session_used(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE]);
bool db_users_session_remove(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE]);
/* All sessions of a user but one (hash NULL: all). */
bool db_users_sessions_remove(struct tx *tx, const char *user_id, const uint8_t *except);

/* A new bearer token: label and term go in, the rest comes out. */
struct db_token {
    const char *label;
    int64_t days;
    char id[37];
    char expires_at[24];
};
bool db_users_token_add(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE], const char *user_id,
                        struct db_token *token);
bool db_users_token_find(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE], struct db_account *account);
bool db_users_token_used(struct tx *tx, const uint8_t hash[USERS_HASH_SIZE]);
bool db_users_token_list(struct tx *tx, const char *user_id, json_t **out);
/* owner NULL: whosever it is. */
bool db_users_token_remove(struct tx *tx, const char *id, const char *owner, bool *removed);
bool db_users_tokens_remove(struct tx *tx, const char *user_id);

#endif
