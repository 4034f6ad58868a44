/* This node's names, compiled for the gate: made once per process and made anew when a name changed. Any
 * thread; whoever acquired a directory keeps it until released, also when a newer one is made meanwhile. */
#ifndef NODE_WORK_PUBLICATION_KNOWN_NAMES_H
#define NODE_WORK_PUBLICATION_KNOWN_NAMES_H

#include "node/core/names.h"
#include "node/db/db.h"
#include "node/base/node.h"

struct known_names;

/* The directory as it is in this transaction. NULL with a problem: nothing may then leave. */
struct known_names *known_names_acquire(struct tx *tx, const struct node *node);
void known_names_release(struct known_names *directory);

/* Borrowed until known_names_release. */
const struct names *known_names_compiled(const struct known_names *directory);

#endif
