/* SPDX-License-Identifier: BSD-2-Clause */
/* What device paths of network boots say: VLAN, addresses by hand, and by others. */
#include "efi/boot_path.h"
#include "tests/unit/unit.h"

#define PCI                  1, 1, 6, 0, 0, 2
#define MAC                  3, 11, 37, 0, 0x52, 0x54, 0, 0x12, 0x34, 0x56, ZEROS16, ZEROS10, 1
#define ZEROS10              0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define ZEROS16              ZEROS10, 0, 0, 0, 0, 0, 0
#define VLAN(id)             3, 20, 6, 0, (id) % 256, (id) / 256
#define HOST                 192, 0, 2, 50
#define ROUTER               192, 0, 2, 1
#define NONE                 0, 0, 0, 0
#define IPV4(is, ...)        3, 12, 27, 0, HOST, 192, 0, 2, 9, 0, 0, 0, 0, 6, 0, is, ROUTER, __VA_ARGS__
#define OLD_IPV4             3, 12, 19, 0, HOST, 192, 0, 2, 9, 0, 0, 0, 0, 6, 0, 1
#define PREFIX6              0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define IPV6(origin, prefix) 3, 13, 60, 0, PREFIX6, 0x50, PREFIX6, 9, 0, 0, 0, 0, 6, 0, origin, prefix, PREFIX6, 1
#define DNS4                 3, 31, 37, 0, 0, 192, 0, 2, 3, ZEROS10, 0, 0, 192, 0, 2, 4, ZEROS10, 0, 0
#define END                  0x7F, 0xFF, 4, 0
#define BYTES(...)           ((const uint8_t[]){__VA_ARGS__})
#define OF(...)              BYTES(__VA_ARGS__), sizeof BYTES(__VA_ARGS__)

struct path_case {
    const char *clause;
    const uint8_t *bytes;
    size_t size;
    uint16_t vlan;
    uint8_t prefix;
    bool ipv6;
};

static const struct path_case cases[] = {
    {"DHCP, as most are", OF(PCI, MAC, IPV4(0, NONE), END), 0, 0, false},
    {"a VLAN", OF(PCI, MAC, VLAN(5), IPV4(0, NONE), END), 5, 0, false},
    {"a VLAN that cannot be", OF(PCI, MAC, VLAN(4095), END), 0, 0, false},
    {"a static address", OF(PCI, MAC, IPV4(1, 255, 255, 254, 0), END), 0, 23, false},
    {"both, and DNS", OF(PCI, MAC, VLAN(4094), IPV4(1, 255, 255, 255, 0), DNS4, END), 4094, 24, false},
    {"a mask with a hole", OF(PCI, MAC, IPV4(1, 255, 0, 255, 0), END), 0, 0, false},
    {"no mask", OF(PCI, MAC, IPV4(1, NONE), END), 0, 0, false},
    {"the node without a mask", OF(PCI, MAC, OLD_IPV4, END), 0, 0, false},
    {"IPv6 by hand", OF(PCI, MAC, IPV6(0, 64), END), 0, 64, true},
    {"IPv6 from a router", OF(PCI, MAC, IPV6(1, 64), END), 0, 0, false},
    {"IPv6 without a prefix length", OF(PCI, MAC, IPV6(0, 0), END), 0, 0, false},
    {"IPv6 with one that cannot be", OF(PCI, MAC, IPV6(0, 129), END), 0, 0, false},
    {"a USB stick", OF(PCI, 3, 5, 6, 0, 0, 0, END), 0, 0, false},
};

/* From memory of exactly its size, so that the sanitizer sees each byte too many. */
static void each_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct path_case *one = &cases[i];
        print_message("  %s\n", one->clause);
        uint8_t *bytes = malloc(one->size);
        memcpy(bytes, one->bytes, one->size);

        struct handoff_address address;
        assert_int_equal(boot_path_read(bytes, &address), one->vlan || one->prefix);
        assert_int_equal(address.vlan, one->vlan);
        assert_int_equal(address.prefix, one->prefix);
        if (one->prefix && !one->ipv6) {
            assert_memory_equal(handoff_address_ipv4(address.address), "\300\000\002\062", 4);
            assert_memory_equal(handoff_address_ipv4(address.gateway), "\300\000\002\001", 4);
        } else if (one->prefix) {
            assert_int_equal(address.address[15], 0x50);
            assert_int_equal(address.gateway[15], 1);
        }
        free(bytes);
    }
}

static void name_servers(void **state)
{
    static const uint8_t path[] = {DNS4, IPV4(1, 255, 255, 255, 0), END},
                         cut[] = {3, 31, 21, 0, 0, HOST, ZEROS10, 0, 0, VLAN(5), END};
    struct handoff_address address;
    (void)state;
    assert_true(boot_path_read(path, &address));
    assert_memory_equal(handoff_address_ipv4(address.dns[0]), "\300\000\002\003", 4);
    assert_memory_equal(handoff_address_ipv4(address.dns[1]), "\300\000\002\004", 4);
    assert_true(boot_path_read(cut, &address));
    assert_memory_equal(handoff_address_ipv4(address.dns[0]), "\300\000\002\062", 4);
    assert_true(handoff_address_is_none(address.dns[1]));
}

static void no_path(void **state)
{
    struct handoff_address address;
    (void)state;
    assert_false(boot_path_read(NULL, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path),
        cmocka_unit_test(name_servers),
        cmocka_unit_test(no_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
