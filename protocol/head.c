#include "protocol/head.h"

#include <stdio.h>
#include <string.h>

#include "protocol/bytes.h"
#include "protocol/check.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"

enum { HEAD_MAX = HEAD_SIZE - 1 };

/* RFC 9864's name, which says the curve, and no other: who may name an algorithm chooses how it is checked.
 */
static const char *const algorithms[] = {"Ed25519", NULL};
static const char *const types[] = {"hf-head+jwt", NULL};

static const struct json_field header_fields[] = {
    {.name = "alg", .type = JSON_FIELD_ENUM, .required = true, .values = algorithms},
    {.name = "kid", .type = JSON_FIELD_B64U, .required = true, .max = 32},
    {.name = "typ", .type = JSON_FIELD_ENUM, .required = true, .values = types},
    {.name = NULL},
};

/* Open, other than the header: what is added to a head later must not make it unreadable (SPEC.md section 7).
 */
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
    second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second)
        return false;
    out->header = (struct bytes){(const uint8_t *)jws, (size_t)(first - jws)};
    out->payload = (struct bytes){(const uint8_t *)first + 1, (size_t)(second - first - 1)};
    out->signature = (struct bytes){(const uint8_t *)second + 1, (size_t)(end - second - 1)};
    out->signed_size = (size_t)(second - jws);
    return true;
}

/* One of the two JSON texts in it, checked. *out: a new reference. */
static enum err_code read_part(struct bytes part, const struct json_field *fields, enum json_field_rest rest,
                               const char *name, json_t **out, struct err *err)
{
    struct buffer text = {0};
    json_t *object = NULL;
    struct err inner;
    enum err_code code;

    if (bytes_b64u_decode_any((const char *)part.data, part.size, &text))
        object = json_profile_parse((const char *)text.data, text.size, &inner);
    else if (text.failed)
        err_set(&inner, ERR_NO_MEMORY, "out of memory");
    else
        err_set(&inner, ERR_MALFORMED, "not base64url without padding");
    code = object ? json_field_check(object, fields, rest, &inner) : inner.code;
    if (code == ERR_OK)
        *out = json_incref(object);
    else
        err_set(err, code, "%s: %s", name, inner.text);
    json_decref(object);
    buffer_free(&text);
    return code;
}

static void take_fields(const json_t *header, const json_t *payload, struct head *out)
{
    const char *chain = json_profile_text(payload, "chain");

    *out = (struct head){
        .position.at = {json_profile_integer(payload, "epoch", 0), json_profile_integer(payload, "seq", 0)},
        .issued_at = json_profile_integer(payload, "iat", 0)};
    strcpy(out->origin, json_profile_text(payload, "iss"));
    strcpy(out->stream, json_profile_text(payload, "stream"));
    strcpy(out->key_id, json_profile_text(header, "kid"));
    CHECK(bytes_b64u_decode(chain, strlen(chain), out->position.chain, CHAIN_SIZE));
}

enum err_code head_parse(const char *jws, size_t length, struct head *out, struct err *err)
{
    struct parts parts;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    json_t *header = NULL, *payload = NULL;
    enum err_code code;

    if (length > HEAD_MAX)
        return err_set(err, ERR_MALFORMED, "head: more than %d octets", HEAD_MAX);
    if (!split(jws, length, &parts) || !bytes_b64u_decode((const char *)parts.signature.data,
                                                          parts.signature.size, signature, sizeof signature))
        return err_set(err, ERR_MALFORMED, "head: not a compact JWS with a signature of 64 octets");
    code = read_part(parts.header, header_fields, JSON_FIELD_CLOSED, "head's protected header", &header, err);
    if (code == ERR_OK)
        code = read_part(parts.payload, payload_fields, JSON_FIELD_OPEN, "head's payload", &payload, err);
    if (code == ERR_OK)
        take_fields(header, payload, out);
    json_decref(header);
    json_decref(payload);
    return code;
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
    /* head_parse has seen to both; a signature that was not read must not be verified. */
    CHECK(split(jws, length, &parts));
    CHECK(bytes_b64u_decode((const char *)parts.signature.data, parts.signature.size, signature,
                            sizeof signature));
    code = key_verify(key, jws, parts.signed_size, signature, err);
    if (code != ERR_OK)
        err_wrap(err, "head");
    return code;
}

/* Appends octets in base64url. AUTHORITY_MAX is what it is so that everything fits. */
static void put_b64u(char jws[HEAD_SIZE], const void *octets, size_t size)
{
    size_t length = strlen(jws);

    CHECK(length + BYTES_B64U_SIZE(size) <= HEAD_SIZE);
    bytes_b64u_encode(octets, size, jws + length);
}

/* Header, dot and payload. Nothing in them needs escaping: a key id, authorities and numbers. */
static void put_signed(const struct head *head, const char *key_id, char jws[HEAD_SIZE])
{
    char text[HEAD_SIZE], chain[BYTES_B64U_SIZE(CHAIN_SIZE)];

    jws[0] = '\0';
    snprintf(text, sizeof text, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}", algorithms[0], key_id,
             types[0]);
    put_b64u(jws, text, strlen(text));
    strcat(jws, ".");
    bytes_b64u_encode(head->position.chain, CHAIN_SIZE, chain);
    snprintf(text, sizeof text,
             "{\"iss\":\"%s\",\"stream\":\"%s\",\"epoch\":%lld,\"seq\":%lld,\"chain\":\"%s\",\"iat\":%lld}",
             head->origin, head->stream, (long long)head->position.at.epoch, (long long)head->position.at.seq,
             chain, (long long)head->issued_at);
    put_b64u(jws, text, strlen(text));
}

enum err_code head_sign(const struct head *head, const struct key_private *key, char out[HEAD_SIZE],
                        struct err *err)
{
    char jws[HEAD_SIZE];
    uint8_t signature[KEY_SIGNATURE_SIZE];
    enum err_code code;

    /* A head stands for good, and against its signer: what it says must be what a follower can read (SPEC.md
     * section 7), and in names nothing that would end the text they stand in. */
    CHECK(authority_valid(head->origin) && authority_stream_valid(head->stream));
    CHECK(head->position.at.epoch >= 1 && head->position.at.epoch <= JSON_PROFILE_INTEGER_MAX);
    CHECK(head->position.at.seq >= 1 && head->position.at.seq <= JSON_PROFILE_INTEGER_MAX);
    CHECK(head->issued_at >= 0 && head->issued_at <= JSON_PROFILE_INTEGER_MAX);
    put_signed(head, key_public_id(key_private_public(key)), jws);
    code = key_sign(key, jws, strlen(jws), signature, err);
    if (code != ERR_OK)
        return code;
    strcat(jws, ".");
    put_b64u(jws, signature, sizeof signature);
    memcpy(out, jws, HEAD_SIZE);
    return ERR_OK;
}
