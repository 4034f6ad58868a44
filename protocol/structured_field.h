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

/* Where the caller stands in a field. */
struct structured_reader {
    const char *at;
    bool begun;
};

/* BAD: this is no structured field; the reader is of no use any more. END: there is no further one. */
enum structured_result { STRUCTURED_BAD = -1, STRUCTURED_END = 0, STRUCTURED_FOUND = 1 };

/* At the beginning of a field's value (of one line), which must outlive what is read from it. */
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
/* A bare item (section 3.3); its parameters come next. False: BAD. */
bool structured_field_item(struct structured_reader *reader, struct structured_item *item);
/* The next parameter (section 3.1.2) of the item or inner list before; without a value it is the boolean
 * true. */
enum structured_result structured_field_parameter(struct structured_reader *reader, struct bytes *key,
                                                  struct structured_item *item);

/* Decodes a byte sequence of exactly size octets; false: item is none, or of another length. As RFC 8941
 * section 4.2.7 asks, missing padding is forgiven. */
bool structured_field_octets(const struct structured_item *item, uint8_t *out, size_t size);

#endif
