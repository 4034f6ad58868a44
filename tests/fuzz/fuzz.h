/* What fuzz targets share. Seeds come from the published vectors: node tests/fuzz/make_seeds.mjs DIRECTORY.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "protocol/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Breaks off, so that libFuzzer notices. Unlike assert, never compiled away. */
static inline void fuzz_demand(bool condition)
{
    if (!condition)
        abort();
}

/* The input as a C string, for parsers of such. To be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    struct buffer text = {0};
    char *stolen;

    buffer_append(&text, data, size);
    stolen = buffer_steal(&text);
    fuzz_demand(stolen != NULL);
    return stolen;
}

#endif
