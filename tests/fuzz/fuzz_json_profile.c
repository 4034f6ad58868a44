#include <string.h>

#include "protocol/json_profile.h"
#include "tests/fuzz/fuzz.h"

/* What is accepted is accepted again after it was written, and means the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    json_t *object = json_profile_parse((const char *)data, size, &err);
    if (object == NULL) {
        fuzz_demand(err.code == ERR_MALFORMED);
        return 0;
    }
    char *written = json_dumps(object, JSON_COMPACT);
    fuzz_demand(written != NULL);
    json_t *again = json_profile_parse(written, strlen(written), &err);
    fuzz_demand(again != NULL && json_equal(object, again));
    free(written);
    json_decref(again);
    json_decref(object);
    return 0;
}
