/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings from the firmware's iBFT, and which source wins. */
#include "tests/unit/dhcp_builder.h"
#include "tests/unit/handoff_facts.h"

#include "loader/settings.h"

static struct settings settings;

static void begin(const char *command_line)
{
    assert_int_equal(settings_begin(&settings, command_line), OK);
}

static void take(struct handoff facts)
{
    assert_int_equal(settings_from_ibft(&settings, &facts), OK);
}

static void what_an_ibft_sets(void **state)
{
    (void)state;
    begin("");
    take(chap_facts());
    assert_string_equal(settings.initiator, "iqn.2026-11.com.example:machine");
    assert_string_equal(settings.root.server, "192.0.3.10");
    assert_false(settings.root.server_is_ipv6);
    assert_int_equal(settings.root.port, 3260);
    assert_string_equal(settings.root.target, "iqn.2001-04.com.example:storage");
    assert_int_equal(settings.root.lun[1], 1);
    assert_string_equal(settings.chap.name, "machine");
    assert_string_equal(settings.chap.secret, "one-secret-of-20-bytes");
    assert_string_equal(settings.mutual.name, "storage");
    assert_int_equal(settings.nic_choice, NIC_BY_MAC);
    assert_memory_equal(settings.nic_mac, "\x52\x54\0\x12\x34\x56", 6);
    assert_string_equal(settings.hostname, "machine");
    assert_int_equal(settings.vlan, 5);
    assert_int_equal(settings.vlan_priority, 3);
    assert_int_equal(settings.ipv4, IPV4_DHCP); /* it came from DHCP: ask again */

    for (enum setting setting = SETTING_ROOT; setting < SETTING_COUNT; setting++)
        assert_true(settings.origin[setting] == FROM_FIRMWARE_IBFT || settings.origin[setting] == FROM_DEFAULT);
    assert_int_equal(settings.origin[SETTING_ROOT], FROM_FIRMWARE_IBFT);
    assert_string_equal(settings_origin_text(FROM_FIRMWARE_IBFT), "firmware's iBFT");
}

static void an_address_by_hand(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    facts.addresses[0].origin = ISDH_ORIGIN_MANUAL;
    facts.addresses[0].prefix = 23;
    begin("");
    take(facts);
    assert_int_equal(settings.ipv4, IPV4_STATIC);
    assert_memory_equal(settings.static_ipv4.address, "\300\000\002\062", 4);
    assert_memory_equal(settings.static_ipv4.netmask, "\377\377\376\000", 4);
    assert_memory_equal(settings.static_ipv4.gateway, "\300\000\002\001", 4);
    assert_memory_equal(settings.static_ipv4.dns[1], "\300\000\002\003", 4);
}

static void ipv6(void **state)
{
    (void)state;
    struct handoff facts = ipv6_facts();

    begin("");
    take(facts);
    assert_int_equal(settings.ipv6, IPV6_STATIC);
    assert_int_equal(settings.ipv4, IPV4_OFF);
    assert_memory_equal(settings.static_ipv6.address, facts.addresses[0].address, 16);
    assert_int_equal(settings.static_ipv6.prefix_length, 64);
    assert_string_equal(settings.root.server, "2001:db8::10");
    assert_true(settings.root.server_is_ipv6);

    facts.addresses[0].origin = ISDH_ORIGIN_ROUTER;
    begin("");
    take(facts);
    assert_int_equal(settings.ipv6, IPV6_AUTO);
}

/* IScsiDxe writes ::ffff:0.0.0.0 for what there is not; and a name server may be of the other IP version than the card. */
static void nothing_of_the_other_ip_version(void **state)
{
    (void)state;
    static const uint8_t none[16], mapped_none[16] = {[10] = 0xFF, [11] = 0xFF};
    struct handoff four = plain_facts(), six = ipv6_facts();

    four.addresses[0].origin = ISDH_ORIGIN_MANUAL;
    memcpy(four.addresses[0].dns[0], six.targets[0].address, 16);
    memcpy(six.addresses[0].dns[0], four.addresses[0].dns[1], 16);
    memcpy(six.addresses[0].gateway, mapped_none, 16);
    begin("");
    take(four);
    assert_memory_equal(settings.static_ipv4.dns[0], none, 4);
    assert_memory_equal(settings.static_ipv4.dns[1], "\300\000\002\003", 4);

    begin("");
    take(six);
    assert_memory_equal(settings.static_ipv6.dns[0], none, 16);
    assert_memory_equal(settings.static_ipv6.gateway, none, 16);
}

