/* Whose address it is: everybody who has an IPv6 address has 2^64 of them, so limits and brakes count by /64,
 * and by the single address in IPv4. Pure; any thread. */
#ifndef NODE_BASE_ADDRESS_GROUP_H
#define NODE_BASE_ADDRESS_GROUP_H

#include <stdbool.h>

enum { ADDRESS_GROUP_SIZE = 50 }; /* INET6_ADDRSTRLEN and "/64" */

/* The group of a numeric address, as inet_ntop(3) or getnameinfo(3) write it (a zone, "%eth0", does not
 * count): "203.0.113.9", or "2001:db8:0:1::/64". Canonical: two addresses are of one group exactly when the
 * texts are equal. An IPv4-mapped address (RFC 4291, 2.5.5.2) is the IPv4 address. False when it is no
 * address; out is then "". */
bool address_group(const char *address, char out[ADDRESS_GROUP_SIZE]);
/* Likewise, but the /48 of an IPv6 address: more than that few get for the asking. */
bool address_network(const char *address, char out[ADDRESS_GROUP_SIZE]);

#endif
