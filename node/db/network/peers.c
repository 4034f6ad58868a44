#include "node/db/network/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/db/say/streams.h"
#include "protocol/entry.h"

enum {
    GET,
    LOCK,
    HOLD,
    BY_KEY,
    ADD,
    ROOM,
    DESCRIBE,
    SAVE,
    CEASE,
    DUE_KEYS,
    LIST,
    MEMBERS,
    UNTOLD,
    MEMBER,
    FOLLOWED,
    REGISTER,
    REGISTERED,
    SHARE_FATE,
    FORGET,
    NAMED,
    LAGGING,
    WAKE,
    TAKE_WAKES,
    REACHED,
    FAILED
};

/* clang-format off */
#define PEER \
    "SELECT authority, state, role, confirmed, via, registry_state, decision, suspended_reason, frozen, member, " \
    "key, other_key, extract(epoch FROM other_key_at)::bigint AS other_key_at, other_key_by, " \
    "failing_since IS NOT NULL AS failing, full_at IS NOT NULL AS \"full\" FROM peers "

/* For each peer our newest position in `net` and in the stream to it, and how far it has come. $1 is our authority. */
#define PAIRS \
    "WITH ours AS (SELECT DISTINCT ON (name) name, epoch, seq, head FROM streams WHERE origin = $1 " \
    "ORDER BY name, epoch DESC), pairs AS (SELECT p.authority, o.name, o.epoch, o.seq, o.head, " \
    "coalesce(c.epoch, 0) AS seen_epoch, coalesce(c.seq, 0) AS seen_seq FROM peers p " \
    "CROSS JOIN LATERAL (VALUES ('net'), ('to/' || p.authority)) AS n (name) JOIN ours o ON o.name = n.name " \
    "LEFT JOIN peer_cursors c ON c.authority = p.authority AND c.stream = split_part(o.name, '/', 1)) "

/* What each office says of whom, as far as it is heard: of one that is no active peer `active` counts no longer. Our own
 * registry has no peer. */
#define SAID \
    "SELECT r.authority, r.office, CASE WHEN r.state = 'active' AND o.state <> 'active' THEN 'suspended' ELSE r.state END AS state " \
    "FROM registrations r LEFT JOIN peers o ON o.authority = r.office "

#define HEALTH \
    "CASE WHEN p.last_error IN ('unknown-key', 'not-active', 'skew', 'signature-invalid') THEN 'refused' " \
    "WHEN p.failing_since < now() - interval '5 minutes' THEN 'unreachable' " \
    "WHEN p.last_contact_at IS NULL THEN CASE WHEN p.failing_since IS NULL THEN 'never' ELSE 'unreachable' END " \
    "WHEN p.failing_since IS NOT NULL OR p.last_contact_at < now() - interval '5 minutes' THEN 'slow' " \
    "ELSE 'ok' END"

