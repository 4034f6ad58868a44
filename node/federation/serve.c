#include "node/federation/serve.h"

#include <string.h>

#include "node/core/permissions.h"
#include "node/db/network/alarms.h"
#include "node/db/say/entries.h"
#include "node/db/network/peers.h"
#include "node/db/network/requests.h"

#include "node/db/say/streams.h"
#include "node/federation/authenticate.h"
#include "node/federation/discovery.h"
#include "node/work/say/writer.h"
#include "protocol/origin.h"

enum { HINT_MAX = 1024, BODY_MAX = 65536, RESTART_SECONDS = 60 };

bool serve_may_sign(struct tx *tx, const struct node *node, enum db_streams_lock lock)
{
    struct db_node_state state;

    if (!db_streams_state(tx, lock, &state))
        return false;
    if (!state.exists || memcmp(state.key, key_public_raw(key_private_public(node->key)), KEY_SIZE) == 0)
        return true;
    tx->problem->retry_after = RESTART_SECONDS;
    return problem_set(tx->problem, PROBLEM_BUSY, "This node's key was changed; it has to be started again.");
}

static void serve_discovery(struct call *call)
{
    reply_json(call->reply, 200, discovery_document(call->node));
}

struct hint {
    const struct call *call;
    struct head head;
    const char *jws;
};

/* Pull soon, whatever head it is: one that is behind, or of another chain, is a reason too. Nothing else is
 * taken from a hint (SPEC.md 10.3). */
static bool hint_of_theirs(struct tx *tx, void *arg)
{
    const struct hint *hint = arg;

    return db_relax(tx) && db_peers_wake(tx, hint->call->peer, true);
}

/* Anybody can write a head in our name; only one that we signed, with today's key or one that we rotated away
 * in this epoch, tells us anything (SPEC.md 10.3). */
static bool signed_by_us(struct tx *tx, const struct hint *hint)
{
    const struct key_public *current = key_private_public(hint->call->node->key);
    struct key_public *key = NULL;
    bool ours;

    if (strcmp(hint->head.key_id, key_public_id(current)) == 0)
        key = key_public_copy(current);
    else if (!db_entries_own_key(tx, hint->head.origin, hint->head.stream, hint->head.key_id, &key))
        return false;
    ours = key && head_verify(hint->jws, hint->call->request->body.size, key, NULL) == ERR_OK;
    key_public_destroy(key);
    return ours || problem_set(tx->problem, PROBLEM_MALFORMED, "This node did not sign that head.");
}

static bool raise_alarm(struct tx *tx, const struct hint *hint, const char *kind, const char *detail)
{
    return db_alarms_raise(tx, &(struct db_alarm){.kind = kind, .peer = hint->call->peer, .detail = detail});
}

/* A head that was ours all along is an acknowledgement, where that was in doubt. Else it is of an older
 * epoch, and may have been lost and answered by a newer epoch already. */
static bool known_to_us(struct tx *tx, const struct hint *hint, const uint8_t *chain)
{
    const char *kind = strcmp(hint->head.stream, "net") == 0 ? "net" : "to";
    struct origin_following following;

    if (!chain)
        return serve_may_sign(tx, hint->call->node, DB_STREAMS_READ) &&
               writer_erase_lost(tx, hint->call->node, hint->head.stream, hint->head.position.at);
    if (memcmp(chain, hint->head.position.chain, CHAIN_SIZE) != 0)
        return true;
    if (!db_requests_following(tx, hint->call->peer, kind, &following))
        return false;
    origin_shown(&following, hint->head.position.at);
    return db_requests_acknowledge(tx, hint->call->peer, kind, &following, hint->call->signature_created);
}

/* A head of ours that the peer holds. If it is ahead of what we have, or another, our database was put back:
 * what we say from now on must not be taken for what we said then (SPEC.md 6.5). */
