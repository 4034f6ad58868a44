#include "node/work/network/alarms.h"

#include <string.h>

#include "node/db/network/alarms.h"
#include "node/db/network/room.h"
#include "node/db/say/entries.h"
#include "node/db/say/streams.h"
#include "node/db/witness.h"
#include "node/work/events.h"
#include "node/work/expect.h"
#include "protocol/json_profile.h"

bool alarms_list(struct tx *tx, json_t **alarms)
{
    json_t *items;

    if (!db_alarms_list(tx, &items))
        return false;
    *alarms = json_pack("{s:o}", "items", items);
    return true;
}

/* Who has seen that a peer's share is used up allows it one more: it is asked for what was dropped. */
static bool allow_more(struct tx *tx, const json_t *alarm)
{
    const char *peer = json_profile_text(json_object_get(alarm, "peer"), "authority");

    return strcmp(json_profile_text(alarm, "kind"), "room") != 0 || !peer ||
           (db_room_grant(tx, peer) && db_entries_rewind(tx, peer) && db_streams_wake(tx));
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
    /* Who has seen to that one says that the clock is right. */
    if (strcmp(json_profile_text(*alarm, "kind"), "clock") == 0 && !db_witness_person(tx, tx->now))
        return false;
    return allow_more(tx, *alarm) && events_tell(tx, actor, "alarm", id, "acknowledged", note);
}
