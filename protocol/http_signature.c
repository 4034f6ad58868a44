#include "protocol/http_signature.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/check.h"
#include "protocol/structured_field.h"

enum {
    COMPONENTS_MAX = 16, /* more than our profile has: RFC 9421's examples are read, too */
    PARAMETERS_MAX = 8,
    LIFETIME_MAX = 120, /* seconds (SPEC.md section 5.3) */
    NONCE_OCTETS = 16,
    DIGEST_OCTETS = 32,
};

static const char algorithm[] = "ed25519";
static const char tag[] = "herausforderung-v1";

struct parameter {
    struct bytes name;
    struct structured_item value;
};

/* A Signature-Input of one member, taken apart. Borrows the field. */
struct input {
    struct bytes label;
    struct bytes components[COMPONENTS_MAX];
    size_t component_count;
    struct parameter parameters[PARAMETERS_MAX];
    size_t parameter_count;
};

static enum err_code malformed(struct err *err, const char *what)
{
    return err_set(err, ERR_SIGNATURE_MALFORMED, "%s", what);
}

static bool has_component(const struct input *input, struct bytes name)
{
    for (size_t i = 0; i < input->component_count; i++)
        if (bytes_equal(input->components[i], name))
            return true;
    return false;
}

static const struct structured_item *find_parameter(const struct input *input, struct bytes name)
{
    for (size_t i = 0; i < input->parameter_count; i++)
        if (bytes_equal(input->parameters[i].name, name))
            return &input->parameters[i].value;
    return NULL;
}

static enum err_code read_components(struct structured_reader *reader, struct input *input, struct err *err)
{
    struct structured_item item, ignored;
    struct bytes key;
    enum structured_result result;

    if (!structured_field_enter_list(reader))
        return malformed(err, "Signature-Input: the member is not an inner list");
    while ((result = structured_field_list_item(reader, &item)) == STRUCTURED_FOUND) {
        if (item.type != STRUCTURED_STRING)
            return malformed(err, "Signature-Input: a covered component is not a string");
        /* ;req, ;bs and the like change what is covered; a reader who overlooked one would check something
         * else. */
        if (structured_field_parameter(reader, &key, &ignored) != STRUCTURED_END)
            return malformed(err, "Signature-Input: a covered component carries parameters");
        if (has_component(input, item.text))
            return malformed(err, "Signature-Input: a component is covered twice");
        if (input->component_count == COMPONENTS_MAX)
            return malformed(err, "Signature-Input: too many covered components");
        input->components[input->component_count++] = item.text;
    }
    return result == STRUCTURED_END ? ERR_OK
                                    : malformed(err, "Signature-Input: not a structured field (RFC 8941)");
}

/* RFC 8941 lets the last of two win. Here they are refused (SPEC.md section 5.2): whoever takes the first
 * would have checked another signature. */
static enum err_code read_parameters(struct structured_reader *reader, struct input *input, struct err *err)
{
    struct parameter parameter;
    enum structured_result result;

    while ((result = structured_field_parameter(reader, &parameter.name, &parameter.value)) ==
           STRUCTURED_FOUND) {
        if (find_parameter(input, parameter.name))
            return malformed(err, "Signature-Input: a parameter occurs twice");
        if (input->parameter_count == PARAMETERS_MAX)
            return malformed(err, "Signature-Input: too many parameters");
        input->parameters[input->parameter_count++] = parameter;
    }
    return result == STRUCTURED_END ? ERR_OK
                                    : malformed(err, "Signature-Input: not a structured field (RFC 8941)");
}

/* One member: of several, each reader would choose another. */
static enum err_code read_input(const char *field, struct input *input, struct err *err)
{
    struct structured_reader reader = structured_field_begin(field);
    struct bytes more;
    bool has_value;
    enum err_code code;

