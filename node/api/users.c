#include "node/api/users.h"

#include "node/db/users.h"
#include "node/work/events.h"
#include "node/work/sessions.h"
#include "node/work/users.h"
#include "protocol/json_profile.h"

static const struct json_field new_fields[] = {
    FIELD_LINE("email", true, 3, 254),
    FIELD_LINE("name", true, 1, 120),
    FIELD_ENUM("role", true, actor_roles),
    FIELD_ENUM("language", true, actor_languages),
    FIELD_TEXT("password", true, SESSIONS_PASSWORD_MIN, SESSIONS_PASSWORD_MAX),
    FIELD_END,
};

static const struct json_field change_fields[] = {
    FIELD_LINE("name", false, 1, 120),
    FIELD_ENUM("role", false, actor_roles),
    FIELD_ENUM("language", false, actor_languages),
    {.name = "disabled", .type = JSON_FIELD_BOOLEAN},
    FIELD_TEXT("password", false, SESSIONS_PASSWORD_MIN, SESSIONS_PASSWORD_MAX),
    FIELD_END,
};

static const struct json_field token_fields[] = {
    FIELD_LINE("label", true, 1, 120),
    FIELD_END,
};

const struct fields_schema api_users_schemas[] = {
    {"UserNew", new_fields, false},
    {"UserChange", change_fields, true},
    {"TokenNew", token_fields, false},
    {NULL, NULL, false},
};

/* What the transactions below hand to each other. */
struct users_call {
    struct call *call;
    const char *id;
    char new_id[37];
    char token[SESSIONS_TOKEN_SIZE];
    char password_hash[SESSIONS_HASH_SIZE]; /* "": none was sent */
    json_t *out;
};

/* Runs body; out is there exactly when it was committed. */
static bool run_body(struct users_call *in, bool (*body)(struct tx *tx, void *arg))
{
    if (call_transaction(in->call, body, in))
        return true;
    json_decref(in->out);
    in->out = NULL;
    return false;
}

static void reply_rows(struct call *call, int status, json_t *user)
{
    reply_header(call->reply, "ETag", "\"%lld\"", json_profile_integer(user, "version", 0));
    reply_json(call->reply, status, user);
}

static void describe_rows(struct call *call, json_t *items)
{
    json_t *object = json_object();

    json_object_set_new(object, "items", items);
    reply_json(call->reply, 200, object);
}

static bool read_one(struct tx *tx, void *arg)
{
    struct users_call *in = arg;

    return db_users_read(tx, in->id, false, &in->out) &&
           (in->out || problem_set(tx->problem, PROBLEM_NOT_FOUND, "There is no such account."));
}

static bool list_body(struct tx *tx, void *arg)
{
    struct users_call *in = arg;

    return db_users_list(tx, &in->out);
}

static void users_list(struct call *call)
{
    struct users_call in = {.call = call};

    if (run_body(&in, list_body))
        describe_rows(call, in.out);
}

static void users_get(struct call *call)
{
    struct users_call in = {.call = call, .id = fields_uuid(call, 0)};

    if (in.id && run_body(&in, read_one))
        reply_rows(call, 200, in.out);
}

static bool hash_given(struct users_call *in)
{
    const char *password = json_profile_text(in->call->body, "password");

    return !password || sessions_new_password(password, "/password", in->password_hash, &in->call->problem);
}

static bool create_body(struct tx *tx, void *arg)
{
    struct users_call *in = arg;
    const json_t *body = in->call->body;
    const struct user_new user = {
        .email = json_profile_text(body, "email"),
        .name = json_profile_text(body, "name"),
        .role = json_profile_text(body, "role"),
        .language = json_profile_text(body, "language"),
        .password_hash = in->password_hash,
    };

    in->id = in->new_id;
    return users_create(tx, &in->call->actor, &user, in->new_id) && read_one(tx, in);
}

static void users_post(struct call *call)
{
    struct users_call in = {.call = call};

    if (!fields_check(call->body, new_fields, false, &call->problem) || !hash_given(&in) ||
        !run_body(&in, create_body))
        return;
    reply_header(call->reply, "Location", "/api/v1/users/%s", in.new_id);
    reply_rows(call, 201, in.out);
}

