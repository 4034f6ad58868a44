#include "node/work/people/sessions.h"

#include <argon2.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "node/base/random.h"
#include "node/db/people/users.h"
#include "node/work/events.h"
#include "protocol/bytes.h"
#include "protocol/json_profile.h"

/* OWASP's second recommendation for Argon2id: 19 MiB, 2 passes, 1 lane. */
enum { ARGON_MEMORY_KIB = 19456, ARGON_PASSES = 2, ARGON_LANES = 1, ARGON_HASH = 32, ARGON_SALT = 16 };

/* Per account: 10 failures in a quarter of an hour; per address, behind which a whole town hall may sit: 100.
 */
enum { ATTEMPT_WINDOW = 900, ATTEMPTS_ACCOUNT = 10, ATTEMPTS_ADDRESS = 100 };

/* One at a time: eight sign-ins at once must not need 150 MiB. */
static pthread_mutex_t argon_lock = PTHREAD_MUTEX_INITIALIZER;

static bool hash_password(const char *password, char hash[SESSIONS_HASH_SIZE], struct problem *problem)
{
    uint8_t salt[ARGON_SALT];
    int result;

    random_octets(salt, sizeof salt);
    pthread_mutex_lock(&argon_lock);
    result = argon2id_hash_encoded(ARGON_PASSES, ARGON_MEMORY_KIB, ARGON_LANES, password, strlen(password),
                                   salt, sizeof salt, ARGON_HASH, hash, SESSIONS_HASH_SIZE);
    pthread_mutex_unlock(&argon_lock);
    return result == ARGON2_OK ||
           problem_set(problem, PROBLEM_INTERNAL, "The password could not be hashed: %s.",
                       argon2_error_message(result));
}

static bool verify_password(const char *hash, const char *password)
{
    int result;

    pthread_mutex_lock(&argon_lock);
    result = argon2id_verify(hash, password, strlen(password));
    pthread_mutex_unlock(&argon_lock);
    return result == ARGON2_OK;
}

bool sessions_new_password(const char *password, const char *pointer, char hash[SESSIONS_HASH_SIZE],
                           struct problem *problem)
{
    size_t length = json_profile_text_length(password);