    *input = (struct input){0};
    if (structured_field_member(&reader, &input->label, &has_value) != STRUCTURED_FOUND || !has_value)
        return malformed(err, "Signature-Input: not a dictionary with one inner list (RFC 9421 section 4.1)");
    code = read_components(&reader, input, err);
    if (code == ERR_OK)
        code = read_parameters(&reader, input, err);
    if (code != ERR_OK)
        return code;
    if (structured_field_member(&reader, &more, &has_value) != STRUCTURED_END)
        return malformed(err, "Signature-Input: more than one signature, or text after it");
    return ERR_OK;
}

static void write_item(const struct structured_item *item, struct buffer *out)
{
    const char *quote = item->type == STRUCTURED_STRING ? "\"" : item->type == STRUCTURED_BYTES ? ":" : "";

    if (item->type == STRUCTURED_INTEGER) {
        buffer_printf(out, "%lld", (long long)item->integer); /* 007 is read and 7 is written */
        return;
    }
    buffer_puts(out, quote);
    buffer_append(out, item->text.data, item->text.size);
    buffer_puts(out, quote);
}

/* The inner list as RFC 8941 section 4.1 writes it, which need not be how the sender wrote it. */
static void write_input(const struct input *input, struct buffer *out)
{
    for (size_t i = 0; i < input->component_count; i++) {
        buffer_puts(out, i == 0 ? "(\"" : " \"");
        buffer_append(out, input->components[i].data, input->components[i].size);
        buffer_puts(out, "\"");
    }
    buffer_puts(out, input->component_count == 0 ? "()" : ")");
    for (size_t i = 0; i < input->parameter_count; i++) {
        const struct parameter *parameter = &input->parameters[i];

        buffer_puts(out, ";");
        buffer_append(out, parameter->name.data, parameter->name.size);
        if (parameter->value.type == STRUCTURED_BOOLEAN && parameter->value.integer == 1)
            continue; /* true is written by its name alone */
        buffer_puts(out, "=");
        write_item(&parameter->value, out);
    }
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Without the white space around it (RFC 9421 section 2.1). */
static struct bytes trimmed(const char *value)
{
    struct bytes out = {(const uint8_t *)value, strlen(value)};

    while (out.size > 0 && is_blank(out.data[0])) {
        out.data++;
        out.size--;
    }
    while (out.size > 0 && is_blank(out.data[out.size - 1]))
        out.size--;
    return out;
}

/* A line break in a value would let one component pose as two: the base is made of lines. */
static bool value_is_one_line(const char *value)
{
    for (; *value != '\0'; value++)
        if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f)
            return false;
    return true;
}

/* RFC 9421 section 2.5. */
static enum err_code write_base(const struct input *input, const struct http_component *known, size_t count,
                                struct buffer *base, struct err *err)
{
    for (size_t i = 0; i < input->component_count; i++) {
        const struct http_component *found = NULL;
        struct bytes value;

        for (size_t j = 0; j < count && !found; j++)
            found = bytes_text_equal(input->components[i], known[j].name) ? &known[j] : NULL;
        if (!found || !found->value) {
            return malformed(err,
                             "Signature-Input: a covered component is unknown or absent from the request");
        }
        if (!value_is_one_line(found->value))
            return malformed(err, "a covered value holds control characters");
        value = trimmed(found->value);
        buffer_printf(base, "\"%s\": ", found->name);
        buffer_append(base, value.data, value.size);
        buffer_puts(base, "\n");
    }
    buffer_puts(base, "\"@signature-params\": ");
    write_input(input, base);
    return base->failed ? err_set(err, ERR_NO_MEMORY, "out of memory") : ERR_OK;
}

enum err_code http_signature_base(const char *signature_input, const struct http_component *components,
                                  size_t count, struct buffer *base, struct err *err)
{
    struct input input;
    enum err_code code = read_input(signature_input, &input, err);

    return code == ERR_OK ? write_base(&input, components, count, base, err) : code;
}

/* What the profile covers: the first four always, the rest exactly when there is a body. */
enum { COVERED_ALWAYS = 4, COVERED_WITH_BODY = 6 };

