/* Entries: one line of JSON each (SPEC.md section 6.2), of a type that may be known (section 11). Any thread.
 */
#ifndef PROTOCOL_ENTRY_H
#define PROTOCOL_ENTRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/entry_codes.h"
#include "protocol/err.h"
#include "protocol/uuid.h"

enum {
    ENTRY_MAX = 65536,
    ENTRY_TYPE_SIZE = 33,
    ENTRY_UUID_SIZE = UUID_SIZE,
    ENTRY_SALT_SIZE = 16,
    ENTRY_KEEP_MAX_SECONDS = 366 * 86400 /* keep_until after at */
};

struct entry {
    int64_t seq;
    char type[ENTRY_TYPE_SIZE];
    char id[ENTRY_UUID_SIZE];
    int64_t rev;
    int64_t at;         /* Unix seconds */
    int64_t keep_until; /* Unix seconds; 0: none */
    uint8_t salt[ENTRY_SALT_SIZE];
    json_t *body; /* owned */
};

/* Do entries of this type say until when they may be kept? Those of unknown types need not. */
bool entry_text_bearing(const char *type);
/* May lines of this type be erased? Those of unknown types may. */
bool entry_erasable(const char *type);

/* Reads the envelope of a line (without LF). ERR_MALFORMED. The body is not checked: see entry_check. */
enum err_code entry_parse(const char *line, size_t length, struct entry *out, struct err *err);
/* The same from a line already parsed in the JSON profile. */
enum err_code entry_from_json(const json_t *object, struct entry *out, struct err *err);
/* Checks envelope and body against the type's rules; unknown types pass, an entry without a body does not. A
 * failure means quarantine, not refusal. */
enum err_code entry_check(const struct entry *entry, struct err *err);
/* Appends the line (without LF) to out: members in the order of section 6.2. Refuses what entry_check would,
 * and lines over ENTRY_MAX (ERR_TOO_LARGE). */
enum err_code entry_write(const struct entry *entry, struct buffer *out, struct err *err);
void entry_finish(struct entry *entry);

#endif