static void the_command_line_goes_first(void **state)
{
    (void)state;
    begin(
        "root=iscsi:h::::iqn.2001-04.com.example:other initiator=iqn.2001-04.com.example:me chap=a:b nic=02:00.0 ip=10.0.0.9/8");
    take(chap_facts());
    assert_string_equal(settings.root.server, "h");
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:me");
    assert_string_equal(settings.chap.name, "a");
    assert_string_equal(settings.mutual.name, "storage");
    assert_int_equal(settings.nic_choice, NIC_BY_PCI);
    assert_int_equal(settings.static_ipv4.address[0], 10);
    assert_int_equal(settings.origin[SETTING_ROOT], FROM_COMMAND_LINE);
}

/* pxelinux's BOOTIF= stands on the command line, too. */
static void the_card_that_loaded_us_is_kept(void **state)
{
    (void)state;
    begin("BOOTIF=01-00-11-22-33-44-55");
    take(plain_facts());
    assert_memory_equal(settings.nic_mac, "\x00\x11\x22\x33\x44\x55", 6);
}

static void dhcp_comes_after_it(void **state)
{
    (void)state;
    struct dhcp_builder ack;
    begin("");
    take(plain_facts());
    dhcp_ack(&ack);
    dhcp_text(&ack, DHCP_ROOT_PATH, "iscsi:192.0.2.99::::iqn.2001-04.com.example:of-dhcp");
    dhcp_text(&ack, DHCP_INITIATOR_IQN, "iqn.2001-04.com.example:of-dhcp");
    dhcp_text(&ack, DHCP_SETTINGS, "root=iscsi:192.0.2.98::::iqn.2001-04.com.example:of-224 retry=7");

    struct dhcp_message message;
    assert_null(dhcp_message_open(&message, ack.bytes, ack.length));
    assert_int_equal(settings_from_dhcp(&settings, &message), OK);
    assert_string_equal(settings.root.server, "192.0.2.10");
    assert_string_equal(settings.initiator, "iqn.2026-11.com.example:machine");
    assert_int_equal(settings.retries, 7);
}

static void the_file_goes_before_it(void **state)
{
    (void)state;
    static struct settings_file file = {.name = "sanstrap.conf", .bytes = "initiator=iqn.2001-04.com.example:of-the-file"};
    settings_file_open(&file, (int)strlen(file.bytes));
    begin("");
    assert_int_equal(settings_from_file(&settings, &file), OK);
    take(plain_facts());
    assert_string_equal(settings.initiator, "iqn.2001-04.com.example:of-the-file");
    assert_string_equal(settings.root.server, "192.0.2.10");
}

static void the_target_that_was_booted_from(void **state)
{
    (void)state;
    struct handoff facts = large_facts();
    facts.targets[0].boot = false;
    facts.targets[2].boot = true;
    begin("");
    take(facts);
    assert_string_equal(settings.root.target, facts.targets[2].name);
    assert_int_equal(settings.nic_mac[5], 2);
    facts.targets[2].boot = false;
    begin("");
    take(facts);
    assert_string_equal(settings.root.target, facts.targets[0].name);
}

static void a_table_without_a_target_sets_nothing(void **state)
{
    (void)state;
    struct handoff facts = plain_facts();
    facts.target_count = 0;
    begin("");
    take(facts);
    for (enum setting setting = SETTING_ROOT; setting < SETTING_COUNT; setting++)
        assert_int_equal(settings.origin[setting], FROM_DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_ibft_sets),
        cmocka_unit_test(an_address_by_hand),
        cmocka_unit_test(ipv6),
        cmocka_unit_test(nothing_of_the_other_ip_version),
        cmocka_unit_test(the_command_line_goes_first),
        cmocka_unit_test(the_card_that_loaded_us_is_kept),
        cmocka_unit_test(dhcp_comes_after_it),
        cmocka_unit_test(the_file_goes_before_it),
        cmocka_unit_test(the_target_that_was_booted_from),
        cmocka_unit_test(a_table_without_a_target_sets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
