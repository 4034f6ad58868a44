#include "node/db/events.h"

enum { ADD };

const struct db_statement db_events_statements[] = {
    [ADD] = {"events_add", "INSERT INTO events (object_type, object_id, origin, user_id, role, peer, action, "
                           "from_state, to_state, reason, details) "
                           "VALUES ($1, $2, $3, nullif($4, '')::uuid, $5, $6, $7, $8, $9, $10, $11::jsonb)"},
    {NULL, NULL},
};

bool db_events_add(struct tx *tx, const struct db_event *event)
{
    return DB_QUERY(tx, &db_events_statements[ADD], NULL, db_text(event->object_type),
                    db_text(event->object_id), db_text(event->origin), db_text(event->user_id),
                    db_text(event->role), db_text(event->peer), db_text(event->action),
                    db_text(event->from_state), db_text(event->to_state), db_text(event->reason),
                    db_text(event->details));
}

bool db_events_begin(struct tx *tx)
{
    return db_script(tx, "SAVEPOINT events");
}

bool db_events_end(struct tx *tx, enum db_events_end end)
{
    return db_script(tx, end == DB_EVENTS_STAY ? "RELEASE SAVEPOINT events" : "ROLLBACK TO SAVEPOINT events");
}
