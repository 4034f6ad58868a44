#include "protocol/head.h"

#include <stdio.h>
#include <string.h>

#include "protocol/bytes.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"

enum { SIGNATURE_LENGTH = BYTES_B64U_SIZE(KEY_SIGNATURE_SIZE) - 1, HEAD_MAX = HEAD_SIZE - 1 };

static const char *const algorithms[] = {"Ed25519", NULL};
static const char *const types[] = {"hf-head+jwt", NULL};

static const struct json_field header_fields[] = {
    {.name = "alg", .type = JSON_FIELD_ENUM, .required = true, .values = algorithms},
    {.name = "kid", .type = JSON_FIELD_B64U, .required = true, .max = 32},
    {.name = "typ", .type = JSON_FIELD_ENUM, .required = true, .values = types},
    {.name = NULL},
};

static const struct json_field payload_fields[] = {
    {.name = "iss", .type = JSON_FIELD_AUTHORITY, .required = true},
    {.name = "stream", .type = JSON_FIELD_STREAM, .required = true},
    {.name = "epoch", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "seq", .type = JSON_FIELD_INTEGER, .required = true, .min = 1},
    {.name = "chain", .type = JSON_FIELD_B64U, .required = true, .max = CHAIN_SIZE},
    {.name = "iat", .type = JSON_FIELD_INTEGER, .required = true},
    {.name = NULL},
};

/* The three parts of a compact JWS. Borrowed. */
struct parts {
    struct bytes header, payload, signature;
    size_t signed_size; /* header, dot and payload */
};

static bool split(const char *jws, size_t length, struct parts *out)
{
    const char *end, *first, *second;

    /* An absent body has no address either. */
    if (length == 0)
        return false;
    end = jws + length;
    first = memchr(jws, '.', length);
    second = first == NULL ? NULL : memchr(first + 1, '.', (size_t)(end - first - 1));
    if (second == NULL)
        return false;
    out->header = (struct bytes){(const uint8_t *)jws, (size_t)(first - jws)};
    out->payload = (struct bytes){(const uint8_t *)first + 1, (size_t)(second - first - 1)};
    out->signature = (struct bytes){(const uint8_t *)second + 1, (size_t)(end - second - 1)};
    out->signed_size = (size_t)(second - jws);
    return true;
}

static json_t *decode_part(struct bytes part, const struct json_field *fields, enum json_field_rest rest,
                           const char *name, struct err *err)
{
    struct buffer text = {0};
    json_t *object = NULL;

    if (!bytes_b64u_decode_any((const char *)part.data, part.size, &text)) {
        err_set(err, ERR_MALFORMED, "%s: not base64url without padding", name);
        goto done;
    }
    object = json_profile_parse((const char *)text.data, text.size, err);
    if (object == NULL || json_field_check(object, fields, rest, err) != ERR_OK) {
        err_wrap(err, name);
        json_decref(object);
        object = NULL;
    }

done:
    buffer_free(&text);
    return object;
}

enum err_code head_parse(const char *jws, size_t length, struct head *out, struct err *err)
{
    struct parts parts;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    json_t *header, *payload = NULL;

    if (length > HEAD_MAX)
        return err_set(err, ERR_MALFORMED, "head: more than %d octets", HEAD_MAX);
    if (!split(jws, length, &parts) || !bytes_b64u_decode((const char *)parts.signature.data,
                                                          parts.signature.size, signature, sizeof signature))
        return err_set(err, ERR_MALFORMED, "head: not a compact JWS with a signature of 64 octets");
    header = decode_part(parts.header, header_fields, JSON_FIELD_CLOSED, "head's protected header", err);
    if (header != NULL)
        payload = decode_part(parts.payload, payload_fields, JSON_FIELD_OPEN, "head's payload", err);
    if (payload != NULL) {
        const char *chain = json_profile_text(payload, "chain");

        *out = (struct head){.position.at = {json_profile_integer(payload, "epoch", 0),
                                             json_profile_integer(payload, "seq", 0)},
                             .issued_at = json_profile_integer(payload, "iat", 0)};
        strcpy(out->origin, json_profile_text(payload, "iss"));
        strcpy(out->stream, json_profile_text(payload, "stream"));
        strcpy(out->key_id, json_profile_text(header, "kid"));
        bytes_b64u_decode(chain, strlen(chain), out->position.chain, CHAIN_SIZE);
    }
    json_decref(header);
    json_decref(payload);
    return payload != NULL ? ERR_OK : ERR_MALFORMED;
}

enum err_code head_verify(const char *jws, size_t length, const struct key_public *key, struct err *err)
{
    struct parts parts;
    struct head head;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    enum err_code code = head_parse(jws, length, &head, err);

    if (code != ERR_OK)
        return code;
    if (strcmp(head.key_id, key_public_id(key)) != 0) {
        return err_set(err, ERR_SIGNATURE_INVALID, "head: signed by key %s, not by %s", head.key_id,
                       key_public_id(key));
    }
    split(jws, length, &parts);
    bytes_b64u_decode((const char *)parts.signature.data, parts.signature.size, signature, sizeof signature);
    if (!key_verify(key, jws, parts.signed_size, signature))
        return err_set(err, ERR_SIGNATURE_INVALID, "head: the signature does not fit");
    return ERR_OK;
}

static void put_b64u(struct buffer *out, const struct buffer *part)
{
    char text[HEAD_SIZE];

    if (part->failed || BYTES_B64U_SIZE(part->size) > sizeof text) {
        out->failed = true;
        return;
    }
    bytes_b64u_encode(part->data, part->size, text);
    buffer_puts(out, text);
}

enum err_code head_sign(const struct head *head, const struct key_private *key, char out[HEAD_SIZE],
                        struct err *err)
{
    struct buffer part = {0};
    struct buffer jws = {0};
    uint8_t octets[KEY_SIGNATURE_SIZE];
    char chain[BYTES_B64U_SIZE(CHAIN_SIZE)];
    char signature[SIGNATURE_LENGTH + 1];
    enum err_code code;

    /* Nothing in it needs escaping: a key id, authorities and numbers. */
    bytes_b64u_encode(head->position.chain, CHAIN_SIZE, chain);
    buffer_printf(&part, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}", algorithms[0],
                  key_public_id(key_private_public(key)), types[0]);
    put_b64u(&jws, &part);
    buffer_puts(&jws, ".");
    buffer_free(&part);
    buffer_printf(
        &part, "{\"iss\":\"%s\",\"stream\":\"%s\",\"epoch\":%lld,\"seq\":%lld,\"chain\":\"%s\",\"iat\":%lld}",
        head->origin, head->stream, (long long)head->position.at.epoch, (long long)head->position.at.seq,
        chain, (long long)head->issued_at);
    put_b64u(&jws, &part);
    buffer_free(&part);

    if (jws.failed || jws.size + 1 + SIGNATURE_LENGTH > HEAD_MAX)
        code = err_set(err, ERR_TOO_LARGE, "head: more than %d octets", HEAD_MAX);
    else
        code = key_sign(key, jws.data, jws.size, octets, err);
    if (code == ERR_OK) {
        bytes_b64u_encode(octets, sizeof octets, signature);
        snprintf(out, HEAD_SIZE, "%s.%s", (const char *)jws.data, signature);
    }
    buffer_free(&jws);
    return code;
}
