#include "node/work/people/tokens.h"

#include "node/db/people/users.h"
#include "node/work/events.h"
#include "node/work/expect.h"
#include "node/work/people/sessions.h"
#include "node/work/people/users.h"

static bool user_exists(struct tx *tx, const char *id)
{
    json_t *user = NULL;
    bool exists = users_read(tx, id, &user);

    json_decref(user);
    return exists;
}

bool tokens_list(struct tx *tx, const char *user_id, json_t **tokens)
{
    json_t *items;

    if (!user_exists(tx, user_id) || !db_users_token_list(tx, user_id, &items))
        return false;
    *tokens = json_pack("{s:o}", "items", items);
    return true;
}

bool tokens_create(struct tx *tx, const struct actor *actor, const char *user_id, const char *label,
                   int64_t days, json_t **token)
{
    struct db_token row = {.label = label, .days = days ? days : TOKENS_DAYS};
    char secret[SESSIONS_TOKEN_SIZE];

    if (!user_exists(tx, user_id) || !sessions_add_token(tx, user_id, &row, secret) ||
        !events_tell(tx, actor, "token", row.id, "created", NULL))
        return false;
    *token = json_pack("{s:s, s:s, s:s, s:s}", "id", row.id, "label", label, "expires_at", row.expires_at,
                       "token", secret);
    return true;
}

bool tokens_remove(struct tx *tx, const struct actor *actor, const char *id, const char *owner)
{
    bool removed;

    return db_users_token_remove(tx, id, owner, &removed) && (removed || expect_found(tx, NULL, "token")) &&
           events_tell(tx, actor, "token", id, "removed", NULL);
}
