#include "node/core/scan.h"

#include <string.h>
#include <unistr.h>

uint32_t scan_at(const struct scan *scan, size_t index)
{
    return reading_at(scan->reading, index);
}

uint32_t scan_before(const struct scan *scan, size_t index)
{
    return index > 0 ? scan_at(scan, index - 1) : 0;
}

bool scan_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

bool scan_is_one_of(uint32_t c, const char *set)
{
    return c != 0 && c < 0x80 && strchr(set, (int)c);
}

bool scan_is_ascii_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool scan_is_letter(uint32_t c)
{
    return reading_is_word(c) && !scan_is_digit(c);
}

size_t scan_match(const struct scan *scan, size_t index, const char *text)
{
    const uint8_t *s = (const uint8_t *)text;
    size_t length = 0;
    ucs4_t c;

    while ((s = u8_next(&c, s))) {
        if (reading_lower_at(scan->reading, index + length) != c)
            return 0;
        length++;
    }
    return length;
}

size_t scan_match_any(const struct scan *scan, size_t index, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = scan_match(scan, index, texts[i]);

        if (length > 0)
            return length;
    }
    return 0;
}

void scan_take(struct scan *scan, enum finding_kind kind, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        scan->taken[i] = true;
    if (!findings_add(scan->findings, scan->reading, kind, from, to, NULL))
        scan->failed = true;
}

bool scan_is_taken(const struct scan *scan, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (scan->taken[i])
            return true;
    return false;
}
