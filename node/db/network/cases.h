/* Cases (one town's help for another town's object) and forwards (one town pointing another to an object). */
#ifndef NODE_DB_NETWORK_CASES_H
#define NODE_DB_NETWORK_CASES_H

#include <jansson.h>

#include "node/db/db.h"
#include "node/db/page.h"
#include "protocol/chain.h"

extern const struct db_statement db_cases_statements[];

/* Who we are, for naming ourselves in what the API shows. */
struct db_self {
    const char *authority, *name;
};

/* clang-format off */
/* SQL text shared with the network's lists: $1 is our authority. A node by name and mailbox, and a case as the
 * API shows it. */
#define DB_NODE_REF(node, self_name) \
    "coalesce((SELECT json_build_object('authority', authority, 'name', name, 'mailbox', mailbox) FROM peers WHERE authority = " \
    node "), json_build_object('authority', " node ", 'name', CASE " node " WHEN $1 THEN " self_name "::text ELSE " node " END, " \
    "'mailbox', NULL))"
#define DB_CASE(self_name) \
    "json_build_object('id', c.id, 'origin', " DB_NODE_REF("c.origin", self_name) ", 'object', c.object, " \
    "'object_type', c.object_type, 'helper', " DB_NODE_REF("c.helper", self_name) ", 'response', c.response, " \
    "'reason', c.reason, 'at', " DB_TIME("c.at") ", 'withdrawn_at', " DB_TIME("c.withdrawn_at") ", 'history', (SELECT coalesce(json_agg(json_build_object(" \
    "'at', " DB_TIME("s.at") ", 'response', s.response, 'reason', s.reason, " \
    "'actor', CASE WHEN s.user_role IS NOT NULL THEN " \
    "json_build_object('name', coalesce(u.name, ''), 'role', s.user_role) END, 'direction', s.direction) " \
    "ORDER BY s.n DESC), '[]') FROM case_steps s LEFT JOIN users u ON u.id = s.user_id WHERE s.case_id = c.id))"
/* clang-format on */

struct db_case {
    const char *id, *origin, *object, *object_type, *helper;
    const char *forward; /* NULL: none */
    const char *response, *reason;
    int64_t at;
};
struct db_case_step {
    const char *user_id, *role; /* of ours; NULL: the other town's */
    const char *direction;      /* in, out */
    struct cursor entry;
};

/* The case's own id (37) for this object and helper, "" if none. */
bool db_cases_find(struct tx *tx, const char *origin, const char *object, const char *helper, char id[37]);
/* Is this id another case's? */
bool db_cases_taken(struct tx *tx, const struct db_case *c, bool *taken);
/* Adds the step and makes it the case's present. Nothing changes when this entry was taken in before, or the
 * case has as many steps as one may have; what says again what the last step said is that one, said there. */
enum db_case_taken { DB_CASE_FRESH, DB_CASE_KNOWN, DB_CASE_FULL };
bool db_cases_step(struct tx *tx, const struct db_case *c, const struct db_case_step *step,
                   enum db_case_taken *taken);
/* A line between two towns: in their stream to us, or in ours to them. */
struct db_letter {
    const char *direction; /* in, out */
    const char *peer;
    struct cursor at;
};
/* Takes out the step that this line told, its text everywhere, and the case if nothing else is left of it. */
bool db_cases_erase(struct tx *tx, const struct db_letter *letter);
/* The origin withdrew these objects (array of ids), or says them again. Our case on it stays: it says what we
 * answered, not what was asked. */
enum db_cases_news { DB_CASES_SAID_AGAIN, DB_CASES_WITHDRAWN };
bool db_cases_withdraw(struct tx *tx, const char *origin, const json_t *objects, enum db_cases_news news);
/* Somebody here looked at that. */
bool db_cases_withdrawal_seen(struct tx *tx, const char *id);
/* Cases of an object, newest first: appended as JSON, with commas between. */
bool db_cases_list(struct tx *tx, const struct db_self *self, const char *origin, const char *object,
                   struct buffer *out);
bool db_cases_read(struct tx *tx, const struct db_self *self, const char *id, json_t **c);

struct db_forward {
    const char *id, *direction, *peer, *origin, *object, *object_type, *note, *user_id;
    int64_t at;
    struct cursor entry;
};
/* *fresh false: there is one with this id already; *same: and it is the same. */
bool db_forwards_add(struct tx *tx, const struct db_forward *forward, bool *fresh, bool *same);
/* Who pointed us to the case's object before we began it: each active peer and its first forward (peer, id).
 * The object's own town comes first, the others as their forwards were received, whatever their clocks say.
 */
bool db_forwards_received(struct tx *tx, const struct db_case *c, struct db_result **rows);
/* The case's helper answered our forward, in this line of its stream to us. */
bool db_forwards_answer(struct tx *tx, const struct db_case *c, struct cursor entry);
/* Takes out the forward that this line told, and its note everywhere. */
bool db_forwards_erase(struct tx *tx, const struct db_letter *letter);
bool db_forwards_read(struct tx *tx, const struct db_self *self, const char *id, json_t **forward);
bool db_forwards_list(struct tx *tx, const struct db_self *self, const char *direction, struct db_page *page);

/* Of what we said to one active peer, and what stands: `forward`s, and the last answer of cases whose object
 * was not withdrawn, those that were not said in today's epoch yet: array of {id, type, origin, object}, at
 * most 500 of each type. */
bool db_cases_unsaid(struct tx *tx, json_t **letters);
/* One of them with all that was said, and keep_until; NULL when it is none any more. The forward is locked;
 * who answers a case has its object (db_items_lock). Owned. */
bool db_cases_unsaid_one(struct tx *tx, const char *id, json_t **c);
bool db_forwards_unsaid_one(struct tx *tx, const char *id, json_t **forward);
/* It was said again there, the case's last step by either side; an erasure finds it there from now on.
 * Nothing changes when it was said there or later before. */
bool db_cases_said(struct tx *tx, const char *id, struct cursor at);
bool db_forwards_said(struct tx *tx, const char *id, struct cursor at);

#endif
