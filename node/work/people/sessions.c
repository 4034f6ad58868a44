#include "node/work/people/sessions.h"

#include <argon2.h>
#include <string.h>

#include "node/base/random.h"
#include "node/core/passwords.h"
#include "node/db/people/users.h"
#include "node/work/events.h"
#include "node/work/people/brakes.h"
#include "protocol/bytes.h"
#include "protocol/json_profile.h"

/* OWASP's second recommendation for Argon2id: 19 MiB, 2 passes, 1 lane. Only what has the slow lane's one
 * thread comes here, so eight sign-ins at once do not need 150 MiB. */
enum { ARGON_MEMORY_KIB = 19456, ARGON_PASSES = 2, ARGON_LANES = 1, ARGON_HASH = 32, ARGON_SALT = 16 };

static bool hash_password(const char *password, char hash[SESSIONS_HASH_SIZE], struct problem *problem)
{
    uint8_t salt[ARGON_SALT];
    int result;

    random_octets(salt, sizeof salt);
    result = argon2id_hash_encoded(ARGON_PASSES, ARGON_MEMORY_KIB, ARGON_LANES, password, strlen(password),
                                   salt, sizeof salt, ARGON_HASH, hash, SESSIONS_HASH_SIZE);
    return result == ARGON2_OK ||
           problem_set(problem, PROBLEM_INTERNAL, "The password could not be hashed: %s.",
                       argon2_error_message(result));
}

static bool verify_password(const char *hash, const char *password)
{
    return argon2id_verify(hash, password, strlen(password)) == ARGON2_OK;
}

static bool check_password(const char *password, const struct sessions_person *person, const char *pointer,
                           struct problem *problem)
{
    const char *const known[] = {person->email, person->name, person->node->authority,
                                 person->node->config->name, NULL};
    size_t length = json_profile_text_length(password);

    if (length < SESSIONS_PASSWORD_MIN)
        problem_field(problem, pointer, "too_short", "A password needs at least %d characters.",
                      SESSIONS_PASSWORD_MIN);
    if (length > SESSIONS_PASSWORD_MAX)
        problem_field(problem, pointer, "too_long", "A password has at most %d characters.",
                      SESSIONS_PASSWORD_MAX);
    else if (length >= SESSIONS_PASSWORD_MIN && passwords_is_common(password, known))
        problem_field(
            problem, pointer, "common_password",
            "This password is among the first that are tried: beside well-known words, names, dates and "
            "rows of keys there is hardly anything in it. Take four words that have nothing to do with "
            "each other or with you.");
    return !problem->code;
}

bool sessions_new_password(const char *password, const struct sessions_person *person, const char *pointer,
                           char hash[SESSIONS_HASH_SIZE], struct problem *problem)
{
    return check_password(password, person, pointer, problem) && hash_password(password, hash, problem);
}

static void hash_token(const char *token, uint8_t hash[USERS_HASH_SIZE])
{
    bytes_sha256(token, strlen(token), hash);
}

static void new_token(char token[SESSIONS_TOKEN_SIZE], uint8_t hash[USERS_HASH_SIZE])
{
    uint8_t octets[32];

    random_octets(octets, sizeof octets);
    bytes_b64u_encode(octets, sizeof octets, token);
    hash_token(token, hash);
}

static bool count_guess(struct tx *tx, void *arg)
{
    return brakes_count(tx, arg);
}

static bool tell_wrong(struct tx *tx, void *arg)
{
    return brakes_wrong(tx, arg);
}

static bool refuse(struct problem *problem)
{
    return problem_set(problem, PROBLEM_SIGN_IN_FAILED, "E-mail or password is wrong. Please try again.");
}

/* Counts the try, then looks at the password: SIGN_IN_FAILED, TOO_MANY_ATTEMPTS. */
static bool verify(struct db *db, struct guess *guess, const char *password, struct problem *problem)
{
    /* Verified when there is no account, so that the time taken does not tell which e-mails have one. */
    static const char *const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$"
                                      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const struct db_account *account = &guess->account;

    if (!db_transaction(db, problem, count_guess, guess))
        return false;
    if (verify_password(*account->password_hash ? account->password_hash : nobody, password) &&
        *account->password_hash)
        return true;
    return db_transaction(db, problem, tell_wrong, guess) && refuse(problem);
}

struct signing_in {
    struct guess guess;
    uint8_t token_hash[USERS_HASH_SIZE];
    char *browsers;
};

static bool open_session(struct tx *tx, void *arg)
{
    struct signing_in *in = arg;
    const struct actor *actor = &in->guess.account.actor;
    bool added;

    return db_users_session_add(tx, in->token_hash, &in->guess.account, &added) &&
           (added || refuse(tx->problem)) && brakes_right(tx, &in->guess) &&
           brakes_know_browser(tx, &in->guess, in->browsers) &&
           events_tell(tx, actor, "user", actor->user_id, "signed_in", NULL);
}

