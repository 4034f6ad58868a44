#include "node/base/address_group.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool cut_off(const char *address, size_t octets, char out[ADDRESS_GROUP_SIZE])
{
    struct in6_addr six;
    struct in_addr four;
    char text[INET6_ADDRSTRLEN];
    size_t length = strcspn(address, "%");

    out[0] = '\0';
    if (length >= sizeof text)
        return false;
    memcpy(text, address, length);
    text[length] = '\0';
    if (inet_pton(AF_INET, text, &four) == 1)
        return inet_ntop(AF_INET, &four, out, ADDRESS_GROUP_SIZE) != NULL;
    if (inet_pton(AF_INET6, text, &six) != 1)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&six))
        return inet_ntop(AF_INET, six.s6_addr + 12, out, ADDRESS_GROUP_SIZE) != NULL;
    memset(six.s6_addr + octets, 0, sizeof six.s6_addr - octets);
    inet_ntop(AF_INET6, &six, text, sizeof text);
    snprintf(out, ADDRESS_GROUP_SIZE, "%s/%zu", text, 8 * octets);
    return true;
}

bool address_group(const char *address, char out[ADDRESS_GROUP_SIZE])
{
    return cut_off(address, 8, out);
}

bool address_network(const char *address, char out[ADDRESS_GROUP_SIZE])
{
    return cut_off(address, 6, out);
}
