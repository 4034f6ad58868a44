#include "node/federation/authenticate.h"

#include <stdio.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/db/network/peers.h"
#include "node/db/network/requests.h"
#include "node/db/say/streams.h"
#include "node/federation/limits.h"
#include "node/federation/serve.h"
#include "protocol/http_signature.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"
#include "protocol/moment.h"

struct authentication {
    struct call *call;
    struct http_message message;
    struct http_signature signature;
    struct key_public *key;
    struct db_peer peer;
    bool join;
    bool fresh;
};

static bool take(struct call *call, const struct limit *limit, const char *kind, const char *name)
{
    long retry_after;

    if (limits_take(limit, kind, name, &retry_after))
        return true;
    problem_set(&call->problem, PROBLEM_RATE_LIMITED, "Too many requests. Wait as Retry-After says.");
    call->problem.retry_after = retry_after;
    return false;
}

static bool refuse(struct call *call, const struct err *err)
{
    char now[MOMENT_SIZE];

    problem_from_err(&call->problem, err);
    if (err->code == ERR_SKEW) {
        moment_format(clock_seconds(), now);
        problem_extend(&call->problem, "server_time", json_string(now));
    }
    return false;
}

/* A field that stands in more than one line is as good as malformed: a reader that takes the first has
 * checked something else than one that takes the last (SPEC.md 5.2). */
static bool single(struct call *call, const char *name, const char **value)
{
    size_t lines = 0;

    *value = request_header(call->request, name, &lines);
    return lines <= 1 ||
           problem_set(&call->problem, PROBLEM_SIGNATURE_MALFORMED, "%s stands there more than once.", name);
}

static bool read_fields(struct authentication *a)
{
    const struct request *request = a->call->request;
    struct err err = {0};

    a->message = (struct http_message){.method = request->method,
                                       .authority = a->call->node->authority,
                                       .path = request->path,
                                       .query = request->query,
                                       .has_body = request->has_body,
                                       .body = request->body};
    if (!single(a->call, "Signature-Input", &a->message.signature_input) ||
        !single(a->call, "Signature", &a->message.signature) ||
        !single(a->call, "Content-Digest", &a->message.content_digest) ||
        !single(a->call, "Content-Type", &a->message.content_type))
        return false;
    return http_signature_parse(&a->message, &a->signature, &err) == ERR_OK || refuse(a->call, &err);
}

static bool unknown_key(struct call *call)
{
    return problem_set(&call->problem, PROBLEM_UNKNOWN_KEY, "No peer of this node has this key.");
}

static bool find_peer(struct tx *tx, void *arg)
{
    struct authentication *a = arg;

    return db_peers_by_key(tx, a->signature.key_id, &a->peer);
}

/* The peer's current key, or a joining town's own. Never one fetched from where a request points
 * (SPEC.md 5.3, 9.1). */
static bool find_key(struct authentication *a)
{
    struct call *call = a->call;
    struct err err = {0};
    json_t *body;

    if (!a->join) {
        if (!db_transaction(call->db, &call->problem, find_peer, a))
            return false;
        if (!a->peer.exists)
            return unknown_key(call);
        a->key = key_public_from_raw(a->peer.key, &err);
        return a->key || refuse(call, &err);
    }
    body = json_profile_parse((const char *)a->message.body.data, a->message.body.size, &err);
    if (body && json_field_check(body, serve_join_fields, JSON_FIELD_CLOSED, &err) == ERR_OK)
        a->key = key_public_from_jwk(json_object_get(body, "jwk"), &err);
    json_decref(body);
    if (!a->key)
        return problem_set(&call->problem, PROBLEM_MALFORMED, "The body is no join: %s.", err.text);
    return strcmp(key_public_id(a->key), a->signature.key_id) == 0 || unknown_key(call);
}

/* Who is suspended or removed here still gets pages, so that erasures reach it, and may show us heads of
 * ours (SPEC.md 8.4). */
static bool may_ask(struct authentication *a)
{
    bool invited = strcmp(a->peer.state, "invited") == 0;

    if (a->join || strcmp(a->peer.state, "active") == 0 || (!invited && !a->peer.frozen))
        return true;
    return problem_set(&a->call->problem, PROBLEM_NOT_ACTIVE, "This peer is %s here.",
                       a->peer.frozen ? "frozen" : a->peer.state);
}

static bool remember(struct tx *tx, void *arg)
{
    struct authentication *a = arg;
    int64_t expires = a->signature.expires + HTTP_SIGNATURE_SKEW;

    if (!db_relax(tx) || !db_requests_nonce(tx, a->signature.key_id, a->signature.nonce, expires, &a->fresh))
        return false;
    /* It lives: whoever waits for it to come back need not wait longer (SPEC.md 9.4). */
    if (a->fresh && a->peer.failing && strcmp(a->peer.state, "active") == 0)
        return db_peers_wake(tx, a->peer.authority, false);
    return true;
}

static bool check(struct authentication *a)
{
    struct call *call = a->call;
    const struct config *config = call->node->config;
    const struct limit by_address = {(double)config->address_rate, (double)config->address_burst};
    const struct limit by_peer = {(double)config->peer_rate, (double)config->peer_burst};
    struct err err = {0};

    /* A stranger's flood ends here, before the database is asked anything (SPEC.md 5.3: in this order). */
    if (!take(call, &by_address, "address", call->request->sender) || !read_fields(a) || !find_key(a) ||
        !may_ask(a))
        return false;
    if (http_signature_check_time(&a->signature, clock_seconds(), &err) != ERR_OK ||
        (a->message.has_body && http_signature_check_digest(&a->message, &err) != ERR_OK) ||
        http_signature_verify(&a->signature, a->key, &err) != ERR_OK)
        return refuse(call, &err);
    if (!db_transaction(call->db, &call->problem, remember, a))
        return false;
    if (!a->fresh)
        return problem_set(&call->problem, PROBLEM_REPLAYED, "Sign anew and send it once more.");
    return a->join || take(call, &by_peer, "peer", a->peer.authority);
}

static void take_signer(struct call *call, const struct db_peer *peer)
{
    strcpy(call->signer.authority, peer->authority);
    strcpy(call->signer.state, peer->state);
    call->signer.office = strcmp(peer->role, "office") == 0;
    call->peer = call->signer.authority;
    call->peer_state = call->signer.state;
}

bool authenticate_peer(struct call *call)
{
    struct authentication a = {.call = call, .join = strcmp(call->request->path, FEDERATION_JOIN) == 0};
    bool ok = check(&a);

    if (ok) {
        call->signature_created = a.signature.created;
        if (!a.join)
            take_signer(call, &a.peer);
    }
    http_signature_finish(&a.signature);
    key_public_destroy(a.key);
    return ok;
}
