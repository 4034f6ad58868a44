/* Who counts as one sender: an IPv4 address, or the /64 of an IPv6 address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/http/address_group.h"

static void an_address_has_the_group_of_its_network(void **state)
{
    static const struct {
        const char *address, *group;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:c000:0201", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:DB8:1:2::", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::", "2001:db8:1:3::/64"},
        {"::1", "::/64"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char group[ADDRESS_GROUP_SIZE];

        assert_true(address_group(cases[i].address, group));
        assert_string_equal(group, cases[i].group);
    }
}

static void what_is_no_address_has_none(void **state)
{
    static const char *const texts[] = {"",      "localhost",  "192.0.2", "192.0.2.1:80",
                                        "[::1]", "fe80::1%lo", "::/64"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char group[ADDRESS_GROUP_SIZE] = "before";

        assert_false(address_group(texts[i], group));
        assert_string_equal(group, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_the_group_of_its_network),
        cmocka_unit_test(what_is_no_address_has_none),
    };

    return cmocka_run_group_tests_name("address_group", tests, NULL, NULL);
}
