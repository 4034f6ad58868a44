/* UUIDs of version 4, in the one form that the protocol knows (SPEC.md section 2). No globals; any thread. */
#ifndef PROTOCOL_UUID_H
#define PROTOCOL_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { UUID_OCTETS = 16, UUID_SIZE = 37 };

/* Version 4 (RFC 9562 section 5.4), lower case, 36 characters. */
bool uuid_valid(const char *text);
/* Makes one of 16 octets, which must be random; six of their bits give way to version and variant. */
void uuid_make(const uint8_t octets[UUID_OCTETS], char out[UUID_SIZE]);

#endif
