/* /api/v1/peers: the other nodes, how they are, and whom we trust. Those calls that ask another node are in
 * federation/. */
#ifndef NODE_API_NETWORK_PEERS_H
#define NODE_API_NETWORK_PEERS_H

#include "node/base/fields.h"
#include "node/http/router.h"

extern const struct route api_peers_routes[];
extern const struct fields_schema api_peers_schemas[];

#endif
