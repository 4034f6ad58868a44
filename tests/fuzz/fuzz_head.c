#include <string.h>

#include "protocol/head.h"
#include "protocol/json_profile.h"
#include "tests/fuzz/fuzz.h"

/* A head that was read can be signed, and then says the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[KEY_SIZE] = {1};
    static struct key_private *key;
    struct head head;
    struct head again;
    char jws[HEAD_SIZE];
    if (!key)
        key = key_private_from_seed(seed, NULL);
    if (head_parse((const char *)data, size, &head, NULL) != ERR_OK)
        return 0;
    fuzz_demand(authority_valid(head.origin) && authority_stream_valid(head.stream));
    fuzz_demand(head_verify((const char *)data, size, key_private_public(key), NULL) != ERR_OK);
    fuzz_demand(head_sign(&head, key, jws, NULL) == ERR_OK);
    fuzz_demand(head_parse(jws, strlen(jws), &again, NULL) == ERR_OK);
    fuzz_demand(memcmp(&head.position, &again.position, sizeof head.position) == 0);
    fuzz_demand(head.issued_at == again.issued_at && strcmp(head.stream, again.stream) == 0);
    return 0;
}
