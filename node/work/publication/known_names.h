/* This node's names, compiled for the gate: made once per process and made anew when a name changed. Any
 * thread; whoever acquired a directory keeps it until released, also when a newer one is made meanwhile. */
#ifndef NODE_WORK_PUBLICATION_KNOWN_NAMES_H
#define NODE_WORK_PUBLICATION_KNOWN_NAMES_H

#include "node/core/names.h"
#include "node/db/db.h"
#include "node/base/node.h"

struct directory;

/* The directory as it is in this transaction. NULL with a problem: nothing may then leave. */
struct directory *directory_acquire(struct tx *tx, const struct node *node);
void directory_release(struct directory *directory);

/* Borrowed until directory_release. */
const struct names *directory_names(const struct directory *directory);

#endif
