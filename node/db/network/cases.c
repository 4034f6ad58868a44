#include "node/db/network/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/authority.h"
#include "protocol/entry.h"

enum {
    FIND,
    TAKEN,
    STEPS,
    SAVE,
    ANSWERED,
    STEP,
    ERASE_STEP,
    ERASE_EVENT,
    REPAIR,
    DISCARD,
    WITHDRAW,
    WITHDRAWAL_SEEN,
    LIST,
    READ,
    FORWARD_ADD,
    FORWARD_FIND,
    FORWARD_RECEIVED,
    FORWARD_ANSWER,
    FORWARD_UNANSWER,
    FORWARD_ERASE,
    FORWARD_READ,
    FORWARD_LIST,
    UNSAID,
    UNSAID_FORWARD,
    UNSAID_CASE,
    FORWARD_SAID,
    CASE_SAID
};

/* clang-format off */
/* $1 is our authority, $2 our name. */
#define FORWARD(forwards) \
    "SELECT f.id, " DB_NODE_REF("f.origin", "$2") " AS origin, f.object, f.object_type, " \
    "coalesce(n.title, l.title) AS title, " \
    "CASE WHEN f.direction = 'out' THEN " DB_NODE_REF("f.peer", "$2") " END AS \"to\", " \
    "CASE WHEN f.direction = 'in' THEN " DB_NODE_REF("f.peer", "$2") " END AS \"from\", f.note, " \
    "f.at, CASE WHEN f.direction = 'out' AND c.epoch = f.epoch AND c.seq >= f.seq AND " DB_FOLLOWS " THEN " \
    "c.at END AS delivered_at, CASE WHEN f.response IS NOT NULL THEN jsonb_build_object('response', " \
    "f.response, 'reason', f.response_reason, 'at', " DB_TIME("f.response_at") ") END AS answer, " \
    "f.received_at AS page_key FROM " forwards " f " \
    "LEFT JOIN network_items n ON n.origin = f.origin AND n.id = f.object " \
    "LEFT JOIN listings l ON f.origin = $1 AND l.id = f.object " \
    "LEFT JOIN peer_cursors c ON c.authority = f.peer AND c.stream = 'to' "

/* What we said to one active peer, last in an older epoch than today's. A line that was erased has no term. */
#define UNSAID_TO(peer, line) \
    "JOIN peers p ON p.authority = " peer " AND p.state = 'active' JOIN streams s ON s.origin = n.authority " \
    "AND s.name = 'to/' || " peer " AND s.epoch = " line ".epoch JOIN entries e ON e.stream_id = s.id AND e.seq = " line ".seq " \
    "AND e.keep_until > now() + interval '1 minute' "
#define UNSAID_FORWARDS \
    "FROM node_state n JOIN forwards f ON f.direction = 'out' AND f.epoch < n.epoch " UNSAID_TO("f.peer", "f")
#define UNSAID_CASES \
    "FROM node_state n JOIN case_steps t ON t.direction = 'out' AND t.epoch < n.epoch " \
    "JOIN cases c ON c.id = t.case_id AND c.withdrawn_at IS NULL " UNSAID_TO("c.origin", "t") \
    "AND NOT EXISTS (SELECT FROM case_steps later WHERE later.case_id = t.case_id AND later.n > t.n) "
/* A letter stands where it was said last, also for the event that tells of it: there an erasure finds both. */
#define MOVED(action, letter) \
    "WITH old AS (SELECT * FROM (" letter ") AS l WHERE (epoch, seq) < ($2, $3)), told AS (UPDATE events v " \
    "SET details = v.details || jsonb_build_object('entry', concat($2::bigint, '.', $3::bigint)) FROM old " \
    "WHERE v.object_type = old.object_type AND v.object_id = old.object::text AND v.peer = old.peer AND v.action = " action " " \
    "AND v.details->>'entry' = concat(old.epoch, '.', old.seq)) "
#define KEEP_UNTIL "extract(epoch FROM e.keep_until)::bigint AS keep_until "

