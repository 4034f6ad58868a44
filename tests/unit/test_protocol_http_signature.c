/* What the vectors do not show: reading structured fields at large, and refusals on the signer's side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "protocol/http_signature.h"
#include "protocol/structured_field.h"

/* Reads one item that is all of text. */
static bool read_item(const char *text, struct structured_item *item)
{
    struct structured_reader reader = structured_field_begin(text);
    return structured_field_item(&reader, item) && *reader.at == '\0';
}

static void items_are_those_of_rfc_8941(void **state)
{
    static const struct {
        const char *text;
        enum structured_type type;
        int64_t integer;
        const char *content;
    } cases[] = {
        {"0", STRUCTURED_INTEGER, 0, "0"},
        {"-0", STRUCTURED_INTEGER, 0, "-0"},
        {"-42", STRUCTURED_INTEGER, -42, "-42"},
        {"0042", STRUCTURED_INTEGER, 42, "0042"},
        {"999999999999999", STRUCTURED_INTEGER, 999999999999999, "999999999999999"},
        {"1.5", STRUCTURED_DECIMAL, 0, "1.5"},
        {"-123456789012.123", STRUCTURED_DECIMAL, 0, "-123456789012.123"},
        {"\"\"", STRUCTURED_STRING, 0, ""},
        {"\"a \\\"b\\\\\"", STRUCTURED_STRING, 0, "a \\\"b\\\\"},
        {"a123:/*~", STRUCTURED_TOKEN, 0, "a123:/*~"},
        {"*", STRUCTURED_TOKEN, 0, "*"},
        {"::", STRUCTURED_BYTES, 0, ""},
        {":aGVsbG8=:", STRUCTURED_BYTES, 0, "aGVsbG8="},
        {"?1", STRUCTURED_BOOLEAN, 1, "?1"},
        {"?0", STRUCTURED_BOOLEAN, 0, "?0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct structured_item item;
        assert_true(read_item(cases[i].text, &item));
        assert_int_equal(item.type, cases[i].type);
        assert_int_equal(item.integer, cases[i].integer);
        assert_true(bytes_text_equal(item.text, cases[i].content));
    }
}

static void what_is_no_item_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "-",
        "--1",
        "1.",
        "1.2345",
        "1234567890123.1",
        "1000000000000000",
        ".5",
        "\"",
        "\"a",
        "\"\\",
        "\"\\a\"",
        "\"\t\"",
        "\"\x7f\"",
        "\"\xc3\xbc\"",
        ":aGVsbG8=",
        ":a-b:",
        "?2",
        "?",
        "?true",
        "@1",
        "(",
        "=",
        "\xff",
        "+1",
        "1a",
        "a,",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct structured_item item;
        assert_false(read_item(cases[i], &item));
    }
}

/* Walks a whole dictionary of items with parameters; how many members, or -1. */
static int count_members(const char *text)
{
    struct structured_reader reader = structured_field_begin(text);
    struct structured_item item;
    struct bytes key;
    bool has_value;
    int count = 0;
    enum structured_result result;
    while ((result = structured_field_member(&reader, &key, &has_value)) == STRUCTURED_FOUND) {
        if (has_value && !structured_field_item(&reader, &item))
            return -1;
        while ((result = structured_field_parameter(&reader, &key, &item)) == STRUCTURED_FOUND) {
        }
        if (result == STRUCTURED_BAD)
            return -1;
        count++;
    }
    return result == STRUCTURED_END ? count : -1;
}

