#include "node/work/network/registry_office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/random.h"
#include "node/db/network/invitations.h"
#include "node/work/events.h"
#include "node/work/network/peer_change.h"
#include "protocol/json_profile.h"

enum { TOKEN_SIZE = 32, INVITATION_DAYS = 14, DAY = 86400 };

bool registry_office_invite(struct tx *tx, const struct node *node, const struct actor *actor,
                            const char *label, json_t **out)
{
    uint8_t token[TOKEN_SIZE], hash[32];
    char token_text[BYTES_B64U_SIZE(TOKEN_SIZE)], *text;
    json_t *invitation;
    bool ok;

    random_octets(token, sizeof token);
    bytes_sha256(token, sizeof token, hash);
    bytes_b64u_encode(token, sizeof token, token_text);
    if (!db_invitations_add(tx, hash, label, tx->now + INVITATION_DAYS * DAY, out))
        return false;
    invitation = json_pack("{s:s, s:s, s:s}", "office", node->authority, "key",
                           key_public_id(key_private_public(node->key)), "token", token_text);
    text = json_dumps(invitation, JSON_COMPACT);
    json_object_set_new(*out, "invitation", json_string(text));
    ok = text && events_add(tx, actor,
                            &(struct event){.object_type = "invitation",
                                            .object_id = json_profile_text(*out, "id"),
                                            .action = "created"});
    free(text);
    json_decref(invitation);
    return ok;
}

static bool token_hash(const char *token, uint8_t hash[32])
{
    uint8_t octets[TOKEN_SIZE];

    if (!bytes_b64u_decode(token, strlen(token), octets, sizeof octets))
        return false;
    bytes_sha256(octets, sizeof octets, hash);
    return true;
}

static bool token_invalid(struct tx *tx)
{
    return problem_set(tx->problem, PROBLEM_TOKEN_INVALID,
                       "The invitation is unknown, was used, or has expired.");
}

/* In the order of SPEC.md 10.4. A used invitation still answers who used it: the first answer may have been
 * lost. */
bool registry_office_join_check(struct tx *tx, const struct node *node,
                                const struct registry_office_join *join, char state[16])
{
    char used_by[AUTHORITY_SIZE], holder[AUTHORITY_SIZE];
    enum db_invitation invitation;
    struct db_peer peer;
    uint8_t hash[32];
    bool same_key;

    state[0] = '\0';
    if (!token_hash(join->token, hash))
        return token_invalid(tx);
    if (!db_invitations_find(tx, hash, &invitation, used_by) ||
        !db_peers_get(tx, join->authority, DB_LOCK, &peer))
        return false;
    same_key = peer.exists && memcmp(peer.key, key_public_raw(join->key), KEY_SIZE) == 0;
    if (invitation == DB_INVITATION_NONE)
        return token_invalid(tx);
    if (invitation == DB_INVITATION_USED) {
        if (strcmp(used_by, join->authority) != 0 || !same_key)
            return token_invalid(tx);
        snprintf(state, 16, "%s", peer.state);
        return true;
    }
    if (peer.exists && !same_key)
        return problem_set(tx->problem, PROBLEM_KEY_CONFLICT, "%s is known here with another key.",
                           join->authority);
    if (!peer_change_key_holder(tx, node, join->key, join->authority, holder))
        return false;
    return !holder[0] || problem_set(tx->problem, PROBLEM_KEY_CONFLICT, "Another node has this key here.");
}

bool registry_office_join(struct tx *tx, const struct node *node, const struct registry_office_join *join,
                          const struct db_peer_card *card, char state[16])
{
    struct db_peer before, peer;
    uint8_t hash[32];

    if (!registry_office_join_check(tx, node, join, state) || state[0])
        return state[0];
    if (!token_hash(join->token, hash) || !db_invitations_use(tx, hash, join->authority) ||
        !db_peers_get(tx, join->authority, DB_LOCK, &before))
        return false;
    if (!(before.exists ? db_peers_describe(tx, card) : db_peers_add(tx, card)) ||
        !db_peers_get(tx, join->authority, DB_LOCK, &peer))
        return false;
    snprintf(peer.via, sizeof peer.via, "%s", node->authority);
    snprintf(peer.registry_state, sizeof peer.registry_state, "active");
    if (!db_peers_save(tx, &peer) || !peer_change_settle(tx, node, &before, join->authority) ||
        !db_peers_get(tx, join->authority, DB_LOOK, &peer))
        return false;
    snprintf(state, 16, "%s", peer.state);
    return events_add(tx, NULL,
                      &(struct event){.object_type = "peer",
                                      .object_id = join->authority,
                                      .peer = join->authority,
                                      .action = "joined"});
}