/* @query always begins with its question mark (RFC 9421 section 2.2.7), so that an empty query and none are
 * one. The path and the query are the raw octets as sent: who decodes them verifies something else. */
static size_t covered_components(const struct http_message *message, struct buffer *query,
                                 struct http_component out[COVERED_WITH_BODY])
{
    buffer_puts(query, "?");
    buffer_puts(query, message->query ? message->query : "");
    out[0] = (struct http_component){"@method", message->method};
    out[1] = (struct http_component){"@authority", message->authority};
    out[2] = (struct http_component){"@path", message->path};
    out[3] = (struct http_component){"@query", (const char *)query->data};
    out[4] = (struct http_component){"content-digest", message->content_digest};
    out[5] = (struct http_component){"content-type", message->content_type};
    return message->has_body ? COVERED_WITH_BODY : COVERED_ALWAYS;
}

/* Exactly what the profile covers, each once: write_base finds none that is missing here, and read_input none
 * twice, so that the count says it all. */
static enum err_code message_base(const struct input *input, const struct http_message *message,
                                  struct buffer *base, struct err *err)
{
    struct buffer query = {0};
    struct http_component covered[COVERED_WITH_BODY];
    size_t count = covered_components(message, &query, covered);
    enum err_code code;

    if (query.failed) {
        code = err_set(err, ERR_NO_MEMORY, "out of memory");
    } else if (input->component_count != count) {
        code = malformed(err, message->has_body
                                  ? "a request with a body covers exactly @method, @authority, @path, "
                                    "@query, content-digest and content-type"
                                  : "a request without a body covers exactly @method, @authority, @path "
                                    "and @query");
    } else {
        code = write_base(input, covered, count, base, err);
    }
    buffer_free(&query);
    return code;
}

/* Strings with escapes are none of what a parameter may hold here, and fail what follows. */
static bool take_text(const struct structured_item *item, char *out, size_t size)
{
    if (!item || item->type != STRUCTURED_STRING || item->text.size >= size)
        return false;
    memcpy(out, item->text.data, item->text.size);
    out[item->text.size] = '\0';
    return true;
}

static bool take_integer(const struct structured_item *item, int64_t *out)
{
    if (!item || item->type != STRUCTURED_INTEGER)
        return false;
    *out = item->integer;
    return true;
}

static const struct structured_item *parameter_named(const struct input *input, const char *name)
{
    return find_parameter(input, (struct bytes){(const uint8_t *)name, strlen(name)});
}

/* Each of the six, and by their number no other (SPEC.md section 5.2). */
static enum err_code take_parameters(const struct input *input, struct http_signature *out, struct err *err)
{
    char alg[sizeof algorithm];
    char tag_given[sizeof tag];
    uint8_t octets[DIGEST_OCTETS];

    if (!take_integer(parameter_named(input, "created"), &out->created) ||
        !take_integer(parameter_named(input, "expires"), &out->expires) || out->created < 0 ||
        out->expires <= out->created || out->expires - out->created > LIFETIME_MAX)
        return malformed(err, "created and expires must be integers, expires 1 to 120 s after created");
    if (!take_text(parameter_named(input, "nonce"), out->nonce, sizeof out->nonce) ||
        !bytes_b64u_decode(out->nonce, strlen(out->nonce), octets, NONCE_OCTETS))
        return malformed(err, "nonce must be base64url of 16 octets");
    if (!take_text(parameter_named(input, "keyid"), out->key_id, sizeof out->key_id) ||
        !bytes_b64u_decode(out->key_id, strlen(out->key_id), octets, DIGEST_OCTETS))
        return malformed(err, "keyid must be a key id: the thumbprint of a JWK, 43 characters");
    if (!take_text(parameter_named(input, "alg"), alg, sizeof alg) || strcmp(alg, algorithm) != 0)
        return malformed(err, "alg must be ed25519");
    if (!take_text(parameter_named(input, "tag"), tag_given, sizeof tag_given) || strcmp(tag_given, tag) != 0)
        return malformed(err, "tag must be herausforderung-v1");
    if (input->parameter_count != 6) {
        return malformed(
            err, "Signature-Input: a parameter other than created, expires, nonce, keyid, alg and tag");
    }
    return ERR_OK;
}