static bool hint_of_ours(struct tx *tx, void *arg)
{
    const struct hint *hint = arg;
    const struct node *node = hint->call->node;
    struct origin_stream stream = {0};
    struct db_followed newest;
    enum origin_verdict verdict;
    uint8_t chain[CHAIN_SIZE];
    bool held;

    /* Nothing is locked for the comparison: those who append lock the node's state before any stream. */
    if (!signed_by_us(tx, hint) || !db_entries_followed(tx, node->authority, hint->head.stream, &newest))
        return false;
    key_public_destroy(newest.key);
    if (!db_entries_chain(tx, node->authority, hint->head.stream, hint->head.position.at, chain, &held))
        return false;
    stream.position = newest.position;
    verdict = origin_compare(&stream, &hint->head, held ? chain : NULL, tx->now);
    if (newest.id == 0)
        return true;
    if (verdict == ORIGIN_KNOWN)
        return known_to_us(tx, hint, held ? chain : NULL);
    if (verdict == ORIGIN_ABSURD)
        return raise_alarm(
            tx, hint, "other",
            "A peer holds something in this node's name that lies far in the future, signed with this "
            "node's key. Nothing was changed. Somebody may have that key: if nobody can explain it, "
            "replace it.");
    if (!serve_may_sign(tx, node, DB_STREAMS_READ))
        return false;
    return writer_open_epoch(tx, node, &hint->head) &&
           raise_alarm(
               tx, hint, "new_epoch",
               "A peer holds entries of ours that this database does not know: it was put back to an older "
               "state. What stands published here is published again, also what was withdrawn since that "
               "state. Look through it.");
}

static bool addressed_to(const char *stream, const char *authority)
{
    return strcmp(stream, "net") == 0 ||
           (strncmp(stream, "to/", 3) == 0 && strcmp(stream + 3, authority) == 0);
}

static void serve_hint(struct call *call)
{
    const struct bytes body = call->request->body;
    const char *self = call->node->authority;
    struct hint hint = {.call = call, .jws = (const char *)body.data};
    struct err err = {0};
    bool theirs, ours;

    if (*call->request->query) {
        problem_set(&call->problem, PROBLEM_MALFORMED, "A hint has no query.");
        return;
    }
    if (body.size > HINT_MAX || head_parse(hint.jws, body.size, &hint.head, &err) != ERR_OK) {
        problem_set(&call->problem, PROBLEM_MALFORMED, "The body is no head: %s.", err.text);
        return;
    }
    theirs = strcmp(hint.head.origin, call->peer) == 0 && addressed_to(hint.head.stream, self);
    ours = strcmp(hint.head.origin, self) == 0 && addressed_to(hint.head.stream, call->peer);
    if (!theirs && !ours) {
        problem_set(&call->problem, PROBLEM_MALFORMED, "This head concerns neither of us.");
        return;
    }
    if (theirs && strcmp(call->peer_state, "active") != 0) {
        problem_set(&call->problem, PROBLEM_NOT_ACTIVE, "This peer is %s here.", call->peer_state);
        return;
    }
    if (db_transaction(call->db, &call->problem, ours ? hint_of_ours : hint_of_theirs, &hint))
        reply_empty(call->reply, 204);
}

#define JSON "application/json"
const struct route serve_routes[] = {
    {"GET", DISCOVERY_PATH, MAY_VISIT, NODE_ANY, ON_TLS, .lane = SERVER_AT_ONCE, .handle = serve_discovery},
    {"GET", FEDERATION_PAGES, MAY_EXCHANGE, NODE_ANY, ON_TLS, .handle = serve_pages},
    {"POST", FEDERATION_HINT, MAY_EXCHANGE, NODE_ANY, ON_TLS, HINT_MAX, "application/jose",
     .handle = serve_hint},
    {"POST", FEDERATION_JOIN, MAY_EXCHANGE, NODE_OFFICE, ON_TLS, BODY_MAX, JSON, .handle = serve_join},
    {"POST", "/api/v1/peers", MAY_MANAGE_PEERS, NODE_ANY, ON_BOTH, 65536, JSON, .lane = SERVER_LONG,
     .handle = serve_peers_add},
    {"POST", "/api/v1/memberships", MAY_MANAGE_PEERS, NODE_CITY, ON_BOTH, 65536, JSON, .lane = SERVER_LONG,
     .handle = serve_memberships_create},
    {0},
};
