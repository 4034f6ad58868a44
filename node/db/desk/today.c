#include "node/db/desk/today.h"

/* clang-format off */

/* How many of a kind are counted; one more shows that there are more. */
#define BOUND  "1000"
#define ENOUGH "LIMIT 1001"

/* A listing of ours: type, id, origin, title and since when. */
#define OURS    "l.kind, l.id::text, NULL, l.title, w.at, "
#define LISTING "JOIN listings l ON l.id = w.id"

/* How far every town has applied our stream `net`, one by one; who has told nothing has applied nothing. */
#define APPLIED                                                                                              \
    "(SELECT r.authority, coalesce(c.epoch, 0) AS epoch, coalesce(c.seq, 0) AS seq FROM peers r "            \
    "LEFT JOIN peer_cursors c ON c.authority = r.authority AND c.stream = 'net' AND " DB_HAS_BEGUN " "       \
    "WHERE r.state IN ('active', 'suspended'))"

/* $1 has the states in which a proposal is open, $2 whether somebody of the administration asks, $3 when our
 * certificate ends (NULL: not soon, or that does not concern who asks) and $4 our authority. */
#define FOR_ALL            "true"
#define FOR_ADMINISTRATION "$2::boolean"

/* What waits, a row a kind: its name; for whom; which they are, each with an id and since when (at); what else
 * belongs to it; and what is told: type, id, origin, title, at, peer, response. The first is all that is counted and
 * put in order, by indexes that have nothing but what waits, or have it first; the rest is looked up for those
 * that are told. So nobody looks through all there ever was. */
#define KINDS(X)                                                                                             \
    X(submitted_proposals, FOR_ALL, \
        "SELECT id, state_since AS at FROM listings WHERE kind = 'proposal' AND state = 'submitted'",        \
        LISTING, OURS "NULL, NULL")                                                                          \
    X(needs_information, FOR_ALL, \
        "SELECT id, state_since AS at FROM listings WHERE kind = 'proposal' AND state = 'needs_information'", \
        LISTING, OURS "NULL, NULL")                                                                          \
    X(due_soon, FOR_ALL, \
        "SELECT due.id, due.at FROM jsonb_array_elements_text($1::jsonb) AS open (state) CROSS JOIN LATERAL " \
        "(SELECT id, state_since AS at FROM listings WHERE state = open.state AND day <= current_date + 14 " \
        "ORDER BY day " ENOUGH ") AS due",                                                                   \
        LISTING, OURS "NULL, NULL")                                                                          \
    /* An answer is as old as its arrival here; the other town's clock does not matter. */                   \
    X(response_received, FOR_ALL, \
        "SELECT object AS id, heard_at AS at, helper, response FROM cases WHERE heard_at IS NOT NULL",       \
        LISTING, OURS "w.helper, w.response")                                                                \
    X(forward_received, FOR_ALL, \
        "SELECT object AS id, at, object_type, origin, peer FROM forwards WHERE unanswered",                 \
        "LEFT JOIN network_items n ON n.origin = w.origin AND n.id = w.id",                                  \
        "w.object_type, w.id::text, w.origin, coalesce(n.title, ''), w.at, w.peer, NULL")                    \
    X(publication_held, FOR_ALL, \
        "SELECT listing_id AS id, held_at AS at FROM publications WHERE held_at IS NOT NULL",                \
        LISTING, OURS "NULL, NULL")                                                                          \
    /* Of those that have not applied an erasure yet, one is named. */                                       \
    X(publication_unacknowledged, FOR_ALL, \
        "SELECT p.listing_id AS id, p.erased_at AS at, p.erase_epoch, p.erase_seq "                          \
        "FROM (SELECT epoch, seq FROM " APPLIED " AS a ORDER BY epoch, seq LIMIT 1) AS least "               \
        "CROSS JOIN LATERAL (SELECT * FROM publications WHERE erased_at IS NOT NULL "                        \
        "AND (erase_epoch, erase_seq) > (least.epoch, least.seq) ORDER BY erase_epoch, erase_seq " ENOUGH ") AS p", \
        LISTING, OURS "(SELECT a.authority FROM " APPLIED " AS a "                                           \
        "WHERE (a.epoch, a.seq) < (w.erase_epoch, w.erase_seq) ORDER BY a.authority LIMIT 1), NULL")         \
    /* What it was is erased here too; only that we had taken it up is known. */                             \
    X(case_withdrawn, FOR_ALL, \
        "SELECT object AS id, withdrawn_at AS at, object_type, origin, response FROM cases "                 \
        "WHERE withdrawn_at IS NOT NULL AND NOT withdrawal_seen AND response IN ('taken_up', 'company_found')", \
        "", "w.object_type, w.id::text, w.origin, '', w.at, w.origin, w.response")                           \
    X(peer_problem, FOR_ALL, \
        "SELECT authority AS id, coalesce(failing_since, created_at) AS at, name FROM peers "                \
        "WHERE state = 'invited' OR (state = 'active' AND failing_since < now() - interval '1 hour')",       \
        "", "'peer', w.id, NULL, w.name, w.at, w.id, NULL")                                                  \
    X(key_alarm, FOR_ADMINISTRATION, \
        "SELECT id, at, kind, peer FROM alarms WHERE acknowledged_at IS NULL",                             \
        "", "'alarm', w.id::text, NULL, w.kind, w.at, w.peer, NULL")                            \
    X(certificate_expires, FOR_ALL, \
        "SELECT $4::text AS id, to_timestamp($3::bigint) AS at WHERE $3::bigint IS NOT NULL",                \
        "", "'certificate', w.id, NULL, w.id, w.at, NULL, NULL")