const struct db_statement db_peers_statements[] = {
    [GET] = {"peers_get", PEER "WHERE authority = $1"},
    /* Not FOR UPDATE: whoever adds a row that refers to this one (FOR KEY SHARE) is not waited for. */
    [LOCK] = {"peers_lock", PEER "WHERE authority = $1 FOR NO KEY UPDATE"},
    [HOLD] = {"peers_hold", PEER "WHERE authority = $1 FOR NO KEY UPDATE SKIP LOCKED"},
    [BY_KEY] = {"peers_by_key", PEER "WHERE key_id = $1 ORDER BY state = 'removed', created_at LIMIT 1"},
    [ADD] = {"peers_add",
        "INSERT INTO peers (authority, name, country, role, areas, mailbox, latitude_e6, longitude_e6, key, key_id) "
        "VALUES ($1, $2, $3, $4, coalesce($5::jsonb, '[]'), $6, $7, $8, $9, $10)"},
    [ROOM] = {"peers_room",
        "SELECT count(*) FILTER (WHERE p.state <> 'removed') < $1 AND count(*) < 2 * $1 AS room FROM peers p "
        "LEFT JOIN peers o ON o.authority = p.via WHERE p.confirmed OR o.state IS NULL OR o.state = 'active'"},
    [DESCRIBE] = {"peers_describe",
        "UPDATE peers SET name = $2, country = $3, role = $4, areas = coalesce($5::jsonb, areas), "
        "mailbox = coalesce($6, mailbox), latitude_e6 = coalesce($7, latitude_e6), "
        "longitude_e6 = coalesce($8, longitude_e6), updated_at = now() WHERE authority = $1 AND "
        "(name, country, role, areas, mailbox, latitude_e6, longitude_e6) IS DISTINCT FROM ($2, $3, $4, coalesce($5::jsonb, areas), "
        "coalesce($6, mailbox), coalesce($7, latitude_e6), coalesce($8, longitude_e6))"},
    [SAVE] = {"peers_save",
        "UPDATE peers SET confirmed = $2, via = $3, registry_state = $4, decision = $5, suspended_reason = $6, "
        "frozen = $7, member = $8, key = $9, key_id = $10, other_key = $11, other_key_at = to_timestamp($12::bigint), "
        "other_key_by = $13, version = version + 1, updated_at = now() WHERE authority = $1 AND "
        "(confirmed, via, registry_state, decision, suspended_reason, frozen, member, key, other_key, other_key_at, other_key_by) "
        "IS DISTINCT FROM ($2, $3, $4, $5, $6, $7, $8, $9, $11, to_timestamp($12::bigint), $13)"},
    [CEASE] = {"peers_cease",
        "UPDATE peers SET (read_epoch, read_seq) = (SELECT coalesce(max(epoch), 0), coalesce(max(seq), 0) "
        "FROM peer_cursors WHERE authority = $1 AND stream = 'net') WHERE authority = $1"},
    [DUE_KEYS] = {"peers_due_keys", "SELECT authority FROM peers WHERE other_key_at <= now()"},
    [LIST] = {"peers_list",
        PAIRS "SELECT p.authority, p.name, p.country, p.role, p.state, p.source, CASE WHEN p.via IS NOT NULL THEN "
        "json_build_object('authority', p.via, 'name', coalesce(v.name, p.via)) END AS via, p.key, p.mailbox, "
        "p.other_key, p.other_key_by, p.frozen, distance_km($2, $3, p.latitude_e6, p.longitude_e6) AS distance_km, " HEALTH " AS health, " DB_TIME("p.last_contact_at") " AS last_contact_at, "
        "p.last_error, coalesce((SELECT sum(CASE WHEN seen_epoch = epoch THEN greatest(seq - seen_seq, 0) ELSE seq END) "
        "FROM pairs WHERE pairs.authority = p.authority), 0)::bigint AS lag, "
        "coalesce((SELECT sum(seq) FROM streams s WHERE s.origin = p.authority), 0)::bigint AS entries, "
        "p.suspended_reason, p.version, " DB_TIME("p.created_at") " AS created_at, "
        DB_TIME("p.updated_at") " AS updated_at FROM peers p LEFT JOIN peers v ON v.authority = p.via "
        "WHERE $4::text IS NULL OR p.authority = $4 ORDER BY p.name, p.authority"},
    /* An office gets of each proposal and offer, and of each change of it, that it stands there, and no more. */
    [MEMBERS] = {"peers_members",
        "SELECT p.authority, p.name, p.country, p.role, p.state, "
        "coalesce(p.last_contact_at > now() - interval '5 minutes', false) AS living, "
        DB_TIME("p.last_contact_at") " AS last_contact_at, "
        "(SELECT count(*) FROM streams s JOIN entries e ON e.stream_id = s.id WHERE s.origin = p.authority "
        "AND s.name = 'net' AND e.seq <= s.vouched_seq AND e.status = 'withheld') AS entries "
        "FROM peers p WHERE p.registry_state IS NOT NULL ORDER BY p.name, p.authority"},
        [UNTOLD] = {"peers_untold",
        "SELECT p.authority FROM peers p JOIN node_state n ON n.authority = p.via JOIN streams s ON s.origin = n.authority "
        "AND s.name = 'net' AND s.epoch = n.epoch WHERE NOT EXISTS (SELECT FROM entries e WHERE e.stream_id = s.id "
        "AND e.object_id = p.member_id) ORDER BY p.authority LIMIT 500"},
    [MEMBER] = {"peers_member", "SELECT member_id, name, country, role, state FROM peers WHERE authority = $1"},
    [FOLLOWED] = {"peers_followed",
        "SELECT authority, key, version, state = 'active' AND full_at IS NULL AS heard, failing_since IS NOT NULL AS failing, "
        "latitude_e6 IS NULL AS unplaced, confirmed "
        "FROM peers WHERE state <> 'invited' AND NOT frozen AND (state <> 'removed' "
        "OR EXISTS (SELECT FROM streams WHERE origin = peers.authority))"},
    [REGISTER] = {"peers_register",
        "INSERT INTO registrations (authority, office, state) VALUES ($1, $2, $3) "
        "ON CONFLICT (authority, office) DO UPDATE SET state = $3"},
    [NAMED] = {"peers_named", "SELECT coalesce(bool_or(office = $2), false) AS here, coalesce(bool_or(office <> $2), false) AS others "
                              "FROM registrations WHERE authority = $1"},
    [REGISTERED] = {"peers_registered",
        "SELECT office, state FROM (" SAID ") AS said WHERE authority = $1 ORDER BY state = 'active' DESC, office LIMIT 1"},
    [SHARE_FATE] = {"peers_share_fate",
        "UPDATE peers p SET via = said.office, registry_state = said.state, version = version + 1, updated_at = now(), "
        "read_epoch = CASE WHEN p.state = 'active' AND said.state <> 'active' THEN (SELECT coalesce(max(epoch), 0) "
        "FROM peer_cursors c WHERE c.authority = p.authority AND c.stream = 'net') ELSE p.read_epoch END, "
        "read_seq = CASE WHEN p.state = 'active' AND said.state <> 'active' THEN (SELECT coalesce(max(seq), 0) "
        "FROM peer_cursors c WHERE c.authority = p.authority AND c.stream = 'net') ELSE p.read_seq END "
        "FROM (SELECT DISTINCT ON (authority) * FROM (" SAID ") AS all_said "
        "WHERE authority IN (SELECT authority FROM registrations WHERE office = $1) "
        "ORDER BY authority, state = 'active' DESC, office) AS said WHERE said.authority = p.authority AND NOT p.confirmed "
        "AND (p.via, p.registry_state) IS DISTINCT FROM (said.office, said.state)"},
    [FORGET] = {"peers_forget",
        "WITH begun AS (SELECT s.id, s.seq FROM streams s JOIN node_state n ON s.origin = n.authority WHERE s.name = 'to/' || $1), "
        "gone AS (DELETE FROM peers p WHERE authority = $1 AND state = 'removed' AND NOT confirmed AND decision IS NULL "
        "AND NOT EXISTS (SELECT FROM streams WHERE origin = $1) AND NOT EXISTS (SELECT FROM peer_cursors WHERE authority = $1) "
        "AND NOT EXISTS (SELECT FROM begun WHERE seq > 1) RETURNING authority), "
        "lines AS (DELETE FROM entries WHERE stream_id IN (SELECT id FROM begun, gone)) "
        "DELETE FROM streams WHERE id IN (SELECT id FROM begun, gone)"},
    [LAGGING] = {"peers_lagging",
        PAIRS "SELECT DISTINCT ON (a.authority) a.authority, a.head FROM pairs a "
        "JOIN peers p ON p.authority = a.authority AND p.state = 'active' "
        "WHERE (a.epoch, a.seq) > (a.seen_epoch, a.seen_seq) ORDER BY a.authority, a.name DESC"},
    [WAKE] = {"peers_wake",
        "WITH wish AS (INSERT INTO wakes AS w (authority, hinted) VALUES ($1, $2) ON CONFLICT (authority) "
        "DO UPDATE SET hinted = true WHERE $2 AND NOT w.hinted) SELECT pg_notify('" DB_STREAMS_WAKE "', '')"},
    [TAKE_WAKES] = {"peers_take_wakes", "DELETE FROM wakes RETURNING authority, hinted"},
    [REACHED] = {"peers_reached",
        "UPDATE peers SET last_contact_at = now(), failing_since = NULL, last_error = NULL "
        "WHERE authority IN (SELECT json_array_elements_text($1::json))"},
    [FAILED] = {"peers_failed",
        "UPDATE peers SET failing_since = coalesce(failing_since, now()), last_error = $2 WHERE authority = $1"},
    {NULL, NULL},
};
/* clang-format on */

