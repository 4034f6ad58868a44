/* Our implementation agrees with every published vector. */
#include "tests/unit/vectors.h"

#include "protocol/authority.h"
#include "protocol/chain.h"
#include "protocol/entry.h"
#include "protocol/head.h"
#include "protocol/http_signature.h"
#include "protocol/json_profile.h"
#include "protocol/page.h"

static void assert_b64u(const uint8_t *data, size_t size, const char *expected)
{
    char text[128];
    bytes_b64u_encode(data, size, text);
    assert_string_equal(text, expected);
}

static void check_base64url(const json_t *vector)
{
    const char *text = vector_text(vector, "text");
    struct buffer decoded = {0};
    assert_int_equal(bytes_b64u_decode_any(text, strlen(text), &decoded), vector_valid(vector));
    if (vector_valid(vector)) {
        struct buffer expected = vector_octets(vector, "", "hex");
        char encoded[128];
        assert_int_equal(decoded.size, expected.size);
        assert_memory_equal(decoded.data, expected.data, expected.size);
        bytes_b64u_encode(expected.data, expected.size, encoded);
        assert_string_equal(encoded, text);
        buffer_free(&expected);
    }
    buffer_free(&decoded);
}

static void check_json_profile(const json_t *vector)
{
    struct buffer text = vector_octets(vector, "text", "hex");
    struct err err = {.code = ERR_OK};
    json_t *object = json_profile_parse((const char *)text.data, text.size, &err);
    assert_int_equal(object != NULL, vector_valid(vector));
    assert_int_equal(err.code, vector_valid(vector) ? ERR_OK : ERR_MALFORMED);
    json_decref(object);
    buffer_free(&text);
}

static void check_authority(const json_t *vector)
{
    const char *authority = vector_text(vector, "authority");
    assert_int_equal(authority_valid(authority), vector_valid(vector));
    if (vector_valid(vector)) {
        char host[AUTHORITY_SIZE];
        unsigned port;
        authority_split(authority, host, &port);
        assert_string_equal(host, vector_text(vector, "host"));
        assert_int_equal(port, json_profile_integer(vector, "port", 0));
    }
}

static void check_jwk_signature(const json_t *vector, const struct key_public *key)
{
    uint8_t signature[KEY_SIGNATURE_SIZE];
    const char *text = vector_text(vector, "signed_text");
    const char *encoded = vector_text(vector, "signature");
    assert_true(bytes_b64u_decode(encoded, strlen(encoded), signature, sizeof signature));
    assert_int_equal(key_verify(key, text, strlen(text), signature, NULL), ERR_OK);
    assert_int_equal(key_verify(key, text, strlen(text) - 1, signature, NULL), ERR_SIGNATURE_INVALID);
}

static void check_jwk(const json_t *vector)
{
    const char *hashed = vector_text(vector, "hashed_text");
    struct err err;
    struct key_public *key;
    struct buffer raw;

    if (hashed) {
        uint8_t digest[32];
        bytes_sha256(hashed, strlen(hashed), digest);
        assert_b64u(digest, sizeof digest, vector_text(vector, "key_id"));
        return;
    }
    err = (struct err){.code = ERR_OK};
    key = key_public_from_jwk(json_object_get(vector, "jwk"), &err);
    assert_int_equal(key != NULL, vector_valid(vector));
    assert_int_equal(err.code, vector_valid(vector) ? ERR_OK : ERR_MALFORMED);
    if (!key)
        return;
    raw = vector_octets(vector, "", "x_hex");
    assert_memory_equal(key_public_raw(key), raw.data, KEY_SIZE);
    assert_string_equal(key_public_id(key), vector_text(vector, "key_id"));
    buffer_free(&raw);
    if (vector_text(vector, "seed_hex")) {
        struct buffer seed = vector_octets(vector, "", "seed_hex");
        struct key_private *private = key_private_from_seed(seed.data, NULL);
        assert_true(key_public_equal(key, key_private_public(private)));
        key_private_destroy(private);
        buffer_free(&seed);
    }
    if (vector_text(vector, "signed_text"))
        check_jwk_signature(vector, key);
    key_public_destroy(key);
}

