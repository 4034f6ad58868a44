/* Bearer tokens: what programs sign in with in a user's name. Runs in the caller's transaction; objects that
 * come out are new references in the API's form. */
#ifndef NODE_WORK_PEOPLE_TOKENS_H
#define NODE_WORK_PEOPLE_TOKENS_H

#include "node/base/actor.h"
#include "node/db/db.h"

/* {items: […]} of a user; NOT_FOUND. */
bool tokens_list(struct tx *tx, const char *user_id, json_t **tokens);
enum { TOKENS_DAYS = 90, TOKENS_DAYS_MOST = 366 };
/* {id, label, expires_at, token}: the token is told once, only its hash is kept. It ends after that many days
 * (0: TOKENS_DAYS), with the user's next password and when the user is disabled. NOT_FOUND: there is no such
 * user. */
bool tokens_create(struct tx *tx, const struct actor *actor, const char *user_id, const char *label,
                   int64_t days, json_t **token);
/* owner NULL: whosever it is. NOT_FOUND. */
bool tokens_remove(struct tx *tx, const struct actor *actor, const char *id, const char *owner);

#endif
