/* Who sent a federation request: the order of defence of SPEC.md section 5.3. Any worker thread. */
#ifndef NODE_FEDERATION_AUTHENTICATE_H
#define NODE_FEDERATION_AUTHENTICATE_H

#include "node/call.h"

#define FEDERATION_PAGES "/federation/v1/pages"
#define FEDERATION_HINT  "/federation/v1/hint"
#define FEDERATION_JOIN  "/federation/v1/join"

/* True when the request is signed by a known peer that may make it: fills peer, peer_state and
 * signature_created. A join is signed by the key in its own body: then peer stays NULL. Else a problem. */
bool authenticate_peer(struct call *call);

#endif
