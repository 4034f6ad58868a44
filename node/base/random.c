#include "node/base/random.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

void random_octets(void *out, size_t size)
{
    /* Without randomness nothing here is safe: not signing in, not signing. */
    if (RAND_bytes(out, (int)size) != 1)
        abort();
}

uint32_t random_number(void)
{
    uint32_t number;

    random_octets(&number, sizeof number);
    return number;
}

void random_uuid(char out[RANDOM_UUID_SIZE])
{
    uint8_t b[16];

    random_octets(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(out, RANDOM_UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}
