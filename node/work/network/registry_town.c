#include "node/work/network/registry_town.h"

#include <stdio.h>
#include <string.h>

#include "node/db/network/alarms.h"
#include "node/db/network/names.h"
#include "node/db/say/entries.h"
#include "node/work/events.h"
#include "node/work/network/peer_change.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"

/* The waits of SPEC.md 9.1, the invitation of 10.4. */
enum { TOKEN_SIZE = 32, KEY_WAIT = 72 * 3600, KEY_GRACE = 15 * 60 };

/* Registries leave some of the places to people (SPEC.md 9.1). */
enum { REGISTRY_PEERS_MAX = DB_PEERS_MAX - 100 };

static const struct json_field invitation_fields[] = {
    {.name = "office", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "key", .type = JSON_FIELD_B64U, .required = true, .max = 32},
    {.name = "token", .type = JSON_FIELD_B64U, .required = true, .max = TOKEN_SIZE},
    {.name = NULL},
};

bool registry_town_read_invitation(const char *text, struct registry_town_invitation *invitation,
                                   struct problem *problem)
{
    struct err err = {0};
    json_t *document = json_profile_parse(text, strlen(text), &err);

    *invitation = (struct registry_town_invitation){0};
    if (!document || json_field_check(document, invitation_fields, JSON_FIELD_CLOSED, &err) != ERR_OK) {
        json_decref(document);
        problem_field(problem, "/invitation", "malformed",
                      "This is no invitation (%s). Take it exactly as the office sent it, from { to }.",
                      err.text);
        return false;
    }
    *invitation = (struct registry_town_invitation){.document = document,
                                                    .office = json_profile_text(document, "office"),
                                                    .key_id = json_profile_text(document, "key"),
                                                    .token = json_profile_text(document, "token")};
    return true;
}

bool registry_town_joining(struct tx *tx, const struct node *node, const struct db_peer_card *card,
                           struct db_peer *before)
{
    struct db_peer peer;

    if (!db_peers_get(tx, card->authority, DB_LOCK, before))
        return false;
    if (before->exists && strcmp(before->state, "invited") != 0 &&
        memcmp(before->key, key_public_raw(card->key), KEY_SIZE) != 0)
        return problem_set(
            tx->problem, PROBLEM_KEY_CONFLICT,
            "%s is known here with another key. Nothing was changed. Compare fingerprints by telephone.",
            card->authority);
    if (!(before->exists ? db_peers_describe(tx, card) : db_peers_add(tx, card)) ||
        !db_peers_get(tx, card->authority, DB_LOCK, &peer))
        return false;
    memcpy(peer.key, key_public_raw(card->key), KEY_SIZE);
    /* The invitation came from the office by another way and names its key: as good as a compared
     * fingerprint (SPEC.md 10.4). */
    peer.confirmed = true;
    if (strcmp(peer.decision, "removed") == 0)
        peer.decision[0] = peer.reason[0] = '\0';
    return db_peers_save(tx, &peer) && peer_change_settle(tx, node, before, card->authority);
}

bool registry_town_joining_failed(struct tx *tx, const struct node *node, const char *office,
                                  const struct db_peer *before)
{
    struct db_peer now, peer;

    if (!db_peers_get(tx, office, DB_LOCK, &now))
        return false;
    peer = before->exists ? *before : now;
    if (!before->exists)
        peer.confirmed = false;
    return db_peers_save(tx, &peer) && peer_change_settle(tx, node, &now, office);
}

bool registry_town_joined(struct tx *tx, const struct node *node, const struct actor *actor,
                          const char *office)
{
    struct db_peer before, peer;

    if (!db_peers_get(tx, office, DB_LOCK, &before))
        return false;
    peer = before;
    peer.member = true;
    /* What it said before we were its member was only kept. */
    return db_peers_save(tx, &peer) && db_entries_show_anew(tx, office, NULL) &&
           peer_change_settle(tx, node, &before, office) &&
           events_add(tx, actor,
                      &(struct event){
                          .object_type = "peer", .object_id = office, .peer = office, .action = "joined"});
}

