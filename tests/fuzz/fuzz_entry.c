#include <string.h>

#include "protocol/entry.h"
#include "tests/fuzz/fuzz.h"

/* What is in order can be written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct entry entry;
    struct entry again;
    struct buffer line = {0};
    struct err err;
    if (entry_parse((const char *)data, size, &entry, &err) != ERR_OK) {
        fuzz_demand(!entry.body);
        return 0;
    }
    if (entry_check(&entry, &err) == ERR_OK) {
        /* Written it may grow over the limit: escapes become shorter, but white space that was left out stays
         * out. */
        fuzz_demand(entry_write(&entry, &line, &err) == ERR_OK || err.code == ERR_TOO_LARGE);
        if (line.size > 0) {
            fuzz_demand(entry_parse((const char *)line.data, line.size, &again, NULL) == ERR_OK);
            fuzz_demand(again.seq == entry.seq && again.at == entry.at && json_equal(again.body, entry.body));
            entry_finish(&again);
        }
    }
    buffer_free(&line);
    entry_finish(&entry);
    return 0;
}