const struct db_statement db_cases_statements[] = {
    [FIND] = {"cases_find", "SELECT id FROM cases WHERE origin = $1 AND object = $2::uuid AND helper = $3"},
    [TAKEN] = {"cases_taken",
        "SELECT FROM cases WHERE id = $1::uuid AND (origin, object, helper) <> ($2, $3::uuid, $4)"},
    /* Who says again what it said last (SPEC.md 11.4) takes no further step. */
    [STEPS] = {"cases_steps",
        "SELECT count(*) AS count, coalesce(bool_or(s.direction = $4 AND (s.epoch, s.seq) = ($5, $6) OR $4 = 'in' "
        "AND c.id = $7::uuid AND c.response = $8 AND c.reason IS NOT DISTINCT FROM $9), false) AS known FROM cases c "
        "JOIN case_steps s ON s.case_id = c.id WHERE (c.origin, c.object, c.helper) = ($1, $2::uuid, $3)"},
    /* A helper whose own record was lost begins the case anew under another id: it stays one case. */
    [SAVE] = {"cases_save",
        "INSERT INTO cases (id, origin, object, object_type, helper, response, reason, at, heard_at) "
        "VALUES ($1::uuid, $2, $3::uuid, $4, $5, $6, $7, to_timestamp($8::bigint), CASE $9 WHEN 'in' THEN now() END) "
        "ON CONFLICT (origin, object, helper) DO UPDATE SET id = excluded.id, response = excluded.response, "
        "reason = excluded.reason, at = excluded.at, heard_at = excluded.heard_at"},
    /* Who forwarded it to us is answered too. */
    [ANSWERED] = {"cases_answered",
        "UPDATE forwards SET unanswered = false WHERE unanswered AND origin = $1 AND object = $2::uuid"},
    [STEP] = {"cases_step",
        "INSERT INTO case_steps (case_id, n, at, response, reason, user_id, user_role, direction, epoch, seq) "
        "SELECT $1::uuid, coalesce(max(n), 0) + 1, to_timestamp($2::bigint), $3, $4, nullif($5, '')::uuid, $6, $7, $8, $9 "
        "FROM case_steps WHERE case_id = $1::uuid"},
    [ERASE_STEP] = {"cases_erase_step",
        "DELETE FROM case_steps s USING cases c WHERE c.id = s.case_id AND s.direction = $1 "
        "AND CASE $1 WHEN 'in' THEN c.helper ELSE c.origin END = $2 AND (s.epoch, s.seq) = ($3, $4) "
        "RETURNING c.object_type, c.object, c.id AS case_id"},
    [ERASE_EVENT] = {"cases_erase_event",
        "UPDATE events SET reason = NULL WHERE object_type = $1 AND object_id = $2 AND peer = $3 "
        "AND action = $4 AND details->>'entry' = $5"},
    [REPAIR] = {"cases_repair",
        "UPDATE cases c SET response = s.response, reason = s.reason, at = s.at FROM (SELECT * FROM case_steps "
        "WHERE case_id = $1::uuid ORDER BY n DESC LIMIT 1) s WHERE c.id = s.case_id"},
    [DISCARD] = {"cases_discard",
        "DELETE FROM cases WHERE id = $1::uuid AND NOT EXISTS (SELECT FROM case_steps WHERE case_id = $1::uuid)"},
    [WITHDRAW] = {"cases_withdraw",
        "UPDATE cases SET withdrawn_at = CASE WHEN $3 THEN now() END, withdrawal_seen = false "
        "WHERE origin = $1 AND object IN (SELECT json_array_elements_text($2::json)::uuid) AND $3 = (withdrawn_at IS NULL)"},
    [WITHDRAWAL_SEEN] = {"cases_withdrawal_seen",
        "UPDATE cases SET withdrawal_seen = true WHERE id = $1::uuid AND withdrawn_at IS NOT NULL"},
    [LIST] = {"cases_list",
        "SELECT " DB_CASE("$2") " AS c FROM cases c WHERE c.origin = $3 AND c.object = $4::uuid "
        "ORDER BY c.at DESC, c.id LIMIT 1000"},
    [READ] = {"cases_read", "SELECT " DB_CASE("$2") " AS c FROM cases c WHERE c.id = $3::uuid"},
    [FORWARD_ADD] = {"forwards_add",
        "INSERT INTO forwards (id, direction, peer, origin, object, object_type, note, user_id, at, epoch, seq, unanswered) "
        "SELECT $1::uuid, $2, $3, $4, $5::uuid, $6, $7, nullif($8, '')::uuid, to_timestamp($9::bigint), $10::bigint, $11::bigint, "
        "$2 = 'in' AND NOT EXISTS (SELECT FROM cases WHERE origin = $4 AND object = $5::uuid) "
        "ON CONFLICT DO NOTHING"},
    [FORWARD_FIND] = {"forwards_find",
        "SELECT direction = $2 AND peer = $3 AND origin = $4 AND object = $5::uuid AS same FROM forwards WHERE id = $1::uuid"},
    [FORWARD_RECEIVED] = {"forwards_received",
        "SELECT peer, id FROM (SELECT DISTINCT ON (f.peer) f.peer, f.id, f.received_at FROM forwards f "
        "JOIN peers p ON p.authority = f.peer AND p.state = 'active' WHERE f.direction = 'in' AND f.origin = $1 "
        "AND f.object = $2::uuid AND f.received_at <= coalesce((SELECT began_at FROM cases WHERE origin = $1 "
        "AND object = $2::uuid AND helper = $3), now()) ORDER BY f.peer, f.received_at, f.id) AS firsts "
        "ORDER BY peer = $1 DESC, received_at, id"},
    [FORWARD_ANSWER] = {"forwards_answer",
        "UPDATE forwards SET response = $3, response_reason = $4, response_at = to_timestamp($5::bigint), "
        "response_epoch = $6, response_seq = $7 WHERE id = $1::uuid AND direction = 'out' AND peer = $2"},
    [FORWARD_UNANSWER] = {"forwards_unanswer",
        "UPDATE forwards SET response = NULL, response_reason = NULL, response_at = NULL, response_epoch = NULL, "
        "response_seq = NULL WHERE $1 = 'in' AND direction = 'out' AND peer = $2 "
        "AND response IS NOT NULL AND (response_epoch, response_seq) = ($3, $4)"},
    [FORWARD_ERASE] = {"forwards_erase",
        "DELETE FROM forwards WHERE direction = $1 AND peer = $2 AND (epoch, seq) = ($3, $4) "
        "RETURNING object_type, object"},
    [FORWARD_READ] = {"forwards_read", FORWARD("forwards") "WHERE f.id = $3::uuid"},
    [FORWARD_LIST] = {"forwards_list",
        DB_PAGE("SELECT FROM forwards WHERE direction = $3", FORWARD("(SELECT * FROM (SELECT * FROM forwards f WHERE f.direction = $3 "
        "AND (f.received_at, f.id) < ($4::timestamptz, $5::uuid) ORDER BY f.received_at DESC, f.id DESC "
        DB_PAGE_MOST ") AS f LIMIT $6::bigint + 1)") "ORDER BY f.received_at DESC, f.id DESC", "ORDER BY page_key DESC, id DESC")},
    [UNSAID] = {"cases_unsaid",
        "(SELECT f.id, 'forward' AS type, f.origin, f.object " UNSAID_FORWARDS "LIMIT 500) UNION ALL "
        "(SELECT c.id, 'response', c.origin, c.object " UNSAID_CASES "LIMIT 500)"},
    [UNSAID_FORWARD] = {"cases_unsaid_forward",
        "SELECT f.id, f.peer, f.origin, f.object, f.object_type, f.note, " KEEP_UNTIL UNSAID_FORWARDS "WHERE f.id = $1::uuid FOR UPDATE OF f"},
    [UNSAID_CASE] = {"cases_unsaid_case",
        "SELECT c.id, c.origin, c.object, c.object_type, c.helper, c.response, c.reason, " KEEP_UNTIL UNSAID_CASES "WHERE c.id = $1::uuid"},
    [FORWARD_SAID] = {"forwards_said",
        MOVED("'forwarded'", "SELECT id, peer, object_type, object, epoch, seq FROM forwards WHERE id = $1::uuid")
        "UPDATE forwards f SET epoch = $2, seq = $3 FROM old WHERE f.id = old.id"},
    [CASE_SAID] = {"cases_said",
        MOVED("'response'", "SELECT t.case_id, t.n, CASE t.direction WHEN 'in' THEN c.helper ELSE c.origin END AS peer, c.object_type, c.object, "
        "t.epoch, t.seq FROM cases c JOIN case_steps t ON t.case_id = c.id WHERE c.id = $1::uuid ORDER BY t.n DESC LIMIT 1")
        "UPDATE case_steps t SET epoch = $2, seq = $3 FROM old WHERE (t.case_id, t.n) = (old.case_id, old.n)"},
    {NULL, NULL},
};
/* clang-format on */

