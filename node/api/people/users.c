#include "node/api/people/users.h"

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/work/people/sessions.h"
#include "node/work/people/tokens.h"
#include "node/work/people/users.h"
#include "protocol/json_profile.h"

static const struct json_field new_fields[] = {
    FIELD_LINE("email", FIELD_REQUIRED, 3, 254),
    FIELD_LINE("name", FIELD_REQUIRED, 1, 120),
    FIELD_ENUM("role", FIELD_REQUIRED, permissions_people),
    FIELD_ENUM("language", FIELD_REQUIRED, actor_languages),
    FIELD_TEXT("password", FIELD_REQUIRED, SESSIONS_PASSWORD_MIN, SESSIONS_PASSWORD_MAX),
    FIELD_END,
};

static const struct json_field change_fields[] = {
    FIELD_LINE("name", FIELD_OPTIONAL, 1, 120),
    FIELD_ENUM("role", FIELD_OPTIONAL, permissions_people),
    FIELD_ENUM("language", FIELD_OPTIONAL, actor_languages),
    {.name = "disabled", .type = JSON_FIELD_BOOLEAN},
    FIELD_TEXT("password", FIELD_OPTIONAL, SESSIONS_PASSWORD_MIN, SESSIONS_PASSWORD_MAX),
    FIELD_END,
};

static const struct json_field token_fields[] = {
    FIELD_LINE("label", FIELD_REQUIRED, 1, 120),
    {.name = "days", .type = JSON_FIELD_INTEGER, .min = 1, .max = TOKENS_DAYS_MOST},
    FIELD_END,
};

const struct fields_schema api_users_schemas[] = {
    {"UserNew", new_fields, FIELDS_NEW},
    {"UserChange", change_fields, FIELDS_CHANGE},
    {"TokenNew", token_fields, FIELDS_NEW},
    {.schema = NULL},
};

static bool list(struct tx *tx, struct call *call, json_t **out)
{
    (void)call;
    return users_list(tx, out);
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    return users_read(tx, call->request->parameters[0], out);
}

static bool create(struct tx *tx, struct call *call, json_t **out)
{
    const json_t *body = call->body;
    const struct user_new user = {
        .email = json_profile_text(body, "email"),
        .name = json_profile_text(body, "name"),
        .role = json_profile_text(body, "role"),
        .language = json_profile_text(body, "language"),
        .password_hash = json_profile_text(body, "password"),
    };
    char id[37];

    return users_create(tx, &call->actor, &user, id) && users_read(tx, id, out);
}

static bool update(struct tx *tx, struct call *call, json_t **out)
{
    const json_t *body = call->body, *disabled = json_object_get(body, "disabled");
    const char *id = call->request->parameters[0];
    const struct user_change change = {
        .name = json_profile_text(body, "name"),
        .role = json_profile_text(body, "role"),
        .language = json_profile_text(body, "language"),
        .password_hash = json_profile_text(body, "password"),
        .disabled = disabled ? json_is_true(disabled) : -1,
    };

    return users_change(tx, &call->actor, id, call->version, &change) && users_read(tx, id, out);
}

static bool tokens(struct tx *tx, struct call *call, json_t **out)
{
    return tokens_list(tx, call->request->parameters[0], out);
}

static bool add_token(struct tx *tx, struct call *call, json_t **out)
{
    return tokens_create(tx, &call->actor, call->request->parameters[0],
                         json_profile_text(call->body, "label"),
                         json_integer_value(json_object_get(call->body, "days")), out);
}

static bool remove_token(struct tx *tx, struct call *call, json_t **out)
{
    (void)out;
    return tokens_remove(tx, &call->actor, call->request->parameters[0], NULL);
}

static bool own_tokens(struct tx *tx, struct call *call, json_t **out)
{
    return tokens_list(tx, call->actor.user_id, out);
}

static bool remove_own_token(struct tx *tx, struct call *call, json_t **out)
{
    (void)out;
    return tokens_remove(tx, &call->actor, call->request->parameters[0], call->actor.user_id);
}

