#include "node/work/network/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/network/alarms.h"
#include "node/work/events.h"
#include "node/work/network/peer_change.h"
#include "protocol/json_profile.h"

static bool peer_locked(struct tx *tx, const char *authority, struct db_peer *peer)
{
    if (!db_peers_get(tx, authority, DB_LOCK, peer))
        return false;
    return peer->exists ||
           problem_set(tx->problem, PROBLEM_NOT_FOUND, "This node knows no peer of that name.");
}

static bool tell(struct tx *tx, const struct actor *actor, const char *authority, const char *action,
                 const char *reason)
{
    const struct event event = {
        .object_type = "peer", .object_id = authority, .peer = authority, .action = action, .reason = reason};

    return events_add(tx, actor, &event);
}

static bool stored_key_holder(struct tx *tx, const struct node *node, const uint8_t raw[KEY_SIZE],
                              const char *authority, char holder[AUTHORITY_SIZE])
{
    struct key_public *key = key_public_from_raw(raw, NULL);
    bool ok = key ? peer_change_key_holder(tx, node, key, authority, holder)
                  : problem_set(tx->problem, PROBLEM_INTERNAL, "The stored key of %s is damaged.", authority);

    key_public_destroy(key);
    return ok;
}

/* KEY_CONFLICT when it is somebody else's. */
static bool key_free(struct tx *tx, const struct node *node, const uint8_t raw[KEY_SIZE],
                     const char *authority)
{
    char holder[AUTHORITY_SIZE];

    if (!stored_key_holder(tx, node, raw, authority, holder))
        return false;
    if (holder[0])
        return problem_set(tx->problem, PROBLEM_KEY_CONFLICT,
                           "That is the key of %s. Nothing was changed. Two nodes never share one: ask both "
                           "by telephone.",
                           holder);
    return true;
}

/* A node shows another key than the one known here. Who is invited was compared by nobody yet. Who was
 * removed is read on under the old key, for its erasures (SPEC.md 8.4), until people have compared the new
 * one. */
static bool take_claimed_key(struct tx *tx, const struct node *node, struct db_peer *peer,
                             const uint8_t key[KEY_SIZE])
{
    bool removed = strcmp(peer->state, "removed") == 0;

    if (!removed && strcmp(peer->state, "invited") != 0)
        return problem_set(
            tx->problem, PROBLEM_KEY_CONFLICT,
            "%s is known here with another key. Nothing was changed. Compare fingerprints by telephone; if "
            "its key is new, its own streams or its office say so.",
            peer->authority);
    if (!key_free(tx, node, key, peer->authority))
        return false;
    memcpy(removed ? peer->other_key : peer->key, key, KEY_SIZE);
    if (removed) {
        peer->has_other = true;
        peer->other_key_at = 0;
        peer->other_key_by[0] = '\0';
    }
    return true;
}

bool peers_add(struct tx *tx, const struct node *node, const struct actor *actor,
               const struct db_peer_card *card)
{
    struct db_peer before, peer;

    if (strcmp(card->authority, node->authority) == 0)
        return problem_set(tx->problem, PROBLEM_CONFLICT, "That is this node itself. Nothing was changed.");
    if (!db_peers_get(tx, card->authority, DB_LOCK, &before))
        return false;
    if (!before.exists)
        return key_free(tx, node, key_public_raw(card->key), card->authority) && db_peers_add(tx, card) &&
               tell(tx, actor, card->authority, "invited", NULL) &&
               peer_change_settle(tx, node, &before, card->authority);
    peer = before;
    if (memcmp(peer.key, key_public_raw(card->key), KEY_SIZE) != 0 &&
        !take_claimed_key(tx, node, &peer, key_public_raw(card->key)))
        return false;
    return db_peers_describe(tx, card) && peer_change_store(tx, node, &before, &peer) &&
           tell(tx, actor, card->authority, "looked_up", NULL);
}