static const struct db_json_column forward_columns[] = {
    {"origin", DB_JSON_DOCUMENT}, {"to", DB_JSON_DOCUMENT},       {"from", DB_JSON_DOCUMENT},
    {"at", DB_JSON_TIME},         {"delivered_at", DB_JSON_TIME}, {"answer", DB_JSON_DOCUMENT},
    {"page_key", DB_JSON_SKIP},   {"page_total", DB_JSON_SKIP},   {NULL, DB_JSON_STRING},
};

/* Does the query find a row? */
static bool any(struct db_result *rows)
{
    bool found = db_rows(rows) > 0;

    db_result_destroy(rows);
    return found;
}

bool db_cases_find(struct tx *tx, const char *origin, const char *object, const char *helper, char id[37])
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_cases_statements[FIND], &row, db_text(origin), db_text(object), db_text(helper)))
        return false;
    snprintf(id, 37, "%s", db_rows(row) > 0 ? db_cell(row, 0, "id") : "");
    db_result_destroy(row);
    return true;
}

bool db_cases_taken(struct tx *tx, const struct db_case *c, bool *taken)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_cases_statements[TAKEN], &rows, db_text(c->id), db_text(c->origin),
                  db_text(c->object), db_text(c->helper)))
        return false;
    *taken = any(rows);
    return true;
}