static void dictionaries_are_those_of_rfc_8941(void **state)
{
    static const struct {
        const char *text;
        int members;
    } cases[] = {
        {"", 0},          {"   ", 0},          {"a=1", 1},       {"  a=1  ", 1},
        {"a=1,b=2", 2},   {"a=1 \t,\t b", 2},  {"a;x;y=1,b", 2}, {"a=1;x=\",\"", 1},
        {"*a.-_*9=1", 1}, {"a=1; x=1;  y", 1}, {"a=1\t", 1},     {",", -1},
        {"a=1,", -1},     {"a=1 b=2", -1},     {"A=1", -1},      {"a =1", -1},
        {"a= 1", -1},     {"a=1 ;x", -1},      {"a=1;\tx", -1},  {"a=1;", -1},
        {"a=1;X", -1},    {"a=1;x=", -1},      {"1=1", -1},      {"a=1,,b=2", -1},
        {"\ta=1", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(count_members(cases[i].text), cases[i].members);
}

static bool octets(const char *text, size_t size)
{
    struct structured_item item;
    uint8_t out[8];
    return read_item(text, &item) && structured_field_octets(&item, out, size);
}

static void byte_sequences_may_lack_padding_but_not_octets(void **state)
{
    (void)state;
    assert_true(octets(":aGk=:", 2));
    assert_true(octets(":aGk:", 2));
    assert_true(octets(":YQ==:", 1));
    assert_false(octets(":YQ=:", 1));
    assert_false(octets(":YQ===:", 1));
    assert_false(octets(":aGk=:", 1));
    assert_false(octets(":aGk=:", 3));
    assert_false(octets(":aG=k:", 2));
    assert_false(octets("\"aGk=\"", 2));
}

static enum err_code sign(struct http_message message)
{
    static const uint8_t seed[KEY_SIZE] = {1};
    static const uint8_t nonce[16] = {0};
    struct key_private *key = key_private_from_seed(seed, NULL);
    char *signature_input;
    char *signature;
    enum err_code code =
        http_signature_sign(&message, key, 1790000000, nonce, &signature_input, &signature, NULL);
    assert_int_equal(signature_input != NULL, code == ERR_OK);
    assert_int_equal(signature != NULL, code == ERR_OK);
    free(signature_input);
    free(signature);
    key_private_destroy(key);
    return code;
}

static void what_no_callee_could_check_is_not_signed(void **state)
{
    struct http_message get = {.method = "GET", .authority = "a.example", .path = "/federation/v1/pages"};
    struct http_message post;

    (void)state;
    assert_int_equal(sign(get), ERR_OK);
    get.query = "a=\n\"@path\": /";
    assert_int_equal(sign(get), ERR_SIGNATURE_MALFORMED);
    post = (struct http_message){
        .method = "POST",
        .authority = "a.example",
        .path = "/federation/v1/hint",
        .has_body = true,
        .content_type = "application/jose",
    };
    assert_int_equal(sign(post), ERR_SIGNATURE_MALFORMED);
    post.content_digest = "sha-256=:AAAA:";
    assert_int_equal(sign(post), ERR_OK);
}

static void a_base_outside_our_profile_needs_what_it_covers(void **state)
{
    static const struct http_component known[] = {
        {"@method", "GET"}, {"x-empty", ""}, {"x-padded", " \ta b \t"}};

    static const struct {
        const char *input;
        const char *base; /* NULL: refused */
    } cases[] = {
        {"s=()", "\"@signature-params\": ()"},
        {"s=();a;b=?0;c=1.5;d=tok;e=:AA==:", "\"@signature-params\": ();a;b=?0;c=1.5;d=tok;e=:AA==:"},
        {"s=(\"x-empty\" \"x-padded\")",
         "\"x-empty\": \n\"x-padded\": a b\n\"@signature-params\": (\"x-empty\" \"x-padded\")"},
        {"s=(\"x-absent\")", NULL},
        {"s=(\"@method\" \"@method\")", NULL},
        {"s=(\"@method\";sf)", NULL},
        {"s=(1)", NULL},
        {"s=();a;a", NULL},
        {"s=(), t=()", NULL},
        {"s=(\"1\" \"2\" \"3\" \"4\" \"5\" \"6\" \"7\" \"8\" \"9\" \"10\" \"11\" \"12\" \"13\" \"14\" \"15\" "
         "\"16\" \"17\")",
         NULL},
        {"s=();a;b;c;d;e;f;g;h;i", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer base = {0};
        enum err_code code = http_signature_base(cases[i].input, known, 3, &base, NULL);
        assert_int_equal(code, !cases[i].base ? ERR_SIGNATURE_MALFORMED : ERR_OK);
        if (cases[i].base)
            assert_string_equal((const char *)base.data, cases[i].base);
        buffer_free(&base);
    }
}

static void a_body_without_a_digest_does_not_match(void **state)
{
    struct http_message message = {.has_body = true, .body = {(const uint8_t *)"x", 1}};

    (void)state;
    assert_int_equal(http_signature_check_digest(&message, NULL), ERR_DIGEST_MISMATCH);
    message.has_body = false;
    assert_int_equal(http_signature_check_digest(&message, NULL), ERR_OK);
}

static enum err_code check_digest_of(const char *body, const uint8_t digest[32])
{
    char encoded[64];
    char field[96];
    const struct http_message message = {
        .has_body = true, .body = {(const uint8_t *)body, strlen(body)}, .content_digest = field};

    assert_int_equal(EVP_EncodeBlock((unsigned char *)encoded, digest, 32), 44);
    snprintf(field, sizeof field, "sha-256=:%s:", encoded);
    return http_signature_check_digest(&message, NULL);
}

static void a_digest_is_compared_to_its_last_octet(void **state)
{
    uint8_t digest[32];

    (void)state;
    bytes_sha256("body", 4, digest);
    assert_int_equal(check_digest_of("body", digest), ERR_OK);
    for (size_t i = 0; i < sizeof digest; i++) {
        digest[i] ^= 1;
        assert_int_equal(check_digest_of("body", digest), ERR_DIGEST_MISMATCH);
        digest[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_those_of_rfc_8941),
        cmocka_unit_test(what_is_no_item_is_refused),
        cmocka_unit_test(dictionaries_are_those_of_rfc_8941),
        cmocka_unit_test(byte_sequences_may_lack_padding_but_not_octets),
        cmocka_unit_test(what_no_callee_could_check_is_not_signed),
        cmocka_unit_test(a_base_outside_our_profile_needs_what_it_covers),
        cmocka_unit_test(a_body_without_a_digest_does_not_match),
        cmocka_unit_test(a_digest_is_compared_to_its_last_octet),
    };
    return cmocka_run_group_tests_name("protocol http_signature", tests, NULL, NULL);
}
