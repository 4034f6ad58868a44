/* Reading structured field values (RFC 8941) without building trees: the caller walks through dictionary
 * members, inner lists and parameters and takes what it needs. Everything is borrowed from the text. Any
 * thread.
 *
 * A repeated key is not noticed here. RFC 8941 lets the last one win; callers that check signatures refuse
 * repetition instead, since a proxy or library that takes the first would have checked something else. */
#ifndef PROTOCOL_STRUCTURED_FIELD_H
#define PROTOCOL_STRUCTURED_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"

enum structured_type {
    STRUCTURED_INTEGER,
    STRUCTURED_DECIMAL,
    STRUCTURED_STRING,
    STRUCTURED_TOKEN,
    STRUCTURED_BYTES,
    STRUCTURED_BOOLEAN
};

/* A bare item. text: of a string what stands between its quotes, escapes and all; of a byte sequence its
 * base64; else the item as written. */
struct structured_item {
    enum structured_type type;
    struct bytes text;
    int64_t integer; /* of integers and booleans */
};

struct structured_reader {
    const char *at;
    bool begun;
};

enum structured_result { STRUCTURED_BAD = -1, STRUCTURED_END = 0, STRUCTURED_FOUND = 1 };

struct structured_reader structured_field_begin(const char *text);

/* Dictionary: the next member's key. *has_value: its value comes next, read it with one of the functions
 * below; without it the member is the boolean true. Parameters must be read to their end before the next
 * member. */
enum structured_result structured_field_member(struct structured_reader *reader, struct bytes *key,
                                               bool *has_value);
/* Whether an inner list comes next; if so, steps into it. */
bool structured_field_enter_list(struct structured_reader *reader);
/* The next item of an inner list; its parameters come next. END steps out of the list, whose parameters come
 * next. */
enum structured_result structured_field_list_item(struct structured_reader *reader,
                                                  struct structured_item *item);
bool structured_field_item(struct structured_reader *reader, struct structured_item *item);
enum structured_result structured_field_parameter(struct structured_reader *reader, struct bytes *key,
                                                  struct structured_item *item);

/* Decodes a byte sequence of exactly size octets. As RFC 8941 section 4.2.7 asks, missing padding is
 * forgiven. */
bool structured_field_octets(const struct structured_item *item, uint8_t *out, size_t size);

#endif
