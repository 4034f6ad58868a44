/* hf-node user: who may sign in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/log.h"
#include "node/command/command.h"
#include "node/core/permissions.h"
#include "node/db/people/users.h"
#include "node/work/events.h"
#include "node/work/people/brakes.h"
#include "node/work/people/sessions.h"
#include "node/work/people/tokens.h"
#include "node/work/people/users.h"
#include "protocol/entry.h"
#include "protocol/json_profile.h"

struct user_words {
    const char *email, *address, *name, *role, *language, *label, *days;
    bool password_stdin;
    char password_hash[SESSIONS_HASH_SIZE]; /* "": none was given */
    const struct node *node;
    struct db_account account;
};

static bool find_user(struct tx *tx, void *arg)
{
    struct user_words *words = arg;

    return db_users_account(tx, words->email, &words->account) &&
           (words->account.exists ||
            problem_set(tx->problem, PROBLEM_NOT_FOUND, "There is no enabled account with the e-mail %s.",
                        words->email));
}

/* From standard input and not from the command line, where every process could read it. */
static bool read_password(struct user_words *words, struct problem *problem)
{
    const struct sessions_person person = {
        .email = words->email,
        .name = words->name ? words->name : words->account.actor.name,
        .node = words->node,
    };
    char password[SESSIONS_PASSWORD_MAX * 4 + 2];
    bool ok;

    if (!fgets(password, sizeof password, stdin))
        return problem_set(problem, PROBLEM_INVALID_BODY, "No password came on standard input.");
    password[strcspn(password, "\r\n")] = '\0';
    ok = sessions_new_password(password, &person, "password", words->password_hash, problem);
    explicit_bzero(password, sizeof password);
    return ok;
}

static bool run_add(struct tx *tx, void *arg)
{
    struct user_words *words = arg;
    const struct user_new user = {
        .email = words->email,
        .name = words->name,
        .role = words->role,
        .language = words->language ? words->language : words->node->config->language,
        .password_hash = words->password_stdin ? words->password_hash : NULL,
    };
    char id[37];

    if (!user.name || !user.role || !entry_is_one_of(user.role, permissions_people) ||
        !entry_is_one_of(user.language, actor_languages) || !strchr(user.email, '@'))
        return problem_set(
            tx->problem, PROBLEM_INVALID_BODY,
            "An account needs --email, --name and --role (viewer, match_group, coordinator or admin), and "
            "if given a --language of de, nl, fr or en.");
    return users_create(tx, NULL, &user, id);
}

static bool run_disable(struct tx *tx, void *arg)
{
    struct user_words *words = arg;
    const struct user_change change = {.disabled = 1};

    return find_user(tx, words) &&
           users_change(tx, NULL, words->account.actor.user_id, USERS_ANY_VERSION, &change);
}

static bool run_password(struct tx *tx, void *arg)
{
    struct user_words *words = arg;
    const struct user_change change = {.disabled = -1, .password_hash = words->password_hash};

    return find_user(tx, words) &&
           users_change(tx, NULL, words->account.actor.user_id, USERS_ANY_VERSION, &change);
}

static bool run_token(struct tx *tx, void *arg)
{
    struct user_words *words = arg;
    json_t *token = NULL;
    char *end = NULL;
    long days = words->days ? strtol(words->days, &end, 10) : TOKENS_DAYS;

    if ((end && *end) || days < 1 || days > TOKENS_DAYS_MOST)
        return problem_set(tx->problem, PROBLEM_INVALID_BODY, "--days is a number from 1 to %d.",
                           TOKENS_DAYS_MOST);
    if (!find_user(tx, words) || !tokens_create(tx, NULL, words->account.actor.user_id,
                                                words->label ? words->label : "command line", days, &token))
        return false;
    puts(json_profile_text(token, "token"));
    json_decref(token);
    return true;
}

static bool unlock_account(struct tx *tx, struct user_words *words)
{
    int64_t count;

    if (!find_user(tx, words) || !brakes_unlock(tx, words->email, &count) ||
        !events_tell(tx, NULL, "user", words->account.actor.user_id, "unlocked", NULL))
        return false;
    log_say(stdout, "%s may try to sign in again%s", words->account.actor.email,
            count > 0 ? "" : "; nothing held it up but what its address did, if anything (--address)");
    return true;
}

