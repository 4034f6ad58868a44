#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Octets have one spelling. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer octets = {0};
    if (bytes_b64u_decode_any((const char *)data, size, &octets)) {
        char *again = malloc(BYTES_B64U_SIZE(octets.size));
        fuzz_demand(again != NULL);
        bytes_b64u_encode(octets.data, octets.size, again);
        fuzz_demand(strlen(again) == size && memcmp(again, data, size) == 0);
        free(again);
    }
    buffer_free(&octets);
    return 0;
}
