/* Heads: the signed newest link of a stream, a compact JWS (SPEC.md section 7). Any thread. */
#ifndef PROTOCOL_HEAD_H
#define PROTOCOL_HEAD_H

#include <stdint.h>

#include "protocol/authority.h"
#include "protocol/chain.h"
#include "protocol/err.h"
#include "protocol/key.h"

enum { HEAD_SIZE = 1025, HEAD_FRESH_SECONDS = 900 };

struct head {
    char origin[AUTHORITY_SIZE];
    char stream[STREAM_NAME_SIZE];
    struct position position;
    int64_t issued_at;
    char key_id[KEY_ID_SIZE];
};

enum err_code head_sign(const struct head *head, const struct key_private *key, char out[HEAD_SIZE],
                        struct err *err);
/* Reads a JWS without verifying it: ERR_MALFORMED. */
enum err_code head_parse(const char *jws, size_t length, struct head *out, struct err *err);
/* Verifies the JWS that head_parse read: ERR_SIGNATURE_INVALID (also when key_id is another key's). */
enum err_code head_verify(const char *jws, size_t length, const struct key_public *key, struct err *err);

#endif
