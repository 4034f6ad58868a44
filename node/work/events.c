#include "node/work/events.h"

#include <stdlib.h>

#include "node/db/events.h"

bool events_add(struct tx *tx, const struct actor *actor, const struct event *event)
{
    char *details = event->details ? json_dumps(event->details, JSON_COMPACT) : NULL;
    const struct db_event row = {
        .object_type = event->object_type,
        .object_id = event->object_id,
        .origin = event->origin,
        .user_id = actor ? actor->user_id : NULL,
        .role = actor ? actor->role : "system",
        .peer = event->peer,
        .action = event->action,
        .from_state = event->from_state,
        .to_state = event->to_state,
        .reason = event->reason,
        .details = details,
    };
    bool ok = db_events_add(tx, &row);

    free(details);
    return ok;
}

bool events_tell(struct tx *tx, const struct actor *actor, const char *object_type, const char *object_id,
                 const char *action, const char *reason)
{
    const struct event event = {
        .object_type = object_type, .object_id = object_id, .action = action, .reason = reason};

    return events_add(tx, actor, &event);
}
