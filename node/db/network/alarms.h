/* What needs a decision of the administration. */
#ifndef NODE_DB_NETWORK_ALARMS_H
#define NODE_DB_NETWORK_ALARMS_H

#include "node/db/db.h"

extern const struct db_statement db_alarms_statements[];

struct db_alarm {
    const char *kind; /* key_conflict, key_replaced, member_unasked, fork, missing, erase_refused, unreadable,
                         new_epoch, epoch_ahead, clock, room, other */
    const char *peer; /* NULL: none */
    const char *detail; /* a sentence */
    struct bytes proof; /* pages without texts, e.g. the one that forks; may be empty */
};
/* The same kind about the same peer while the first is open is one alarm: it counts how often, its details
 * are those that find room, the newest first, and it keeps the first proof, which the peer cannot replace. */
bool db_alarms_raise(struct tx *tx, const struct db_alarm *alarm);

/* The same, but while one is open nothing changes. */
bool db_alarms_raise_once(struct tx *tx, const struct db_alarm *alarm);
/* The same, and whoever acknowledged it is not told the same detail again. */
bool db_alarms_raise_new(struct tx *tx, const struct db_alarm *alarm);
/* What was open of this kind is over by itself. */
bool db_alarms_settle(struct tx *tx, const char *kind, const char *note);

/* Appends an alarm's proof; *found false: there is none, or no such alarm. */
bool db_alarms_proof(struct tx *tx, const char *id, struct buffer *proof, bool *found);

/* What was open about this peer's keys is settled by what came since. */
bool db_alarms_settle_keys(struct tx *tx, const char *peer, const char *note);

/* Open ones first, then newest first; at most 1000, as the API shows them. */
bool db_alarms_list(struct tx *tx, json_t **items);
/* *alarm: new reference, NULL when there is none; *already: it was acknowledged before, and stays as it is.
 */
bool db_alarms_acknowledge(struct tx *tx, const char *id, const char *user_id, const char *note,
                           bool *already, json_t **alarm);

#endif