static bool raise_alarm(struct tx *tx, const char *kind, const char *peer, const char *detail)
{
    return db_alarms_raise(tx, &(struct db_alarm){.kind = kind, .peer = peer, .detail = detail});
}

/* What an office says of ourselves is only heard when it is what we asked for: taken in, with our key, or one
 * that we rotated away, of which it speaks late; anything else is an alarm (SPEC.md 9.1). */
static bool apply_ourselves(struct tx *tx, const struct node *node, const struct db_peer *office,
                            const struct key_public *key, const char *state)
{
    const struct key_public *ours = key_private_public(node->key);
    char detail[600];
    bool retired;

    if (!db_entries_key_retired(tx, node->authority, key, ours, &retired))
        return false;
    if (!retired && !key_public_equal(key, ours))
        snprintf(detail, sizeof detail, "%s names another key for this node.", office->authority);
    else if (strcmp(state, "active") != 0)
        snprintf(detail, sizeof detail, "%s says that this node is %s.", office->authority, state);
    else
        return true;
    return raise_alarm(tx, "member_unasked", office->authority, detail);
}

/* The registry names another key than the one known here. If other sources stand by that one, the two
 * contradict each other and the peer is frozen: at once when it is this office's first word, else when the
 * peer's own word for a rotation has not come by then (it reaches us by two ways). If nobody does, the new
 * key counts after a while (SPEC.md 9.1). */
static bool apply_other_key(struct tx *tx, const struct db_peer *office, struct db_peer *peer,
                            const struct key_public *key)
{
    bool here, others;
    char detail[1000];

    /* Said again, it does not begin to wait again. */
    if (peer->has_other && memcmp(peer->other_key, key_public_raw(key), KEY_SIZE) == 0)
        return true;
    if (!db_peers_named(tx, peer->authority, office->authority, &here, &others))
        return false;
    others |= peer->confirmed;
    memcpy(peer->other_key, key_public_raw(key), KEY_SIZE);
    memcpy(peer->other_key_by, office->authority, sizeof peer->other_key_by);
    peer->has_other = true;
    peer->frozen = others && !here;
    peer->other_key_at = peer->frozen ? 0 : tx->now + (others ? KEY_GRACE : KEY_WAIT);
    if (others && here)
        return true;
    snprintf(
        detail, sizeof detail,
        others
            ? PEER_CHANGE_FROZEN
            : "%s names a new key for %s that the old one did not sign. It counts after 72 hours, or at once "
              "after fingerprints were compared.",
        office->authority, peer->authority);
    return raise_alarm(tx, others ? "key_conflict" : "key_replaced", peer->authority, detail);
}

/* The registry names the key known here: another one that this office named before is taken back. */
static bool apply_known_key(struct tx *tx, const struct db_peer *office, struct db_peer *peer)
{
    char note[400];

    if (!peer->has_other || strcmp(peer->other_key_by, office->authority) != 0)
        return true;
    peer->has_other = false;
    snprintf(note, sizeof note, "%s names the known key again.", office->authority);
    return db_alarms_settle_keys(tx, peer->authority, note);
}

/* A peer that was removed gave its key up (SPEC.md 9.1). If it comes back when another one has it, then under
 * the key that is named now. */
static bool give_up_taken_key(struct tx *tx, const struct node *node, struct db_peer *peer,
                              const struct key_public *named)
{
    char holder[AUTHORITY_SIZE];
    struct key_public *old = key_public_from_raw(peer->key, NULL);
    bool ok = !old || peer_change_key_holder(tx, node, old, peer->authority, holder);

    if (ok && old && holder[0]) {
        memcpy(peer->key, key_public_raw(named), KEY_SIZE);
        peer->has_other = peer->frozen = false;
    }
    key_public_destroy(old);
    return ok;
}

