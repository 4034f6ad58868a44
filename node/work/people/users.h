/* Accounts: who may sign in. */
#ifndef NODE_WORK_PEOPLE_USERS_H
#define NODE_WORK_PEOPLE_USERS_H

#include "node/base/actor.h"
#include "node/db/db.h"
#include "node/base/node.h"

/* {items: […]}, and one account; NOT_FOUND. */
bool users_list(struct tx *tx, json_t **users);
bool users_read(struct tx *tx, const char *id, json_t **user);

struct user_new {
    const char *email, *name, *role, *language;
    const char *password_hash; /* of sessions_new_password, made before the transaction; NULL: none yet */
};
/* CONFLICT when the e-mail has an account. */
bool users_create(struct tx *tx, const struct actor *actor, const struct user_new *user, char id[37]);

enum { USERS_ANY_VERSION = -1 }; /* the command line changes what is there */

struct user_change {
    const char *name, *role, *language, *password_hash; /* NULL: as it is */
    int disabled;                                       /* -1: as it is */
};
/* NOT_FOUND, PRECONDITION_REQUIRED, STALE_VERSION; CONFLICT when nobody would be left to administer. A new
 * password or disabling ends the user's sessions and API tokens. */
bool users_change(struct tx *tx, const struct actor *actor, const char *id, long version,
                  const struct user_change *change);

/* One's own name and language (NULL: as it is); actor is brought up to date. */
bool users_change_own(struct tx *tx, struct actor *actor, const char *name, const char *language);

#endif
