/* What one running node knows about itself: configuration, key, places. Made at start and never changed, but
 * for what is said to be; read by all threads (a new signing key needs a restart of the town's processes, see
 * `hf-node key --help`). */
#ifndef NODE_BASE_NODE_H
#define NODE_BASE_NODE_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/base/config.h"
#include "node/base/problem.h"
#include "protocol/key.h"

struct node {
    const struct config *config; /* borrowed */
    const char *authority;       /* config's */
    bool office;
    struct key_private *key;       /* owned: signs streams and requests */
    json_t *areas;                 /* array of {scheme, code, valid_on} */
    char region_code[17];          /* NUTS code for coarsening; "" if none */
    char region_name[4 * 120 + 1]; /* at most 120 characters */
    int64_t latitude_e6, longitude_e6;
    /* These two change: */
    atomic_bool settled; /* the database was there and is ours; until then all that needs it waits */
    _Atomic int64_t certificate_end; /* Unix seconds; 0: no HTTPS of its own */
};

/* So long before its end a certificate is told to be renewed. */
enum { NODE_CERTIFICATE_DAYS = 21 };

/* Reads the signing key and derives the rest. NULL with a problem that says what to mend. */
struct node *node_create(const struct config *config, struct problem *problem);
void node_destroy(struct node *node);

/* When our certificate ends, if that is so soon, or over, that somebody must be told: Unix seconds; else 0.
 */
int64_t node_certificate_due(const struct node *node);

/* The name of the wider region that can be named instead of this municipality; NULL when it is not known to
 * lie there. */
const char *node_region_of(const struct node *node, const char *municipality);

/* Reads a whole file, at most limit octets; owned, NUL-terminated; NULL with problem. */
char *node_read_file(const char *path, size_t limit, size_t *size, struct problem *problem);

#endif
