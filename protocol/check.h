/* What must be true for a signed, append-only stream to stay one. Unlike assert it is on in every profile: to
 * stop is better than to sign, store or acknowledge what is wrong. Never for what comes from outside. */
#ifndef PROTOCOL_CHECK_H
#define PROTOCOL_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                     \
    ((condition) ? (void)0 : (fprintf(stderr, "%s:%d: CHECK(%s)\n", __FILE__, __LINE__, #condition), abort()))

#endif
