#include "protocol/structured_field.h"

#include <stdlib.h>
#include <string.h>

enum { INTEGER_DIGITS = 15, DECIMAL_WHOLE_DIGITS = 12, DECIMAL_FRACTION_DIGITS = 3 };

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static struct bytes slice(const char *from, const char *to)
{
    return (struct bytes){(const uint8_t *)from, (size_t)(to - from)};
}

/* RFC 8941 has SP within a field's value, and tabs too around the commas of a dictionary (section 3.2): there
 * a field that came in several lines was joined. */
static void skip_spaces(struct structured_reader *reader)
{
    reader->at += strspn(reader->at, " ");
}

static void skip_optional_white_space(struct structured_reader *reader)
{
    reader->at += strspn(reader->at, " \t");
}

/* Never past the end: that character is none that anybody asks for. */
static bool eat(struct structured_reader *reader, char c)
{
    if (*reader->at != c || c == '\0')
        return false;
    reader->at++;
    return true;
}

struct structured_reader structured_field_begin(const char *text)
{
    struct structured_reader reader = {.at = text};

    skip_spaces(&reader);
    return reader;
}

static bool read_key(struct structured_reader *reader, struct bytes *key)
{
    const char *start = reader->at;

    if (strspn(start, LOWER "*") == 0)
        return false;
    reader->at += strspn(start, LOWER DIGITS "_-.*");
    *key = slice(start, reader->at);
    return true;
}

enum structured_result structured_field_member(struct structured_reader *reader, struct bytes *key,
                                               bool *has_value)
{
    if (!reader->begun) {
        reader->begun = true;
        if (*reader->at == '\0')
            return STRUCTURED_END;
    } else {
        skip_optional_white_space(reader);
        if (*reader->at == '\0')
            return STRUCTURED_END;
        if (!eat(reader, ','))
            return STRUCTURED_BAD;
        skip_optional_white_space(reader); /* a comma at the end is followed by no key, and so refused */
    }
    if (!read_key(reader, key))
        return STRUCTURED_BAD;
    *has_value = eat(reader, '='); /* RFC 8941 section 3.2: a member without one is the boolean true */
    return STRUCTURED_FOUND;
}

bool structured_field_enter_list(struct structured_reader *reader)
{
    return eat(reader, '(');
}

enum structured_result structured_field_list_item(struct structured_reader *reader,
                                                  struct structured_item *item)
{
    /* The character before is the list's own: it was entered, or an item was read. */
    bool separated = reader->at[-1] == '(' || *reader->at == ' ';

    skip_spaces(reader);
    if (eat(reader, ')'))
        return STRUCTURED_END;
    return separated && structured_field_item(reader, item) ? STRUCTURED_FOUND : STRUCTURED_BAD;
}

static bool read_number(struct structured_reader *reader, struct structured_item *item)
{
    const char *start = reader->at;
    bool negative = eat(reader, '-');
    const char *digits = reader->at;
    size_t whole = strspn(digits, DIGITS), fraction;
    int64_t magnitude;

    reader->at += whole;
    if (whole == 0)
        return false;
    if (!eat(reader, '.')) {
        /* Fifteen digits fit into 64 bits, whatever they are. */
        if (whole > INTEGER_DIGITS)
            return false;
        magnitude = strtoll(digits, NULL, 10);
        *item = (struct structured_item){STRUCTURED_INTEGER, slice(start, reader->at),
                                         negative ? -magnitude : magnitude};
        return true;
    }
    /* Nothing here takes a Decimal, but 1.0 must not pass for the integer 1 (SPEC.md section 5.2). */
    fraction = strspn(reader->at, DIGITS);
    reader->at += fraction;
    *item = (struct structured_item){STRUCTURED_DECIMAL, slice(start, reader->at), 0};
    return whole <= DECIMAL_WHOLE_DIGITS && fraction >= 1 && fraction <= DECIMAL_FRACTION_DIGITS;
}

static bool read_string(struct structured_reader *reader, struct structured_item *item)
{
    const char *c = reader->at + 1;

    /* The NUL at the end of the field is below 0x20, so that no string runs past it. */
    for (; *c != '"'; c++) {
        if (*c == '\\' && *++c != '"' && *c != '\\')
            return false;
        if (*c < 0x20 || *c > 0x7e)
            return false;
    }
    *item = (struct structured_item){STRUCTURED_STRING, slice(reader->at + 1, c), 0};
    reader->at = c + 1;
    return true;
}

static bool read_bytes(struct structured_reader *reader, struct structured_item *item)
{
    const char *start = reader->at + 1;
    const char *end = start + strspn(start, UPPER LOWER DIGITS "+/=");

    *item = (struct structured_item){STRUCTURED_BYTES, slice(start, end), 0};
    reader->at = end;
    return eat(reader, ':');
}

static bool read_boolean(struct structured_reader *reader, struct structured_item *item)
{
    char value = reader->at[1];

    if (value != '0' && value != '1')
        return false;
    *item = (struct structured_item){STRUCTURED_BOOLEAN, slice(reader->at, reader->at + 2), value - '0'};
    reader->at += 2;
    return true;
}

static void read_token(struct structured_reader *reader, struct structured_item *item)
{
    const char *start = reader->at;

    reader->at += strspn(start, UPPER LOWER DIGITS "!#$%&'*+-.^_`|~:/");
    *item = (struct structured_item){STRUCTURED_TOKEN, slice(start, reader->at), 0};
}

bool structured_field_item(struct structured_reader *reader, struct structured_item *item)
{
    char c = *reader->at;

    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(reader, item);
    if (c == '"')
        return read_string(reader, item);
    if (c == ':')
        return read_bytes(reader, item);
    if (c == '?')
        return read_boolean(reader, item);
    if (strspn(reader->at, UPPER LOWER "*") > 0) {
        read_token(reader, item);
        return true;
    }
    return false;
}

enum structured_result structured_field_parameter(struct structured_reader *reader, struct bytes *key,
                                                  struct structured_item *item)
{
    if (!eat(reader, ';'))
        return STRUCTURED_END;
    skip_spaces(reader);
    if (!read_key(reader, key))
        return STRUCTURED_BAD;
    if (!eat(reader, '=')) {
        *item = (struct structured_item){STRUCTURED_BOOLEAN, {NULL, 0}, 1};
        return STRUCTURED_FOUND;
    }
    return structured_field_item(reader, item) ? STRUCTURED_FOUND : STRUCTURED_BAD;
}

bool structured_field_octets(const struct structured_item *item, uint8_t *out, size_t size)
{
    size_t length = item->text.size, padding;

    if (item->type != STRUCTURED_BYTES)
        return false;
    while (length > 0 && item->text.data[length - 1] == '=')
        length--;
    padding = item->text.size - length;
    /* It may be left out, but what is there must be right: else one signature would have several spellings.
     */
    if (padding > 0 && (padding > 2 || item->text.size % 4 != 0))
        return false;
    return bytes_b64_decode((const char *)item->text.data, length, out, size);
}