static bool update_body(struct tx *tx, void *arg)
{
    struct users_call *in = arg;
    const json_t *body = in->call->body, *disabled = json_object_get(body, "disabled");
    const struct user_change change = {
        .name = json_profile_text(body, "name"),
        .role = json_profile_text(body, "role"),
        .language = json_profile_text(body, "language"),
        .password_hash = *in->password_hash ? in->password_hash : NULL,
        .disabled = disabled ? json_is_true(disabled) : -1,
    };

    return users_change(tx, &in->call->actor, in->id, in->call->version, &change) && read_one(tx, in);
}

static void users_patch(struct call *call)
{
    struct users_call in = {.call = call, .id = fields_uuid(call, 0)};

    if (in.id && fields_version(call) && fields_check(call->body, change_fields, true, &call->problem) &&
        hash_given(&in) && run_body(&in, update_body))
        reply_rows(call, 200, in.out);
}

static bool tokens_list_body(struct tx *tx, void *arg)
{
    struct users_call *in = arg;
    bool ok = read_one(tx, in);

    json_decref(in->out);
    in->out = NULL;
    return ok && db_users_token_list(tx, in->id, &in->out);
}

static void tokens_list(struct call *call)
{
    struct users_call in = {.call = call, .id = fields_uuid(call, 0)};

    if (in.id && run_body(&in, tokens_list_body))
        describe_rows(call, in.out);
}

static bool tokens_create_body(struct tx *tx, void *arg)
{
    struct users_call *in = arg;
    const struct event event = {.object_type = "token", .object_id = in->new_id, .action = "created"};
    bool ok = read_one(tx, in);

    json_decref(in->out);
    in->out = NULL;
    return ok &&
           sessions_add_token(tx, in->id, json_profile_text(in->call->body, "label"), in->new_id,
                              in->token) &&
           events_add(tx, &in->call->actor, &event);
}

static void tokens_post(struct call *call)
{
    struct users_call in = {.call = call, .id = fields_uuid(call, 0)};
    json_t *object;

    if (!in.id || !fields_check(call->body, token_fields, false, &call->problem) ||
        !run_body(&in, tokens_create_body))
        return;
    object = json_object();
    json_object_set_new(object, "id", json_string(in.new_id));
    json_object_set_new(object, "label", json_string(json_profile_text(call->body, "label")));
    json_object_set_new(object, "token", json_string(in.token));
    call->reply->secret = true;
    reply_json(call->reply, 201, object);
}

static bool tokens_delete_body(struct tx *tx, void *arg)
{
    struct users_call *in = arg;
    const struct event event = {.object_type = "token", .object_id = in->id, .action = "removed"};
    bool removed;

    return db_users_token_remove(tx, in->id, &removed) &&
           (removed || problem_set(tx->problem, PROBLEM_NOT_FOUND, "There is no such token.")) &&
           events_add(tx, &in->call->actor, &event);
}

static void tokens_remove(struct call *call)
{
    struct users_call in = {.call = call, .id = fields_uuid(call, 0)};

    if (in.id && run_body(&in, tokens_delete_body))
        reply_empty(call->reply, 204);
}

#define JSON "application/json"
const struct route api_users_routes[] = {
    {"GET", "/api/v1/users", ROLE_ADMIN, NODE_ANY, ON_BOTH, .handle = users_list},
    {"POST", "/api/v1/users", ROLE_ADMIN, NODE_ANY, ON_BOTH, 65536, JSON, .handle = users_post},
    {"GET", "/api/v1/users/{id}", ROLE_ADMIN, NODE_ANY, ON_BOTH, .handle = users_get},
    {"PATCH", "/api/v1/users/{id}", ROLE_ADMIN, NODE_ANY, ON_BOTH, 65536, JSON, .handle = users_patch},
    {"GET", "/api/v1/users/{id}/tokens", ROLE_ADMIN, NODE_ANY, ON_BOTH, .handle = tokens_list},
    {"POST", "/api/v1/users/{id}/tokens", ROLE_ADMIN, NODE_ANY, ON_BOTH, 65536, JSON, .handle = tokens_post},
    {"DELETE", "/api/v1/tokens/{id}", ROLE_ADMIN, NODE_ANY, ON_BOTH, .handle = tokens_remove},
    {0},
};