/* The peer's own word for the key that comes after this one is here already: the office tells late (SPEC.md
 * 11.7). */
static bool key_is_retired(struct tx *tx, const struct db_peer *peer, const struct key_public *key,
                           bool *retired)
{
    struct key_public *known = key_public_from_raw(peer->key, NULL);
    bool ok = !known || db_entries_key_retired(tx, peer->authority, key, known, retired);

    key_public_destroy(known);
    return ok;
}

static bool apply_key(struct tx *tx, const struct node *node, const struct db_peer *office,
                      struct db_peer *peer, const struct key_public *key)
{
    bool retired = false;

    if (strcmp(peer->state, "removed") == 0 && !give_up_taken_key(tx, node, peer, key))
        return false;
    /* Once frozen, only people decide (SPEC.md 9.1). */
    if (peer->frozen)
        return true;
    if (memcmp(peer->key, key_public_raw(key), KEY_SIZE) == 0)
        return apply_known_key(tx, office, peer);
    return key_is_retired(tx, peer, key, &retired) && (retired || apply_other_key(tx, office, peer, key));
}

/* What becomes of a name that is new. */
enum admission { COMES_IN, WAITS, REFUSED };

static bool refuse(struct tx *tx, const struct taken_entry *e, const char *authority, const char *why)
{
    char detail[1000];

    snprintf(detail, sizeof detail, "%s names %s, but %s. Later the office can say it again.",
             e->peer->authority, authority, why);
    return raise_alarm(tx, "other", e->peer->authority, detail);
}

/* Nobody comes in, or back, when there are too many already; nor do an office's names all at once: those that
 * come too fast wait (SPEC.md 9.1). */
static bool admit(struct tx *tx, const struct taken_entry *e, const char *authority,
                  enum admission *admission)
{
    const char *office = e->peer->authority;
    bool room, may = false, put = false;
    char why[100];

    if (!db_peers_room(tx, REGISTRY_PEERS_MAX, &room) ||
        (room && !db_names_take(tx, office, e->node->config->office_names, &may)) ||
        (room && !may && !db_names_put_off(tx, office, authority, e->entry->body, &put)))
        return false;
    *admission = may ? COMES_IN : put ? WAITS : REFUSED;
    snprintf(why, sizeof why, "this node knows %d others already and takes in no more from a registry",
             REGISTRY_PEERS_MAX);
    return *admission != REFUSED ||
           refuse(tx, e, authority, room ? "too many of its names wait already" : why);
}

/* Has it no place yet, or not any more, and would it have one? Whom people here removed stays removed. */
static bool comes_in(const struct db_peer *before, const char *state)
{
    return strcmp(state, "removed") != 0 &&
           (!before->exists || (strcmp(before->state, "removed") == 0 && !before->decision[0]));
}

/* A known one. People who compared fingerprints know whom they meant, and another office's word is as good;
 * what a peer is to us is never an office's to change (SPEC.md 9.1). */
static bool describe_member(struct tx *tx, const struct db_peer *office, const struct db_peer *known,
                            const struct db_peer_card *card)
{
    struct db_peer_card same_role = *card;

    same_role.role = known->role;
    return known->confirmed || strcmp(known->via, office->authority) != 0 ||
           db_peers_describe(tx, &same_role);
}

/* One registry entry about another node, its key read. What an office says of one takes the place of what it
 * said before and waits. */
