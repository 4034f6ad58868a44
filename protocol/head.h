/* Heads: the signed newest link of a stream, a compact JWS (SPEC.md section 7). Any thread. */
#ifndef PROTOCOL_HEAD_H
#define PROTOCOL_HEAD_H

#include <stdint.h>

#include "protocol/authority.h"
#include "protocol/chain.h"
#include "protocol/err.h"
#include "protocol/key.h"

enum { HEAD_SIZE = 1025 /* with its NUL */, HEAD_FRESH_SECONDS = 900 };

struct head {
    char origin[AUTHORITY_SIZE];   /* iss */
    char stream[STREAM_NAME_SIZE]; /* net, or to/ and an authority */
    struct position position;      /* epoch and seq from 1 on, and the chain there */
    int64_t issued_at;             /* iat: Unix seconds */
    char key_id[KEY_ID_SIZE];      /* kid, as read; whose it is, head_verify tells */
};

/* Signs a head under key (head->key_id is not looked at) into out, which stays as it was on error:
 * ERR_NO_MEMORY, ERR_CRYPTO. The caller answers for what the head says: names that are not valid, or a seq of
 * 0, break the program off. */
enum err_code head_sign(const struct head *head, const struct key_private *key, char out[HEAD_SIZE],
                        struct err *err);
/* Reads a JWS of `length` octets without verifying it; out is set on ERR_OK alone. ERR_MALFORMED,
 * ERR_NO_MEMORY. */
enum err_code head_parse(const char *jws, size_t length, struct head *out, struct err *err);
/* Reads a JWS and verifies it under key: ERR_MALFORMED, ERR_SIGNATURE_INVALID (also when it names another
 * key), ERR_NO_MEMORY, ERR_CRYPTO. */
enum err_code head_verify(const char *jws, size_t length, const struct key_public *key, struct err *err);

#endif
