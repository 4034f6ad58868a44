/* What holds up those who guess passwords: counts of tries, and the browsers that are known. */
#ifndef NODE_DB_PEOPLE_BRAKES_H
#define NODE_DB_PEOPLE_BRAKES_H

#include "node/db/db.h"
#include "node/db/people/users.h"

extern const struct db_statement db_brakes_statements[];

/* A bucket counts tries and is empty again window seconds after the first. */
struct db_bucket {
    uint8_t name[USERS_HASH_SIZE];
    const uint8_t *account; /* of USERS_HASH_SIZE: with which it is emptied by hand; NULL: none */
    int64_t window;
    int64_t tries, seconds_left; /* as it is after db_brakes_count */
};
/* One more. */
bool db_brakes_count(struct tx *tx, struct db_bucket *bucket);
/* One less: it was no guess. */
bool db_brakes_uncount(struct tx *tx, const struct db_bucket *bucket);
bool db_brakes_empty(struct tx *tx, const struct db_bucket *bucket);
/* All buckets of an account; how many there were. */
bool db_brakes_unlock(struct tx *tx, const uint8_t account[USERS_HASH_SIZE], int64_t *count);

/* A browser that signed in to an account before is known by any of these tokens' hashes. */
enum { BRAKES_BROWSER_TOKENS = 5 };
struct db_browser {
    uint8_t hashes[BRAKES_BROWSER_TOKENS][USERS_HASH_SIZE];
    size_t count;
    bool known;
    uint8_t hash[USERS_HASH_SIZE]; /* if known: of the one that is this account's */
};
/* user_id "": of nobody, who is looked for all the same. */
bool db_brakes_browser_find(struct tx *tx, const char *user_id, struct db_browser *browser);
/* It signed in now; an account's newest 20 stay. */
bool db_brakes_browser_add(struct tx *tx, const char *user_id, const uint8_t hash[USERS_HASH_SIZE]);
/* All of an account but one (NULL: all). */
bool db_brakes_browsers_remove(struct tx *tx, const char *user_id, const uint8_t *except);

#endif