static bool apply_member(struct tx *tx, const struct taken_entry *e, const struct db_peer_card *card,
                         const char *state, bool *refused)
{
    enum admission admission = COMES_IN;
    struct db_peer before, peer;

    if (!db_names_withdraw(tx, e->peer->authority, card->authority, NULL) ||
        !db_peers_get(tx, card->authority, DB_LOCK, &before))
        return false;
    if (!before.exists && strcmp(state, "removed") == 0)
        return true;
    if (comes_in(&before, state) && !admit(tx, e, card->authority, &admission))
        return false;
    *refused = admission == REFUSED;
    if (admission != COMES_IN)
        return true;
    if (!(before.exists ? describe_member(tx, e->peer, &before, card) : db_peers_add(tx, card)) ||
        !db_peers_get(tx, card->authority, DB_LOCK, &peer))
        return false;
    return apply_key(tx, e->node, e->peer, &peer, card->key) &&
           db_peers_register(tx, card->authority, e->peer->authority, state, peer.via, peer.registry_state) &&
           db_peers_save(tx, &peer) && peer_change_settle(tx, e->node, &before, card->authority) &&
           db_peers_forget(tx, card->authority);
}

/* *refused: this key is already another node's, or ours: nobody else may come under it (SPEC.md 9.1). */
static bool key_is_foreign(struct tx *tx, const struct node *node, const struct db_peer *office,
                           const struct db_peer_card *card, bool *refused)
{
    char detail[1000], holder[AUTHORITY_SIZE];

    if (!peer_change_key_holder(tx, node, card->key, card->authority, holder))
        return false;
    *refused = holder[0];
    if (!*refused)
        return true;
    snprintf(detail, sizeof detail, "%s names for %s the key of %s. What it says there was not taken in.",
             office->authority, card->authority, holder);
    return raise_alarm(tx, "key_conflict", office->authority, detail);
}

static enum taken_verdict take_card(struct tx *tx, const struct taken_entry *e,
                                    const struct db_peer_card *card)
{
    const char *state = json_profile_text(e->entry->body, "state");
    bool refused = false, ok;

    if (!e->peer->member || strcmp(e->peer->role, "office") != 0 ||
        strcmp(card->authority, e->peer->authority) == 0)
        return TAKEN_IN;
    if (strcmp(card->authority, e->node->authority) == 0)
        ok = apply_ourselves(tx, e->node, e->peer, card->key, state);
    else
        ok = key_is_foreign(tx, e->node, e->peer, card, &refused) &&
             (refused || apply_member(tx, e, card, state, &refused));
    return !ok ? TAKEN_FAILED : refused ? TAKEN_NONSENSE : TAKEN_IN;
}

enum taken_verdict registry_town_take(struct tx *tx, const struct taken_entry *e)
{
    const json_t *body = e->entry->body;
    struct err err = {0};
    struct key_public *key = key_public_from_jwk(json_object_get(body, "jwk"), &err);
    const struct db_peer_card card = {.authority = json_profile_text(body, "authority"),
                                      .name = json_profile_text(body, "name"),
                                      .country = json_profile_text(body, "country"),
                                      .role = json_profile_text(body, "role"),
                                      .key = key};
    enum taken_verdict verdict = TAKEN_FAILED;

    if (key)
        verdict = take_card(tx, e, &card);
    else
        problem_from_err(tx->problem, &err);
    key_public_destroy(key);
    return verdict;
}

bool registry_town_find_waiting(struct tx *tx, json_t **names)
{
    bool room;

    if (!db_peers_room(tx, REGISTRY_PEERS_MAX, &room))
        return false;
    if (room)
        return db_names_due(tx, names);
    *names = json_array();
    return true;
}

bool registry_town_take_waiting(struct tx *tx, const struct node *node, const char *office,
                                const char *authority)
{
    struct entry entry = {.type = "member"};
    struct db_peer peer;
    bool ok;

    if (!db_names_withdraw(tx, office, authority, &entry.body) || !db_peers_get(tx, office, DB_LOOK, &peer))
        return false;
    ok = !entry.body ||
         registry_town_take(
             tx, &(struct taken_entry){.node = node, .peer = &peer, .stream = "net", .entry = &entry}) !=
             TAKEN_FAILED;
    json_decref(entry.body);
    return ok;
}
