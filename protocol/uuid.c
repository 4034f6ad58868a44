#include "protocol/uuid.h"

#include <stddef.h>
#include <string.h>

/* x: a hexadecimal digit; v: one of the four whose upper bits are the variant; the rest stands for itself. */
static const char form[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
static const char digits[] = "0123456789abcdef";

bool uuid_valid(const char *text)
{
    for (size_t i = 0; i < sizeof form; i++) {
        const char *allowed = form[i] == 'x' ? digits : form[i] == 'v' ? "89ab" : NULL;

        if (allowed ? text[i] == '\0' || !strchr(allowed, text[i]) : text[i] != form[i])
            return false;
    }
    return true;
}

void uuid_make(const uint8_t octets[UUID_OCTETS], char out[UUID_SIZE])
{
    size_t used = 0; /* of the 32 halves of octets */

    for (size_t i = 0; i < sizeof form; i++) {
        unsigned octet, half;

        out[i] = form[i];
        if (form[i] == '-' || form[i] == '\0')
            continue;
        octet = octets[used / 2];
        half = used % 2 == 0 ? octet >> 4 : octet & 15;
        used++;
        if (form[i] == 'x')
            out[i] = digits[half];
        else if (form[i] == 'v')
            out[i] = digits[8 | (half & 3)];
    }
}
