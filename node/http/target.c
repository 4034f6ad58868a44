#include "node/http/target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

/* Everything a path or query may hold (RFC 3986 sections 3.3 and 3.4), and the few that browsers leave as
 * they are. */
static const char target_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                        "-._~!$&'()*+,;=:@/?%[]{}|\\^`";

static size_t authority_length(const char *target)
{
    static const char *const schemes[] = {"https://", "http://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], length) == 0)
            return length + strcspn(target + length, "/?");
    }
    return 0;
}

bool target_split(const char *target, struct bytes *path, struct bytes *query, struct problem *problem)
{
    const char *begin = target + authority_length(target);
    size_t length = strcspn(begin, "?");

    if (target[strspn(target, target_characters)] != '\0')
        return problem_set(problem, PROBLEM_MALFORMED,
                           "The request target holds a character that must be percent-encoded.");
    if (begin != target && length == 0)
        *path = (struct bytes){(const uint8_t *)"/", 1};
    else
        *path = (struct bytes){(const uint8_t *)begin, length};
    *query = begin[length] == '?'
                 ? (struct bytes){(const uint8_t *)begin + length + 1, strlen(begin + length + 1)}
                 : (struct bytes){(const uint8_t *)"", 0};
    if (path->data[0] != '/')
        return problem_set(problem, PROBLEM_MALFORMED, "The request target must begin with '/'.");
    return true;
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool target_decode(struct bytes raw, bool plus, char *out)
{
    size_t length = 0;

    for (size_t i = 0; i < raw.size; i++) {
        uint8_t octet = raw.data[i];
        if (octet == '%') {
            int high = raw.size - i > 2 ? hex_value(raw.data[i + 1]) : -1;
            int low = high >= 0 ? hex_value(raw.data[i + 2]) : -1;
            if (low < 0)
                return false;
            octet = (uint8_t)(high * 16 + low);
            i += 2;
        } else if (plus && octet == '+') {
            octet = ' ';
        }
        if (octet == '\0')
            return false;
        out[length++] = (char)octet;
    }
    out[length] = '\0';
    return !u8_check((const uint8_t *)out, length);
}

/* Cuts the next piece up to `end` off the rest. */
static struct bytes take(struct bytes *rest, char end)
{
    const uint8_t *at = rest->size == 0 ? NULL : memchr(rest->data, end, rest->size);
    size_t size = at ? (size_t)(at - rest->data) : rest->size;
    struct bytes piece = {rest->data, size};
    size_t used = at ? size + 1 : size;

    rest->data += used;
    rest->size -= used;
    return piece;
}

/* How many parameters a query may turn out to have, empty ones and one too many included. */
static size_t parameters_most(struct bytes raw)
{
    size_t most = 1;

    for (size_t i = 0; i < raw.size && most <= TARGET_QUERY_PARAMETERS; i++)
        most += raw.data[i] == '&';
    return most;
}

bool target_query_parse(struct target_query *query, struct bytes raw, struct problem *problem)
{
    size_t most = parameters_most(raw);
    char *out;

    if (raw.size == 0)
        return true;
    /* Decoding only shrinks, but a parameter "a&" gets two NULs for its one '&': at most twice the room. */
    query->parameters = malloc(most * sizeof *query->parameters + 2 * raw.size + 2);
    if (!query->parameters)
        return problem_set(problem, PROBLEM_INTERNAL, "There was no memory for the query.");
    out = (char *)&query->parameters[most];
    while (raw.size > 0) {
        struct bytes value = take(&raw, '&');
        struct bytes name = take(&value, '=');
        struct target_parameter *parameter = &query->parameters[query->count];
        if (name.size == 0 && value.size == 0)
            continue;
        if (query->count == TARGET_QUERY_PARAMETERS)
            return problem_set(problem, PROBLEM_MALFORMED, "The query has more than %d parameters.",
                               TARGET_QUERY_PARAMETERS);
        if (!target_decode(name, true, out))
            goto undecodable;
        parameter->name = out;
        out += strlen(out) + 1;
        if (!target_decode(value, true, out))
            goto undecodable;
        parameter->value = out;
        out += strlen(out) + 1;
        query->count++;
    }
    return true;
undecodable:
    return problem_set(problem, PROBLEM_MALFORMED,
                       "Parameter %zu of the query is not percent-encoded UTF-8 without NUL.",
                       query->count + 1);
}

void target_query_finish(struct target_query *query)
{
    free(query->parameters);
    *query = (struct target_query){0};
}
