#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/key.h"

static void a_key_survives_pem(void **state)
{
    struct key_private *key = key_private_generate(NULL);
    char *pem = key_private_to_pem(key);
    struct key_private *again;

    (void)state;
    assert_non_null(strstr(pem, "-----BEGIN PRIVATE KEY-----"));
    again = key_private_from_pem(pem, strlen(pem), NULL);
    assert_non_null(again);
    assert_true(key_public_equal(key_private_public(key), key_private_public(again)));
    free(pem);
    key_private_destroy(again);
    key_private_destroy(key);
}

static void the_key_of_rfc_9421_is_read_from_its_pem(void **state)
{
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
                              "-----END PRIVATE KEY-----\n";
    struct key_private *key = key_private_from_pem(pem, strlen(pem), NULL);
    json_t *jwk = key_public_to_jwk(key_private_public(key));

    (void)state;
    assert_string_equal(json_string_value(json_object_get(jwk, "x")),
                        "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs");
    assert_int_equal(json_object_size(jwk), 3);
    json_decref(jwk);
    key_private_destroy(key);
}

/* Which of these y have an x was computed apart from this program. */
static void half_of_all_octets_are_points(void **state)
{
    static const char on_the_curve[] = "..nyyyynnyyn";

    (void)state;
    for (uint8_t y = 2; on_the_curve[y] != '\0'; y++) {
        const uint8_t raw[KEY_SIZE] = {y};
        struct key_public *key = key_public_from_raw(raw, NULL);

        assert_int_equal(key != NULL, on_the_curve[y] == 'y');
        key_public_destroy(key);
    }
}

static void what_is_no_ed25519_key_in_pem_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "hello",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        /* X25519 */
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VuBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
        "-----END PRIVATE KEY-----\n",
        /* a public key */
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
        "-----END PUBLIC KEY-----\n",
        /* encrypted: nobody is asked for a password */
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
        "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEQAAA\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {.code = ERR_OK};
        assert_null(key_private_from_pem(cases[i], strlen(cases[i]), &err));
        assert_int_equal(err.code, ERR_MALFORMED);
    }
}

static void signatures_are_those_of_rfc_8032(void **state)
{
    /* RFC 8032 section 7.1, test 1: the empty message. */
    static const uint8_t seed[KEY_SIZE] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                           0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                           0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    static const uint8_t begins[] = {0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72};
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct key_private *key = key_private_from_seed(seed, NULL);

    (void)state;
    assert_int_equal(key_sign(key, "", 0, signature, NULL), ERR_OK);
    assert_memory_equal(signature, begins, sizeof begins);
    assert_int_equal(key_verify(key_private_public(key), "", 0, signature, NULL), ERR_OK);
    key_private_destroy(key);
}

static void a_changed_message_or_signature_does_not_verify(void **state)
{
    struct key_private *key = key_private_generate(NULL);
    struct key_private *other = key_private_generate(NULL);
    uint8_t signature[KEY_SIGNATURE_SIZE];

    (void)state;
    assert_int_equal(key_sign(key, "message", 7, signature, NULL), ERR_OK);
    assert_int_equal(key_verify(key_private_public(key), "message", 7, signature, NULL), ERR_OK);
    assert_int_equal(key_verify(key_private_public(key), "messagE", 7, signature, NULL),
                     ERR_SIGNATURE_INVALID);
    assert_int_equal(key_verify(key_private_public(other), "message", 7, signature, NULL),
                     ERR_SIGNATURE_INVALID);
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 1;
        assert_int_equal(key_verify(key_private_public(key), "message", 7, signature, NULL),
                         ERR_SIGNATURE_INVALID);
        signature[i] ^= 1;
    }
    key_private_destroy(other);
    key_private_destroy(key);
}

/* The order of the group, little-endian. S and S + L would be two signatures of one message. */
static void a_signature_has_one_form(void **state)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct key_private *key = key_private_generate(NULL);
    uint8_t signature[KEY_SIGNATURE_SIZE];
    unsigned carry = 0;

    (void)state;
    assert_int_equal(key_sign(key, "message", 7, signature, NULL), ERR_OK);
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(key_verify(key_private_public(key), "message", 7, signature, NULL),
                     ERR_SIGNATURE_INVALID);
    key_private_destroy(key);
}

static void a_copy_outlives_its_original(void **state)
{
    struct key_private *key = key_private_generate(NULL);
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct key_public *copy = key_public_copy(key_private_public(key));

    (void)state;
    assert_int_equal(key_sign(key, "x", 1, signature, NULL), ERR_OK);
    assert_string_equal(key_public_id(copy), key_public_id(key_private_public(key)));
    key_private_destroy(key);
    assert_int_equal(key_verify(copy, "x", 1, signature, NULL), ERR_OK);
    key_public_destroy(copy);
    key_public_destroy(NULL);
    key_private_destroy(NULL);
}

static void a_key_that_only_resembles_the_refused_ones_is_taken(void **state)
{
    static const uint8_t raw[KEY_SIZE] = {0xee, [KEY_SIZE - 1] = 0x7f};
    struct key_public *key = key_public_from_raw(raw, NULL);

    (void)state;
    assert_non_null(key);
    key_public_destroy(key);
}

static void what_is_no_object_is_no_jwk(void **state)
{
    json_t *text = json_string("OKP");

    (void)state;
    assert_null(key_public_from_jwk(text, NULL));
    assert_null(key_public_from_jwk(NULL, NULL));
    json_decref(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_survives_pem),
        cmocka_unit_test(the_key_of_rfc_9421_is_read_from_its_pem),
        cmocka_unit_test(half_of_all_octets_are_points),
        cmocka_unit_test(what_is_no_ed25519_key_in_pem_is_refused),
        cmocka_unit_test(signatures_are_those_of_rfc_8032),
        cmocka_unit_test(a_changed_message_or_signature_does_not_verify),
        cmocka_unit_test(a_signature_has_one_form),
        cmocka_unit_test(a_copy_outlives_its_original),
        cmocka_unit_test(a_key_that_only_resembles_the_refused_ones_is_taken),
        cmocka_unit_test(what_is_no_object_is_no_jwk),
    };
    return cmocka_run_group_tests_name("protocol key", tests, NULL, NULL);
}
