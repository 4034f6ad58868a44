/* Bearer tokens: what programs sign in with in a user's name. Runs in the caller's transaction; objects that
 * come out are new references in the API's form. */
#ifndef NODE_WORK_PEOPLE_TOKENS_H
#define NODE_WORK_PEOPLE_TOKENS_H

#include "node/base/actor.h"
#include "node/db/db.h"

/* {items: […]} of a user; NOT_FOUND. */
bool tokens_list(struct tx *tx, const char *user_id, json_t **tokens);
/* {id, label, token}: the token is told once, only its hash is kept. NOT_FOUND: there is no such user. */
bool tokens_create(struct tx *tx, const struct actor *actor, const char *user_id, const char *label,
                   json_t **token);
/* NOT_FOUND. */
bool tokens_remove(struct tx *tx, const struct actor *actor, const char *id);

#endif
