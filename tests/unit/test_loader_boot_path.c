/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware was set to do with the card that it booted from counts less than our settings, and more than DHCP. */
#include "tests/unit/loader_doubles.h"

#define DOWN " logout net_close nic_close"

static const struct handoff_address whole = {
    .address = {[10] = 0xFF, 0xFF, 192, 0, 2, 78}, .gateway = {[10] = 0xFF, 0xFF, 192, 0, 2, 1}, .prefix = 24, .vlan = 7};
static const struct handoff_address vlan = {.vlan = 7};

static void vlan_and_address(void **state)
{
    (void)state;
    machine.boot_path = &whole;
    told("root=" ROOT, "nic0 net_open set_ipv4 login disk boot" DOWN);
    shown("Address   192.0.2.78/24, gateway 192.0.2.1 (firmware's boot path)\n");
    assert_int_equal(seen.vlan, 7);
    assert_int_equal(seen.boot.vlan, 7);
    no_line_is_too_long();
}

static void a_vlan_alone(void **state)
{
    (void)state;
    machine.boot_path = &vlan;
    told("root=" ROOT, "nic0 net_open dhcp login disk boot" DOWN);
    assert_int_equal(seen.vlan, 7);
}

/* As HTTP boot over IPv6 leaves it: who has the root path is still to be asked. */
static void an_ipv6_address_does_not_end_dhcp(void **state)
{
    (void)state;
    static const struct handoff_address ipv6 = {.address = {0x20, 0x01, 0x0D, 0xB8, [15] = 0x10}, .prefix = 64};
    machine.boot_path = &ipv6;
    told("", "nic0 net_open dhcp set_ipv6 login disk boot" DOWN);
    assert_false(seen.request.by_hand.gateway || seen.request.by_hand.dns);
}

/* Its gateway goes with its address. */
static void settings_count_more(void **state)
{
    (void)state;
    machine.boot_path = &whole;
    told("vlan=5 ip=192.0.2.79/24 root=" ROOT, "nic0 net_open set_ipv4 login disk boot" DOWN);
    shown("Address   192.0.2.79/24, gateway none (command line)\n");
    assert_int_equal(seen.vlan, 5);
}

static void another_card(void **state)
{
    (void)state;
    machine.boot_path = &whole;
    told("nic=00:04.0 root=" ROOT, "nic1 net_open dhcp login disk boot" DOWN);
    assert_int_equal(seen.vlan, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vlan_and_address),    TEST(a_vlan_alone), TEST(an_ipv6_address_does_not_end_dhcp),
        TEST(settings_count_more), TEST(another_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
