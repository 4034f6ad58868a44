/* Randomness from the operating system: the only place where node/ draws lots. An object file of its own, as
 * the clock's readings are: a simulator brings its own. Any thread. */
#ifndef NODE_BASE_RANDOM_H
#define NODE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/uuid.h"

/* Good enough for keys; the program ends when there is none. */
void random_octets(void *out, size_t size);
/* Any number, each as likely. */
uint32_t random_number(void);
/* UUIDv4. */
void random_uuid(char out[UUID_SIZE]);

#endif
