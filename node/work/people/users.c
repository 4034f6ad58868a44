#include "node/work/people/users.h"

#include "node/db/people/users.h"
#include "node/work/events.h"
#include "node/work/expect.h"
#include "node/work/people/sessions.h"

bool users_list(struct tx *tx, json_t **users)
{
    json_t *items;

    if (!db_users_list(tx, &items))
        return false;
    *users = json_pack("{s:o}", "items", items);
    return true;
}

bool users_read(struct tx *tx, const char *id, json_t **user)
{
    return db_users_read(tx, id, DB_LOOK, user) && expect_found(tx, *user, "account");
}

bool users_create(struct tx *tx, const struct actor *actor, const struct user_new *user, char id[37])
{
    const struct event event = {
        .object_type = "user", .object_id = id, .action = "created", .to_state = user->role};

    if (db_users_create(tx, user->email, user->name, user->role, user->language, user->password_hash, id))
        return events_add(tx, actor, &event);
    if (tx->problem->code == PROBLEM_CONFLICT) {
        problem_finish(tx->problem);
        problem_set(tx->problem, PROBLEM_CONFLICT,
                    "There is an account with this e-mail already. Nothing was changed.");
    }
    return false;
}

/* The account as it is now, locked. */
static bool check_current(struct tx *tx, const char *id, long version)
{
    json_t *current = NULL;
    bool ok;

    ok = db_users_read(tx, id, DB_LOCK, &current) && expect_found(tx, current, "account") &&
         (version == USERS_ANY_VERSION || expect_version(tx, current, version));
    json_decref(current);
    return ok;
}

bool users_change(struct tx *tx, const struct actor *actor, const char *id, long version,
                  const struct user_change *change)
{
    const struct event event = {
        .object_type = "user",
        .object_id = id,
        .action = change->disabled == 1 ? "disabled" : "edited",
        .to_state = change->role,
    };
    const struct db_user_change row = {.name = change->name,
                                       .role = change->role,
                                       .language = change->language,
                                       .password_hash = change->password_hash,
                                       .disabled = change->disabled};
    int64_t admins;

    if (!check_current(tx, id, version) || !db_users_change(tx, id, &row) || !db_users_admins(tx, &admins))
        return false;
    if (admins == 0 && (change->role || change->disabled == 1))
        return problem_set(
            tx->problem, PROBLEM_CONFLICT,
            "Nobody would be left to administer this node. Nothing was changed. Make somebody else an "
            "administrator first.");
    if ((change->password_hash || change->disabled == 1) && !sessions_end(tx, id, NULL, NULL))
        return false;
    return events_add(tx, actor, &event);
}

bool users_change_own(struct tx *tx, struct actor *actor, const char *name, const char *language)
{
    const struct db_user_change row = {.name = name, .language = language, .disabled = -1};
    const struct event event = {.object_type = "user", .object_id = actor->user_id, .action = "edited"};
    struct db_account account;

    if (!db_users_change(tx, actor->user_id, &row) || !events_add(tx, actor, &event) ||
        !db_users_account_by_id(tx, actor->user_id, &account))
        return false;
    if (account.exists)
        *actor = account.actor;
    return true;
}