bool db_cases_step(struct tx *tx, const struct db_case *c, const struct db_case_step *step,
                   enum db_case_taken *taken)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_cases_statements[STEPS], &row, db_text(c->origin), db_text(c->object),
                  db_text(c->helper), db_text(step->direction), db_integer(step->entry.epoch),
                  db_integer(step->entry.seq), db_text(c->id), db_text(c->response), db_text(c->reason)))
        return false;
    *taken = db_cell_boolean(row, 0, "known")                          ? DB_CASE_KNOWN
             : db_cell_integer(row, 0, "count") >= ENTRY_RESPONSES_MAX ? DB_CASE_FULL
                                                                       : DB_CASE_FRESH;
    db_result_destroy(row);
    if (*taken == DB_CASE_KNOWN)
        return db_cases_said(tx, c->id, step->entry);
    return *taken != DB_CASE_FRESH ||
           (DB_QUERY(tx, &db_cases_statements[SAVE], NULL, db_text(c->id), db_text(c->origin),
                     db_text(c->object), db_text(c->object_type), db_text(c->helper), db_text(c->response),
                     db_text(c->reason), db_integer(c->at), db_text(step->direction)) &&
            DB_QUERY(tx, &db_cases_statements[ANSWERED], NULL, db_text(c->origin), db_text(c->object)) &&
            DB_QUERY(tx, &db_cases_statements[STEP], NULL, db_text(c->id), db_integer(c->at),
                     db_text(c->response), db_text(c->reason), db_text(step->user_id), db_text(step->role),
                     db_text(step->direction), db_integer(step->entry.epoch), db_integer(step->entry.seq)));
}

