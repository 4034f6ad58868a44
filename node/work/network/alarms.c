#include "node/work/network/alarms.h"

#include "node/db/network/alarms.h"
#include "node/work/events.h"
#include "node/work/expect.h"

bool alarms_list(struct tx *tx, json_t **alarms)
{
    json_t *items;

    if (!db_alarms_list(tx, &items))
        return false;
    *alarms = json_pack("{s:o}", "items", items);
    return true;
}

bool alarms_acknowledge(struct tx *tx, const struct actor *actor, const char *id, const char *note,
                        json_t **alarm)
{
    bool already;

    if (!db_alarms_acknowledge(tx, id, actor->user_id, note, &already, alarm) ||
        !expect_found(tx, *alarm, "alarm"))
        return false;
    if (already)
        return problem_set(tx->problem, PROBLEM_CONFLICT, "Somebody has seen to this already.");
    return events_tell(tx, actor, "alarm", id, "acknowledged", note);
}
