/* Proxies whose word counts: who asks (X-Forwarded-For), and whether over TLS (X-Forwarded-Proto). What
 * anybody else says of that is nothing, and what a proxy says of Host is not looked at: who we are stands in
 * the configuration. Read-only once made: any thread. */
#ifndef NODE_HTTP_PROXIES_H
#define NODE_HTTP_PROXIES_H

#include <netinet/in.h>
#include <stdbool.h>

#include "node/base/problem.h"
#include "node/http/request.h"

struct proxies;

/* The address of who comes through a Unix socket, where there are none. */
#define PROXIES_UNIX "unix"

/* "127.0.0.1, 2001:db8::/32, unix": addresses, networks, and whoever may open our Unix socket. "": nobody.
 * NULL with a problem. */
struct proxies *proxies_create(const char *list, struct problem *problem);
void proxies_destroy(struct proxies *proxies);
bool proxies_trusts(const struct proxies *proxies, const char *address);

/* Puts in place what a trusted proxy says: request->address becomes client's text, the rightmost entry that
 * is not a trusted proxy's itself; request->listener the scheme; request->proxied is set. A request that says
 * neither is the proxy's own, as one of somebody who is not trusted is theirs: nothing changes. One that does
 * not say who asks, for more than our health, is told in the log once an hour. */
void proxies_apply(const struct proxies *proxies, struct request *request, char client[INET6_ADDRSTRLEN]);

#endif
