/* One entry of another town's stream, as whoever takes it in is handed it: the seam between taken (which
 * reads streams) and those who know what an entry means (cases, registry_town). Borrowed for the call. */
#ifndef NODE_WORK_NETWORK_TAKEN_ENTRY_H
#define NODE_WORK_NETWORK_TAKEN_ENTRY_H

#include "node/base/node.h"
#include "node/db/network/peers.h"
#include "protocol/chain.h"
#include "protocol/entry.h"

/* What became of one entry. Nonsense is kept, marked and not shown. */
enum taken_verdict { TAKEN_IN, TAKEN_NONSENSE, TAKEN_FAILED };

/* One entry as it is taken in. */
struct taken_entry {
    const struct node *node;
    const struct db_peer *peer; /* whose stream it is in */
    const char *stream;
    struct cursor at;
    const struct entry *entry; /* body checked */
};

#endif
