/* jansson holds the values but does not read them: its reader goes on when it cannot grow the token it is at,
 * so that without memory a text loses characters, or its end. A text read wrongly here would be judged,
 * stored or acknowledged as what somebody signed. */
#include "protocol/json_profile.h"

#include <stdint.h>
#include <string.h>

#include "protocol/bytes.h"

struct reader {
    const char *start;
    const char *at;
    const char *end;
    int depth;
    enum err_code code; /* what was wrong first */
    const char *wrong;
};

/* The first thing that is wrong counts. These return false. */
static bool stop(struct reader *reader, enum err_code code, const char *wrong)
{
    if (reader->code == ERR_OK) {
        reader->code = code;
        reader->wrong = wrong;
    }
    return false;
}

static bool refuse(struct reader *reader, const char *wrong)
{
    return stop(reader, ERR_MALFORMED, reader->at == reader->end ? "the text ends too early" : wrong);
}

static bool no_memory(struct reader *reader)
{
    return stop(reader, ERR_NO_MEMORY, "out of memory");
}

static const char not_json[] = "not valid JSON";
static const char alone[] = "a surrogate stands alone";

/* What jansson made of it. */
static json_t *made(struct reader *reader, json_t *value)
{
    if (!value)
        no_memory(reader);
    return value;
}

static bool next_is(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == c;
}

static bool take(struct reader *reader, char c)
{
    if (!next_is(reader, c))
        return false;
    reader->at++;
    return true;
}

static void skip_space(struct reader *reader)
{
    while (next_is(reader, ' ') || next_is(reader, '\t') || next_is(reader, '\n') || next_is(reader, '\r'))
        reader->at++;
}

/* ---- texts */

/* How many octets the well-formed UTF-8 sequence (RFC 3629) that begins here has; 0: it is none. */
static size_t sequence_length(const char *at, const char *end)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* else it has a shorter spelling */
    uint32_t code = (unsigned char)*at;
    size_t length = code < 0x80   ? 1
                    : code < 0xc0 ? 0
                    : code < 0xe0 ? 2
                    : code < 0xf0 ? 3
                    : code < 0xf8 ? 4
                                  : 0;

    if (length > (size_t)(end - at))
        return 0;
    if (length > 1)
        code &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    }
    return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

static void put_character(struct buffer *out, uint32_t code)
{
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    uint8_t octets[4];
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = length; i-- > 1; code >>= 6)
        octets[i] = (uint8_t)(0x80 | (code & 0x3f));
    octets[0] = (uint8_t)(leads[length] | code);
    buffer_append(out, octets, length);
}

/* The four digits after \u. */
static bool read_unit(struct reader *reader, uint32_t *out)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    *out = 0;
    for (int i = 0; i < 4; i++, reader->at++) {
        const char *digit = reader->at == reader->end ? NULL : memchr(digits, *reader->at, sizeof digits - 1);

        if (!digit)
            return refuse(reader, not_json);
        *out = *out << 4 | (uint32_t)(digit - digits < 16 ? digit - digits : digit - digits - 6);
    }
    return true;
}

