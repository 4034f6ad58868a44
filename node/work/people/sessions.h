/* Signing in: passwords (Argon2id), sessions, tokens. The brake on guessing is brakes.h. */
#ifndef NODE_WORK_PEOPLE_SESSIONS_H
#define NODE_WORK_PEOPLE_SESSIONS_H

#include "node/base/actor.h"
#include "node/db/db.h"
#include "node/base/node.h"
#include "node/work/people/brakes.h"

enum {
    SESSIONS_TOKEN_SIZE = 44,
    SESSIONS_HASH_SIZE = 160,
    SESSIONS_PASSWORD_MIN = 12,
    SESSIONS_PASSWORD_MAX = 200
};

/* Whose a new password will be: it must not be made of what everybody knows of them. Borrowed. */
struct sessions_person {
    const char *email, *name;
    const struct node *node;
};
/* Checks a new password (INVALID_BODY at pointer: its length, core/passwords) and makes its Argon2id hash in
 * PHC form. Takes 19 MiB and some 30 ms: in the slow lane only, never inside a transaction. */
bool sessions_new_password(const char *password, const struct sessions_person *person, const char *pointer,
                           char hash[SESSIONS_HASH_SIZE], struct problem *problem);

/* How somebody comes in; borrowed. */
struct sessions_door {
    const char *address;  /* the sender's, as text */
    const char *session;  /* the cookie of the session; NULL: none */
    const char *browsers; /* the cookie that the browser is known by; NULL: none */
};

/* What came of it; the token is told once, only its hash is kept. */
struct sessions_opened {
    struct actor actor;
    char token[SESSIONS_TOKEN_SIZE];
    char browsers[BRAKES_BROWSERS_SIZE]; /* what the cookie of known browsers becomes */
};
/* Checks e-mail and password and opens a session. SIGN_IN_FAILED, TOO_MANY_ATTEMPTS. */
bool sessions_sign_in(struct db *db, const struct sessions_door *door, const char *email,
                      const char *password, struct sessions_opened *opened, struct problem *problem);
/* Who a cookie's or bearer's token speaks for; actor->user_id is "" when nobody. */
bool sessions_find(struct db *db, const char *token, bool bearer, struct actor *actor,
                   struct problem *problem);
bool sessions_sign_out(struct db *db, const char *token, struct problem *problem);
/* Changes one's own password; all that the old one opened ends but the door's session and browser. Wrong
 * guesses are braked like those at signing in. */
bool sessions_change_password(struct db *db, const struct node *node, const struct actor *actor,
                              const struct sessions_door *door, const char *current, const char *next,
                              struct problem *problem);
/* All that a password opened ends, other people's hands on it included: sessions but one, API tokens, what
 * browsers are known by but one. session and browser: their tokens' hashes; NULL: none stays. */
bool sessions_end(struct tx *tx, const char *user_id, const uint8_t *session, const uint8_t *browser);
/* A new bearer token for a user. */
bool sessions_add_token(struct tx *tx, const char *user_id, struct db_token *row,
                        char token[SESSIONS_TOKEN_SIZE]);

#endif
