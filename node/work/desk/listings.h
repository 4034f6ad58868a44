/* Proposals and offers: recording, changing, moving them through the workflow. Fields are JSON in the API's
 * form, already checked; so are the listings that come out, new references. Runs in the caller's transaction.
 */
#ifndef NODE_WORK_DESK_LISTINGS_H
#define NODE_WORK_DESK_LISTINGS_H

#include "node/base/actor.h"
#include "node/core/workflow.h"
#include "node/db/db.h"
#include "node/base/node.h"

/* fields may carry external_source and external_id (imports). action: created or imported. INVALID_BODY when
 * organisation or contact do not exist or do not belong together. */
bool listings_add(struct tx *tx, const struct actor *actor, enum listing_kind kind, const json_t *fields,
                  const char *state, const char *action, char id[37]);
/* As a draft. */
bool listings_create(struct tx *tx, const struct actor *actor, enum listing_kind kind, const json_t *fields,
                     json_t **listing);
bool listings_read(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                   json_t **listing);
/* Members in changes are set, the others stay; the state is not theirs. */
bool listings_update(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                     long version, json_t *changes, json_t **listing);
/* Drafts only: CONFLICT for anything later. */
bool listings_delete(struct tx *tx, const struct actor *actor, enum listing_kind kind, const char *id,
                     long version);
/* reason may be NULL where the workflow needs none. A published listing is published anew with its new state.
 */
bool listings_transition(struct tx *tx, const struct node *node, const struct actor *actor,
                         enum listing_kind kind, const char *id, const char *to, const char *reason,
                         json_t **listing);
/* There is such a listing; else NOT_FOUND. */
bool listings_expect(struct tx *tx, enum listing_kind kind, const char *id);
/* Appends what happened, with commas between, newest first; NOT_FOUND. */
bool listings_history(struct tx *tx, enum listing_kind kind, const char *id, struct buffer *out);
/* Somebody who works on it has looked at what other towns answered. */
bool listings_seen(struct tx *tx, enum listing_kind kind, const char *id);

#endif
