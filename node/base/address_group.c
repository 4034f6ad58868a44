#include "node/base/address_group.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool address_group(const char *address, char out[ADDRESS_GROUP_SIZE])
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
    memset(six.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &six, text, sizeof text);
    snprintf(out, ADDRESS_GROUP_SIZE, "%s/64", text);
    return true;
}