const struct db_json_column db_peers_columns[] = {
    {"via", DB_JSON_DOCUMENT},      {"key", DB_JSON_SKIP},        {"other_key", DB_JSON_SKIP},
    {"other_key_by", DB_JSON_SKIP}, {"frozen", DB_JSON_SKIP},     {"distance_km", DB_JSON_INTEGER},
    {"lag", DB_JSON_INTEGER},       {"entries", DB_JSON_INTEGER}, {"version", DB_JSON_INTEGER},
    {NULL, DB_JSON_SKIP},
};

static const struct db_json_column member_columns[] = {
    {"living", DB_JSON_BOOLEAN},
    {"entries", DB_JSON_INTEGER},
    {NULL, DB_JSON_SKIP},
};

static const struct db_statement *statement(int index)
{
    return &db_peers_statements[index];
}

static void peer_text(const struct db_result *row, const char *column, char *out, size_t size)
{
    const char *text = db_cell(row, 0, column);

    snprintf(out, size, "%s", text ? text : "");
}

/* Takes the only row, if there is one, and ends the result. */
static bool peer_read(struct tx *tx, struct db_result *row, struct db_peer *peer)
{
    bool ok = true;

    if (db_rows(row) > 0) {
        peer->exists = true;
        peer_text(row, "authority", peer->authority, sizeof peer->authority);
        peer_text(row, "state", peer->state, sizeof peer->state);
        peer_text(row, "role", peer->role, sizeof peer->role);
        peer->confirmed = db_cell_boolean(row, 0, "confirmed");
        peer_text(row, "via", peer->via, sizeof peer->via);
        peer_text(row, "registry_state", peer->registry_state, sizeof peer->registry_state);
        peer_text(row, "decision", peer->decision, sizeof peer->decision);
        peer_text(row, "suspended_reason", peer->reason, sizeof peer->reason);
        peer->frozen = db_cell_boolean(row, 0, "frozen");
        peer->member = db_cell_boolean(row, 0, "member");
        ok = db_cell_fixed(row, 0, "key", peer->key, KEY_SIZE);
        peer->has_other = db_cell_fixed(row, 0, "other_key", peer->other_key, KEY_SIZE);
        peer->other_key_at = db_cell_integer(row, 0, "other_key_at");
        peer_text(row, "other_key_by", peer->other_key_by, sizeof peer->other_key_by);
        peer->failing = db_cell_boolean(row, 0, "failing");
        peer->full = db_cell_boolean(row, 0, "full");
    }
    db_result_destroy(row);
    return ok ||
           problem_set(tx->problem, PROBLEM_INTERNAL, "The stored key of %s is damaged.", peer->authority);
}