bool peers_note_key(struct tx *tx, const char *authority, const struct key_public *key)
{
    struct db_peer peer;

    if (!db_peers_get(tx, authority, DB_LOCK, &peer))
        return false;
    /* The first one that was met stays: were it replaced by each that follows, whoever changes keys would
     * have the peer taken up anew, and asked again, each time. */
    if (!peer.exists || peer.has_other || memcmp(peer.key, key_public_raw(key), KEY_SIZE) == 0)
        return true;
    memcpy(peer.other_key, key_public_raw(key), KEY_SIZE);
    peer.has_other = true;
    peer.other_key_at = 0;
    peer.other_key_by[0] = '\0';
    return db_peers_save(tx, &peer);
}

static bool fingerprint_fits(const uint8_t raw[KEY_SIZE], const char *typed)
{
    struct key_public *key = key_public_from_raw(raw, NULL);
    bool fits = key && key_public_fingerprint_matches(key, typed);

    key_public_destroy(key);
    return fits;
}

bool peers_confirm(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority,
                   const char *fingerprint)
{
    struct db_peer before, peer;

    if (!peer_locked(tx, authority, &before))
        return false;
    peer = before;
    if (peer.has_other && fingerprint_fits(peer.other_key, fingerprint))
        memcpy(peer.key, peer.other_key, KEY_SIZE);
    else if (!fingerprint_fits(peer.key, fingerprint))
        return problem_set(
            tx->problem, PROBLEM_FINGERPRINT_MISMATCH,
            "These digits are not the fingerprint that %s has here. Nothing was changed. Compare once "
            "more; if they still differ, somebody may stand between the two nodes.",
            authority);
    if (!key_free(tx, node, peer.key, authority))
        return false;
    /* What people compared ends every doubt, and lets a removed one begin again (SPEC.md 9.1). */
    peer.confirmed = true;
    peer.frozen = peer.has_other = false;
    if (strcmp(peer.decision, "removed") == 0)
        peer.decision[0] = peer.reason[0] = '\0';
    return peer_change_store(tx, node, &before, &peer) &&
           db_alarms_settle_keys(tx, authority, "Fingerprints were compared.") &&
           tell(tx, actor, authority, "confirmed", NULL);
}

static bool peer_decide(struct tx *tx, const struct node *node, const struct actor *actor,
                        const char *authority, const char *decision, const char *action, const char *reason)
{
    struct db_peer before, peer;

    if (!peer_locked(tx, authority, &before))
        return false;
    peer = before;
    if (strcmp(peer.decision, decision) == 0)
        return problem_set(tx->problem, PROBLEM_CONFLICT, "%s is %s already. Nothing was changed.", authority,
                           decision[0] ? decision : "not suspended");
    /* It gave its key up (SPEC.md 9.1): by now that may be somebody else's. */
    if (strcmp(peer.decision, "removed") == 0)
        return problem_set(
            tx->problem, PROBLEM_CONFLICT,
            "%s was removed. Nothing was changed. To begin again, compare fingerprints and confirm it.",
            authority);
    snprintf(peer.decision, sizeof peer.decision, "%s", decision);
    snprintf(peer.reason, sizeof peer.reason, "%s", reason ? reason : "");
    return peer_change_store(tx, node, &before, &peer) && tell(tx, actor, authority, action, reason);
}

bool peers_suspend(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority,
                   const char *reason)
{
    return peer_decide(tx, node, actor, authority, "suspended", "suspended", reason);
}

bool peers_resume(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority)
{
    return peer_decide(tx, node, actor, authority, "", "resumed", NULL);
}

bool peers_remove(struct tx *tx, const struct node *node, const struct actor *actor, const char *authority,
                  const char *reason)
{
    return peer_decide(tx, node, actor, authority, "removed", "removed", reason);
}

static bool key_conflict(struct tx *tx, const char *authority, const char *detail)
{
    return db_alarms_raise(tx,
                           &(struct db_alarm){.kind = "key_conflict", .peer = authority, .detail = detail});
}

