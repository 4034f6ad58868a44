#include "node/http/address_group.h"

#include <arpa/inet.h>
#include <string.h>

bool address_group(const char *address, char group[ADDRESS_GROUP_SIZE])
{
    struct in_addr v4;
    struct in6_addr v6;

    group[0] = '\0';
    if (inet_pton(AF_INET, address, &v4) == 1)
        return inet_ntop(AF_INET, &v4, group, ADDRESS_GROUP_SIZE);
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&v6))
        return inet_ntop(AF_INET, &v6.s6_addr[12], group, ADDRESS_GROUP_SIZE);
    memset(&v6.s6_addr[8], 0, 8);
    inet_ntop(AF_INET6, &v6, group, ADDRESS_GROUP_SIZE);
    strcat(group, "/64");
    return true;
}
