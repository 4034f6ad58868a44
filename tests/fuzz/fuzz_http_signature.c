#include <string.h>

#include "protocol/http_signature.h"
#include "protocol/json_profile.h"
#include "tests/fuzz/fuzz.h"

/* Cuts the next line off. */
static const char *next_field(char **rest)
{
    char *field = strsep(rest, "\n");
    return !field ? "" : field;
}

/* Three lines: Signature-Input, Signature, Content-Digest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_component known[] = {{"@method", "POST"}, {"date", "now"}};
    char *text = fuzz_text(data, size);
    char *rest = text;
    struct http_message message = {
        .method = "POST",
        .authority = "a.example",
        .path = "/federation/v1/hint",
        .query = "",
        .content_type = "application/jose",
        .body = {data, size},
    };
    struct buffer base;

    message.signature_input = next_field(&rest);
    message.signature = next_field(&rest);
    message.content_digest = next_field(&rest);
    for (int has_body = 0; has_body < 2; has_body++) {
        struct http_signature signature;
        struct err err;
        message.has_body = has_body == 1;
        if (http_signature_parse(&message, &signature, &err) == ERR_OK) {
            fuzz_demand(signature.base.size > 0 && strlen(signature.key_id) == KEY_ID_SIZE - 1);
            fuzz_demand(signature.created < signature.expires);
            http_signature_check_time(&signature, 1790000000, &err);
        } else {
            fuzz_demand(err.code == ERR_SIGNATURE_MALFORMED && !signature.base.data);
        }
        http_signature_finish(&signature);
        http_signature_check_digest(&message, &err);
    }
    base = (struct buffer){0};
    http_signature_base(message.signature_input, known, 2, &base, NULL);
    buffer_free(&base);
    free(text);
    return 0;
}
