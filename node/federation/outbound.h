/* Our own requests to other nodes, signed (SPEC.md section 5). Any thread.
 *
 * Sign when sending: the signature lives for a minute. */
#ifndef NODE_FEDERATION_OUTBOUND_H
#define NODE_FEDERATION_OUTBOUND_H

#include "node/federation/transport.h"
#include "node/base/node.h"

/* Owns the texts that request borrows; outbound_finish after transport_send or transport_fetch. */
struct outbound {
    struct transport_request request;
    char *lines[TRANSPORT_HEADERS];
};

/* target: "/path?query". content_type NULL: a GET without body; else a POST of body (borrowed). */
bool outbound_sign(struct outbound *outbound, const struct node *node, const char *authority,
                   const char *target, const char *content_type, struct bytes body, struct err *err);
void outbound_finish(struct outbound *outbound);

/* The slug of a problem document's type, or of the failure to get an answer; at most size - 1 characters,
 * always of [a-z0-9-]. For people and for the peer's health: it never changes what is believed. */
void outbound_error(const struct transport_answer *answer, char *slug, size_t size);

#endif
