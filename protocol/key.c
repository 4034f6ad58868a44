#include "protocol/key.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/bytes.h"
#include "protocol/check.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"

enum { FINGERPRINT_GROUPS = 6, FINGERPRINT_DIGITS = 5 };

/* Parsed, with all that is asked of it again and again. */
struct key_public {
    EVP_PKEY *pkey;
    uint8_t raw[KEY_SIZE];
    uint8_t thumbprint[32];
    char id[KEY_ID_SIZE];
};

struct key_private {
    EVP_PKEY *pkey;
    struct key_public *public;
};

/* OpenSSL seldom tells why it could not, but malloc does; errno was 0 before. A good signature that is
 * refused for want of memory would speak against whoever made it. */
static enum err_code failed(struct err *err, enum err_code otherwise, const char *text)
{
    return errno == ENOMEM ? err_set(err, ERR_NO_MEMORY, "out of memory")
                           : err_set(err, otherwise, "%s", text);
}

/* The y coordinates of the points whose order divides the cofactor 8: 0, 1, -1 and two of order 8; the sign
 * bit is set aside. Under such a key one signature fits many messages. */
static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
};

/* p = 2^255 - 19 and above: second spellings of 0 … 18, which RFC 8032 section 5.1.3 refuses. They cover the
 * other encodings of 0 and 1. */
static bool is_canonical(const uint8_t y[KEY_SIZE])
{
    if (y[KEY_SIZE - 1] != 0x7f || y[0] < 0xed)
        return true;
    for (int i = 1; i < KEY_SIZE - 1; i++)
        if (y[i] != 0xff)
            return true;
    return false;
}

static bool is_small_order(const uint8_t y[KEY_SIZE])
{
    char hex[2 * KEY_SIZE + 1];

    for (size_t i = 0; i < KEY_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", y[i]);
    for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++)
        if (strcmp(hex, small_order[i]) == 0)
            return true;
    return false;
}

/* Is y a point's? Then (y² - 1) / (d y² + 1) is the square of its x (RFC 8032 section 5.1.3), and a / b is a
 * square exactly when a b is one. 1 or 0: yes; -1: no; less: it could not be computed. OpenSSL takes any
 * octets. */
