#include <string.h>
#include <unistr.h>

#include "node/http/target.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
    fuzz_demand(!u8_check((const uint8_t *)text, strlen(text)));
}

/* What comes out of a request target lies within it, and what was decoded is UTF-8 that ends where it says.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *target = fuzz_text(data, size), *path;
    size_t length = strlen(target);
    struct bytes raw_path, raw_query;
    struct problem problem = {0};
    struct target_query query = {0};

    if (!target_split(target, &raw_path, &raw_query, &problem))
        goto done;
    fuzz_demand(raw_path.size >= 1 && raw_path.data[0] == '/');
    fuzz_demand(raw_path.size + raw_query.size <= length + 1);
    path = malloc(raw_path.size + 1);
    fuzz_demand(path != NULL);
    if (target_decode(raw_path, false, path)) {
        fuzz_demand(strlen(path) <= raw_path.size);
        check_text(path);
    }
    free(path);
    if (target_query_parse(&query, raw_query, &problem)) {
        fuzz_demand(query.count <= TARGET_QUERY_PARAMETERS);
        for (size_t i = 0; i < query.count; i++) {
            check_text(query.parameters[i].name);
            check_text(query.parameters[i].value);
        }
    }

done:
    target_query_finish(&query);
    problem_finish(&problem);
    free(target);
    return 0;
}
