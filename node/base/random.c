#include "node/base/random.h"

#include <openssl/rand.h>
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

void random_uuid(char out[UUID_SIZE])
{
    uint8_t octets[UUID_OCTETS];

    random_octets(octets, sizeof octets);
    uuid_make(octets, out);
}