static void check_signature(const json_t *vector)
{
    struct key_public *key = vector_key(vector, "x");
    const char *message = vector_text(vector, "message"), *encoded = vector_text(vector, "signature");
    uint8_t signature[KEY_SIGNATURE_SIZE];
    enum err_code expected = vector_valid(vector) ? ERR_OK : ERR_SIGNATURE_INVALID;
    assert_non_null(key);
    assert_true(bytes_b64u_decode(encoded, strlen(encoded), signature, sizeof signature));
    assert_int_equal(key_verify(key, message, strlen(message), signature, NULL), expected);
    key_public_destroy(key);
}

static void check_fingerprint(const json_t *vector)
{
    struct key_public *key = vector_key(vector, "x");
    char fingerprint[KEY_FINGERPRINT_SIZE];
    size_t i;
    const json_t *typed;
    key_public_fingerprint(key, fingerprint);
    assert_string_equal(fingerprint, vector_text(vector, "fingerprint"));
    assert_string_equal(key_public_id(key), vector_text(vector, "key_id"));
    json_array_foreach (json_object_get(vector, "typed"), i, typed)
        assert_true(key_public_fingerprint_matches(key, json_string_value(typed)));
    json_array_foreach (json_object_get(vector, "refused"), i, typed)
        assert_false(key_public_fingerprint_matches(key, json_string_value(typed)));
    key_public_destroy(key);
}

/* RFC 9421's own examples: outside our profile, so only base and signature. */
static void check_foreign_signature(const json_t *vector)
{
    struct http_component components[16];
    struct buffer base = {0};
    size_t count;
    const json_t *component;
    uint8_t value[KEY_SIGNATURE_SIZE];
    const char *base64;
    char text[BYTES_B64U_SIZE(KEY_SIGNATURE_SIZE)];
    size_t length;
    struct key_public *key;

    json_array_foreach (json_object_get(vector, "components"), count, component) {
        components[count] =
            (struct http_component){vector_text(component, "name"), vector_text(component, "value")};
    }
    assert_int_equal(
        http_signature_base(vector_text(vector, "signature_input"), components, count, &base, NULL), ERR_OK);
    assert_string_equal((const char *)base.data, vector_text(vector, "base"));

    base64 = strchr(vector_text(vector, "signature"), ':') + 1;
    length = strcspn(base64, "=");
    assert_true(length < sizeof text);
    for (size_t i = 0; i < length; i++)
        text[i] = base64[i] == '+' ? '-' : base64[i] == '/' ? '_' : base64[i];
    assert_true(bytes_b64u_decode(text, length, value, sizeof value));
    key = vector_key(vector, "x");
    assert_int_equal(key_verify(key, base.data, base.size, value, NULL), ERR_OK);
    key_public_destroy(key);
    buffer_free(&base);
}

static struct http_message message_of(const json_t *request)
{
    const char *body = vector_text(request, "body");
    return (struct http_message){
        .method = vector_text(request, "method"),
        .authority = vector_text(request, "authority"),
        .path = vector_text(request, "path"),
        .query = vector_text(request, "query"),
        .has_body = body != NULL,
        .body = {(const uint8_t *)body, !body ? 0 : strlen(body)},
        .content_type = vector_text(request, "content_type"),
        .content_digest = vector_text(request, "content_digest"),
        .signature_input = vector_text(request, "signature_input"),
        .signature = vector_text(request, "signature"),
    };
}

/* All steps of SPEC.md section 5.3 that need no database. */
static enum err_code check_request(const json_t *vector, const struct http_message *message, struct err *err)
{
    struct http_signature signature;
    struct key_public *key = vector_key(vector, "x");
    enum err_code code = http_signature_parse(message, &signature, err);
    if (code == ERR_OK)
        code = http_signature_check_time(&signature, json_profile_integer(vector, "now", 0), err);
    if (code == ERR_OK)
        code = http_signature_check_digest(message, err);
    if (code == ERR_OK)
        code = http_signature_verify(&signature, key, err);
    if (code == ERR_OK) {
        assert_string_equal((const char *)signature.base.data, vector_text(vector, "base"));
        assert_string_equal(signature.key_id, key_public_id(key));
    }
    http_signature_finish(&signature);
    key_public_destroy(key);
    return code;
}

