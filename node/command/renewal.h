/* The certificate of a running node: read when it starts, and again when it is asked to (SIGHUP) or when one
 * of the two files changed. What cannot be read or is no pair is told, and the node goes on with what it has.
 * On the main thread. */
#ifndef NODE_COMMAND_RENEWAL_H
#define NODE_COMMAND_RENEWAL_H

#include "node/base/node.h"
#include "node/http/server.h"

enum { RENEWAL_PIECES = 128 };

struct renewal {
    char looked_at[RENEWAL_PIECES]; /* which state of the files was read last */
    bool refused;                   /* and that it was not taken: told, and tried again at every look */
};

/* Both files as PEM; the caller hands them to renewal_forget. False with a problem. */
struct renewal_pair {
    char *certificate, *key;
};
bool renewal_read(struct renewal *renewal, const struct config *config, struct renewal_pair *pair,
                  struct problem *problem);
void renewal_forget(struct renewal_pair *pair);

/* After the start: what there is to say of the certificate, to the log and to the node. */
void renewal_tell(struct node *node, const struct server *server);
/* Reads them again and hands them to the server, if they changed since or if it is asked for. */
enum renewal_reason { RENEWAL_IF_CHANGED, RENEWAL_ASKED_FOR };
void renewal_look(struct renewal *renewal, struct node *node, struct server *server,
                  enum renewal_reason reason);

#endif
