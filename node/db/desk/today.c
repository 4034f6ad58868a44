#include "node/db/desk/today.h"

#include <stdlib.h>

/* clang-format off */

/* How many of a kind are counted; one more shows that there are more. */
enum { COUNTED = 1000 };
#define ENOUGH "LIMIT 1001"

/* A listing of ours: type, id, origin, title. */
#define OURS "l.kind, l.id::text, NULL, l.title, "

/* How far every town has applied our stream `net`, one by one; who has told nothing has applied nothing. */
#define APPLIED                                                                                              \
    "(SELECT r.authority, coalesce(c.epoch, 0) AS epoch, coalesce(c.seq, 0) AS seq FROM peers r "            \
    "LEFT JOIN peer_cursors c ON c.authority = r.authority AND c.stream = 'net' "                            \
    "WHERE r.state IN ('active', 'suspended'))"

/* What waits, a row a kind: its name; what it asks for; type, id, origin, title, since when, peer and response of
 * each; where they are. All are found by indexes that have nothing but what waits, or have it first, so that
 * nobody looks through all there ever was. */
#define KINDS(X)                                                                                             \
    X(submitted_proposals, ASKS_NOTHING, OURS "l.state_since, NULL, NULL",                                   \
        "listings l WHERE l.kind = 'proposal' AND l.state = 'submitted'")                                    \
    X(needs_information, ASKS_NOTHING, OURS "l.state_since, NULL, NULL",                                     \
        "listings l WHERE l.kind = 'proposal' AND l.state = 'needs_information'")                            \
    X(due_soon, ASKS_STATES, OURS "l.state_since, NULL, NULL",                                               \
        "jsonb_array_elements_text($1::jsonb) AS open (state) CROSS JOIN LATERAL (SELECT * FROM listings "   \
        "WHERE state = open.state AND day <= current_date + 14 ORDER BY day " ENOUGH ") AS l")               \
    /* An answer is as old as its arrival here; the other town's clock does not matter. */                   \
    X(response_received, ASKS_NOTHING, OURS "c.heard_at, c.helper, c.response",                              \
        "cases c JOIN listings l ON l.id = c.object WHERE c.heard_at IS NOT NULL")                           \
    X(forward_received, ASKS_NOTHING,                                                                        \
        "f.object_type, f.object::text, f.origin, coalesce((SELECT n.title FROM network_items n "            \
        "WHERE n.origin = f.origin AND n.id = f.object), ''), f.at, f.peer, NULL",                           \
        "forwards f WHERE f.unanswered")                                                                     \
    X(publication_held, ASKS_NOTHING, OURS "p.held_at, NULL, NULL",                                          \
        "publications p JOIN listings l ON l.id = p.listing_id WHERE p.held_at IS NOT NULL")                 \
    /* Of those that have not applied an erasure yet, one is named. */                                       \
    X(publication_unacknowledged, ASKS_NOTHING,                                                              \
        OURS "p.erased_at, (SELECT a.authority FROM " APPLIED " AS a "                                       \
        "WHERE (a.epoch, a.seq) < (p.erase_epoch, p.erase_seq) ORDER BY a.authority LIMIT 1), NULL",         \
        "(SELECT epoch, seq FROM " APPLIED " AS a ORDER BY epoch, seq LIMIT 1) AS least CROSS JOIN LATERAL " \
        "(SELECT * FROM publications WHERE erased_at IS NOT NULL "                                           \
        "AND (erase_epoch, erase_seq) > (least.epoch, least.seq) ORDER BY erase_epoch, erase_seq " ENOUGH ") AS p " \
        "JOIN listings l ON l.id = p.listing_id")                                                            \
    /* What it was is erased here too; only that we had taken it up is known. */                             \
    X(case_withdrawn, ASKS_NOTHING,                                                                          \
        "c.object_type, c.object::text, c.origin, '', c.withdrawn_at, c.origin, c.response",                 \
        "cases c WHERE c.withdrawn_at IS NOT NULL AND NOT c.withdrawal_seen "                                \
        "AND c.response IN ('taken_up', 'company_found')")                                                   \
    X(peer_problem, ASKS_NOTHING,                                                                            \
        "'peer', p.authority, NULL, p.name, coalesce(p.failing_since, p.created_at), p.authority, NULL",     \
        "peers p WHERE p.state = 'invited' "                                                                 \
        "OR (p.state = 'active' AND p.failing_since < now() - interval '1 hour')")                           \
    X(key_alarm, ASKS_ADMINISTRATION, "'alarm', a.id::text, NULL, left(a.detail, 200), a.at, a.peer, NULL",  \
        "alarms a WHERE a.acknowledged_at IS NULL")

/* $1 is the open states, where there is a parameter. */
enum asks { ASKS_NOTHING, ASKS_STATES, ASKS_ADMINISTRATION };

