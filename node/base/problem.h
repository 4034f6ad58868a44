/* Problems: what goes wrong, as people and programs are told (RFC 9457).
 *
 * One row per cause: name, HTTP status, slug, English title; the protocol's own rows come first. The slug
 * ends the problem's `type`; screens translate it. A struct problem travels down a call and comes back
 * filled; the first problem set wins, later ones are kept out. Functions that can fail return false after
 * setting one. */
#ifndef NODE_BASE_PROBLEM_H
#define NODE_BASE_PROBLEM_H

#include <jansson.h>
#include <stdbool.h>

#include "protocol/err.h"

#define PROBLEM_LIST(X)                                                                                      \
    X(NONE, 200, "none", "No problem")                                                                       \
    ERR_PROBLEMS(X)                                                                                          \
    X(MALFORMED_JSON, 400, "malformed-json", "The body is not acceptable JSON")                              \
    X(INVALID_QUERY, 400, "invalid-query", "The address asks for something that is not understood")          \
    X(UNAUTHENTICATED, 401, "unauthenticated", "Please sign in")                                             \
    X(SIGN_IN_FAILED, 401, "sign-in-failed", "E-mail or password is wrong")                                  \
    X(FORBIDDEN, 403, "forbidden", "Your role does not allow this")                                          \
    X(CSRF, 403, "csrf", "The request did not come from this node's own pages")                              \
    X(NOT_FOUND, 404, "not-found", "There is nothing here")                                                  \
    X(METHOD_NOT_ALLOWED, 405, "method-not-allowed", "This method is not allowed here")                      \
    X(SLOW_REQUEST, 408, "slow-request", "The request did not arrive in time")                               \
    X(CONFLICT, 409, "conflict", "This contradicts what is already here")                                    \
    X(TRANSITION_NOT_ALLOWED, 409, "transition-not-allowed", "This step is not possible from here")          \
    X(PREVIEW_OUTDATED, 409, "preview-outdated", "Something changed since the preview")                      \
    X(FINGERPRINT_MISMATCH, 409, "fingerprint-mismatch", "The fingerprint is not the one of this key")       \
    X(LENGTH_REQUIRED, 411, "length-required", "The length of the body is needed")                           \
    X(STALE_VERSION, 412, "stale-version", "Somebody else has changed this in the meantime")                 \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "unsupported-media-type", "This kind of content is not accepted here")    \
    X(INVALID_BODY, 422, "invalid-body", "Some fields need another look")                                    \
    X(IDENTIFIERS_FOUND, 422, "identifiers-found", "The text still names somebody")                          \
    X(IDEMPOTENCY_MISMATCH, 422, "idempotency-mismatch", "This key was used for another request")            \
    X(IMPORT_HAS_ERRORS, 422, "import-has-errors", "Some rows have errors; nothing was imported")            \
    X(INVITATION_REFUSED, 422, "invitation-refused", "The office did not accept the invitation")             \
    X(PRECONDITION_REQUIRED, 428, "precondition-required", "Say which version you are changing (If-Match)")  \
    X(TOO_MANY_ATTEMPTS, 429, "too-many-attempts", "Too many attempts; please wait")                         \
    X(RATE_LIMITED, 429, "rate-limited", "Too many requests; please wait")                                   \
    X(INTERNAL, 500, "internal", "Something went wrong here; nothing was changed")                           \
    X(PEER_UNREACHABLE, 502, "peer-unreachable", "The other node could not be reached")                      \
    X(BUSY, 503, "busy", "The node is busy; please try again")                                               \
    X(DATABASE_UNAVAILABLE, 503, "database-unavailable", "The database is not reachable; nothing was changed")

#define PROBLEM_ENUM(name, status, slug, title) PROBLEM_##name,
enum problem_code { PROBLEM_LIST(PROBLEM_ENUM) PROBLEM_COUNT };
#undef PROBLEM_ENUM

#define PROBLEM_TYPE_BASE "https://herausforderung.example/problems/"

struct problem {
    enum problem_code code;
    char detail[512];
    long retry_after;  /* seconds; 0: no Retry-After */
    json_t *errors;    /* owned; array of {pointer, code, detail} with or without subject, or NULL */
    json_t *extension; /* owned; further members, or NULL */
};

/* Sets the first problem; later calls change nothing. Returns false, so that `return problem_set(…)` reads
 * well. */
bool problem_set(struct problem *problem, enum problem_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A protocol error as a problem: same slug. */
bool problem_from_err(struct problem *problem, const struct err *err);
/* Adds one offending field (JSON pointer, short code, sentence) and makes the problem INVALID_BODY. */
void problem_field(struct problem *problem, const char *pointer, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Says what the offending field added last is about, apart from the sentence: the column or the line of a
 * file, the words in a text. */
void problem_subject(struct problem *problem, const char *subject);
/* Adds one place that names somebody, in these words, and makes the problem IDENTIFIERS_FOUND. */
void problem_identifier(struct problem *problem, const char *pointer, const char *excerpt);
/* Adds an extension member; steals value. */
void problem_extend(struct problem *problem, const char *name, json_t *value);
/* Afterwards it is none, and fit for the next. */
void problem_finish(struct problem *problem);

int problem_status(enum problem_code code);
const char *problem_slug(enum problem_code code);
const char *problem_title(enum problem_code code);
/* The document, owned text. */
char *problem_document(const struct problem *problem);

#endif
