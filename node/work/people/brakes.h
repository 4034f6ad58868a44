/* The brake on guessing passwords, and how nobody locks out anybody else by it.
 *
 * A try counts before the password is looked at, so that many at once are not more than one after the other,
 * and is taken back when the password was right. Within a quarter of an hour an address (its group,
 * base/address_group) has ten tries at an account and a hundred at all. An account that was tried a thousand
 * times is not closed, since that would be in the hands of whoever guesses: from then on each address has one
 * try at it instead of ten, and the right password opens from anywhere. A browser that signed in to the
 * account before (OWASP: device cookie) has ten tries of its own that nobody else can use up; when it has
 * used them up it is a browser like any other.
 *
 * Whether there is such an account makes no difference: nobody has the same brakes, and the same statements
 * run. Buckets are hashes and are forgotten within hours: neither addresses nor mistyped e-mails are kept.
 *
 * A struct guess is the caller's, on its stack; what it borrows outlives it. */
#ifndef NODE_WORK_PEOPLE_BRAKES_H
#define NODE_WORK_PEOPLE_BRAKES_H

#include "node/db/db.h"
#include "node/db/people/brakes.h"
#include "node/db/people/users.h"

enum {
    BRAKES_TOKEN_SIZE = 44,
    BRAKES_BROWSERS_SIZE =
        BRAKES_BROWSER_TOKENS * BRAKES_TOKEN_SIZE /* tokens with dots between, and the NUL */
};

struct brake {
    struct db_bucket bucket;
    int64_t limit;
    bool shared; /* counts also what others try at the account, or what is tried here at others */
};

/* Somebody says who they are and has to prove it. */
struct guess {
    const char *email;
    const char *address;       /* of the sender, as text */
    const char *browsers;      /* the cookie that a browser is known by, as it came; NULL: none */
    struct db_account account; /* whom it is about, once it was counted; exists is false for nobody */
    struct db_browser browser;
    uint8_t account_name[USERS_HASH_SIZE];
    struct brake brakes[3]; /* those that it was counted in */
    size_t brakes_count;
};

/* Finds the account and counts the try. TOO_MANY_ATTEMPTS: not to be looked at; it was counted nowhere. */
bool brakes_count(struct tx *tx, struct guess *guess);
/* The password was wrong: the audit hears of it, and of a brake that is on from here. Each of both, of an
 * account or of nobody, is told the first, tenth, hundredth … time in an hour, with how often it was: enough
 * to see what happens, and strangers fill no table. */
bool brakes_wrong(struct tx *tx, const struct guess *guess);
/* It was no guess. */
bool brakes_right(struct tx *tx, const struct guess *guess);
/* The browser is known from now on: what its cookie becomes, for the account's newest 20 browsers and 180
 * days after it was there last. */
bool brakes_know_browser(struct tx *tx, const struct guess *guess, char browsers[BRAKES_BROWSERS_SIZE]);
/* Of an account, exists or not: strangers may try again. How many brakes were on. */
bool brakes_unlock(struct tx *tx, const char *email, int64_t *count);
/* What was tried from a numeric address, or its /64, at whomever counts no more. INVALID_BODY: it is none. */
bool brakes_unlock_address(struct tx *tx, const char *address);

#endif
