#include "node/federation/membership.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/typed_authority.h"
#include "node/federation/authenticate.h"
#include "node/federation/discovery.h"
#include "node/federation/outbound.h"
#include "node/work/network/peers.h"
#include "node/work/network/registry_town.h"

struct acquaintance {
    const struct node *node;
    const struct actor *actor;
    const struct db_peer_card *card;
};

static bool add(struct tx *tx, void *arg)
{
    const struct acquaintance *a = arg;

    return peers_add(tx, a->node, a->actor, a->card);
}

struct joining {
    const struct node *node;
    const struct actor *actor;
    const struct db_peer_card *card;
    struct db_peer before;
};

static bool joining(struct tx *tx, void *arg)
{
    struct joining *j = arg;

    return registry_town_joining(tx, j->node, j->card, &j->before);
}

static bool joining_failed(struct tx *tx, void *arg)
{
    struct joining *j = arg;

    return registry_town_joining_failed(tx, j->node, j->card->authority, &j->before);
}

static bool joined(struct tx *tx, void *arg)
{
    struct joining *j = arg;

    return registry_town_joined(tx, j->node, j->actor, j->card->authority);
}

bool membership_read_authority(const char *typed, char authority[AUTHORITY_SIZE], struct problem *problem)
{
    if (typed_authority_read(typed, authority))
        return true;
    problem_field(problem, "/authority", "malformed",
                  "A node's name is its host, or host:port: arnhem.example or localhost:8441.");
    return false;
}

bool membership_add_peer(const struct node *node, struct db *db, const struct actor *actor,
                         const char *authority, struct problem *problem)
{
    struct acquaintance a = {.node = node, .actor = actor};
    struct discovery discovery;
    bool ok;

    if (!discovery_fetch(node, authority, &discovery, problem))
        return false;
    a.card = &discovery.card;
    ok = db_transaction(db, problem, add, &a);
    discovery_finish(&discovery);
    return ok;
}

/* Sends the join; on `replayed` (something on the way sent it twice) once more (SPEC.md 5.3). */
static bool send_join(const struct node *node, const char *office, struct bytes body, char *refusal,
                      size_t size)
{
    struct transport_answer answer = {0};
    struct outbound outbound;
    struct err err = {0};
    bool ok = false;

    for (int attempt = 0; attempt < 2; attempt++) {
        if (!outbound_sign(&outbound, node, office, FEDERATION_JOIN, "application/json", body, &err)) {
            snprintf(refusal, size, "%s", err_slug(err.code));
            outbound_finish(&outbound);
            return false;
        }
        transport_fetch(node->config, &outbound.request, &answer);
        ok = answer.status == 200;
        if (!ok)
            outbound_error(&answer, refusal, size);
        buffer_free(&answer.body);
        outbound_finish(&outbound);
        if (ok || strcmp(refusal, "replayed") != 0)
            break;
    }
    return ok;
}

static bool ask_office(const struct node *node, const struct registry_town_invitation *invitation,
                       struct problem *problem)
{
    json_t *body = json_pack("{s:s, s:o, s:s}", "authority", node->authority, "jwk",
                             key_public_to_jwk(key_private_public(node->key)), "token", invitation->token);
    char *text = json_dumps(body, JSON_COMPACT);
    char refusal[65] = "out-of-memory";
    bool ok = text && send_join(node, invitation->office, (struct bytes){(uint8_t *)text, strlen(text)},
                                refusal, sizeof refusal);

    free(text);
    json_decref(body);
    return ok ||
           problem_set(problem, PROBLEM_INVITATION_REFUSED,
                       "%s did not take this node in (%s). Nothing was changed. Ask the office for a new "
                       "invitation, and whether it can reach https://%s.",
                       invitation->office, refusal, node->authority);
}

/* The office is an active peer before it is asked: it may pull at once (SPEC.md 10.4). */
static bool join(const struct node *node, struct db *db, const struct actor *actor,
                 const struct db_peer_card *card, const struct registry_town_invitation *invitation,
                 struct problem *problem)
{
    struct joining j = {.node = node, .actor = actor, .card = card};
    struct problem second = {0};

    if (!db_transaction(db, problem, joining, &j))
        return false;
    if (ask_office(node, invitation, problem))
        return db_transaction(db, problem, joined, &j);
    db_transaction(db, &second, joining_failed, &j);
    problem_finish(&second);
    return false;
}

bool membership_join(const struct node *node, struct db *db, const struct actor *actor, const char *text,
                     char *office, struct problem *problem)
{
    struct registry_town_invitation invitation;
    struct discovery discovery = {0};
    bool ok = false;

    if (!registry_town_read_invitation(text, &invitation, problem))
        return false;
    snprintf(office, AUTHORITY_SIZE, "%s", invitation.office);
    if (!discovery_fetch(node, invitation.office, &discovery, problem))
        goto done;
    if (strcmp(key_public_id(discovery.key), invitation.key_id) != 0 ||
        strcmp(discovery.card.role, "office") != 0)
        problem_set(
            problem, PROBLEM_INVITATION_REFUSED,
            "%s does not have the key that the invitation names. Nothing was changed. Ask the office by "
            "telephone: somebody may stand between the two nodes.",
            invitation.office);
    else
        ok = join(node, db, actor, &discovery.card, &invitation, problem);
done:
    discovery_finish(&discovery);
    json_decref(invitation.document);
    return ok;
}