bool db_peers_get(struct tx *tx, const char *authority, enum db_reading reading, struct db_peer *peer)
{
    struct db_result *row;

    *peer = (struct db_peer){0};
    return DB_QUERY(tx, statement(reading == DB_LOCK ? LOCK : GET), &row, db_text(authority)) &&
           peer_read(tx, row, peer);
}

bool db_peers_hold(struct tx *tx, const char *authority, struct db_peer *peer)
{
    struct db_result *row;

    *peer = (struct db_peer){0};
    return DB_QUERY(tx, statement(HOLD), &row, db_text(authority)) && peer_read(tx, row, peer);
}

bool db_peers_by_key(struct tx *tx, const char *key_id, struct db_peer *peer)
{
    struct db_result *row;

    *peer = (struct db_peer){0};
    return DB_QUERY(tx, statement(BY_KEY), &row, db_text(key_id)) && peer_read(tx, row, peer);
}

static struct db_value coordinate(const struct db_peer_card *card, int64_t value)
{
    return card->placed ? db_integer(value) : db_null();
}

bool db_peers_room(struct tx *tx, int64_t max, bool *room)
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(ROOM), &row, db_integer(max)))
        return false;
    *room = db_cell_boolean(row, 0, "room");
    db_result_destroy(row);
    return true;
}