#define OBJECT                                                                                               \
    "jsonb_build_object('type', w.type, 'id', w.id, 'origin', w.origin, 'title', w.title, "                  \
    "'at', " DB_TIME("w.at") ", 'peer', CASE WHEN w.peer IS NOT NULL THEN "                                  \
    "jsonb_build_object('authority', w.peer, 'name', coalesce(r.name, w.peer)) END, 'response', w.response)"

#define OLDEST(name, asks, columns, from)                                                                    \
    [KIND_##name] = {"today_" #name,                                                                         \
        "SELECT (extract(epoch FROM min(w.at)) * 1000000)::bigint AS since, "                                \
        DB_TIME("min(w.at)") " AS oldest_at, jsonb_agg(" OBJECT " ORDER BY w.at, w.id) AS objects "          \
        "FROM (SELECT * FROM (SELECT " columns " FROM " from ") "                                            \
        "AS waiting (type, id, origin, title, at, peer, response) ORDER BY at, id LIMIT 10) AS w "           \
        "LEFT JOIN peers r ON r.authority = w.peer"},

#define COUNTS(name, asks, columns, from)                                                                    \
    "(SELECT count(*) FROM (SELECT FROM " from " " ENOUGH ") AS w) AS " #name ", "

#define NUMBER(name, asks, columns, from) KIND_##name,
#define ROW(name, asks, columns, from) [KIND_##name] = {#name, asks},

enum { KINDS(NUMBER) KINDS_COUNT, COUNT = KINDS_COUNT, SEEN, STATEMENTS };

static const struct {
    const char *name;
    enum asks asks;
} kinds[] = {KINDS(ROW)};

const struct db_statement db_today_statements[] = {
    KINDS(OLDEST)
    [COUNT] = {"today_count", "SELECT " KINDS(COUNTS) "NULL"},
    [SEEN] = {"today_seen", "UPDATE cases SET heard_at = NULL WHERE object = $1::uuid AND heard_at IS NOT NULL"},
    [STATEMENTS] = {NULL, NULL},
};
/* clang-format on */

/* Of each kind, as far as it is counted; none of what is not this person's. */
static bool count_each(struct tx *tx, const struct db_today_asker *asker, int64_t counts[KINDS_COUNT])
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_today_statements[COUNT], &row, db_text(asker->open_states)))
        return false;
    for (int kind = 0; kind < KINDS_COUNT; kind++)
        counts[kind] = asker->administers || kinds[kind].asks != ASKS_ADMINISTRATION
                           ? db_cell_integer(row, 0, kinds[kind].name)
                           : 0;
    db_result_destroy(row);
    return true;
}

bool db_today_count(struct tx *tx, const struct db_today_asker *asker, int64_t *count)
{
    int64_t counts[KINDS_COUNT];

    if (!count_each(tx, asker, counts))
        return false;
    *count = 0;
    for (int kind = 0; kind < KINDS_COUNT; kind++)
        *count += counts[kind] > COUNTED ? COUNTED : counts[kind];
    return true;
}

/* *since: of the oldest, so that they can be ordered. */
static bool read_kind(struct tx *tx, const struct db_today_asker *asker, int kind, int64_t count,
                      json_t **item, int64_t *since)
{
    const struct db_value states = db_text(asker->open_states);
    struct db_result *row;

    if (!db_query(tx, &db_today_statements[kind], &states, kinds[kind].asks == ASKS_STATES, &row))
        return false;
    *since = db_cell_integer(row, 0, "since");
    *item = json_pack("{s:s, s:I, s:b, s:s, s:o}", "kind", kinds[kind].name, "count",
                      (json_int_t)(count > COUNTED ? COUNTED : count), "count_is_bound", count > COUNTED,
                      "oldest_at", db_cell(row, 0, "oldest_at"), "objects", db_cell_json(row, 0, "objects"));
    db_result_destroy(row);
    return true;
}

bool db_today_read(struct tx *tx, const struct db_today_asker *asker, json_t **items)
{
    int64_t counts[KINDS_COUNT], since[KINDS_COUNT], oldest;
    size_t used = 0;

    if (!count_each(tx, asker, counts))
        return false;
    *items = json_array();
    for (int kind = 0; kind < KINDS_COUNT; kind++) {
        json_t *item;
        size_t at = used;

        if (counts[kind] == 0)
            continue;
        if (!read_kind(tx, asker, kind, counts[kind], &item, &oldest)) {
            json_decref(*items);
            return false;
        }
        for (; at > 0 && since[at - 1] > oldest; at--)
            since[at] = since[at - 1];
        since[at] = oldest;
        json_array_insert_new(*items, at, item);
        used++;
    }
    return true;
}

bool db_today_seen(struct tx *tx, const char *listing_id)
{
    return DB_QUERY(tx, &db_today_statements[SEEN], NULL, db_text(listing_id));
}
