/* This node's names, compiled for the gate: made once per process, and added to as names are recorded; made
 * anew only when a name was changed or removed, or a place is new. Any thread. */
#ifndef NODE_WORK_PUBLICATION_KNOWN_NAMES_H
#define NODE_WORK_PUBLICATION_KNOWN_NAMES_H

#include "node/core/names.h"
#include "node/db/db.h"
#include "node/base/node.h"

struct known_names;

/* The directory as it is in this transaction, which nobody changes until the same thread releases it. NULL
 * with a problem: nothing may then leave. */
struct known_names *known_names_acquire(struct tx *tx, const struct node *node);
void known_names_release(struct known_names *directory);

/* Borrowed until known_names_release. */
const struct names *known_names_compiled(const struct known_names *directory);

#endif
