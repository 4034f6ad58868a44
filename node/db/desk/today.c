#include "node/db/desk/today.h"

#include <stdlib.h>

/* clang-format off */

/* What waits, one kind after the other: kind, type, id, origin, title, since when, peer, response. */
#define STATE(kind, condition)                                                                               \
    "SELECT '" kind "', l.kind, l.id::text, NULL, l.title, l.state_since, NULL, NULL "                       \
    "FROM listings l WHERE " condition " "

/* An answer is as old as its arrival here; the other town's clock does not matter. */
#define ANSWERS                                                                                              \
    "SELECT 'response_received', c.object_type, c.object::text, NULL, l.title, e.at, c.helper, c.response "  \
    "FROM cases c JOIN listings l ON l.id = c.object "                                                       \
    "CROSS JOIN LATERAL (SELECT v.at FROM events v WHERE v.object_type = c.object_type "                     \
    "AND v.object_id = c.object::text AND v.action = 'response' AND v.peer = c.helper "                      \
    "ORDER BY v.id DESC LIMIT 1) e "                                                                         \
    "WHERE c.origin = $1 AND (l.answers_seen_at IS NULL OR e.at > l.answers_seen_at) "

#define FORWARDS                                                                                             \
    "SELECT 'forward_received', f.object_type, f.object::text, f.origin, coalesce(n.title, ''), f.at, "      \
    "f.peer, NULL FROM forwards f "                                                                          \
    "LEFT JOIN network_items n ON n.origin = f.origin AND n.id = f.object "                                  \
    "WHERE f.direction = 'in' AND f.response IS NULL AND NOT EXISTS (SELECT FROM cases c "                   \
    "WHERE c.origin = f.origin AND c.object = f.object AND c.helper = $1) "

#define HELD                                                                                                 \
    "SELECT 'publication_held', l.kind, l.id::text, NULL, l.title, p.held_at, NULL, NULL "                   \
    "FROM publications p JOIN listings l ON l.id = p.listing_id WHERE p.held_at IS NOT NULL "

/* Of the towns that have not yet applied an erasure, one is named. */
#define ERASURES                                                                                             \
    "SELECT 'publication_unacknowledged', l.kind, l.id::text, NULL, l.title, p.erased_at, r.authority, NULL " \
    "FROM publications p JOIN listings l ON l.id = p.listing_id "                                            \
    "CROSS JOIN LATERAL (SELECT r.authority FROM peers r "                                                   \
    "LEFT JOIN peer_cursors c ON c.authority = r.authority AND c.stream = 'net' "                            \
    "WHERE r.state IN ('active', 'suspended') "                                                              \
    "AND (c.authority IS NULL OR (c.epoch, c.seq) < (p.erase_epoch, p.erase_seq)) ORDER BY 1 LIMIT 1) r "    \
    "WHERE p.erased_at IS NOT NULL "

/* What it was is erased here too; only that we had taken it up is known. */
#define WITHDRAWN                                                                                            \
    "SELECT 'case_withdrawn', c.object_type, c.object::text, c.origin, '', c.withdrawn_at, c.origin, "       \
    "c.response FROM cases c WHERE c.helper = $1 AND c.withdrawn_at IS NOT NULL AND NOT c.withdrawal_seen "  \
    "AND c.response IN ('taken_up', 'company_found') "

#define PEERS                                                                                                \
    "SELECT 'peer_problem', 'peer', authority, NULL, name, coalesce(failing_since, created_at), authority, " \
    "NULL FROM peers WHERE state = 'invited' "                                                               \
    "OR (state = 'active' AND failing_since < now() - interval '1 hour') "

#define ALARMS                                                                                               \
    "SELECT 'key_alarm', 'alarm', id::text, NULL, left(detail, 200), at, peer, NULL "                        \
    "FROM alarms WHERE $3 AND acknowledged_at IS NULL "

#define OBJECT                                                                                               \
    "jsonb_build_object('type', w.type, 'id', w.id, 'origin', w.origin, 'title', w.title, "                  \
    "'at', " DB_TIME("w.at") ", 'peer', CASE WHEN w.peer IS NOT NULL THEN "                                  \
    "jsonb_build_object('authority', w.peer, 'name', coalesce(r.name, w.peer)) END, 'response', w.response)"

enum { READ };

const struct db_statement db_today_statements[] = {
    [READ] = {"today_read",
        "WITH waiting (kind, type, id, origin, title, at, peer, response) AS ("
        STATE("submitted_proposals", "l.kind = 'proposal' AND l.state = 'submitted'") "UNION ALL "
        STATE("needs_information", "l.kind = 'proposal' AND l.state = 'needs_information'") "UNION ALL "
        STATE("due_soon", "l.day <= current_date + 14 AND $2::jsonb ? l.state") "UNION ALL "
        ANSWERS "UNION ALL " FORWARDS "UNION ALL " HELD "UNION ALL " ERASURES "UNION ALL " WITHDRAWN "UNION ALL "
        PEERS "UNION ALL " ALARMS "), "
        "ranked AS (SELECT w.*, row_number() OVER (PARTITION BY w.kind ORDER BY w.at, w.id) AS n FROM waiting w) "
        "SELECT w.kind, count(*) AS count, " DB_TIME("min(w.at)") " AS oldest_at, "
        "jsonb_agg(" OBJECT " ORDER BY w.n) FILTER (WHERE w.n <= 10) AS objects "
        "FROM ranked w LEFT JOIN peers r ON r.authority = w.peer GROUP BY w.kind ORDER BY min(w.at)"},
    {NULL, NULL},
};
/* clang-format on */

static const struct db_json_column columns[] = {
    {"count", DB_JSON_INTEGER},
    {"objects", DB_JSON_DOCUMENT},
    {NULL, DB_JSON_STRING},
};

bool db_today_read(struct tx *tx, const char *self, json_t *open_states, bool alarms, json_t **items)
{
    char *states = json_dumps(open_states, JSON_COMPACT);
    struct db_result *rows = NULL;
    bool ok =
        DB_QUERY(tx, &db_today_statements[READ], &rows, db_text(self), db_text(states), db_boolean(alarms));
    if (ok)
        *items = db_rows_json(rows, columns);
    db_result_destroy(rows);
    free(states);
    return ok;
}