/* The audit hears of it, but not which address. */
static bool unlock_address(struct tx *tx, const struct user_words *words)
{
    if (!brakes_unlock_address(tx, words->address) || !events_tell(tx, NULL, "user", "", "unlocked", NULL))
        return false;
    log_say(stdout,
            "what was tried from %s, at whomever, counts no more; whom ten tries held up: unlock by EMAIL",
            words->address);
    return true;
}

static bool run_unlock(struct tx *tx, void *arg)
{
    struct user_words *words = arg;

    return (!words->email || unlock_account(tx, words)) && (!words->address || unlock_address(tx, words));
}

static bool run_list(struct tx *tx, void *arg)
{
    json_t *users = NULL, *user;
    size_t index;

    (void)arg;
    if (!db_users_list(tx, &users))
        return false;
    json_array_foreach (users, index, user)
        log_say(stdout, "%-40s %-12s %s%s", json_string_value(json_object_get(user, "email")),
                json_string_value(json_object_get(user, "role")),
                json_string_value(json_object_get(user, "name")),
                json_is_true(json_object_get(user, "disabled")) ? " (disabled)" : "");
    json_decref(users);
    return true;
}

enum needs { NEEDS_NOBODY, NEEDS_EMAIL, NEEDS_EMAIL_OR_ADDRESS };

static const struct {
    const char *name;
    bool (*body)(struct tx *tx, void *arg);
    enum needs needs;
    bool needs_password;
} verbs[] = {
    {"add", run_add, NEEDS_EMAIL, false},         {"list", run_list, NEEDS_NOBODY, false},
    {"disable", run_disable, NEEDS_EMAIL, false}, {"password", run_password, NEEDS_EMAIL, true},
    {"token", run_token, NEEDS_EMAIL, false},     {"unlock", run_unlock, NEEDS_EMAIL_OR_ADDRESS, false},
};

static bool says_whom(const struct user_words *words, enum needs needs)
{
    return needs == NEEDS_NOBODY || words->email || (needs == NEEDS_EMAIL_OR_ADDRESS && words->address);
}

int command_user(const struct config *config, int argc, char **argv)
{
    struct user_words words = {0};
    const struct command_option options[] = {
        {"email", &words.email, NULL},
        {"address", &words.address, NULL},
        {"name", &words.name, NULL},
        {"role", &words.role, NULL},
        {"language", &words.language, NULL},
        {"label", &words.label, NULL},
        {"days", &words.days, NULL},
        {"password-stdin", NULL, &words.password_stdin},
        {NULL, NULL, NULL},
    };
    struct command command;
    size_t verb = 0, verbs_count = sizeof verbs / sizeof *verbs;
    int code = COMMAND_OK;

    if (!command_options(&argc, argv, options))
        return COMMAND_USAGE;
    while (argc >= 2 && verb < verbs_count && strcmp(verbs[verb].name, argv[1]) != 0)
        verb++;
    /* The e-mail may stand without --email. */
    if (argc == 3 && verb < verbs_count && verbs[verb].needs != NEEDS_NOBODY && !words.email)
        words.email = argv[--argc];
    if (argc != 2 || verb == verbs_count || !says_whom(&words, verbs[verb].needs) ||
        (verbs[verb].needs_password && !words.password_stdin)) {
        fputs("hf-node user: say what to do; see `hf-node user --help`\n", stderr);
        return COMMAND_USAGE;
    }
    if (!command_open(&command, config))
        return COMMAND_FAILED;
    words.node = command.node;
    /* Whose it will be is looked up before, for `password`. */
    if ((verbs[verb].needs_password && !db_read(command.db, &command.problem, find_user, &words)) ||
        (words.password_stdin && !read_password(&words, &command.problem)) ||
        !db_transaction(command.db, &command.problem, verbs[verb].body, &words))
        code = command_failed(&command);
    command_close(&command);
    return code;
}
