/* OpenSSL's plain functions for SHA-256, which it would rather not offer any more, need no memory and cannot
 * fail: a chain that could not be computed would have to be reported from everywhere. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "protocol/bytes.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"

/* Makes room for `more` octets and the closing NUL. */
static bool buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed = buffer->size + more + 1;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity * 2;
    uint8_t *data;

    if (buffer->failed || more > SIZE_MAX / 2 - buffer->size - 1) {
        buffer->failed = true;
        return false;
    }
    CHECK(buffer->capacity == 0 ? buffer->size == 0 : buffer->size < buffer->capacity);
    if (needed <= buffer->capacity)
        return true;
    if (capacity < needed)
        capacity = needed;
    data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (!buffer_reserve(buffer, size))
        return;
    if (size > 0)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_puts(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->failed = true;
    } else if (buffer_reserve(buffer, (size_t)length)) {
        vsnprintf((char *)buffer->data + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
}

char *buffer_steal(struct buffer *buffer)
{
    char *text = NULL;

    buffer_append(buffer, "", 0); /* an empty buffer gives an empty string, not NULL */
    if (!buffer->failed) {
        text = (char *)buffer->data;
        buffer->data = NULL;
    }
    buffer_free(buffer);
    return text;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0);
}

bool bytes_text_equal(struct bytes a, const char *text)
{
    return bytes_equal(a, (struct bytes){(const uint8_t *)text, strlen(text)});
}

static const char b64u_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* last_two: the characters in which the two alphabets of RFC 4648 differ. */
static int b64_value(char c, const char last_two[2])
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == last_two[0] ? 62 : c == last_two[1] ? 63 : -1;
}

/* Exactly `size` octets, without padding. *unused: the bits of the last character that belong to none. */
static bool b64_decode(const char *text, size_t length, const char last_two[2], uint8_t *out, size_t size,
                       uint32_t *unused)
{
    uint32_t bits = 0;
    unsigned held = 0;

    if (length != BYTES_B64U_SIZE(size) - 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int value = b64_value(text[i], last_two);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *out++ = (uint8_t)(bits >> held);
        }
    }
    *unused = bits & ((1u << held) - 1);
    return true;
}

void bytes_b64u_encode(const uint8_t *data, size_t size, char *out)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | data[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *out++ = b64u_alphabet[bits >> held & 63];
        }
    }
    if (held > 0)
        *out++ = b64u_alphabet[bits << (6 - held) & 63];
    *out = '\0';
}

bool bytes_b64u_decode(const char *text, size_t length, uint8_t *out, size_t size)
{
    uint32_t unused;

    /* Unused bits that are set would give one value two spellings. */
    return b64_decode(text, length, "-_", out, size, &unused) && unused == 0;
}

bool bytes_b64_decode(const char *text, size_t length, uint8_t *out, size_t size)
{
    uint32_t unused;

    return b64_decode(text, length, "+/", out, size, &unused);
}

bool bytes_b64u_decode_any(const char *text, size_t length, struct buffer *out)
{
    size_t size = length / 4 * 3 + (length % 4 == 0 ? 0 : length % 4 - 1);

    if (length % 4 == 1)
        return false;
    if (!buffer_reserve(out, size) || !bytes_b64u_decode(text, length, out->data + out->size, size))
        return false;
    out->size += size;
    out->data[out->size] = '\0';
    return true;
}

void bytes_sha256(const void *data, size_t size, uint8_t out[32])
{
    SHA256_CTX context;

    SHA256_Init(&context);
    SHA256_Update(&context, data, size);
    SHA256_Final(out, &context);
}