/* A key that only a registry named counts when its 72 hours are over (SPEC.md 9.1), unless something speaks
 * against it by now: a node that has it, another source that names another, or fingerprints that were
 * compared for the known one. */
bool peers_take_due_key(struct tx *tx, const struct node *node, const char *authority)
{
    char detail[1000], holder[AUTHORITY_SIZE];
    struct db_peer before, peer;
    bool here, others;

    if (!db_peers_get(tx, authority, DB_LOCK, &before))
        return false;
    /* Somebody may have decided meanwhile. */
    if (!before.exists || !before.has_other || before.other_key_at == 0)
        return true;
    if (!stored_key_holder(tx, node, before.other_key, authority, holder) ||
        !db_peers_named(tx, authority, before.other_key_by, &here, &others))
        return false;
    peer = before;
    peer.other_key_at = 0;
    if (holder[0]) {
        peer.has_other = false;
        snprintf(
            detail, sizeof detail,
            "The new key that %s names for %s is the key of %s. It was dropped, and the known one stays.",
            before.other_key_by, authority, holder);
        return peer_change_store(tx, node, &before, &peer) && key_conflict(tx, authority, detail);
    }
    if (!peer.confirmed && !others) {
        memcpy(peer.key, peer.other_key, KEY_SIZE);
        peer.has_other = false;
        return peer_change_store(tx, node, &before, &peer) && tell(tx, NULL, authority, "key_replaced", NULL);
    }
    peer.frozen = true;
    snprintf(detail, sizeof detail, PEER_CHANGE_FROZEN, before.other_key_by, authority);
    return peer_change_store(tx, node, &before, &peer) && tell(tx, NULL, authority, "frozen", NULL) &&
           key_conflict(tx, authority, detail);
}

static json_t *fingerprint(const uint8_t raw[KEY_SIZE])
{
    char digits[KEY_FINGERPRINT_SIZE] = "";
    struct key_public *key = key_public_from_raw(raw, NULL);

    if (key)
        key_public_fingerprint(key, digits);
    key_public_destroy(key);
    return json_string(digits);
}

/* Of the stored key in this column; null: there is none. */
static json_t *fingerprint_of(const struct db_result *rows, size_t row, const char *column)
{
    uint8_t key[KEY_SIZE];

    return db_cell_fixed(rows, row, column, key, sizeof key) ? fingerprint(key) : json_null();
}

static json_t *frozen(const struct db_result *rows, size_t row, const char *authority)
{
    const char *by = db_cell(rows, row, "other_key_by");

    return db_cell_boolean(rows, row, "frozen")
               ? json_sprintf(PEER_CHANGE_FROZEN, by ? by : "Somebody", authority)
               : json_null();
}

static json_t *peer_json(const struct node *node, const struct db_result *rows, size_t row)
{
    json_t *peer = db_row_json(rows, row, db_peers_columns);

    json_object_set_new(peer, "fingerprint", fingerprint_of(rows, row, "key"));
    json_object_set_new(peer, "other_fingerprint", fingerprint_of(rows, row, "other_key"));
    json_object_set_new(peer, "frozen", frozen(rows, row, json_profile_text(peer, "authority")));
    json_object_set_new(peer, "our_fingerprint", fingerprint(key_public_raw(key_private_public(node->key))));
    return peer;
}

bool peers_show(struct tx *tx, const struct node *node, const char *authority, json_t **out)
{
    struct db_result *rows;

    if (!db_peers_list(tx, node->authority, node->latitude_e6, node->longitude_e6, authority, &rows))
        return false;
    if (authority) {
        *out = db_rows(rows) > 0 ? peer_json(node, rows, 0) : NULL;
    } else {
        *out = json_array();
        for (size_t row = 0; row < db_rows(rows); row++)
            json_array_append_new(*out, peer_json(node, rows, row));
    }
    db_result_destroy(rows);
    return *out || problem_set(tx->problem, PROBLEM_NOT_FOUND, "This node knows no peer of that name.");
}