/* Characters beyond U+FFFF are written as two units, of which neither may stand alone. */
static bool read_unicode_escape(struct reader *reader, struct buffer *out)
{
    uint32_t code, low;

    if (!read_unit(reader, &code))
        return false;
    if (code == 0)
        return refuse(reader, "U+0000 is not allowed");
    if (code >= 0xd800 && code <= 0xdbff) {
        if (!take(reader, '\\') || !take(reader, 'u'))
            return refuse(reader, alone);
        if (!read_unit(reader, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return refuse(reader, alone);
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        return refuse(reader, alone);
    }
    put_character(out, code);
    return true;
}

static bool read_escape(struct reader *reader, struct buffer *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *name;

    reader->at++; /* the backslash */
    if (take(reader, 'u'))
        return read_unicode_escape(reader, out);
    name = reader->at == reader->end ? NULL : memchr(names, *reader->at, sizeof names - 1);
    if (!name)
        return refuse(reader, not_json);
    reader->at++;
    buffer_append(out, &values[name - names], 1);
    return true;
}

static bool skip_character(struct reader *reader)
{
    size_t length;

    if (reader->at == reader->end || (unsigned char)*reader->at < 0x20)
        return refuse(reader, not_json);
    length = sequence_length(reader->at, reader->end);
    if (length == 0)
        return stop(reader, ERR_MALFORMED, "not valid UTF-8");
    reader->at += length;
    return true;
}

/* The text that begins here: a view of the input, or of `unescaped` (to be freed) if it holds escapes. */
static bool read_text(struct reader *reader, struct buffer *unescaped, struct bytes *out)
{
    const char *plain;
    bool escapes = false;

    if (!take(reader, '"'))
        return refuse(reader, not_json);
    plain = reader->at;
    while (!next_is(reader, '"')) {
        if (!next_is(reader, '\\')) {
            if (!skip_character(reader))
                return false;
            continue;
        }
        buffer_append(unescaped, plain, (size_t)(reader->at - plain));
        if (!read_escape(reader, unescaped))
            return false;
        plain = reader->at;
        escapes = true;
    }
    *out = (struct bytes){(const uint8_t *)plain, (size_t)(reader->at - plain)};
    reader->at++;
    if (!escapes)
        return true;
    buffer_append(unescaped, out->data, out->size);
    *out = (struct bytes){unescaped->data, unescaped->size};
    return !unescaped->failed || no_memory(reader);
}

static json_t *read_string(struct reader *reader)
{
    struct buffer unescaped = {0};
    struct bytes text;
    json_t *value = NULL;

    if (read_text(reader, &unescaped, &text))
        value = made(reader, json_stringn_nocheck((const char *)text.data, text.size));
    buffer_free(&unescaped);
    return value;
}

/* ---- other values */

static bool read_digits(struct reader *reader, json_int_t *out)
{
    static const char outside[] = "a number has a fraction or an exponent, or lies outside ±9007199254740991";
    const char *digits = reader->at;

    for (*out = 0; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++)
        if (*out <= JSON_PROFILE_INTEGER_MAX)
            *out = *out * 10 + (*reader->at - '0');
    if (reader->at == digits || (*digits == '0' && reader->at - digits > 1))
        return refuse(reader, not_json);
    if (*out > JSON_PROFILE_INTEGER_MAX || next_is(reader, '.') || next_is(reader, 'e') ||
        next_is(reader, 'E'))
        return stop(reader, ERR_MALFORMED, outside);
    return true;
}

static json_t *read_number(struct reader *reader)
{
    bool negative = take(reader, '-');
    json_int_t number;

    return read_digits(reader, &number) ? made(reader, json_integer(negative ? -number : number)) : NULL;
}

/* What follows a word is the next thing's to refuse. */
static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static json_t *read_value(struct reader *reader);

/* The name is looked up before its value is read: of two members with one name readers take different ones,
 * so both are refused, by the name as it reads without escapes. */
static bool read_member(struct reader *reader, json_t *object)
{
    struct buffer unescaped = {0};
    struct bytes name;
    json_t *value = NULL;

    if (!read_text(reader, &unescaped, &name))
        goto done;
    if (json_object_getn(object, (const char *)name.data, name.size)) {
        refuse(reader, "a member name occurs twice in one object");
        goto done;
    }
    skip_space(reader);
    if (!take(reader, ':')) {
        refuse(reader, not_json);
        goto done;
    }
    value = read_value(reader);
    if (value && json_object_setn_new_nocheck(object, (const char *)name.data, name.size, value) != 0) {
        no_memory(reader);
        value = NULL; /* jansson took it, and let it go */
    }

done:
    buffer_free(&unescaped);
    return value != NULL;
}

static bool read_item(struct reader *reader, json_t *array)
{
    json_t *value = read_value(reader);

    if (value && json_array_append_new(array, value) != 0)
        return no_memory(reader);
    return value != NULL;
}

_Static_assert(JSON_PROFILE_DEPTH == 16, "as the text below says");

/* What stands between two brackets, with commas between. */
static bool read_items(struct reader *reader, char closing, json_t *container,
                       bool (*read)(struct reader *reader, json_t *container))
{
    /* Readers call themselves for what is nested: the sender must not choose how deep. */
    if (++reader->depth > JSON_PROFILE_DEPTH)
        return refuse(reader, "nested deeper than 16 levels");
    reader->at++;
    skip_space(reader);
    if (!next_is(reader, closing)) {
        do {
            skip_space(reader);
            if (!read(reader, container))
                return false;
            skip_space(reader);
        } while (take(reader, ','));
    }
    reader->depth--;
    return take(reader, closing) || refuse(reader, not_json);
}

static json_t *read_container(struct reader *reader, char closing, json_t *container,
                              bool (*read)(struct reader *reader, json_t *container))
{
    if (!made(reader, container) || read_items(reader, closing, container, read))
        return container;
    json_decref(container);
    return NULL;
}

static json_t *read_value(struct reader *reader)
{
    skip_space(reader);
    if (next_is(reader, '{'))
        return read_container(reader, '}', json_object(), read_member);
    if (next_is(reader, '['))
        return read_container(reader, ']', json_array(), read_item);
    if (next_is(reader, '"'))
        return read_string(reader);
    if (take_word(reader, "true"))
        return json_true();
    if (take_word(reader, "false"))
        return json_false();
    if (take_word(reader, "null"))
        return json_null();
    return read_number(reader);
}

/* Where a person finds it: both count from 1, and columns are code points. */
static void describe(const struct reader *reader, struct err *err)
{
    int line = 1, column = 1;

    for (const char *c = reader->start; c < reader->at; c++) {
        column += ((unsigned char)*c & 0xc0) != 0x80;
        if (*c == '\n') {
            line++;
            column = 1;
        }
    }
    err_set(err, reader->code, "JSON: %s (line %d, column %d)", reader->wrong, line, column);
}

/* Up to the end of the text. */
static json_t *read_object(struct reader *reader)
{
    json_t *object = NULL;

    skip_space(reader);
    if (next_is(reader, '{'))
        object = read_value(reader);
    else
        refuse(reader, "an object is expected");
    if (!object)
        return NULL;
    skip_space(reader);
    if (reader->at == reader->end)
        return object;
    refuse(reader, "more text after the end of the object");
    json_decref(object);
    return NULL;
}

json_t *json_profile_parse(const char *text, size_t length, struct err *err)
{
    const char *start = length == 0 ? "" : text; /* an absent body has no address either */
    struct reader reader = {.start = start, .at = start, .end = start + length};
    json_t *object = read_object(&reader);

    if (!object)
        describe(&reader, err);
    return object;
}

size_t json_profile_text_length(const char *text)
{
    size_t length = 0;

    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xC0) != 0x80;
    return length;
}

const char *json_profile_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

long long json_profile_integer(const json_t *object, const char *name, long long fallback)
{
    const json_t *value = json_object_get(object, name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}