static int find_square(const uint8_t y[KEY_SIZE])
{
    static const char prime[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
    static const char curve[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
    BN_CTX *context = BN_CTX_new();
    BIGNUM *p = NULL, *d = NULL;
    BIGNUM *square = BN_lebin2bn(y, KEY_SIZE, NULL);
    BIGNUM *product = BN_new();
    int symbol = -2;

    if (context && square && product && BN_hex2bn(&p, prime) != 0 && BN_hex2bn(&d, curve) != 0 &&
        BN_mod_sqr(square, square, p, context) == 1 && BN_mod_mul(product, d, square, p, context) == 1 &&
        BN_add_word(product, 1) == 1 && BN_sub_word(square, 1) == 1 &&
        BN_mod_mul(product, product, square, p, context) == 1)
        symbol = BN_kronecker(product, p, context);
    BN_free(product);
    BN_free(square);
    BN_free(d);
    BN_free(p);
    BN_CTX_free(context);
    return symbol;
}

/* RFC 7638: the members in lexical order, no white space. */
static void compute_id(struct key_public *key)
{
    char x[BYTES_B64U_SIZE(KEY_SIZE)];
    char text[128];
    int length;

    bytes_b64u_encode(key->raw, KEY_SIZE, x);
    length = snprintf(text, sizeof text, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
    CHECK(length > 0 && (size_t)length < sizeof text); /* a cut text would be another key's id */
    bytes_sha256(text, (size_t)length, key->thumbprint);
    bytes_b64u_encode(key->thumbprint, sizeof key->thumbprint, key->id);
}

/* SPEC.md section 3.2. */
static enum err_code check_point(const uint8_t raw[KEY_SIZE], struct err *err)
{
    uint8_t y[KEY_SIZE];
    int symbol;

    memcpy(y, raw, KEY_SIZE);
    y[KEY_SIZE - 1] &= 0x7f; /* the sign of x */
    if (is_small_order(y) || !is_canonical(y))
        return err_set(err, ERR_MALFORMED,
                       "the public key is a point of small order or not in canonical form");
    symbol = find_square(y);
    if (symbol == -1)
        return err_set(err, ERR_MALFORMED, "the public key is no point of the curve");
    return symbol >= 0 ? ERR_OK : failed(err, ERR_CRYPTO, "OpenSSL does not compute");
}

struct key_public *key_public_from_raw(const uint8_t raw[KEY_SIZE], struct err *err)
{
    struct key_public *key;

    errno = 0;
    if (check_point(raw, err) != ERR_OK)
        return NULL;
    key = calloc(1, sizeof *key);
    if (!key)
        goto fail;
    memcpy(key->raw, raw, KEY_SIZE);
    compute_id(key);
    key->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, KEY_SIZE);
    if (key->pkey)
        return key;

fail:
    failed(err, ERR_CRYPTO, "OpenSSL does not take the public key");
    key_public_destroy(key);
    return NULL;
}

struct key_public *key_public_from_jwk(const json_t *jwk, struct err *err)
{
    static const char *const okp[] = {"OKP", NULL};
    static const char *const ed25519[] = {"Ed25519", NULL};
    static const char *const algorithms[] = {"Ed25519", "EdDSA", NULL};
    static const char *const uses[] = {"sig", NULL};
    /* SPEC.md section 3.2: what is optional is ignored, so that libraries' JWKs are taken as they come. */
    static const struct json_field members[] = {
        {.name = "kty", .type = JSON_FIELD_ENUM, .required = true, .values = okp},
        {.name = "crv", .type = JSON_FIELD_ENUM, .required = true, .values = ed25519},
        {.name = "x", .type = JSON_FIELD_B64U, .required = true, .max = KEY_SIZE},
        {.name = "kid", .type = JSON_FIELD_TEXT},
        {.name = "alg", .type = JSON_FIELD_ENUM, .values = algorithms},
        {.name = "use", .type = JSON_FIELD_ENUM, .values = uses},
        {.name = NULL},
    };
    uint8_t raw[KEY_SIZE];
    const char *x;

    if (!json_is_object(jwk)) {
        err_set(err, ERR_MALFORMED, "a JWK is expected");
        return NULL;
    }
    /* Said first: somebody is about to give a secret away. */
    if (json_object_get(jwk, "d")) {
        err_set(err, ERR_MALFORMED,
                "the JWK holds a private key (member d): keep it secret and make a new one");
        return NULL;
    }
    if (json_field_check(jwk, members, JSON_FIELD_CLOSED, err) != ERR_OK) {
        err_wrap(err, "JWK");
        return NULL;
    }
    x = json_profile_text(jwk, "x");
    CHECK(bytes_b64u_decode(x, strlen(x), raw, sizeof raw));
    return key_public_from_raw(raw, err);
}

bool key_check_jwk(const json_t *jwk, struct err *err)
{
    struct key_public *key = key_public_from_jwk(jwk, err);

    key_public_destroy(key);
    return key != NULL;
}

json_t *key_public_to_jwk(const struct key_public *key)
{
    char x[BYTES_B64U_SIZE(KEY_SIZE)];

    bytes_b64u_encode(key->raw, KEY_SIZE, x);
    return json_pack("{s:s, s:s, s:s}", "crv", "Ed25519", "kty", "OKP", "x", x);
}

const char *key_public_id(const struct key_public *key)
{
    return key->id;
}

const uint8_t *key_public_raw(const struct key_public *key)
{
    return key->raw;
}

/* Of the thumbprint, which covers kind and curve besides the key (SPEC.md section 3.3). */
void key_public_fingerprint(const struct key_public *key, char out[KEY_FINGERPRINT_SIZE])
{
    for (size_t group = 0; group < FINGERPRINT_GROUPS; group++) {
        char *at = out + group * (FINGERPRINT_DIGITS + 1);
        uint64_t number = 0;
        unsigned digits;

        for (size_t i = 0; i < 5; i++)
            number = number << 8 | key->thumbprint[group * 5 + i];
        digits = (unsigned)(number % 100000);
        for (int i = FINGERPRINT_DIGITS - 1; i >= 0; i--) {
            at[i] = (char)('0' + digits % 10);
            digits /= 10;
        }
        at[FINGERPRINT_DIGITS] = group + 1 < FINGERPRINT_GROUPS ? ' ' : '\0';
    }
}

bool key_public_fingerprint_matches(const struct key_public *key, const char *typed)
{
    static const char white_space[] = " \t\r\n\v\f";
    char fingerprint[KEY_FINGERPRINT_SIZE];
    const char *expected = fingerprint;

    key_public_fingerprint(key, fingerprint);
    for (;;) {
        typed += strspn(typed, white_space);
        expected += strspn(expected, white_space);
        if (*typed != *expected)
            return false;
        if (*typed == '\0')
            return true;
        typed++;
        expected++;
    }
}

/* Public keys are no secret: their comparison need not take the same time always. */
bool key_public_equal(const struct key_public *a, const struct key_public *b)
{
    return memcmp(a->raw, b->raw, KEY_SIZE) == 0;
}

struct key_public *key_public_copy(const struct key_public *key)
{
    struct key_public *copy = malloc(sizeof *copy);

    if (!copy)
        return NULL;
    *copy = *key;
    /* Uncounted, the copy's key would be gone with the original. */
    CHECK(EVP_PKEY_up_ref(copy->pkey) == 1);
    return copy;
}

void key_public_destroy(struct key_public *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

/* Takes pkey over, also on failure; NULL: it could not be made. */
static struct key_private *private_from_pkey(EVP_PKEY *pkey, struct err *err)
{
    uint8_t raw[KEY_SIZE];
    size_t size = sizeof raw;
    struct key_private *key = calloc(1, sizeof *key);

    if (!key || !pkey || EVP_PKEY_get_raw_public_key(pkey, raw, &size) != 1) {
        failed(err, ERR_CRYPTO, "OpenSSL does not make the key");
        EVP_PKEY_free(pkey);
        free(key);
        return NULL;
    }
    CHECK(size == KEY_SIZE);
    key->pkey = pkey;
    key->public = key_public_from_raw(raw, err);
    if (key->public)
        return key;
    key_private_destroy(key);
    return NULL;
}

struct key_private *key_private_generate(struct err *err)
{
    errno = 0;
    return private_from_pkey(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), err);
}

struct key_private *key_private_from_seed(const uint8_t seed[KEY_SIZE], struct err *err)
{
    errno = 0;
    return private_from_pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_SIZE), err);
}

