#include "protocol/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/authority.h"
#include "protocol/bytes.h"
#include "protocol/check.h"
#include "protocol/json_profile.h"

enum { CURSOR_DIGITS = 16 };

static bool in_profile(int64_t number)
{
    return number >= 0 && number <= JSON_PROFILE_INTEGER_MAX;
}

void cursor_format(struct cursor cursor, char out[CURSOR_SIZE])
{
    /* Another number would be a cursor that nobody reads, and fit no request any more. */
    CHECK(in_profile(cursor.epoch) && in_profile(cursor.seq));
    snprintf(out, CURSOR_SIZE, "%lld.%lld", (long long)cursor.epoch, (long long)cursor.seq);
}

/* Reads digits without leading zeros, so that a cursor has one spelling (SPEC.md section 10.2): cursors are
 * compared as they are. Returns what follows, NULL if there is no such number. */
static const char *number_parse(const char *text, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");

    if (digits < 1 || digits > CURSOR_DIGITS || (text[0] == '0' && digits > 1))
        return NULL;
    *out = strtoll(text, NULL, 10);
    return *out <= JSON_PROFILE_INTEGER_MAX ? text + digits : NULL;
}

bool cursor_parse(const char *text, struct cursor *out)
{
    struct cursor cursor;
    const char *end = number_parse(text, &cursor.epoch);

    if (!end || *end != '.')
        return false;
    end = number_parse(end + 1, &cursor.seq);
    if (!end || *end != '\0')
        return false;
    *out = cursor;
    return true;
}

int cursor_compare(struct cursor a, struct cursor b)
{
    if (a.epoch != b.epoch)
        return a.epoch < b.epoch ? -1 : 1;
    return (a.seq > b.seq) - (a.seq < b.seq);
}

void chain_digest(const void *line, size_t size, uint8_t out[CHAIN_SIZE])
{
    bytes_sha256(line, size, out);
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(value >> shift);
    return at;
}

/* With its length before it: else a character moved from the end of one name to the beginning of the next
 * would give the same chain. */
static uint8_t *put_name(uint8_t *at, const char *name)
{
    size_t length = strlen(name);

    *at++ = (uint8_t)(length >> 8);
    *at++ = (uint8_t)length;
    memcpy(at, name, length);
    return at + length;
}

void chain_start(const char *origin, const char *stream, int64_t epoch, uint8_t out[CHAIN_SIZE])
{
    static const char tag[] = "herausforderung/1 chain"; /* hashed with its closing zero octet */
    uint8_t text[sizeof tag + 2 + AUTHORITY_SIZE + 2 + STREAM_NAME_SIZE + 8];
    uint8_t *end;

    /* Nobody gets here with names that were not judged: they must fit, and numbers begin at 1. */
    CHECK(strlen(origin) < AUTHORITY_SIZE && strlen(stream) < STREAM_NAME_SIZE);
    CHECK(epoch >= 1);
    memcpy(text, tag, sizeof tag);
    end = put_name(text + sizeof tag, origin);
    end = put_name(end, stream);
    end = put_u64(end, (uint64_t)epoch);
    bytes_sha256(text, (size_t)(end - text), out);
}

void chain_link(uint8_t chain[CHAIN_SIZE], int64_t seq, const uint8_t digest[CHAIN_SIZE])
{
    static const char tag[] = "herausforderung/1 link"; /* likewise */
    uint8_t text[sizeof tag + CHAIN_SIZE + 8 + CHAIN_SIZE];
    uint8_t *end;

    CHECK(seq >= 1 && seq <= JSON_PROFILE_INTEGER_MAX);
    memcpy(text, tag, sizeof tag);
    memcpy(text + sizeof tag, chain, CHAIN_SIZE);
    end = put_u64(text + sizeof tag + CHAIN_SIZE, (uint64_t)seq);
    memcpy(end, digest, CHAIN_SIZE);
    bytes_sha256(text, sizeof text, chain);
}
