#include "node/core/typed_authority.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TYPED_MAX = 1200 };

static const char scheme[] = "https://";
static const char space[] = " \t\r\n";

/* Host and port of it, without what a browser shows around them. False: nobody types that much. */
static bool cut_out(const char *typed, char out[TYPED_MAX])
{
    size_t length;

    typed += strspn(typed, space);
    if (strncasecmp(typed, scheme, strlen(scheme)) == 0)
        typed += strlen(scheme);
    length = strcspn(typed, "/?#");
    while (length > 0 && strchr(space, typed[length - 1]))
        length--;
    if (length >= TYPED_MAX)
        return false;
    memcpy(out, typed, length);
    out[length] = '\0';
    return true;
}

/* Also what has no umlaut: so capitals become small letters. */
static bool write_host(char *host, char out[AUTHORITY_SIZE])
{
    size_t length = strlen(host);
    char *ascii = NULL;
    bool ok;

    if (length > 0 && host[length - 1] == '.') /* the root of the DNS, which goes without saying */
        host[length - 1] = '\0';
    ok = idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
         snprintf(out, AUTHORITY_SIZE, "%s", ascii) < AUTHORITY_SIZE;
    idn2_free(ascii);
    return ok;
}

bool typed_authority_read(const char *typed, char out[AUTHORITY_SIZE])
{
    char text[TYPED_MAX], *port;
    size_t length;

    if (!cut_out(typed, text))
        return false;
    port = strchr(text, ':');
    if (port)
        *port++ = '\0';
    if (!write_host(text, out))
        return false;
    length = strlen(out);
    if (port && strcmp(port, "443") != 0 &&
        snprintf(out + length, AUTHORITY_SIZE - length, ":%s", port) >= (int)(AUTHORITY_SIZE - length))
        return false;
    return authority_valid(out);
}
