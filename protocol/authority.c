#include "protocol/authority.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_MAX = 253, LABEL_MAX = 63 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter_or_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

/* Lower case alone, since names are compared as octets: two spellings of one node would be two nodes (SPEC.md
 * section 3.1). */
static bool label_valid(const char *label, size_t length)
{
    if (length < 1 || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_letter_or_digit(label[i]) && label[i] != '-')
            return false;
    return true;
}

/* As a resolver reads it, also 0x7f000001. */
static bool is_number(const char *label)
{
    if (strncmp(label, "0x", 2) == 0)
        return strspn(label + 2, "0123456789abcdef") == strlen(label + 2);
    return strspn(label, "0123456789") == strlen(label);
}

static bool host_valid(const char *host, size_t length)
{
    char text[HOST_MAX + 1];
    const char *label = text;

    if (length < 1 || length > HOST_MAX)
        return false;
    memcpy(text, host, length);
    text[length] = '\0';
    for (;;) {
        size_t label_length = strcspn(label, ".");

        if (!label_valid(label, label_length))
            return false;
        if (label[label_length] == '\0')
            break;
        label += label_length + 1;
    }
    /* No top-level domain is a number: such a host is meant as an address, and resolvers would read it as
     * one.
     */
    if (is_number(label)) {
        struct in_addr address;

        return inet_pton(AF_INET, text, &address) == 1;
    }
    return true;
}

static bool port_valid(const char *port)
{
    size_t length = strlen(port);
    long number;

    if (length < 1 || length > 5 || port[0] == '0' || strspn(port, "0123456789") != length)
        return false;
    number = strtol(port, NULL, 10);
    return number <= 65535 && number != 443; /* which is left out, so that there is one spelling */
}

bool authority_valid(const char *authority)
{
    const char *colon = strchr(authority, ':');

    if (strlen(authority) > AUTHORITY_MAX)
        return false;
    if (!colon)
        return host_valid(authority, strlen(authority));
    return host_valid(authority, (size_t)(colon - authority)) && port_valid(colon + 1);
}

/* A stream's name becomes part of what is hashed and signed: nothing but these two forms. */
bool authority_stream_valid(const char *name)
{
    return strcmp(name, "net") == 0 || (strncmp(name, "to/", 3) == 0 && authority_valid(name + 3));
}

void authority_split(const char *authority, char *host, unsigned *port)
{
    size_t length = strcspn(authority, ":");

    memcpy(host, authority, length);
    host[length] = '\0';
    *port = authority[length] == ':' ? (unsigned)strtoul(authority + length + 1, NULL, 10) : 443;
}
