/* Who counts as one sender where requests, connections and failures are counted: an IPv4 address, or the /64
 * of an IPv6 address, of which one household or one rented machine has 2^64. Pure; any thread. */
#ifndef NODE_HTTP_ADDRESS_GROUP_H
#define NODE_HTTP_ADDRESS_GROUP_H

#include <netinet/in.h>
#include <stdbool.h>

enum { ADDRESS_GROUP_SIZE = INET6_ADDRSTRLEN + sizeof "/64" };

/* "192.0.2.1" of itself and of "::ffff:192.0.2.1"; "2001:db8:1:2::/64" of "2001:db8:1:2:3::4". Of what is no
 * address (it has no group, and shares none): false, and "". */
bool address_group(const char *address, char group[ADDRESS_GROUP_SIZE]);

#endif