static bool of_letter(struct tx *tx, int index, const struct db_letter *letter, struct db_result **row)
{
    return DB_QUERY(tx, &db_cases_statements[index], row, db_text(letter->direction), db_text(letter->peer),
                    db_integer(letter->at.epoch), db_integer(letter->at.seq));
}

/* object: a row that begins with type and id of what the letter is about. */
static bool erase_event(struct tx *tx, const struct db_letter *letter, const struct db_result *object,
                        const char *action)
{
    char text[CURSOR_SIZE];

    cursor_format(letter->at, text);
    return DB_QUERY(tx, &db_cases_statements[ERASE_EVENT], NULL, db_text(db_cell(object, 0, "object_type")),
                    db_text(db_cell(object, 0, "object")), db_text(letter->peer), db_text(action),
                    db_text(text));
}

bool db_cases_erase(struct tx *tx, const struct db_letter *letter)
{
    struct db_result *row;
    bool ok = true;

    if (!of_letter(tx, FORWARD_UNANSWER, letter, NULL) || !of_letter(tx, ERASE_STEP, letter, &row))
        return false;
    if (db_rows(row) > 0) {
        const char *id = db_cell(row, 0, "case_id");

        ok = erase_event(tx, letter, row, "response") &&
             DB_QUERY(tx, &db_cases_statements[REPAIR], NULL, db_text(id)) &&
             DB_QUERY(tx, &db_cases_statements[DISCARD], NULL, db_text(id));
    }
    db_result_destroy(row);
    return ok;
}

bool db_cases_withdraw(struct tx *tx, const char *origin, const json_t *objects, enum db_cases_news news)
{
    char *text = json_dumps(objects, JSON_COMPACT);
    bool ok = text && DB_QUERY(tx, &db_cases_statements[WITHDRAW], NULL, db_text(origin), db_text(text),
                               db_boolean(news == DB_CASES_WITHDRAWN));

    free(text);
    return ok;
}

bool db_cases_withdrawal_seen(struct tx *tx, const char *id)
{
    return DB_QUERY(tx, &db_cases_statements[WITHDRAWAL_SEEN], NULL, db_text(id));
}

bool db_cases_list(struct tx *tx, const struct db_self *self, const char *origin, const char *object,
                   struct buffer *out)
{
    struct db_result *rows;

    if (!DB_QUERY(tx, &db_cases_statements[LIST], &rows, db_text(self->authority), db_text(self->name),
                  db_text(origin), db_text(object)))
        return false;
    for (size_t row = 0; row < db_rows(rows); row++) {
        buffer_puts(out, row ? "," : "");
        buffer_puts(out, db_cell(rows, row, "c"));
    }
    db_result_destroy(rows);
    return true;
}

bool db_cases_read(struct tx *tx, const struct db_self *self, const char *id, json_t **c)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_cases_statements[READ], &row, db_text(self->authority), db_text(self->name),
                  db_text(id)))
        return false;
    *c = db_rows(row) > 0 ? db_cell_json(row, 0, "c") : NULL;
    db_result_destroy(row);
    return true;
}

bool db_forwards_add(struct tx *tx, const struct db_forward *forward, bool *fresh, bool *same)
{
    struct db_result *result;

    if (!DB_QUERY(tx, &db_cases_statements[FORWARD_ADD], &result, db_text(forward->id),
                  db_text(forward->direction), db_text(forward->peer), db_text(forward->origin),
                  db_text(forward->object), db_text(forward->object_type), db_text(forward->note),
                  db_text(forward->user_id), db_integer(forward->at), db_integer(forward->entry.epoch),
                  db_integer(forward->entry.seq)))
        return false;
    *fresh = db_affected(result) == 1;
    db_result_destroy(result);
    if (!DB_QUERY(tx, &db_cases_statements[FORWARD_FIND], &result, db_text(forward->id),
                  db_text(forward->direction), db_text(forward->peer), db_text(forward->origin),
                  db_text(forward->object)))
        return false;
    *same = db_rows(result) > 0 && db_cell_boolean(result, 0, "same");
    db_result_destroy(result);
    return true;
}

