/* Ed25519 keys (RFC 8032, 8037, 7638; SPEC.md sections 3.2 and 3.3).
 *
 * Keys are parsed once and kept: parsing costs three times a verification. Objects are immutable after
 * creation and may be used from several threads at once. create/from functions give an owned object, destroy
 * takes NULL. */
#ifndef PROTOCOL_KEY_H
#define PROTOCOL_KEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/err.h"

enum { KEY_SIZE = 32, KEY_SIGNATURE_SIZE = 64, KEY_ID_SIZE = 44, KEY_FINGERPRINT_SIZE = 36 };

struct key_public;
struct key_private;

/* From a JWK object (SPEC.md section 3.2); refuses private members, unknown members, small-order points,
 * octets that are no point: ERR_MALFORMED. NULL on error, also ERR_NO_MEMORY, ERR_CRYPTO. */
struct key_public *key_public_from_jwk(const json_t *jwk, struct err *err);
/* The same as a rule for struct json_field.check. */
bool key_check_jwk(const json_t *jwk, struct err *err);
/* The same of the 32 octets x. */
struct key_public *key_public_from_raw(const uint8_t raw[KEY_SIZE], struct err *err);
/* New reference, members crv, kty, x only. NULL: out of memory. */
json_t *key_public_to_jwk(const struct key_public *key);
/* Borrowed: the key id (43 characters), the 32 octets. */
const char *key_public_id(const struct key_public *key);
const uint8_t *key_public_raw(const struct key_public *key);
/* "12345 67890 …": six groups (SPEC.md section 3.3). */
void key_public_fingerprint(const struct key_public *key, char out[KEY_FINGERPRINT_SIZE]);
/* Compares what a person typed (white space free) with the key's fingerprint. */
bool key_public_fingerprint_matches(const struct key_public *key, const char *typed);
bool key_public_equal(const struct key_public *a, const struct key_public *b);
/* Owned. NULL: out of memory. */
struct key_public *key_public_copy(const struct key_public *key);
void key_public_destroy(struct key_public *key);

/* Owned; NULL: ERR_NO_MEMORY, ERR_CRYPTO. */
struct key_private *key_private_generate(struct err *err);
struct key_private *key_private_from_seed(const uint8_t seed[KEY_SIZE], struct err *err);
/* PEM PKCS#8 text of `length` octets, not encrypted: also ERR_MALFORMED. The caller wipes the text. */
struct key_private *key_private_from_pem(const char *pem, size_t length, struct err *err);
/* Owned PEM text, to be wiped and freed; NULL: out of memory. */
char *key_private_to_pem(const struct key_private *key);
/* Borrowed. */
const struct key_public *key_private_public(const struct key_private *key);
void key_private_destroy(struct key_private *key);

/* Signs `size` octets as they are (Ed25519 hashes them itself). ERR_NO_MEMORY, ERR_CRYPTO. */
enum err_code key_sign(const struct key_private *key, const void *message, size_t size,
                       uint8_t signature[KEY_SIGNATURE_SIZE], struct err *err);
/* ERR_OK, ERR_SIGNATURE_INVALID, ERR_NO_MEMORY, ERR_CRYPTO. */
enum err_code key_verify(const struct key_public *key, const void *message, size_t size,
                         const uint8_t signature[KEY_SIGNATURE_SIZE], struct err *err);

#endif
