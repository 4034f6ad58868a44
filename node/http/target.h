/* The request target taken apart: percent-decoding and the query. Pure; any thread.
 *
 * Nothing undecodable is passed on: what does not decode to UTF-8 without NUL is refused as a whole. */
#ifndef NODE_HTTP_TARGET_H
#define NODE_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "node/base/problem.h"
#include "protocol/bytes.h"

enum { TARGET_QUERY_PARAMETERS = 64 };

struct target_parameter {
    const char *name;
    const char *value;
};

/* Zero-initialise to begin; target_query_finish frees. */
struct target_query {
    size_t count;
    struct target_parameter *parameters; /* owned; all names and values stand behind them */
};

/* The raw target as sent (origin form, or absolute form as RFC 9112 section 3.2.2 asks servers to accept):
 * borrowed views of its path and of its query without '?'. MALFORMED_REQUEST for everything that RFC 3986 has
 * no place for. */
bool target_split(const char *target, struct bytes *path, struct bytes *query, struct problem *problem);

/* Decodes raw (RFC 3986 section 2.1) to out, which has room for raw.size + 1 characters; out may be where raw
 * is. plus: '+' is a space, as forms write it. False for a broken escape, NUL, or what is not UTF-8. */
bool target_decode(struct bytes raw, bool plus, char *out);

/* name=value&…, a parameter without '=' has the value "". MALFORMED_REQUEST: undecodable, or too many. */
bool target_query_parse(struct target_query *query, struct bytes raw, struct problem *problem);
void target_query_finish(struct target_query *query);

#endif
