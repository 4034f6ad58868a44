/* Names of nodes and of streams (SPEC.md sections 3.1 and 6.1). Any thread. */
#ifndef PROTOCOL_AUTHORITY_H
#define PROTOCOL_AUTHORITY_H

#include <stdbool.h>

/* AUTHORITY_MAX octets keep every head of a to/ stream, which names two authorities, under its 1,024 octets.
 */
enum { AUTHORITY_MAX = 200, AUTHORITY_SIZE = 256, STREAM_NAME_SIZE = AUTHORITY_SIZE + 3 };

bool authority_valid(const char *authority);
/* "net", or "to/" and an authority. */
bool authority_stream_valid(const char *name);
/* Splits into host (AUTHORITY_SIZE) and port (443 when absent). authority must be valid. */
void authority_split(const char *authority, char *host, unsigned *port);

#endif
