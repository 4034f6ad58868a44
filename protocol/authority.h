/* Names of nodes and of streams (SPEC.md sections 3.1 and 6.1). Any thread. */
#ifndef PROTOCOL_AUTHORITY_H
#define PROTOCOL_AUTHORITY_H

#include <stdbool.h>

/* AUTHORITY_MAX octets keep every head of a to/ stream, which names two authorities, under its 1,024 octets.
 * SIZE is that of arrays, with the NUL. */
enum { AUTHORITY_MAX = 200, AUTHORITY_SIZE = 256, STREAM_NAME_SIZE = AUTHORITY_SIZE + 3 };

/* host or host:port, in its one spelling; what is valid needs no escaping in JSON, URLs or messages. */
bool authority_valid(const char *authority);
/* "net", or "to/" and an authority. */
bool authority_stream_valid(const char *name);
/* Splits a valid authority into host (AUTHORITY_SIZE octets) and port (443 when absent). */
void authority_split(const char *authority, char *host, unsigned *port);

#endif
