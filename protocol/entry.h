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
    ENTRY_MAX = 65536, /* octets of a line, without its LF */
    ENTRY_TYPE_SIZE = 33,
    ENTRY_UUID_SIZE = UUID_SIZE,
    ENTRY_SALT_SIZE = 16,
    ENTRY_KEEP_MAX_SECONDS = 366 * 86400 /* keep_until after at */
};

struct entry {
    int64_t seq; /* from 1 on; in its stream and epoch */
    char type[ENTRY_TYPE_SIZE];
    char id[ENTRY_UUID_SIZE]; /* of the object that it speaks of */
    int64_t rev;              /* for people: stream order decides what is newest */
    int64_t at;               /* Unix seconds */
    int64_t keep_until;       /* Unix seconds; 0: none */
    uint8_t salt[ENTRY_SALT_SIZE];
    json_t *body; /* owned; NULL: what was read is no entry */
};

/* Do entries of this type say until when they may be kept? Those of unknown types need not. */
bool entry_text_bearing(const char *type);
/* Is it a proposal or an offer, of which an office gets and keeps nothing (SPEC.md 8.4)? NULL: no. */
bool entry_is_listing(const char *type);
/* Is it a type of this edition? Those of SPEC.md 11.10 are not. */
bool entry_known(const char *type);
/* May lines of this type be erased? Those of unknown types may. */
bool entry_erasable(const char *type);

/* Reads the envelope of a line of `length` octets (without LF): ERR_MALFORMED, ERR_TOO_LARGE, ERR_NO_MEMORY;
 * then out is empty. The body is not checked: see entry_check. */
enum err_code entry_parse(const char *line, size_t length, struct entry *out, struct err *err);
/* The same from a line already parsed in the JSON profile. Needs no memory. */
enum err_code entry_from_json(const json_t *object, struct entry *out, struct err *err);
/* Checks envelope and body against the type's rules; unknown types pass, an entry without a body does not.
 * ERR_MALFORMED means quarantine, not refusal (SPEC.md section 9.3); ERR_NO_MEMORY and ERR_CRYPTO say nothing
 * about the entry. */
enum err_code entry_check(const struct entry *entry, struct err *err);
/* Appends the line (without LF) to out: members in the order of section 6.2. Refuses what entry_check or
 * entry_parse would (ERR_MALFORMED, ERR_TOO_LARGE); ERR_NO_MEMORY, ERR_CRYPTO. On error out is as it was. */
enum err_code entry_write(const struct entry *entry, struct buffer *out, struct err *err);
/* Frees the body. */
void entry_finish(struct entry *entry);

#endif
