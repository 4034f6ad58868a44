#include "node/api/desk/session.h"

#include <string.h>

#include "node/base/version.h"
#include "node/call.h"
#include "node/core/permissions.h"
#include "node/work/people/sessions.h"
#include "node/work/desk/today.h"
#include "node/work/people/users.h"
#include "protocol/json_profile.h"

enum { DAY = 86400 };

static const struct json_field sign_in_fields[] = {
    FIELD_LINE("email", FIELD_REQUIRED, 3, 254),
    FIELD_TEXT("password", FIELD_REQUIRED, 1, SESSIONS_PASSWORD_MAX),
    FIELD_END,
};

static const struct json_field me_fields[] = {
    FIELD_LINE("name", FIELD_OPTIONAL, 1, 120),
    FIELD_ENUM("language", FIELD_OPTIONAL, actor_languages),
    FIELD_END,
};

static const struct json_field password_fields[] = {
    FIELD_TEXT("current", FIELD_REQUIRED, 1, SESSIONS_PASSWORD_MAX),
    FIELD_TEXT("new", FIELD_REQUIRED, SESSIONS_PASSWORD_MIN, SESSIONS_PASSWORD_MAX),
    FIELD_END,
};

const struct fields_schema api_session_schemas[] = {
    {"SignIn", sign_in_fields, FIELDS_NEW},
    {"MeChange", me_fields, FIELDS_CHANGE},
    {"PasswordChange", password_fields, FIELDS_NEW},
    {.schema = NULL},
};

static json_t *describe_node(const struct node *node)
{
    json_t *object = json_object(), *list = json_array();

    json_object_set_new(object, "authority", json_string(node->authority));
    json_object_set_new(object, "name", json_string(node->config->name));
    json_object_set_new(object, "country", json_string(node->config->country));
    json_object_set_new(object, "role", json_string(node->config->role));
    json_object_set_new(object, "language", json_string(node->config->language));
    json_object_set_new(object, "version", json_string(NODE_VERSION));
    for (size_t i = 0; actor_languages[i]; i++)
        json_array_append_new(list, json_string(actor_languages[i]));
    json_object_set_new(object, "languages", list);
    return object;
}

/* The screens offer what this names, and keep no table of their own. */
static json_t *describe_may(const char *role)
{
    json_t *may = json_array();

    for (enum permission action = 0; action < PERMISSIONS_COUNT; action++)
        if (permissions_allow(action, role))
            json_array_append_new(may, json_string(permissions_name(action)));
    return may;
}

static json_t *describe_user(const struct actor *actor)
{
    json_t *object;

    if (!*actor->user_id)
        return json_null();
    object = json_object();
    json_object_set_new(object, "id", json_string(actor->user_id));
    json_object_set_new(object, "email", json_string(actor->email));
    json_object_set_new(object, "name", json_string(actor->name));
    json_object_set_new(object, "role", json_string(actor->role));
    json_object_set_new(object, "language", json_string(actor->language));
    json_object_set_new(object, "may", describe_may(actor->role));
    return object;
}

struct session_count {
    struct call *call;
    int64_t count;
};

static bool count_today(struct tx *tx, void *arg)
{
    struct session_count *in = arg;

    return today_count(tx, in->call->node, &in->call->actor, &in->count);
}

static void reply_session(struct call *call)
{
    struct session_count today = {.call = call};
    json_t *object;

    /* At an office nothing waits. */
    if (*call->actor.user_id && !call->node->office &&
        !db_read(call->db, &call->problem, count_today, &today))
        return;
    object = json_object();
    json_object_set_new(object, "user", describe_user(&call->actor));
    json_object_set_new(object, "node", describe_node(call->node));
    json_object_set_new(object, "today_count", json_integer(today.count));
    reply_json(call->reply, 200, object);
}

static struct sessions_door door_of(struct call *call)
{
    return (struct sessions_door){.address = call->request->address,
                                  .session = call_cookie(call, CALL_COOKIE_SESSION),
                                  .browsers = call_cookie(call, CALL_COOKIE_BROWSERS)};
}

static void session_get(struct call *call)
{
    reply_session(call);
}

static void session_post(struct call *call)
{
    const struct sessions_door door = door_of(call);
    struct sessions_opened opened = {0};

    if (!fields_check(call->body, sign_in_fields, FIELDS_NEW, &call->problem) ||
        !sessions_sign_in(call->db, &door, json_profile_text(call->body, "email"),
                          json_profile_text(call->body, "password"), &opened, &call->problem))
        return;
    call->actor = opened.actor;
    reply_session(call);
    call_set_cookie(call, CALL_COOKIE_SESSION, opened.token, 7 * DAY);
    call_set_cookie(call, CALL_COOKIE_BROWSERS, opened.browsers, 180 * DAY);
}

/* The browser stays known. */
static void session_remove(struct call *call)
{
    const char *token = call_cookie(call, CALL_COOKIE_SESSION);

    if (token && !sessions_sign_out(call->db, token, &call->problem))
        return;
    reply_empty(call->reply, 204);
    call_set_cookie(call, CALL_COOKIE_SESSION, "", 0);
}

static bool change_me(struct tx *tx, void *arg)
{
    struct call *call = arg;

    return users_change_own(tx, &call->actor, json_profile_text(call->body, "name"),
                            json_profile_text(call->body, "language"));
}

static void me_patch(struct call *call)
{
    if (fields_check(call->body, me_fields, FIELDS_CHANGE, &call->problem) &&
        call_transaction(call, change_me, call))
        reply_session(call);
}

static void me_password(struct call *call)
{
    const struct sessions_door door = door_of(call);

    if (fields_check(call->body, password_fields, FIELDS_NEW, &call->problem) &&
        sessions_change_password(call->db, call->node, &call->actor, &door,
                                 json_profile_text(call->body, "current"),
                                 json_profile_text(call->body, "new"), &call->problem))
        reply_empty(call->reply, 204);
}

static void node_get(struct call *call)
{
    reply_json(call->reply, 200, describe_node(call->node));
}

#define JSON "application/json"
const struct route api_session_routes[] = {
    {"GET", "/api/v1/session", MAY_SEE_SESSION, NODE_ANY, ON_BOTH, .handle = session_get},
    {"POST", "/api/v1/session", MAY_VISIT, NODE_ANY, ON_BOTH, 65536, JSON, .lane = SERVER_SLOW,
     .handle = session_post},
    {"DELETE", "/api/v1/session", MAY_OWN_ACCOUNT, NODE_ANY, ON_BOTH, .handle = session_remove},
    {"PATCH", "/api/v1/me", MAY_OWN_ACCOUNT, NODE_ANY, ON_BOTH, 65536, JSON, .handle = me_patch},
    {"POST", "/api/v1/me/password", MAY_OWN_ACCOUNT, NODE_ANY, ON_BOTH, 65536, JSON, .lane = SERVER_SLOW,
     .handle = me_password},
    {"GET", "/api/v1/node", MAY_VISIT, NODE_ANY, ON_BOTH, .handle = node_get},
    {0},
};