/* Without it OpenSSL would ask at the terminal. */
static int no_password(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static EVP_PKEY *read_pem(const char *pem, size_t length)
{
    BIO *bio = length > INT32_MAX ? NULL : BIO_new_mem_buf(pem, (int)length);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

    BIO_free(bio);
    return pkey;
}

struct key_private *key_private_from_pem(const char *pem, size_t length, struct err *err)
{
    EVP_PKEY *pkey;

    errno = 0;
    pkey = read_pem(pem, length);
    if (!pkey) {
        failed(err, ERR_MALFORMED, "not an unencrypted private key in PEM (PKCS#8)");
        return NULL;
    }
    /* An X25519 key has the same size and the same form, and signs nothing. */
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(pkey);
        err_set(err, ERR_MALFORMED, "the private key is not an Ed25519 key");
        return NULL;
    }
    return private_from_pkey(pkey, err);
}

char *key_private_to_pem(const struct key_private *key)
{
    char *text = NULL;
    char *data;
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when it is freed */

    if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        long size = BIO_get_mem_data(bio, &data);

        text = strndup(data, (size_t)size);
    }
    BIO_free(bio);
    return text;
}

const struct key_public *key_private_public(const struct key_private *key)
{
    return key->public;
}

void key_private_destroy(struct key_private *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    key_public_destroy(key->public);
    free(key);
}

enum err_code key_sign(const struct key_private *key, const void *message, size_t size,
                       uint8_t signature[KEY_SIGNATURE_SIZE], struct err *err)
{
    size_t length = KEY_SIGNATURE_SIZE;
    EVP_MD_CTX *context;
    enum err_code code = ERR_OK;

    errno = 0;
    context = EVP_MD_CTX_new();
    if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) != 1 ||
        EVP_DigestSign(context, signature, &length, message, size) != 1)
        code = failed(err, ERR_CRYPTO, "OpenSSL does not sign");
    CHECK(code != ERR_OK || length == KEY_SIGNATURE_SIZE);
    EVP_MD_CTX_free(context);
    return code;
}

enum err_code key_verify(const struct key_public *key, const void *message, size_t size,
                         const uint8_t signature[KEY_SIGNATURE_SIZE], struct err *err)
{
    EVP_MD_CTX *context;
    enum err_code code = ERR_OK;

    errno = 0;
    context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pkey) != 1)
        code = failed(err, ERR_CRYPTO, "OpenSSL does not verify");
    else if (EVP_DigestVerify(context, signature, KEY_SIGNATURE_SIZE, message, size) != 1)
        code = failed(err, ERR_SIGNATURE_INVALID, "the signature does not fit");
    EVP_MD_CTX_free(context);
    return code;
}