bool db_forwards_received(struct tx *tx, const struct db_case *c, struct db_result **rows)
{
    return DB_QUERY(tx, &db_cases_statements[FORWARD_RECEIVED], rows, db_text(c->origin), db_text(c->object),
                    db_text(c->helper));
}

bool db_forwards_answer(struct tx *tx, const struct db_case *c, struct cursor entry)
{
    return DB_QUERY(tx, &db_cases_statements[FORWARD_ANSWER], NULL, db_text(c->forward), db_text(c->helper),
                    db_text(c->response), db_text(c->reason), db_integer(c->at), db_integer(entry.epoch),
                    db_integer(entry.seq));
}

bool db_forwards_erase(struct tx *tx, const struct db_letter *letter)
{
    struct db_result *row;
    bool ok;

    if (!of_letter(tx, FORWARD_ERASE, letter, &row))
        return false;
    ok = db_rows(row) == 0 || erase_event(tx, letter, row, "forwarded");
    db_result_destroy(row);
    return ok;
}

bool db_forwards_read(struct tx *tx, const struct db_self *self, const char *id, json_t **forward)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_cases_statements[FORWARD_READ], &row, db_text(self->authority), db_text(self->name),
                  db_text(id)))
        return false;
    *forward = db_rows(row) > 0 ? db_row_json(row, 0, forward_columns) : NULL;
    db_result_destroy(row);
    return true;
}

bool db_forwards_list(struct tx *tx, const struct db_self *self, const char *direction, struct db_page *page)
{
    static const struct db_order newest = {DB_ORDER_TIME, {"infinity", DB_ORDER_LAST, NULL}};
    const struct db_form form = {.columns = forward_columns};
    struct db_value values[] = {
        db_text(self->authority), db_text(self->name), db_text(direction), {0}, {0}, {0}};
    struct db_result *rows;

    if (!db_page_query(tx, page, &newest, &db_cases_statements[FORWARD_LIST], values, 6, 3, &rows))
        return false;
    db_page_take(page, &newest, &form, rows);
    db_result_destroy(rows);
    return true;
}

static const struct db_json_column unsaid_columns[] = {{"keep_until", DB_JSON_INTEGER},
                                                       {NULL, DB_JSON_STRING}};

bool db_cases_unsaid(struct tx *tx, json_t **letters)
{
    struct db_result *rows;

    if (!db_query(tx, &db_cases_statements[UNSAID], NULL, 0, &rows))
        return false;
    *letters = db_rows_json(rows, NULL);
    db_result_destroy(rows);
    return true;
}

static bool unsaid_one(struct tx *tx, int index, const char *id, json_t **letter)
{
    struct db_result *row;

    if (!DB_QUERY(tx, &db_cases_statements[index], &row, db_text(id)))
        return false;
    *letter = db_rows(row) > 0 ? db_row_json(row, 0, unsaid_columns) : NULL;
    db_result_destroy(row);
    return true;
}

bool db_cases_unsaid_one(struct tx *tx, const char *id, json_t **c)
{
    return unsaid_one(tx, UNSAID_CASE, id, c);
}

bool db_forwards_unsaid_one(struct tx *tx, const char *id, json_t **forward)
{
    return unsaid_one(tx, UNSAID_FORWARD, id, forward);
}

static bool said(struct tx *tx, int index, const char *id, struct cursor at)
{
    return DB_QUERY(tx, &db_cases_statements[index], NULL, db_text(id), db_integer(at.epoch),
                    db_integer(at.seq));
}

bool db_cases_said(struct tx *tx, const char *id, struct cursor at)
{
    return said(tx, CASE_SAID, id, at);
}

bool db_forwards_said(struct tx *tx, const char *id, struct cursor at)
{
    return said(tx, FORWARD_SAID, id, at);
}
