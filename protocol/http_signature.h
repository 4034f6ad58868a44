/* Signed requests: RFC 9421 with the one profile of SPEC.md section 5, and RFC 9530 digests. Any thread. */
#ifndef PROTOCOL_HTTP_SIGNATURE_H
#define PROTOCOL_HTTP_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/key.h"

/* LIFETIME: seconds from created to expires in what we sign; SKEW: seconds by which clocks may differ. */
enum {
    HTTP_SIGNATURE_NONCE_SIZE = 23,
    HTTP_SIGNATURE_LIFETIME = 60,
    HTTP_SIGNATURE_SKEW = 60,
    HTTP_SIGNATURE_DIGEST_SIZE = 64
};

/* A request as the signature sees it. All borrowed. Header values are those of the single field line;
 * has_body says whether a body belongs to the request (then content_digest and content_type are required). */
struct http_message {
    const char *method;
    const char *authority; /* the callee's, from configuration */
    const char *path;      /* raw */
    const char *query;     /* raw, without '?'; NULL or "" if none */
    bool has_body;
    struct bytes body;
    const char *content_type;
    const char *content_digest;
    const char *signature_input;
    const char *signature;
};

/* What a Signature-Input says (section 5.2); base is owned. */
struct http_signature {
    char key_id[KEY_ID_SIZE];
    char nonce[HTTP_SIGNATURE_NONCE_SIZE];
    int64_t created; /* Unix seconds, as expires: from 0 on, and before it */
    int64_t expires;
    uint8_t value[KEY_SIGNATURE_SIZE];
    struct buffer base; /* the signature base to verify */
};

/* Signs: created is now, in Unix seconds, nonce 16 fresh random octets. Writes owned header values, to be
 * freed by the caller; NULL both on error: ERR_NO_MEMORY, ERR_CRYPTO, ERR_SIGNATURE_MALFORMED (a value that
 * cannot be signed). message->signature* are ignored; message->content_digest and content_type must be set if
 * has_body (http_signature_digest). */
enum err_code http_signature_sign(const struct http_message *message, const struct key_private *key,
                                  int64_t created, const uint8_t nonce[16], char **signature_input,
                                  char **signature, struct err *err);

/* Parses both fields and builds the signature base (step 2 of section 5.3): ERR_SIGNATURE_MISSING,
 * ERR_SIGNATURE_MALFORMED, ERR_NO_MEMORY. On error out is empty and need not be finished. */
enum err_code http_signature_parse(const struct http_message *message, struct http_signature *out,
                                   struct err *err);
/* Step 4, with now in Unix seconds: ERR_SKEW. */
enum err_code http_signature_check_time(const struct http_signature *signature, int64_t now, struct err *err);
/* Step 5: recomputes the digest of the body, if there is one: ERR_DIGEST_MISMATCH. */
enum err_code http_signature_check_digest(const struct http_message *message, struct err *err);
/* Step 6: ERR_SIGNATURE_INVALID, ERR_NO_MEMORY, ERR_CRYPTO. That key is the one of signature->key_id is the
 * caller's to see to (step 3). */
enum err_code http_signature_verify(const struct http_signature *signature, const struct key_public *key,
                                    struct err *err);
void http_signature_finish(struct http_signature *signature);

/* A covered component and its value, as RFC 9421 section 2 defines it; both borrowed. */
struct http_component {
    const char *name;
    const char *value;
};
/* Builds the signature base (RFC 9421 section 2.5) that a Signature-Input of one member asks for, whatever it
 * covers and whatever its parameters, and appends it to base. The profile's own functions use it; so can
 * other profiles and tests of RFC 9421's examples. ERR_SIGNATURE_MALFORMED: not one member, or a component
 * that is not among those given, carries parameters, or comes twice. ERR_NO_MEMORY. */
enum err_code http_signature_base(const char *signature_input, const struct http_component *components,
                                  size_t count, struct buffer *base, struct err *err);

/* "sha-256=:…:" of the body, a Content-Digest (RFC 9530). */
void http_signature_digest(struct bytes body, char out[HTTP_SIGNATURE_DIGEST_SIZE]);

#endif
