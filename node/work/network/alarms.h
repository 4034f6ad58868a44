/* Alarms: what needs a decision of the administration. Runs in the caller's transaction; objects that come
 * out are new references in the API's form. Raising one is db/alarms.h's. */
#ifndef NODE_WORK_NETWORK_ALARMS_H
#define NODE_WORK_NETWORK_ALARMS_H

#include "node/base/actor.h"
#include "node/db/db.h"

/* {items: […]}, open ones first. */
bool alarms_list(struct tx *tx, json_t **alarms);
/* Somebody has seen to it. note may be NULL. NOT_FOUND; CONFLICT when somebody has already. */
bool alarms_acknowledge(struct tx *tx, const struct actor *actor, const char *id, const char *note,
                        json_t **alarm);

#endif