bool db_peers_add(struct tx *tx, const struct db_peer_card *card)
{
    bool room;

    if (!db_peers_room(tx, DB_PEERS_MAX, &room))
        return false;
    if (!room)
        return problem_set(tx->problem, PROBLEM_CONFLICT,
                           "This node knows %d others and takes in no more. Nothing was changed.",
                           DB_PEERS_MAX);
    return DB_QUERY(tx, statement(ADD), NULL, db_text(card->authority), db_text(card->name),
                    db_text(card->country), db_text(card->role), db_text(card->areas), db_text(card->mailbox),
                    coordinate(card, card->latitude_e6), coordinate(card, card->longitude_e6),
                    db_octets(key_public_raw(card->key), KEY_SIZE), db_text(key_public_id(card->key)));
}

bool db_peers_describe(struct tx *tx, const struct db_peer_card *card)
{
    return DB_QUERY(tx, statement(DESCRIBE), NULL, db_text(card->authority), db_text(card->name),
                    db_text(card->country), db_text(card->role), db_text(card->areas), db_text(card->mailbox),
                    coordinate(card, card->latitude_e6), coordinate(card, card->longitude_e6));
}

static struct db_value optional(const char *text)
{
    return text[0] ? db_text(text) : db_null();
}

bool db_peers_save(struct tx *tx, const struct db_peer *peer)
{
    struct err err = {0};
    struct key_public *key = key_public_from_raw(peer->key, &err);
    bool ok =
        key && DB_QUERY(tx, statement(SAVE), NULL, db_text(peer->authority), db_boolean(peer->confirmed),
                        optional(peer->via), optional(peer->registry_state), optional(peer->decision),
                        optional(peer->reason), db_boolean(peer->frozen), db_boolean(peer->member),
                        db_octets(peer->key, KEY_SIZE), db_text(key_public_id(key)),
                        peer->has_other ? db_octets(peer->other_key, KEY_SIZE) : db_null(),
                        peer->has_other && peer->other_key_at ? db_integer(peer->other_key_at) : db_null(),
                        peer->has_other ? optional(peer->other_key_by) : db_null());

    if (!key)
        problem_from_err(tx->problem, &err);
    key_public_destroy(key);
    return ok;
}

bool db_peers_cease(struct tx *tx, const char *authority)
{
    return DB_QUERY(tx, statement(CEASE), NULL, db_text(authority));
}

bool db_peers_named(struct tx *tx, const char *authority, const char *office, bool *here, bool *others)
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(NAMED), &row, db_text(authority), db_text(office)))
        return false;
    *here = db_cell_boolean(row, 0, "here");
    *others = db_cell_boolean(row, 0, "others");
    db_result_destroy(row);
    return true;
}

bool db_peers_register(struct tx *tx, const char *authority, const char *office, const char *state,
                       char via[AUTHORITY_SIZE], char registry_state[16])
{
    struct db_result *row;

    if (!DB_QUERY(tx, statement(REGISTER), NULL, db_text(authority), db_text(office), db_text(state)) ||
        !DB_QUERY(tx, statement(REGISTERED), &row, db_text(authority)))
        return false;
    peer_text(row, "office", via, AUTHORITY_SIZE);
    peer_text(row, "state", registry_state, 16);
    db_result_destroy(row);
    return true;
}