#define OBJECT                                                                                               \
    "jsonb_build_object('type', o.type, 'id', o.id, 'origin', o.origin, 'title', o.title, "                  \
    "'at', " DB_TIME("o.at") ", 'peer', CASE WHEN o.peer IS NOT NULL THEN "                                  \
    "jsonb_build_object('authority', o.peer, 'name', coalesce(r.name, o.peer)) END, 'response', o.response)"

#define COUNT(which) "(SELECT count(*) FROM (" which " " ENOUGH ") AS w)"
#define COUNTED(name, whom, which, belongs, told) "UNION ALL SELECT least(" COUNT(which) ", " BOUND ") WHERE " whom " "
#define TOLD(name, whom, which, belongs, told)                                                               \
    "UNION ALL SELECT '" #name "', " COUNT(which) ", min(o.at), jsonb_agg(" OBJECT " ORDER BY o.at, o.id) FROM (SELECT " told \
    " FROM (SELECT * FROM (" which ") AS waiting ORDER BY at, id LIMIT 10) AS w " belongs ") "               \
    "AS o (type, id, origin, title, at, peer, response) LEFT JOIN peers r ON r.authority = o.peer HAVING " whom " "

enum { COUNTS, READ, SEEN };

const struct db_statement db_today_statements[] = {
    [COUNTS] = {"today_count", "SELECT sum(n)::bigint AS count FROM (SELECT 0 " KINDS(COUNTED) ") AS kinds (n)"},
    [READ] = {"today_read",
        "SELECT kind, least(count, " BOUND ") AS count, count > " BOUND " AS count_is_bound, oldest_at, objects FROM "
        "(SELECT NULL, 0, NULL::timestamptz, NULL::jsonb " KINDS(TOLD) ") AS kinds (kind, count, oldest_at, objects) "
        "WHERE count > 0 ORDER BY oldest_at, kind"},
    [SEEN] = {"today_seen", "UPDATE cases SET heard_at = NULL WHERE object = $1::uuid AND heard_at IS NOT NULL"},
    {NULL, NULL},
};
/* clang-format on */

static const struct db_json_column columns[] = {
    {"count", DB_JSON_INTEGER},  {"count_is_bound", DB_JSON_BOOLEAN},
    {"oldest_at", DB_JSON_TIME}, {"objects", DB_JSON_DOCUMENT},
    {NULL, DB_JSON_STRING},
};

static bool ask(struct tx *tx, const struct db_statement *statement, const struct db_today_asker *asker,
                struct db_result **rows)
{
    return DB_QUERY(tx, statement, rows, db_text(asker->open_states), db_boolean(asker->administers),
                    asker->certificate_end ? db_integer(asker->certificate_end) : db_null(),
                    db_text(asker->authority));
}

bool db_today_count(struct tx *tx, const struct db_today_asker *asker, int64_t *count)
{
    struct db_result *row;

    if (!ask(tx, &db_today_statements[COUNTS], asker, &row))
        return false;
    *count = db_cell_integer(row, 0, "count");
    db_result_destroy(row);
    return true;
}

bool db_today_read(struct tx *tx, const struct db_today_asker *asker, struct buffer *out)
{
    const struct db_form form = {.columns = columns};
    struct db_result *rows;

    if (!ask(tx, &db_today_statements[READ], asker, &rows))
        return false;
    db_form_write(&form, rows, db_rows(rows), out);
    db_result_destroy(rows);
    return true;
}

bool db_today_seen(struct tx *tx, const char *listing_id)
{
    return DB_QUERY(tx, &db_today_statements[SEEN], NULL, db_text(listing_id));
}