static void check_signing(const json_t *sign, const struct http_message *message)
{
    struct buffer seed = vector_octets(sign, "", "seed_hex");
    struct key_private *key = key_private_from_seed(seed.data, NULL);
    const char *nonce_text = vector_text(sign, "nonce");
    uint8_t nonce[16];
    char *signature_input;
    char *signature;
    char digest[64];
    assert_true(bytes_b64u_decode(nonce_text, strlen(nonce_text), nonce, sizeof nonce));
    assert_int_equal(http_signature_sign(message, key, json_profile_integer(sign, "created", 0), nonce,
                                         &signature_input, &signature, NULL),
                     ERR_OK);
    assert_string_equal(signature_input, message->signature_input);
    assert_string_equal(signature, message->signature);
    if (message->has_body) {
        http_signature_digest(message->body, digest);
        assert_string_equal(digest, message->content_digest);
    }
    free(signature_input);
    free(signature);
    key_private_destroy(key);
    buffer_free(&seed);
}

static void check_http_signature(const json_t *vector)
{
    struct http_message message;
    struct err err;
    enum err_code code;

    if (json_object_get(vector, "components")) {
        check_foreign_signature(vector);
        return;
    }
    message = message_of(json_object_get(vector, "request"));
    err = (struct err){.code = ERR_OK};
    code = check_request(vector, &message, &err);
    assert_string_equal(err_slug(code), vector_valid(vector) ? "ok" : vector_text(vector, "error"));
    assert_int_equal(err.code, code);
    if (json_object_get(vector, "sign"))
        check_signing(json_object_get(vector, "sign"), &message);
}

static void check_chain(const json_t *vector)
{
    uint8_t chain[CHAIN_SIZE];
    uint8_t digest[CHAIN_SIZE];
    size_t i;
    const json_t *step;
    chain_start(vector_text(vector, "origin"), vector_text(vector, "stream"),
                json_profile_integer(vector, "epoch", 0), chain);
    assert_b64u(chain, sizeof chain, vector_text(vector, "chain_0"));
    json_array_foreach (json_object_get(vector, "lines"), i, step) {
        const char *line = vector_text(step, "line");
        chain_digest(line, strlen(line), digest);
        assert_b64u(digest, sizeof digest, vector_text(step, "digest"));
        chain_link(chain, (int64_t)i + 1, digest);
        assert_b64u(chain, sizeof chain, vector_text(step, "chain"));
    }
}

static void check_cursor(const json_t *vector)
{
    const char *text = vector_text(vector, "text");
    struct cursor cursor;
    char again[CURSOR_SIZE];
    assert_int_equal(cursor_parse(text, &cursor), vector_valid(vector));
    if (vector_valid(vector)) {
        assert_int_equal(cursor.epoch, json_profile_integer(vector, "epoch", -1));
        assert_int_equal(cursor.seq, json_profile_integer(vector, "seq", -1));
        cursor_format(cursor, again);
        assert_string_equal(again, text);
    }
}

static void check_head_members(const json_t *expected, const struct head *head)
{
    assert_string_equal(head->origin, vector_text(expected, "iss"));
    assert_string_equal(head->stream, vector_text(expected, "stream"));
    assert_int_equal(head->position.at.epoch, json_profile_integer(expected, "epoch", 0));
    assert_int_equal(head->position.at.seq, json_profile_integer(expected, "seq", 0));
    assert_int_equal(head->issued_at, json_profile_integer(expected, "iat", 0));
    assert_b64u(head->position.chain, CHAIN_SIZE, vector_text(expected, "chain"));
}

static void check_head(const json_t *vector)
{
    const char *jws = vector_text(vector, "jws");
    struct key_public *key = vector_key(vector, "x");
    struct head head;
    struct err err = {.code = ERR_OK};
    enum err_code code = head_parse(jws, strlen(jws), &head, &err);
    assert_int_equal(code, err.code);
    if (code == ERR_OK)
        code = head_verify(jws, strlen(jws), key, &err);
    assert_string_equal(err_slug(code), vector_valid(vector) ? "ok" : vector_text(vector, "error"));
    if (vector_valid(vector)) {
        assert_string_equal(head.key_id, key_public_id(key));
        check_head_members(json_object_get(vector, "head"), &head);
    }
    if (vector_text(vector, "seed_hex")) {
        struct buffer seed = vector_octets(vector, "", "seed_hex");
        struct key_private *private = key_private_from_seed(seed.data, NULL);
        char signed_again[HEAD_SIZE];
        assert_int_equal(head_sign(&head, private, signed_again, NULL), ERR_OK);
        assert_string_equal(signed_again, jws);
        key_private_destroy(private);
        buffer_free(&seed);
    }
    key_public_destroy(key);
}

