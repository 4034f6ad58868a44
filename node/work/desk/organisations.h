/* Organisations and whom one talks to there: adding, changing, deleting, each with its event. Fields are JSON
 * in the API's form, already checked; objects that come out are new references. Runs in the caller's
 * transaction. */
#ifndef NODE_WORK_DESK_ORGANISATIONS_H
#define NODE_WORK_DESK_ORGANISATIONS_H

#include "node/base/actor.h"
#include "node/db/db.h"

/* CONFLICT when the sector has one of this name already. */
bool organisations_create(struct tx *tx, const struct actor *actor, json_t *fields, json_t **organisation);
bool organisations_read(struct tx *tx, const char *id, json_t **organisation);
/* version: the one the caller read (STALE_VERSION if it is another by now). */
bool organisations_update(struct tx *tx, const struct actor *actor, const char *id, long version,
                          json_t *changes, json_t **organisation);
/* With its contacts; CONFLICT while it has proposals or offers. */
bool organisations_delete(struct tx *tx, const struct actor *actor, const char *id, long version);

#endif