/* Puts the hash in the password's place: it takes its time, and no transaction must wait for it. */
static bool hash_password(struct call *call, const char *email, const char *name)
{
    const struct sessions_person person = {email, name, call->node};
    char hash[SESSIONS_HASH_SIZE];

    return sessions_new_password(json_profile_text(call->body, "password"), &person, "/password", hash,
                                 &call->problem) &&
           json_object_set_new(call->body, "password", json_string(hash)) == 0;
}

struct looking_up {
    const char *id;
    json_t *user;
};

static bool look_up(struct tx *tx, void *arg)
{
    struct looking_up *looking = arg;

    return users_read(tx, looking->id, &looking->user);
}

static bool hash_new_password(struct call *call)
{
    struct looking_up looking = {.id = call->request->parameters[0]};
    bool ok;

    if (!json_profile_text(call->body, "password"))
        return true;
    ok = db_read(call->db, &call->problem, look_up, &looking) &&
         hash_password(call, json_profile_text(looking.user, "email"),
                       json_profile_text(looking.user, "name"));
    json_decref(looking.user);
    return ok;
}

static void users_get_all(struct call *call)
{
    answer_read(call, list);
}

static void users_get(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, read);
}

static void users_post(struct call *call)
{
    if (fields_check(call->body, new_fields, FIELDS_NEW, &call->problem) &&
        hash_password(call, json_profile_text(call->body, "email"), json_profile_text(call->body, "name")))
        answer_created(call, "users", create);
}

static void users_patch(struct call *call)
{
    if (call_uuid(call, 0) && call_version(call) &&
        fields_check(call->body, change_fields, FIELDS_CHANGE, &call->problem) && hash_new_password(call))
        answer(call, 200, update);
}

static void tokens_get_all(struct call *call)
{
    if (call_uuid(call, 0))
        answer_read(call, tokens);
}

static void tokens_post(struct call *call)
{
    if (call_uuid(call, 0) && fields_check(call->body, token_fields, FIELDS_NEW, &call->problem))
        answer_created(call, NULL, add_token);
}

static void tokens_delete(struct call *call)
{
    if (call_uuid(call, 0))
        answer(call, 204, remove_token);
}

static void own_tokens_get_all(struct call *call)
{
    answer_read(call, own_tokens);
}

static void own_tokens_delete(struct call *call)
{
    if (call_uuid(call, 0))
        answer(call, 204, remove_own_token);
}

#define JSON "application/json"
const struct route api_users_routes[] = {
    {"GET", "/api/v1/users", MAY_MANAGE_USERS, NODE_ANY, ON_BOTH, .handle = users_get_all},
    {"POST", "/api/v1/users", MAY_MANAGE_USERS, NODE_ANY, ON_BOTH, 65536, JSON, .lane = SERVER_SLOW,
     .handle = users_post},
    {"GET", "/api/v1/users/{id}", MAY_MANAGE_USERS, NODE_ANY, ON_BOTH, .handle = users_get},
    {"PATCH", "/api/v1/users/{id}", MAY_MANAGE_USERS, NODE_ANY, ON_BOTH, 65536, JSON, .lane = SERVER_SLOW,
     .handle = users_patch},
    {"GET", "/api/v1/users/{id}/tokens", MAY_MANAGE_USERS, NODE_ANY, ON_BOTH, .handle = tokens_get_all},
    {"POST", "/api/v1/users/{id}/tokens", MAY_MANAGE_USERS, NODE_ANY, ON_BOTH, 65536, JSON,
     .handle = tokens_post},
    {"DELETE", "/api/v1/tokens/{id}", MAY_MANAGE_USERS, NODE_ANY, ON_BOTH, .handle = tokens_delete},
    {"GET", "/api/v1/me/tokens", MAY_OWN_ACCOUNT, NODE_ANY, ON_BOTH, .handle = own_tokens_get_all},
    {"DELETE", "/api/v1/me/tokens/{id}", MAY_OWN_ACCOUNT, NODE_ANY, ON_BOTH, .handle = own_tokens_delete},
    {0},
};