/* Writing what was read gives the same octets. */
static void check_page_writing(const struct page *page, const char *text, size_t used)
{
    struct buffer out = {0};
    char jws[HEAD_SIZE];
    snprintf(jws, sizeof jws, "%.*s", (int)page->head_jws.size, (const char *)page->head_jws.data);
    page_write_open(&out, page->origin, page->stream, &page->from);
    for (size_t i = 0; i < page->count; i++) {
        const struct page_line *line = &page->lines[i];
        if (line->kind == PAGE_ENTRY)
            page_write_entry(&out, line->line);
        else
            page_write_placeholder(&out, line->kind, line->seq, line->digest);
    }
    page_write_close(&out, jws);
    assert_int_equal(out.size, used);
    assert_memory_equal(out.data, text, used);
    buffer_free(&out);
}

static const char *kind_of(const struct page_line *line)
{
    static const char *const kinds[] = {
        [PAGE_ENTRY] = "entry", [PAGE_ERASED] = "erased", [PAGE_WITHHELD] = "withheld"};
    return line->kind == PAGE_ENTRY && !line->entry.body ? "nonsense" : kinds[line->kind];
}

static void check_page(const json_t *vector)
{
    struct buffer octets = vector_octets(vector, "page", "page_hex");
    const char *text = (const char *)octets.data;
    struct key_public *key = vector_key(vector, "x");
    const json_t *expected = json_object_get(vector, "kinds");
    struct page page;
    size_t used = 0;
    struct err err = {.code = ERR_OK};
    enum err_code code = page_read(text, octets.size, &page, &used, &err);
    if (code == ERR_OK)
        code = head_verify((const char *)page.head_jws.data, page.head_jws.size, key, &err);
    assert_string_equal(err_slug(code), vector_valid(vector) ? "ok" : vector_text(vector, "error"));
    if (vector_valid(vector)) {
        assert_int_equal(page.from.at.seq, json_profile_integer(vector, "from", -1));
        assert_int_equal(page.head.position.at.seq, json_profile_integer(vector, "last", -1));
        assert_int_equal(page.count, json_array_size(expected));
        for (size_t i = 0; i < page.count; i++)
            assert_string_equal(kind_of(&page.lines[i]), json_string_value(json_array_get(expected, i)));
        assert_int_equal(used < octets.size, json_is_true(json_object_get(vector, "more")));
        if (!json_is_true(json_object_get(vector, "rewritten"))) /* as nobody writes it */
            check_page_writing(&page, text, used);
    }
    page_finish(&page);
    key_public_destroy(key);
    buffer_free(&octets);
}

static void check_entry(const json_t *vector)
{
    struct buffer line = vector_octets(vector, "line", "line_hex");
    bool nonsense = json_is_true(json_object_get(vector, "nonsense"));
    struct entry entry;
    struct err err = {.code = ERR_OK};
    enum err_code code = entry_parse((const char *)line.data, line.size, &entry, &err);
    assert_int_equal(code == ERR_OK, vector_valid(vector));
    assert_int_equal(err.code, code);
    if (code == ERR_OK) {
        struct buffer out;

        assert_int_equal(entry_check(&entry, &err), nonsense ? ERR_MALFORMED : ERR_OK);
        out = (struct buffer){0};
        assert_int_equal(entry_write(&entry, &out, NULL) == ERR_OK, !nonsense);
        buffer_free(&out);
    }
    entry_finish(&entry);
    buffer_free(&line);
}

static void base64url_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("base64url", check_base64url);
}

static void json_profile_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("json_profile", check_json_profile);
}

static void authority_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("authority", check_authority);
}

static void jwk_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("jwk", check_jwk);
}

static void signature_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("signature", check_signature);
}

static void fingerprint_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("fingerprint", check_fingerprint);
}

static void http_signature_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("http_signature", check_http_signature);
}

static void chain_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("chain", check_chain);
}

static void cursor_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("cursor", check_cursor);
}

static void head_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("head", check_head);
}

static void page_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("page", check_page);
}

static void entry_comes_out_as_published(void **state)
{
    (void)state;
    vectors_check("entry", check_entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(base64url_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(json_profile_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(authority_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(jwk_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(signature_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(fingerprint_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(http_signature_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(chain_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(cursor_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(head_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(page_comes_out_as_published, vectors_name_failure),
        cmocka_unit_test_teardown(entry_comes_out_as_published, vectors_name_failure),
    };
    return cmocka_run_group_tests_name("protocol vectors", tests, NULL, NULL);
}