    if (length < SESSIONS_PASSWORD_MIN)
        problem_field(problem, pointer, "too_short", "A password needs at least %d characters.",
                      SESSIONS_PASSWORD_MIN);
    if (length > SESSIONS_PASSWORD_MAX)
        problem_field(problem, pointer, "too_long", "A password has at most %d characters.",
                      SESSIONS_PASSWORD_MAX);
    return !problem->code && hash_password(password, hash, problem);
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

struct signing_in {
    const char *email, *password, *address;
    uint8_t account_bucket[USERS_HASH_SIZE], address_bucket[USERS_HASH_SIZE];
    struct db_account account;
    uint8_t token_hash[USERS_HASH_SIZE];
};

/* Buckets are hashes: neither the addresses of guessers nor mistyped e-mails are kept. */
static void name_bucket(const char *kind, const char *value, uint8_t bucket[USERS_HASH_SIZE])
{
    char text[1100];
    int length = snprintf(text, sizeof text, "%s %s", kind, value);

    for (int i = 0; i < length && i < (int)sizeof text - 1; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    bytes_sha256(text, strlen(text), bucket);
}

static bool is_braked(struct tx *tx, const uint8_t *bucket, int64_t limit)
{
    int64_t failures, seconds;

    if (!db_users_attempts(tx, bucket, ATTEMPT_WINDOW, &failures, &seconds))
        return true;
    if (failures < limit)
        return false;
    problem_set(tx->problem, PROBLEM_TOO_MANY_ATTEMPTS,
                "There were too many failed attempts. Please try again in %lld minutes.",
                (long long)(seconds + 59) / 60);
    tx->problem->retry_after = (long)seconds;
    return true;
}

static bool look_up(struct tx *tx, void *arg)
{
    struct signing_in *in = arg;

    if (!db_users_account(tx, in->email, &in->account))
        return false;
    /* One bucket an account, however its e-mail was spelled: the database folds more than ASCII. */
    name_bucket("account", in->account.exists ? in->account.actor.email : in->email, in->account_bucket);
    return !is_braked(tx, in->account_bucket, ATTEMPTS_ACCOUNT) &&
           !is_braked(tx, in->address_bucket, ATTEMPTS_ADDRESS);
}

static bool note_failure(struct tx *tx, void *arg)
{
    struct signing_in *in = arg;

    return db_users_attempt_failed(tx, in->account_bucket, ATTEMPT_WINDOW) &&
           db_users_attempt_failed(tx, in->address_bucket, ATTEMPT_WINDOW);
}

static bool open_session(struct tx *tx, void *arg)
{
    struct signing_in *in = arg;

    return db_users_attempts_clear(tx, in->account_bucket) &&
           db_users_session_add(tx, in->token_hash, in->account.actor.user_id);
}

bool sessions_sign_in(struct db *db, const char *email, const char *password, const char *address,
                      struct actor *actor, char token[SESSIONS_TOKEN_SIZE], struct problem *problem)
{
    /* Verified when there is no account, so that the time taken does not tell which e-mails have one. */
    static const char *const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$"
                                      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    struct signing_in in = {.email = email, .password = password, .address = address};
    bool right;

    name_bucket("address", address, in.address_bucket);
    if (!db_transaction(db, problem, look_up, &in))
        return false;
    right = verify_password(
        in.account.exists && *in.account.password_hash ? in.account.password_hash : nobody, password);
    if (!right || !in.account.exists) {
        db_transaction(db, problem, note_failure, &in);
        return problem_set(problem, PROBLEM_SIGN_IN_FAILED, "E-mail or password is wrong. Please try again.");
    }
    new_token(token, in.token_hash);
    if (!db_transaction(db, problem, open_session, &in))
        return false;
    *actor = in.account.actor;
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

bool sessions_find(struct db *db, const char *token, bool bearer, struct actor *actor,
                   struct problem *problem)
{
    struct finding finding = {.bearer = bearer};

    *actor = (struct actor){0};
    hash_token(token, finding.hash);
    if (!db_read(db, problem, find_body, &finding) ||
        (finding.account.stale && !db_transaction(db, problem, used_body, &finding)))
        return false;
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
    struct signing_in in;
    char next_hash[SESSIONS_HASH_SIZE];
    bool keep_session; /* that of in.token_hash */
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
    if (!account.exists || strcmp(account.password_hash, change->in.account.password_hash) != 0)
        return problem_set(tx->problem, PROBLEM_CONFLICT,
                           "The password was changed elsewhere at the same moment. Please sign in again.");
    return db_users_change(tx, change->actor->user_id, &row) &&
           db_users_sessions_remove(tx, change->actor->user_id,
                                    change->keep_session ? change->in.token_hash : NULL) &&
           events_add(tx, change->actor, &event);
}

bool sessions_change_password(struct db *db, const struct actor *actor, const char *current, const char *next,
                              const char *address, const char *token, struct problem *problem)
{
    struct password_change change = {.actor = actor, .in = {.email = actor->email}, .keep_session = token};
    struct signing_in *in = &change.in;

    name_bucket("address", address, in->address_bucket);
    if (!db_transaction(db, problem, look_up, in))
        return false;
    if (!in->account.exists || !verify_password(in->account.password_hash, current)) {
        db_transaction(db, problem, note_failure, in);
        problem_field(problem, "/current", "wrong_password",
                      "This is not your present password. Nothing was changed.");
        return false;
    }
    if (token)
        hash_token(token, in->token_hash);
    return sessions_new_password(next, "/new", change.next_hash, problem) &&
           db_transaction(db, problem, change_password_body, &change);
}

bool sessions_add_token(struct tx *tx, const char *user_id, const char *label, char id[37],
                        char token[SESSIONS_TOKEN_SIZE])
{
    uint8_t hash[USERS_HASH_SIZE];

    new_token(token, hash);
    return db_users_token_add(tx, hash, user_id, label, id);
}
