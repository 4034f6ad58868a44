#include "node/work/people/brakes.h"

#include <stdio.h>
#include <string.h>

#include "node/base/address_group.h"
#include "node/base/random.h"
#include "node/db/events.h"
#include "node/work/events.h"
#include "protocol/bytes.h"

enum {
    TOLD_WINDOW = 3600,
    TRIES_WINDOW = 900,
    TRIES_PAIR = 10,
    TRIES_BROWSER = 10,
    TRIES_ADDRESS = 100,
    TRIES_ACCOUNT = 1000
};

/* E-mails are the same when the database takes them for the same: A to Z fold, and nothing else does. */
static void name_bucket(const char *kind, const char *address, const char *email,
                        uint8_t name[USERS_HASH_SIZE])
{
    char text[1200];
    int length = snprintf(text, sizeof text, "%s %s %s", kind, address, email);

    for (int i = 0; i < length && i < (int)sizeof text - 1; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    bytes_sha256(text, strlen(text), name);
}

static bool count_in(struct tx *tx, struct guess *guess, const char *kind, const char *address,
                     const char *email, int64_t limit)
{
    struct brake *brake = &guess->brakes[guess->brakes_count++];

    *brake =
        (struct brake){.bucket = {.window = TRIES_WINDOW, .account = *email ? guess->account_name : NULL},
                       .limit = limit,
                       .shared = !*address || !*email};
    name_bucket(kind, address, email, brake->bucket.name);
    return db_brakes_count(tx, &brake->bucket);
}

static bool holds(struct tx *tx, const struct brake *brake)
{
    if (brake->bucket.tries <= brake->limit)
        return false;
    problem_set(tx->problem, PROBLEM_TOO_MANY_ATTEMPTS,
                "There were too many failed attempts. Please try again in %lld minutes.",
                (long long)(brake->bucket.seconds_left + 59) / 60);
    tx->problem->retry_after = (long)brake->bucket.seconds_left;
    return true;
}

static bool count_stranger(struct tx *tx, struct guess *guess)
{
    const struct brake *account = &guess->brakes[0], *pair = &guess->brakes[1], *address = &guess->brakes[2];
    char group[ADDRESS_GROUP_SIZE];
    bool calm;

    address_group(guess->address, group);
    guess->brakes_count = 0;
    if (!count_in(tx, guess, "account", "", guess->email, TRIES_ACCOUNT))
        return false;
    calm = account->bucket.tries <= account->limit;
    return count_in(tx, guess, "pair", group, guess->email, calm ? TRIES_PAIR : 1) && !holds(tx, pair) &&
           count_in(tx, guess, "address", group, "", TRIES_ADDRESS) && !holds(tx, address);
}

static void read_browsers(struct guess *guess)
{
    uint8_t octets[32];

    guess->browser = (struct db_browser){0};
    for (const char *token = guess->browsers; token && guess->browser.count < BRAKES_BROWSER_TOKENS;) {
        size_t length = strcspn(token, ".");

        if (!bytes_b64u_decode(token, length, octets, sizeof octets))
            return;
        bytes_sha256(token, length, guess->browser.hashes[guess->browser.count++]);
        token = token[length] ? token + length + 1 : NULL;
    }
}

bool brakes_count(struct tx *tx, struct guess *guess)
{
    read_browsers(guess);
    name_bucket("account", "", guess->email, guess->account_name);
    if (!db_users_account(tx, guess->email, &guess->account) ||
        !db_brakes_browser_find(tx, guess->account.actor.user_id, &guess->browser))
        return false;
    if (!guess->browser.known)
        return count_stranger(tx, guess);
    guess->brakes[0] = (struct brake){.bucket = {.window = TRIES_WINDOW, .account = guess->account_name},
                                      .limit = TRIES_BROWSER};
    memcpy(guess->brakes[0].bucket.name, guess->browser.hash, USERS_HASH_SIZE);
    guess->brakes_count = 1;
    if (!db_brakes_count(tx, &guess->brakes[0].bucket))
        return false;
    return guess->brakes[0].bucket.tries <= TRIES_BROWSER || count_stranger(tx, guess);
}

static bool is_power_of_ten(int64_t n)
{
    while (n % 10 == 0)
        n /= 10;
    return n == 1;
}

static bool count_told(struct tx *tx, const char *action, const char *whom, const char *email, int64_t *times)
{
    struct db_bucket told = {.window = TOLD_WINDOW};
    char kind[64];

    snprintf(kind, sizeof kind, "%s %s", action, whom);
    name_bucket(kind, "", email, told.name);
    if (!db_brakes_count(tx, &told))
        return false;
    *times = told.tries;
    return true;
}

/* Of nobody the audit hears by all of them together. Both are counted both ways, and what it is not to hear
 * is written and taken back, so that how long it takes tells nothing. */
static bool tell(struct tx *tx, const struct guess *guess, const char *action)
{
    const char *user_id = guess->account.actor.user_id;
    struct event event = {.object_type = "user", .object_id = user_id, .action = action};
    int64_t alone, together, times;
    bool ok;

    if (!count_told(tx, action, "", guess->email, &alone) ||
        !count_told(tx, action, *user_id ? "somebody" : "nobody", "", &together))
        return false;
    times = *user_id ? alone : together;
    event.details = json_pack("{s:I}", "times", (json_int_t)times);
    ok = db_events_begin(tx) && events_add(tx, NULL, &event) &&
         db_events_end(tx, is_power_of_ten(times) ? DB_EVENTS_STAY : DB_EVENTS_GO);
    json_decref(event.details);
    return ok;
}

bool brakes_wrong(struct tx *tx, const struct guess *guess)
{
    bool on = false;

    for (size_t i = 0; i < guess->brakes_count; i++)
        on = on || guess->brakes[i].bucket.tries == guess->brakes[i].limit;
    return tell(tx, guess, "sign_in_failed") && (!on || tell(tx, guess, "sign_in_braked"));
}

/* What was mistyped here before counts no more. What others tried at the account, and what was tried at
 * others from here, does. */
bool brakes_right(struct tx *tx, const struct guess *guess)
{
    for (size_t i = 0; i < guess->brakes_count; i++) {
        const struct brake *brake = &guess->brakes[i];

        if (!(brake->shared ? db_brakes_uncount(tx, &brake->bucket) : db_brakes_empty(tx, &brake->bucket)))
            return false;
    }
    return true;
}

bool brakes_know_browser(struct tx *tx, const struct guess *guess, char browsers[BRAKES_BROWSERS_SIZE])
{
    /* Only what was read as tokens, all of one length, is said again; for a new one the last gives way. */
    const size_t most = guess->browser.known ? BRAKES_BROWSER_TOKENS : BRAKES_BROWSER_TOKENS - 1;
    const size_t kept = guess->browser.count < most ? guess->browser.count : most;
    uint8_t octets[32], hash[USERS_HASH_SIZE];
    char token[BRAKES_TOKEN_SIZE];
    int length = kept ? (int)(kept * BRAKES_TOKEN_SIZE - 1) : 0;

    if (guess->browser.known) {
        snprintf(browsers, BRAKES_BROWSERS_SIZE, "%.*s", length, guess->browsers);
        return db_brakes_browser_add(tx, guess->account.actor.user_id, guess->browser.hash);
    }
    random_octets(octets, sizeof octets);
    bytes_b64u_encode(octets, sizeof octets, token);
    bytes_sha256(token, strlen(token), hash);
    snprintf(browsers, BRAKES_BROWSERS_SIZE, "%s%s%.*s", token, kept ? "." : "", length,
             kept ? guess->browsers : "");
    return db_brakes_browser_add(tx, guess->account.actor.user_id, hash);
}

bool brakes_unlock(struct tx *tx, const char *email, int64_t *count)
{
    uint8_t account[USERS_HASH_SIZE];

    name_bucket("account", "", email, account);
    return db_brakes_unlock(tx, account, count);
}

bool brakes_unlock_address(struct tx *tx, const char *address)
{
    struct db_bucket bucket = {0};
    char group[ADDRESS_GROUP_SIZE];

    if (!address_group(address, group))
        return problem_set(tx->problem, PROBLEM_INVALID_BODY, "%s is no numeric address.", address);
    name_bucket("address", group, "", bucket.name);
    return db_brakes_empty(tx, &bucket);
}
