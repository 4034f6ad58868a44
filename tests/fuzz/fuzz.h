/* What a fuzz target gives: the libFuzzer entry point, and seeds made from the published vectors.
 *
 * With `clang -fsanitize=fuzzer` libFuzzer drives it. Linked with fuzz_main.c instead it is a plain program
 * that runs the seeds and a fixed number of mutations of them, the same ones every time (fuzz_main.c says
 * how). */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "protocol/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file under protocol/vectors/ that seeds come from. */
extern const char *const fuzz_vectors;
/* Makes a seed from one of its cases; leaves out empty if the case gives none. */
void fuzz_seed(const json_t *vector, struct buffer *out);

/* Breaks off, so that libFuzzer or a test notices. Unlike assert, never compiled away. */
static inline void fuzz_demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* The input as a text that ends in NUL, for parsers of C strings: what a string can hold of it. To be freed.
 */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    struct buffer text = {0};
    buffer_append(&text, data, size);
    char *stolen = buffer_steal(&text);
    fuzz_demand(stolen != NULL);
    return stolen;
}

#endif
