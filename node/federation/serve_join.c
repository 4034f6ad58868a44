/* POST /federation/v1/join at an office (SPEC.md 10.4), and the API calls by which people here begin with
 * other nodes. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "node/federation/discovery.h"
#include "node/federation/limits.h"
#include "node/federation/membership.h"
#include "node/federation/serve.h"
#include "node/work/network/peers.h"
#include "node/work/network/registry_office.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"

const struct json_field serve_join_fields[] = {
    {.name = "authority", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "jwk", .type = JSON_FIELD_OBJECT, .required = true},
    {.name = "token", .type = JSON_FIELD_B64U, .required = true, .max = 32},
    {.name = NULL},
};

struct joining {
    const struct node *node;
    struct registry_office_join join;
    const struct db_peer_card *card;
    char state[16]; /* "" until it has joined */
};

static bool join_check(struct tx *tx, void *arg)
{
    struct joining *joining = arg;

    return registry_office_join_check(tx, joining->node, &joining->join, joining->state);
}

static bool join_take(struct tx *tx, void *arg)
{
    struct joining *joining = arg;

    return registry_office_join(tx, joining->node, &joining->join, joining->card, joining->state);
}

/* Whoever has an invitation chooses whom the office asks, and may let it wait: so few may be tried with one
 * invitation, and one at a time keeps one worker busy, not all of them (SPEC.md 10.4). */
static const struct limit limit_by_token = {.per_second = 0.1, .burst = 3};
static pthread_mutex_t fetching = PTHREAD_MUTEX_INITIALIZER;
enum { FETCHING_SECONDS = 5 };

static bool join_fetch(struct call *call, const struct joining *joining, struct discovery *discovery)
{
    struct problem *problem = &call->problem;
    bool ok;

    if (!limits_take(&limit_by_token, "join", joining->join.token, &problem->retry_after))
        return problem_set(
            problem, PROBLEM_RATE_LIMITED,
            "This invitation was tried several times. It is still good; wait as Retry-After says.");
    if (pthread_mutex_trylock(&fetching) != 0) {
        problem->retry_after = FETCHING_SECONDS;
        return problem_set(problem, PROBLEM_BUSY, "Another town is joining. Nothing was changed; try again.");
    }
    ok = discovery_fetch(call->node, joining->join.authority, discovery, problem);
    pthread_mutex_unlock(&fetching);
    if (!ok)
        problem->code = PROBLEM_DISCOVERY_FAILED; /* also when it could not be reached */
    return ok;
}

/* Does the town control the name it gives? Its discovery document, fetched from there, must name its key
 * (SPEC.md 10.4). */
static bool join_controls_name(struct call *call, struct joining *joining, struct discovery *discovery)
{
    if (!join_fetch(call, joining, discovery))
        return false;
    joining->card = &discovery->card;
    return key_public_equal(discovery->key, joining->join.key) ||
           problem_set(&call->problem, PROBLEM_DISCOVERY_FAILED,
                       "The discovery document does not begin with this key.");
}

static bool join(struct call *call, struct joining *joining)
{
    struct discovery discovery = {0};
    bool ok = db_transaction(call->db, &call->problem, join_check, joining);

    if (ok && !joining->state[0])
        ok = join_controls_name(call, joining, &discovery) &&
             db_transaction(call->db, &call->problem, join_take, joining);
    discovery_finish(&discovery);
    return ok;
}

void serve_join(struct call *call)
{
    const struct bytes text = call->request->body;
    struct joining joining = {.node = call->node};
    struct err err = {0};
    json_t *body = json_profile_parse((const char *)text.data, text.size, &err);
    struct key_public *key = NULL;

    if (body && json_field_check(body, serve_join_fields, JSON_FIELD_CLOSED, &err) == ERR_OK)
        key = key_public_from_jwk(json_object_get(body, "jwk"), &err);
    if (!key) {
        problem_set(&call->problem, PROBLEM_MALFORMED, "The body is no join: %s.", err.text);
    } else {
        joining.join = (struct registry_office_join){.authority = json_profile_text(body, "authority"),
                                                     .key = key,
                                                     .token = json_profile_text(body, "token")};
        if (strcmp(joining.join.authority, call->node->authority) == 0)
            problem_set(&call->problem, PROBLEM_KEY_CONFLICT, "That is this node itself.");
        else if (join(call, &joining))
            reply_json(call->reply, 200,
                       json_pack("{s:s, s:s}", "authority", call->node->authority, "state", joining.state));
    }
    key_public_destroy(key);
    json_decref(body);
}

/* ---- the API's side */

static const struct json_field peer_fields[] = {
    FIELD_TEXT("authority", FIELD_REQUIRED, 1, 300),
    FIELD_END,
};

static const struct json_field membership_fields[] = {
    FIELD_TEXT("invitation", FIELD_REQUIRED, 2, 2000),
    FIELD_END,
};

const struct fields_schema serve_schemas[] = {
    {"PeerNew", peer_fields, FIELDS_NEW},
    {"MembershipNew", membership_fields, FIELDS_NEW},
    {.schema = NULL},
};

/* Somebody here begins with another node. */
struct beginning {
    struct call *call;
    const struct db_peer_card *card; /* NULL: it is a peer already */
    const char *authority;
    json_t *peer;
};

/* May run more than once: see db_transaction. */
static bool begin_with(struct tx *tx, void *arg)
{
    struct beginning *beginning = arg;
    struct call *call = beginning->call;

    json_decref(beginning->peer);
    beginning->peer = NULL;
    return (!beginning->card || peers_add(tx, call->node, &call->actor, beginning->card)) &&
           peers_show(tx, call->node, beginning->authority, &beginning->peer);
}

static void reply_created(struct beginning *beginning)
{
    struct call *call = beginning->call;

    snprintf(call->place, sizeof call->place, "/api/v1/peers/%s", beginning->authority);
    if (call_create(call, begin_with, beginning))
        reply_json(call->reply, 201, beginning->peer);
    else
        json_decref(beginning->peer);
}

void serve_peers_add(struct call *call)
{
    char authority[AUTHORITY_SIZE];
    struct beginning beginning = {.call = call, .authority = authority};
    struct discovery discovery;

    if (!fields_check(call->body, peer_fields, FIELDS_NEW, &call->problem) ||
        !membership_read_authority(json_profile_text(call->body, "authority"), authority, &call->problem) ||
        !discovery_fetch(call->node, beginning.authority, &discovery, &call->problem))
        return;
    beginning.card = &discovery.card;
    reply_created(&beginning);
    discovery_finish(&discovery);
}

void serve_memberships_create(struct call *call)
{
    const char *invitation = json_profile_text(call->body, "invitation");
    char office[AUTHORITY_SIZE];
    struct beginning beginning = {.call = call, .authority = office};

    /* An invitation is good for one node and one time: no key is needed to make it happen once. */
    call->claim = NULL;
    if (fields_check(call->body, membership_fields, FIELDS_NEW, &call->problem) &&
        membership_join(call->node, call->db, &call->actor, invitation, office, &call->problem))
        reply_created(&beginning);
}
