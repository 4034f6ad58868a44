#include "node/api/network/peers.h"

#include "node/api/answer.h"
#include "node/core/permissions.h"
#include "node/work/network/peers.h"
#include "protocol/authority.h"
#include "protocol/json_profile.h"

static bool fingerprint_digits(const json_t *value, struct err *err)
{
    int digits = 0;

    for (const char *c = json_string_value(value); *c; c++)
        digits += *c >= '0' && *c <= '9' ? 1 : *c == ' ' ? 0 : 1000;
    if (digits == 30)
        return true;
    err_set(err, ERR_MALFORMED, "must be 30 digits, with or without spaces");
    return false;
}

static const struct json_field confirm_fields[] = {
    {.name = "fingerprint",
     .type = JSON_FIELD_TEXT,
     .required = true,
     .min = 30,
     .max = 60,
     .check = fingerprint_digits},
    FIELD_END,
};

const struct fields_schema api_peers_schemas[] = {
    {"PeerConfirm", confirm_fields, FIELDS_NEW},
    {.schema = NULL},
};

static const char *authority_of(const struct call *call)
{
    return call->request->parameters[0];
}

static bool list(struct tx *tx, struct call *call, json_t **out)
{
    json_t *items;

    if (!peers_show(tx, call->node, NULL, &items))
        return false;
    *out = json_pack("{s:o}", "items", items);
    return true;
}

static bool read(struct tx *tx, struct call *call, json_t **out)
{
    return peers_show(tx, call->node, authority_of(call), out);
}

static bool confirm(struct tx *tx, struct call *call, json_t **out)
{
    return peers_confirm(tx, call->node, &call->actor, authority_of(call),
                         json_profile_text(call->body, "fingerprint")) &&
           read(tx, call, out);
}

static bool suspend(struct tx *tx, struct call *call, json_t **out)
{
    return peers_suspend(tx, call->node, &call->actor, authority_of(call),
                         json_profile_text(call->body, "reason")) &&
           read(tx, call, out);
}

static bool resume(struct tx *tx, struct call *call, json_t **out)
{
    return peers_resume(tx, call->node, &call->actor, authority_of(call)) && read(tx, call, out);
}

static bool withdraw(struct tx *tx, struct call *call, json_t **out)
{
    return peers_remove(tx, call->node, &call->actor, authority_of(call),
                        json_profile_text(call->body, "reason")) &&
           read(tx, call, out);
}

static void peers_list(struct call *call)
{
    answer_read(call, list);
}

static void peers_get(struct call *call)
{
    answer_read(call, read);
}

static void peers_confirmed(struct call *call)
{
    if (fields_check(call->body, confirm_fields, FIELDS_NEW, &call->problem))
        answer(call, 200, confirm);
}

static void peers_suspended(struct call *call)
{
    if (fields_check(call->body, fields_reason, FIELDS_NEW, &call->problem))
        answer(call, 200, suspend);
}

static void peers_resumed(struct call *call)
{
    answer(call, 200, resume);
}

static void peers_removed(struct call *call)
{
    if (fields_check(call->body, fields_reason, FIELDS_NEW, &call->problem))
        answer(call, 200, withdraw);
}

#define JSON "application/json"
#define ONE  "/api/v1/peers/{authority}"
/* clang-format off */
const struct route api_peers_routes[] = {
    {"GET",  "/api/v1/peers", MAY_READ, NODE_ANY, ON_BOTH, .handle = peers_list},
    {"GET",  ONE,             MAY_READ, NODE_ANY, ON_BOTH, .handle = peers_get},
    {"POST", ONE "/confirm",  MAY_MANAGE_PEERS, NODE_ANY, ON_BOTH, 65536, JSON, .handle = peers_confirmed},
    {"POST", ONE "/suspend",  MAY_MANAGE_PEERS, NODE_ANY, ON_BOTH, 65536, JSON, .handle = peers_suspended},
    {"POST", ONE "/resume",   MAY_MANAGE_PEERS, NODE_ANY, ON_BOTH, .handle = peers_resumed},
    {"POST", ONE "/remove",   MAY_MANAGE_PEERS, NODE_ANY, ON_BOTH, 65536, JSON, .handle = peers_removed},
    {0},
};
/* clang-format on */