/* The same label as the input's: else it would be the signature of something that is not here. */
static enum err_code read_signature(const char *field, struct bytes label, uint8_t value[KEY_SIGNATURE_SIZE],
                                    struct err *err)
{
    struct structured_reader reader = structured_field_begin(field);
    struct structured_item item;
    struct bytes key;
    bool has_value;

    if (structured_field_member(&reader, &key, &has_value) != STRUCTURED_FOUND || !has_value ||
        !structured_field_item(&reader, &item) || !structured_field_octets(&item, value, KEY_SIGNATURE_SIZE))
        return malformed(err, "Signature: not a dictionary with one byte sequence of 64 octets");
    if (!bytes_equal(key, label))
        return malformed(err, "Signature and Signature-Input have different labels");
    if (structured_field_member(&reader, &key, &has_value) != STRUCTURED_END)
        return malformed(err, "Signature: more than one signature, or text after it");
    return ERR_OK;
}

enum err_code http_signature_parse(const struct http_message *message, struct http_signature *out,
                                   struct err *err)
{
    struct input input;
    enum err_code code;

    *out = (struct http_signature){0};
    if (!message->signature_input || !message->signature) {
        return err_set(err, ERR_SIGNATURE_MISSING,
                       "the request carries no Signature-Input and Signature (RFC 9421)");
    }
    code = read_input(message->signature_input, &input, err);
    if (code == ERR_OK)
        code = read_signature(message->signature, input.label, out->value, err);
    if (code == ERR_OK)
        code = take_parameters(&input, out, err);
    if (code == ERR_OK)
        code = message_base(&input, message, &out->base, err);
    if (code != ERR_OK)
        http_signature_finish(out); /* the base may be half written */
    return code;
}

enum err_code http_signature_check_time(const struct http_signature *signature, int64_t now, struct err *err)
{
    if (signature->created > now + HTTP_SIGNATURE_SKEW) {
        return err_set(err, ERR_SKEW, "the request was signed %lld s in the future: is a clock wrong?",
                       (long long)(signature->created - now));
    }
    if (now > signature->expires + HTTP_SIGNATURE_SKEW) {
        return err_set(err, ERR_SKEW, "the signature expired %lld s ago: is a clock wrong?",
                       (long long)(now - signature->expires));
    }
    return ERR_OK;
}

/* Finds the one sha-256 in a Content-Digest; false if the field is malformed, has none, or has two: two
 * readers could then check two different digests. */
static bool read_digest(const char *field, uint8_t out[DIGEST_OCTETS])
{
    struct structured_reader reader = structured_field_begin(field);
    struct structured_item item;
    struct structured_item parameter;
    struct bytes key;
    struct bytes ignored;
    bool has_value;
    bool found = false;
    enum structured_result result;

    while ((result = structured_field_member(&reader, &key, &has_value)) == STRUCTURED_FOUND) {
        if (!has_value || !structured_field_item(&reader, &item) || item.type != STRUCTURED_BYTES)
            return false;
        if (bytes_text_equal(key, "sha-256")) {
            if (found || !structured_field_octets(&item, out, DIGEST_OCTETS))
                return false;
            found = true;
        }
        do {
            result = structured_field_parameter(&reader, &ignored, &parameter);
        } while (result == STRUCTURED_FOUND);
        if (result == STRUCTURED_BAD)
            return false;
    }
    return result == STRUCTURED_END && found;
}

/* Of the octets that came, never of what the field says about them. */
enum err_code http_signature_check_digest(const struct http_message *message, struct err *err)
{
    uint8_t given[DIGEST_OCTETS];
    uint8_t computed[DIGEST_OCTETS];

