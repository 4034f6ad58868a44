#include "node/db/desk/today.h"

#include <stdlib.h>

/* clang-format off */

/* How many of a kind are counted; one more shows that there are more. */
enum { COUNTED = 1000 };
#define ENOUGH "LIMIT 1001"

/* A listing of ours: type, id, origin, title and since when. */
#define OURS    "l.kind, l.id::text, NULL, l.title, w.at, "
#define LISTING "JOIN listings l ON l.id = w.id"

/* How far every town has applied our stream `net`, one by one; who has told nothing has applied nothing. */
#define APPLIED                                                                                              \
    "(SELECT r.authority, coalesce(c.epoch, 0) AS epoch, coalesce(c.seq, 0) AS seq FROM peers r "            \
    "LEFT JOIN peer_cursors c ON c.authority = r.authority AND c.stream = 'net' "                            \
    "WHERE r.state IN ('active', 'suspended'))"

/* What waits, a row a kind: its name; what it asks for; which they are, each with an id and since when (at); what else
 * belongs to it; and what is told: type, id, origin, title, at, peer, response. The first is all that is counted and
 * put in order, by indexes that have nothing but what waits, or have it first; the rest is looked up for those
 * that are told. So nobody looks through all there ever was. */
#define KINDS(X)                                                                                             \
    X(submitted_proposals, ASKS_NOTHING,                                                                     \
        "SELECT id, state_since AS at FROM listings WHERE kind = 'proposal' AND state = 'submitted'",        \
        LISTING, OURS "NULL, NULL")                                                                          \
    X(needs_information, ASKS_NOTHING,                                                                       \
        "SELECT id, state_since AS at FROM listings WHERE kind = 'proposal' AND state = 'needs_information'", \
        LISTING, OURS "NULL, NULL")                                                                          \
    X(due_soon, ASKS_STATES,                                                                                 \
        "SELECT due.id, due.at FROM jsonb_array_elements_text($1::jsonb) AS open (state) CROSS JOIN LATERAL " \
        "(SELECT id, state_since AS at FROM listings WHERE state = open.state AND day <= current_date + 14 " \
        "ORDER BY day " ENOUGH ") AS due",                                                                   \
        LISTING, OURS "NULL, NULL")                                                                          \
    /* An answer is as old as its arrival here; the other town's clock does not matter. */                   \
    X(response_received, ASKS_NOTHING,                                                                       \
        "SELECT object AS id, heard_at AS at, helper, response FROM cases WHERE heard_at IS NOT NULL",       \
        LISTING, OURS "w.helper, w.response")                                                                \
    X(forward_received, ASKS_NOTHING,                                                                        \
        "SELECT object AS id, at, object_type, origin, peer FROM forwards WHERE unanswered",                 \
        "LEFT JOIN network_items n ON n.origin = w.origin AND n.id = w.id",                                  \
        "w.object_type, w.id::text, w.origin, coalesce(n.title, ''), w.at, w.peer, NULL")                    \
    X(publication_held, ASKS_NOTHING,                                                                        \
        "SELECT listing_id AS id, held_at AS at FROM publications WHERE held_at IS NOT NULL",                \
        LISTING, OURS "NULL, NULL")                                                                          \
    /* Of those that have not applied an erasure yet, one is named. */                                       \
    X(publication_unacknowledged, ASKS_NOTHING,                                                              \
        "SELECT p.listing_id AS id, p.erased_at AS at, p.erase_epoch, p.erase_seq "                          \
        "FROM (SELECT epoch, seq FROM " APPLIED " AS a ORDER BY epoch, seq LIMIT 1) AS least "               \
        "CROSS JOIN LATERAL (SELECT * FROM publications WHERE erased_at IS NOT NULL "                        \
        "AND (erase_epoch, erase_seq) > (least.epoch, least.seq) ORDER BY erase_epoch, erase_seq " ENOUGH ") AS p", \
        LISTING, OURS "(SELECT a.authority FROM " APPLIED " AS a "                                           \
        "WHERE (a.epoch, a.seq) < (w.erase_epoch, w.erase_seq) ORDER BY a.authority LIMIT 1), NULL")         \
    /* What it was is erased here too; only that we had taken it up is known. */                             \
    X(case_withdrawn, ASKS_NOTHING,                                                                          \
        "SELECT object AS id, withdrawn_at AS at, object_type, origin, response FROM cases "                 \
        "WHERE withdrawn_at IS NOT NULL AND NOT withdrawal_seen AND response IN ('taken_up', 'company_found')", \
        "", "w.object_type, w.id::text, w.origin, '', w.at, w.origin, w.response")                           \
    X(peer_problem, ASKS_NOTHING,                                                                            \
        "SELECT authority AS id, coalesce(failing_since, created_at) AS at, name FROM peers "                \
        "WHERE state = 'invited' OR (state = 'active' AND failing_since < now() - interval '1 hour')",       \
        "", "'peer', w.id, NULL, w.name, w.at, w.id, NULL")                                                  \
    X(key_alarm, ASKS_ADMINISTRATION,                                                                        \
        "SELECT id, at, detail, peer FROM alarms WHERE acknowledged_at IS NULL",                             \
        "", "'alarm', w.id::text, NULL, left(w.detail, 200), w.at, w.peer, NULL")

/* $1 is the open states, where there is a parameter. */
enum asks { ASKS_NOTHING, ASKS_STATES, ASKS_ADMINISTRATION };

#define OBJECT                                                                                               \
    "jsonb_build_object('type', o.type, 'id', o.id, 'origin', o.origin, 'title', o.title, "                  \
    "'at', " DB_TIME("o.at") ", 'peer', CASE WHEN o.peer IS NOT NULL THEN "                                  \
    "jsonb_build_object('authority', o.peer, 'name', coalesce(r.name, o.peer)) END, 'response', o.response)"

#define OLDEST(name, asks, which, belongs, told)                                                             \
    [KIND_##name] = {"today_" #name,                                                                         \
        "SELECT (extract(epoch FROM min(o.at)) * 1000000)::bigint AS since, "                                \
        DB_TIME("min(o.at)") " AS oldest_at, jsonb_agg(" OBJECT " ORDER BY o.at, o.id) AS objects FROM (SELECT " told \
        " FROM (SELECT * FROM (" which ") AS waiting ORDER BY at, id LIMIT 10) AS w " belongs ") "           \
        "AS o (type, id, origin, title, at, peer, response) LEFT JOIN peers r ON r.authority = o.peer"},

#define COUNTS(name, asks, which, belongs, told)                                                             \
    "(SELECT count(*) FROM (" which " " ENOUGH ") AS w) AS " #name ", "

#define NUMBER(name, asks, which, belongs, told) KIND_##name,
#define ROW(name, asks, which, belongs, told) [KIND_##name] = {#name, asks},

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
