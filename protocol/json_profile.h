/* JSON as SPEC.md section 2 wants it. json_t values are jansson's and reference-counted by the caller. No
 * globals; any thread. */
#ifndef PROTOCOL_JSON_PROFILE_H
#define PROTOCOL_JSON_PROFILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "protocol/err.h"

#define JSON_PROFILE_INTEGER_MAX 9007199254740991LL
enum { JSON_PROFILE_DEPTH = 16 }; /* objects and arrays; the top object is the first */

/* Parses one JSON object in the profile, of `length` octets (text may be NULL when there are none). Returns a
 * new reference, or NULL with ERR_MALFORMED ("JSON: what is wrong (line 1, column 7)", which quotes nothing
 * of the text) or ERR_NO_MEMORY. */
json_t *json_profile_parse(const char *text, size_t length, struct err *err);

/* Length in Unicode code points of valid UTF-8. */
size_t json_profile_text_length(const char *text);

/* Borrowed getters for checked objects: NULL / fallback when absent or null. */
const char *json_profile_text(const json_t *object, const char *name);
long long json_profile_integer(const json_t *object, const char *name, long long fallback);

#endif