    if (!message->has_body)
        return ERR_OK;
    if (!message->content_digest || !read_digest(message->content_digest, given)) {
        return err_set(err, ERR_DIGEST_MISMATCH,
                       "Content-Digest holds no single sha-256 of 32 octets (RFC 9530)");
    }
    bytes_sha256(message->body.data, message->body.size, computed);
    if (memcmp(given, computed, sizeof given) != 0)
        return err_set(err, ERR_DIGEST_MISMATCH, "Content-Digest is not that of the body received");
    return ERR_OK;
}

enum err_code http_signature_verify(const struct http_signature *signature, const struct key_public *key,
                                    struct err *err)
{
    enum err_code code = key_verify(key, signature->base.data, signature->base.size, signature->value, err);

    if (code == ERR_SIGNATURE_INVALID)
        err_set(err, code, "the signature does not fit the request and the key");
    return code;
}

void http_signature_finish(struct http_signature *signature)
{
    buffer_free(&signature->base);
}

/* Octets as a structured field's byte sequence. */
static void put_octets(struct buffer *out, const uint8_t *octets, size_t size)
{
    unsigned char text[(KEY_SIGNATURE_SIZE + 2) / 3 * 4 + 1];

    CHECK(size <= KEY_SIGNATURE_SIZE);
    EVP_EncodeBlock(text, octets, (int)size);
    buffer_printf(out, ":%s:", (const char *)text);
}

void http_signature_digest(struct bytes body, char out[HTTP_SIGNATURE_DIGEST_SIZE])
{
    uint8_t digest[DIGEST_OCTETS];
    unsigned char text[(DIGEST_OCTETS + 2) / 3 * 4 + 1];

    bytes_sha256(body.data, body.size, digest);
    EVP_EncodeBlock(text, digest, sizeof digest);
    snprintf(out, HTTP_SIGNATURE_DIGEST_SIZE, "sha-256=:%s:", (const char *)text);
}

enum err_code http_signature_sign(const struct http_message *message, const struct key_private *key,
                                  int64_t created, const uint8_t nonce[16], char **signature_input,
                                  char **signature, struct err *err)
{
    struct buffer field = {0};
    struct buffer base = {0};
    struct buffer value = {0};
    struct input input;
    char nonce_text[BYTES_B64U_SIZE(NONCE_OCTETS)];
    uint8_t octets[KEY_SIGNATURE_SIZE];
    enum err_code code;

    *signature_input = NULL;
    *signature = NULL;
    bytes_b64u_encode(nonce, NONCE_OCTETS, nonce_text);
    buffer_printf(
        &field,
        "hf=(\"@method\" \"@authority\" \"@path\" \"@query\"%s);created=%lld;expires=%lld;nonce=\"%s\""
        ";keyid=\"%s\";alg=\"%s\";tag=\"%s\"",
        message->has_body ? " \"content-digest\" \"content-type\"" : "", (long long)created,
        (long long)created + HTTP_SIGNATURE_LIFETIME, nonce_text, key_public_id(key_private_public(key)),
        algorithm, tag);
    /* Read back, so that what is signed is what a receiver will build. */
    code = field.failed ? err_set(err, ERR_NO_MEMORY, "out of memory")
                        : read_input((const char *)field.data, &input, err);
    if (code == ERR_OK)
        code = message_base(&input, message, &base, err);
    if (code == ERR_OK)
        code = key_sign(key, base.data, base.size, octets, err);
    if (code == ERR_OK) {
        buffer_puts(&value, "hf=");
        put_octets(&value, octets, sizeof octets);
        *signature_input = buffer_steal(&field);
        *signature = buffer_steal(&value);
        if (!*signature_input || !*signature) {
            free(*signature_input);
            free(*signature);
            *signature_input = *signature = NULL;
            code = err_set(err, ERR_NO_MEMORY, "out of memory");
        }
    }
    buffer_free(&field);
    buffer_free(&base);
    buffer_free(&value);
    return code;
}
