#include <string.h>

#include "protocol/authority.h"
#include "tests/fuzz/fuzz.h"

/* An authority is safe to put between quotes and into a URL, and falls into a host and a port. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char host[AUTHORITY_SIZE];
    unsigned port;
    if (authority_valid(text)) {
        fuzz_demand(strlen(text) <= AUTHORITY_MAX);
        fuzz_demand(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.:") == strlen(text));
        authority_split(text, host, &port);
        fuzz_demand(port >= 1 && port <= 65535 && host[0] != '\0' && !strchr(host, ':'));
        fuzz_demand((port == 443) == (!strchr(text, ':')));
    }
    authority_stream_valid(text);
    free(text);
    return 0;
}
