/* Why something foreign was refused: a code and a sentence.
 *
 * One row per cause. The first rows are the problems of SPEC.md section 13, with HTTP status and slug; rows
 * with status 0 never travel: they are a follower's verdicts on what it pulled. Errors are returned as the
 * code (ERR_OK is 0) and described in a caller-owned struct err; passing NULL for the struct is allowed
 * everywhere. */
#ifndef PROTOCOL_ERR_H
#define PROTOCOL_ERR_H

#include <stddef.h>

#define ERR_LIST(X)                                                                                          \
    X(OK, 200, "ok")                                                                                         \
    X(MALFORMED, 400, "malformed-request")                                                                   \
    X(SIGNATURE_MISSING, 401, "signature-missing")                                                           \
    X(SIGNATURE_MALFORMED, 401, "signature-malformed")                                                       \
    X(UNKNOWN_KEY, 401, "unknown-key")                                                                       \
    X(SKEW, 401, "skew")                                                                                     \
    X(DIGEST_MISMATCH, 401, "digest-mismatch")                                                               \
    X(SIGNATURE_INVALID, 401, "signature-invalid")                                                           \
    X(REPLAYED, 401, "replayed")                                                                             \
    X(NOT_ACTIVE, 403, "not-active")                                                                         \
    X(TOKEN_INVALID, 403, "token-invalid")                                                                   \
    X(CURSOR_AHEAD, 409, "cursor-ahead")                                                                     \
    X(KEY_CONFLICT, 409, "key-conflict")                                                                     \
    X(TOO_LARGE, 413, "too-large")                                                                           \
    X(DISCOVERY_FAILED, 422, "discovery-failed")                                                             \
    X(CHAIN_BROKEN, 0, "chain-broken")                                                                       \
    X(FORKED, 0, "forked")                                                                                   \
    X(GAP, 0, "gap")                                                                                         \
    X(UNTRUSTED_KEY, 0, "untrusted-key")                                                                     \
    X(MISSING, 0, "missing")                                                                                 \
    X(NO_MEMORY, 0, "no-memory")                                                                             \
    X(CRYPTO, 0, "crypto")

#define ERR_ENUM(name, status, slug) ERR_##name,
enum err_code { ERR_LIST(ERR_ENUM) ERR_COUNT };
#undef ERR_ENUM

enum { ERR_TEXT_SIZE = 256 };

struct err {
    enum err_code code;
    char text[ERR_TEXT_SIZE];
};

/* Sets code and text (printf form, cut to fit) and returns code. err may be NULL. */
enum err_code err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "outer: " before the text of an error on its way up. Returns err->code. */
enum err_code err_wrap(struct err *err, const char *outer);

/* The slug of SPEC.md section 13, and its HTTP status (0: never travels). */
const char *err_slug(enum err_code code);
int err_http_status(enum err_code code);

#endif
