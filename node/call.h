/* One call of a handler: the request, who makes it, and what the handler may use. Lives on a worker's stack.
 *
 * The route table says who may call; by the time a handler runs, session, body and content type have been
 * checked. A handler calls work/, then fills call->reply, or sets call->problem and returns; dispatch.c turns
 * that into the reply. */
#ifndef NODE_CALL_H
#define NODE_CALL_H

#include <jansson.h>
#include <stdbool.h>

#include "node/base/actor.h"
#include "node/db/db.h"
#include "node/db/idempotency.h"
#include "node/http/files.h"
#include "node/http/reply.h"
#include "node/http/request.h"
#include "node/http/router.h"
#include "node/base/node.h"
#include "protocol/authority.h"

/* Cookies do not separate ports, so the authority is in their names: one browser stays signed in to several
 * nodes on one host. Over TLS they are named __Host-, which no page of a neighbouring host can set. */
enum call_cookie {
    CALL_COOKIE_SESSION,  /* the session's token */
    CALL_COOKIE_BROWSERS, /* what the browser is known by (work/people/brakes.h) */
    CALL_COOKIES
};
enum { CALL_COOKIE_NAME_SIZE = 288, CALL_COOKIE_SIZE = 256 }; /* "__Host-hf_known_", the authority; a value */

struct call {
    const struct node *node;
    const struct files *files; /* the screens; NULL: none */
    struct db *db;
    const struct route *route; /* the row that leads here */
    const struct request *request;
    struct reply *reply;
    struct problem problem;
    struct actor actor; /* signed-in user; empty on public routes */
    struct {
        char authority[AUTHORITY_SIZE];
        char state[16];
        bool office;
    } signer;         /* the signing node on federation routes */
    const char *peer; /* its authority, else NULL */
    const char *peer_state;
    int64_t signature_created; /* federation routes */
    json_t *body;              /* parsed JSON object, NULL if the route takes none; owned by dispatch.c */
    long version;              /* If-Match; 0: not given */
    struct db_idempotency_claim *claim; /* to the Idempotency-Key; NULL: none. Owned by dispatch.c */
    char cookies[CALL_COOKIES][CALL_COOKIE_SIZE]; /* those that were asked for */
    char place[DB_IDEMPOTENCY_PLACE_SIZE];        /* path of what a creation made; "": it has none */
};

/* The value of the request's cookie of this node, NULL if none. */
const char *call_cookie(struct call *call, enum call_cookie cookie);
/* For this node's origin and no script. SameSite=Strict: a link from a mail opens the sign-in page once more,
 * and no other site can act in our name. */
void call_set_cookie(struct call *call, enum call_cookie cookie, const char *value, long seconds);

/* For handlers: runs body in a transaction of the call's database with the call as argument. */
bool call_transaction(struct call *call, bool (*body)(struct tx *tx, void *arg), void *arg);
/* The same for what creates: with an Idempotency-Key it happens once, and a repetition is answered by
 * dispatch.c with what stands at call->place, which the body sets if there is one. The reply gets Location.
 */
bool call_create(struct call *call, bool (*body)(struct tx *tx, void *arg), void *arg);

/* Path parameter n as a UUID; NULL with NOT_FOUND when it is none. */
const char *call_uuid(struct call *call, size_t n);
/* If-Match was given; else PRECONDITION_REQUIRED. */
bool call_version(struct call *call);
/* The query by the route's own table; see query_read. */
bool call_query(struct call *call, json_t **query);

#endif
