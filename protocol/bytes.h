/* Octets: borrowed views, a growable buffer, base64url. No globals; any thread. */
#ifndef PROTOCOL_BYTES_H
#define PROTOCOL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed view. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

/* Owned and growable; zero-initialise to begin. After a failed allocation `failed` stays true, further writes
 * do nothing, and the content must not be used: callers check once at the end. `data` is always
 * NUL-terminated. */
struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
};

/* data may be NULL when size is 0, and must not lie in the buffer itself. */
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Gives up the content to the caller, who frees it: a text, "" when nothing was written; NULL if failed. The
 * buffer is empty afterwards. */
char *buffer_steal(struct buffer *buffer);
/* Frees the content; the struct may be used again. */
void buffer_free(struct buffer *buffer);

/* Compares in constant time for equal sizes: what is compared may be a secret. */
bool bytes_equal(struct bytes a, struct bytes b);
/* text without its NUL. */
bool bytes_text_equal(struct bytes a, const char *text);

/* base64url without padding (SPEC.md section 2). encode: out holds BYTES_B64U_SIZE(n) chars including NUL.
 * decode: true only when text (of `length` characters, NUL or not) is canonical and stands for exactly `size`
 * octets; on false, out may be half written. */
#define BYTES_B64U_SIZE(n) (((n)*4 + 2) / 3 + 1)
void bytes_b64u_encode(const uint8_t *data, size_t size, char *out);
bool bytes_b64u_decode(const char *text, size_t length, uint8_t *out, size_t size);
/* For unknown sizes: appends to out; false if not canonical, or out of memory (out->failed). */
bool bytes_b64u_decode_any(const char *text, size_t length, struct buffer *out);

/* Base64 with + and /, likewise without padding. Unused bits may be set (RFC 8941 section 4.2.7). */
bool bytes_b64_decode(const char *text, size_t length, uint8_t *out, size_t size);

/* SHA-256 into out[32]. Never fails. */
void bytes_sha256(const void *data, size_t size, uint8_t out[32]);

#endif