bool db_peers_share_fate(struct tx *tx, const char *office)
{
    return DB_QUERY(tx, statement(SHARE_FATE), NULL, db_text(office));
}

bool db_peers_forget(struct tx *tx, const char *authority)
{
    return DB_QUERY(tx, statement(FORGET), NULL, db_text(authority));
}

/* The authorities of all rows; ends the result. */
static json_t *authorities_of(struct db_result *rows)
{
    json_t *array = json_array();

    for (size_t row = 0; row < db_rows(rows); row++)
        json_array_append_new(array, json_string(db_cell(rows, row, "authority")));
    db_result_destroy(rows);
    return array;
}

bool db_peers_due_keys(struct tx *tx, json_t **authorities)
{
    struct db_result *rows;

    if (!db_query(tx, statement(DUE_KEYS), NULL, 0, &rows))
        return false;
    *authorities = authorities_of(rows);
    return true;
}

bool db_peers_list(struct tx *tx, const char *self, int64_t latitude_e6, int64_t longitude_e6,
                   const char *authority, struct db_result **rows)
{
    return DB_QUERY(tx, statement(LIST), rows, db_text(self), db_integer(latitude_e6),
                    db_integer(longitude_e6), db_text(authority));
}

bool db_peers_members(struct tx *tx, json_t **items)
{
    struct db_result *rows;

    if (!db_query(tx, statement(MEMBERS), NULL, 0, &rows))
        return false;
    *items = db_rows_json(rows, member_columns);
    db_result_destroy(rows);
    return true;
}

bool db_peers_untold(struct tx *tx, json_t **authorities)
{
    struct db_result *rows;

    if (!db_query(tx, statement(UNTOLD), NULL, 0, &rows))
        return false;
    *authorities = json_array();
    for (size_t row = 0; row < db_rows(rows); row++)
        json_array_append_new(*authorities, json_string(db_cell(rows, row, "authority")));
    db_result_destroy(rows);
    return true;
}

bool db_peers_member(struct tx *tx, const char *authority, char *member_id, json_t **card)
{
    static const struct db_json_column columns[] = {{"member_id", DB_JSON_SKIP}, {NULL, DB_JSON_STRING}};
    struct db_result *row;

    if (!DB_QUERY(tx, statement(MEMBER), &row, db_text(authority)))
        return false;
    snprintf(member_id, UUID_SIZE, "%s", db_cell(row, 0, "member_id"));
    *card = db_row_json(row, 0, columns);
    db_result_destroy(row);
    return true;
}

bool db_peers_followed(struct tx *tx, struct db_result **rows)
{
    return db_query(tx, statement(FOLLOWED), NULL, 0, rows);
}

bool db_peers_lagging(struct tx *tx, const char *self, struct db_result **rows)
{
    return DB_QUERY(tx, statement(LAGGING), rows, db_text(self));
}

bool db_peers_wake(struct tx *tx, const char *authority, bool hinted)
{
    return DB_QUERY(tx, statement(WAKE), NULL, db_text(authority), db_boolean(hinted));
}

bool db_peers_take_wakes(struct tx *tx, struct db_result **rows)
{
    return db_query(tx, statement(TAKE_WAKES), NULL, 0, rows);
}

bool db_peers_reached(struct tx *tx, const json_t *authorities)
{
    char *text = json_dumps(authorities, JSON_COMPACT);
    bool ok = text && DB_QUERY(tx, statement(REACHED), NULL, db_text(text));

    free(text);
    return ok;
}

bool db_peers_failed(struct tx *tx, const char *authority, const char *error)
{
    return DB_QUERY(tx, statement(FAILED), NULL, db_text(authority), db_text(error));
}
