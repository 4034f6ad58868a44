/* From an admitted request to a handler and back: who is it, may they, is the body JSON, which version, was
 * this request answered before. The one place where the route table's word on roles becomes a yes or a no. */
#ifndef NODE_DISPATCH_H
#define NODE_DISPATCH_H

#include "node/db/db.h"
#include "node/http/files.h"
#include "node/http/router.h"
#include "node/base/node.h"

/* files: the screens, NULL if there are none. */
void dispatch(const struct node *node, const struct router *router, const struct files *files, struct db *db,
              const struct route *route, const struct request *request, struct reply *reply);

/* Before a large body is read: fills the reply if who sends it may not call the route. */
void dispatch_knock(const struct node *node, struct db *db, const struct route *route,
                    const struct request *request, struct reply *reply);

#endif
