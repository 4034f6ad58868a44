/* Whom an address belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/base/address_group.h"

static const struct {
    const char *address, *group; /* NULL: it is no address */
} cases[] = {
    {"203.0.113.9", "203.0.113.9"},
    {"203.0.113.10", "203.0.113.10"},
    {"127.0.0.1", "127.0.0.1"},
    {"2001:db8:0:1::1", "2001:db8:0:1::/64"},
    {"2001:0DB8:0000:0001:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"},
    {"2001:db8:0:2::1", "2001:db8:0:2::/64"},
    {"2001:db8:1:1:1::", "2001:db8:1:1::/64"},
    {"::1", "::/64"},
    {"fe80::1%eth0", "fe80::/64"},
    {"::ffff:203.0.113.9", "203.0.113.9"},
    {"::FFFF:cb00:7109", "203.0.113.9"},
    {"0:0:0:0:0:ffff:203.0.113.10", "203.0.113.10"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64"},
    {"", NULL},
    {"unix", NULL},
    {"203.0.113", NULL},
    {"203.0.113.9:443", NULL},
    {"2001:db8::1/64", NULL},
    {"[2001:db8::1]", NULL},
    {"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", NULL},
};

static void an_ipv6_address_counts_by_its_64_and_an_ipv4_address_by_itself(void **state)
{
    char group[ADDRESS_GROUP_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(address_group(cases[i].address, group), cases[i].group != NULL);
        assert_string_equal(group, cases[i].group ? cases[i].group : "");
    }
}

static void a_network_is_a_48_in_ipv6(void **state)
{
    char network[ADDRESS_GROUP_SIZE];

    (void)state;
    assert_true(address_network("2001:db8:1:2::3", network));
    assert_string_equal(network, "2001:db8:1::/48");
    assert_true(address_network("::ffff:203.0.113.9", network));
    assert_string_equal(network, "203.0.113.9");
    assert_false(address_network("unix", network));
    assert_string_equal(network, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv6_address_counts_by_its_64_and_an_ipv4_address_by_itself),
        cmocka_unit_test(a_network_is_a_48_in_ipv6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
