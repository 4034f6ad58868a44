#include <string.h>

#include "protocol/chain.h"
#include "tests/fuzz/fuzz.h"

/* A cursor has one spelling. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct cursor cursor;
    char again[CURSOR_SIZE];
    if (cursor_parse(text, &cursor)) {
        cursor_format(cursor, again);
        fuzz_demand(strcmp(text, again) == 0);
    }
    free(text);
    return 0;
}
