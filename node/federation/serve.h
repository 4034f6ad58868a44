/* What other nodes may ask of us (SPEC.md section 10), and the calls of our own API that ask other nodes.
 * Handlers run on worker threads. */
#ifndef NODE_FEDERATION_SERVE_H
#define NODE_FEDERATION_SERVE_H

#include "node/base/fields.h"
#include "node/call.h"
#include "node/db/say/streams.h"
#include "node/http/router.h"

extern const struct route serve_routes[];
extern const struct fields_schema serve_schemas[];

/* Is our key still the one that counts? It was changed when not, and this process was not started anew: it
 * must sign nothing more (BUSY). SHARE: it stays so until the transaction ends; to be called before any
 * stream is locked, as those who append do. */
bool serve_may_sign(struct tx *tx, const struct node *node, enum db_streams_lock lock);

/* GET /federation/v1/pages */
void serve_pages(struct call *call);
/* POST /federation/v1/join, and the form of its body. */
extern const struct json_field serve_join_fields[];
void serve_join(struct call *call);
/* POST /api/v1/peers, POST /api/v1/memberships: they live here because they talk to other nodes. */
void serve_peers_add(struct call *call);
void serve_memberships_create(struct call *call);

#endif
