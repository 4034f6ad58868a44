#include <string.h>

#include "protocol/json_profile.h"
#include "protocol/key.h"
#include "tests/fuzz/fuzz.h"

/* A key that was read and written is the same key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    uint8_t signature[KEY_SIGNATURE_SIZE] = {0};
    json_t *jwk = json_profile_parse((const char *)data, size, NULL);
    struct key_public *key = key_public_from_jwk(jwk, &err);
    if (key) {
        json_t *written = key_public_to_jwk(key);
        struct key_public *again = key_public_from_jwk(written, NULL);
        fuzz_demand(again && key_public_equal(key, again));
        fuzz_demand(strcmp(key_public_id(key), key_public_id(again)) == 0);
        fuzz_demand(key_verify(key, data, size, signature, NULL) == ERR_SIGNATURE_INVALID);
        key_public_destroy(again);
        json_decref(written);
    }
    key_public_destroy(key);
    json_decref(jwk);
    return 0;
}