bool sessions_sign_in(struct db *db, const struct sessions_door *door, const char *email,
                      const char *password, struct sessions_opened *opened, struct problem *problem)
{
    struct signing_in in = {.guess = {.email = email, .address = door->address, .browsers = door->browsers},
                            .browsers = opened->browsers};

    if (!verify(db, &in.guess, password, problem))
        return false;
    new_token(opened->token, in.token_hash);
    if (!db_transaction(db, problem, open_session, &in))
        return false;
    opened->actor = in.guess.account.actor;
    return true;
}

struct finding {
    uint8_t hash[USERS_HASH_SIZE];
    bool bearer;
    struct db_account account;
};

static bool find_body(struct tx *tx, void *arg)
{
    struct finding *finding = arg;

    return finding->bearer ? db_users_token_find(tx, finding->hash, &finding->account)
                           : db_users_session_find(tx, finding->hash, &finding->account);
}

static bool used_body(struct tx *tx, void *arg)
{
    struct finding *finding = arg;

    return db_relax(tx) && (finding->bearer ? db_users_token_used(tx, finding->hash)
                                            : db_users_session_used(tx, finding->hash));
}

/* Whether that is kept decides nothing now: on a database that is read-only, whoever signed in may read on.
 */
static void note_use(struct db *db, struct finding *finding)
{
    struct problem problem = {0};

    db_transaction(db, &problem, used_body, finding);
    problem_finish(&problem);
}

bool sessions_find(struct db *db, const char *token, bool bearer, struct actor *actor,
                   struct problem *problem)
{
    struct finding finding = {.bearer = bearer};

    *actor = (struct actor){0};
    hash_token(token, finding.hash);
    if (!db_read(db, problem, find_body, &finding))
        return false;
    if (finding.account.stale)
        note_use(db, &finding);
    if (finding.account.exists)
        *actor = finding.account.actor;
    return true;
}

static bool sign_out_body(struct tx *tx, void *arg)
{
    return db_users_session_remove(tx, arg);
}

bool sessions_sign_out(struct db *db, const char *token, struct problem *problem)
{
    uint8_t hash[USERS_HASH_SIZE];

    hash_token(token, hash);
    return db_transaction(db, problem, sign_out_body, hash);
}

struct password_change {
    const struct actor *actor;
    struct guess guess;
    char next_hash[SESSIONS_HASH_SIZE];
    uint8_t session[USERS_HASH_SIZE];
    bool keep_session; /* that one */
};

static bool change_password_body(struct tx *tx, void *arg)
{
    struct password_change *change = arg;
    const struct db_user_change row = {.password_hash = change->next_hash, .disabled = -1};
    const struct event event = {
        .object_type = "user", .object_id = change->actor->user_id, .action = "password_changed"};
    struct db_account account;

    if (!db_users_account_by_id(tx, change->actor->user_id, &account))
        return false;
    if (!account.exists || strcmp(account.password_hash, change->guess.account.password_hash) != 0)
        return problem_set(tx->problem, PROBLEM_CONFLICT,
                           "The password was changed elsewhere at the same moment. Please sign in again.");
    return db_users_change(tx, change->actor->user_id, &row) &&
           sessions_end(tx, change->actor->user_id, change->keep_session ? change->session : NULL,
                        change->guess.browser.known ? change->guess.browser.hash : NULL) &&
           brakes_right(tx, &change->guess) && events_add(tx, change->actor, &event);
}

bool sessions_change_password(struct db *db, const struct node *node, const struct actor *actor,
                              const struct sessions_door *door, const char *current, const char *next,
                              struct problem *problem)
{
    struct password_change change = {
        .actor = actor,
        .guess = {.email = actor->email, .address = door->address, .browsers = door->browsers},
        .keep_session = door->session};
    const struct sessions_person person = {actor->email, actor->name, node};

    if (!check_password(next, &person, "/new", problem))
        return false;
    if (!verify(db, &change.guess, current, problem)) {
        if (problem->code == PROBLEM_SIGN_IN_FAILED) {
            problem_finish(problem);
            problem_field(problem, "/current", "wrong_password",
                          "This is not your present password. Nothing was changed.");
        }
        return false;
    }
    if (door->session)
        hash_token(door->session, change.session);
    return hash_password(next, change.next_hash, problem) &&
           db_transaction(db, problem, change_password_body, &change);
}

bool sessions_add_token(struct tx *tx, const char *user_id, struct db_token *row,
                        char token[SESSIONS_TOKEN_SIZE])
{
    uint8_t hash[USERS_HASH_SIZE];

    new_token(token, hash);
    return db_users_token_add(tx, hash, user_id, row);
}

bool sessions_end(struct tx *tx, const char *user_id, const uint8_t *session, const uint8_t *browser)
{
    return db_users_sessions_remove(tx, user_id, session) && db_users_tokens_remove(tx, user_id) &&
           db_brakes_browsers_remove(tx, user_id, browser);
}
