/* Anonymised publication: looking at exactly what would leave, letting it leave, telling the others of a new
 * state, and taking it back. Runs in the caller's transaction; objects that come out are new references in
 * the API's form. */
#ifndef NODE_WORK_PUBLICATION_PUBLICATIONS_H
#define NODE_WORK_PUBLICATION_PUBLICATIONS_H

#include "node/base/actor.h"
#include "node/core/workflow.h"
#include "node/db/db.h"
#include "node/base/node.h"

/* request: the checked body (title, text, language, coarsen; all optional). */
bool publications_preview(struct tx *tx, const struct node *node, enum listing_kind kind, const char *id,
                          const json_t *request, json_t **preview);
/* request with the preview's digest and overrides. PREVIEW_OUTDATED, IDENTIFIERS_FOUND. */
bool publications_publish(struct tx *tx, const struct node *node, const struct actor *actor,
                          enum listing_kind kind, const char *id, const json_t *request,
                          json_t **publication);
bool publications_read(struct tx *tx, enum listing_kind kind, const char *id, json_t **publication);
/* Every other town is told to erase it. CONFLICT when nothing is published. */
bool publications_erase(struct tx *tx, const struct node *node, const struct actor *actor,
                        enum listing_kind kind, const char *id, const char *reason, json_t **publication);
/* The listing (locked) has a new state: if it is published, that is published anew with it. What names
 * somebody who was recorded since is not: it is held back, and waits on Today. */
bool publications_restate(struct tx *tx, const struct node *node, const struct actor *actor,
                          enum listing_kind kind, const char *id, const char *state);
/* The peer is active again: what was withheld from it meanwhile is published anew (SPEC.md 8.4), as it stood
 * and for as long as it stood to be kept, or held back as above. So nobody counts as having read what only a
 * placeholder told of. */
bool publications_republish(struct tx *tx, const struct node *node, const char *peer);
/* What stands published in an epoch that is over is said again in the present one, likewise: not everybody
 * need have gone on from our history of the old one (SPEC.md 6.5). Which: array of {id}, at most 500; and one
 * of them. */
bool publications_find_outdated(struct tx *tx, json_t **publications);
bool publications_say_again(struct tx *tx, const struct node *node, const char *id);

#endif
