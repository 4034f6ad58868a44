/* The certificate and key of the TLS listener, which may be changed while connections are open.
 *
 * Each connection takes the pair that stands when it begins and holds it to its end, so that a handshake is
 * finished with what it was begun with; a pair that was replaced goes with its last connection. Any thread.
 */
#ifndef NODE_HTTP_CERTIFICATE_H
#define NODE_HTTP_CERTIFICATE_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/base/problem.h"

struct certificates;
struct certificate;

/* NULL without memory. */
struct certificates *certificates_create(void);
/* Only after every connection gave back what it took; takes NULL. */
void certificates_destroy(struct certificates *certificates);

/* PEM: the chain, the node's own first, and its key. False with a problem if they cannot be read or are no
 * pair: what stood before still stands then. */
bool certificates_change(struct certificates *certificates, const char *chain_pem, const char *key_pem,
                         struct problem *problem);

/* When the one that stands expires, in seconds since 1970; 0 if none stands. */
int64_t certificates_end(struct certificates *certificates);

/* For one session, until certificate_give_back. NULL if none stands or GnuTLS has no memory. */
struct certificate *certificates_take(struct certificates *certificates, gnutls_session_t session);
/* When the session is over; takes NULL. */
void certificates_give_back(struct certificates *certificates, struct certificate *certificate);

#endif
