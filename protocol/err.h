/* Why something foreign was refused: a code and a sentence.
 *
 * One row per cause. ERR_PROBLEMS are those of SPEC.md section 13, with HTTP status, slug and title;
 * ERR_VERDICTS never travel: they are a follower's on what it pulled. Errors are returned as the
 * code (ERR_OK is 0) and described in a caller-owned struct err; passing NULL for the struct is allowed
 * everywhere. */
#ifndef PROTOCOL_ERR_H
#define PROTOCOL_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define ERR_PROBLEMS(X)                                                                                      \
    X(MALFORMED, 400, "malformed-request", "The request is malformed")                                       \
    X(SIGNATURE_MISSING, 401, "signature-missing", "The request is not signed")                              \
    X(SIGNATURE_MALFORMED, 401, "signature-malformed", "The signature fields are malformed")                 \
    X(UNKNOWN_KEY, 401, "unknown-key", "The key is not known here")                                          \
    X(SKEW, 401, "skew", "The clocks differ too much")                                                       \
    X(DIGEST_MISMATCH, 401, "digest-mismatch", "The body does not match its digest")                         \
    X(SIGNATURE_INVALID, 401, "signature-invalid", "The signature does not verify")                          \
    X(REPLAYED, 401, "replayed", "This request was already received")                                        \
    X(NOT_ACTIVE, 403, "not-active", "This node is not an active member here")                               \
    X(TOKEN_INVALID, 403, "token-invalid", "The invitation is unknown, used or expired")                     \
    X(CURSOR_AHEAD, 409, "cursor-ahead", "The cursor is ahead of this stream")                               \
    X(KEY_CONFLICT, 409, "key-conflict", "Another key is known for this authority")                          \
    X(TOO_LARGE, 413, "too-large", "The request is too large")                                               \
    X(DISCOVERY_FAILED, 422, "discovery-failed", "The node's discovery document does not fit")

#define ERR_VERDICTS(X)                                                                                      \
    X(CHAIN_BROKEN, "chain-broken")                                                                          \
    X(FORKED, "forked")                                                                                      \
    X(GAP, "gap")                                                                                            \
    X(UNTRUSTED_KEY, "untrusted-key")                                                                        \
    X(MISSING, "missing")                                                                                    \
    X(NO_MEMORY, "no-memory") /* these two say nothing about what was looked at */                           \
    X(CRYPTO, "crypto")

#define ERR_PROBLEM_ENUM(name, status, slug, title) ERR_##name,
#define ERR_VERDICT_ENUM(name, slug)                ERR_##name,
enum err_code { ERR_OK, ERR_PROBLEMS(ERR_PROBLEM_ENUM) ERR_VERDICTS(ERR_VERDICT_ENUM) ERR_COUNT };
#undef ERR_PROBLEM_ENUM
#undef ERR_VERDICT_ENUM

enum { ERR_TEXT_SIZE = 256 };

struct err {
    enum err_code code;
    char text[ERR_TEXT_SIZE];
};

/* Sets code and text (printf form, cut to fit) and returns code. err may be NULL. */
enum err_code err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ERR_MALFORMED with a text that stands by itself, for rules that answer yes or no: returns false. */
bool err_refuse(struct err *err, const char *text);

/* Puts "outer: " before the text of an error on its way up. Returns err->code; without an err, ERR_MALFORMED.
 */
enum err_code err_wrap(struct err *err, const char *outer);

/* The slug of SPEC.md section 13; "ok" for ERR_OK. Static. */
const char *err_slug(enum err_code code);

#endif
