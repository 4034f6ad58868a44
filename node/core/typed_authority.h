/* The authority (SPEC.md section 3.1) that a person means by what they type or copy: an address of a browser,
 * a name with umlauts or capitals, a dot at its end. Other nodes' words are never read this way: theirs are
 * right or refused. Any thread. */
#ifndef NODE_CORE_TYPED_AUTHORITY_H
#define NODE_CORE_TYPED_AUTHORITY_H

#include <stdbool.h>

#include "protocol/authority.h"

/* False: it means no authority; out is undefined then. Names are turned into A-labels as UTS 46 and IDNA 2008
 * say. */
bool typed_authority_read(const char *typed, char out[AUTHORITY_SIZE]);

#endif
